package stream

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// A connection that takes nothing for a while gets the latest of each stream
// afterwards: no more, and of bars also what closed.
func TestLate(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	names := []string{
		"btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@depth5@100ms", "btcusdt@kline_1s", "btcusdt@miniTicker",
		"btcusdt@avgPrice", "!miniTicker@arr",
	}
	c, healthy := b.open("/stream?streams="+strings.Join(names, "/")), b.open("/stream?streams="+strings.Join(names, "/"))
	c.read()
	healthy.read()
	c.full = true
	for i := range msg.Price(50) {
		b.deal(100 + i)
		b.place(1, b.btc, msg.Buy, 50, 1)
		b.pass(100e6)
	}
	if n := len(healthy.read()); n < 150 {
		t.Errorf("a connection that takes everything got %d messages", n)
	}
	c.want()
	c.full = false
	b.pass(second / 4)
	got := make(map[string][]string)
	for _, text := range c.read() {
		for _, name := range names {
			if rest, ok := strings.CutPrefix(text, `{"stream":"`+name+`","data":`); ok {
				got[name] = append(got[name], rest)
			}
		}
	}
	for _, name := range names {
		want := 1
		if name == "btcusdt@kline_1s" {
			want = 6 // those that closed, and the present one
		}
		if len(got[name]) != want {
			t.Errorf("%s: %d messages: %s", name, len(got[name]), got[name])
		}
	}
	if e := read[diffEvent](t, strings.TrimSuffix(got["btcusdt@depth@100ms"][0], "}")); e.First != 1 || e.Last != b.views.Resolved().Changes[0].UpdateID {
		t.Errorf("the book: %+v", e)
	}
	if len(b.hub.late) != 0 || b.hub.retryAt != 0 {
		t.Errorf("%d are still late, retry at %d", len(b.hub.late), b.hub.retryAt)
	}
	healthy.read()
	b.deal(500)
	b.pass(2 * second)
	if a, b := c.read(), healthy.read(); strings.Join(a, "\n") != strings.Join(b, "\n") {
		t.Errorf("afterwards\n one got %s\n the other %s", a, b)
	}
}

// Trades are not left out: the connection is closed, and the reason names them.
func TestLateTrades(t *testing.T) {
	for _, name := range []string{"btcusdt@trade", "btcusdt@aggTrade"} {
		b := newBench(t, gateway.Limits{})
		c := b.open("/ws/" + name)
		c.full = true
		b.deal(100)
		b.round()
		if want := "1008 slow consumer: " + name; c.closed != want {
			t.Errorf("closed: %q, want %q", c.closed, want)
		}
		if n := b.hub.Stats(); n.Slow != 1 {
			t.Errorf("%+v", n)
		}
	}
}

// Who is further behind than the log of a book reaches is closed; who takes what it
// gets is not, however fast it goes.
func TestTooLateForTheBook(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	c, healthy := b.open("/ws/btcusdt@depth"), b.open("/ws/btcusdt@depth")
	c.full = true
	for i := range msg.Price(maxTouched + 100) {
		b.place(1, b.btc, msg.Buy, 1+i, 1)
		if i%100 == 0 {
			b.round()
		}
	}
	last := uint64(0)
	b.pass(second)
	for _, text := range healthy.read() {
		e := read[diffEvent](t, text)
		if e.First != last+1 {
			t.Fatalf("%d follows %d", e.First, last)
		}
		last = e.Last
	}
	if last != maxTouched+100 || healthy.closed != "" {
		t.Errorf("told up to %d, closed: %q", last, healthy.closed)
	}
	c.full = false
	b.pass(second)
	b.pass(second)
	if c.closed != "1008 slow consumer: btcusdt@depth" {
		t.Errorf("closed: %q", c.closed)
	}
	c.session.Closed()
	b.place(1, b.btc, msg.Buy, 1, 1)
	b.pass(second)
	if n := len(b.hub.known(b.btc).log.at); n != 0 {
		t.Errorf("%d levels are kept for nobody", n)
	}
}

// counting is a connection whose queue is as long as what was put into it since it
// was emptied last.
type counting struct {
	*client
	queued int
}

func (c *counting) OfferFrames(frames []byte, most int) bool {
	if c.queued+len(frames) > most {
		return false
	}
	c.queued += len(frames)
	return c.client.OfferFrames(frames, most)
}

func (c *counting) Queued() int { return c.queued }

// Who takes what it gets is told of each of very many streams at their pace; who
// does not has no more waiting than what one turn tells.
func TestManyStreams(t *testing.T) {
	const count = 600
	b := newBench(t, gateway.Limits{})
	var names strings.Builder
	for i := range count {
		fmt.Fprintf(&names, "/btcusdt@kline_1m@+%02d:%02d", i/60, i%60)
	}
	open := func() *counting {
		c := &counting{client: &client{b: b}}
		s, err := b.hub.open(&gateway.Handshake{Path: "/stream/ws" + names.String()}, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Closed)
		return c
	}
	c, stalled := open(), open()
	most := 0
	for range 5 {
		b.deal(100)
		for range 200 {
			c.queued = 0
			b.pass(10e6)
			most = max(most, stalled.queued)
		}
	}
	if n, want := len(c.read()), count*(1+5); n != want {
		t.Errorf("%d messages, want %d", n, want)
	}
	if n := len(stalled.read()); n > 2*count || most > count*400 {
		t.Errorf("who takes nothing has %d messages waiting, %d bytes", n, most)
	}
}
