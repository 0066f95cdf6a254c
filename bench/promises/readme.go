package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// The marks in README.md that the table stands between.
const (
	tableBegin = "<!-- promises: EXCHANGE_DISKS=1 go run ./bench/promises --readme writes this table -->\n"
	tableEnd   = "<!-- end of promises -->\n"
)

// writeReadme replaces the table of README.md.
func (s *summary) writeReadme(root string) error {
	name := filepath.Join(root, "README.md")
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read the README: %w", err)
	}
	text, err = s.replaceTable(text)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, text, 0o644); err != nil { //nolint:gosec // it is for all to read
		return fmt.Errorf("write the README: %w", err)
	}
	return nil
}

func (s *summary) replaceTable(text []byte) ([]byte, error) {
	before, rest, ok := strings.Cut(string(text), tableBegin)
	if !ok {
		return nil, fmt.Errorf("the README has no line %q", strings.TrimSpace(tableBegin))
	}
	_, after, ok := strings.Cut(rest, tableEnd)
	if !ok {
		return nil, fmt.Errorf("the README has no line %q", strings.TrimSpace(tableEnd))
	}
	return []byte(before + tableBegin + s.table() + tableEnd + after), nil
}

// table returns the promises as a table, with what the same faults do to others.
func (s *summary) table() string {
	var b strings.Builder
	b.WriteString("| | promise | fault | tried | broken | bare tidwall/wal | bbolt |\n|---|---|---|--:|--:|--:|--:|\n")
	for i := range s.Promises {
		l := &s.Promises[i]
		tried, broken := grouped(l.Cases), grouped(l.Violations)
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
			return grouped(l.Violations) + " of " + grouped(l.Cases)
		}
	}
	return ""
}

// grouped returns a number with commas between the thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
