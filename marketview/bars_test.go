package marketview_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// moment is a time in UTC.
func moment(t *testing.T, s string) int64 {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05.999999999", s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixNano()
}

// wait lets time go by until a moment.
func (f *feed) wait(at int64) { f.late = at - int64(f.next())*10 }

// deal folds the next trade at a moment, where nobody needs money: an order that
// is there and another one that takes it.
func (f *feed) deal(at int64, taker msg.Side, p msg.Price, q msg.Qty) {
	f.wait(max(at-10, f.views.Time()))
	last, _ := f.views.LastTrade(free)
	maker, take := sell(bob, p, q), buy(ann, p, q)
	if taker == msg.Sell {
		maker, take = buy(ann, p, q), sell(bob, p, q)
	}
	maker.Symbol, take.Symbol = free, free
	id := f.place(maker)
	f.wait(at)
	f.place(take, f.trade(id, last.ID+1, p, q))
}

// Where bars start and end.
func TestBarEdges(t *testing.T) {
	const at = "2024-02-29 13:47:31.25" // a Thursday
	for _, c := range []struct{ interval, start, end string }{
		{"1s", "2024-02-29 13:47:31", "2024-02-29 13:47:32"},
		{"1m", "2024-02-29 13:47:00", "2024-02-29 13:48:00"},
		{"3m", "2024-02-29 13:45:00", "2024-02-29 13:48:00"},
		{"5m", "2024-02-29 13:45:00", "2024-02-29 13:50:00"},
		{"15m", "2024-02-29 13:45:00", "2024-02-29 14:00:00"},
		{"30m", "2024-02-29 13:30:00", "2024-02-29 14:00:00"},
		{"1h", "2024-02-29 13:00:00", "2024-02-29 14:00:00"},
		{"2h", "2024-02-29 12:00:00", "2024-02-29 14:00:00"},
		{"4h", "2024-02-29 12:00:00", "2024-02-29 16:00:00"},
		{"6h", "2024-02-29 12:00:00", "2024-02-29 18:00:00"},
		{"8h", "2024-02-29 08:00:00", "2024-02-29 16:00:00"},
		{"12h", "2024-02-29 12:00:00", "2024-03-01 00:00:00"},
		{"1d", "2024-02-29 00:00:00", "2024-03-01 00:00:00"},
		{"3d", "2024-02-29 00:00:00", "2024-03-03 00:00:00"}, // day 19,782 of the epoch
		{"1w", "2024-02-26 00:00:00", "2024-03-04 00:00:00"},
		{"1M", "2024-02-01 00:00:00", "2024-03-01 00:00:00"},
	} {
		i, ok := marketview.ParseInterval(c.interval)
		if !ok || i.String() != c.interval {
			t.Fatalf("%s is read as %v, %t", c.interval, i, ok)
		}
		f := newFeed(marketview.Limits{})
		f.deal(moment(t, at), msg.Buy, 7, 2)
		q := marketview.BarQuery{Symbol: free, Interval: i, Span: marketview.Span{Limit: 9}}
		want := []marketview.Bar{{
			Start: moment(t, c.start), End: moment(t, c.end), Open: 7, High: 7, Low: 7, Close: 7,
			Volume: 2 * lot, Quote: 14, TakerVolume: 2 * lot, TakerQuote: 14, First: 1, Trades: 1,
		}}
		if diff := cmp.Diff(want, f.views.Bars(q, nil)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.interval, diff)
		}
	}
	if _, ok := marketview.ParseInterval("1D"); ok {
		t.Error("1D is read as an interval")
	}
}

// The first and the last times that there are have bars too.
func TestBarsAtTheEndsOfTime(t *testing.T) {
	for i := range marketview.Interval(marketview.Intervals) {
		f := newFeed(marketview.Limits{})
		f.deal(int64(f.next())*10+10, msg.Buy, 7, 2)
		q := marketview.BarQuery{Symbol: free, Interval: i, Span: marketview.Span{Limit: 2}}
		if b := f.views.Bars(q, nil); len(b) != 1 || b[0].Start > 0 || b[0].End <= 0 {
			t.Errorf("first bar of %v: %+v", i, b)
		}
		f.deal(math.MaxInt64-2, msg.Buy, 8, 1)
		f.deal(math.MaxInt64-1, msg.Buy, 9, 1)
		b := f.views.Bars(q, nil)
		if n := len(b); n != 2 || b[1].Trades != 2 || b[1].End != math.MaxInt64 || b[1].Last() != 3 {
			t.Errorf("last bars of %v: %+v", i, b)
		}
		restored(t, f.views, marketview.Limits{}).check(t)
	}
}

func TestBarsWithoutTrades(t *testing.T) {
	f := newFeed(marketview.Limits{})
	start := moment(t, "2024-01-01 10:00:00")
	f.deal(start+5e9, msg.Buy, 7, 2)
	f.deal(start+180e9, msg.Sell, 9, 1)
	for _, c := range []struct {
		name string
		span marketview.Span
		now  int64
		want string
	}{
		{"all", marketview.Span{Limit: 9}, start + 250e9, "0:1@7 60:0@7 120:0@7 180:1@9 240:0@9"},
		{"the newest", marketview.Span{Limit: 2}, start + 250e9, "180:1@9 240:0@9"},
		{"a clock behind", marketview.Span{Limit: 1}, start, "180:1@9"},
		{"from the second on", marketview.Span{Start: start + 1, Limit: 2}, start + 250e9, "60:0@7 120:0@7"},
		{"a start is in", marketview.Span{Start: start + 60e9, End: start + 60e9, Limit: 9}, start + 250e9, "60:0@7"},
		{"up to", marketview.Span{End: start + 130e9, Limit: 2}, start + 250e9, "60:0@7 120:0@7"},
		{"before the first trade", marketview.Span{End: start - 1, Limit: 9}, start + 250e9, ""},
		{"from the epoch on", marketview.Span{Start: 1, Limit: 1}, start + 250e9, "0:1@7"},
		{"in the future", marketview.Span{Start: start + 300e9, Limit: 9}, start + 250e9, ""},
		{"upside down", marketview.Span{Start: start + 120e9, End: start + 60e9, Limit: 9}, start + 250e9, ""},
		{"none", marketview.Span{}, start + 250e9, ""},
		{"less than none", marketview.Span{Limit: -5}, start + 250e9, ""},
	} {
		got := ""
		for _, b := range f.views.Bars(marketview.BarQuery{Symbol: free, Interval: marketview.Interval1m, Span: c.span, Now: c.now}, nil) {
			if got != "" {
				got += " "
			}
			got += fmt.Sprintf("%d:%d@%d", (b.Start-start)/1e9, b.Trades, b.Close)
			if b.Trades == 0 && (b.Open != b.Close || b.High != b.Close || b.Low != b.Close || b.Volume|b.Quote != 0 || b.First|b.Last() != 0) {
				t.Errorf("%s: a bar without trades is %+v", c.name, b)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	q := marketview.BarQuery{Symbol: market, Span: marketview.Span{Limit: 9}}
	if rows := f.views.Bars(q, nil); rows != nil {
		t.Errorf("bars of a symbol without trades: %+v", rows)
	}
	if q.Symbol = 9; f.views.Bars(q, nil) != nil {
		t.Error("bars of no symbol")
	}
	if q.Symbol, q.Interval = free, marketview.Intervals; f.views.Bars(q, nil) != nil {
		t.Error("bars of no interval")
	}
}

// Of each interval as many bars are kept as the limits say, and of minutes and
// hours as many as tickers need.
func TestBarsAreBounded(t *testing.T) {
	var l marketview.Limits
	for i := range l.Bars {
		l.Bars[i] = 5
	}
	l.Bars[marketview.Interval1w] = -1
	count := func(v *marketview.Views, i marketview.Interval) (n int) {
		for _, b := range v.Bars(marketview.BarQuery{Symbol: free, Interval: i, Span: marketview.Span{Limit: 1 << 20}}, nil) {
			if b.Trades > 0 {
				n++
			}
		}
		return n
	}
	f := newFeed(l)
	start := moment(t, "2024-01-01 10:00:00")
	for i := range int64(300) {
		f.deal(start+i*int64(24*time.Hour), msg.Buy, 7, 1)
	}
	for i := range marketview.Interval(marketview.Intervals) {
		want := 5
		switch i {
		case marketview.Interval1w:
			want = 1
		case marketview.Interval1h:
			want = 170 // seven days, the one that goes on, one before
		case marketview.Interval1m:
			want = 300
		default:
		}
		if got := count(f.views, i); got != want {
			t.Errorf("%d bars of %v are kept, want %d", got, i, want)
		}
	}
	again := restored(t, f.views, l)
	if diff := cmp.Diff(sections(f.views), sections(again.views)); diff != "" {
		t.Errorf("sections (-folded +restored):\n%s", diff)
	}
	f = newFeed(marketview.Limits{Bars: [marketview.Intervals]int{marketview.Interval1m: 1}})
	const minutes, kept = 10_100, 10_082 // seven days, the one that goes on, one before
	for i := range int64(minutes) {
		f.deal(start+i*int64(time.Minute), msg.Buy, 7, 1)
	}
	if got := count(f.views, marketview.Interval1m); got != kept {
		t.Errorf("%d bars of a minute are kept, want %d", got, kept)
	}
	if got := count(f.views, marketview.Interval1d); got != 8 {
		t.Errorf("%d bars of a day are kept, want 8", got)
	}
}

// Shifted bars begin with the oldest one whose sources are all kept.
func TestShiftedBarsAreWhole(t *testing.T) {
	start := moment(t, "2024-01-01 00:00:00")
	for keep, want := range map[int]string{
		3: "84h:8-9",
		4: "60h:6-7 84h:8-9",
		9: "-12h:1-1 12h:2-3 36h:4-5 60h:6-7 84h:8-9", // all there are, so the first one is whole
	} {
		var l marketview.Limits
		l.Bars[marketview.Interval12h] = keep
		f := newFeed(l)
		for i := range int64(9) {
			f.deal(start+i*int64(12*time.Hour), msg.Buy, msg.Price(i+1), 1)
		}
		q := marketview.BarQuery{Symbol: free, Interval: marketview.Interval1d, ShiftMinutes: 12 * 60, Span: marketview.Span{Limit: 9}}
		var got []string
		for _, b := range f.views.Bars(q, nil) {
			got = append(got, fmt.Sprintf("%dh:%d-%d", (b.Start-start)/int64(time.Hour), b.Open, b.Close))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("days from noon to noon with %d halves kept: %v, want %s", keep, got, want)
		}
		q.ShiftMinutes = 0
		if rows := f.views.Bars(q, nil); len(rows) != 5 {
			t.Errorf("%d days are kept, want 5", len(rows))
		}
	}
}

// Trades at random times, from milliseconds to days apart, over months: bars of
// all intervals and places, and tickers of all windows, at random times.
func TestCharts(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 6))
		f := newFeed(marketview.Limits{Trades: 1 << 20})
		at := moment(t, "2023-11-14 22:13:20") + rng.Int64N(int64(40*24*time.Hour))
		for range 1_500 {
			at += 20 + rng.Int64N(int64(time.Millisecond)<<rng.IntN(28))
			f.deal(at, msg.Side(rng.IntN(2)), msg.Price(rng.IntN(50)+1), msg.Qty(rng.IntN(9)+1))
		}
		s, _ := f.views.SymbolByID(free)
		r := recomputed{trades: f.views.Trades(free, 0, 1<<20, nil), symbol: s.Spec, scale: 8}
		checkCharts(t, rng, f.views, &r)
		checkCharts(t, rng, restored(t, f.views, marketview.Limits{Trades: 1 << 20}).views, &r)
	}
}

func checkCharts(t *testing.T, rng *rand.Rand, v *marketview.Views, r *recomputed) {
	t.Helper()
	first, last := r.trades[0].Time, v.Time()
	for range 600 {
		now := last + rng.Int64N(int64(time.Second)<<rng.IntN(22))
		q := marketview.BarQuery{
			Symbol: free, Interval: marketview.Interval(rng.IntN(marketview.Intervals)), Now: now, Span: marketview.Span{Limit: rng.IntN(20)},
		}
		if rng.IntN(2) == 0 {
			q.ShiftMinutes = []int{60, -12 * 60, 14 * 60, 330, 345, -210, 1, 840}[rng.IntN(8)]
		}
		within := func() int64 { return first + rng.Int64N(now-first) - int64(time.Minute) }
		if rng.IntN(2) == 0 {
			q.Span.Start = within()
		}
		if rng.IntN(2) == 0 {
			q.Span.End = within()
		}
		if err := r.compareBars(v, q); err != nil {
			t.Fatal(err)
		}
		if err := r.compareTicker(v, free, now-rng.Int64N(int64(marketview.MaxTickerWindow)), now); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.compare(v, free, last); err != nil {
		t.Fatal(err)
	}
}

// Amounts that no longer fit stay where they are.
func TestBarsSaturate(t *testing.T) {
	f := newFeed(marketview.Limits{})
	for i := range msg.TradeID(3) {
		maker := buy(8, msg.MaxPrice/2, 500)
		maker.Symbol = free
		id := f.place(maker)
		taker := sell(9, msg.MaxPrice/2, 500)
		taker.Symbol = free
		f.place(taker, f.trade(id, i+1, msg.MaxPrice/2, 500))
	}
	b := f.views.Bars(marketview.BarQuery{Symbol: free, Interval: marketview.Interval1m, Span: marketview.Span{Limit: 1}}, nil)[0]
	if b.Quote != 3*500*msg.Amount(msg.MaxPrice/2) || b.Volume != 1_500*lot {
		t.Errorf("three trades: %+v", b)
	}
	for i := range msg.TradeID(3) {
		maker := buy(8, msg.MaxPrice/2, 1_500)
		maker.Symbol = free
		id := f.place(maker)
		taker := sell(9, msg.MaxPrice/2, 1_500)
		taker.Symbol = free
		f.place(taker, f.trade(id, i+4, msg.MaxPrice/2, 1_500))
	}
	tick, _ := f.views.Ticker(free, 0, 0)
	if tick.Quote != msg.MaxAmount || tick.Volume != 6_000*lot || tick.Trades != 6 {
		t.Errorf("six trades: %+v", tick)
	}
	restored(t, f.views, marketview.Limits{}).check(t)
}
