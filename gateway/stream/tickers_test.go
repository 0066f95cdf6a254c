package stream

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// A quiet market tells each ticker once, to whoever comes.
func TestTickersOfAQuietMarket(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	b.add("ETH")
	names := []string{
		"btcusdt@ticker", "btcusdt@miniTicker", "btcusdt@ticker_1h", "btcusdt@ticker_4h", "btcusdt@ticker_1d",
		"!ticker@arr", "!miniTicker@arr", "!ticker_1h@arr", "!ticker_4h@arr", "!ticker_1d@arr",
		"btcusdt@avgPrice", "btcusdt@bookTicker", "btcusdt@depth5", "btcusdt@kline_1d",
	}
	for range 2 {
		for _, name := range names {
			c := b.open("/ws/" + name)
			if got := c.read(); len(got) != 1 || strings.Contains(name, "arr") != strings.HasPrefix(got[0], `[{"e":`) {
				t.Errorf("%s: %s at first", name, got)
			}
			b.pass(3 * second)
			c.want()
		}
	}
	for _, name := range []string{"btcusdt@trade", "btcusdt@aggTrade", "btcusdt@depth", "btcusdt@depth@100ms"} {
		b.open("/ws/" + name).want()
	}
}

// Tickers are told when something was traded or left the window; the full one of
// the day also when the best prices change.
func TestTickersChange(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	eth := b.add("ETH")
	clients := map[string]*client{}
	for _, name := range []string{"btcusdt@ticker", "btcusdt@miniTicker", "btcusdt@ticker_1h", "!miniTicker@arr", "!ticker_1h@arr", "btcusdt@avgPrice"} {
		clients[name] = b.open("/ws/" + name)
	}
	expect := func(when string, told ...string) {
		t.Helper()
		b.pass(second)
		for name, c := range clients {
			n := 0
			for _, other := range told {
				if other == name {
					n++
				}
			}
			if got := c.read(); len(got) != n {
				t.Errorf("%s: %s tells %d: %s", when, name, len(got), got)
			}
		}
	}
	for _, c := range clients {
		c.read()
	}
	b.advance(5 * second)
	b.deal(100)
	expect("a trade", "btcusdt@ticker", "btcusdt@miniTicker", "btcusdt@ticker_1h", "!miniTicker@arr", "!ticker_1h@arr", "btcusdt@avgPrice")
	expect("nothing")
	b.place(1, b.btc, msg.Buy, 90, 1)
	expect("a new best price", "btcusdt@ticker")
	b.place(1, b.btc, msg.Buy, 80, 1)
	expect("another level")
	b.advance(60 * second)
	expect("a minute")
	b.advance(5 * 60 * second) // the average is that of the last trade now, which is the same
	expect("five minutes")
	b.place(1, eth, msg.Sell, 50, 1)
	b.place(2, eth, msg.Buy, 50, 1)
	b.pass(second)
	for name, c := range clients {
		got := c.read()
		if want := strings.HasPrefix(name, "!"); (len(got) == 1) != want || want && (strings.Contains(got[0], "BTC") || !strings.Contains(got[0], "ETHUSDT")) {
			t.Errorf("a trade of another symbol: %s tells %s", name, got)
		}
	}
	b.advance(3600 * second)
	expect("an hour", "btcusdt@ticker_1h", "!ticker_1h@arr")
}

// A burst of best prices is told by its newest; every one of fewer is.
func TestTopsOfABurst(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	c := b.open("/ws/btcusdt@bookTicker")
	c.want(`{"u":0,"s":"BTCUSDT","b":"0.00000000","B":"0.00000000","a":"0.00000000","A":"0.00000000"}`)
	for _, n := range []int{topsTold, topsTold + 5} {
		for range n {
			b.place(1, b.btc, msg.Buy, 100, 1)
			b.place(1, b.btc, msg.Buy, 50, 1) // changes nothing that is told
		}
		b.round()
		got := c.read()
		if len(got) != min(n, topsTold) || !strings.Contains(got[len(got)-1], `"B":"`+quantity(b)) {
			t.Errorf("%d changes: %s", n, got)
		}
	}
}

func quantity(b *bench) string {
	v := b.BeginRead()
	defer b.EndRead()
	top, _ := v.Best(b.btc)
	return string(msg.AppendDecimal(nil, int64(top.BidQty), 3))
}
