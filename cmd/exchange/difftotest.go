package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/enginetest/judged"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// shrinkBudget bounds the commands that are executed to make a script test shorter.
const shrinkBudget = 10_000_000

// stillTries is how often commands may fail to show what they have shown before.
const stillTries = 8

// expectFlag is the value of --expect.
type expectFlag string

// What a script test demands.
const (
	expectRecorded expectFlag = "recorded"
	expectHere     expectFlag = "here"
)

func (f *expectFlag) Type() string   { return "SIDE" }
func (f *expectFlag) String() string { return string(*f) }

func (f *expectFlag) Set(s string) error {
	if *f = expectFlag(s); *f != expectRecorded && *f != expectHere {
		return errors.New("it is recorded or here")
	}
	return nil
}

// evidence is the commands up to the first difference, and what followed from them.
type evidence struct {
	commands []msg.Command
	a, b     [][]msg.Event // as recorded; b is nil for a re-execution
	start    func() enginetest.Engine
	last     msg.Seq // where the difference shows
}

// The ways in which no script test can be written.
var (
	errFromFirst  = errors.New("a script test begins with the first command, which is no longer kept")
	errNotRule    = errors.New("the reference exchange of the tests, on which scripts are run as well, does something else")
	errSameHere   = errors.New("this program does what the journal says and the reference exchange of the tests as well")
	errNoEngine   = errors.New("the commands themselves differ, which is nothing that the engine does")
	errUnscripted = errors.New("a script cannot say that ticks, lots or the rates of an account are otherwise")
)

// writeTest writes the shortest part of the commands that it finds to show the first
// difference, as a script.
func (d *diff) writeTest(dirs []string, k *comparison) error {
	if k.first == nil {
		return nil
	}
	e, err := d.gather(dirs, k)
	if err != nil {
		return fmt.Errorf("write a test to %s: %w", d.toTest, err)
	}
	commands, err := e.shortest(d.expect, d.set.given())
	if err != nil {
		return fmt.Errorf("write a test to %s: %w", d.toTest, err)
	}
	if d.set.given() && d.expect == expectHere {
		commands = d.set.turnAll(commands)
	}
	text, read, err := enginetest.WriteScript(d.comment(dirs, k), commands)
	if err != nil {
		return fmt.Errorf("write a test to %s: %w", d.toTest, err)
	}
	if err := e.still(d.expect, d.set.given(), read); err != nil {
		return fmt.Errorf("write a test to %s: %w", d.toTest, err)
	}
	if err := os.WriteFile(string(d.toTest), []byte(text), 0o644); err != nil { //nolint:gosec // a test for everybody to read
		return fmt.Errorf("write the test: %w", err)
	}
	d.complain(fmt.Sprintf("exchange: %s shows the difference with %s", d.toTest, count(uint64(len(read)), "command", "s")))
	return nil
}

// comment says where a test comes from and what it demands.
func (d *diff) comment(dirs []string, k *comparison) []string {
	r := k.report("", "")
	names := make([]string, len(dirs)) // where they lie is nobody's matter
	for i := range dirs {
		names[i] = filepath.Base(dirs[i])
	}
	lines := []string{
		fmt.Sprintf("What exchange diff %s found in %s,", strings.Join(names, " "), r.First.where()), "with as few commands as it found to show it.",
	}
	if d.set.given() {
		lines = append(lines, "The other side had "+d.set.String()+".")
	}
	if d.expect == expectHere {
		return append(lines, "The answers are those of the program that wrote this.")
	}
	return append(lines, "The answers are those of the journal.")
}

// gather reads the commands up to the first difference. A state may differ before
// anything shows it, so it reads on until something does.
func (d *diff) gather(dirs []string, k *comparison) (*evidence, error) {
	if k.first.what == differCommand || k.first.what == differEnd {
		return nil, errNoEngine
	}
	if !d.set.scriptable() {
		return nil, errUnscripted
	}
	e := &evidence{start: judged.New, last: k.shows()}
	if d.set.given() {
		e.start = func() enginetest.Engine {
			return &termed{Engine: judged.Engine{Engine: engine.New(engine.Capacity{})}, terms: d.set.fresh()}
		}
	}
	var err error
	if e.commands, e.a, err = readThrough(dirs[0], e.last); err == nil && len(dirs) == 2 {
		_, e.b, err = readThrough(dirs[1], e.last)
	}
	if err != nil {
		return nil, err
	}
	if len(e.commands) == 0 || e.commands[0].Seq != 1 {
		return nil, errFromFirst
	}
	return e, nil
}

// shows returns the first command whose events differ, if any do: what else differs
// first need not be seen from outside.
func (k *comparison) shows() msg.Seq {
	if k.answered != 0 {
		return k.answered
	}
	return k.first.seq
}

// readThrough reads the transactions of a journal up to a sequence.
func readThrough(dir string, last msg.Seq) (commands []msg.Command, events [][]msg.Event, err error) {
	err = eachTransaction(dir, span{1, last}, nil, func(c *msg.Command, e []msg.Event) error {
		commands, events = append(commands, *c), append(events, slices.Clone(e))
		return nil
	})
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return commands, events, err
}

// shortest returns the fewest commands that it finds to show the difference. What is
// right is what the reference exchange does; the wrong side is this program where it
// does something else, and otherwise a journal.
func (e *evidence) shortest(expect expectFlag, set bool) ([]msg.Command, error) {
	rules := enginetest.Answers(e.commands)
	recorded := firstOther(rules, e.a)
	if set {
		if recorded >= 0 {
			return nil, fmt.Errorf("at command %d of the journal: %w", recorded+1, errNotRule)
		}
		return e.shrinkHere(), nil
	}
	here := enginetest.Visible(e.commands, e.start)
	switch {
	case expect == expectRecorded && recorded >= 0:
		return nil, fmt.Errorf("at command %d of the journal: %w: it is not right; with --expect here the test demands what this program does", recorded+1, errNotRule)
	case expect == expectHere && here >= 0:
		return nil, fmt.Errorf("at command %d of this program: %w: it is not right; without --expect here the test demands what the journal says", here+1, errNotRule)
	case here >= 0:
		return e.shrinkHere(), nil
	case recorded >= 0:
		return e.shrinkRecorded(e.a, recorded), nil
	case e.b != nil && firstOther(rules, e.b) >= 0:
		return e.shrinkRecorded(e.b, firstOther(rules, e.b)), nil
	case expect == expectHere:
		return e.commands, nil // the journal has another digest and no more to say
	default:
		return nil, errSameHere
	}
}

// still returns an error if commands, as whoever runs the script will read them, no
// longer show what they are to show.
func (e *evidence) still(expect expectFlag, set bool, read []msg.Command) error {
	differs := false
	for n := 0; n < stillTries && !differs; n++ { // what depends on chance may hide
		differs = enginetest.Visible(read, e.start) >= 0
	}
	right := enginetest.Visible(read, judged.New) < 0
	switch {
	case set && right && (expect == expectHere || differs), !set && (differs || expect == expectHere || e.b != nil):
		return nil
	default:
		return errors.New("written as a script the commands no longer show the difference")
	}
}

// shrinkHere keeps what the reference exchange and this program answer differently.
func (e *evidence) shrinkHere() []msg.Command {
	return enginetest.Shortest(e.commands, shrinkBudget, func(try []msg.Command) int { return enginetest.Visible(try, e.start) })
}

// firstOther returns the index of the first command with other events, or -1.
func firstOther(a, b [][]msg.Event) int {
	for i := range min(len(a), len(b)) {
		if !slices.Equal(a[i], b[i]) {
			return i
		}
	}
	return -1
}
