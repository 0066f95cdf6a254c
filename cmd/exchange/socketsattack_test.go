package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The attacks of the test of slow clients.

// attack is one kind of bad client.
type attack struct {
	name    string
	sockets int           // at a time
	bound   time.Duration // after which one is over, from when it began to be bad
	every   time.Duration // between two of a client; 0: it comes once
	// live is the life of one. It returns when it began to be bad, and an error if it
	// did not end as it has to. It may return a time of zero: then it ends itself.
	live func(v *venue, from string) (bad time.Time, err error)
}

// slowAttacks returns all kinds: those with idle sockets, those that cost more than a
// socket, of which there are few, and the others.
func slowAttacks(idle, few, some int) []attack {
	over := slowTimeout() + time.Second
	return []attack{
		{"slow heads", some, over, 0, slowHead},
		{"slow bodies", some, over, 0, slowBody},
		{"half handshakes", some, over, 0, halfHandshake},
		{"idle sockets", idle, over, 0, idleSocket},
		{"idle between requests", some, over, 0, idleBetween},
		{"deaf over HTTP", few, over + time.Second, 0, deafOverHTTP},
		{"deaf over websockets", few, over + time.Second, 0, deafOverWebsocket},
		{"a byte at a time", few, over + time.Second, 0, hardOfHearing},
		{"silent websockets", some, pongTimeout + time.Second, 0, silentWebsocket},
		{"half a frame", some, pongTimeout + time.Second, 0, halfFrame},
		{"parts of one byte", (few + 2) / 3, pongTimeout + time.Second, 0, partsOfOneByte},
		{"parts of nothing", few, over, 0, partsOfNothing},
		{"floods of pings", few, over, 0, pingFlood},
		{"closes that are not waited for", few, 0, 40 * time.Millisecond, closeAndGo},
		{"connections that are torn down", few, 0, 20 * time.Millisecond, comeAndGo},
		{"websockets that are torn down", few, 0, 40 * time.Millisecond, upgradeAndGo},
	}
}

// attack has all clients of some kinds live for a time, those that come again and
// again for all of it, and waits until the last is over. Each is over within its bound
// and a grace.
func (v *venue) attack(t *testing.T, list []attack, span, grace time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	var all sync.WaitGroup
	for i := range list {
		a := &list[i]
		var lives, wrong atomic.Int64
		for n := range a.sockets {
			from := fmt.Sprintf("127.0.0.%d", 2+n%50)
			all.Go(func() {
				for again := true; again; again = a.every > 0 && ctx.Err() == nil {
					lives.Add(1)
					if err := v.liveOnce(a, from, grace); err != nil && wrong.Add(1) <= 3 {
						t.Errorf("%s: %v", a.name, err)
					}
					pause(ctx, a.every)
				}
			})
		}
		t.Cleanup(func() {
			if !t.Failed() && lives.Load() < int64(a.sockets) {
				t.Errorf("%s: %d lives", a.name, lives.Load())
			}
		})
	}
	all.Wait()
}

// liveOnce is one life of a bad client, which is over in time.
func (v *venue) liveOnce(a *attack, from string, grace time.Duration) error {
	bad, err := a.live(v, from)
	if err != nil {
		return err
	}
	if took := time.Since(bad); !bad.IsZero() && took > a.bound+grace {
		return fmt.Errorf("it was over after %v, want %v", took, a.bound+grace)
	}
	return nil
}

// opened connects, as a websocket if there is a path.
func (v *venue) opened(from, path string) (*socketPeer, error) {
	p, err := v.dialFrom(from)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if path == "" {
		return p, nil
	}
	if err := p.upgrade(path); err != nil {
		_ = p.Close()
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	return p, nil
}

// drips sends something byte by byte, with pauses, until there is an answer.
func (p *socketPeer) drips(b byte) {
	for {
		_ = p.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, err := p.r.Peek(1)
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) || p.say([]byte{b}) != nil {
			_ = p.SetReadDeadline(time.Now().Add(peerPatience))
			return
		}
	}
}

// isTimedOut checks that a request is answered with 408, and that the connection ends.
func (p *socketPeer) isTimedOut() error {
	status, body, _, err := p.answered()
	if err != nil || status != 408 {
		return fmt.Errorf("answered %d %s, %w, want 408", status, body, err)
	}
	_, _ = io.Copy(io.Discard, p.r) // a reset is an end too
	return nil
}

func slowHead(v *venue, from string) (time.Time, error) {
	p, err := v.opened(from, "")
	if err != nil {
		return time.Time{}, err
	}
	defer p.Close() //nolint:errcheck // it is over
	bad := time.Now()
	_, _ = io.WriteString(p, "GET /api/v3/ping HTTP/1.1\r\nHost: x\r\nX: ")
	p.drips('y')
	return bad, p.isTimedOut()
}

func slowBody(v *venue, from string) (time.Time, error) {
	p, err := v.opened(from, "")
	if err != nil {
		return time.Time{}, err
	}
	defer p.Close() //nolint:errcheck // it is over
	bad := time.Now()
	_, _ = io.WriteString(p, "POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8000\r\n\r\n")
	p.drips('y')
	return bad, p.isTimedOut()
}

func halfHandshake(v *venue, from string) (time.Time, error) {
	p, err := v.opened(from, "")
	if err != nil {
		return time.Time{}, err
	}
	defer p.Close() //nolint:errcheck // it is over
	bad := time.Now()
	_, _ = io.WriteString(p, strings.TrimSuffix(handshakeAt("/ws"), "\r\n"))
	return bad, p.isTimedOut()
}

// idleSocket connects and says nothing.
func idleSocket(v *venue, from string) (time.Time, error) {
	bad := time.Now()
	p, err := v.opened(from, "")
	if err != nil {
		return bad, err
	}
	defer p.Close() //nolint:errcheck // it is over
	_, err = io.Copy(io.Discard, p.r)
	return bad, err
}

// idleBetween asks once and then says nothing.
func idleBetween(v *venue, from string) (time.Time, error) {
	p, err := v.opened(from, "")
	if err != nil {
		return time.Time{}, err
	}
	defer p.Close() //nolint:errcheck // it is over
	if status, body, _, err := p.get("/api/v3/ping", ""); err != nil || status != 200 {
		return time.Time{}, fmt.Errorf("answered %d %s, %w", status, body, err)
	}
	bad := time.Now()
	_, err = io.Copy(io.Discard, p.r)
	return bad, err
}

// deafOverHTTP asks for much and reads only when it must be over: some of the answers,
// and then the end.
func deafOverHTTP(v *venue, from string) (bad time.Time, err error) {
	p, err := v.opened(from, "")
	if err != nil {
		return bad, err
	}
	defer p.Close() //nolint:errcheck // it is over
	if c, ok := p.Conn.(*net.TCPConn); ok {
		if err := c.SetReadBuffer(4_096); err != nil { // so that little waits where it does no harm
			return bad, err
		}
	}
	const requests = 1_500
	bad = time.Now()
	if _, err := io.WriteString(p, strings.Repeat("GET /api/v3/exchangeInfo HTTP/1.1\r\nHost: x\r\n\r\n", requests)); err != nil {
		return bad, err
	}
	time.Sleep(slowTimeout() + slowTimeout()/2) // in which it reads nothing
	_ = p.SetDeadline(time.Now().Add(peerPatience))
	n := 0
	for ; err == nil; n++ {
		_, _, _, err = p.answered()
	}
	if n > requests || errors.Is(err, os.ErrDeadlineExceeded) {
		return bad, fmt.Errorf("it is not ended, after %d answers: %w", n-1, err)
	}
	return bad, nil
}

// deafOverWebsocket asks for much and reads nothing before it must be over.
func deafOverWebsocket(v *venue, from string) (bad time.Time, err error) {
	return v.slowReader(from, func(*socketPeer) { time.Sleep(slowTimeout() + slowTimeout()/2) })
}

// hardOfHearing asks for much and reads a byte now and then, so it takes something all
// the time.
func hardOfHearing(v *venue, from string) (bad time.Time, err error) {
	return v.slowReader(from, func(p *socketPeer) {
		var taken []byte
		for end := time.Now().Add(slowTimeout() + slowTimeout()/2); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			var one [1]byte
			if n, err := p.Read(one[:]); err == nil {
				taken = append(taken, one[:n]...)
			}
		}
		p.r = bufio.NewReader(io.MultiReader(bytes.NewReader(taken), p.Conn)) // nothing of it is lost
	})
}

// slowReader asks for much, reads slowly, and then reads what waited for it, whole,
// and why it ended.
func (v *venue) slowReader(from string, slowly func(p *socketPeer)) (bad time.Time, err error) {
	p, err := v.opened(from, "/ws-api/v3?returnRateLimits=false")
	if err != nil {
		return bad, err
	}
	defer p.Close() //nolint:errcheck // it is over
	ask := textFrame(`{"id":1,"method":"exchangeInfo"}`)
	bad = time.Now()
	for range 400 {
		if err := p.say(ask); err != nil {
			break
		}
	}
	slowly(p)
	_ = p.SetDeadline(time.Now().Add(peerPatience))
	got, err := p.untilClosed()
	if !strings.HasPrefix(got, "close:1008 slow consumer: ") {
		return bad, fmt.Errorf("heard %.100q, %w, want 1008", got, err)
	}
	return bad, nil
}

// over reads until a websocket ends for a reason.
func (p *socketPeer) over(reason string) error {
	if got, err := p.untilClosed(); got != reason {
		return fmt.Errorf("heard %.100q, %w, want %s", got, err, reason)
	}
	return nil
}

// silentWebsocket answers no ping.
func silentWebsocket(v *venue, from string) (bad time.Time, err error) {
	bad = time.Now()
	p, err := v.opened(from, "/stream?streams=!ticker@arr")
	if err != nil {
		return bad, err
	}
	defer p.Close() //nolint:errcheck // it is over
	return bad, p.over("close:1008 no pong for 4s")
}

// halfFrame begins a frame, goes on with a byte now and then, and so answers no ping.
func halfFrame(v *venue, from string) (bad time.Time, err error) {
	bad = time.Now()
	p, err := v.opened(from, "/ws")
	if err != nil {
		return bad, err
	}
	defer p.Close() //nolint:errcheck // it is over
	if err := p.say(textFrame(padded(frameMost))[:20]); err != nil {
		return bad, err
	}
	for {
		_ = p.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := p.r.Peek(p.r.Buffered() + 1)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(bad) > pongTimeout-time.Second || p.say([]byte{'x'}) != nil {
			break
		}
	}
	_ = p.SetReadDeadline(time.Now().Add(peerPatience))
	return bad, p.over("close:1008 no pong for 4s")
}

// partsOfOneByte sends a message byte by byte, each in a frame, until it is too long,
// or a pong is missing since that takes its time.
func partsOfOneByte(v *venue, from string) (bad time.Time, err error) {
	p, err := v.opened(from, "/ws-api/v3")
	if err != nil {
		return bad, err
	}
	defer p.Close() //nolint:errcheck // it is over
	if err := p.say(frameOf(frameText, "{")); err != nil {
		return bad, err
	}
	part := []byte(strings.Repeat(string(frameOf(frameMore, "x")), 1_000))
	for range frameMost/1_000 + 1 {
		bad = time.Now()
		if err := p.say(part); err != nil {
			break
		}
	}
	got, err := p.untilClosed()
	if got != heardTooLong && got != "close:1008 no pong for 4s" {
		return bad, fmt.Errorf("heard %.100q, %w, want %s", got, err, heardTooLong)
	}
	return bad, nil
}

func partsOfNothing(v *venue, from string) (bad time.Time, err error) {
	return v.flood(from, "/ws", frameOf(frameText, "{"), frameOf(frameMore, ""))
}

func pingFlood(v *venue, from string) (bad time.Time, err error) {
	return v.flood(from, "/stream", nil, pingFrame("flood"))
}

// flood sends the same over and over, and does not read before that ends.
func (v *venue) flood(from, path string, first, b []byte) (bad time.Time, err error) {
	bad = time.Now()
	p, err := v.opened(from, path)
	if err != nil {
		return bad, err
	}
	defer p.Close() //nolint:errcheck // it is over
	if err := p.say(first); err != nil {
		return bad, err
	}
	for range 200 {
		if p.say([]byte(strings.Repeat(string(b), 100))) != nil {
			break
		}
	}
	return bad, p.over("close:1008 too many messages")
}

// closeAndGo closes a websocket and does not wait for the answer.
func closeAndGo(v *venue, from string) (bad time.Time, err error) {
	p, err := v.opened(from, "/ws-api/v3")
	if err != nil {
		return bad, err
	}
	_ = p.say(closingFrame(1000, ""))
	return bad, p.Close()
}

// comeAndGo connects and tears the connection down.
func comeAndGo(v *venue, from string) (bad time.Time, err error) {
	return bad, v.tornDown(from, "")
}

// upgradeAndGo opens a websocket and tears it down.
func upgradeAndGo(v *venue, from string) (bad time.Time, err error) {
	return bad, v.tornDown(from, "/ws/btcusdt@depth")
}

func (v *venue) tornDown(from, path string) error {
	p, err := v.opened(from, path)
	if err != nil {
		return err
	}
	if c, ok := p.Conn.(*net.TCPConn); ok {
		if err := c.SetLinger(0); err != nil { // so that it ends with a reset
			return err
		}
	}
	return p.Close()
}
