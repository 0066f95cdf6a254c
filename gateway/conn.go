package gateway

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// Conn is the server's side of a websocket. Any goroutine may send on it: what is
// sent waits in a queue, and one goroutine writes all that waits at once. Nothing
// else writes to the socket, pings and closes included.
//
// A connection goes through its phases in this order and may leave some out:
//
//	open ──► closing ──► gone
//	  └────► cut ─────────┘
//
// The queue holds whole frames. Behind a close frame nothing is queued.
type Conn struct {
	server  *Server
	net     net.Conn // the socket, and what of it was read with the handshake
	sock    *socket  // nil when it is none of the server's
	remote  string
	session Session

	wake     chan struct{} // holds one token when there is something to do for the writer
	written  chan struct{} // closed when the writer has ended
	timer    *time.Timer   // of the next ping
	inbox    []byte        // the message under way; reused for each
	dropping bool          // what comes of the message under way
	intake   *rate.Limiter // nil: no bound

	mu       sync.Mutex
	phase    phase
	queue    []byte    // frames that wait
	sending  int       // bytes of frames that are being written
	large    [2]int    // bytes of large messages, held of the server's budget: in the queue, and being written
	spare    []byte    // the queue before, reused
	closing  []byte    // the close frame, once there is one
	leaving  []byte    // the close frame to send after the message under way
	working  bool      // the session has a message
	deadline time.Time // for all that is still to come, once there is a close frame
	born     time.Time
	ponged   time.Time
	pings    [pingsKept]int64 // payloads of the last ones, zero for none
}

// phase is how far the end of a connection has come.
type phase uint8

const (
	open    phase = iota // takes messages
	closing              // all that was queued is still sent, then the close frame
	cut                  // only the close frame is still sent
	gone                 // nothing is sent
)

// keptBuffer is how large a buffer may be, in bytes, that a connection keeps until
// the next ping.
const keptBuffer = 64 << 10

func newConn(s *Server, c net.Conn) *Conn {
	conn := &Conn{
		server: s, net: c, remote: c.RemoteAddr().String(),
		wake: make(chan struct{}, 1), written: make(chan struct{}),
	}
	conn.sock = socketOf(c)
	if n := s.limits.MessagesPerSecond; n > 0 {
		conn.intake = rate.NewLimiter(rate.Limit(n), n)
	}
	conn.born = s.clock()
	conn.ponged = conn.born
	return conn
}

// Remote returns the address of the peer.
func (c *Conn) Remote() string { return c.remote }

// Send queues a text message. It returns false when the connection takes no more:
// it ends, or ends now with 1008 because more than its bound would wait. A message
// longer than the bound is taken when nothing else waits.
func (c *Conn) Send(text []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := frameSize(len(text))
	if !c.takes(n, true) {
		return false
	}
	if n >= LargeAnswer {
		c.large[0] += n
		c.server.answers.Force(c.address(), n)
	}
	c.queue = AppendFrame(c.queue, text)
	c.wakeWriter()
	return true
}

// address returns that of the peer, if it is one of the network.
func (c *Conn) address() netip.Addr {
	if c.sock == nil {
		return netip.Addr{}
	}
	return c.sock.ip
}

// SendFrames queues whole frames made by AppendFrame, as Send does with a text. It
// copies them.
func (c *Conn) SendFrames(frames []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(frames) == 0 || !c.takes(len(frames), framedSize(frames) == len(frames)) {
		return false
	}
	c.queue = append(c.queue, frames...)
	c.wakeWriter()
	return true
}

// OfferFrames queues whole frames, of which there is at least one, if no more than
// most bytes wait with them, nor more than the connection's bound. It returns false
// when they would, which does not end the connection, or when it ends.
func (c *Conn) OfferFrames(frames []byte, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	most = min(most, c.server.limits.QueueBytes)
	if c.phase != open || !c.room(len(frames), framedSize(frames) == len(frames), most) {
		return false
	}
	c.queue = append(c.queue, frames...)
	c.wakeWriter()
	return true
}

// Queued returns how many bytes wait to be taken by the operating system.
func (c *Conn) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) + c.sending
}

// Close ends the connection with a code and a reason: after the message that the
// session has, if it has one, and after what is queued.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	frame := closeFrame(code, reason)
	if c.working {
		if c.leaving == nil {
			c.leaving = frame
		}
		return
	}
	c.beginClose(frame)
}

// CloseSlow ends the connection with 1008 and a reason because its peer does not
// take what is sent. What waits is dropped.
func (c *Conn) CloseSlow(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cutOff(reason)
}

// takes reports whether n more bytes may be queued. If they are too many the
// connection ends.
func (c *Conn) takes(n int, single bool) bool {
	if c.phase == open && !c.room(n, single, c.server.limits.QueueBytes) {
		c.cutOff("slow consumer: too much waits to be sent")
	}
	return c.phase == open
}

// room reports whether no more than most bytes wait with n more. A single message
// may be longer than that if nothing else waits.
func (c *Conn) room(n int, single bool, most int) bool {
	waits := len(c.queue) + c.sending
	return waits+n <= most || planted.Bug == planted.QueueUnbounded || single && waits == 0
}

func (c *Conn) wakeWriter() {
	select {
	case c.wake <- struct{}{}:
	default: // it is about to wake up
	}
}

// closeWith ends an open connection with a close frame.
func (c *Conn) closeWith(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beginClose(frame)
}

// beginClose queues the close frame. The rest of the queue has a bounded time.
func (c *Conn) beginClose(frame []byte) {
	if c.phase != open {
		return
	}
	c.phase = closing
	c.closing = frame
	c.queue = append(c.queue, frame...)
	c.deadline = c.server.clock().Add(c.server.limits.CloseWait)
	c.setWriteDeadline(c.deadline)
	c.wakeWriter()
}

// cutOff drops what waits, stops the write under way, and leaves the close frame to
// be sent.
func (c *Conn) cutOff(reason string) {
	if c.phase != open {
		return
	}
	c.server.counters.slowCloses.Add(1)
	c.phase = cut
	c.closing = closeFrame(websocket.ClosePolicyViolation, reason)
	c.queue = append(c.queue[:0], c.closing...)
	c.setWriteDeadline(time.Unix(0, 1))
	c.wakeWriter()
}

// abandon ends a connection whose socket is of no more use.
func (c *Conn) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == open {
		c.phase = gone
		c.queue = nil
		c.setWriteDeadline(time.Unix(0, 1))
	}
	c.wakeWriter()
}

// setWriteDeadline may fail only for a socket that is closed, which a write says as
// well.
func (c *Conn) setWriteDeadline(t time.Time) { _ = c.net.SetWriteDeadline(t) }
