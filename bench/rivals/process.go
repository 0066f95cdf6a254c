package rivals

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// WriterOptions say what a Writer does.
type WriterOptions struct {
	Kind    string
	Dir     string
	Records uint64 // in the store in the end; 0 = appends until it is killed
	GoesOn  bool   // appends again after an error, instead of ending
}

// WriterCommand returns the process that appends numbered records to a store, not
// yet started, so that something can be put in front of it.
func WriterCommand(o WriterOptions) (*exec.Cmd, error) {
	cmd, err := child("write", o.Kind, o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Records > 0 {
		cmd.Env = append(cmd.Env, childRecords+"="+strconv.FormatUint(o.Records, 10))
	}
	if o.GoesOn {
		cmd.Env = append(cmd.Env, childGoesOn+"=1")
	}
	return cmd, nil
}

func child(task, kind, dir string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.Command(self) //nolint:noctx // its owner ends it
	cmd.Env = append(os.Environ(), childTask+"="+task, childKind+"="+kind, childDir+"="+dir)
	return cmd, nil
}

// Writer is a process that appends numbered records to a store.
type Writer struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when all that it said was heard

	mu     sync.Mutex
	acked  uint64
	errors []string
	stderr strings.Builder
}

// Start starts a process made by WriterCommand. Who starts it must wait for it.
func Start(cmd *exec.Cmd) (*Writer, error) {
	w := &Writer{cmd: cmd, done: make(chan struct{})}
	cmd.Stderr = (*writerStderr)(w)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start writer: %w", err)
	}
	go func() {
		defer close(w.done)
		if err := heard(out, w.take); err != nil {
			w.take("error " + err.Error())
		}
	}()
	return w, nil
}

// take takes a line.
func (w *Writer) take(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	word, rest, _ := strings.Cut(line, " ")
	switch n, err := strconv.ParseUint(rest, 10, 64); {
	case word == "ack" && err == nil, word == "ready" && err == nil:
		w.acked = n
	default:
		w.errors = append(w.errors, rest)
	}
}

type writerStderr Writer

func (s *writerStderr) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stderr.Write(p)
}

// Acked returns the last record that was acknowledged; those before it were too.
func (w *Writer) Acked() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.acked
}

// Errors returns the errors that appends ended with.
func (w *Writer) Errors() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.errors...)
}

// Kill ends the process at once.
func (w *Writer) Kill() { _ = w.cmd.Process.Kill() } // it may have ended

// Wait waits until the process has ended, and returns what it said last, to stderr.
func (w *Writer) Wait() (last string, err error) {
	<-w.done // or the pipe is closed before all was heard
	err = w.cmd.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stderr.String(), err //nolint:wrapcheck // the exit code says it
}

// ReadApart is Read in a process of its own.
func ReadApart(kind, dir string) (Outcome, error) {
	cmd, err := child("read", kind, dir)
	if err != nil {
		return Outcome{}, err
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var o Outcome
	if err != nil { // it was killed by what it read
		first, _, _ := strings.Cut(stderr.String(), "\n")
		return Outcome{Panicked: fmt.Sprintf("%v: %s", err, first)}, nil
	}
	if err := json.Unmarshal(out, &o); err != nil {
		return Outcome{}, fmt.Errorf("read outcome %q: %w", out, err)
	}
	return o, nil
}

var _ io.Writer = (*writerStderr)(nil)
