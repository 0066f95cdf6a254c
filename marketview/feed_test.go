package marketview_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// feed numbers hand-written transactions and folds them. Time goes by 10 a
// command.
type feed struct {
	views *marketview.Views
	seq   msg.Seq
	late  int64 // time that went by besides
}

// The market of the hand-written transactions.
const (
	btc msg.AssetID = 1
	usd msg.AssetID = 2

	market msg.SymbolID = 1 // accounting balances, maker 1 %, taker 2 %
	free   msg.SymbolID = 2 // accounting none

	ann msg.AccountID = 1
	bob msg.AccountID = 2
)

const lot = 10_000 // units of BTC

func newFeed(l marketview.Limits) *feed {
	f := &feed{views: marketview.New(l)}
	f.do(msg.Command{Kind: msg.AddAsset, Name: name("BTC"), Scale: 8}, msg.Event{Kind: msg.AssetAdded, ID: 1})
	f.do(msg.Command{Kind: msg.AddAsset, Name: name("USD"), Scale: 4}, msg.Event{Kind: msg.AssetAdded, ID: 2})
	f.do(msg.Command{Kind: msg.AddSymbol, Spec: spec("BTCUSD", msg.Balances)}, msg.Event{Kind: msg.SymbolAdded, ID: 1})
	f.do(msg.Command{Kind: msg.AddSymbol, Spec: spec("FREE", msg.NoAccounting)}, msg.Event{Kind: msg.SymbolAdded, ID: 2})
	f.do(msg.Command{Kind: msg.CreateAccount, Name: name("ann")}, msg.Event{Kind: msg.AccountCreated, ID: 1})
	f.do(msg.Command{Kind: msg.CreateAccount}, msg.Event{Kind: msg.AccountCreated, ID: 2})
	for _, a := range []msg.AccountID{ann, bob} {
		f.credit(a, btc, 1_000*lot, 1)
		f.credit(a, usd, 1_000_000, 2)
	}
	return f
}

// spec describes a symbol: a tick of 1 USD (10,000 units) for a whole BTC, lots
// of 0.0001 BTC, so one lot at one tick is worth one unit of USD.
func spec(n string, a msg.Accounting) *msg.Symbol {
	return &msg.Symbol{Name: name(n), Base: btc, Quote: usd, Tick: 10_000, Lot: lot, Accounting: a, Maker: 1_000_000, Taker: 2_000_000}
}

// do folds the next transaction and returns its sequence as an order id.
func (f *feed) do(c msg.Command, events ...msg.Event) msg.OrderID {
	f.seq++
	c.Seq, c.Time = f.seq, int64(f.seq)*10+f.late
	f.views.Apply(&c, events)
	return msg.OrderID(f.seq)
}

// next is the id of the order that the next command brings.
func (f *feed) next() msg.OrderID { return msg.OrderID(f.seq + 1) }

func (f *feed) credit(a msg.AccountID, asset msg.AssetID, amount msg.Amount, transfer int64) {
	f.do(msg.Command{Kind: msg.Credit, Account: a, Asset: asset, Amount: amount, Transfer: transfer}, msg.Event{Kind: msg.Adjusted})
}

// place folds an order that is accepted, with what else happens to it.
func (f *feed) place(c msg.Command, then ...msg.Event) msg.OrderID {
	if c.Kind == 0 {
		c.Kind = msg.Place
	}
	if c.Symbol == 0 {
		c.Symbol = market
	}
	return f.do(c, append([]msg.Event{{Kind: msg.Accepted, Order: f.next()}}, then...)...)
}

func (f *feed) cancel(a msg.AccountID, id msg.OrderID) {
	f.do(msg.Command{Kind: msg.Cancel, Account: a, Symbol: market, Order: id}, msg.Event{Kind: msg.Canceled, Order: id})
}

// trade is the trade of the next command's order with a maker.
func (f *feed) trade(maker msg.OrderID, id msg.TradeID, p msg.Price, q msg.Qty) msg.Event {
	return msg.Event{Kind: msg.Traded, Order: maker, Taker: f.next(), Trade: id, Price: p, Qty: q}
}

func buy(a msg.AccountID, p msg.Price, q msg.Qty) msg.Command {
	return msg.Command{Account: a, Side: msg.Buy, Price: p, Qty: q}
}

func sell(a msg.AccountID, p msg.Price, q msg.Qty) msg.Command {
	return msg.Command{Account: a, Side: msg.Sell, Price: p, Qty: q}
}

// depth writes a book as "update id: bids | asks", each level price×lots/orders.
func (f *feed) depth(sym msg.SymbolID) string {
	var d marketview.Depth
	f.views.Depth(sym, 0, &d)
	side := func(levels []marketview.Level) string {
		var b strings.Builder
		for _, l := range levels {
			fmt.Fprintf(&b, " %d×%d/%d", l.Price, l.Qty, l.Orders)
		}
		return b.String()
	}
	return fmt.Sprintf("%d:%s |%s", d.UpdateID, side(d.Bids), side(d.Asks))
}

// has writes what an account has as "free+locked" of BTC, in lots and units, and
// of USD.
func (f *feed) has(a msg.AccountID) string {
	bf, bl := f.views.Balance(a, btc)
	uf, ul := f.views.Balance(a, usd)
	return fmt.Sprintf("btc %d+%d usd %d+%d", bf, bl, uf, ul)
}

func (f *feed) wantDepth(t *testing.T, what, want string) {
	t.Helper()
	if got := f.depth(market); got != want {
		t.Errorf("%s: depth %s, want %s", what, got, want)
	}
	f.check(t)
}

func (f *feed) wantHas(t *testing.T, what string, a msg.AccountID, want string) {
	t.Helper()
	if got := f.has(a); got != want {
		t.Errorf("%s: account %d has %s, want %s", what, a, got, want)
	}
	f.check(t)
}

func (f *feed) check(t *testing.T) {
	t.Helper()
	if err := f.views.Check(); err != nil {
		t.Fatal(err)
	}
}
