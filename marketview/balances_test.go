package marketview_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

const wealth = "btc 10000000+0 usd 1000000+0" // of ann and bob at the start

func TestLocks(t *testing.T) {
	f := newFeed(marketview.Limits{})
	bid := f.place(buy(ann, 30, 10))
	f.wantHas(t, "a bid locks price × lots", ann, "btc 10000000+0 usd 999700+300")
	f.do(msg.Command{Kind: msg.Amend, Account: ann, Symbol: market, Order: bid, Qty: 4}, msg.Event{Kind: msg.Amended, Order: bid})
	f.wantHas(t, "an amend frees the difference", ann, "btc 10000000+0 usd 999880+120")
	f.cancel(ann, bid)
	f.wantHas(t, "a cancel frees the rest", ann, wealth)

	f.place(sell(bob, 30, 10))
	f.wantHas(t, "an ask locks lots", bob, "btc 9900000+100000 usd 1000000+0")
	fok := sell(bob, 30, 10)
	fok.TIF = msg.FOK
	f.place(fok, msg.Event{Kind: msg.Expired, Order: f.next(), Reason: msg.UnfilledFOK})
	f.wantHas(t, "an expiry frees what was locked on acceptance", bob, "btc 9900000+100000 usd 1000000+0")
}

// The maker pays 1 %, the taker 2 %, each of what it receives.
func TestSettlement(t *testing.T) {
	f := newFeed(marketview.Limits{})
	ask := f.place(sell(bob, 30, 4))
	f.place(buy(ann, 32, 6), f.trade(ask, 1, 30, 4))
	f.wantHas(t, "buyer: 2 × 4 freed below its limit, 2 lots locked", ann, "btc 10039200+0 usd 999816+64")
	f.wantHas(t, "seller: 120 less 1", bob, "btc 9960000+0 usd 1000119+0")
	f.wantHas(t, "fees", msg.FeeAccount, "btc 800+0 usd 1+0")
}

func TestSettlementOfMarketOrders(t *testing.T) {
	f := newFeed(marketview.Limits{})
	ask := f.place(sell(bob, 30, 10))
	c := msg.Command{Account: ann, Side: msg.Buy, Type: msg.Market, Qty: 6}
	f.place(c, f.trade(ask, 1, 30, 6))
	f.wantHas(t, "a market buy pays from what is free", ann, "btc 10058800+0 usd 999820+0")
	bid := f.place(buy(ann, 20, 5))
	c = msg.Command{Kind: msg.Place, Symbol: market, Account: bob, Side: msg.Sell, Type: msg.Market, Quote: 70}
	id := f.do(c, msg.Event{Kind: msg.Accepted, Order: f.next(), Qty: 3}, f.trade(bid, 2, 20, 3))
	f.wantHas(t, "a market sell by amount gives the lots determined", bob, "btc 9870000+40000 usd 1000237+0")
	if o, _ := f.views.Order(bob, id); o.Qty != 3 || o.Quote != 70 || o.Spent != 60 || o.Status != marketview.StatusFilled {
		t.Errorf("order %+v", o)
	}
}

// An account's own rate stands above the symbol's, zero too.
func TestSettlementAtOwnRates(t *testing.T) {
	f := newFeed(marketview.Limits{})
	f.do(msg.Command{Kind: msg.SetFees, Account: bob, Maker: 0, Taker: msg.NoRate}, msg.Event{Kind: msg.AccountChanged})
	f.do(msg.Command{Kind: msg.SetFees, Account: ann, Maker: msg.NoRate, Taker: 50_000_000}, msg.Event{Kind: msg.AccountChanged})
	ask := f.place(sell(bob, 30, 10))
	f.place(buy(ann, 30, 10), f.trade(ask, 1, 30, 10))
	f.wantHas(t, "half goes", ann, "btc 10050000+0 usd 999700+0")
	f.wantHas(t, "nothing goes", bob, "btc 9900000+0 usd 1000300+0")
}

// In an uncross both orders rested; the one that did so longer pays maker.
func TestSettlementOfAuction(t *testing.T) {
	f := newFeed(marketview.Limits{})
	f.do(msg.Command{Kind: msg.SetPhase, Symbol: market, Phase: msg.Auction}, msg.Event{Kind: msg.PhaseChanged})
	bid := f.place(buy(ann, 40, 10))
	ask := f.place(sell(bob, 20, 10))
	f.do(msg.Command{Kind: msg.Uncross, Symbol: market},
		msg.Event{Kind: msg.Traded, Order: bid, Taker: ask, Trade: 1, Price: 30, Qty: 10}, msg.Event{Kind: msg.Uncrossed, Price: 30, Qty: 10})
	f.wantHas(t, "maker buys", ann, "btc 10099000+0 usd 999700+0")
	f.wantHas(t, "taker sells", bob, "btc 9900000+0 usd 1000294+0")
}

func TestPreventionFreesLocks(t *testing.T) {
	f := newFeed(marketview.Limits{})
	bid := f.place(buy(ann, 30, 10))
	f.place(sell(ann, 30, 4), msg.Event{Kind: msg.Prevented, Order: bid, Taker: f.next(), Price: 30, Qty: 4, TakerQty: 4})
	f.wantHas(t, "six lots are left of the bid", ann, "btc 10000000+0 usd 999820+180")
}

func TestReplaceFreesFirst(t *testing.T) {
	f := newFeed(marketview.Limits{})
	bid := f.place(buy(ann, 1_000, 1_000))
	f.wantHas(t, "all is locked", ann, "btc 10000000+0 usd 0+1000000")
	c := buy(ann, 999, 1_000)
	c.Kind, c.Symbol, c.Order = msg.CancelReplace, market, bid
	f.do(c, msg.Event{Kind: msg.Canceled, Order: bid}, msg.Event{Kind: msg.Accepted, Order: f.next()})
	f.wantHas(t, "and locked again", ann, "btc 10000000+0 usd 1000+999000")
}

func TestNoAccountingTouchesNothing(t *testing.T) {
	f := newFeed(marketview.Limits{})
	c := sell(77, 30, 10) // no such account
	c.Symbol = free
	ask := f.place(c)
	c = buy(ann, 30, 4)
	c.Symbol = free
	f.place(c, f.trade(ask, 1, 30, 4))
	f.wantHas(t, "buyer", ann, wealth)
	if got := f.depth(free); got != "2: | 30×6/1" {
		t.Errorf("depth %s", got)
	}
	if rows := f.views.OpenOrders(77, free, nil); len(rows) != 1 || rows[0].Executed != 4 {
		t.Errorf("open orders %+v", rows)
	}
	if fills := f.views.Resolved().Fills; len(fills) != 1 || fills[0].Settles || fills[0].Quote != 120 {
		t.Errorf("fills %+v", fills)
	}
	if _, ok := f.views.Account(77); ok {
		t.Error("account 77 exists")
	}
}

func TestBalancesAreListed(t *testing.T) {
	f := newFeed(marketview.Limits{})
	f.do(msg.Command{Kind: msg.AddAsset, Name: name("ETH"), Scale: 8}, msg.Event{Kind: msg.AssetAdded, ID: 3})
	f.credit(bob, 3, 5, 3)
	f.do(msg.Command{Kind: msg.Debit, Account: bob, Asset: btc, Amount: 1_000 * lot, Transfer: 4}, msg.Event{Kind: msg.Adjusted})
	f.do(msg.Command{Kind: msg.Debit, Account: bob, Asset: btc, Amount: 1, Transfer: 5}, msg.Event{Kind: msg.Rejected, Reason: msg.InsufficientBalance})
	f.place(buy(bob, 10, 1))
	want := []marketview.Balance{{Asset: usd, Free: 999_990, Locked: 10}, {Asset: 3, Free: 5}}
	if diff := cmp.Diff(want, f.views.Balances(bob, nil)); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
	if rows := f.views.Balances(99, nil); rows != nil {
		t.Errorf("balances of no account: %v", rows)
	}
	if got := f.views.Supply(btc); got != 1_000*lot {
		t.Errorf("supply of BTC %d", got)
	}
	if a, _ := f.views.Account(bob); a.Transfer != 4 {
		t.Errorf("last transfer %d, want 4", a.Transfer)
	}
	f.check(t)
}

// The time is that of the last command that moved something of an account, be it
// there and back, and of no other command.
func TestBalanceTime(t *testing.T) {
	f := newFeed(marketview.Limits{})
	for a, want := range map[msg.AccountID]int64{msg.FeeAccount: 0, ann: 80, bob: 100, 77: 0} { // the credits
		if got := f.views.BalanceTime(a); got != want {
			t.Errorf("account %d: %d, want %d", a, got, want)
		}
	}
	last := map[msg.AccountID]int64{msg.FeeAccount: 0, ann: 80, bob: 100}
	moves := func(what string, who ...msg.AccountID) {
		t.Helper()
		for _, a := range who {
			last[a] = int64(f.seq) * 10
		}
		for a, want := range last {
			if got := f.views.BalanceTime(a); got != want {
				t.Errorf("%s: account %d: %d, want %d", what, a, got, want)
			}
		}
		again := restored(t, f.views, marketview.Limits{})
		for a, want := range last {
			if got := again.views.BalanceTime(a); got != want {
				t.Errorf("%s, restored: account %d: %d, want %d", what, a, got, want)
			}
		}
		f.check(t)
	}
	bid := f.place(buy(ann, 30, 10))
	moves("a lock", ann)
	f.do(msg.Command{Kind: msg.Cancel, Account: ann, Symbol: market, Order: 99}, msg.Event{Kind: msg.Rejected, Reason: msg.UnknownOrder})
	moves("a refusal")
	f.do(msg.Command{Kind: msg.Amend, Account: ann, Symbol: market, Order: bid, Qty: 4}, msg.Event{Kind: msg.Amended, Order: bid})
	moves("an amend", ann)
	f.place(sell(bob, 30, 1), f.trade(bid, 1, 30, 1))
	moves("a trade, of which the buyer pays a fee that is not nothing", ann, bob, msg.FeeAccount)
	f.do(msg.Command{Kind: msg.SetFees, Account: ann, Maker: 0, Taker: 0}, msg.Event{Kind: msg.AccountChanged})
	moves("rates")
	f.do(msg.Command{Kind: msg.SetFees, Account: bob, Maker: 0, Taker: 0}, msg.Event{Kind: msg.AccountChanged})
	f.place(sell(bob, 30, 1), f.trade(bid, 2, 30, 1))
	moves("a trade without fees", ann, bob)
	fok := sell(bob, 40, 1)
	fok.TIF = msg.FOK
	f.place(fok, msg.Event{Kind: msg.Expired, Order: f.next(), Reason: msg.UnfilledFOK})
	moves("there and back", bob)
	f.place(msg.Command{Account: bob, Side: msg.Buy, Type: msg.Market, Qty: 6},
		msg.Event{Kind: msg.Expired, Order: f.next(), Reason: msg.OutOfMakers})
	moves("a market buy that finds nothing")
	c := sell(ann, 28, 3)
	c.Symbol = free
	f.place(c)
	moves("no accounting")
	f.cancel(ann, bid)
	moves("a cancel", ann)
	f.do(msg.Command{Kind: msg.Debit, Account: bob, Asset: btc, Amount: 1, Transfer: 3}, msg.Event{Kind: msg.Adjusted})
	moves("a debit", bob)
	f.do(msg.Command{Kind: msg.Debit, Account: bob, Asset: btc, Amount: 1, Transfer: 3}, msg.Event{Kind: msg.Rejected, Reason: msg.TransferNotNew})
	moves("a debit that is refused")
}
