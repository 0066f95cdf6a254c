package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
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

// foreignLine is a line that a script prints after the first.
type foreignLine struct {
	Check string          `json:"check"`
	OK    bool            `json:"ok"`
	Got   json.RawMessage `json:"got"`
	Want  json.RawMessage `json:"want"`
	Note  json.RawMessage `json:"note"`

	Do         string `json:"do"`
	Gracefully bool   `json:"gracefully"`
	Symbol     string `json:"symbol"`
	Traders    int    `json:"traders"`
	Rest       int    `json:"rest"`
}

// foreignRun is a script at work.
type foreignRun struct {
	*foreign

	t      *testing.T
	venue  *venue
	crowd  *crowd
	report foreignReport
	failed int // checks

	mu     sync.Mutex
	stderr bytes.Buffer
}

// Write takes what the script says on its standard error.
func (r *foreignRun) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stderr.Write(p)
}

// complaints returns the end of what the script has said on its standard error.
func (r *foreignRun) complaints() string {
	const most = 4096
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.stderr.Bytes()
	return string(b[max(0, len(b)-most):])
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

// converse runs the script, and does what it asks for, until it has ended.
func (r *foreignRun) converse() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), r.patience)
	defer cancel()
	folder, err := filepath.Abs(filepath.Join(root, r.folder))
	if err != nil {
		r.t.Fatal(err)
	}
	program := r.program
	if strings.Contains(program, "/") {
		program = filepath.Join(folder, program)
	}
	cmd := exec.CommandContext(ctx, program, r.script)
	cmd.Dir, cmd.Env, cmd.Stderr = folder, r.environment(), r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // whatever it starts ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		r.t.Fatal(err)
	}
	defer syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // nothing is left of it, as a rule
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r.take(lines.Bytes(), in)
	}
	read, end := lines.Err(), cmd.Wait()
	switch {
	case ctx.Err() != nil:
		r.t.Errorf("the script has not ended within %v, after the checks %q\n%s", r.patience, r.report.checks, r.complaints())
	case read != nil:
		r.t.Errorf("what the script prints: %v", read)
	case end != nil || r.failed > 0:
		r.t.Errorf("%d of %d checks failed, and the script ended with %v\n%s", r.failed, len(r.report.checks), end, r.complaints())
	}
}

// environment is what the script is told at its start.
func (r *foreignRun) environment() []string {
	r.t.Helper()
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "EXCHANGE_") })
	env = append(env,
		"EXCHANGE_URL="+r.venue.url, "EXCHANGE_WS=ws"+strings.TrimPrefix(r.venue.url, "http"),
		"EXCHANGE_ADMIN_TOKEN="+r.venue.token, "EXCHANGE_SECONDS="+strconv.Itoa(r.seconds), "EXCHANGE_LONG="+os.Getenv("EXCHANGE_LONG"))
	for _, name := range []string{"ALICE", "BOB"} {
		id, key := r.venue.customer(foreignFunds()...)
		env = append(env, "KEY_"+name+"="+key.ID, "SECRET_"+name+"="+key.Secret, fmt.Sprintf("ACCOUNT_%s=%d", name, id))
	}
	return append(env, r.env...)
}

// take deals with a line that the script has printed.
func (r *foreignRun) take(line []byte, answers io.Writer) {
	r.t.Helper()
	if r.report.Client == "" {
		if err := json.Unmarshal(line, &r.report); err != nil || r.report.Client == "" || r.report.Version == "" || r.report.Runtime == "" {
			r.t.Errorf("the script begins with %q, which does not say what it is", line)
			r.report.Client = "unknown"
		}
		return
	}
	var l foreignLine
	err := json.Unmarshal(line, &l)
	switch {
	case err != nil || (l.Check == "") == (l.Do == ""):
		r.t.Errorf("the script prints %q, which is neither a check nor a request", line)
	case l.Do != "":
		r.do(&l)
		if _, err := fmt.Fprintf(answers, "{\"done\":%q}\n", l.Do); err != nil {
			r.t.Errorf("answer to the script's %s: %v", l.Do, err)
		}
	default:
		r.check(&l)
	}
}

// check makes a check of the script a test of its own.
func (r *foreignRun) check(l *foreignLine) {
	if slices.Contains(r.report.checks, l.Check) {
		r.t.Errorf("the script makes the check %q twice", l.Check)
	}
	r.report.checks = append(r.report.checks, l.Check)
	if !l.OK {
		r.failed++
	}
	r.t.Run(l.Check, func(t *testing.T) {
		if !l.OK && l.Got == nil && l.Want == nil {
			t.Errorf("%s: %s", l.Check, l.Note)
		} else if !l.OK {
			t.Errorf("%s: %s\n got %s\nwant %s", l.Check, l.Note, l.Got, l.Want)
		} else if l.Note != nil {
			t.Logf("%s", l.Note)
		}
	})
}

// do does what the script asks for.
func (r *foreignRun) do(l *foreignLine) {
	r.t.Helper()
	switch l.Do {
	case "restart":
		if l.Gracefully {
			r.venue.end()
		} else {
			r.venue.kill()
		}
		address := strings.TrimPrefix(r.venue.url, "http://")
		r.venue = openVenue(r.t, r.venue.dir, append(slices.Clone(r.serve), "--listen", address)...)
	case "busy":
		if r.crowd != nil {
			r.t.Fatal("the script asks for traders twice")
		}
		r.crowd = startCrowd(r.venue, l.Symbol, l.Traders, time.Duration(l.Rest)*time.Millisecond)
	case "calm":
		if r.crowd == nil {
			r.t.Fatal("the script asks traders to stop, and there are none")
		}
		r.crowd.stop()
		r.crowd = nil
	default:
		r.t.Fatalf("the script asks for %q", l.Do)
	}
}
