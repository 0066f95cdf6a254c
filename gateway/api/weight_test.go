package api

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestWeights asks what calls weigh, also of such as will be refused.
func TestWeights(t *testing.T) {
	a := newTestAPI(t, Limits{})
	symbols := func(n int) string {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("%q", fmt.Sprintf("S%d", i))
		}
		return "symbols=[" + strings.Join(names, ",") + "]"
	}
	for _, c := range []struct {
		path, query string
		want        int
	}{
		{"ping", "", 1},
		{"time", "", 1},
		{"exchangeInfo", "", 20},
		{"depth", "", 5},
		{"depth", "limit=x", 5},
		{"depth", "limit=100", 5},
		{"depth", "limit=101", 25},
		{"depth", "limit=500", 25},
		{"depth", "limit=501", 50},
		{"depth", "limit=1000", 50},
		{"depth", "limit=1001", 250},
		{"depth", "limit=9999", 250},
		{"trades", "", 25},
		{"historicalTrades", "", 25},
		{"aggTrades", "", 4},
		{"klines", "", 2},
		{"uiKlines", "", 2},
		{"avgPrice", "", 2},
		{"ticker/24hr", "symbol=A", 2},
		{"ticker/24hr", symbols(20), 2},
		{"ticker/24hr", symbols(21), 40},
		{"ticker/24hr", symbols(100), 40},
		{"ticker/24hr", symbols(101), 80},
		{"ticker/24hr", "", 80},
		{"ticker/24hr", "symbols=garbage", 2},
		{"ticker/price", "symbol=A", 2},
		{"ticker/price", symbols(1), 4},
		{"ticker/price", "", 4},
		{"ticker/bookTicker", "symbol=A", 2},
		{"ticker/bookTicker", symbols(2), 4},
		{"ticker/bookTicker", "", 4},
		{"ticker", "symbol=A", 4},
		{"ticker", symbols(3), 12},
		{"ticker", symbols(50), 200},
		{"ticker", symbols(51), 200},
		{"ticker/tradingDay", "symbol=A", 4},
		{"ticker/tradingDay", symbols(7), 28},
		{"ticker/tradingDay", symbols(100), 200},
	} {
		var call Call
		addQuery(t, &call.Params, c.query)
		if got := a.method(t, "GET", "/api/v3/"+c.path).Weight(&call); got != c.want {
			t.Errorf("%s?%.30s: got %d, want %d", c.path, c.query, got, c.want)
		}
	}
}

// TestClientWindows counts in minutes of the clock, and in five of them, by
// address.
func TestClientWindows(t *testing.T) {
	a := newTestAPI(t, Limits{Enforce: true, Weight: 10, Requests: 8})
	here, there := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")
	m := &Method{Weight: weighs(4), Run: (*API).ping}
	a.wall = 1_700_000_100_000 * ms // a whole five minutes
	const minute, second = 60_000, 1_000
	for i, c := range []struct {
		client netip.Addr
		at     int64 // milliseconds later
		weight int
		code   int
		retry  int64 // milliseconds later
	}{
		{here, 0, 4, 0, 0},
		{here, second, 8, 0, 0},
		{there, 2 * second, 4, 0, 0},
		{here, 59 * second, 12, -1003, minute},
		{here, minute - 1, 16, -1003, minute},
		{here, minute, 4, 0, 0},
		{here, minute + second, 8, 0, 0},
		{here, 2 * minute, 4, 0, 0},
		{here, 2*minute + second, 8, 0, 0},
		{here, 3 * minute, 4, -1003, 5 * minute}, // the ninth request
		{there, 3 * minute, 4, 0, 0},
		{here, 5 * minute, 4, 0, 0},
		{here, 4 * minute, 8, 0, 0}, // the clock was set back
	} {
		start := a.wall
		a.wall += c.at * ms
		call := Call{Client: c.client}
		err := a.Serve(m, &call)
		code, retry := 0, int64(0)
		if err != nil {
			code, retry = err.Code, (err.Retry-start)/ms
		}
		if call.Weight != c.weight || code != c.code || retry != c.retry {
			t.Errorf("call %d: weight %d, code %d, retry after %d ms, want %d, %d, %d", i, call.Weight, code, retry, c.weight, c.code, c.retry)
		}
		a.wall = start
	}
}

// TestPlacedWeight counts no weight for an order that was taken, and that of all
// other calls.
func TestPlacedWeight(t *testing.T) {
	a := newTestAPI(t, Limits{})
	const refused, taken, partly = 0, 1, 2
	for i, step := range []struct{ outcome, want int }{
		{refused, 3}, {taken, 3}, {taken, 3}, {partly, 6}, {refused, 9}, {taken, 9},
	} {
		call := Call{Account: ann}
		_ = a.Serve(&Method{Weight: weighs(3), Run: func(_ *API, c *Call) error {
			c.Placed = step.outcome != refused
			if step.outcome == taken {
				return nil
			}
			return ErrNoSuchOrder
		}}, &call)
		if call.Weight != step.want {
			t.Errorf("call %d: got weight %d, want %d", i, call.Weight, step.want)
		}
	}
	a.wall = 1_700_000_100_000 * ms // a whole minute
	call := Call{Account: ann}
	if err := a.Serve(&Method{Weight: weighs(3), Run: func(a *API, c *Call) error {
		c.Placed = true
		_ = a.clients.take(&Call{}, 1, a.wall()+minute)
		return nil
	}}, &call); err != nil || call.Weight != 0 {
		t.Errorf("over the end of a minute: got weight %d, %v, want 0", call.Weight, err)
	}
}

// TestManyClients counts more addresses than are counted for themselves.
func TestManyClients(t *testing.T) {
	a := newTestAPI(t, Limits{MaxClients: 2})
	m := &Method{Weight: weighs(1), Run: (*API).ping}
	for i, want := range []int{1, 1, 1, 2, 3} {
		call := Call{Client: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}
		if err := a.Serve(m, &call); err != nil || call.Weight != want {
			t.Errorf("client %d: got weight %d, %v, want %d", i, call.Weight, err, want)
		}
	}
	if n := len(a.clients.weights.counts); n != 3 {
		t.Errorf("%d addresses are counted", n)
	}
}

// TestOrderCounts counts orders by account until their first fill.
func TestOrderCounts(t *testing.T) {
	a := newTestAPI(t, Limits{Enforce: true, OrdersShort: 4, OrdersDay: 6})
	a.wall = 1_700_006_400_000 * ms // a whole day
	place := func(taken bool) (*Call, *Error) {
		c := &Call{Account: ann}
		return c, a.Serve(&Method{Weight: weighs(1), Run: func(a *API, c *Call) error {
			if err := a.countOrder(c); err != nil {
				return err
			}
			c.Placed = taken
			return nil
		}}, c)
	}
	for i, step := range []struct {
		taken       bool
		later       int64
		short, long int
		text        string
	}{
		{true, 0, 1, 1, ""},
		{false, 0, 0, 0, ""}, // counted and given back
		{true, 0, 2, 2, ""},
		{true, 0, 3, 3, ""},
		{true, 0, 4, 4, ""},
		{true, 0, 0, 0, "Too many new orders; current limit is 4 orders per 10 SECOND."},
		{true, 10_000, 1, 5, ""},
		{true, 0, 2, 6, ""},
		{true, 10_000, 0, 0, "Too many new orders; current limit is 6 orders per 1 DAY."},
		{true, 86_400_000, 1, 1, ""},
	} {
		a.wall += step.later * ms
		c, err := place(step.taken)
		if got, want := c.Orders, [2]int{step.short, step.long}; got != want {
			t.Errorf("step %d: got %d, want %d", i, got, want)
		}
		if text := ""; err != nil {
			text = err.Text
			if err.Code != -1015 || err.Status != 429 || err.Retry <= a.wall || text != step.text {
				t.Errorf("step %d: got %v until %d, want %s", i, err, err.Retry, step.text)
			}
		} else if step.text != "" {
			t.Errorf("step %d: got no refusal, want %s", i, step.text)
		}
	}
}

// TestFilledOrders lowers the counts with the first fill of an order, by one for
// the taker and by more for the maker.
func TestFilledOrders(t *testing.T) {
	a := newTestAPI(t, Limits{})
	x := a.exchange
	counts := func() [2]int { return [2]int{a.orders.counts(ann, a.wall)[0], a.orders.counts(bob, a.wall)[0]} }
	for range 7 {
		for _, account := range []msg.AccountID{ann, bob} {
			if err := a.orders.take(account, a.wall); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, step := range []struct {
		account msg.AccountID
		side    msg.Side
		qty     msg.Qty
		want    [2]int
	}{
		{ann, msg.Sell, 10, [2]int{7, 7}},
		{bob, msg.Buy, 4, [2]int{2, 6}},
		{bob, msg.Buy, 4, [2]int{2, 5}}, // the maker's second fill
		{bob, msg.Buy, 4, [2]int{2, 4}}, // the rest of it rests
		{ann, msg.Sell, 2, [2]int{1, 4}},
		{ann, msg.Sell, 5, [2]int{1, 4}},
		{bob, msg.Buy, 5, [2]int{0, 3}},
	} {
		x.place(t, step.account, btcusdt, step.side, 100, step.qty)
		if got := counts(); got != step.want {
			t.Errorf("step %d: got %d, want %d", i, got, step.want)
		}
	}
}

// TestErrorJSON writes refusals.
func TestErrorJSON(t *testing.T) {
	for _, c := range []struct {
		err         *Error
		want, timed string
	}{
		{ErrSymbol, `{"code":-1121,"msg":"Invalid symbol."}`, `{"code":-1121,"msg":"Invalid symbol."}`},
		{InvalidError("a\"b"), `{"code":-1130,"msg":"Data sent for parameter 'a\"b' is not valid."}`, `{"code":-1130,"msg":"Data sent for parameter 'a\"b' is not valid."}`},
		{
			NotReplacedError([]byte(`{"a":1}`)), `{"code":-2022,"msg":"Order cancel-replace failed.","data":{"a":1}}`,
			`{"code":-2022,"msg":"Order cancel-replace failed.","data":{"a":1}}`,
		},
		{
			&Error{Code: -1003, Text: "Slow.", Retry: 61 * second}, `{"code":-1003,"msg":"Slow."}`,
			`{"code":-1003,"msg":"Slow.","data":{"serverTime":59000,"retryAfter":61000}}`,
		},
		{
			&Error{Code: -2021, Text: "Partly.", Data: []byte(`{"a":1}`), Retry: 61 * second}, `{"code":-2021,"msg":"Partly.","data":{"a":1}}`,
			`{"code":-2021,"msg":"Partly.","data":{"a":1}}`,
		},
	} {
		if got := string(c.err.AppendJSON(nil)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		if got := string(c.err.AppendTimedJSON(nil, 59*second, false)); got != c.timed {
			t.Errorf("got %s, want %s", got, c.timed)
		}
	}
}
