package throughput

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// The short form measures all that the long one does.
func TestMeasure(t *testing.T) {
	r := &result.Run{}
	if err := Measure(t.Context(), r, true); err != nil {
		t.Fatal(err)
	}
	for i := range r.Figures {
		f := &r.Figures[i]
		t.Logf("%-80s %12.1f %s %s", f.Name, f.Value, f.Unit, f.Note)
		if f.Section != "pipeline" || f.Unit == "" || f.Counted || !f.IsMissing() && len(f.Samples) != 2 {
			t.Errorf("%+v is no timed figure of two rounds", f)
		}
		if v := r.Verdict(f); f.Goal != nil && !f.IsMissing() && v != result.Met && v != result.NotMet {
			t.Errorf("%s: %s", f.Name, v)
		}
	}
	for _, want := range []string{
		"whole pipeline, shaped", "whole pipeline, shaped, beside its slowest stage", "whole pipeline, flash1_normal", "publish lag at full speed",
	} {
		if f := r.Find(want); f == nil || f.Goal == nil {
			t.Errorf("%q is no figure with a goal: %+v", want, f)
		}
	}
	if lag := r.Find("publish lag at full speed"); r.Verdict(lag) != result.Met {
		t.Errorf("%+v", lag)
	}
	if len(r.Curves) != 1 || len(r.Curves[0].Lines[0].Points) != 2 {
		t.Errorf("curves are %+v", r.Curves)
	}
}

// The pipeline and the stages alone come to what the engine comes to, command by command.
func TestRound(t *testing.T) {
	const commands, rounds = 10_000, 3
	load := workload.Shaped(commands, workload.Market{})
	load.Repeat()
	dir := t.TempDir()
	x, err := newExchange(dir, load, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := x.stop(); err != nil {
			t.Error(err)
		}
	}()
	a, err := newAlone(dir, load)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}()
	e := engine.New(load.Room)
	for c := range load.Setup() {
		e.Execute(c, nil)
	}
	var c [1]msg.Command
	for n := range rounds {
		events := 0
		for i := range commands {
			load.Fill(c[:], n*commands+i)
			events += len(e.Execute(&c[0], nil))
		}
		got, err := x.run(t.Context(), n*commands, commands)
		if err != nil {
			t.Fatal(err)
		}
		if got.events != events || got.digest != e.Digest() || got.lag < 1 || got.lag > x.most || got.bytes == 0 || got.took <= 0 || got.delay > got.took {
			t.Errorf("%+v, and the engine made %d events to %x", got, events, e.Digest())
		}
		took, err := a.pass(n*commands, commands)
		if err != nil {
			t.Fatal(err)
		}
		if took.events != events || took.digest != e.Digest() || a.views.Seq() != e.Seq() || a.log.LastSeq() != uint64(e.Seq()) {
			t.Errorf("%+v, views at %d, journal at %d, and the engine made %d events to %d with %x",
				took, a.views.Seq(), a.log.LastSeq(), events, e.Seq(), e.Digest())
		}
		for p, took := range took.took {
			if took <= 0 {
				t.Errorf("%s took %v", partNames[p], took)
			}
		}
	}
}

// Of the stages that is the slowest which takes longest with all its parts.
func TestSlowest(t *testing.T) {
	m := &measured{whole: make([]float64, 3)}
	for p := range m.alone {
		m.alone[p] = []float64{10, 10, 10}
	}
	m.alone[fold] = []float64{15, 15, 1000}
	m.alone[syncing] = []float64{4, 7, 5}
	name, ns := m.slowest()
	if name != "engine" || result.Median(ns) != 20 {
		t.Errorf("%s with %v", name, ns)
	}
	for p := range parts {
		if stageOf(p) == "" || partNames[p] == "" {
			t.Errorf("part %d has no name", p)
		}
	}
	if got := perSecond([]float64{250}); got[0] != 4e6 {
		t.Errorf("250 ns a command are %v a second", got)
	}
}

// A batch is as late as all its phases together, and the lag counts from what was
// published before it.
func TestObserve(t *testing.T) {
	load := workload.Shaped(1000, workload.Market{})
	x, err := newExchange(t.TempDir(), load, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.stop(); err != nil {
		t.Fatal(err)
	}
	before := x.published
	x.round, x.until = round{}, before+100
	x.handed.Add(100)
	for i, n := range []int{60, 40} {
		x.observe(&pipeline.Timing{
			Commands: n, Events: 2 * n, Gather: 1, Append: 2, Sync: 3, Queue: 4, Fold: 5, Publish: time.Duration(6 - i),
		})
	}
	r := &x.round
	if r.lag != 100 || r.events != 200 || r.delay != 21 || x.published != before+100 {
		t.Errorf("%+v with %d published after %d", *r, x.published, before)
	}
	if got, want := r.phases(), [phases]time.Duration{2, 4, 6, 8, 10, 11}; got != want {
		t.Errorf("phases are %v, want %v", got, want)
	}
	select {
	case <-x.ended:
	default:
		t.Error("the end of the round is told to nobody")
	}
}

var errStopped = errors.New("stopped")

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStopped)
	if err := Measure(ctx, &result.Run{}, true); !errors.Is(err, errStopped) {
		t.Errorf("%v, want %v", err, errStopped)
	}
}

// BenchmarkPipeline is what the whole pipeline does in a round, for profiles.
func BenchmarkPipeline(b *testing.B) {
	const commands = 1_000_000
	load := workload.Shaped(commands, workload.Market{})
	load.Repeat()
	x, err := newExchange(b.TempDir(), load, 0)
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		if _, err := x.run(b.Context(), n*commands, commands); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*commands), "ns/command")
	if err := x.stop(); err != nil {
		b.Fatal(err)
	}
}
