package core

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestMeasure measures everything in the short form, whose runs check themselves
// against each other and against what the workload leads to.
func TestMeasure(t *testing.T) {
	r := &result.Run{}
	if err := Measure(t.Context(), r, Short); err != nil {
		t.Fatal(err)
	}
	for i := range r.Figures {
		f := &r.Figures[i]
		switch {
		case f.IsMissing():
			t.Logf("%s: %s", f.Name, f.Note)
		case f.Counted && f.Value != 0:
			t.Errorf("%s: %v", f.Name, f.Value)
		case !f.Counted && f.Value <= 0 && !strings.HasPrefix(f.Name, "nothing "):
			t.Errorf("%s takes %v", f.Name, f.Value)
		}
		t.Logf("%-22s %-60s %12.1f %s %s", f.Section, f.Name, f.Value, f.Unit, f.Note)
	}
	for _, c := range r.Curves {
		for _, l := range c.Lines {
			if len(l.Points) < 2 {
				t.Errorf("curve %s, %s has %d points", c.Name, l.Name, len(l.Points))
			}
			for _, p := range l.Points {
				if p[1] <= 0 {
					t.Errorf("curve %s, %s is %v at %v", c.Name, l.Name, p[1], p[0])
				}
			}
		}
	}
	for _, want := range []string{"shaped, everything on", "std, matching only", "big1, everything on", "sym1k, everything on", "one command of std, p99.9"} {
		if r.Find(want) == nil {
			t.Errorf("there is no figure %q", want)
		}
	}
}

// TestPass compares what a run executes with the same commands executed one by one.
func TestPass(t *testing.T) {
	p := workload.Std()
	p.Timed, p.Target = 10_000, 1_000
	flow := workload.Generate(p)
	for name, a := range map[string]asked{"all": all(), "events": {events: true}, "nothing": {}} {
		t.Run(name, func(t *testing.T) {
			l := flow.Load(workload.Market{})
			e, tally, made := engine.New(l.Room), flow.NewTally(l), 0
			var events []msg.Event
			for c := range l.Setup() {
				events = e.Execute(c, events[:0])
			}
			var c [1]msg.Command
			for i := range l.Len() {
				l.Fill(c[:], i)
				events = e.Execute(&c[0], events[:0])
				tally.Add(events)
				if i >= l.Prefill {
					made += len(events)
				}
			}
			if tally.Digest != flow.Outcome.Digest {
				t.Errorf("trades have digest %016x, want %016x", tally.Digest, flow.Outcome.Digest)
			}
			r, s := newRun(name, l, p.Timed, a, flow), newStand()
			for range 2 {
				if ns, err := s.pass(r); err != nil || ns <= 0 {
					t.Fatal(ns, err)
				}
			}
			if diff := cmp.Diff([]uint64{uint64(made), e.Digest(), tally.Trades}, []uint64{uint64(r.made), r.end, uint64(r.trades)}); diff != "" {
				t.Errorf("events, state digest, trades (want -, got +)\n%s", diff)
			}
			if r.trades--; r.same(s.engine, made) == nil {
				t.Error("a trade is missing and nothing is said")
			}
			if r.trades++; r.same(s.engine, made+1) == nil {
				t.Error("an event is missing and nothing is said")
			}
		})
	}
}

// TestLong checks that the long commands meet what their names say.
func TestLong(t *testing.T) {
	s := newStand()
	for _, l := range longs(3 * msg.MaxCancels) {
		from, err := l.prepare()
		if err != nil {
			t.Fatal(err)
		}
		resting := from.OpenOrders()
		if all, longest, err := s.long(&l, from); err != nil || all < longest || longest == 0 {
			t.Errorf("%s: %d of %d ticks, %v", l.name, longest, all, err)
		}
		if left := s.engine.OpenOrders(); resting == 0 || left != 0 {
			t.Errorf("%s: of %d orders %d are left", l.name, resting, left)
		}
		l.meets++
		if _, _, err := s.long(&l, from); err == nil {
			t.Errorf("%s: one order was not met and nothing is said", l.name)
		}
	}
}

func TestQuantile(t *testing.T) {
	sorted := make([]uint32, 1000)
	for i := range sorted {
		sorted[i] = uint32(i + 1)
	}
	for part, want := range map[float64]uint32{0: 1, 0.5: 500, 0.99: 990, 0.999: 999, 0.9999: 1000, 1: 1000} {
		if got := quantile(sorted, part); got != want {
			t.Errorf("%v: %d, want %d", part, got, want)
		}
	}
}

// TestClock measures a loop with both clocks; the finer one may be off by what a
// machine loses now and then.
func TestClock(t *testing.T) {
	c := newClock()
	if c.tick <= 0 || c.tick > 1e6 || c.read < 0 {
		t.Fatalf("%+v", c)
	}
	if got := c.nanoseconds(uint32(c.read)); got != 0 {
		t.Errorf("nothing takes %v ns", got)
	}
}

var errStopped = errors.New("stopped")

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStopped)
	if err := Measure(ctx, &result.Run{}, Short); !errors.Is(err, errStopped) {
		t.Errorf("%v, want %v", err, errStopped)
	}
}
