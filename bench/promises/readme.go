package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/bench/readme"
)

// The lines of README.md that the table stands between.
const (
	tableBegin = "<!-- promises: EXCHANGE_DISKS=1 go run ./bench/promises --readme writes this table -->"
	tableEnd   = "<!-- end of promises -->"
)

// writeReadme replaces the table of README.md.
func (s *summary) writeReadme(root string) error {
	return readme.Put(filepath.Join(root, "README.md"), tableBegin, tableEnd, s.table()) //nolint:wrapcheck // it says what it did
}

// table returns the promises as a table, with what the same faults do to others.
func (s *summary) table() string {
	var b strings.Builder
	b.WriteString("| | promise | fault | tried | broken | bare tidwall/wal | bbolt |\n|---|---|---|--:|--:|--:|--:|\n")
	for i := range s.Promises {
		l := &s.Promises[i]
		tried, broken := readme.Grouped(l.Cases), readme.Grouped(l.Violations)
		if l.Cases == 0 {
			tried, broken = l.verdict(), ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", l.Promise, l.Holds, l.Fault, tried, broken,
			s.rival(l.Promise, promise.WAL), s.rival(l.Promise, promise.Bbolt))
	}
	return b.String()
}

// rival returns how often another system broke a promise, of how many faults.
func (s *summary) rival(name, system string) string {
	for i := range s.Rivals {
		if l := &s.Rivals[i]; l.Promise == name && l.System == system && l.Cases > 0 {
			return readme.Grouped(l.Violations) + " of " + readme.Grouped(l.Cases)
		}
	}
	return ""
}
