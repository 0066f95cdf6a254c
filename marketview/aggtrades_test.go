package marketview_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// One taker order makes one row of each price; another one makes its own.
func TestAggTradeRows(t *testing.T) {
	f := newFeed(marketview.Limits{})
	var makers []msg.OrderID
	for _, p := range []msg.Price{7, 7, 8, 8, 8} {
		makers = append(makers, f.place(sell(bob, p, 2)))
	}
	at := int64(f.next()) * 10
	f.place(buy(ann, 8, 7), f.trade(makers[0], 1, 7, 2), f.trade(makers[1], 2, 7, 2), f.trade(makers[2], 3, 8, 2), f.trade(makers[3], 4, 8, 1))
	first := []marketview.AggTrade{
		{ID: 1, Price: 7, Qty: 4, First: 1, Last: 2, Time: at},
		{ID: 2, Price: 8, Qty: 3, First: 3, Last: 4, Time: at},
	}
	if diff := cmp.Diff(first, f.views.Resolved().Aggs); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
	f.place(buy(ann, 8, 1), f.trade(makers[3], 5, 8, 1))
	f.place(buy(ann, 8, 1), f.trade(makers[4], 6, 8, 1))
	want := append(slices.Clone(first), marketview.AggTrade{ID: 3, Price: 8, Qty: 1, First: 5, Last: 5, Time: at + 10},
		marketview.AggTrade{ID: 4, Price: 8, Qty: 1, First: 6, Last: 6, Time: at + 20})
	if diff := cmp.Diff(want, f.views.AggTrades(market, 0, marketview.Span{Limit: 9}, nil)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	f.cancel(bob, makers[4])
	if n := len(f.views.Resolved().Aggs); n != 0 {
		t.Errorf("a cancel has %d aggregate trades", n)
	}
}

// In an uncross an order takes from one and is taken from by the next: its own
// trades as the taker make a row, the others do not.
func TestAggTradesOfAnUncross(t *testing.T) {
	f := newFeed(marketview.Limits{})
	f.do(msg.Command{Kind: msg.SetPhase, Symbol: market, Phase: msg.Auction}, msg.Event{Kind: msg.PhaseChanged})
	bid := f.place(buy(ann, 7, 2))
	ask := f.place(sell(bob, 7, 5))
	late := f.place(buy(ann, 7, 3))
	f.do(msg.Command{Kind: msg.Uncross, Symbol: market},
		msg.Event{Kind: msg.Traded, Order: bid, Taker: ask, Trade: 1, Price: 7, Qty: 2},
		msg.Event{Kind: msg.Traded, Order: ask, Taker: late, Trade: 2, Price: 7, Qty: 3},
		msg.Event{Kind: msg.Uncrossed, Price: 7, Qty: 5})
	at := f.views.Time()
	want := []marketview.AggTrade{
		{ID: 1, Price: 7, Qty: 2, First: 1, Last: 1, Time: at, BuyerMaker: true},
		{ID: 2, Price: 7, Qty: 3, First: 2, Last: 2, Time: at},
	}
	if diff := cmp.Diff(want, f.views.AggTrades(market, 0, marketview.Span{Limit: 9}, nil)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestAggTradesAreBounded(t *testing.T) {
	f := traded(marketview.Limits{AggTrades: 4}, 10) // the last four are kept
	all := f.views.AggTrades(market, 0, marketview.Span{Limit: 1_000}, nil)
	at := func(id uint64) int64 { return all[id-7].Time }
	for _, c := range []struct {
		name string
		from uint64
		span marketview.Span
		want []uint64
	}{
		{"all that are kept", 0, marketview.Span{Limit: 1_000}, []uint64{7, 8, 9, 10}},
		{"the newest", 0, marketview.Span{Limit: 2}, []uint64{9, 10}},
		{"from an id on", 8, marketview.Span{Limit: 2}, []uint64{8, 9}},
		{"older than kept", 2, marketview.Span{Limit: 2}, []uint64{7, 8}},
		{"newer than any", 11, marketview.Span{Limit: 2}, nil},
		{"from a time on", 0, marketview.Span{Start: at(8), Limit: 2}, []uint64{8, 9}},
		{"just after it", 0, marketview.Span{Start: at(8) + 1, Limit: 2}, []uint64{9, 10}},
		{"up to a time", 0, marketview.Span{End: at(9), Limit: 2}, []uint64{8, 9}},
		{"just before it", 0, marketview.Span{End: at(9) - 1, Limit: 2}, []uint64{7, 8}},
		{"between", 0, marketview.Span{Start: at(8), End: at(9), Limit: 9}, []uint64{8, 9}},
		{"upside down", 0, marketview.Span{Start: at(9), End: at(8), Limit: 9}, nil},
		{"an id and an end", 8, marketview.Span{End: at(8), Limit: 9}, []uint64{8}},
		{"none", 0, marketview.Span{}, nil},
		{"less than none", 0, marketview.Span{Limit: -1}, nil},
	} {
		var got []uint64
		for _, r := range f.views.AggTrades(market, c.from, c.span, nil) {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if rows := f.views.AggTrades(free, 0, marketview.Span{Limit: 9}, nil); rows != nil {
		t.Errorf("aggregate trades of a symbol without any: %v", rows)
	}
	if rows := f.views.AggTrades(9, 0, marketview.Span{Limit: 9}, nil); rows != nil {
		t.Errorf("aggregate trades of no symbol: %v", rows)
	}
	f = traded(marketview.Limits{AggTrades: -1}, 3)
	again := restored(t, f.views, marketview.Limits{AggTrades: -1})
	if rows := again.views.AggTrades(market, 0, marketview.Span{Limit: 9}, nil); rows != nil {
		t.Errorf("kept %v", rows)
	}
}
