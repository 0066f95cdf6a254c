package marketview_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// traded returns a feed with trades 1 to n of one lot, each at a price of its
// id; even ones have a buyer as maker.
func traded(l marketview.Limits, n int) *feed {
	f := newFeed(l)
	for i := 1; i <= n; i++ {
		maker, taker := sell(bob, msg.Price(i), 1), buy(ann, msg.Price(i), 1)
		if i%2 == 0 {
			maker, taker = taker, maker
		}
		id := f.place(maker)
		f.place(taker, f.trade(id, msg.TradeID(i), msg.Price(i), 1))
	}
	return f
}

func TestTradesAreBounded(t *testing.T) {
	f := traded(marketview.Limits{Trades: 4}, 10)
	for _, c := range []struct {
		name  string
		from  msg.TradeID
		limit int
		want  []msg.TradeID
	}{
		{"the newest", 0, 2, []msg.TradeID{9, 10}},
		{"all that are kept", 0, 1_000, []msg.TradeID{7, 8, 9, 10}},
		{"from an id on", 8, 2, []msg.TradeID{8, 9}},
		{"older than kept: from the oldest kept", 2, 2, []msg.TradeID{7, 8}},
		{"newer than any", 11, 5, nil},
		{"none", 0, 0, nil},
		{"less than none", 0, -1, nil},
	} {
		var got []msg.TradeID
		for _, r := range f.views.Trades(market, c.from, c.limit, nil) {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if rows := f.views.Trades(free, 0, 5, nil); rows != nil {
		t.Errorf("trades of a symbol without any: %v", rows)
	}
	if rows := f.views.Trades(9, 0, 5, nil); rows != nil {
		t.Errorf("trades of no symbol: %v", rows)
	}
}

func TestTradeRow(t *testing.T) {
	f := newFeed(marketview.Limits{})
	bid := f.place(buy(ann, 7, 5))
	if _, ok := f.views.LastTrade(market); ok {
		t.Error("a last trade before the first")
	}
	id := f.place(sell(bob, 6, 3), f.trade(bid, 1, 7, 3))
	want := marketview.Trade{ID: 1, Price: 7, Qty: 3, Quote: 21, Time: int64(id) * 10, BuyerMaker: true}
	if got, ok := f.views.LastTrade(market); !ok || got != want {
		t.Errorf("last trade %+v, want %+v", got, want)
	}
}

func TestNoTradesKept(t *testing.T) {
	f := traded(marketview.Limits{Trades: -1, ClosedOrders: -1}, 3)
	if rows := f.views.Trades(market, 0, 5, nil); rows != nil {
		t.Errorf("kept %v", rows)
	}
	if rows := f.views.OrderHistory(ann, market, marketview.Range{Limit: 5}, nil); len(rows) != 0 {
		t.Errorf("kept %v", rows)
	}
	f.check(t)
	again := restored(t, f.views, marketview.Limits{Trades: -1, ClosedOrders: -1})
	id := again.place(sell(bob, 6, 3))
	again.place(buy(ann, 6, 3), again.trade(id, 4, 6, 3))
	again.check(t)
}
