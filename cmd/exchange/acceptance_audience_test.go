package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// TestAcceptAudience has many websockets follow book, trades and best prices of a
// busy symbol, some of which do not read. Whoever reads misses nothing and holds the
// exchange's book in the end; whoever does not is told why the connection ends; and
// the exchange's memory stays within bounds.
func TestAcceptAudience(t *testing.T) {
	const stalled, mostMemory = 10, 384 << 20
	healthy := scaled(100, 50, 200) - stalled
	span := time.Duration(scaled(3, 3, 60)) * time.Second
	var flags []string
	if !isLong() {
		flags = []string{"--stall-timeout", "2s", "--socket-bytes", "4096"}
	}
	v := openVenue(t, t.TempDir(), flags...)
	streams := []string{"depth@100ms", "trade", "bookTicker"}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	traders := startCrowd(v, "BTCUSDT", 8, 15*time.Millisecond)

	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	audience := make([]*onlooker, healthy)
	for i := range audience {
		o := &onlooker{client: v.client, symbol: "BTCUSDT", streams: streams}
		audience[i] = o
		all.Go(func() {
			if err := o.follow(ctx); ctx.Err() == nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	sleepers := make([]*websocket.Conn, stalled)
	for i := range sleepers {
		sleepers[i] = openAsleep(t, v, "BTCUSDT", streams)
	}
	eventually(t, func() error { return allJoined(audience) })
	begin, _ := memory(t, v.cmd.Process.Pid)

	end := time.Now().Add(span)
	for v.metric("exchange_slow_consumer_closes_total") < stalled && time.Now().Before(end.Add(time.Minute)) {
		time.Sleep(100 * time.Millisecond)
	}
	for i, ws := range sleepers {
		all.Go(func() { wakeUp(t, i, ws) })
	}
	time.Sleep(time.Until(end))
	traders.stop()
	if n := v.metric("exchange_slow_consumer_closes_total"); n != stalled {
		t.Errorf("%v slow consumers were closed, want %d", n, stalled)
	}
	heap := v.metric("go_memstats_heap_inuse_bytes")
	now, most := memory(t, v.cmd.Process.Pid)
	t.Logf("memory of the exchange: %s when all had joined, %s in the end, %s at most; heap in use %s",
		mebi(begin), mebi(now), mebi(most), mebi(int64(heap)))
	if most > mostMemory {
		t.Errorf("the exchange took %s of memory, want at most %s", mebi(most), mebi(mostMemory))
	}

	want, err := v.client.Depth(ctx, "BTCUSDT", fullDepth)
	if err != nil {
		t.Fatal(err)
	}
	tape, err := v.client.RecentTrades(ctx, "BTCUSDT", 1)
	if err != nil || len(tape) != 1 {
		t.Fatalf("the newest trade: %+v, %v", tape, err)
	}
	events := 0
	for i, o := range audience {
		eventually(t, func() error { return o.reached(want.UpdateID, tape[0].ID) })
		o.compareWith(t, i, &want)
		events += o.events
	}
	t.Logf("%d clients hold the book as of update %d and have seen all trades up to %d, of %d orders: %d events",
		healthy, want.UpdateID, tape[0].ID, traders.placed.Load(), events)
}

// allJoined returns an error until all clients hold a book.
func allJoined(audience []*onlooker) error {
	for i, o := range audience {
		o.mu.Lock()
		ok := o.book.Synced && o.diffs > 0
		o.mu.Unlock()
		if !ok {
			return fmt.Errorf("client %d has not joined", i)
		}
	}
	return nil
}

// reached returns an error until the streams have told all up to an update and a
// trade.
func (o *onlooker) reached(update, trade int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.book.UpdateID != update || o.latest["trade"] != trade {
		return fmt.Errorf("a client is at update %d and trade %d, the exchange at %d and %d", o.book.UpdateID, o.latest["trade"], update, trade)
	}
	return nil
}

// compareWith compares what the streams have told with the book that was asked for.
func (o *onlooker) compareWith(t *testing.T, i int, want *client.Depth) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if diff := cmp.Diff(*want, o.book.Depth); diff != "" {
		t.Errorf("client %d: the book asked for (-) and held (+):\n%s", i, diff)
	}
	best := topEvent{UpdateID: o.top.UpdateID}
	if len(want.Bids) > 0 {
		best.Bid, best.BidQty = want.Bids[0].Price, want.Bids[0].Quantity
	}
	if len(want.Asks) > 0 {
		best.Ask, best.AskQty = want.Asks[0].Price, want.Asks[0].Quantity
	}
	if o.top != best || o.top.UpdateID > want.UpdateID {
		t.Errorf("client %d: best prices %+v, want those of %+v", i, o.top, best)
	}
}

// openAsleep opens a websocket whose client does not read. What it has room for in
// the operating system is kept small, so that it is full after some seconds.
func openAsleep(t *testing.T, v *venue, symbol string, streams []string) *websocket.Conn {
	t.Helper()
	const buffer = 16 << 10
	d := websocket.Dialer{NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(buffer)
		}
		return conn, err
	}}
	name := strings.ToLower(symbol) + "@"
	url := "ws" + strings.TrimPrefix(v.url, "http") + "/stream?streams=" + name + strings.Join(streams, "/"+name)
	ws, resp, err := d.DialContext(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	return ws
}

// wakeUp reads what a client finds that has not read: the beginning of what was
// sent, without gaps, and why the connection has ended.
func wakeUp(t *testing.T, i int, ws *websocket.Conn) {
	t.Helper()
	var o onlooker
	o.begin()
	for {
		_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second)) // then the read fails
		var m client.Message
		err := ws.ReadJSON(&m)
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			if closed.Code != websocket.ClosePolicyViolation || !strings.HasPrefix(closed.Text, "slow consumer") {
				t.Errorf("client %d, which did not read, was closed with %v", i, closed)
			}
			t.Logf("client %d, which did not read, found %d changes of the book and trades up to %d, then: %v", i, o.diffs, o.latest["trade"], closed)
			return
		}
		if err == nil {
			err = o.take(&m)
		}
		if err != nil {
			t.Errorf("client %d, which did not read: %v", i, err)
			return
		}
	}
}
