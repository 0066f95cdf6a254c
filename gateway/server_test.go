package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"github.com/seed-7d4c2414/exchange/gateway"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(
		m,
		// Both belong to the HTTP server, which does not end them: one keeps the Date
		// header, the other looks for idle workers every ten seconds.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

func wall() time.Time {
	return time.Now() //nolint:forbidigo // sockets need real deadlines
}

// site is a server under test.
type site struct {
	*gateway.Server
	addr string
	log  *lockedBuilder
}

// echo is a session that sends back what it gets, and does what some texts say.
type echo struct {
	conn *gateway.Conn
	site *echoes
}

type echoes struct {
	mu     sync.Mutex
	open   []*echo
	closed int
	hold   chan struct{} // if there is one, farewells wait until it is closed
}

func (e *echoes) start(h *gateway.Handshake, c *gateway.Conn) (gateway.Session, error) {
	switch h.Query {
	case "refuse":
		return nil, &gateway.Refusal{Status: 400, Code: -1194, Text: "no"}
	case "panic":
		panic("open")
	}
	s := &echo{conn: c, site: e}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open = append(e.open, s)
	return s, nil
}

func (s *echo) Message(text []byte) {
	switch string(text) {
	case "panic":
		panic("message")
	case "bye":
		s.conn.Close(4000, "as asked")
	}
	s.conn.Send(text)
}

func (s *echo) Farewell() []byte {
	if s.site.hold != nil {
		<-s.site.hold
	}
	return []byte("farewell")
}

func (s *echo) Closed() {
	s.site.mu.Lock()
	defer s.site.mu.Unlock()
	s.site.closed++
}

func (e *echoes) count() (open, closed int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.open), e.closed
}

// serve starts a server with an echo at /echo and handlers at /hello and /panic.
func serve(t *testing.T, l gateway.Limits) (*site, *echoes) {
	t.Helper()
	if l.CloseWait == 0 {
		l.CloseWait = 200 * time.Millisecond // peers without a library do not answer
	}
	log := &lockedBuilder{}
	s := &site{Server: gateway.NewServer(l, slog.New(slog.NewTextHandler(log, nil)), wall), log: log}
	e := &echoes{}
	s.HTTP("/hello/", func(ctx *fasthttp.RequestCtx) { ctx.SetBodyString("hello") })
	s.HTTP("/hello/deep", func(ctx *fasthttp.RequestCtx) { ctx.SetBodyString("deep") })
	s.HTTP("/panic", func(*fasthttp.RequestCtx) { panic("handler") })
	s.Websocket("/echo", e.start)
	addr, err := s.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = addr.String()
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if open, closed := e.count(); open != closed {
			t.Errorf("%d sessions were opened, %d closed", open, closed)
		}
	})
	return s, e
}

type lockedBuilder struct {
	mu sync.Mutex
	strings.Builder
}

func (b *lockedBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.String()
}

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}

func (s *site) dial(t *testing.T, path string) *websocket.Conn {
	t.Helper()
	c, r, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+s.addr+path, nil)
	if err != nil {
		t.Fatalf("dial %s: %v", path, err)
	}
	_ = r.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// raw sends text over a connection and returns all that comes back.
func (s *site) raw(t *testing.T, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(wall().Add(5 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	all, _ := io.ReadAll(c)
	return string(all)
}

func get(t *testing.T, url string) (status int, contentType, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header.Get("Content-Type"), string(text)
}

func TestRoutes(t *testing.T) {
	s, _ := serve(t, gateway.Limits{})
	for _, c := range []struct {
		path   string
		status int
		body   string
	}{
		{"/hello", 200, "hello"},
		{"/hello/there", 200, "hello"},
		{"/hello/deep/er", 200, "deep"},
		{"/helloween", 404, `{"code":-1020,"msg":"This operation is not supported."}`},
		{"/", 404, `{"code":-1020,"msg":"This operation is not supported."}`},
		{"/panic", 500, `{"code":-1000,"msg":"An unknown error occurred while processing the request."}`},
		{"/echo", 426, `{"code":-1020,"msg":"This operation is not supported."}`},
	} {
		status, kind, body := get(t, "http://"+s.addr+c.path)
		if status != c.status || body != c.body {
			t.Errorf("%s: %d %s, want %d %s", c.path, status, body, c.status, c.body)
		}
		if c.status >= 400 && kind != gateway.JSONType {
			t.Errorf("%s: content type %s", c.path, kind)
		}
	}
	if n := s.Stats(); n.Panics != 1 || n.Requests != 7 {
		t.Errorf("%+v", n)
	}
}

// What cannot be read as a request is answered in JSON, and nothing of it is
// logged.
func TestBadRequests(t *testing.T) {
	s, _ := serve(t, gateway.Limits{BodyBytes: 100, HeaderBytes: 1000, ReadTimeout: 200 * time.Millisecond})
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"body", "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" + strings.Repeat("x", 101), 413},
		{"head", "GET /hello HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: secret\r\nX: " + strings.Repeat("x", 2000) + "\r\n\r\n", 431},
		{"no HTTP", "hello\r\n\r\n", 400},
		{"slow body", "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx", 408},
		{"two lengths", "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400},
		{"two ends", "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"two ends, the other way", "POST /hello HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n", 400},
		{"chunks", "POST /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
		{"a fold", "GET /hello HTTP/1.1\r\nHost: x\r\nX: y\r\n z\r\n\r\n", 400},
		{"a fold with a colon", "GET /hello HTTP/1.1\r\nHost: x\r\nX: y\r\n\tX-MBX-APIKEY: z\r\n\r\n", 400},
		{"two keys", "GET /hello HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: a\r\nx-mbx-apikey: b\r\n\r\n", 400},
		{"two tokens", "GET /hello HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: a\r\n\r\n", 400},
		{"many headers", "GET /hello HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 64) + "\r\n", 431},
		{"a bare line feed", "GET /hello HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400},
		{"a bare line feed at the end", "GET /hello HTTP/1.1\r\nHost: x\r\nX: y\n\r\n\r\n", 400},
		{"a blank in a name", "GET /hello HTTP/1.1\r\nHost: x\r\nX Y: z\r\n\r\n", 400},
		{"an expectation", "GET /hello HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n", 417},
		{"an absolute target", "GET http://x/hello HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"a path that goes up", "GET /other/../hello HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"a slash behind an escape", "GET /hello%2Fx HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"a fragment", "GET /hello?a=1#&b=2 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"version", "GET /hello HTTP/2.0\r\nHost: x\r\n\r\n", 505},
		{"bad token", "GET /hello HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\r\n\r\n", 400},
		{"bad key", "GET /hello HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: secret\x01\"\r\n\r\n", 400},
		{"no version", "GET /hello/secret\r\n\r\n", 400},
		{"blank in the query", "GET /hello?signature= secret HTTP/1.1\r\nHost: x\r\n\r\n", 400},
	} {
		r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(s.raw(t, c.request))), nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		var answer struct {
			Code int
			Msg  string
		}
		if err := json.Unmarshal(body, &answer); err != nil || answer.Msg == "" || r.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, r.StatusCode, body, c.status)
		}
	}
	if n := s.Stats().BadRequests; n != 26 {
		t.Errorf("%d bad requests counted", n)
	}
	if text := s.log.String(); !strings.Contains(text, "invalid header value") || strings.Contains(text, "secret") {
		t.Errorf("the log says %s", text)
	}
	most := "GET /hello HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 62) + "Connection: close\r\n\r\n"
	if got := s.raw(t, most); !strings.HasPrefix(got, "HTTP/1.1 200 OK") {
		t.Errorf("with as many headers as may be: %s", got)
	}
}

func TestEcho(t *testing.T) {
	s, e := serve(t, gateway.Limits{})
	c := s.dial(t, "/echo/some/where")
	for i := range 100 {
		text := strings.Repeat("x", i*i)
		if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if kind, got, err := c.ReadMessage(); err != nil || kind != websocket.TextMessage || string(got) != text {
			t.Fatalf("%d bytes: got %d of kind %d, %v", len(text), len(got), kind, err)
		}
	}
	if err := c.WriteMessage(websocket.TextMessage, []byte("bye")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.ReadMessage(); string(got) != "bye" { // the answer comes before the close
		t.Errorf("got %s, %v", got, err)
	}
	if _, _, err := c.ReadMessage(); fmt.Sprint(err) != "websocket: close 4000: as asked" {
		t.Error(err)
	}
	waitFor(t, "the session to be closed", func() bool { _, closed := e.count(); return closed == 1 })
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := wall().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if wall().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}
