package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

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
		switch {
		case !l.OK && l.Got == nil && l.Want == nil:
			t.Errorf("%s: %s", l.Check, l.Note)
		case !l.OK:
			t.Errorf("%s: %s\n got %s\nwant %s", l.Check, l.Note, l.Got, l.Want)
		case l.Note != nil:
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
