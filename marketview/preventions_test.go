package marketview_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// prevented is a feed with three preventions of ann: two of one taker, which loses
// lots to the second maker only, and one in another symbol.
func prevented(l marketview.Limits) (f *feed, makers [2]msg.OrderID, taker msg.OrderID) {
	f = newFeed(l)
	makers[0] = f.place(sell(ann, 30, 4)) // execution 1
	makers[1] = f.place(sell(ann, 31, 6))
	c := buy(ann, 32, 9)
	c.STP = msg.Decrement
	taker = f.place( // execution 3
		c,
		msg.Event{Kind: msg.Prevented, Order: makers[0], Taker: f.next(), Price: 30, Qty: 4},
		msg.Event{Kind: msg.Prevented, Order: makers[1], Taker: f.next(), Price: 31, Qty: 5, TakerQty: 5},
		msg.Event{Kind: msg.Canceled, Order: f.next()},
	)
	c = sell(ann, 30, 2)
	c.Symbol = free
	maker := f.place(c)
	c = buy(ann, 30, 2)
	c.Symbol, c.STP = free, msg.ExpireTaker
	f.place(c, msg.Event{Kind: msg.Prevented, Order: maker, Taker: f.next(), Price: 30, TakerQty: 2})
	return f, makers, taker
}

func TestPreventions(t *testing.T) {
	f, makers, taker := prevented(marketview.Limits{Preventions: 3})
	at := f.views.Time()
	first := marketview.Prevention{Symbol: market, ID: 4, Taker: taker, Maker: makers[0], Mode: msg.Decrement, Price: 30, MakerQty: 4, Time: at - 20}
	second := marketview.Prevention{Symbol: market, ID: 5, Taker: taker, Maker: makers[1], Mode: msg.Decrement, Price: 31, MakerQty: 5, TakerQty: 5, Time: at - 20}
	other := marketview.Prevention{Symbol: free, ID: 3, Taker: taker + 2, Maker: taker + 1, Mode: msg.ExpireTaker, Price: 30, TakerQty: 2, Time: at}
	type query = marketview.PreventionQuery
	type rows = []marketview.Prevention
	for _, c := range []struct {
		name    string
		account msg.AccountID
		q       query
		want    rows
	}{
		{"all of a symbol", ann, query{Symbol: market, Limit: 9}, rows{first, second}},
		{"all symbols", ann, query{Limit: 9}, rows{first, second, other}},
		{"another symbol", ann, query{Symbol: free, Limit: 9}, rows{other}},
		{"of a taker", ann, query{Symbol: market, Order: taker, Limit: 9}, rows{first, second}},
		{"of a maker", ann, query{Symbol: market, Order: makers[1], Limit: 9}, rows{second}},
		{"by id", ann, query{Symbol: market, ID: 4, Limit: 9}, rows{first}},
		{"by no id", ann, query{Symbol: market, ID: 6, Limit: 9}, nil},
		{"from an id on", ann, query{Symbol: market, Order: taker, From: 4, Limit: 1}, rows{first}},
		{"the newest", ann, query{Symbol: market, Order: taker, Limit: 1}, rows{second}},
		{"somebody else", bob, query{Symbol: market, Limit: 9}, nil},
		{"none", ann, query{Symbol: market}, nil},
	} {
		for _, v := range []*marketview.Views{f.views, restored(t, f.views, marketview.Limits{Preventions: 3}).views} {
			if diff := cmp.Diff(c.want, v.Preventions(c.account, c.q, nil)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
	}
	f.check(t)
}

// A set that keeps less drops the oldest, and one that keeps none has none.
func TestFewerPreventionsKept(t *testing.T) {
	all, _, _ := prevented(marketview.Limits{})
	for keep, want := range map[int]int{-1: 0, 1: 0, 2: 1, 100: 2} {
		folded, _, _ := prevented(marketview.Limits{Preventions: keep})
		again := restored(t, all.views, marketview.Limits{Preventions: keep})
		for _, v := range []*marketview.Views{folded.views, again.views} {
			if got := v.Preventions(ann, marketview.PreventionQuery{Symbol: market, Limit: 9}, nil); len(got) != want {
				t.Errorf("of those with at most %d: %+v", keep, got)
			}
		}
		if diff := cmp.Diff(sections(folded.views), sections(again.views)); diff != "" {
			t.Errorf("keeping %d (-folded +restored):\n%s", keep, diff)
		}
	}
}

// After warm-up histories of commands that amend and are prevented cost no
// allocation.
func TestHistoriesDoNotAllocate(t *testing.T) {
	f := newFeed(marketview.Limits{Amendments: 20, Preventions: 20, ClosedOrders: 4})
	events := make([]msg.Event, 2)
	do := func(c msg.Command, e ...msg.Event) msg.OrderID {
		f.seq++
		c.Seq, c.Time, c.Symbol, c.Account = f.seq, int64(f.seq)*10, market, ann
		f.views.Apply(&c, events[:copy(events, e)])
		return msg.OrderID(f.seq)
	}
	round := func() {
		ask := do(msg.Command{Kind: msg.Place, Side: msg.Sell, Price: 30, Qty: 5}, msg.Event{Kind: msg.Accepted, Order: f.next()})
		do(msg.Command{Kind: msg.Amend, Order: ask, Qty: 3}, msg.Event{Kind: msg.Amended, Order: ask})
		do(
			msg.Command{Kind: msg.Place, Side: msg.Buy, Price: 30, Qty: 3, STP: msg.ExpireBoth},
			msg.Event{Kind: msg.Accepted, Order: f.next()}, msg.Event{Kind: msg.Prevented, Order: ask, Taker: f.next(), Price: 30, Qty: 3, TakerQty: 3},
		)
	}
	for range 100 {
		round()
	}
	if n := testing.AllocsPerRun(1_000, round); n != 0 {
		t.Errorf("%v allocations", n)
	}
	f.check(t)
	if n := len(f.views.Preventions(ann, marketview.PreventionQuery{Symbol: market, Limit: 99}, nil)); n != 20 {
		t.Errorf("%d preventions are kept", n)
	}
}
