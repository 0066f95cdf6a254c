// Package promise is where tests put down how a promise of the exchange has held:
// which fault was tried how often, and what was lost. The rows of a run are summed
// up by
//
//	go run ./bench/promises
package promise

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// File is the environment variable that names the file to which rows are appended.
// Without it they are only logged.
const File = "EXCHANGE_PROMISES"

// The systems whose promises are tried.
const (
	Exchange = "exchange"
	WAL      = "tidwall/wal"
	Bbolt    = "bbolt"
)

// Row is how a promise has held in one test.
type Row struct {
	Promise    string  `json:"promise"` // its name in the list of promises, such as "D6"
	System     string  `json:"system"`
	Test       string  `json:"test"`
	Cases      int     `json:"cases"`             // faults tried
	Violations int     `json:"violations"`        // of these, with an outcome that is not allowed
	Note       string  `json:"note,omitempty"`    // figures worth telling, or what happened instead
	Skipped    string  `json:"skipped,omitempty"` // why nothing was tried
	Seconds    float64 `json:"seconds"`
}

// Test collects the row of one test.
type Test struct {
	t     testing.TB
	row   Row
	start time.Time
}

// Begin begins a test of a promise of the exchange. Its row is put down when the
// test ends; one that failed without saying so counts as one violation.
func Begin(t testing.TB, promise string) *Test { return BeginOf(t, promise, Exchange) }

// BeginOf is Begin for another system, which is shown for comparison: its violations
// are no failures of the test.
func BeginOf(t testing.TB, promise, system string) *Test {
	t.Helper()
	p := &Test{t: t, row: Row{Promise: promise, System: system, Test: t.Name()}, start: time.Now()}
	t.Cleanup(p.end)
	return p
}

// The environment variables that say how much is tried, and with what.
const (
	long  = "EXCHANGE_LONG"  // the long form, which takes hours
	disks = "EXCHANGE_DISKS" // disks may be made and mounted: loop devices, FUSE
)

// Scale returns how much to try: little in a usual run of the tests, more when rows
// are put down, most in the long form.
func Scale(usual, recorded, longest int) int {
	switch {
	case os.Getenv(long) != "":
		return longest
	case os.Getenv(File) != "":
		return recorded
	default:
		return usual
	}
}

// NeedDisks skips the test unless it may make and mount disks, which takes root and
// an environment that says so: a usual run of the tests leaves the machine alone.
func (p *Test) NeedDisks() {
	p.t.Helper()
	if os.Getenv(disks) == "" {
		p.Skip("mounts loop devices: set " + disks + "=1, as root")
	}
	if os.Geteuid() != 0 {
		p.Skip("mounts loop devices, which takes root")
	}
}

// Add adds faults that were tried, and how many of them broke the promise.
func (p *Test) Add(cases, violations int) {
	p.row.Cases += cases
	p.row.Violations += violations
}

// Note says something worth knowing beside the counts.
func (p *Test) Note(text string) { p.row.Note = text }

// Skip ends the test because the machine lacks something, and says what.
func (p *Test) Skip(why string) {
	p.t.Helper()
	p.row.Skipped = why
	p.t.Skip(why)
}

func (p *Test) end() {
	p.row.Seconds = time.Since(p.start).Seconds()
	if p.t.Failed() && p.row.Violations == 0 && p.row.System == Exchange {
		p.row.Violations = 1
	}
	line, err := json.Marshal(&p.row)
	if err != nil {
		p.t.Errorf("encode row: %v", err)
		return
	}
	p.t.Logf("promise %s", line)
	if name := os.Getenv(File); name != "" {
		if err := appendLine(name, line); err != nil {
			p.t.Errorf("put down row: %v", err)
		}
	}
}

// appendLine appends a line in one write, so that tests of several processes can
// share a file.
func appendLine(name string, line []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	return f.Close() //nolint:wrapcheck // it names the file
}
