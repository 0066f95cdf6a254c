package stream

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// barEvent is an event of a stream of bars.
type barEvent struct {
	Event  string `json:"e"`
	Time   int64  `json:"E"`
	Symbol string `json:"s"`
	Bar    struct {
		Start       int64  `json:"t"`
		End         int64  `json:"T"`
		Symbol      string `json:"s"`
		Interval    string `json:"i"`
		First       int64  `json:"f"`
		Last        int64  `json:"L"`
		Open        string `json:"o"`
		Close       string `json:"c"`
		High        string `json:"h"`
		Low         string `json:"l"`
		Volume      string `json:"v"`
		Trades      int64  `json:"n"`
		Closed      bool   `json:"x"`
		Quote       string `json:"q"`
		TakerVolume string `json:"V"`
		TakerQuote  string `json:"Q"`
		Unused      string `json:"B"`
	} `json:"k"`
}

// deal trades one lot at a price.
func (b *bench) deal(p msg.Price) {
	b.place(1, b.btc, msg.Sell, p, 1)
	b.place(2, b.btc, msg.Buy, p, 1)
}

// bars returns in short what a client was told: when after the start a bar began,
// when it was told, its trades and close, and whether it has closed.
func (c *client) bars() string {
	c.b.t.Helper()
	var s strings.Builder
	for _, text := range c.read() {
		e := read[barEvent](c.b.t, text)
		at := func(ms int64) float64 { return float64(ms-start/1e6) / 1e3 }
		fmt.Fprintf(&s, "%v@%v:%d×%s", at(e.Bar.Start), at(e.Time), e.Bar.Trades, strings.TrimSuffix(e.Bar.Close, "000000"))
		if e.Bar.Closed {
			s.WriteString(" closed")
		}
		s.WriteString("; ")
	}
	return strings.TrimSuffix(s.String(), "; ")
}

func (c *client) wantBars(want string) {
	c.b.t.Helper()
	if got := c.bars(); got != want {
		c.b.t.Errorf("bars\n got %s\nwant %s", got, want)
	}
}

// A bar is told when something is traded, at its pace, and when it closes, also
// when it is empty.
func TestBars(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	c, each := b.open("/ws/btcusdt@kline_1m"), b.open("/ws/btcusdt@kline_1s")
	c.wantBars("0@0:0×0.00")
	each.wantBars("0@0:0×0.00")
	b.advance(500e6)
	b.deal(100)
	b.pass(second)
	each.wantBars("0@1.1:1×1.00 closed")
	c.wantBars("")
	b.pass(second)
	c.wantBars("0@2.1:1×1.00")
	each.wantBars("1@2.1:0×1.00 closed")
	b.deal(101)
	b.deal(99)
	b.pass(58 * second)
	c.wantBars("0@4.1:3×0.99; 0@60.1:3×0.99 closed")
	b.deal(105)
	b.pass(60 * second)
	c.wantBars("60@62.1:1×1.05; 60@120.1:1×1.05 closed")
	b.pass(60 * second)
	c.wantBars("120@180.1:0×1.05 closed")
}

// Late trades of a bar belong to what is told of its close, and a jump of the clock
// closes all bars in between.
func TestBarsLateAndJump(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	b.deal(100)
	c := b.open("/ws/btcusdt@kline_1m/")
	shifted := b.open("/ws/btcusdt@kline_1d@+08:00")
	if e := read[barEvent](t, shifted.read()[0]); e.Bar.Start != 1_700_409_600_000 || e.Bar.End != 1_700_495_999_999 {
		t.Errorf("a day that is east of UTC: %+v", e)
	}
	c.wantBars("0@0:1×1.00")
	b.advance(60*second + 50e6) // a beat of this moment would be too early
	b.hub.slowAt = b.Now()
	b.round()
	c.wantBars("")
	b.pass(second)
	c.wantBars("0@60.1:1×1.00 closed")
	b.advance(180 * second)
	b.round()
	c.wantBars("60@241.05:0×1.00 closed; 120@241.05:0×1.00 closed; 180@241.05:0×1.00 closed")
	b.advance(400 * 60 * second)
	b.round()
	if got := strings.Count(c.bars(), "closed"); got != barsTold {
		t.Errorf("%d bars closed after a jump over 400", got)
	}
	b.deal(101)
	b.pass(2 * second)
	if got := c.bars(); !strings.Contains(got, ":1×1.01") {
		t.Errorf("after the jump: %s", got)
	}
}

// A clock that is set back tells nothing twice.
func TestBarsOfAClockSetBack(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	c := b.open("/ws/btcusdt@kline_1m")
	b.pass(61 * second)
	c.wantBars("0@0:0×0.00; 0@60.1:0×0.00 closed")
	b.advance(-30 * second)
	b.deal(100)
	b.pass(3 * second)
	c.wantBars("")
	b.pass(30 * second)
	b.deal(101)
	b.pass(2 * second)
	c.wantBars("60@64.1:1×1.01")
}

// Who comes later is told of the present bar.
func TestBarsInitial(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	b.deal(100)
	b.advance(61 * second)
	b.deal(101)
	b.deal(103)
	b.open("/ws/btcusdt@kline_1m").wantBars("60@61:2×1.03")
	b.open("/ws/btcusdt@kline_1M").wantBars("-1.6416e+06@61:3×1.03")
}

// Streams of bars that end leave those of others alone, and very many end as fast
// as few.
func TestBarsEnd(t *testing.T) {
	const sessions, each = 20, 1000
	b := newBench(t, gateway.Limits{})
	var list []*client
	var c *client
	names := make([]string, 0, sessions*each)
	for zone := -12 * 60; len(names) < cap(names); zone++ {
		for i := range marketview.Intervals {
			sign, at := '+', zone
			if zone < 0 {
				sign, at = '-', -zone
			}
			names = append(names, fmt.Sprintf("btcusdt@kline_%s@%c%02d:%02d", marketview.Interval(i), sign, at/60, at%60))
		}
	}
	for i := range sessions {
		if i == sessions/2 {
			c = b.open("/ws/btcusdt@kline_1m")
		}
		list = append(list, b.open("/ws/"+strings.Join(names[i*each:(i+1)*each], "/")))
	}
	begun := time.Now() //nolint:forbidigo // to find out what is a hundred times too slow
	for _, k := range list {
		k.session.Closed()
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("to end %d streams took %v", sessions*each, took)
	}
	c.read()
	b.deal(100)
	b.pass(2 * second)
	if got := c.read(); len(got) != 1 || !strings.Contains(got[0], `"n":1`) {
		t.Errorf("the stream that is left told %q", got)
	}
	c.session.Closed()
	if n := len(b.hub.bars) + len(b.hub.markets[b.btc].bars); n != 0 {
		t.Errorf("%d streams are left in the lists", n)
	}
}
