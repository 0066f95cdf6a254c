package pipeline

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// simReplay is the environment variable that names one world to try again, as a failing test prints it.
const simReplay = "EXCHANGE_SIM"

// simTrial is a way to try a workload that anybody can repeat: a plan, and what is done to it.
type simTrial struct {
	seed    uint64
	kind    string // "cuts", "snapshots" or "errors"
	small   bool   // see simPlan
	samples int    // states of each power cut that are tried
	keep    []int  // the commands that stay, nil for all

	careless bool // see simPlan
}

// String is what TestSimulationReplay takes.
func (s *simTrial) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d/%v/%d", s.kind, s.seed, s.small, s.samples)
	for i, at := range s.keep {
		fmt.Fprintf(&b, "%c%d", "/,"[min(i, 1)], at)
	}
	return b.String()
}

// parseTrial reads what String wrote.
func parseTrial(text string) (*simTrial, error) {
	parts := strings.Split(text, "/")
	if len(parts) < 4 {
		return nil, fmt.Errorf("%q is not KIND/SEED/SMALL/SAMPLES[/COMMANDS]", text)
	}
	s := &simTrial{kind: parts[0]}
	var err error
	if s.seed, err = strconv.ParseUint(parts[1], 10, 64); err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	if s.small, err = strconv.ParseBool(parts[2]); err != nil {
		return nil, fmt.Errorf("small: %w", err)
	}
	if s.samples, err = strconv.Atoi(parts[3]); err != nil {
		return nil, fmt.Errorf("samples: %w", err)
	}
	if len(parts) > 4 {
		for field := range strings.SplitSeq(parts[4], ",") {
			at, err := strconv.Atoi(field)
			if err != nil {
				return nil, fmt.Errorf("commands: %w", err)
			}
			s.keep = append(s.keep, at)
		}
	}
	return s, nil
}

// run tries it and returns the world, with what was broken.
func (s *simTrial) run(seen *simCoverage, budget int) *simWorld {
	plan := newPlan(s.seed, s.keep, s.small)
	plan.careless = s.careless
	w := newWorld(plan, seen)
	w.budget, w.samples = budget, max(1, s.samples)
	if s.kind == simErrors && s.small {
		w.odds = 5 // an error costs a whole life
	}
	w.try(s.kind)
	return w
}

// The bounds of shrinking, in states that are tried: of one candidate, and in all.
const (
	shrinkOne = 400
	shrinkAll = 3_000
	shrunk    = 20 // commands are few enough
)

// fails tries a candidate and says what is broken, and what that has cost: a first life is worth some states too.
func (s *simTrial) fails(budget int) (cost int, err error) {
	seen := newCoverage()
	w := s.run(seen, budget)
	return w.states + 20 + 10*seen.errors, w.broken
}

// shrink returns the fewest commands that it finds to still break a promise, with what is broken then. Short workloads, of some
// seeds, show most of what there is to show, so it begins with those.
func (s *simTrial) shrink() (best *simTrial, err error) {
	best = s
	for seed := s.seed; seed < s.seed+10 && err == nil; seed++ {
		best = &simTrial{seed: seed, kind: s.kind, small: true, samples: 1 + int(seed-s.seed)/2, careless: s.careless}
		_, err = best.fails(shrinkOne)
	}
	if err == nil {
		best = s
		_, err = best.fails(5 * shrinkOne)
	}
	for i := 0; i < best.size() && len(s.keep) == 0; i++ {
		best.keep = append(best.keep, i)
	}
	for round := 1; round <= 3 && err != nil && (round == 1 || len(best.keep) > shrunk); round++ {
		best.samples = max(best.samples, round) // what shows seldom needs more
		best, err = best.less(err)
	}
	return best, err
}

// less leaves commands out as long as what is left breaks a promise, which s does by err: first many at a time, in the end one.
func (s *simTrial) less(err error) (*simTrial, error) {
	best, spent := s, 0
	for size := len(best.keep) / 2; size > 0; size /= 2 {
		for i := 0; i < len(best.keep) && spent < shrinkAll; {
			try := *best
			try.keep = slices.Concat(best.keep[:i], best.keep[min(i+size, len(best.keep)):])
			if len(try.keep) == 0 {
				break
			}
			cost, terr := try.fails(shrinkOne)
			if spent += cost; terr != nil {
				best, err = &try, terr
			} else {
				i += size
			}
		}
	}
	return best, err
}

func (s *simTrial) size() int {
	if s.small {
		return simSmall
	}
	return simCommands
}

// report tells of a trial that failed: shrunk, with its commands, and how to see it again.
func (s *simTrial) report(t *testing.T, err error) {
	t.Helper()
	best, berr := s.shrink()
	if berr == nil {
		t.Errorf("%v\nagain: %s='%s' go test -run TestSimulationReplay ./engine/pipeline", err, simReplay, s)
		return
	}
	var b strings.Builder
	plan := newPlan(best.seed, best.keep, best.small)
	for i := range plan.commands {
		fmt.Fprintf(&b, "%4d  %s\n", i+1, simText(&plan.commands[i]))
	}
	t.Errorf("%v\nshrunk to %d commands, frames of up to %d, snapshots by %+v:\n%s%v\nagain: %s='%s' go test -run TestSimulationReplay ./engine/pipeline",
		err, len(plan.commands), plan.batch, plan.snapshots, b.String(), berr, simReplay, best)
}

// TestSimulationReplay tries again what another test has printed.
func TestSimulationReplay(t *testing.T) {
	text := os.Getenv(simReplay)
	if text == "" {
		t.Skip(simReplay + " names nothing to try again")
	}
	s, err := parseTrial(text)
	if err != nil {
		t.Fatalf("%s: %v", simReplay, err)
	}
	seen := newCoverage()
	w := s.run(seen, math.MaxInt)
	t.Logf("%d states\n%s", w.states, seen)
	if w.broken != nil {
		t.Fatal(w.broken)
	}
}
