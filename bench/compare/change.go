package main

import (
	"math"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

// verdict is what became of a figure.
type verdict string

const (
	same    verdict = ""
	better  verdict = "better"
	worse   verdict = "WORSE"
	missing verdict = "MISSING"
	added   verdict = "new"
	skipped verdict = "not compared"
)

// change is a figure in two runs. One of them may not have it.
type change struct {
	old, new *result.Figure
	spread   float64 // the larger one
	verdict  verdict
}

// everything compares all figures: those of the old run in their order, and then
// those that are new.
func everything(was, is *result.Run) []change {
	changes := make([]change, 0, len(was.Figures))
	for i := range was.Figures {
		f := &was.Figures[i]
		c := change{old: f, new: is.Find(f.Name)}
		c.compare()
		changes = append(changes, c)
	}
	for i := range is.Figures {
		if f := &is.Figures[i]; was.Find(f.Name) == nil {
			changes = append(changes, change{new: f, verdict: added})
		}
	}
	return changes
}

// compare sets the verdict.
func (c *change) compare() {
	was, is := !c.old.IsMissing(), c.new != nil && !c.new.IsMissing()
	switch {
	case was && !is:
		c.verdict = missing
	case is && !was:
		c.verdict = added
	case was && is:
		c.compareValues()
	}
}

// noise is by how much counts differ from run to run: a program's start takes a few
// more instructions, a heap a few more bytes.
const noise = 0.005

// compareValues takes a count for changed when it differs by more than noise, a time
// when the samples lie apart.
func (c *change) compareValues() {
	c.spread = max(spread(c.old), spread(c.new))
	switch {
	case len(c.old.Samples) > 0 && !apart(c.old.Samples, c.new.Samples), len(c.old.Samples) == 0 && !beyond(c, noise):
		c.verdict = same
	case moreIsBetter(c.old) == (c.new.Value > c.old.Value):
		c.verdict = better
	default:
		c.verdict = worse
	}
}

// countedOnly compares what was counted, and takes for the same what has not changed
// by more than a part of what it was. What a run says it could not count is skipped, and
// so are instructions of another compiler.
func countedOnly(was, is *result.Run, part float64) []change {
	var changes []change
	for _, c := range everything(was, is) {
		switch {
		case c.old != nil && !c.old.Counted, c.old == nil && !c.new.Counted:
			continue
		case c.old != nil && c.new != nil && c.new.IsMissing(),
			c.old != nil && c.old.Unit == "instructions" && was.Machine.Go != is.Machine.Go:
			c.verdict = skipped
		case c.verdict == worse && !beyond(&c, part):
			c.verdict = same
		}
		changes = append(changes, c)
	}
	return changes
}

// beyond reports whether a figure has changed by more than a part of what it was. The
// least change of nothing does.
func beyond(c *change, part float64) bool {
	return math.Abs(c.new.Value-c.old.Value) > part*math.Abs(c.old.Value)
}

// moreIsBetter reports which way a figure is to go: as its goal says, and without one
// rates up, and bytes, times and all else down.
func moreIsBetter(f *result.Figure) bool {
	if f.Goal != nil && (f.Goal.AtLeast != 0) != (f.Goal.AtMost != 0) {
		return f.Goal.AtLeast != 0
	}
	return strings.Contains(f.Unit, "/s")
}

// spread returns how far the samples of a figure lie from their median, as a part of
// it: half of the way from the least to the largest.
func spread(f *result.Figure) float64 {
	if len(f.Samples) == 0 || f.Value == 0 {
		return 0
	}
	return (slices.Max(f.Samples) - slices.Min(f.Samples)) / 2 / math.Abs(f.Value)
}

// apart reports whether no sample of one lies among those of the other.
func apart(a, b []float64) bool {
	return len(b) == 0 || slices.Max(a) < slices.Min(b) || slices.Max(b) < slices.Min(a)
}
