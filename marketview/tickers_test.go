package marketview_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// A window begins with a whole minute and ends now.
func TestTickerEdges(t *testing.T) {
	f := newFeed(marketview.Limits{})
	start := moment(t, "2024-01-01 10:00:00")
	if _, ok := f.views.Ticker(9, start, start); ok {
		t.Error("a ticker of no symbol")
	}
	want := marketview.Ticker{Start: start, End: start + 61e9}
	if got, ok := f.views.Ticker(free, start+59e9, start+61e9); !ok || got != want {
		t.Errorf("before the first trade: %+v", got)
	}
	f.deal(start-1, msg.Buy, 8, 1)
	f.deal(start, msg.Buy, 10, 2)
	f.deal(start+90e9, msg.Sell, 7, 6)
	want = marketview.Ticker{
		Start: start, End: start + 100e9, Prev: 8, Open: 10, High: 10, Low: 7, Last: 7, LastQty: 6,
		Volume: 8 * lot, Quote: 62, Average: 77_500, First: 2, Trades: 2,
	}
	got, _ := f.views.Ticker(free, start+40e9, start+100e9)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two trades (-want +got):\n%s", diff)
	}
	if got.Change() != -3 || got.ChangePercent() != -30_000 || got.LastTrade() != 3 {
		t.Errorf("change %d, %d thousandths of a percent, last trade %d", got.Change(), got.ChangePercent(), got.LastTrade())
	}
	want = marketview.Ticker{Start: start + 120e9, End: start + 130e9, Prev: 7}
	if got, _ := f.views.Ticker(free, start+120e9, start+130e9); got != want || got.LastTrade() != 0 || got.ChangePercent() != 0 {
		t.Errorf("after the last trade: %+v", got)
	}
	if got, _ := f.views.Ticker(free, start, start); got.End != start+90e9 || got.Last != 7 {
		t.Errorf("a clock behind: %+v", got)
	}
	now := start + int64(marketview.MaxTickerWindow) + 90e9
	if got, _ := f.views.Ticker(free, 0, now); got.Start != start+60e9 || got.Prev != 10 || got.Trades != 1 {
		t.Errorf("the longest window: %+v", got)
	}
}

func TestChangePercentRounds(t *testing.T) {
	for _, c := range []struct {
		open, last msg.Price
		want       int64
	}{
		{200_000, 200_001, 1}, // half a thousandth of a percent
		{200_000, 199_999, -1},
		{200_001, 200_002, 0},
		{3, 2, -33_333},
		{1, msg.MaxPrice, 1<<63 - 1},
		{msg.MaxPrice, 1, -100_000},
	} {
		got := marketview.Ticker{Open: c.open, Last: c.last}
		if got.ChangePercent() != c.want {
			t.Errorf("from %d to %d: %d, want %d", c.open, c.last, got.ChangePercent(), c.want)
		}
	}
}

func TestAvgPrice(t *testing.T) {
	f := newFeed(marketview.Limits{})
	start := moment(t, "2024-01-01 10:00:00")
	if _, ok := f.views.AvgPrice(9, start); ok {
		t.Error("an average price of no symbol")
	}
	if got, ok := f.views.AvgPrice(free, start); !ok || got != (marketview.AvgPrice{}) {
		t.Errorf("before the first trade: %+v", got)
	}
	f.deal(start+1e9, msg.Buy, 9, 1)
	f.deal(start+61e9, msg.Buy, 7, 2)
	for now, want := range map[int64]msg.Amount{
		start + 299e9: 76_666, // both
		start + 300e9: 70_000, // the second
		start + 360e9: 70_000, // none: the last
	} {
		if got, ok := f.views.AvgPrice(free, now); !ok || got != (marketview.AvgPrice{Price: want, Time: start + 61e9}) {
			t.Errorf("after %d s: %+v, want %d", (now-start)/1e9, got, want)
		}
	}
}

// Reads of what a stream sends every second do not allocate.
func TestTickersDoNotAllocate(t *testing.T) {
	f := traded(marketview.Limits{}, 20)
	bars := make([]marketview.Bar, 0, 2)
	q := marketview.BarQuery{Symbol: market, Interval: marketview.Interval1h, Span: marketview.Span{Limit: 2}}
	if n := testing.AllocsPerRun(100, func() {
		f.views.Ticker(market, 0, int64(24*time.Hour))
		f.views.AvgPrice(market, 0)
		f.views.Bars(q, bars)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A ticker of a full day and one of seven.
//
//	go test -run '^$' -bench Ticker ./marketview
func BenchmarkTicker(b *testing.B) {
	f := newFeed(marketview.Limits{})
	start := int64(1_700_000_000_000_000_000)
	const minutes = 10_081
	for i := range int64(minutes) {
		f.deal(start+i*int64(time.Minute), msg.Buy, 7, 1)
	}
	now := f.views.Time()
	for _, c := range []struct {
		name   string
		window time.Duration
	}{{"24h", 24 * time.Hour}, {"7d", marketview.MaxTickerWindow}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.views.Ticker(free, now-int64(c.window), now)
			}
		})
	}
}
