package marketview_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// Reports are told from events a second time: a ledger that forgets nothing takes
// the events of a transaction one by one, and its rows are read after each.

// teller tells the reports of a stream.
type teller struct {
	ledger *ledger
	last   map[msg.SymbolID]uint64 // execution ids
}

func newTeller() *teller {
	return &teller{newLedger(marketview.Limits{ClosedOrders: 1 << 30}), make(map[msg.SymbolID]uint64)}
}

func (t *teller) apply(c *msg.Command, events []msg.Event) (reports []marketview.Report) {
	for i := range events {
		e := &events[i]
		var before msg.Name
		if e.Kind == msg.Amended {
			before = t.ledger.orders[e.Order].Name
		}
		t.ledger.event(c, events[:i+1])
		r := marketview.Report{Kind: e.Kind, PrevName: before}
		switch e.Kind {
		case msg.Accepted, msg.Canceled, msg.Expired, msg.Amended:
			reports = append(reports, t.about(c, e.Order, r))
		case msg.Traded:
			for _, id := range []msg.OrderID{e.Order, e.Taker} {
				reports = append(reports, t.about(c, id, t.part(e, id)))
			}
		case msg.Prevented:
			r.Price = e.Price
			if e.Qty > 0 {
				r.Maker, r.Qty, r.Other = true, e.Qty, e.Taker
				reports = append(reports, t.about(c, e.Order, r))
			}
			if e.TakerQty > 0 {
				r.Maker, r.Qty, r.Other = false, e.TakerQty, e.Order
				reports = append(reports, t.about(c, e.Taker, r))
			}
		case msg.Rejected:
			if i > 0 && events[i-1].Kind == msg.Canceled {
				reports = append(reports, t.refused(c, e))
			}
		default:
		}
	}
	return reports
}

// refused tells that the new order of a cancel-replace was refused.
func (t *teller) refused(c *msg.Command, e *msg.Event) marketview.Report {
	t.last[c.Symbol]++
	return marketview.Report{Kind: msg.Rejected, ExecutionID: t.last[c.Symbol], Order: marketview.Order{
		ID: msg.OrderID(c.Seq), Account: c.Account, Symbol: c.Symbol, Side: c.Side, Type: c.Type, TIF: c.TIF, STP: c.STP,
		Status: marketview.StatusRejected, Reason: e.Reason, Name: c.Name, Price: c.Price, Qty: c.Qty, Quote: c.Quote,
		Time: c.Time, Updated: c.Time, Strategy: c.Strategy,
	}}
}

// about completes a report with the order as it is now.
func (t *teller) about(c *msg.Command, id msg.OrderID, r marketview.Report) marketview.Report {
	t.last[c.Symbol]++
	r.ExecutionID = t.last[c.Symbol]
	r.Order = *t.ledger.orders[id]
	if r.Order.Open() > 0 && r.Kind != msg.Canceled && r.Kind != msg.Expired {
		r.Resting = r.Order.Type == msg.LimitMaker || r.Order.Type == msg.Limit && r.Order.TIF == msg.GTC
	}
	return r
}

// part is what one order had of a trade: the last or last but one fill of its
// account.
func (t *teller) part(e *msg.Event, id msg.OrderID) marketview.Report {
	fills := t.ledger.fills[t.ledger.orders[id].Account]
	f := fills[len(fills)-1]
	if f.Order != id || f.Trade != e.Trade {
		f = fills[len(fills)-2]
	}
	return marketview.Report{
		Kind: e.Kind, Maker: id == e.Order, Qty: e.Qty, Price: e.Price, Quote: f.Quote, Trade: e.Trade,
		Fee: f.Fee, FeeAsset: f.FeeAsset, Other: e.Order + e.Taker - id,
	}
}

func TestReportsFollowTheExchange(t *testing.T) {
	for seed := range uint64(24) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			followReports(t, seed+1_000, 2_000)
		})
	}
}

func followReports(t *testing.T, seed uint64, commands int) {
	n := enginetest.NewNaive()
	stream := enginetest.NewStream(seed, n)
	v := marketview.New(marketview.Limits{ClosedOrders: int(seed%3) - 1, Trades: -1, Fills: -1, AggTrades: -1})
	v.Report(true)
	told := newTeller()
	sums := make(map[msg.OrderID]*sum)
	for range commands {
		c := stream.Next()
		events := n.Execute(&c)
		v.Apply(&c, events)
		got, want := v.Resolved().Reports, told.apply(&c, events)
		if !slices.Equal(got, want) {
			t.Fatalf("command %d, %+v, %+v (-want +got):\n%s", c.Seq, c, events, cmp.Diff(want, got))
		}
		for i := range got {
			if sums[got[i].Order.ID] == nil {
				sums[got[i].Order.ID] = &sum{}
			}
			sums[got[i].Order.ID].add(&got[i])
		}
		if s, ok := v.SymbolByID(c.Symbol); ok && told.last[c.Symbol] != s.ExecutionID {
			t.Fatalf("command %d: last execution id %d, the symbol counts %d", c.Seq, told.last[c.Symbol], s.ExecutionID)
		}
	}
	for id, o := range told.ledger.orders {
		if err := sums[id].complete(o); err != nil {
			t.Errorf("order %d, %+v: %v", id, o, err)
		}
	}
}

// sum is what the reports of one order come to.
type sum struct {
	executed, prevented msg.Qty
	spent               msg.Amount
	first, last         msg.EventKind
	final               marketview.Order
}

func (s *sum) add(r *marketview.Report) {
	switch r.Kind {
	case msg.Traded:
		s.executed += r.Qty
		s.spent += r.Quote
	case msg.Prevented:
		s.prevented += r.Qty
	default:
	}
	if s.first == 0 {
		s.first = r.Kind
	}
	s.last, s.final = r.Kind, r.Order
}

// complete compares the sum with the order as it ended.
func (s *sum) complete(o *marketview.Order) error {
	switch {
	case s == nil:
		return errors.New("no report")
	case s.first != msg.Accepted:
		return fmt.Errorf("its first report is %v", s.first)
	case s.executed != o.Executed || s.prevented != o.Prevented:
		return fmt.Errorf("reports of %d traded and %d prevented", s.executed, s.prevented)
	case s.spent != o.Spent && o.Spent != msg.MaxAmount:
		return fmt.Errorf("reports of %d spent", s.spent)
	case s.final != *o:
		return fmt.Errorf("its last report, %v, has %+v", s.last, s.final)
	}
	return nil
}

// told writes reports down, one a line.
func told(v *marketview.Views) (lines []string) {
	for _, r := range v.Resolved().Reports {
		where := "off"
		if r.Resting {
			where = "on"
		}
		line := fmt.Sprintf("%d %v #%d %v %d+%d/%d %d %s", r.ExecutionID, r.Kind, r.Order.ID, r.Order.Status,
			r.Order.Executed, r.Order.Prevented, r.Order.Qty, r.Order.Spent, where)
		if r.Other != 0 {
			line += fmt.Sprintf(" | %d at %d for %d with #%d, maker %v, trade %d, fee %d of %d", r.Qty, r.Price, r.Quote, r.Other, r.Maker, r.Trade, r.Fee, r.FeeAsset)
		}
		if r.Kind == msg.Amended {
			line += fmt.Sprintf(" | %s, was %s", r.Order.Name, r.PrevName)
		}
		lines = append(lines, line)
	}
	return lines
}

func wantTold(t *testing.T, f *feed, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, told(f.views)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
	f.check(t)
}

// The first order is number 11: ten commands made the market.
func TestReports(t *testing.T) {
	f := newFeed(marketview.Limits{ClosedOrders: -1})
	f.views.Report(true)
	a := f.place(sell(bob, 30, 100))
	wantTold(t, f, "rests", "1 accepted #11 NEW 0+0/100 0 on")
	b := f.place(sell(bob, 31, 100))
	f.place(buy(ann, 31, 250), f.trade(a, 1, 30, 100), f.trade(b, 2, 31, 100))
	wantTold(t, f, "trades and rests",
		"3 accepted #13 NEW 0+0/250 0 on",
		"4 traded #11 FILLED 100+0/100 3000 off | 100 at 30 for 3000 with #13, maker true, trade 1, fee 30 of 2",
		"5 traded #13 PARTIALLY_FILLED 100+0/250 3000 on | 100 at 30 for 3000 with #11, maker false, trade 1, fee 20000 of 1",
		"6 traded #12 FILLED 100+0/100 3100 off | 100 at 31 for 3100 with #13, maker true, trade 2, fee 31 of 2",
		"7 traded #13 PARTIALLY_FILLED 200+0/250 6100 on | 100 at 31 for 3100 with #12, maker false, trade 2, fee 20000 of 1")
	c := msg.Command{Account: bob, Side: msg.Sell, Type: msg.Market, Quote: 900}
	f.do(msg.Command{Kind: msg.Place, Symbol: market, Account: c.Account, Side: c.Side, Type: c.Type, Quote: c.Quote},
		msg.Event{Kind: msg.Accepted, Order: f.next(), Qty: 29}, f.trade(13, 3, 31, 20),
		msg.Event{Kind: msg.Expired, Order: f.next(), Reason: msg.OutOfMakers})
	wantTold(t, f, "market by amount",
		"8 accepted #14 NEW 0+0/29 0 off",
		"9 traded #13 PARTIALLY_FILLED 220+0/250 6720 on | 20 at 31 for 620 with #14, maker true, trade 3, fee 2000 of 1",
		"10 traded #14 PARTIALLY_FILLED 20+0/29 620 off | 20 at 31 for 620 with #13, maker false, trade 3, fee 12 of 2",
		"11 expired #14 EXPIRED 20+0/29 620 off")
	f.do(msg.Command{Kind: msg.Amend, Account: ann, Symbol: market, Order: 13, Qty: 240, Name: name("less")}, msg.Event{Kind: msg.Amended, Order: 13})
	wantTold(t, f, "amended", "12 amended #13 PARTIALLY_FILLED 220+0/240 6720 on | less, was ")
	f.place(sell(ann, 31, 5), msg.Event{Kind: msg.Prevented, Order: 13, Taker: f.next(), Price: 31, Qty: 5, TakerQty: 5})
	wantTold(t, f, "prevented on both sides",
		"13 accepted #16 NEW 0+0/5 0 on",
		"14 prevented #13 PARTIALLY_FILLED 220+5/240 6720 on | 5 at 31 for 0 with #16, maker true, trade 0, fee 0 of 0",
		"15 prevented #16 EXPIRED_IN_MATCH 0+5/5 0 off | 5 at 31 for 0 with #13, maker false, trade 0, fee 0 of 0")
	f.place(sell(ann, 31, 5), msg.Event{Kind: msg.Prevented, Order: 13, Taker: f.next(), Price: 31, Qty: 15})
	wantTold(t, f, "prevented on the maker's side",
		"16 accepted #17 NEW 0+0/5 0 on",
		"17 prevented #13 EXPIRED_IN_MATCH 220+20/240 6720 off | 15 at 31 for 0 with #17, maker true, trade 0, fee 0 of 0")
	f.do(msg.Command{Kind: msg.CancelReplace, Account: ann, Symbol: market, Order: 17, Side: msg.Sell, Price: 40, Qty: 5},
		msg.Event{Kind: msg.Canceled, Order: 17}, msg.Event{Kind: msg.Rejected, Reason: msg.WouldTake})
	wantTold(t, f, "replaced, the new one refused", "18 canceled #17 CANCELED 0+0/5 0 off", "19 rejected #18 REJECTED 0+0/5 0 off")
	f.do(msg.Command{Kind: msg.CancelReplace, Account: ann, Symbol: market, Order: 17, Mode: msg.AllowFailure, Side: msg.Sell, Price: 40, Qty: 5},
		msg.Event{Kind: msg.CancelRejected, Reason: msg.UnknownOrder}, msg.Event{Kind: msg.Rejected, Reason: msg.WouldTake})
	wantTold(t, f, "both refused")
	f.credit(ann, btc, 1, 9)
	wantTold(t, f, "no order")
}

// Without accounting there are no fees, in an auction both sides rested, and a
// sweep tells every order, whatever is kept of it.
func TestReportsOfAnAuction(t *testing.T) {
	f := newFeed(marketview.Limits{ClosedOrders: 1})
	f.views.Report(true)
	phase := func(p msg.Phase) {
		f.do(msg.Command{Kind: msg.SetPhase, Symbol: free, Phase: p}, msg.Event{Kind: msg.PhaseChanged})
	}
	phase(msg.Auction)
	in := func(c msg.Command) msg.OrderID {
		c.Symbol = free
		return f.place(c)
	}
	ask, bid := in(sell(7, 10, 3)), in(buy(8, 12, 2))
	for p := range msg.Price(4) {
		in(buy(8, 5-p, 1))
	}
	f.do(msg.Command{Kind: msg.Uncross, Symbol: free},
		msg.Event{Kind: msg.Traded, Order: ask, Taker: bid, Trade: 1, Price: 12, Qty: 2}, msg.Event{Kind: msg.Uncrossed, Price: 12, Qty: 2})
	wantTold(t, f, "uncrossed",
		"7 traded #12 PARTIALLY_FILLED 2+0/3 24 on | 2 at 12 for 24 with #13, maker true, trade 1, fee 0 of 2",
		"8 traded #13 FILLED 2+0/2 24 off | 2 at 12 for 24 with #12, maker false, trade 1, fee 0 of 1")
	var all []msg.Event
	for i := range msg.OrderID(4) {
		all = append(all, msg.Event{Kind: msg.Canceled, Order: 14 + i})
	}
	f.do(msg.Command{Kind: msg.CancelAll, Account: 8, Symbol: free}, all...)
	wantTold(t, f, "all canceled",
		"9 canceled #14 CANCELED 0+0/1 0 off", "10 canceled #15 CANCELED 0+0/1 0 off",
		"11 canceled #16 CANCELED 0+0/1 0 off", "12 canceled #17 CANCELED 0+0/1 0 off")
	if rows := f.views.OrderHistory(8, free, marketview.Range{Limit: 9}, nil); len(rows) != 1 {
		t.Errorf("%d orders are kept, want 1", len(rows))
	}
}

// A sweep of more orders than reports have room for takes it once and gives it
// back.
func TestReportsOfASweep(t *testing.T) {
	f := newFeed(marketview.Limits{})
	f.views.Report(true)
	const n = 10_000
	all := make([]msg.Event, n)
	for i := range all {
		all[i] = msg.Event{Kind: msg.Canceled, Order: f.place(buy(ann, 1, 1))}
	}
	f.do(msg.Command{Kind: msg.CancelAll, Account: ann, Symbol: market}, all...)
	reports := f.views.Resolved().Reports
	if len(reports) != n {
		t.Fatalf("%d reports of %d orders", len(reports), n)
	}
	for i := range reports {
		if r := &reports[i]; r.Order.ID != all[i].Order || r.ExecutionID != n+1+uint64(i) || r.Order.Status != marketview.StatusCanceled {
			t.Fatalf("report %d: %+v", i, r)
		}
	}
	f.place(buy(ann, 1, 1))
	if r := f.views.Resolved().Reports; len(r) != 1 || cap(r) > 100 {
		t.Errorf("%d reports in room for %d", len(r), cap(r))
	}
}

// Reports come only while they are asked for, and the views do not depend on it.
func TestReportOff(t *testing.T) {
	f, g := newFeed(marketview.Limits{}), newFeed(marketview.Limits{})
	for i := range 30 {
		on := i/10 == 1
		g.views.Report(on)
		f.place(buy(ann, 30, 1))
		g.place(buy(ann, 30, 1))
		if got := len(g.views.Resolved().Reports); (got == 1) != on || len(f.views.Resolved().Reports) != 0 {
			t.Errorf("order %d: %d reports", i, got)
		}
	}
	if diff := cmp.Diff(sections(f.views), sections(g.views)); diff != "" {
		t.Errorf("sections differ:\n%s", diff)
	}
}

func TestCounts(t *testing.T) {
	f := newFeed(marketview.Limits{})
	f.place(buy(ann, 30, 1))
	c := buy(ann, 30, 1)
	c.Symbol = free
	f.place(c)
	f.place(c)
	for sym, want := range []int{3, 1, 2, 0} {
		if got := f.views.CountOpen(ann, msg.SymbolID(sym)); got != want {
			t.Errorf("symbol %d: %d open orders, want %d", sym, got, want)
		}
	}
	if f.views.CountOpen(bob, 0) != 0 || f.views.CountOpen(77, 0) != 0 || f.views.SymbolCount() != 2 {
		t.Errorf("bob has %d, nobody %d open orders, of %d symbols", f.views.CountOpen(bob, 0), f.views.CountOpen(77, 0), f.views.SymbolCount())
	}
}
