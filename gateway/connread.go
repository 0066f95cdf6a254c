package gateway

import (
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// serve opens the session of a connection, upgrades it, and reads until it ends.
func (c *Conn) serve(shake *Handshake, accept string, open Open) {
	defer c.server.unregister(c)
	defer func() { _ = c.net.Close() }() // it may be closed already
	c.setWriteDeadline(c.server.clock().Add(c.server.limits.WriteTimeout))
	session, refusal := c.open(shake, open)
	if refusal != nil {
		refusal.write(c.net, c.server.clock().Add(c.server.limits.WriteTimeout))
		return
	}
	defer c.contain(session.Closed)
	c.server.attach(c, session)
	if _, err := io.WriteString(c.net, switching+accept+"\r\n\r\n"); err != nil {
		c.server.counters.badRequests.Add(1)
		return
	}
	c.server.counters.upgrades.Add(1)
	if c.sock != nil {
		_ = c.sock.sendBuffer(c.server.limits.SocketBytes) // what the system gives is good as well
	}
	go c.writeAll()
	c.startPings()
	err := c.readAll()
	c.timer.Stop()
	c.abandon()
	<-c.written
	c.forget()
	// A socket that is closed with something unread takes back what was sent last.
	if c.sock != nil {
		_ = c.sock.closeWrite() // so that the peer ends too; if it fails time is up soon
	}
	if errors.Is(err, errPeerClosed) { // it has nothing more to say, as far as it keeps to the protocol
		_ = c.net.SetReadDeadline(c.server.clock().Add(lastWait))
	}
	_, _ = io.Copy(io.Discard, c.net) // until this deadline, or the one that the writer set
}

// forget gives back what was held by messages that were not sent. Nothing is queued
// any more, and nothing written.
func (c *Conn) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.letGo(&c.large[0])
	c.letGo(&c.large[1])
}

// open has the session opened, and contains its panic.
func (c *Conn) open(shake *Handshake, open Open) (session Session, refusal *Refusal) {
	defer func() {
		if p := recover(); p != nil {
			c.server.panicked(p, "path", shake.Path)
			refusal = unknownError()
		}
	}()
	session, err := open(shake, c)
	if err == nil {
		return session, nil
	}
	if !errors.As(err, &refusal) {
		c.server.log.warn("a session could not be opened", "path", shake.Path, "err", err)
		refusal = unknownError()
	}
	return nil, refusal
}

// readAll hands messages to the session until the connection ends, and returns
// how it did.
func (c *Conn) readAll() error {
	in := newFrameReader(c.net)
	for {
		h, err := in.next()
		switch {
		case err != nil:
		case h.isControl():
			err = c.takeControl(in, &h)
		default:
			err = c.takePart(in, &h)
		}
		if wrong := (*frameError)(nil); errors.As(err, &wrong) {
			c.closeWith(closeFrame(wrong.code, wrong.reason))
		}
		if err != nil {
			return err
		}
	}
}

// takeControl takes a control frame.
func (c *Conn) takeControl(in *frameReader, h *frameHead) error {
	payload, err := in.control(h)
	if err != nil {
		return err
	}
	switch h.opcode {
	case websocket.CloseMessage:
		code, err := closeCode(payload)
		if err != nil {
			return err
		}
		c.closeWith(closeFrame(code, ""))
		return errPeerClosed
	case websocket.PingMessage:
		if c.counted() {
			c.pong(payload)
		}
	case websocket.PongMessage:
		if c.counted() {
			c.gotPong(payload)
		}
	}
	return nil
}

// takePart takes a frame of a message, and with its last one the message. What comes
// between our close and that of the peer is dropped.
func (c *Conn) takePart(in *frameReader, h *frameHead) (err error) {
	switch {
	case h.opcode != continuation:
		c.inbox = c.inbox[:0]
		c.dropping = !c.counted()
		if !c.dropping && h.opcode != websocket.TextMessage {
			c.Close(websocket.CloseUnsupportedData, "only text messages are taken")
			c.dropping = true
		}
	case h.length == 0 && !h.final && !c.dropping:
		c.dropping = !c.counted() // nothing else bounds how many of these come
	}
	if c.dropping {
		return in.skip(h)
	}
	if c.inbox, err = in.appendPayload(c.inbox, h, c.server.limits.MessageBytes); err != nil || !h.final {
		return err
	}
	if !utf8.Valid(c.inbox) {
		c.Close(websocket.CloseInvalidFramePayloadData, "a text message is not UTF-8")
		return nil
	}
	c.contain(c.deliver)
	if cap(c.inbox) > keptInbox {
		c.inbox = nil
	}
	return nil
}

// keptInbox is how large a buffer may be, in bytes, that stays for the next message.
const keptInbox = 4 << 10

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

// startPings starts the timer of pings, which ends what is too old or too silent too.
func (c *Conn) startPings() {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := &c.server.limits
	c.timer = time.AfterFunc(min(l.PingInterval, l.PongWait, l.Life), c.beat)
}
