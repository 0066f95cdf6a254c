package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// processTimeout is when a process that does not end by itself is killed.
const processTimeout = 30 * time.Second

// process returns the program as a process of its own, not yet started.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), processTimeout)
	t.Cleanup(cancel)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Args = append([]string{"exchange"}, args...) // the name by which TestMain knows it
	return cmd
}

// TestSignalWhileReading interrupts ingest before anything is on disk: then it
// dies of the signal, at once.
func TestSignalWhileReading(t *testing.T) {
	dir := t.TempDir()
	file, data := filepath.Join(dir, "flow"), filepath.Join(dir, "data")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := process(t, "ingest", file, "--data", data)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(file, os.O_WRONLY, 0) // returns when ingest reads
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // nothing is written
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("ingest ended with %v, want death by SIGTERM", err)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data directory: %v, want that there is none", err)
	}
}

// TestClosedPipe writes to a pipe that nobody reads: whoever did has seen enough,
// which is no failure and no death by SIGPIPE.
func TestClosedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := process(t, "version")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	err = cmd.Run()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("version into a closed pipe: %v, stderr %q", err, &stderr)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
