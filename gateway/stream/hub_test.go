package stream

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// What nobody listens to costs the publisher nothing.
func TestFoldWithoutSubscribers(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	b.place(1, b.btc, msg.Buy, 100, 1_000_000)
	c := msg.Command{Kind: msg.Place, Account: 2, Symbol: b.btc, Side: msg.Sell, Price: 100, Qty: 1}
	events := b.do(c)
	check := func(when string) {
		t.Helper()
		if n := testing.AllocsPerRun(100, func() {
			b.hub.Fold(b.views, &c, events)
			b.hub.Flush()
		}); n != 0 {
			t.Errorf("%s: %v allocations", when, n)
		}
	}
	check("no session")
	k := b.open("/ws/btcusdt@trade/other@trade/!miniTicker@arr")
	k.ask(`{"method":"UNSUBSCRIBE","params":["btcusdt@trade","other@trade","!miniTicker@arr"],"id":1}`)
	check("no streams")
	if b.hub.inbox.on.Load() || !b.hub.inbox.batch.empty() {
		t.Error("something is written down for nobody")
	}
	b.open("/ws/ethusdt@trade/0")
	check("streams of other symbols")
	if got := b.hub.round(b.Now()); got != 0 {
		t.Errorf("a beat at %d for nobody", got)
	}
}

// Beats go on only while somebody waits for one.
func TestBeatsEnd(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	next := func() int64 { return b.hub.round(b.Now()) }
	b.open("/ws/btcusdt@depth@100ms/btcusdt@depth/btcusdt@depth5/btcusdt@trade/btcusdt@bookTicker")
	if got := next(); got != 0 {
		t.Errorf("a beat in %d ns while nothing happens", got-b.Now())
	}
	b.place(1, b.btc, msg.Buy, 100, 1)
	if got := next() - b.Now(); got != fastBeat {
		t.Errorf("the first beat after a change in %d ns", got)
	}
	b.advance(fastBeat)
	if got := next(); got != 0 {
		t.Errorf("a beat in %d ns after the last was told", got-b.Now())
	}
	c := b.open("/ws/btcusdt@kline_1d")
	if got := next() - b.Now(); got != second {
		t.Errorf("a beat in %d ns for bars", got)
	}
	c.session.Closed()
	b.advance(second)
	if got := next(); got != 0 {
		t.Errorf("a beat in %d ns after the last session of bars", got-b.Now())
	}
	b.open("/ws/btcusdt@ticker")
	next()
	b.clock.Lock()
	b.now -= 3600 * second // the wall's clock is set back
	b.clock.Unlock()
	if got := next() - b.Now(); got > second {
		t.Errorf("a beat in %d ns after the clock was set back", got)
	}
}

// A symbol that is added later has the streams that wait for it.
func TestSymbolAddedLater(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	c := b.open("/ws/ethusdt@bookTicker/ethusdt@depth@100ms/ethusdt@trade")
	all := b.open("/ws/!ticker@arr")
	all.read()
	eth := b.add("ETH")
	b.round()
	c.want()
	b.place(1, eth, msg.Buy, 100, 1)
	b.pass(second)
	c.want(
		`{"u":1,"s":"ETHUSDT","b":"1.00000000","B":"0.00100000","a":"0.00000000","A":"0.00000000"}`,
		`{"e":"depthUpdate","E":1700438400100,"s":"ETHUSDT","U":1,"u":1,"b":[["1.00000000","0.00100000"]],"a":[]}`)
	if got := all.read(); len(got) != 1 || !strings.Contains(got[0], `"s":"ETHUSDT"`) {
		t.Errorf("tickers of all symbols: %s", got)
	}
}

func TestFarewell(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	for target, want := range map[string]string{
		"/ws":                          `{"e":"serverShutdown","E":1700438400000}`,
		"/ws?timeUnit=MICROSECOND":     `{"e":"serverShutdown","E":1700438400000000}`,
		"/stream":                      `{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1700438400000}}`,
		"/stream?timeUnit=microsecond": `{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1700438400000000}}`,
	} {
		if got := string(b.open(target).session.Farewell()); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
}

// Run sends news at once after a while of quiet, then not more often than its
// pace, and is still while nothing happens.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now() //nolint:forbidigo // the clock of the bubble
		b := newBench(t, gateway.Limits{})
		b.hub.wall = func() int64 { return start + int64(time.Since(began)) }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.hub.Run(ctx) }()
		c := b.open("/ws/btcusdt@trade")
		time.Sleep(time.Second)
		rounds := b.hub.Stats().Rounds
		b.deal(100)
		synctest.Wait()
		if n := len(c.read()); n != 1 {
			t.Errorf("%d trades at once", n)
		}
		for range 10 {
			b.deal(101)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Hour)
		if n := len(c.read()); n != 10 {
			t.Errorf("%d trades in the end", n)
		}
		if n := b.hub.Stats().Rounds - rounds; n > 5 {
			t.Errorf("%d rounds within 10 ms and an hour of quiet", n)
		}
		c.ask(`{"method":"SUBSCRIBE","params":["btcusdt@kline_1m"],"id":1}`)
		b.advance(61 * second)
		time.Sleep(2 * time.Second)
		if got := c.bars(); !strings.Contains(got, "closed") {
			t.Errorf("bars after a minute: %q", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := b.hub.open(&gateway.Handshake{Path: "/ws"}, &client{b: b}); err == nil {
			t.Error("a session of a hub that has stopped")
		}
		b.deal(100) // nobody waits for the hub
	})
}

// A publisher that is far ahead waits for the hub, and never for a socket.
func TestPublisherWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, gateway.Limits{})
		b.hub.inbox.most = 10
		c := b.open("/ws/btcusdt@trade")
		c.full = true
		published := 0
		go func() {
			for range 25 {
				b.deal(100)
				published++
			}
		}()
		synctest.Wait()
		if published != 9 { // the tenth waits
			t.Errorf("%d published while the hub stands", published)
		}
		for published < 25 {
			before := published
			b.round()
			synctest.Wait()
			if published == before {
				t.Fatalf("%d published, and no more after a round", published)
			}
		}
	})
}

// Streams of which nothing is told cost nothing but their place: sessions of very
// many come and go, and what others listen to is written down all the while.
func TestSilentStreams(t *testing.T) {
	const sessions, each = 60, 1000
	b := newBench(t, gateway.Limits{})
	var names strings.Builder
	list := make([]*client, sessions)
	for i := range list {
		names.Reset()
		for j := range each {
			fmt.Fprintf(&names, "/s%d-%d", i, j)
		}
		list[i] = b.open("/ws" + names.String())
	}
	if b.hub.inbox.on.Load() {
		t.Error("something is written down for streams of which nothing is told")
	}
	c := b.open("/ws/btcusdt@trade")
	begun := time.Now() //nolint:forbidigo // to find out what is a thousand times too slow
	for _, s := range list {
		s.session.Closed()
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("to end %d streams took %v", sessions*each, took)
	}
	if !b.hub.inbox.on.Load() {
		t.Error("nothing is written down any more for who still listens")
	}
	c.session.Closed()
	if b.hub.inbox.on.Load() {
		t.Error("something is written down for nobody")
	}
}
