package main

import (
	"bytes"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

// printed is what a command has printed so far.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// TestServeLeavesNothing serves in this process, with traders, a websocket and a
// reset, and looks for goroutines that are left when it has ended.
func TestServeLeavesNothing(t *testing.T) {
	// The HTTP library keeps one goroutine that writes the date of answers for all
	// servers there will ever be, and two that notice only ten seconds later that
	// there is nothing left to clean.
	const library = "github.com/valyala/fasthttp."
	defer goleak.VerifyNone(
		t, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction(library+"updateServerDate.func1"),
		goleak.IgnoreAnyFunction(library+"(*workerPool).Start.func2"), goleak.IgnoreAnyFunction(library+"(*HostClient).connsCleaner"),
	)
	dir := t.TempDir()
	var out, complaints printed
	ended := make(chan int, 1)
	go func() {
		ended <- run([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0", "--demo", "--allow-reset"}, &out, &complaints)
	}()
	eventually(t, func() error {
		if !strings.Contains(out.String(), "\nkey bob ") {
			return errors.New(complaints.String())
		}
		return nil
	})
	token, err := readToken(filepath.Join(dir, tokenFile))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	s := &served{t: t, dir: dir, url: strings.TrimPrefix(first, "listening "), token: token}
	conn, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/ws/btcusdt@trade", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	s.must("POST", "/x/v1/reset", "")
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("the websocket was told of the reset by %v", err)
	}
	_ = conn.Close()
	s.must("GET", "/api/v3/ping", "")
	http.DefaultClient.CloseIdleConnections()
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d: %s", code, complaints.String())
	}
}
