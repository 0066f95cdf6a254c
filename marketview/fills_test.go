package marketview_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func TestFillRows(t *testing.T) {
	f := newFeed(marketview.Limits{})
	ask := f.place(sell(bob, 200, 100))
	bid := f.place(buy(ann, 200, 100), f.trade(ask, 1, 200, 100))
	at := f.views.Time()
	rows := func(a msg.AccountID) []marketview.OwnFill {
		return f.views.Fills(a, marketview.FillQuery{Span: marketview.Span{Limit: 9}}, nil)
	}
	buyer := marketview.OwnFill{
		Symbol: market, Trade: 1, Order: bid, Price: 200, Qty: 100, Quote: 20_000, Fee: 2 * lot, FeeAsset: btc, Time: at, Buyer: true,
	}
	if diff := cmp.Diff([]marketview.OwnFill{buyer}, rows(ann)); diff != "" {
		t.Errorf("buyer (-want +got):\n%s", diff)
	}
	seller := marketview.OwnFill{
		Symbol: market, Trade: 1, Order: ask, Price: 200, Qty: 100, Quote: 20_000, Fee: 200, FeeAsset: usd, Time: at, Maker: true,
	}
	if diff := cmp.Diff([]marketview.OwnFill{seller}, rows(bob)); diff != "" {
		t.Errorf("seller (-want +got):\n%s", diff)
	}
	// The rates of later days do not change the past.
	f.do(msg.Command{Kind: msg.SetFees, Account: ann, Maker: 5, Taker: 6}, msg.Event{Kind: msg.AccountChanged})
	if diff := cmp.Diff([]marketview.OwnFill{buyer}, rows(ann)); diff != "" {
		t.Errorf("after new rates (-want +got):\n%s", diff)
	}
	if rows := rows(77); rows != nil {
		t.Errorf("fills of no account: %+v", rows)
	}
}

// Who trades with itself has both sides.
func TestFillsOfOneAccount(t *testing.T) {
	f := newFeed(marketview.Limits{})
	ask := f.place(sell(ann, 7, 1))
	bid := f.place(buy(ann, 7, 1), f.trade(ask, 1, 7, 1))
	rows := f.views.Fills(ann, marketview.FillQuery{Symbol: market, Span: marketview.Span{Limit: 9}}, nil)
	if len(rows) != 2 || rows[0].Order != bid || rows[0].Maker || rows[1].Order != ask || !rows[1].Maker {
		t.Errorf("rows %+v", rows)
	}
}

func TestFillQueries(t *testing.T) {
	f := newFeed(marketview.Limits{Fills: 5})
	ask := f.place(sell(bob, 7, 9))
	var times []int64
	trade := msg.TradeID(0)
	for _, sym := range []msg.SymbolID{market, free, market, market, free, market} {
		maker := ask
		id := trade + 1
		if sym == free {
			c := sell(bob, 7, 1)
			c.Symbol = free
			maker, id = f.place(c), msg.TradeID(len(times)/3+1)
		} else {
			trade++
		}
		c := buy(ann, 7, 1)
		c.Symbol = sym
		f.place(c, f.trade(maker, id, 7, 1))
		times = append(times, f.views.Time())
	}
	// Kept are: free 1, market 2 and 3, free 2, market 4.
	taker := f.views.Fills(ann, marketview.FillQuery{Symbol: market, From: 3, Span: marketview.Span{Limit: 1}}, nil)[0].Order
	type query = marketview.FillQuery
	type span = marketview.Span
	for _, c := range []struct {
		name    string
		account msg.AccountID
		q       query
		want    []msg.TradeID
	}{
		{"all symbols", ann, query{Span: span{Limit: 9}}, []msg.TradeID{1, 2, 3, 2, 4}},
		{"one symbol", ann, query{Symbol: market, Span: span{Limit: 9}}, []msg.TradeID{2, 3, 4}},
		{"the newest", ann, query{Symbol: market, Span: span{Limit: 2}}, []msg.TradeID{3, 4}},
		{"from an id on", ann, query{Symbol: market, From: 3, Span: span{Limit: 1}}, []msg.TradeID{3}},
		{"older than kept", ann, query{Symbol: market, From: 1, Span: span{Limit: 1}}, []msg.TradeID{2}},
		{"of an order", ann, query{Symbol: market, Order: taker, Span: span{Limit: 9}}, []msg.TradeID{3}},
		{"of a maker", bob, query{Symbol: market, Order: ask, Span: span{Limit: 2}}, []msg.TradeID{3, 4}},
		{"of a maker, from an id on", bob, query{Symbol: market, Order: ask, From: 3, Span: span{Limit: 1}}, []msg.TradeID{3}},
		{"of someone else's order", ann, query{Symbol: market, Order: ask, Span: span{Limit: 9}}, nil},
		{"from a time on", ann, query{Symbol: market, Span: span{Start: times[3], Limit: 9}}, []msg.TradeID{3, 4}},
		{"the oldest from a time on", ann, query{Symbol: market, Span: span{Start: times[2], Limit: 1}}, []msg.TradeID{2}},
		{"up to a time", ann, query{Symbol: market, Span: span{End: times[3], Limit: 1}}, []msg.TradeID{3}},
		{"between", ann, query{Symbol: market, Span: span{Start: times[3], End: times[4], Limit: 9}}, []msg.TradeID{3}},
		{"none", ann, query{Symbol: market}, nil},
		{"less than none", ann, query{Symbol: market, Span: span{Limit: -3}}, nil},
		{"no such symbol", ann, query{Symbol: 9, Span: span{Limit: 9}}, nil},
	} {
		for _, v := range []*marketview.Views{f.views, restored(t, f.views, marketview.Limits{Fills: 5}).views} {
			var got []msg.TradeID
			for _, r := range v.Fills(c.account, c.q, nil) {
				got = append(got, r.Trade)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
	}
}

func TestNoFillsKept(t *testing.T) {
	f := traded(marketview.Limits{Fills: -1}, 3)
	none := func(v *marketview.Views) {
		t.Helper()
		if rows := v.Fills(ann, marketview.FillQuery{Span: marketview.Span{Limit: 5}}, nil); rows != nil {
			t.Errorf("kept %v", rows)
		}
	}
	none(f.views)
	none(restored(t, traded(marketview.Limits{}, 3).views, marketview.Limits{Fills: -1}).views)
}
