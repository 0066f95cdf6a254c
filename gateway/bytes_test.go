package gateway

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// recorded is a connection of which all that comes is there already, and all that
// leaves is kept.
type recorded struct {
	in   *bytes.Reader
	once sync.Once
	gone chan struct{}

	mu  sync.Mutex
	out bytes.Buffer
}

func (c *recorded) Read(p []byte) (int, error) { return c.in.Read(p) }

func (c *recorded) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

func (c *recorded) Close() error {
	c.once.Do(func() { close(c.gone) })
	return nil
}

func (*recorded) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (*recorded) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }
func (*recorded) SetDeadline(time.Time) error      { return nil }
func (*recorded) SetReadDeadline(time.Time) error  { return nil }
func (*recorded) SetWriteDeadline(time.Time) error { return nil }

// answered returns all that leaves while the server takes what comes.
func answered(t *testing.T, s *Server, in []byte) []byte {
	t.Helper()
	c := &recorded{in: bytes.NewReader(in), gone: make(chan struct{})}
	_ = s.http.ServeConn(c) // how it ends is in what it has written
	select {
	case <-c.gone:
	case <-time.After(pipePatience):
		t.Fatalf("the connection does not end: %q", in)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Bytes()
}

// documented are the statuses that the edge may answer with.
var documented = []int{101, 200, 400, 404, 405, 408, 411, 413, 417, 426, 431, 505} //nolint:gochecknoglobals // a table

// FuzzServe sends whatever bytes to a server with routes of both kinds: the first
// answer is of HTTP and documented, nothing hangs or panics, and what leaves is
// bounded by what has come.
func FuzzServe(f *testing.F) {
	const shake = "GET /echo/x?y=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	for _, seed := range []string{
		"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD /hello HTTP/1.0\r\n\r\n", "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		shake + "\r\n", shake + "\r\n\x81\x851234abcde", shake + "\r\n\x88\x821234\x32\xde", shake + "\r\n\x89\x801234\xff", shake + "Content-Length: 3\r\n\r\nabc",
		strings.Replace(shake, "13", "12", 1) + "\r\n", strings.Replace(shake, "AA==", "A", 1) + "\r\n", strings.Replace(shake, "GET", "POST", 1) + "\r\n",
		"POST /hello HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x00\x05hello",
		"GET /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "",
	} {
		f.Add([]byte(seed))
	}
	clock := func() time.Time { return time.Now() } //nolint:forbidigo,gocritic // sockets need real deadlines
	s := NewServer(Limits{MessageBytes: pipeMost, MessagesPerSecond: -1}, slog.New(slog.DiscardHandler), clock)
	s.HTTP("/hello", func(ctx *fasthttp.RequestCtx) { ctx.SetBodyString("hello") })
	s.Websocket("/echo", func(_ *Handshake, c *Conn) (Session, error) { return parrot{c}, nil })
	f.Fuzz(func(t *testing.T, in []byte) {
		out := answered(t, s, in)
		if n := s.Stats().Panics; n != 0 {
			t.Fatalf("%d panics", n)
		}
		const fixed, factor = 4 << 10, 64
		if len(out) > fixed+factor*len(in) {
			t.Fatalf("%d bytes are answered with %d", len(in), len(out))
		}
		if len(out) == 0 {
			return // nothing had come, or not yet all
		}
		verb, _, _ := strings.Cut(strings.TrimLeft(string(in), "\r\n"), " ")
		r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(out)), &http.Request{Method: verb})
		if err != nil {
			t.Fatalf("%q is answered with %q: %v", in, out, err)
		}
		defer r.Body.Close() //nolint:errcheck // it is in memory
		if r.StatusCode == http.StatusContinue {
			return
		}
		var told struct {
			Code int
			Msg  string
		}
		if !slices.Contains(documented, r.StatusCode) {
			t.Fatalf("%q is answered with %s", in, r.Status)
		}
		if r.StatusCode < 400 || verb == http.MethodHead {
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&told); err != nil || told.Code >= 0 || told.Msg == "" {
			t.Fatalf("%q is answered with %s %+v, %v", in, r.Status, told, err)
		}
	})
}
