package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the tests share that look at the exchange through client libraries in other
// languages: a script uses the library against an exchange that a process serves,
// and prints what it has found.
//
// The environment of a script says where the exchange is (EXCHANGE_URL, EXCHANGE_WS),
// who it may be (KEY_ALICE, SECRET_ALICE, ACCOUNT_ALICE, the same of BOB, and
// EXCHANGE_ADMIN_TOKEN of the operator), for how many seconds it puts the exchange
// under load or waits in silence (EXCHANGE_SECONDS), and whether it is the long form
// (EXCHANGE_LONG, not empty).
//
// A script prints JSON, one object a line. The first tells what it is:
//
//	{"client":"ccxt","version":"4.5.84","runtime":"node v20.20.2"}
//
// Each check has a name of its own and is the same in the short and the long form:
//
//	{"check":"cancelOrder by id","ok":false,"got":"open","want":"canceled"}
//
// Something that only this side can do is asked for, and answered with a line on
// the script's standard input when it is done:
//
//	{"do":"restart"}                         {"done":"restart"}
//
// restart kills the exchange and serves the same directory at the same address again;
// with "gracefully":true it is told to end. busy has traders change the book of a
// symbol, each with a rest of some milliseconds after each order, until calm is asked
// for: {"do":"busy","symbol":"BTCUSDT","traders":20,"rest":10}.
//
// It exits with 0 if and only if all checks are ok. What it says on its standard
// error is shown when something is wrong.

// foreign is a script of a client library in another language.
type foreign struct {
	folder   string   // in which it runs, from the root of the module
	program  string   // that runs it, in PATH; with a slash, in the folder
	script   string   // in the folder
	packages string   // where the library is installed, in the folder
	install  string   // the command that installs it
	serve    []string // flags of the exchange
	env      []string // beside what all scripts are told
	seconds  int      // of load or of silence
	checks   int      // that there are at least
	patience time.Duration
}

// foreignFunds are what both accounts begin with, in this order.
func foreignFunds() []holding {
	return []holding{{"BTC", "100"}, {"ETH", "1000"}, {"USDT", "10000000"}}
}

// foreignReport is what a script has found.
type foreignReport struct {
	Client  string `json:"client"`
	Version string `json:"version"`
	Runtime string `json:"runtime"`

	checks []string
}

// require skips the test where the script cannot run, or has it fail if
// EXCHANGE_NEED_CLIENTS is set.
func (f *foreign) require(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("the clients are other programs, in which the race detector sees nothing")
	}
	if why := f.missing(); why != "" {
		if os.Getenv("EXCHANGE_NEED_CLIENTS") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
}

// run serves an exchange and runs the script against it.
func (f *foreign) run(t *testing.T) *foreignReport {
	t.Helper()
	f.require(t)
	r := &foreignRun{foreign: f, t: t, venue: openVenue(t, t.TempDir(), f.serve...)}
	start := time.Now()
	r.converse()
	t.Logf("%s %s on %s: %d checks in %.1f s", r.report.Client, r.report.Version, r.report.Runtime, len(r.report.checks), time.Since(start).Seconds())
	if n := len(r.report.checks); n < f.checks {
		t.Errorf("the script made %d checks, want at least %d\n%s", n, f.checks, r.complaints())
	}
	if r.crowd != nil {
		r.crowd.stop()
	}
	r.venue.end()
	return &r.report
}

// missing says what the script lacks to run, if anything.
func (f *foreign) missing() string {
	need := []string{f.packages}
	if strings.Contains(f.program, "/") {
		need = append(need, f.program)
	} else if _, err := exec.LookPath(f.program); err != nil {
		return f.program + " is not here"
	}
	for _, file := range need {
		at := path.Join(f.folder, file)
		if _, err := os.Stat(filepath.Join(root, at)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Sprintf("%s is not there: run %s in %s", at, f.install, f.folder)
		}
	}
	return ""
}
