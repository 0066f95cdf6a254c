package gateway

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// refuseTimeout bounds how long the accept loop may be held up by an answer to a
// connection that it does not take. It is written into an empty send buffer.
const refuseTimeout = 100 * time.Millisecond

// socketSet counts and bounds the sockets of a server. That is not left to the
// HTTP server, which forgets a connection once it is a websocket.
type socketSet struct {
	limits   Limits
	counters *counters
	clock    func() time.Time
	tls      *tls.Config // nil: connections are plain

	mu   sync.Mutex
	open map[*socket]struct{}
	byIP map[netip.Addr]int
}

func newSocketSet(l Limits, k *counters, clock func() time.Time) *socketSet {
	return &socketSet{
		limits: l, counters: k, clock: clock,
		open: make(map[*socket]struct{}), byIP: make(map[netip.Addr]int),
	}
}

func (t *socketSet) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// add takes a connection, or says why not.
func (t *socketSet) add(c net.Conn) (*socket, *Refusal) {
	k := &socket{Conn: c, set: t}
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		k.ip = a.AddrPort().Addr().Unmap()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.open) >= t.limits.Connections {
		return nil, tooManyClients(t.limits.Connections)
	}
	if most := t.limits.ConnectionsPerIP; most >= 0 && t.byIP[k.ip] >= most {
		return nil, tooManyClients(most)
	}
	t.open[k] = struct{}{}
	t.byIP[k.ip]++
	return k, nil
}

func (t *socketSet) remove(k *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, k)
	if t.byIP[k.ip]--; t.byIP[k.ip] == 0 {
		delete(t.byIP, k.ip)
	}
}

// closeAll closes every socket, whatever it is doing.
func (t *socketSet) closeAll() {
	t.mu.Lock()
	all := make([]*socket, 0, len(t.open))
	for k := range t.open {
		all = append(all, k)
	}
	t.mu.Unlock()
	for _, k := range all {
		_ = k.Close() // it is to be gone, whatever it says
	}
}

// listener accepts what the set takes.
type listener struct {
	net.Listener
	set *socketSet
}

// Accept returns the next connection that is taken; others get an answer and are
// closed.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // the HTTP server looks at it
		}
		k, refusal := l.set.add(c)
		if refusal == nil {
			l.set.counters.accepted.Add(1)
			if l.set.tls != nil {
				return l.set.secure(k), nil
			}
			return k, nil
		}
		l.set.counters.refused.Add(1)
		if l.set.tls == nil { // else nobody waits for a handshake to say so
			refusal.write(c, l.set.clock().Add(refuseTimeout))
		}
		_ = c.Close() // nothing depends on it any more
	}
}

// write writes r as a whole answer of HTTP to a connection that ends with it.
func (r *Refusal) write(c net.Conn, deadline time.Time) {
	body := r.appendJSON(nil)
	_ = c.SetWriteDeadline(deadline) // if it fails the write does
	_, _ = fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n%s",
		r.Status, fasthttp.StatusMessage(r.Status), JSONType, len(body), r.retryLine(), body)
}

// socket is a connection that is counted until it is closed.
type socket struct {
	net.Conn
	set  *socketSet
	ip   netip.Addr
	over *secured // nil: it is plain
	once sync.Once
}

// Read counts what it reads.
func (k *socket) Read(p []byte) (int, error) {
	n, err := k.Conn.Read(p)
	k.set.counters.bytesIn.Add(uint64(n))
	return n, err //nolint:wrapcheck // it is what its caller makes of it
}

// Write counts what it writes.
func (k *socket) Write(p []byte) (int, error) {
	n, err := k.Conn.Write(p)
	k.set.counters.bytesOut.Add(uint64(n))
	return n, err //nolint:wrapcheck // it is what its caller makes of it
}

// Close closes the connection; once is enough.
func (k *socket) Close() error {
	err := net.ErrClosed
	k.once.Do(func() {
		k.set.remove(k)
		err = k.Conn.Close()
	})
	return err //nolint:wrapcheck // it is what its caller makes of it
}

// closeWrite tells the peer that nothing more is sent.
func (k *socket) closeWrite() error {
	if k.over != nil {
		_ = k.over.CloseWrite() // the end of the socket says it as well
	}
	c, ok := k.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return c.CloseWrite() //nolint:wrapcheck // nothing depends on it
}

// sendBuffer asks the operating system for a send buffer of n bytes.
func (k *socket) sendBuffer(n int) error {
	c, ok := k.Conn.(interface{ SetWriteBuffer(bytes int) error })
	if !ok {
		return errors.ErrUnsupported
	}
	return c.SetWriteBuffer(n) //nolint:wrapcheck // nothing depends on it
}
