package stream

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

func wall() time.Time {
	return time.Now() //nolint:forbidigo // sockets need real deadlines
}

// served is a bench behind a real server, in real time.
type served struct {
	*bench
	server *gateway.Server
	addr   string
}

func serve(t testing.TB, l gateway.Limits) *served {
	t.Helper()
	s := &served{bench: newBench(t, l)}
	s.hub.wall = func() int64 { return wall().UnixNano() }
	s.server = gateway.NewServer(l, slog.New(slog.DiscardHandler), wall)
	s.server.Websocket("/ws", s.hub.Open)
	s.server.Websocket("/stream", s.hub.Open)
	addr, err := s.server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = addr.String()
	ended := make(chan error, 2)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- s.server.Serve() }()
	go func() { ended <- s.hub.Run(ctx) }()
	t.Cleanup(func() {
		stop, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		if err := s.server.Shutdown(stop); err != nil {
			t.Error(err)
		}
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if n := s.hub.Stats(); n.Sessions != 0 || n.Streams != 0 || n.Subscriptions != 0 {
			t.Errorf("left behind: %+v", n)
		}
	})
	return s
}

func (s *served) dial(target string) *websocket.Conn {
	s.t.Helper()
	d := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		var n net.Dialer
		c, err := n.DialContext(ctx, network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(16 << 10) // so that a stall is one soon
		}
		return c, err
	}}
	c, r, err := d.Dial("ws://"+s.addr+target, nil)
	if err != nil {
		s.t.Fatalf("dial %s: %v", target, err)
	}
	_ = r.Body.Close()
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// A busy market with followers that keep up and some that stall: each that keeps up
// holds the book of the exchange and saw every trade, those that stall are closed
// and told why, and what they are owed stays bounded.
func TestServedStall(t *testing.T) {
	const healthy, stalled = 12, 4
	// The market stops when all that stall are closed.
	s := serve(t, gateway.Limits{QueueBytes: 256 << 10, SocketBytes: 16 << 10, StallTimeout: 500 * time.Millisecond})
	const streams = "/ws/btcusdt@depth@100ms/btcusdt@trade/btcusdt@bookTicker"
	var stopped atomic.Bool
	var all sync.WaitGroup
	results := make([]heldBook, healthy)
	for i := range results {
		c := s.dial(streams)
		u, book := s.depth(s.btc)
		results[i] = heldBook{last: u, book: book}
		all.Go(func() { results[i].follow(c) })
	}
	stalls := make([]*websocket.Conn, stalled)
	for i := range stalls {
		stalls[i] = s.dial(streams)
	}
	var before, during runtime.MemStats
	runtime.ReadMemStats(&before)
	market := make(chan int)
	go func() {
		trades := 0
		for i := 0; !stopped.Load(); i++ {
			p := msg.Price(1_000 + i*7%50)
			s.place(1, s.btc, msg.Sell, p, 3)
			s.place(2, s.btc, msg.Buy, p-msg.Price(i%3), 2)
			if i%10 == 0 {
				time.Sleep(2 * time.Millisecond)
			}
		}
		v := s.BeginRead()
		if last, ok := v.LastTrade(s.btc); ok {
			trades = int(last.ID)
		}
		s.EndRead()
		market <- trades
	}()
	closed := func() bool { return s.server.Stats().SlowCloses == stalled }
	for end := wall().Add(10 * time.Second); !closed(); time.Sleep(time.Millisecond) {
		if wall().After(end) {
			t.Fatalf("%d of %d stalled connections are closed", s.server.Stats().SlowCloses, stalled)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&during)
	stopped.Store(true)
	trades := <-market
	for i, c := range stalls {
		all.Go(func() {
			if got := lastError(c); !strings.Contains(got, "close 1008 (policy violation): slow consumer") {
				t.Errorf("stalled connection %d: %s", i, got)
			}
		})
	}
	time.Sleep(1500 * time.Millisecond) // for the last beat
	s.server.CloseSessions(1000, "enough")
	all.Wait()
	u, book := s.depth(s.btc)
	for i := range results {
		r := &results[i]
		if r.err != "" || r.last != u || r.trade != trades || len(r.book) != len(book) {
			t.Errorf("follower %d: %s; at %d of %d, trade %d of %d, %d levels of %d", i, r.err, r.last, u, r.trade, trades, len(r.book), len(book))
			continue
		}
		for k, q := range book {
			if r.book[k] != q {
				t.Errorf("follower %d: %s is %s, not %s", i, k, r.book[k], q)
			}
		}
	}
	if grown := int64(during.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d MB more", grown>>20)
	}
}

// lastError reads until a connection ends.
func lastError(c *websocket.Conn) string {
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			return err.Error()
		}
	}
}

// heldBook is what a client holds.
type heldBook struct {
	told, last uint64
	trade      int
	book       levels
	err        string
}

// follow applies events until the connection ends.
func (h *heldBook) follow(c *websocket.Conn) {
	for h.err == "" {
		_, text, err := c.ReadMessage()
		if err != nil {
			if !websocket.IsCloseError(err, 1000) {
				h.err = err.Error()
			}
			return
		}
		var e struct {
			Event string         `json:"e"`
			Trade int            `json:"t"`
			First uint64         `json:"U"`
			Last  uint64         `json:"u"`
			Bids  jsontext.Value `json:"b"` // of a best price a string
			Asks  jsontext.Value `json:"a"`
		}
		if err := json.Unmarshal(text, &e); err != nil {
			h.err = err.Error()
			return
		}
		switch {
		case e.Event == "trade" && h.trade != 0 && e.Trade != h.trade+1:
			h.err = "a trade is missing"
		case e.Event == "trade":
			h.trade = e.Trade
		case e.Event != "depthUpdate":
		case h.told != 0 && e.First != h.told+1 || e.First > h.last+1:
			h.err = "a gap between events"
		default:
			h.told = e.Last
			h.apply(e.Last, "b", e.Bids)
			h.apply(e.Last, "a", e.Asks)
			h.last = max(h.last, e.Last)
		}
	}
}

func (h *heldBook) apply(u uint64, side string, list jsontext.Value) {
	var changes [][2]string
	if err := json.Unmarshal(list, &changes); err != nil {
		h.err = err.Error()
	}
	if u <= h.last {
		return
	}
	for _, c := range changes {
		if strings.Trim(c[1], "0.") == "" {
			delete(h.book, side+c[0])
		} else {
			h.book[side+c[0]] = c[1]
		}
	}
}

// A real client meets what it needs: the path, the answer before the first event,
// the farewell.
func TestServedSession(t *testing.T) {
	s := serve(t, gateway.Limits{})
	c := s.dial("/stream")
	if err := c.WriteMessage(websocket.TextMessage, []byte(`{"method":"SUBSCRIBE","params":["btcusdt@ticker","btcusdt@trade"],"id":7}`)); err != nil {
		t.Fatal(err)
	}
	expect := func(prefix string) {
		t.Helper()
		if _, text, err := c.ReadMessage(); err != nil || !strings.HasPrefix(string(text), prefix) {
			t.Errorf("%s, %v, want %s", text, err, prefix)
		}
	}
	expect(`{"result":null,"id":7}`)
	expect(`{"stream":"btcusdt@ticker","data":{"e":"24hrTicker"`)
	s.deal(100)
	expect(`{"stream":"btcusdt@trade","data":{"e":"trade"`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- s.server.Shutdown(ctx) }()
	for {
		_, text, err := c.ReadMessage()
		if err != nil {
			t.Fatalf("no farewell: %v", err)
		}
		if strings.HasPrefix(string(text), `{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":`) {
			break
		}
	}
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
