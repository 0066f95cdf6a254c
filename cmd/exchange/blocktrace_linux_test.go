//go:build !386

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// tracedFault is a system call that strace has fail: those of one name that have to do
// with one file, from the given one on. Strace counts for each thread. The goroutine
// that writes the journal changes threads, so when it fails first is left to chance;
// from then on, with ever, every thread fails that comes so far.
type tracedFault struct {
	call string // of the system
	file string // in the data directory
	when int    // from 1
	ever bool
	says string // words of the complaint
}

func (f *tracedFault) String() string {
	return fmt.Sprintf("%s of %s, number %d, for ever: %v", f.call, f.file, f.when, f.ever)
}

// firstSegment is where a short run has all its frames.
const firstSegment = "journal/00000000000000000001"

// tracedFaults are those of a case: beyond what the start takes, which has to succeed.
func tracedFaults(n int) []tracedFault {
	n += 30
	return []tracedFault{
		{"fsync", firstSegment, n, false, "sync through command"},
		{"write", firstSegment, n, false, "append through command"},
		{"fsync", firstSegment, n, true, "sync through command"},
		{"write", firstSegment, n, true, "append through command"},
	}
}

// TestPromiseFailedSyncTraced has system calls of the real exchange fail under a load,
// by strace: the process must end within 100 ms with the reason, try nothing again,
// and have acknowledged nothing of the frame that failed or after it.
//
// Nothing is lost by such an error, so what it cannot show is a kernel that forgets;
// TestPromiseFailedSyncOnDisk does. Its times and calls are those of strace's log.
func TestPromiseFailedSyncTraced(t *testing.T) {
	p := promise.Begin(t, "D9")
	needStrace(t, p)
	cases := promise.Scale(2, 16, 200)
	lag := newLagMeter(t)
	var slowest time.Duration
	bad := 0
	for i := range cases {
		faults := tracedFaults(i)
		f := faults[i%len(faults)]
		took, err := endInTime(func() (time.Duration, error) { return failTraced(t, lag, &f) })
		if err != nil {
			bad++
			t.Errorf("%v: %v", &f, err)
		}
		slowest = max(slowest, took)
	}
	p.Add(cases, bad)
	p.Note(fmt.Sprintf("errors of system calls: slowest exit after %v, no sync was tried again", slowest.Round(time.Millisecond)))
}

// needStrace skips the test where there is no strace, or it may not trace.
func needStrace(t *testing.T, p *promise.Test) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		p.Skip("there is no strace: " + err.Error())
	}
	if out, err := blockCommand(t, "strace", "-f", "-o", os.DevNull, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO", "true"); err != nil {
		p.Skip(fmt.Sprintf("strace may not trace here: %v: %s", err, out))
	}
}

// failTraced runs an exchange under strace and a load until it ends. It returns how
// long that took after the error, without what the machine was late by.
func failTraced(t *testing.T, lag *lagMeter, f *tracedFault) (took time.Duration, err error) {
	t.Helper()
	dir := t.TempDir()
	data, log := filepath.Join(dir, "data"), filepath.Join(dir, "log")
	s := &served{t: t, dir: data}
	when := strconv.Itoa(f.when)
	if f.ever {
		when += "+"
	}
	s.cmd = traced(t, log, []string{"-P", filepath.Join(data, f.file), "-e", "trace=fsync,write,close", "-e", "inject=" + f.call + ":error=EIO:when=" + when},
		"serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "error")
	s.await("token ")
	l := newBlockLoad(t, s, 4)
	_ = s.cmd.Wait() // strace ends as its program did
	answers := l.stop()
	failed, ended, err := readTrace(log)
	took = ended.Sub(failed) - lag.during(failed, ended)
	return took, errors.Join(err, endedByError(s), saysOf(s, f), nothingOfFrame(data, f, answers), recoversAcked(data, answers))
}

// traced returns the program as a process of its own under strace, not yet started.
// The log has a line for each call that is traced, and for each end of a thread.
func traced(t *testing.T, log string, trace []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := process(t, args...)
	self := filepath.Join(t.TempDir(), "exchange") // the name by which TestMain knows it
	if err := os.Symlink(cmd.Path, self); err != nil {
		t.Fatal(err)
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = strace
	cmd.Args = append(append([]string{"strace", "-f", "-q", "-ttt", "-y", "-o", log}, trace...), append([]string{self}, args...)...)
	return cmd
}

// readTrace returns when the first call failed and when the first thread ended after
// it: all do so at once, but each has to wait for strace. It checks that no such call
// was made again.
func readTrace(log string) (failed, ended time.Time, err error) {
	b, err := os.ReadFile(log)
	if err != nil {
		return failed, ended, err
	}
	line := regexp.MustCompile(`^\d+ +(\d+\.\d+) (.*)$`)
	for text := range strings.Lines(string(b)) {
		m := line.FindStringSubmatch(strings.TrimSpace(text))
		if m == nil {
			return failed, ended, fmt.Errorf("strace says %q", text)
		}
		seconds, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return failed, ended, fmt.Errorf("strace says %q: %w", text, err)
		}
		at := time.UnixMicro(int64(seconds * 1e6))
		switch {
		case failed.IsZero():
			if strings.Contains(m[2], "(INJECTED)") {
				failed = at
			}
		case strings.HasPrefix(m[2], "fsync(") || strings.HasPrefix(m[2], "write("):
			return failed, ended, fmt.Errorf("after the error it went on with %s", m[2])
		case ended.IsZero() && strings.HasPrefix(m[2], "+++ exited"):
			ended = at
		}
	}
	if failed.IsZero() || ended.IsZero() {
		return failed, ended, errors.New("nothing failed, or it did not end")
	}
	return failed, ended, nil
}

// saysOf checks that the last words name what failed.
func saysOf(s *served, f *tracedFault) error {
	if said := s.complaints(); !strings.Contains(said, f.says) {
		return fmt.Errorf("it says %q, want %q", said, f.says)
	}
	return nil
}

// nothingOfFrame checks that of what the failed call was for nothing was acknowledged:
// the last frame, when that was written and could not be synced, else what comes after
// the last frame.
func nothingOfFrame(data string, f *tracedFault, answers []blockAnswer) error {
	if f.call == "fsync" {
		return nothingAfter(data, answers)
	}
	report, err := journal.Verify(pipeline.JournalDir(data), nil)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	for _, a := range answers {
		if a.seq > report.LastSeq {
			return fmt.Errorf("command %d was acknowledged, and only command %d was written", a.seq, report.LastSeq)
		}
	}
	return nil
}
