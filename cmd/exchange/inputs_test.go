package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// What nobody may get in with: lists of bad inputs, by where they come in. Each is
// sent to an exchange that a process serves, and after each one the exchange is
// asked whether anything has changed.

// minInputs is how many bad inputs there are at least.
const minInputs = 1_200

// effect is what a bad input leaves behind.
type effect uint8

const (
	nothing effect = iota // it did not become a command: no sequence, no byte of the journal
	refused               // it did, and the engine refused it: one command, and a state as before
)

// input is one case.
type input struct {
	line   string // of its list
	name   string
	send   func(t *testing.T) string // returns what the client hears
	want   string
	effect effect
}

// inputLine is a line of a list. One that no case can be about says why.
type inputLine struct {
	text      string
	elsewhere string // where it is tested, or why there is no such thing
}

// inputList is a list: its bad inputs, and those of the same kind that the wire
// format takes. These count for nothing.
type inputList struct {
	name     string
	lines    []inputLine
	bad      []input
	accepted []input
}

// TestInputs sends every bad input. None changes anything, and each is answered as
// documented.
func TestInputs(t *testing.T) {
	g := openTarget(t)
	lists := []inputList{
		transportInputs(g), authInputs(g), jsonInputs(g), orderInputs(g), socketInputs(t, g), operatorInputs(g), configInputs(t, g),
	}
	tests, total := allTests(t), 0
	for i := range lists {
		list := &lists[i]
		t.Run(list.name, func(t *testing.T) {
			list.checkLines(t, tests)
			for _, c := range slices.Concat(list.bad, list.accepted) {
				t.Run(c.name, func(t *testing.T) { g.try(t, &c) })
			}
		})
		t.Logf("%s: %d bad inputs, %d that are taken", list.name, len(list.bad), len(list.accepted))
		total += len(list.bad)
	}
	if total < minInputs {
		t.Errorf("there are %d bad inputs, want %d", total, minInputs)
	}
	g.checkRefusals(t)
}

// checkLines checks that each line has a case, or a test elsewhere that is there, and
// that each case is of a line.
func (l *inputList) checkLines(t *testing.T, tests string) {
	t.Helper()
	cases := make(map[string]int)
	names := make(map[string]bool)
	for _, c := range slices.Concat(l.bad, l.accepted) {
		cases[c.line]++
		if names[c.name] {
			t.Errorf("there are two cases %q", c.name)
		}
		names[c.name] = true
	}
	for _, line := range l.lines {
		if cases[line.text] == 0 && line.elsewhere == "" {
			t.Errorf("the line %q has no case", line.text)
		}
		for _, test := range testName.FindAllString(line.elsewhere, -1) {
			if !strings.Contains(tests, "\nfunc "+test+"(") {
				t.Errorf("the line %q is said to be tested by %s, which is not there", line.text, test)
			}
		}
		delete(cases, line.text)
	}
	for line := range cases {
		t.Errorf("there is no line %q", line)
	}
}

// testName is the name of a test in a text.
var testName = regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w+`) //nolint:gochecknoglobals // a form

// allTests returns the source of all tests of the module.
func allTests(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && (e.Name() == "node_modules" || strings.HasPrefix(e.Name(), ".v")) {
			return fs.SkipDir // of clients that are not ours
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// try sends an input, and compares the answer and what it has left behind.
func (g *target) try(t *testing.T, c *input) {
	t.Helper()
	if got := c.send(t); got != c.want {
		t.Errorf("got  %s\nwant %s", got, c.want)
	}
	now := g.look(t)
	if c.effect == refused {
		g.before.seq++
		g.before.journal = now.journal // which has the command; checkRefusals looks at it
		g.refusals++
	}
	if now.seq != g.before.seq || now.digest != g.before.digest {
		t.Errorf("the exchange is at %d, %s, want %d, %s", now.seq, now.digest, g.before.seq, g.before.digest)
	}
	if now.journal != g.before.journal {
		t.Errorf("the journal has changed, and should not")
	}
	if now.keys != g.before.keys {
		t.Errorf("the keys have changed")
	}
	g.before = now
}

// imprint is all that an input could change.
type imprint struct {
	seq     uint64
	digest  string
	journal string // all bytes of it
	keys    string
}

// look returns how the exchange is. It answers only if it is alive.
func (g *target) look(t *testing.T) imprint {
	t.Helper()
	var s imprint
	s.seq, s.digest, _ = g.status()
	s.journal = readAll(t, pipeline.JournalDir(g.dir))
	keys, err := os.ReadFile(filepath.Join(g.dir, keysFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // there is none before the first key
		t.Fatal(err)
	}
	s.keys = string(keys)
	return s
}

// readAll returns the names and bytes of all files in a directory.
func readAll(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %d\n%s\n", e.Name(), len(text), text)
	}
	return all.String()
}

// checkRefusals stops the exchange and reads in its journal what came after the
// preparations: commands with one event each, which refuses them.
func (g *target) checkRefusals(t *testing.T) {
	t.Helper()
	g.hangUp() // or the exchange would wait for it
	g.end()
	must(t, "journal", "verify", g.dir)
	if stderr := g.complaints(); strings.Contains(stderr, "panic") {
		t.Errorf("something panicked: %s", stderr)
	}
	if g.refusals == 0 {
		return // and nothing has come: the sequence would say so
	}
	cat := must(t, "journal", "cat", g.dir, "--from", strconv.FormatUint(g.prepared+1, 10))
	var commands, events int
	for line := range strings.Lines(cat) {
		_, event, is := strings.Cut(line, " + ")
		switch {
		case !is:
			commands++
		case strings.HasPrefix(event, "rejected "), strings.HasPrefix(event, "cancel-rejected "):
			events++
		default:
			t.Errorf("a bad input has caused %s", line)
		}
	}
	if commands != g.refusals || events != g.refusals {
		t.Errorf("the journal has %d commands and %d refusals, want %d of each", commands, events, g.refusals)
	}
}
