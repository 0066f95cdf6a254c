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
