package gateway

import (
	"errors"
	"net"
	"os"
	"time"
)

// The writer: the one goroutine of a connection that writes to its socket. The
// system call is what a message costs, so all that waits goes out in one.

// lastWait bounds the write of a close frame to a peer that took nothing else, and
// the time for its answer.
const lastWait = time.Second

// writeAll writes what is queued until the connection ends.
func (c *Conn) writeAll() {
	defer close(c.written)
	for range c.wake {
		for {
			batch, more := c.take()
			if len(batch) == 0 {
				if more {
					break
				}
				c.endRead()
				return
			}
			c.server.counters.messagesOut.Add(uint64(countFrames(batch)))
			c.server.counters.writesOut.Add(1)
			if err := c.write(batch); err != nil {
				c.fail()
			}
			c.wrote(batch)
		}
	}
}

// take returns what is queued, which is then being sent. More is false when
// nothing will be queued any more.
func (c *Conn) take() (batch []byte, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == gone {
		return nil, false
	}
	batch = c.queue
	c.queue, c.spare = c.spare[:0], nil
	c.sending = len(batch)
	c.large[0], c.large[1] = 0, c.large[0]
	return batch, c.phase == open
}

// wrote gives the buffer of a batch back.
func (c *Conn) wrote(batch []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sending = 0
	c.letGo(&c.large[1])
	if cap(batch) <= keptBuffer || len(c.queue) > keptBuffer {
		c.spare = batch[:0]
	}
	if len(c.queue) == 0 && cap(c.queue) > keptBuffer {
		c.queue = nil
	}
}

// letGo gives back what large messages have held.
func (c *Conn) letGo(held *int) {
	if *held > 0 {
		c.server.answers.Give(c.address(), *held)
		*held = 0
	}
}

// write writes a batch. It goes on as long as the peer takes something, over TLS a
// whole record, and stops when the connection is cut.
func (c *Conn) write(batch []byte) error {
	for at := 0; ; {
		if !c.arm() {
			return c.writeLast(restOfFrame(batch, at))
		}
		n, err := c.net.Write(batch[at:c.pieceEnd(batch, at)])
		at += n
		switch {
		case err == nil && at == len(batch):
			return nil
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err //nolint:wrapcheck // it is not told to anybody
		case n == 0:
			c.CloseSlow("slow consumer: took nothing for " + c.server.limits.StallTimeout.String())
		}
	}
}

// pieceEnd returns how far of a batch is written at once, from at on.
func (c *Conn) pieceEnd(batch []byte, at int) int {
	if c.sock == nil || c.sock.over == nil {
		return len(batch)
	}
	return min(len(batch), at+tlsRecord)
}

// arm sets the deadline of the next write. It returns false when there is to be
// none: the connection was cut, or has had its time to close.
func (c *Conn) arm() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.server.clock()
	switch c.phase {
	case open:
		c.setWriteDeadline(now.Add(c.server.limits.StallTimeout))
		return true
	case closing:
		c.setWriteDeadline(c.deadline)
		return now.Before(c.deadline)
	default:
		return false
	}
}

// writeLast ends a frame that was written in part, and sends the close frame after
// it. The peer may not read at the moment; a larger send buffer lets both wait for
// it where it finds them.
func (c *Conn) writeLast(rest []byte) error {
	if c.sock != nil {
		_ = c.sock.sendBuffer(4 * c.server.limits.SocketBytes) // then the write waits
	}
	c.mu.Lock()
	last := append(append([]byte(nil), rest...), c.closing...)
	c.queue = nil
	c.deadline = c.server.clock().Add(lastWait)
	c.setWriteDeadline(c.deadline)
	gone := c.phase == gone
	c.mu.Unlock()
	if gone {
		return net.ErrClosed
	}
	_, err := c.net.Write(last)
	return err //nolint:wrapcheck // it is not told to anybody
}

// fail ends a connection whose socket cannot be written to.
func (c *Conn) fail() {
	c.mu.Lock()
	c.phase = gone
	c.queue = nil
	c.mu.Unlock()
	_ = c.net.Close() // so that the reader ends
}

// endRead gives the peer until the deadline to answer the close frame.
func (c *Conn) endRead() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.net.SetReadDeadline(c.deadline) // if it fails the reader has ended
}
