package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// served is an exchange that a process serves.
type served struct {
	t     *testing.T
	cmd   *exec.Cmd
	dir   string
	url   string
	token string
	lines []string // that it printed when it was ready

	mu     sync.Mutex
	stderr bytes.Buffer
}

// Write takes what the process complains about.
func (s *served) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stderr.Write(p)
}

func (s *served) complaints() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stderr.String()
}

// serve starts an exchange on a data directory and waits until it is ready.
func serve(t *testing.T, dir string, flags ...string) *served {
	t.Helper()
	s := &served{t: t, dir: dir}
	s.cmd = process(t, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, flags...)...)
	last := "token "
	if slices.Contains(flags, "--demo") {
		last = "key bob "
	}
	s.await(last)
	return s
}

// await starts the process and waits for a line that begins so, the last one.
func (s *served) await(last string) {
	s.t.Helper()
	s.cmd.Stderr = s
	s.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10") // a second is its default, for each process
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); ; {
		if !lines.Scan() {
			_ = s.cmd.Wait()
			s.t.Fatalf("serve ended before it was ready: %s", s.complaints())
		}
		s.lines = append(s.lines, lines.Text())
		if strings.HasPrefix(lines.Text(), last) {
			break
		}
	}
	s.url = strings.TrimPrefix(s.lines[0], "listening ")
	if s.token, err = readToken(filepath.Join(s.dir, tokenFile)); err != nil {
		s.t.Fatal(err)
	}
}

// ask sends a request with the operator's token.
func (s *served) ask(method, path, body string) (status int, answer string, err error) {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(a.Body)
	return a.StatusCode, strings.TrimSpace(string(b)), err
}

// must sends a request that has to succeed.
func (s *served) must(method, path, body string) string {
	s.t.Helper()
	status, answer, err := s.ask(method, path, body)
	if err != nil || status >= 300 {
		s.t.Fatalf("%s %s %s: %d %s %v\n%s", method, path, body, status, answer, err, s.complaints())
	}
	return answer
}

// status returns where the exchange is.
func (s *served) status() (seq uint64, digest, journal string) {
	s.t.Helper()
	var v struct {
		Seq     uint64 `json:"seq"`
		Digest  string `json:"digest"`
		Journal string `json:"journal"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/x/v1/status", "")), &v); err != nil {
		s.t.Fatal(err)
	}
	return v.Seq, v.Digest, v.Journal
}

// stop ends the process by a signal and returns its exit code.
func (s *served) stop(signal syscall.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd.Wait() // the exit code says it
	return s.cmd.ProcessState.ExitCode()
}

// keys returns what was printed of the demo accounts.
func (s *served) keys() []string {
	var keys []string
	for _, line := range s.lines {
		if strings.HasPrefix(line, "key ") {
			keys = append(keys, line)
		}
	}
	return keys
}

// eventually waits until f returns nothing to complain about.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	const patience = 15 * time.Second
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatal(fmt.Errorf("still after %v: %w", patience, err))
}

// askForwarded sends a request as a proxy does, and returns the status.
func (s *served) askForwarded(path string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = a.Body.Close()
	return a.StatusCode
}

// stamps are the timestamps of signed requests.
type stamps struct{ last atomic.Int64 }

// next returns a timestamp in microseconds that no request has had, so that none is
// taken for another one that comes again.
func (s *stamps) next() int64 {
	for {
		now, last := time.Now().UnixMicro(), s.last.Load()
		now = max(now, last+1)
		if s.last.CompareAndSwap(last, now) {
			return now
		}
	}
}
