package memory

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

func compile(ctx context.Context, root, dir string) (string, error) {
	program := filepath.Join(dir, "exchange")
	b := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/exchange")
	b.Dir = root
	if said, err := b.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the exchange: %w: %s", err, said)
	}
	return program, nil
}

// server is an exchange that serves in a process of its own.
type server struct {
	address string
	dir     string
	process *exec.Cmd
}

// start starts an exchange that is empty.
func start(ctx context.Context, program string) (*server, error) {
	dir, err := os.MkdirTemp("", "exchange")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	s := &server{dir: dir}
	s.process = exec.CommandContext(ctx, program, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--log-level", "error", "--pprof", "--ping-interval", "1h", "--pong-wait", "2h")
	s.process.Env = append(os.Environ(), "EXCHANGE_ADMIN_TOKEN=of-this-measurement", "GOMEMLIMIT=off", "GOGC=100")
	s.process.Stderr = os.Stderr
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the exchange: %w", err)
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start the exchange: %w", err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "listening http://"); ok {
			s.address = address
		}
		if strings.HasPrefix(lines.Text(), "token ") { // the last line
			go func() { _, _ = io.Copy(io.Discard, out) }() // until the process has ended
			return s, nil
		}
	}
	return nil, errors.Join(errors.New("the exchange did not say where it is"), s.stop())
}

func (s *server) stop() error {
	err := s.process.Process.Signal(os.Interrupt)
	if err != nil {
		err = s.process.Process.Kill()
	}
	_ = s.process.Wait() // how it ended is of no interest
	if removing := os.RemoveAll(s.dir); err == nil {
		err = removing
	}
	if err != nil {
		return fmt.Errorf("stop the exchange: %w", err)
	}
	return nil
}

// use is the memory that a server uses, in bytes.
type use struct {
	live     int64 // on the heap, and stacks
	resident int64 // as the system sees it; 0 where it does not say
}

// use has the server collect its garbage, and asks what is left.
func (s *server) use(ctx context.Context) (use, error) {
	var u use
	for range 2 { // what the first collection finds in pools goes with the second
		text, err := s.profile(ctx)
		if err != nil {
			return u, err
		}
		heap, err := figure(text, "# HeapAlloc = ")
		if err != nil {
			return u, err
		}
		stacks, err := figure(text, "# Stack = ")
		if err != nil {
			return u, err
		}
		u.live = heap + stacks
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return u, nil //nolint:nilerr // this system does not say
	}
	kilobytes, err := figure(string(status), "VmRSS:")
	u.resident = kilobytes << 10
	return u, err
}

func (s *server) profile(ctx context.Context) (string, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/debug/pprof/heap?gc=1&debug=1", http.NoBody)
	if err != nil {
		return "", fmt.Errorf("ask what the exchange holds: %w", err)
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return "", fmt.Errorf("ask what the exchange holds: %w", err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return "", fmt.Errorf("ask what the exchange holds: %w", err)
	}
	return string(text), nil
}

// figure returns the number behind a mark.
func figure(text, mark string) (int64, error) {
	_, rest, _ := strings.Cut(text, mark)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, fmt.Errorf("nothing is said of %q", mark)
	}
	n, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read what is said of %q: %w", mark, err)
	}
	return n, nil
}
