package marketview_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// recorded returns the path of a recorded file, or skips.
func recorded(tb testing.TB, file string) string {
	tb.Helper()
	path := filepath.Join("../../shared/data", file)
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("recorded data are not here: %v", err)
	}
	return path
}

// driven is a recorded flow on its way through an engine.
type driven struct {
	plan   *flow.Plan
	engine *engine.Engine
	next   int
	c      msg.Command
	events []msg.Event
}

func drive(tb testing.TB, file string) *driven {
	tb.Helper()
	f, err := flow.ReadFile(recorded(tb, file), nil)
	if err != nil {
		tb.Fatal(err)
	}
	plan, err := f.Plan(flow.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	return &driven{plan: plan, engine: engine.New(engine.Capacity{})}
}

// step executes the next command; it returns false after the last.
func (d *driven) step() bool {
	setup := len(d.plan.Setup)
	switch {
	case d.next < setup:
		d.c = d.plan.Setup[d.next]
	case d.next < setup+d.plan.Len():
		d.plan.Command(d.next-setup, &d.c)
	default:
		return false
	}
	d.next++
	d.c.Seq = msg.Seq(d.next)
	d.events = d.engine.Execute(&d.c, d.events[:0])
	return true
}

// Two real days: every recorded book is read from the depth view, every fill
// stands in the fold, and at the end the views are what the engine has.
func TestRecordedDays(t *testing.T) {
	for _, day := range []struct {
		name  string
		books int
	}{{"sse_600519", 4_732}, {"nasdaq_goog", 142_137}} {
		t.Run(day.name, func(t *testing.T) {
			t.Parallel()
			books, err := flow.ReadBooksFile(recorded(t, day.name+"/books.csv.zst"))
			if err != nil {
				t.Fatal(err)
			}
			d := drive(t, day.name+"/orders.csv.zst")
			v := marketview.New(marketview.Limits{Trades: 1 << 20})
			check, err := flow.NewChecker(d.plan, flow.CheckOptions{Books: books, Depth: flowDepth(v)})
			if err != nil {
				t.Fatal(err)
			}
			for d.step() {
				v.Apply(&d.c, d.events)
				check.Transaction(&d.c, d.events)
			}
			if r := check.Result(); !r.OK() || r.BooksChecked != day.books {
				t.Errorf("%d books checked, want %d, %d wrong, %d fills wrong, first: %v", r.BooksChecked, day.books, r.BookMismatches, r.FillMismatches, r.FirstMismatch)
			}
			compareEngine(t, v, d.engine)
			compareRecomputed(t, v)
		})
	}
}

// flowDepth reads the best levels from the depth view.
func flowDepth(v *marketview.Views) flow.Depth {
	var d marketview.Depth
	return func(sym msg.SymbolID, n int, bids, asks []flow.Level) ([]flow.Level, []flow.Level) {
		v.Depth(sym, n, &d)
		for _, l := range d.Bids {
			bids = append(bids, flow.Level{Price: l.Price, Qty: l.Qty})
		}
		for _, l := range d.Asks {
			asks = append(asks, flow.Level{Price: l.Price, Qty: l.Qty})
		}
		return bids, asks
	}
}

func compareEngine(t *testing.T, v *marketview.Views, e *engine.Engine) {
	t.Helper()
	if err := v.Check(); err != nil {
		t.Error(err)
	}
	var d marketview.Depth
	for id := range e.Symbols() {
		sym := msg.SymbolID(id + 1)
		v.Depth(sym, 0, &d)
		if s, _ := e.Symbol(sym); s.Updates != d.UpdateID || !slices.Equal(d.Bids, engineLevels(e, sym, msg.Buy)) || !slices.Equal(d.Asks, engineLevels(e, sym, msg.Sell)) {
			t.Errorf("depth of symbol %d is not the engine's book", sym)
		}
	}
	for a := range e.Accounts() {
		for asset := range e.Assets() {
			free, locked := v.Balance(msg.AccountID(a), msg.AssetID(asset+1))
			wantFree, wantLocked := e.Balance(msg.AccountID(a), msg.AssetID(asset+1))
			if free != wantFree || locked != wantLocked {
				t.Fatalf("account %d has %d free and %d locked of asset %d, want %d and %d", a, free, locked, asset+1, wantFree, wantLocked)
			}
		}
	}
}

// compareRecomputed recomputes bars and tickers of a day from its trades.
func compareRecomputed(t *testing.T, v *marketview.Views) {
	t.Helper()
	for _, s := range v.Symbols(nil) {
		base, _ := v.Asset(s.Spec.Base)
		r := recomputed{trades: v.Trades(s.ID, 0, 1<<20, nil), symbol: s.Spec, scale: base.Scale}
		if len(r.trades) == 0 || r.trades[0].ID != 1 {
			t.Fatalf("symbol %d keeps %d trades", s.ID, len(r.trades))
		}
		if err := r.compare(v, s.ID, v.Time()+int64(time.Second)); err != nil {
			t.Error(err)
		}
		open := r.trades[0].Time
		for i := range marketview.Interval(marketview.Intervals) {
			span := marketview.Span{Start: open + (v.Time()-open)/2, Limit: 100}
			if i == marketview.Interval1s {
				span.Start = v.Time() - int64(10*time.Minute) // of these fewer than a day's are kept
			}
			if err := r.compareBars(v, marketview.BarQuery{Symbol: s.ID, Interval: i, Span: span, Now: v.Time()}); err != nil {
				t.Error(err)
			}
		}
	}
}

func engineLevels(e *engine.Engine, sym msg.SymbolID, side msg.Side) []marketview.Level {
	var list []marketview.Level
	e.EachLevel(sym, side, func(p msg.Price, qty msg.Qty, orders int) bool {
		list = append(list, marketview.Level{Price: p, Qty: qty, Orders: orders})
		return true
	})
	return list
}

// The canonical benchmark flow, accounts and fees on, history growing to its
// bound. Only folding is timed.
//
//	go test -run '^$' -bench Flash1 -benchtime 1x ./marketview
func BenchmarkFlash1(b *testing.B) {
	const partLen = 1_024 // commands folded between two stops of the timer
	commands := 0
	for b.Loop() {
		b.StopTimer()
		d, part := drive(b, "flash1_normal/orders.csv.zst"), recording{}
		v := marketview.New(marketview.Limits{})
		for more := true; more; {
			part.reset()
			for len(part.commands) < partLen {
				if more = d.step(); !more {
					break
				}
				part.add(&d.c, d.events)
			}
			b.StartTimer()
			for i := range part.commands {
				part.apply(v, i)
			}
			b.StopTimer()
		}
		commands += int(v.Seq())
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(commands), "ns/command")
}
