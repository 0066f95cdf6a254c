package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

// sections are those of the table, in their order.
func sections() []string {
	return []string{
		"public benchmark", "engine", "cost of each feature", "long commands", "pipeline", "durable latency", "recovery and snapshots", "memory", "counted",
	}
}

// markdown returns a run as a table, grouped by section, with a line about where it is
// of. What is measured only to be compared with has no goal.
func markdown(r *result.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", heading(r))
	b.WriteString("| | figure | goal | measured | ratio | |\n|---|---|--:|--:|--:|---|\n")
	last := ""
	for _, f := range ordered(r) {
		section := ""
		if f.Section != last {
			section, last = "**"+f.Section+"**", f.Section
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", section, f.Name, goal(f), measured(f), ratio(r, f), verdict(r, f))
	}
	return b.String()
}

// heading says of which commit and machine a run is, and how many goals are met.
func heading(r *result.Run) string {
	goals, met := 0, 0
	for i := range r.Figures {
		switch r.Verdict(&r.Figures[i]) {
		case result.Met:
			met++
			goals++
		case result.NotMet, result.Unknown:
			goals++
		case result.NoGoal:
		}
	}
	day, _, _ := strings.Cut(r.Began, "T")
	m := &r.Machine
	return fmt.Sprintf("%d of %d goals met. Commit %s, %s, %s, %d cores, %s, %s, %s, %s.",
		met, goals, r.Commit, day, m.CPU, m.Cores, m.Memory, m.OS, m.Disk, m.Go)
}

// ordered returns the figures by section; within one they stay as they are.
func ordered(r *result.Run) []*result.Figure {
	known := sections()
	place := func(f *result.Figure) int {
		if i := slices.Index(known, f.Section); i >= 0 {
			return i
		}
		return len(known)
	}
	all := make([]*result.Figure, len(r.Figures))
	for i := range r.Figures {
		all[i] = &r.Figures[i]
	}
	slices.SortStableFunc(all, func(a, b *result.Figure) int { return place(a) - place(b) })
	return all
}

// goal says what is wanted of a figure.
func goal(f *result.Figure) string {
	g := f.Goal
	if g == nil {
		return ""
	}
	bound := func(v float64) string {
		if g.Beside != "" {
			return digits(v) + " × " + g.Beside
		}
		return quantity(v, f.Unit)
	}
	var parts []string
	if g.AtLeast != 0 {
		parts = append(parts, "≥ "+bound(g.AtLeast))
	}
	switch {
	case g.AtMost != 0 && g.Strict:
		parts = append(parts, "< "+bound(g.AtMost))
	case g.AtMost != 0:
		parts = append(parts, "≤ "+bound(g.AtMost))
	}
	return strings.Join(parts, ", ")
}

func measured(f *result.Figure) string {
	if f.IsMissing() {
		return f.Note
	}
	return quantity(f.Value, f.Unit)
}

// ratio returns a figure as a part of the one it is held beside, or else of its goal.
func ratio(r *result.Run, f *result.Figure) string {
	g := f.Goal
	switch {
	case g == nil || f.IsMissing():
		return ""
	case g.Beside != "":
		v, ok := r.Ratio(f)
		if !ok {
			return ""
		}
		return digits(v)
	case g.AtLeast != 0:
		return digits(f.Value/g.AtLeast) + " of the goal"
	case g.AtMost != 0:
		return digits(f.Value/g.AtMost) + " of the goal"
	default:
		return ""
	}
}

func verdict(r *result.Run, f *result.Figure) string {
	v := r.Verdict(f)
	if v == result.NotMet {
		return "**" + string(v) + "**"
	}
	return string(v)
}
