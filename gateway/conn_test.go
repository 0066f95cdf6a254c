package gateway_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/gateway"
)

// peer is the client's side of a websocket without a library: it sends and receives
// frames as they are.
type peer struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

const handshake = "GET %s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// knock sends a handshake with more bytes behind it in the same packet.
func (s *site) knock(t *testing.T, path string, early ...byte) *peer {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	p := &peer{Conn: c, t: t, r: bufio.NewReader(c)}
	_ = c.SetDeadline(wall().Add(10 * time.Second))
	if _, err := c.Write(append(fmt.Appendf(nil, handshake, path), early...)); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(p.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusSwitchingProtocols || r.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("%s, %v", r.Status, r.Header)
	}
	return p
}

// masked returns a frame as a client sends it.
func masked(head byte, payload string) []byte {
	f := []byte{head}
	switch n := len(payload); {
	case n < 126:
		f = append(f, 0x80|byte(n))
	case n < 1<<16:
		f = binary.BigEndian.AppendUint16(append(f, 0x80|126), uint16(n))
	default:
		f = binary.BigEndian.AppendUint64(append(f, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	f = append(f, mask[:]...)
	for i := range len(payload) {
		f = append(f, payload[i]^mask[i%4])
	}
	return f
}

// receive returns the next frame: its first byte and its payload.
func (p *peer) receive() (head byte, payload string, err error) {
	var two [2]byte
	if _, err := io.ReadFull(p.r, two[:]); err != nil {
		return 0, "", err
	}
	n := uint64(two[1])
	switch n {
	case 126:
		var b [2]byte
		_, err = io.ReadFull(p.r, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, err = io.ReadFull(p.r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	if err != nil {
		return 0, "", err
	}
	text := make([]byte, n)
	_, err = io.ReadFull(p.r, text)
	return two[0], string(text), err
}

func (p *peer) want(head byte, payload string) {
	p.t.Helper()
	h, got, err := p.receive()
	if err != nil || h != head || got != payload {
		p.t.Errorf("received %x %.100q, %v, want %x %.100q", h, got, err, head, payload)
	}
}

func closing(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

// wantClosed checks that a close frame comes, and after it nothing. Unless it is
// itself an answer it is answered.
func (p *peer) wantClosed(code uint16, reason string, isAnswer bool) {
	p.t.Helper()
	p.want(0x88, closing(code, reason))
	if !isAnswer {
		if _, err := p.Write(masked(0x88, closing(code, ""))); err != nil {
			p.t.Error(err)
		}
	}
	if head, payload, err := p.receive(); !errors.Is(err, io.EOF) {
		p.t.Errorf("received %x %q after the close, %v", head, payload, err)
	}
}

// The conformance to RFC 6455 that clients rely on.
func TestFrames(t *testing.T) {
	s, e := serve(t, gateway.Limits{MessageBytes: 1_000})
	long := strings.Repeat("x", 1_001)
	for _, c := range []struct {
		name   string
		send   []byte
		code   uint16
		reason string
	}{
		{"no mask", []byte{0x81, 1, 'x'}, 1002, "a frame is not masked"},
		{"reserved bit", masked(0xc1, "x"), 1002, "a reserved bit is set"},
		{"unknown opcode", masked(0x83, "x"), 1002, "a frame is of an unknown kind"},
		{"continuation of nothing", masked(0x80, "x"), 1002, "a frame goes on with no message"},
		{"control in parts", masked(0x09, "x"), 1002, "a control frame is in parts"},
		{"long control", masked(0x89, long[:126]), 1002, "a control frame is longer than 125 bytes"},
		{"two messages at a time", append(masked(0x01, "x"), masked(0x81, "y")...), 1002, "a message begins within another"},
		{"binary", masked(0x82, "x"), 1003, "only text messages are taken"},
		{"no UTF-8", masked(0x81, "a\xff"), 1007, "a text message is not UTF-8"},
		{"too long", masked(0x81, long), 1009, "a message is longer than 1000 bytes"},
		{"too long in parts", append(masked(0x01, long[:600]), masked(0x80, long[:600])...), 1009, "a message is longer than 1000 bytes"},
		{"bad close code", masked(0x88, closing(1006, "")), 1002, "a close frame has a code that is never sent"},
		{"close", masked(0x88, closing(1000, "bye")), 1000, ""},
		{"close of our own kind", masked(0x88, closing(4321, "bye")), 4321, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := s.knock(t, "/echo")
			p.t = t
			if _, err := p.Write(c.send); err != nil {
				t.Fatal(err)
			}
			p.wantClosed(c.code, c.reason, c.send[0] == 0x88 && c.code != 1002)
		})
	}
	p := s.knock(t, "/echo", append(masked(0x81, "early"), masked(0x89, "ping")...)...)
	p.want(0x81, "early")
	p.want(0x8a, "ping")
	for _, part := range [][]byte{masked(0x01, "in "), masked(0x89, ""), masked(0x00, "three "), masked(0x8a, "unasked"), masked(0x80, "parts")} {
		if _, err := p.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	p.want(0x8a, "")
	p.want(0x81, "in three parts")
	if _, err := p.Write(masked(0x88, "")); err != nil {
		t.Fatal(err)
	}
	p.want(0x88, "")
	waitFor(t, "all sessions to be closed", func() bool { open, closed := e.count(); return open == closed })
}

// A handshake that is refused is answered in HTTP.
func TestRefusedUpgrades(t *testing.T) {
	s, _ := serve(t, gateway.Limits{})
	good := fmt.Sprintf(handshake, "/echo")
	for _, c := range []struct{ name, request, want string }{
		{"by the session", fmt.Sprintf(handshake, "/echo?refuse"), `400 Bad Request {"code":-1194,"msg":"no"}`},
		{"by a panic", fmt.Sprintf(handshake, "/echo?panic"), `500 Internal Server Error {"code":-1000,"msg":"An unknown error occurred while processing the request."}`},
		{
			"version", strings.Replace(good, "Version: 13", "Version: 8", 1) + "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
			`426 Upgrade Required {"code":-1020,"msg":"This operation is not supported."}`,
		},
		{
			"key", strings.Replace(good, "Key: ", "Key: x", 1) + "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
			`400 Bad Request {"code":-1000,"msg":"The header 'Sec-WebSocket-Key' is needed once, with 16 bytes in base64."}`,
		},
		{"elsewhere", strings.Replace(good, "/echo", "/nothing", 1) + "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", `404 Not Found {"code":-1020,"msg":"This operation is not supported."}`},
	} {
		r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(s.raw(t, c.request))), nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if got := r.Status + " " + string(body); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// The server pings with the time, and closes a websocket that does not answer with
// what was sent.
func TestPings(t *testing.T) {
	s, _ := serve(t, gateway.Limits{PingInterval: 20 * time.Millisecond, PongWait: 200 * time.Millisecond})
	p := s.knock(t, "/echo")
	began := wall()
	for wall().Sub(began) < 400*time.Millisecond { // as long as there are pongs
		head, payload, err := p.receive()
		if ms, _ := strconv.ParseInt(payload, 10, 64); err != nil || head != 0x89 || wall().Sub(time.UnixMilli(ms)).Abs() > 5*time.Second {
			t.Fatalf("received %x %q, %v", head, payload, err)
		}
		if _, err := p.Write(masked(0x8a, payload)); err != nil {
			t.Fatal(err)
		}
	}
	for {
		head, payload, err := p.receive()
		if err != nil {
			t.Fatal(err)
		}
		if head == 0x88 {
			if payload != closing(1008, "no pong for 200ms") {
				t.Errorf("closed: %q", payload)
			}
			break
		}
		if _, err := p.Write(masked(0x8a, "12345")); err != nil { // a pong, but to no ping
			break
		}
	}
	if n := s.Stats().SilentCloses; n != 1 {
		t.Errorf("%d silent closes counted", n)
	}
}

// The life of a websocket ends whether that is long or short beside what is between
// two pings.
func TestLife(t *testing.T) {
	for _, between := range []time.Duration{20 * time.Millisecond, time.Hour} {
		s, _ := serve(t, gateway.Limits{PingInterval: between, Life: 100 * time.Millisecond})
		c := s.dial(t, "/echo")
		_ = c.SetReadDeadline(wall().Add(10 * time.Second))
		if _, _, err := c.ReadMessage(); fmt.Sprint(err) != "websocket: close 1001 (going away): connected for 100ms" {
			t.Errorf("pings every %v: %v", between, err)
		}
	}
}

func TestFlood(t *testing.T) {
	s, _ := serve(t, gateway.Limits{MessagesPerSecond: 10})
	c := s.dial(t, "/echo")
	for i := range 20 {
		kind := []int{websocket.TextMessage, websocket.PingMessage, websocket.PongMessage}[i%3]
		if err := c.WriteMessage(kind, nil); err != nil {
			break
		}
	}
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			if fmt.Sprint(err) != "websocket: close 1008 (policy violation): too many messages" {
				t.Error(err)
			}
			break
		}
	}
	if n := s.Stats().FloodCloses; n != 1 {
		t.Errorf("%d closes counted", n)
	}
}

// A panic of a session ends it and nothing else.
func TestSessionPanics(t *testing.T) {
	s, e := serve(t, gateway.Limits{})
	other, c := s.dial(t, "/echo"), s.dial(t, "/echo")
	if err := c.WriteMessage(websocket.TextMessage, []byte("panic")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadMessage(); fmt.Sprint(err) != "websocket: close 1011 (internal server error): internal error" {
		t.Error(err)
	}
	waitFor(t, "the session to be closed", func() bool { _, closed := e.count(); return closed == 1 })
	if err := other.WriteMessage(websocket.TextMessage, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := other.ReadMessage(); string(got) != "x" {
		t.Errorf("another session got %q, %v", got, err)
	}
}

// Sockets are bounded in all and for an address, websockets by a bound of their own,
// and one that ends makes room.
func TestConnectionBounds(t *testing.T) {
	t.Run("address", func(t *testing.T) {
		s, _ := serve(t, gateway.Limits{ConnectionsPerIP: 2})
		a := s.knock(t, "/echo")
		s.knock(t, "/echo")
		if got := s.raw(t, ""); !strings.HasPrefix(got, "HTTP/1.1 429 ") || !strings.HasSuffix(got, `{"code":-1034,"msg":"Too many concurrent connections; current limit is '2'."}`) {
			t.Errorf("the third: %q", got)
		}
		_ = a.Close()
		waitFor(t, "room", func() bool { return s.Stats().Connections == 1 })
		s.knock(t, "/echo")
	})
	t.Run("all", func(t *testing.T) {
		s, _ := serve(t, gateway.Limits{Connections: 1})
		s.knock(t, "/echo")
		if got := s.raw(t, ""); !strings.HasPrefix(got, "HTTP/1.1 429 ") {
			t.Errorf("the second: %q", got)
		}
	})
	t.Run("websockets", func(t *testing.T) {
		s, _ := serve(t, gateway.Limits{Websockets: 1})
		s.knock(t, "/echo")
		if got := s.raw(t, fmt.Sprintf(handshake, "/echo")); !strings.HasPrefix(got, "HTTP/1.1 429 ") {
			t.Errorf("the second: %q", got)
		}
		if status, _, _ := get(t, "http://"+s.addr+"/hello"); status != http.StatusOK {
			t.Errorf("HTTP answers %d", status)
		}
	})
}

// fill sends until the connection takes no more.
func fill(c *gateway.Conn, text []byte) {
	for c.Send(text) {
	}
}

// A peer that does not read is closed, finds whole messages when it reads again, and
// after them the reason.
func TestSlowPeer(t *testing.T) {
	for name, l := range map[string]gateway.Limits{
		"too much waits":   {QueueBytes: 1 << 18},
		"nothing is taken": {QueueBytes: 1 << 30, StallTimeout: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := serve(t, l)
			p := s.knock(t, "/echo")
			waitFor(t, "the session", func() bool { open, _ := e.count(); return open == 1 })
			e.mu.Lock()
			c := e.open[0].conn
			e.mu.Unlock()
			text := []byte(strings.Repeat("x", 5_000))
			if l.StallTimeout == 0 {
				fill(c, text)
			} else {
				for range 4_000 {
					c.Send(text)
				}
			}
			waitFor(t, "the close", func() bool { return s.Stats().SlowCloses == 1 })
			time.Sleep(100 * time.Millisecond) // for the writer to give up
			want := closing(1008, "slow consumer: too much waits to be sent")
			if l.StallTimeout != 0 {
				want = closing(1008, "slow consumer: took nothing for 100ms")
			}
			_ = p.SetDeadline(wall().Add(10 * time.Second))
			for {
				head, payload, err := p.receive()
				if err != nil {
					t.Fatalf("the end without a reason: %v", err)
				}
				if head == 0x88 {
					if payload != want {
						t.Errorf("closed: %q, want %q", payload, want)
					}
					break
				}
				if payload != string(text) {
					t.Fatalf("a message of %d bytes", len(payload))
				}
			}
			if c.Send(text) || c.OfferFrames(gateway.AppendFrame(nil, text), 1<<20) || c.Queued() != 0 {
				t.Error("a closed connection takes messages")
			}
		})
	}
}

// What a peer does not take is bounded, also in what it holds of memory.
func TestQueueIsBounded(t *testing.T) {
	const peers, bound = 20, 1 << 20
	s, e := serve(t, gateway.Limits{QueueBytes: bound, StallTimeout: time.Minute})
	for range peers {
		s.knock(t, "/echo")
	}
	waitFor(t, "the sessions", func() bool { open, _ := e.count(); return open == peers })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	frames := gateway.AppendFrame(nil, []byte(strings.Repeat("x", 1_000)))
	var all sync.WaitGroup
	for _, k := range e.open {
		all.Go(func() {
			for range 20_000 {
				if !k.conn.OfferFrames(frames, bound) && k.conn.Queued() > bound {
					t.Errorf("%d bytes wait", k.conn.Queued())
					return
				}
			}
		})
	}
	all.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 3*peers*bound {
		t.Errorf("%d MB more for %d peers that do not read", grown>>20, peers)
	}
	if n := s.Stats(); n.SlowCloses != 0 {
		t.Errorf("%+v", n)
	}
	s.CloseSessions(1012, "enough") // the peers do not read that either
	waitFor(t, "the sessions to be closed", func() bool { _, closed := e.count(); return closed == peers })
}

// A stop tells sessions, sends what waits, and lets requests under way end.
func TestShutdown(t *testing.T) {
	s, _ := serve(t, gateway.Limits{})
	c := s.dial(t, "/echo")
	if err := c.WriteMessage(websocket.TextMessage, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(ctx) }()
	if _, got, err := c.ReadMessage(); string(got) != "farewell" {
		t.Errorf("%q, %v", got, err)
	}
	if _, _, err := c.ReadMessage(); fmt.Sprint(err) != "websocket: close 1001 (going away): the server stops" {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", s.addr); err == nil {
		t.Error("a connection after the stop")
	}
	if n := s.Stats(); n.Connections != 0 || n.Websockets != 0 {
		t.Errorf("%+v", n)
	}
}

// Those who do not answer the close are cut off when the time is up.
func TestShutdownDeadline(t *testing.T) {
	s, e := serve(t, gateway.Limits{CloseWait: time.Hour})
	s.knock(t, "/echo")
	waitFor(t, "the session", func() bool { open, _ := e.count(); return open == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stopped: %v", err)
	}
	waitFor(t, "the session to be closed", func() bool { _, closed := e.count(); return closed == 1 })
}

// A session that never comes to its farewell does not keep the server.
func TestShutdownWithoutFarewell(t *testing.T) {
	s, e := serve(t, gateway.Limits{})
	e.hold = make(chan struct{})
	defer close(e.hold)
	s.knock(t, "/echo")
	waitFor(t, "the session", func() bool { open, _ := e.count(); return open == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(ctx) }()
	select {
	case err := <-stopped:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stopped: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the server waits for the farewell")
	}
	waitFor(t, "the session to be closed", func() bool { _, closed := e.count(); return closed == 1 })
}

// An idle websocket wakes nobody between its pings.
func TestIdleWritesNothing(t *testing.T) {
	s, _ := serve(t, gateway.Limits{})
	s.knock(t, "/echo")
	time.Sleep(50 * time.Millisecond)
	if n := s.Stats(); n.WritesOut != 0 || n.MessagesOut != 0 || n.Websockets != 1 {
		t.Errorf("%+v", n)
	}
}
