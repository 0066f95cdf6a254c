package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// summary is how all promises have held.
type summary struct {
	Promises []line `json:"promises"`
	Rivals   []line `json:"rivals"` // what the same faults do to others
}

// A line is how one promise has held in one system, in all its tests.
type line struct {
	Promise    string   `json:"promise"`
	Holds      string   `json:"holds"`
	Fault      string   `json:"fault"`
	System     string   `json:"system"`
	Cases      int      `json:"cases"`
	Violations int      `json:"violations"`
	Tests      []string `json:"tests"`
	Notes      []string `json:"notes,omitempty"`
	Skipped    []string `json:"skipped,omitempty"`
	Seconds    float64  `json:"seconds"`
}

// sum adds rows up, by promise and system. A promise that no test is of has a line
// too.
func sum(rows []promise.Row, only []string) (*summary, error) {
	s := &summary{Promises: []line{}, Rivals: []line{}}
	known := promise.Promises()
	for _, name := range only {
		if !slices.ContainsFunc(known, func(p promise.Promise) bool { return p.Name == name }) {
			return nil, fmt.Errorf("there is no promise %q", name)
		}
	}
	for i := range rows {
		if !slices.ContainsFunc(known, func(p promise.Promise) bool { return p.Name == rows[i].Promise }) {
			return nil, fmt.Errorf("%s is of a promise %q that is not on the list", rows[i].Test, rows[i].Promise)
		}
	}
	for _, p := range known {
		if len(only) > 0 && !slices.Contains(only, p.Name) {
			continue
		}
		s.Promises = append(s.Promises, add(rows, p, promise.Exchange))
		for _, rival := range []string{promise.WAL, promise.Bbolt} {
			if l := add(rows, p, rival); len(l.Tests) > 0 {
				s.Rivals = append(s.Rivals, l)
			}
		}
	}
	return s, nil
}

// add adds up the rows of one promise in one system.
func add(rows []promise.Row, p promise.Promise, system string) line {
	l := line{Promise: p.Name, Holds: p.Holds, Fault: p.Fault, System: system, Tests: []string{}}
	for i := range rows {
		r := &rows[i]
		if r.Promise != p.Name || r.System != system {
			continue
		}
		l.Cases += r.Cases
		l.Violations += r.Violations
		l.Seconds += r.Seconds
		l.Tests = append(l.Tests, r.Test)
		if r.Note != "" {
			l.Notes = append(l.Notes, r.Note)
		}
		if r.Skipped != "" {
			l.Skipped = append(l.Skipped, r.Test+": "+r.Skipped)
		}
	}
	return l
}

// verdict says in one word how a line came out.
func (l *line) verdict() string {
	switch {
	case l.Violations > 0:
		return "BROKEN"
	case l.Cases > 0:
		return "holds"
	case len(l.Skipped) > 0:
		return "skipped"
	default:
		return "UNTRIED"
	}
}

// verdict is an error when a promise of the exchange was broken or not tried.
func (s *summary) verdict() error {
	var bad []string
	for i := range s.Promises {
		if v := s.Promises[i].verdict(); v == "BROKEN" || v == "UNTRIED" {
			bad = append(bad, s.Promises[i].Promise+" "+strings.ToLower(v))
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("%s", strings.Join(bad, ", "))
	}
	return nil
}

func (s *summary) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(s) //nolint:wrapcheck // it says which
}

// write prints a line for each promise, then what became of others.
func (s *summary) write(w io.Writer) error {
	var b strings.Builder
	violations := 0
	for i := range s.Promises {
		l := &s.Promises[i]
		violations += l.Violations
		fmt.Fprintf(&b, "%-4s %-8s %9d faults %3d violations %7.1f s  %s\n", l.Promise, l.verdict(), l.Cases, l.Violations, l.Seconds, l.Holds)
		l.details(&b)
	}
	for i := range s.Rivals {
		l := &s.Rivals[i]
		fmt.Fprintf(&b, "%-4s %-11s %6d faults %3d violations %7.1f s  the same under %s\n", l.Promise, l.System, l.Cases, l.Violations, l.Seconds, l.Fault)
		l.details(&b)
	}
	fmt.Fprintf(&b, "%d violations\n", violations)
	_, err := io.WriteString(w, b.String())
	return err //nolint:wrapcheck // of the terminal
}

func (l *line) details(b *strings.Builder) {
	for _, note := range l.Notes {
		fmt.Fprintf(b, "     %s\n", note)
	}
	for _, why := range l.Skipped {
		fmt.Fprintf(b, "     skipped: %s\n", why)
	}
}
