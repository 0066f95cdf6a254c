package gateway

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gorilla/websocket"
)

// pingsKept is how many pings may be under way: a pong to any of them counts.
const pingsKept = 4

// beat sends a ping, or ends a connection that is too silent or too old. It runs
// when the timer says so, and nothing else wakes for an idle connection.
func (c *Conn) beat() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != open {
		return
	}
	l, now := &c.server.limits, c.server.clock()
	silent, age := now.Sub(c.ponged), now.Sub(c.born)
	switch {
	case silent >= l.PongWait:
		c.server.counters.silentCloses.Add(1)
		c.beginClose(closeFrame(websocket.ClosePolicyViolation, fmt.Sprintf("no pong for %v", l.PongWait)))
		return
	case age >= l.Life:
		c.beginClose(closeFrame(websocket.CloseGoingAway, fmt.Sprintf("connected for %v", l.Life)))
		return
	}
	if len(c.queue)+c.sending == 0 {
		c.queue, c.spare = nil, nil // whoever is idle keeps no buffers
	}
	copy(c.pings[1:], c.pings[:])
	c.pings[0] = now.UnixMilli()
	var text [20]byte
	c.control(websocket.PingMessage, strconv.AppendInt(text[:0], c.pings[0], 10))
	c.timer.Reset(max(min(l.PingInterval, l.PongWait-silent, l.Life-age), 1))
}

// control queues a control frame. There is always room for these: pings are few
// and pongs are bounded by what the peer may send.
func (c *Conn) control(opcode byte, payload []byte) {
	c.queue = append(appendFrameHead(c.queue, opcode, len(payload)), payload...)
	c.wakeWriter()
}

// pong answers a ping of the peer.
func (c *Conn) pong(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.takes(frameSize(len(payload)), true) {
		c.control(websocket.PongMessage, payload)
	}
}

// gotPong takes a pong of the peer. Only one with the payload of a ping counts.
func (c *Conn) gotPong(payload []byte) {
	sent, err := strconv.ParseInt(string(payload), 10, 64)
	if err != nil || sent == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.pings[:], sent) {
		c.ponged = c.server.clock()
	}
}
