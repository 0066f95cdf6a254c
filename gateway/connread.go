package gateway

import (
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// serve upgrades the connection, opens its session and reads until it ends.
func (c *Conn) serve(r *http.Request, open Open) {
	defer c.server.unregister(c)
	defer func() { _ = c.net.Close() }() // it may be closed already
	c.setWriteDeadline(c.server.clock().Add(c.server.limits.WriteTimeout))
	answer := &hijacked{conn: c, header: http.Header{}}
	session, refusal := c.open(r, open)
	if refusal != nil {
		answer.refuse(refusal)
		return
	}
	defer c.contain(session.Closed)
	c.server.attach(c, session)
	ws, err := c.server.upgrader.Upgrade(answer, r, nil)
	if err != nil {
		c.server.counters.badRequests.Add(1)
		return
	}
	c.server.counters.upgrades.Add(1)
	c.upgraded = true
	if c.sock != nil {
		_ = c.sock.sendBuffer(c.server.limits.SocketBytes) // what the system gives is good as well
	}
	go c.writeAll()
	c.startPings()
	err = c.readAll(ws)
	c.timer.Stop()
	c.abandon()
	<-c.written
	if ended := (*websocket.CloseError)(nil); !errors.As(err, &ended) {
		// A socket that is closed with something unread takes back what was sent last.
		if c.sock != nil {
			_ = c.sock.closeWrite() // so that the peer ends too; if it fails time is up soon
		}
		_, _ = io.Copy(io.Discard, c.net) // until the deadline that the writer set
	}
}

// open has the session opened, and contains its panic.
func (c *Conn) open(r *http.Request, open Open) (session Session, refusal *Refusal) {
	defer func() {
		if p := recover(); p != nil {
			c.server.panicked(p, "path", r.URL.Path)
			refusal = unknownError()
		}
	}()
	session, err := open(&Handshake{Path: r.URL.Path, Query: r.URL.RawQuery, Remote: c.remote}, c)
	if err == nil {
		return session, nil
	}
	if !errors.As(err, &refusal) {
		c.server.log.warn("a session could not be opened", "path", r.URL.Path, "err", err)
		refusal = unknownError()
	}
	return nil, refusal
}

// readAll hands messages to the session until the connection ends, and returns
// how it did.
func (c *Conn) readAll(ws *websocket.Conn) error {
	ws.SetReadLimit(int64(c.server.limits.MessageBytes))
	ws.SetPingHandler(func(payload string) error {
		if c.counted() {
			c.pong(payload)
		}
		return nil
	})
	ws.SetPongHandler(func(payload string) error {
		if c.counted() {
			c.gotPong(payload)
		}
		return nil
	})
	ws.SetCloseHandler(func(code int, _ string) error {
		c.closeWith(closeFrame(code, ""))
		return nil
	})
	for {
		kind, r, err := ws.NextReader()
		if err != nil {
			return err //nolint:wrapcheck // it is only looked at
		}
		if !c.counted() {
			continue // what comes until the peer has closed is dropped
		}
		if kind != websocket.TextMessage {
			c.Close(websocket.CloseUnsupportedData, "only text messages are taken")
			continue
		}
		if c.inbox, err = appendMessage(c.inbox[:0], r); err != nil {
			return err
		}
		if !utf8.Valid(c.inbox) {
			c.Close(websocket.CloseInvalidFramePayloadData, "a text message is not UTF-8")
			continue
		}
		c.contain(c.deliver)
		if cap(c.inbox) > keptInbox {
			c.inbox = nil
		}
	}
}

// keptInbox is how large a buffer may be, in bytes, that stays for the next message.
const keptInbox = 4 << 10

// appendMessage reads a whole message into dst. It is bounded by the read limit.
func appendMessage(dst []byte, r io.Reader) ([]byte, error) {
	const first = 512
	for {
		if len(dst) == cap(dst) {
			dst = append(make([]byte, 0, max(first, 2*cap(dst))), dst...)
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return dst, err //nolint:wrapcheck // it only ends the loop
		}
	}
}

// counted counts a message or control frame in. It returns false when the
// connection takes none any more.
func (c *Conn) counted() bool {
	c.server.counters.messagesIn.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != open {
		return false
	}
	if c.intake != nil && !c.intake.AllowN(c.server.clock(), 1) {
		c.server.counters.floodCloses.Add(1)
		c.beginClose(closeFrame(websocket.ClosePolicyViolation, "too many messages"))
		return false
	}
	return true
}

// deliver hands the session the message in the inbox. A close that was asked for
// meanwhile follows it.
func (c *Conn) deliver() {
	c.mu.Lock()
	c.working = true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.working = false
		if c.leaving != nil {
			c.beginClose(c.leaving)
		}
	}()
	c.session.Message(c.inbox)
}

// contain calls f of the session. If it panics the connection ends.
func (c *Conn) contain(f func()) {
	defer func() {
		if r := recover(); r != nil {
			c.server.panicked(r, "remote", c.remote)
			c.Close(websocket.CloseInternalServerErr, "internal error")
		}
	}()
	f()
}

// attach makes session that of c.
func (s *Server) attach(c *Conn, session Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.session = session
	if s.stopping {
		c.Close(websocket.CloseGoingAway, "the server stops")
	}
}

// startPings starts the timer of pings.
func (c *Conn) startPings() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(c.server.limits.PingInterval, c.beat)
}
