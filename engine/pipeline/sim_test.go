package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// TestPromiseSimulation cuts the power at operations on a simulated disk, recovers what each cut leaves, and cuts recoveries
// short as well.
//
// It shows that the order of writes, syncs and names is right, and that recovery takes no legal outcome for something else, as
// far as the disk is the one that journal/vfs models: that model is held against real file systems elsewhere. It drives the
// stages step by step in orders that chance decides, so it says nothing about races between goroutines.
func TestPromiseSimulation(t *testing.T) {
	p := promise.Begin(t, "D4")
	want := promise.Scale(1_000, 10_000, 1_000_000)
	odds, samples := promise.Scale(6, 1, 1), promise.Scale(1, 2, 3)
	seen := newCoverage()
	states := 0
	for seed := uint64(1); states < want; seed++ {
		w := newWorld(newPlan(seed, nil, false), seen)
		w.odds, w.samples, w.budget = odds, samples, want-states
		err := w.simulate()
		states += w.states
		if err != nil {
			p.Add(states, 1)
			t.Fatal(err)
		}
	}
	p.Add(states, 0)
	note := fmt.Sprintf("%d workloads of %d commands, %d segments, %d snapshots, %d of the power cuts during a later life",
		seen.worlds, simCommands, seen.rolls, seen.snapshots, seen.deep)
	p.Note(note)
	t.Logf("%s\n%s", note, seen)
}

// TestPromiseSimulationErrors fails operations on a simulated disk, reading ones too, once or for ever, with a short write where
// it is a write. A sync that failed leaves in doubt what it was about, and the next one succeeds.
//
// It shows that the first error of the journal ends the pipeline, that nothing is seen or written after it, and that whoever
// starts again, with or without a power cut, finds all that was seen. What the kernel does with errors of a device is for tests
// with a device.
func TestPromiseSimulationErrors(t *testing.T) {
	p := promise.Begin(t, "D4")
	want := promise.Scale(400, 2_000, 200_000)
	seen := newCoverage()
	states, errs := 0, 0
	for seed := uint64(1); states < want; seed++ {
		w := newWorld(newPlan(seed, nil, false), seen)
		for at := 1 + w.rng.IntN(40); at <= w.operations && states+w.states < want && w.broken == nil; at += 1 + w.rng.IntN(promise.Scale(80, 40, 20)) {
			w.suffer(w.drawFault(at))
			errs++
		}
		states += w.states
		if w.broken != nil {
			p.Add(states, 1)
			t.Fatal(w.broken)
		}
	}
	p.Add(states, 0)
	p.Note(fmt.Sprintf("%d errors in %d workloads of %d commands", errs, seen.worlds, simCommands))
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
