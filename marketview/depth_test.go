package marketview_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// Each change of a level counts one update id, and nothing else does.
func TestDepthCountsChanges(t *testing.T) {
	f := newFeed(marketview.Limits{})
	f.wantDepth(t, "empty", "0: |")
	b1 := f.place(buy(ann, 100, 5))
	f.place(buy(ann, 100, 2))
	f.place(buy(ann, 98, 1))
	a1 := f.place(sell(bob, 103, 4))
	f.wantDepth(t, "four orders rest", "4: 100×7/2 98×1/1 | 103×4/1")

	f.place(sell(bob, 100, 9), f.trade(b1, 1, 100, 5), f.trade(b1+1, 2, 100, 2))
	f.wantDepth(t, "a seller sweeps a level and rests", "7: 98×1/1 | 100×2/1 103×4/1")

	ioc := sell(bob, 98, 3)
	ioc.TIF = msg.IOC
	f.place(ioc, f.trade(b1+2, 3, 98, 1), msg.Event{Kind: msg.Expired, Order: f.next(), Reason: msg.RestOfIOC})
	f.wantDepth(t, "what expires never was on the book", "8: | 100×2/1 103×4/1")

	f.do(msg.Command{Kind: msg.Amend, Account: bob, Symbol: market, Order: a1, Qty: 3}, msg.Event{Kind: msg.Amended, Order: a1})
	f.wantDepth(t, "an amend", "9: | 100×2/1 103×3/1")

	f.do(msg.Command{Kind: msg.Cancel, Account: bob, Symbol: market, Order: 999}, msg.Event{Kind: msg.Rejected, Reason: msg.UnknownOrder})
	f.wantDepth(t, "a refused command", "9: | 100×2/1 103×3/1")

	f.cancel(bob, a1)
	f.wantDepth(t, "a cancel", "10: | 100×2/1")
}

// A lot taken off a resting order by self-trade prevention is a change, one
// taken off the arriving order is none.
func TestDepthWithPrevention(t *testing.T) {
	prevented := func(f *feed, maker msg.OrderID, q, taker msg.Qty) msg.Event {
		return msg.Event{Kind: msg.Prevented, Order: maker, Taker: f.next(), Price: 100, Qty: q, TakerQty: taker}
	}
	for _, c := range []struct {
		name         string
		maker, taker msg.Qty
		want         string
	}{
		{"expire taker", 0, 5, "1: 100×8/1 |"},
		{"expire maker", 8, 0, "3: | 100×5/1"}, // and the taker rests
		{"expire both", 8, 5, "2: |"},
		{"decrement", 5, 5, "2: 100×3/1 |"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFeed(marketview.Limits{})
			maker := f.place(buy(ann, 100, 8))
			f.place(sell(ann, 100, 5), prevented(f, maker, c.maker, c.taker))
			f.wantDepth(t, c.name, c.want)
		})
	}
}

// In an auction the book may cross; of a trade of two resting orders both are
// changes.
func TestDepthInAuction(t *testing.T) {
	f := newFeed(marketview.Limits{})
	phase := func(p msg.Phase) {
		f.do(msg.Command{Kind: msg.SetPhase, Symbol: market, Phase: p}, msg.Event{Kind: msg.PhaseChanged})
	}
	phase(msg.Auction)
	a := f.place(sell(bob, 99, 4))
	b := f.place(buy(ann, 101, 6))
	f.wantDepth(t, "crossed", "2: 101×6/1 | 99×4/1")
	phase(msg.Halt)
	f.wantDepth(t, "a halt leaves it crossed", "2: 101×6/1 | 99×4/1")
	phase(msg.Auction)
	f.do(msg.Command{Kind: msg.Uncross, Symbol: market},
		msg.Event{Kind: msg.Traded, Order: a, Taker: b, Trade: 1, Price: 101, Qty: 4},
		msg.Event{Kind: msg.Uncrossed, Price: 101, Qty: 4})
	f.wantDepth(t, "uncrossed", "4: 101×2/1 |")
	if s, _ := f.views.SymbolByID(market); s.Phase != msg.Trading {
		t.Errorf("phase %v after the uncross", s.Phase)
	}
}

func TestDepthLimitAndBest(t *testing.T) {
	f := newFeed(marketview.Limits{})
	for i := range msg.Price(300) { // several blocks on each side, from both ends
		f.place(buy(ann, 1_000-i, 1))
		f.place(sell(bob, 1_001+i, 2))
		if i%2 == 1 {
			f.place(buy(bob, 400+i, 3))
		}
	}
	d := marketview.Depth{Bids: make([]marketview.Level, 0, 2), Asks: make([]marketview.Level, 0, 2)}
	if !f.views.Depth(market, 2, &d) {
		t.Fatal("no such symbol")
	}
	want := marketview.Depth{
		UpdateID: 750,
		Bids:     []marketview.Level{{Price: 1_000, Qty: 1, Orders: 1}, {Price: 999, Qty: 1, Orders: 1}},
		Asks:     []marketview.Level{{Price: 1_001, Qty: 2, Orders: 1}, {Price: 1_002, Qty: 2, Orders: 1}},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("depth (-want +got):\n%s", diff)
	}
	top, ok := f.views.Best(market)
	if want := (marketview.Top{UpdateID: 750, BidPrice: 1_000, BidQty: 1, AskPrice: 1_001, AskQty: 2}); !ok || top != want {
		t.Errorf("best %+v, want %+v", top, want)
	}
	if top, ok := f.views.Best(free); !ok || top != (marketview.Top{}) {
		t.Errorf("best of an empty book %+v", top)
	}
	if _, ok := f.views.Best(3); ok || f.views.Depth(3, 1, &d) {
		t.Error("a symbol that does not exist has a book")
	}
	f.check(t)
}

// Changes come resolved: absolute quantities with their update ids.
func TestResolvedChanges(t *testing.T) {
	f := newFeed(marketview.Limits{})
	bid := f.place(buy(ann, 100, 5))
	f.place(sell(bob, 99, 7), f.trade(bid, 1, 100, 5))
	var got []string
	for _, c := range f.views.Resolved().Changes {
		got = append(got, fmt.Sprintf("%d: %v %d×%d", c.UpdateID, c.Side, c.Price, c.Qty))
	}
	if diff := cmp.Diff([]string{"2: buy 100×0", "3: sell 99×2"}, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}
