package marketview_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// How an order ends, and what its row says then.
func TestOrderEnds(t *testing.T) {
	type row struct {
		Status                   marketview.OrderStatus
		Qty, Executed, Prevented msg.Qty
		Spent                    msg.Amount
		Reason                   msg.Reason
	}
	prevented := func(f *feed, maker msg.OrderID, q, taker msg.Qty) msg.Event {
		return msg.Event{Kind: msg.Prevented, Order: maker, Taker: f.next(), Price: 30, Qty: q, TakerQty: taker}
	}
	for _, c := range []struct {
		name string
		then func(f *feed, id msg.OrderID) // what happens to ann's bid of 10 at 30
		want row
	}{
		{"rests", func(*feed, msg.OrderID) {}, row{marketview.StatusNew, 10, 0, 0, 0, 0}},
		{"filled in part", func(f *feed, id msg.OrderID) {
			f.place(sell(bob, 30, 4), f.trade(id, 1, 30, 4))
		}, row{marketview.StatusPartiallyFilled, 10, 4, 0, 120, 0}},
		{"filled", func(f *feed, id msg.OrderID) {
			f.place(sell(bob, 30, 4), f.trade(id, 1, 30, 4))
			f.place(sell(bob, 30, 7), f.trade(id, 2, 30, 6))
		}, row{marketview.StatusFilled, 10, 10, 0, 300, 0}},
		{"canceled after a fill", func(f *feed, id msg.OrderID) {
			f.place(sell(bob, 30, 4), f.trade(id, 1, 30, 4))
			f.cancel(ann, id)
		}, row{marketview.StatusCanceled, 10, 4, 0, 120, 0}},
		{"amended", func(f *feed, id msg.OrderID) {
			f.do(msg.Command{Kind: msg.Amend, Account: ann, Symbol: market, Order: id, Qty: 7}, msg.Event{Kind: msg.Amended, Order: id})
		}, row{marketview.StatusNew, 7, 0, 0, 0, 0}},
		{"prevented in part", func(f *feed, id msg.OrderID) {
			f.place(sell(ann, 30, 4), prevented(f, id, 4, 4))
		}, row{marketview.StatusNew, 10, 0, 4, 0, 0}},
		{"prevented", func(f *feed, id msg.OrderID) {
			f.place(sell(ann, 30, 4), prevented(f, id, 10, 4))
		}, row{marketview.StatusExpiredInMatch, 10, 0, 10, 0, 0}},
		{"filled after a prevention", func(f *feed, id msg.OrderID) {
			f.place(sell(ann, 30, 4), prevented(f, id, 4, 4))
			f.place(sell(bob, 30, 6), f.trade(id, 1, 30, 6))
		}, row{marketview.StatusFilled, 10, 6, 4, 180, 0}},
		{"all canceled", func(f *feed, id msg.OrderID) {
			f.do(msg.Command{Kind: msg.CancelAll, Account: ann, Symbol: market}, msg.Event{Kind: msg.Canceled, Order: id})
		}, row{marketview.StatusCanceled, 10, 0, 0, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFeed(marketview.Limits{})
			id := f.place(buy(ann, 30, 10))
			c.then(f, id)
			o, ok := f.views.Order(ann, id)
			got := row{o.Status, o.Qty, o.Executed, o.Prevented, o.Spent, o.Reason}
			if !ok || got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if open := f.views.CountOpen(ann, market); open == 1 != o.IsOpen() {
				t.Errorf("%d open orders, the order is %v", open, o.Status)
			}
			f.check(t)
		})
	}
}

func TestOrderRow(t *testing.T) {
	f := newFeed(marketview.Limits{})
	maker := f.place(sell(bob, 30, 10))
	c := buy(ann, 31, 12)
	c.TIF, c.STP, c.Name = msg.IOC, msg.Decrement, name("mine")
	id := f.place(c, f.trade(maker, 1, 30, 10), msg.Event{Kind: msg.Expired, Order: f.next(), Reason: msg.RestOfIOC})
	at := int64(id) * 10
	want := marketview.Order{
		ID: id, Account: ann, Symbol: market, Side: msg.Buy, Type: msg.Limit, TIF: msg.IOC, STP: msg.Decrement,
		Status: marketview.StatusExpired, Reason: msg.RestOfIOC, Name: name("mine"), Price: 31, Qty: 12, Executed: 10,
		Spent: 300, Time: at, Updated: at, Working: at,
	}
	got, ok := f.views.Order(ann, id)
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if o, _ := f.views.Order(bob, maker); o.Updated != at || o.Time != int64(maker)*10 {
		t.Errorf("maker %+v", o)
	}
	for _, id := range []msg.OrderID{0, 1, id + 1, id + 1<<16, 1 << 63} {
		if o, ok := f.views.Order(ann, id); ok {
			t.Errorf("order %d is %+v", id, o)
		}
	}
	if o, ok := f.views.Order(ann, maker); ok {
		t.Errorf("ann has bob's order %+v", o)
	}
	if got := got.Status.String(); got != "EXPIRED" {
		t.Errorf("status %s", got)
	}
}

// A name leads to the open order that has it, else to the one closed last.
func TestNames(t *testing.T) {
	f := newFeed(marketview.Limits{ClosedOrders: 2})
	named := func(n string) msg.OrderID {
		c := buy(ann, 30, 10)
		c.Name = name(n)
		return f.place(c)
	}
	want := func(what, n string, id msg.OrderID) {
		t.Helper()
		o, ok := f.views.OrderByName(ann, name(n))
		if o.ID != id || ok != (id != 0) {
			t.Errorf("%s: %s is order %d, want %d", what, n, o.ID, id)
		}
		f.check(t)
	}
	first := named("a")
	want("open", "a", first)
	f.cancel(ann, first)
	want("closed", "a", first)
	second := named("a")
	want("used again", "a", second)
	third := named("b")
	f.cancel(ann, third)
	f.do(msg.Command{Kind: msg.Amend, Account: ann, Symbol: market, Order: second, Qty: 9, Name: name("b")}, msg.Event{Kind: msg.Amended, Order: second})
	want("amended to another name", "b", second)
	want("and its old one is the older order's again", "a", first)
	f.cancel(ann, second)
	want("closed last", "b", second)
	want("no longer kept", "a", 0)
	if _, ok := f.views.OrderByName(bob, name("b")); ok {
		t.Error("bob has ann's name")
	}
	if _, ok := f.views.OrderByName(ann, msg.Name{}); ok {
		t.Error("an order is found by no name")
	}
}

func TestOrderHistory(t *testing.T) {
	f := newFeed(marketview.Limits{ClosedOrders: 4})
	var ids []msg.OrderID
	for range 8 {
		ids = append(ids, f.place(buy(ann, 30, 1)))
	}
	for _, i := range []int{6, 0, 2, 1, 5} { // the first of them is forgotten
		f.cancel(ann, ids[i])
	}
	other := buy(ann, 30, 1)
	other.Symbol = free
	f.place(other)
	at := func(i int) int64 { return int64(ids[i]) * 10 }
	for _, c := range []struct {
		name string
		r    marketview.Range
		want []int
	}{
		{"all that are kept", marketview.Range{Limit: 10}, []int{0, 1, 2, 3, 4, 5, 7}},
		{"the newest", marketview.Range{Limit: 3}, []int{4, 5, 7}},
		{"from an id", marketview.Range{From: ids[2], Limit: 3}, []int{2, 3, 4}},
		{"from a time", marketview.Range{Start: at(3), Limit: 2}, []int{3, 4}},
		{"to a time: the newest before it", marketview.Range{End: at(5), Limit: 2}, []int{4, 5}},
		{"between times: the oldest inside", marketview.Range{Start: at(1), End: at(5), Limit: 3}, []int{1, 2, 3}},
		{"nothing there", marketview.Range{Start: at(7) + 1, Limit: 3}, nil},
		{"no rows asked for", marketview.Range{}, nil},
	} {
		kept := []marketview.Order{{ID: 77}} // rows that dst already has stay
		var got []int
		for _, o := range f.views.OrderHistory(ann, market, c.r, kept)[1:] {
			for i := range ids {
				if ids[i] == o.ID {
					got = append(got, i)
				}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if rows := f.views.OpenOrders(ann, 0, nil); len(rows) != 4 || rows[3].Symbol != free {
		t.Errorf("open orders in all symbols: %+v", rows)
	}
	if rows := f.views.OpenOrders(99, 0, nil); rows != nil {
		t.Errorf("open orders of no account: %+v", rows)
	}
	f.check(t)
}

// Orders are found by id however much later they are asked for, and whichever
// others have taken their place among the recent ones.
func TestOldOrders(t *testing.T) {
	f := newFeed(marketview.Limits{ClosedOrders: 3})
	old := []msg.OrderID{f.place(buy(ann, 10, 1)), f.place(buy(ann, 11, 1)), f.place(buy(bob, 12, 1))}
	f.cancel(bob, old[2])
	for range 1 << 16 {
		f.cancel(ann, f.place(buy(ann, 30, 1)))
	}
	for i, a := range []msg.AccountID{ann, ann, bob} {
		if o, ok := f.views.Order(a, old[i]); !ok || o.ID != old[i] {
			t.Errorf("order %d: %+v", old[i], o)
		}
	}
	again := restored(t, f.views, marketview.Limits{ClosedOrders: 3})
	for _, f := range []*feed{f, again} {
		f.check(t)
		f.cancel(ann, old[1])
		f.place(sell(bob, 10, 1), f.trade(old[0], 1, 10, 1))
		for i, want := range []marketview.OrderStatus{marketview.StatusFilled, marketview.StatusCanceled} {
			if o, ok := f.views.Order(ann, old[i]); !ok || o.Status != want {
				t.Errorf("order %d: %v, want %v", old[i], o.Status, want)
			}
		}
		f.check(t)
	}
}

// What does not follow, or means an order that is not there, stops the fold.
func TestBrokenInvariants(t *testing.T) {
	cancel := msg.Command{Kind: msg.Cancel, Account: ann, Symbol: market}
	for _, c := range []struct {
		name string
		fold func(f *feed, id msg.OrderID)
	}{
		{"a gap", func(f *feed, _ msg.OrderID) { f.seq++; f.cancel(ann, 1) }},
		{"time goes back", func(f *feed, id msg.OrderID) {
			c := cancel
			c.Seq = f.seq + 1
			f.views.Apply(&c, []msg.Event{{Kind: msg.Canceled, Order: id}})
		}},
		{"no event", func(f *feed, _ msg.OrderID) { f.do(cancel) }},
		{"an order that never was", func(f *feed, id msg.OrderID) { f.cancel(ann, id+100) }},
		{"an order that is closed", func(f *feed, id msg.OrderID) { f.cancel(ann, id); f.cancel(ann, id) }},
		{"an overfill", func(f *feed, id msg.OrderID) { f.place(sell(bob, 30, 20), f.trade(id, 1, 30, 11)) }},
		{"a trade id that does not follow", func(f *feed, id msg.OrderID) { f.place(sell(bob, 30, 2), f.trade(id, 2, 30, 1)) }},
		{"money that is not there", func(f *feed, _ msg.OrderID) { f.place(buy(ann, 1_000_000, 1_000_000)) }},
		{"an account out of turn", func(f *feed, _ msg.OrderID) {
			f.do(msg.Command{Kind: msg.CreateAccount}, msg.Event{Kind: msg.AccountCreated, ID: 7})
		}},
		{"an amend upwards", func(f *feed, id msg.OrderID) {
			f.do(msg.Command{Kind: msg.Amend, Account: ann, Symbol: market, Order: id, Qty: 11}, msg.Event{Kind: msg.Amended, Order: id})
		}},
		{"no such symbol", func(f *feed, id msg.OrderID) {
			f.do(msg.Command{Kind: msg.Cancel, Symbol: 9, Order: id}, msg.Event{Kind: msg.Canceled, Order: id})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFeed(marketview.Limits{})
			id := f.place(buy(ann, 30, 10))
			defer func() {
				if p, ok := recover().(string); !ok {
					t.Errorf("panic %v, want a message", p)
				}
			}()
			c.fold(f, id)
		})
	}
}
