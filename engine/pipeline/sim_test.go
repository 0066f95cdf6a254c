package pipeline

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// The kinds of trials, and how a world is tried.
const (
	simCuts      = "cuts"      // power cuts everywhere
	simSnapshots = "snapshots" // power cuts in what snapshots do, and damaged snapshots
	simErrors    = "errors"    // errors of the disk
)

// try does to the world what its kind says.
func (w *simWorld) try(kind string) {
	switch kind {
	case simErrors:
		w.simulateErrors()
	case simSnapshots:
		w.chosen = func(phase string) bool { return phase == phaseSnapshot }
		w.spoils = true
		w.simulate()
	default:
		w.simulate()
	}
}

// trials tries one seed after the other until enough states were tried, and reports the first that breaks a promise.
func trials(t *testing.T, p *promise.Test, kind string, want int, set func(*simWorld)) *simCoverage {
	t.Helper()
	seen := newCoverage()
	for states, seed := 0, uint64(1); states < want; seed++ {
		s := &simTrial{seed: seed, kind: kind}
		w := newWorld(newPlan(seed, nil, false), seen)
		w.budget = want - states
		set(w)
		w.try(kind)
		states += w.states
		p.Add(w.states, 0)
		if w.broken != nil {
			p.Add(0, 1)
			s.report(t, w.broken)
			t.FailNow()
		}
	}
	return seen
}

// TestPromiseSimulation cuts the power at operations on a simulated disk, recovers what each cut leaves, and cuts recoveries
// short as well.
//
// It shows that the order of writes, syncs and names is right, and that recovery takes no legal outcome for something else, as
// far as the disk is the one that journal/vfs models: that model is held against real file systems elsewhere. It drives the
// stages step by step in orders that chance decides, so it says nothing about races between goroutines.
func TestPromiseSimulation(t *testing.T) {
	p := promise.Begin(t, "D4")
	seen := trials(t, p, simCuts, promise.Scale(1_000, 10_000, 1_000_000)/simLess, func(w *simWorld) {
		w.odds, w.samples = promise.Scale(6, 1, 1), promise.Scale(1, 2, 3)
	})
	note := fmt.Sprintf("%d workloads of %d commands, %d segments, %d of the power cuts during a later life",
		seen.worlds, simCommands, seen.rolls, seen.deep)
	p.Note(note)
	t.Logf("%s\n%s", note, seen)
	every := promise.Scale(0, 1, 1) > 0 // operation of the first lives is cut
	seen.check(t, every, "journal open", "journal write", "journal sync", "journal rename", "journal syncdir",
		"recovery mkdir", "recovery open", "recovery write", "recovery sync", "recovery rename", "recovery remove", "recovery truncate", "recovery syncdir",
		"snapshot mkdir", "snapshot open", "snapshot write", "snapshot sync", "snapshot rename", "snapshot remove", "snapshot syncdir")
	if seen.repairs == 0 || seen.refused == 0 || seen.rolls < 3*seen.worlds || seen.snapshots < 2*seen.worlds {
		t.Errorf("%d segments and %d snapshots in %d workloads are too few, or no torn end was cut: %s", seen.rolls, seen.snapshots, seen.worlds, seen)
	}
}

// TestPromiseSnapshotCrash cuts the power at each operation of snapshots, which are taken all the time, and damages snapshots: the
// newest one, or all.
//
// It shows that a snapshot is whole or not there, that older ones go only when newer ones can be used, and that without any the
// journal alone gives the same state. The disk is the model of journal/vfs.
func TestPromiseSnapshotCrash(t *testing.T) {
	p := promise.Begin(t, "D12")
	seen := trials(t, p, simSnapshots, promise.Scale(500, 2_000, 200_000)/simLess, func(w *simWorld) {
		w.odds, w.samples = promise.Scale(4, 1, 1), promise.Scale(1, 2, 3)
	})
	p.Note(fmt.Sprintf("%d snapshots, %d damaged ones were passed over", seen.snapshots, seen.fallbacks))
	t.Logf("%s", seen)
	seen.check(t, promise.Scale(0, 1, 1) > 0, "snapshot mkdir", "snapshot open", "snapshot write", "snapshot sync", "snapshot rename", "snapshot remove", "snapshot syncdir")
	if seen.fallbacks == 0 {
		t.Error("no snapshot was passed over")
	}
}

// TestPromiseSimulationErrors fails operations on a simulated disk, reading ones too, once or for ever, with a short write where
// it is a write. A sync that failed leaves in doubt what it was about, and the next one succeeds.
//
// It shows that the first error of the journal ends the pipeline, that nothing is seen or written after it, and that whoever
// starts again, with or without a power cut, finds all that was seen. What the kernel does with errors of a device is for tests
// with a device.
func TestPromiseSimulationErrors(t *testing.T) {
	p := promise.Begin(t, "D4")
	seen := trials(t, p, simErrors, promise.Scale(400, 1_000, 200_000)/simLess, func(w *simWorld) { w.odds = promise.Scale(80, 40, 1) })
	p.Note(fmt.Sprintf("%d errors in %d workloads of %d commands", seen.errors, seen.worlds, simCommands))
	if seen.errors < seen.worlds {
		t.Errorf("%d errors in %d workloads", seen.errors, seen.worlds)
	}
}

// TestSimulationRepeats tries one seed twice: everything that happens on the disk in the first life, and the number of the
// states that follow from it, are the same.
func TestSimulationRepeats(t *testing.T) {
	run := func() (trace uint64, states int, steps map[string]int) {
		seen := newCoverage()
		w := newWorld(newPlan(11, nil, false), seen)
		w.odds = 20
		w.simulate()
		if w.broken != nil {
			t.Fatal(w.broken)
		}
		return w.traced.Sum64(), w.states, seen.steps
	}
	trace, states, steps := run()
	again, more, same := run()
	if trace != again || states != more || !maps.Equal(steps, same) {
		t.Errorf("%016x with %d states, then %016x with %d", trace, states, again, more)
	}
	other := newWorld(newPlan(12, nil, false), newCoverage())
	if other.traced.Sum64() == trace {
		t.Error("another seed gives the same run")
	}
}

// TestSimulationShrinks gives the simulation a pipeline that forgets to sync, and expects what it prints to be short and to fail
// when it is tried again.
func TestSimulationShrinks(t *testing.T) {
	s := simTrial{seed: 3, kind: simCuts, careless: true}
	best, err := s.shrink()
	if err == nil {
		t.Fatal("a pipeline without syncs keeps its promises")
	}
	if len(best.keep) > shrunk {
		t.Errorf("shrunk to %d commands: %v", len(best.keep), best.keep)
	}
	again, perr := parseTrial(best.String())
	if perr != nil {
		t.Fatal(perr)
	}
	again.careless = true
	if w := again.run(newCoverage(), math.MaxInt); w.broken == nil || w.broken.Error() != err.Error() {
		t.Errorf("%s is tried again and says\n%v\nnot\n%v", best, w.broken, err)
	}
	again.careless = false
	if w := again.run(newCoverage(), 100); w.broken != nil {
		t.Errorf("with syncs it says %v", w.broken)
	}
}

// check asks that each of the steps was made, and, when cut is set, that the power was cut before it.
func (c *simCoverage) check(t *testing.T, cut bool, steps ...string) {
	t.Helper()
	for _, step := range steps {
		if c.steps[step] == 0 || cut && c.cuts[step] == 0 {
			t.Errorf("%s was made %d times, and cut before %d times", step, c.steps[step], c.cuts[step])
		}
	}
}

// String lists the steps.
func (c *simCoverage) String() string {
	var b strings.Builder
	for _, step := range slices.Sorted(maps.Keys(c.steps)) {
		fmt.Fprintf(&b, "%-20s %7d times, cut %6d times\n", step, c.steps[step], c.cuts[step])
	}
	fmt.Fprintf(&b, "%d recoveries, %d after more than one cut, %d torn ends, %d journals with a flipped bit, %d of them refused",
		c.recoveries, c.deep, c.repairs, c.rotten, c.refused)
	return b.String()
}
