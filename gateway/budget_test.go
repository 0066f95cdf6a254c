package gateway_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/gateway"
)

func TestBudget(t *testing.T) {
	b := gateway.NewBudget(1000)
	one, other := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	for i, c := range []struct {
		who   netip.Addr
		bytes int // negative: given back
		force bool
		want  bool
		held  int64
	}{
		{one, 300, false, true, 300},
		{one, 200, false, true, 500},
		{one, 1, false, false, 500}, // more than it would leave
		{other, 251, false, false, 500},
		{other, 250, false, true, 750}, // as much as it leaves
		{one, -300, false, true, 450},
		{one, 150, false, true, 600},
		{other, 500, true, true, 1100}, // what has to be sent is
		{one, 1, false, false, 1100},
		{other, -750, false, true, 350},
		{one, -350, false, true, 0},
		{one, 5000, false, true, 5000}, // any one, when nothing else is held
		{other, 1, false, false, 5000},
		{one, -5000, false, true, 0},
	} {
		got := true
		switch {
		case c.bytes < 0:
			b.Give(c.who, -c.bytes)
		case c.force:
			b.Force(c.who, c.bytes)
		default:
			got = b.Take(c.who, c.bytes)
		}
		if held, _ := b.Held(); got != c.want || held != c.held {
			t.Errorf("step %d: got %v, %d held, want %v, %d", i, got, held, c.want, c.held)
		}
	}
	if _, refused := b.Held(); refused != 4 {
		t.Errorf("%d were refused, want 4", refused)
	}
	var none *gateway.Budget
	none.Force(one, 1<<30)
	none.Give(one, 1)
	if !none.Take(one, 1<<30) {
		t.Error("no budget has a bound")
	}
}

// TestLargeMessages has large messages wait for websockets that do not read: they are
// counted until they were sent, or the connection has ended, however it did.
func TestLargeMessages(t *testing.T) {
	const size = 8 << 20
	s, e := serve(t, gateway.Limits{StallTimeout: time.Second, QueueBytes: 1 << 20, SocketBytes: 32 << 10})
	open := func() *websocket.Conn {
		before, _ := e.count()
		d := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err == nil {
				err = c.(*net.TCPConn).SetReadBuffer(32 << 10)
			}
			return c, err
		}}
		c, r, err := d.DialContext(t.Context(), "ws://"+s.addr+"/echo", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		t.Cleanup(func() { _ = c.Close() })
		waitFor(t, "it is open", func() bool { n, _ := e.count(); return n > before })
		return c
	}
	send := func(n int) bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.open[len(e.open)-1].conn.Send(make([]byte, n))
	}
	held := func() int64 { return s.Stats().AnswerBytes }
	gone := func() bool { return held() == 0 }

	reads := open()
	if !send(gateway.LargeAnswer-100) || held() != 0 {
		t.Errorf("a message that is not large holds %d bytes", held())
	}
	if _, _, err := reads.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "nothing waits", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.open[len(e.open)-1].conn.Queued() == 0
	})
	if !send(size) || held() < size {
		t.Errorf("a large message holds %d bytes", held())
	}
	if _, got, err := reads.ReadMessage(); err != nil || len(got) != size {
		t.Errorf("%d bytes come, %v", len(got), err)
	}
	waitFor(t, "it was sent", gone)

	leaves := open()
	if !send(size) || held() < size {
		t.Errorf("a large message holds %d bytes", held())
	}
	_ = leaves.Close()
	waitFor(t, "the peer has left", gone)

	open() // and not read
	if !send(size) || held() < size {
		t.Errorf("a large message holds %d bytes", held())
	}
	waitFor(t, "the peer was given up", gone)

	open()
	if !send(size) || send(size) {
		t.Error("a second large message is taken while one waits")
	}
	waitFor(t, "the peer was cut off", gone)
}
