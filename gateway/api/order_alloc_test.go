package api

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// instantExchange answers every command with what one such command has done before,
// so that nothing but the edge is measured.
type instantExchange struct {
	*testExchange
	placed   []marketview.Report
	canceled []marketview.Report
	views    *marketview.Views
}

// Do answers at once.
func (x *instantExchange) Do(_ context.Context, c *msg.Command, into *gateway.Result, seen gateway.Seer) error {
	c.Seq, c.Time = 16, testStart
	into.Seq, into.Time = c.Seq, c.Time
	into.Events = append(into.Events, msg.Event{Kind: msg.Accepted, Order: 16})
	resolved := x.views.Resolved()
	resolved.Reports = x.placed
	if c.Kind == msg.Cancel {
		resolved.Reports = x.canceled
	}
	seen.See(x.views, c, into.Events)
	return nil
}

// Hand is Do at once.
func (x *instantExchange) Hand(c *msg.Command, into *gateway.Result, seen gateway.Seer, answered func(error)) error {
	answered(x.Do(context.Background(), c, into, seen))
	return nil
}

// newInstant returns an API whose exchange has reports of a fill and of a cancel at
// hand.
func newInstant(t testing.TB) *trader {
	t.Helper()
	a := newTestAPI(t, Limits{})
	x := &instantExchange{testExchange: a.exchange, views: a.exchange.views}
	x.place(t, ann, btcusdt, msg.Sell, 1_000_000, 100)
	x.must(t, msg.Command{
		Kind: msg.Place, Account: bob, Symbol: btcusdt, Side: msg.Buy, Price: 1_000_000, Qty: 200, STP: msg.ExpireMaker,
		Name: testName("x-TKT5PX2F-0123456789"),
	})
	x.placed = append(x.placed, x.views.Resolved().Reports...)
	x.must(t, msg.Command{Kind: msg.Cancel, Account: bob, Symbol: btcusdt, Order: 16})
	x.canceled = append(x.canceled, x.views.Resolved().Reports...)
	a.API.exchange = x
	return a.trader(t, bob)
}

var hotRequests = map[string]struct{ verb, path, query, want string }{
	"place": {
		"POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.002&price=10000.00&newClientOrderId=x-TKT5PX2F-0123456789&newOrderRespType=FULL&recvWindow=10000",
		`{"symbol":"BTCUSDT","orderId":16,"orderListId":-1,"clientOrderId":"x-TKT5PX2F-0123456789","transactTime":1700000000123,"price":"10000.00000000","origQty":"0.00200000",` +
			`"executedQty":"0.00100000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"10.00000000","status":"PARTIALLY_FILLED","timeInForce":"GTC","type":"LIMIT","side":"BUY",` +
			`"workingTime":1700000000123,"selfTradePreventionMode":"EXPIRE_MAKER","fills":[{"price":"10000.00000000","qty":"0.00100000","commission":"0.00000100","commissionAsset":"BTC","tradeId":1}]}`,
	},
	"cancel": {
		"DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=16&newClientOrderId=c1",
		`{"symbol":"BTCUSDT","origClientOrderId":"x-TKT5PX2F-0123456789","orderId":16,"orderListId":-1,"clientOrderId":"c1","transactTime":1700000000123,"price":"10000.00000000",` +
			`"origQty":"0.00200000","executedQty":"0.00100000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"10.00000000","status":"CANCELED","timeInForce":"GTC","type":"LIMIT","side":"BUY",` +
			`"selfTradePreventionMode":"EXPIRE_MAKER"}`,
	},
}

// hotCall returns what carries out a hot request again and again.
func hotCall(t testing.TB, a *trader, name string, serve func(m *Method, c *Call) *Error) func() {
	t.Helper()
	r := hotRequests[name]
	m := a.method(t, r.verb, r.path)
	first := a.newCall(t, r.query)
	params, c := first.Params, &Call{}
	call := func() {
		c.Reset()
		c.Session, c.Client = a.key, first.Client
		for i := range params.Len() {
			p := params.At(i)
			c.Params.Add(p.Name, p.Value)
		}
		if err := serve(m, c); err != nil {
			t.Fatal(err)
		}
	}
	call()
	if got := string(c.Out); got != r.want {
		t.Fatalf("%s\n got %s\nwant %s", name, got, r.want)
	}
	return call
}

// serveStraight is Serve by way of Begin and End.
func (a *trader) serveStraight() func(m *Method, c *Call) *Error {
	answers := 0
	answered := func() { answers++ }
	return func(m *Method, c *Call) *Error {
		answers = 0
		switch ended, refused := a.Begin(m, c, answered); {
		case ended && answers > 0, !ended && answers != 1:
			return ErrInternal
		case ended:
			return refused
		}
		return a.End(m, c)
	}
}

// TestHotAllocations pins that an order and its cancel cost no garbage between the
// parameters and the JSON.
func TestHotAllocations(t *testing.T) {
	for name := range hotRequests {
		a := newInstant(t)
		if n := testing.AllocsPerRun(1000, hotCall(t, a, name, a.Serve)); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
		a = newInstant(t)
		if n := testing.AllocsPerRun(1000, hotCall(t, a, name, a.serveStraight())); n != 0 {
			t.Errorf("%s, straight: %v allocations, want none", name, n)
		}
	}
	var ids idSource
	if n := testing.AllocsPerRun(1000, func() { ids.next() }); n != 0 {
		t.Errorf("%v allocations for a client id, want none", n)
	}
}

// TestHotReset pins that nothing of a call is left in the next one.
func TestHotReset(t *testing.T) {
	a := newTestAPI(t, Limits{}).trader(t, ann)
	c := &Call{}
	var first string
	for i := range 3 {
		c.Reset()
		c.Session = a.key
		addQuery(t, &c.Params, fmt.Sprintf("symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=10&timestamp=%d", a.wall/ms))
		if err := a.Serve(a.method(t, "POST", "/api/v3/order"), c); err != nil {
			t.Fatal(err)
		}
		c.Reset()
		c.Session = a.key
		addQuery(t, &c.Params, fmt.Sprintf("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&newClientOrderId=x&timestamp=%d", a.wall/ms))
		if err := a.Serve(a.method(t, "POST", "/api/v3/order"), c); err != nil {
			t.Fatal(err)
		}
		// An own order each time, which expires: one prevention, no matter how often.
		if n := len(c.scratch.outcome.prevents); n != 1 || len(c.scratch.outcome.canceled) != 0 {
			t.Errorf("call %d tells %d preventions: %s", i, n, c.Out)
		}
		c.Reset()
		c.Session = a.key
		addQuery(t, &c.Params, fmt.Sprintf("symbol=BTCUSDT&origClientOrderId=x&newClientOrderId=c&timestamp=%d", a.wall/ms))
		if err := a.Serve(a.method(t, "DELETE", "/api/v3/order"), c); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = string(c.Out)
		} else if len(c.Out) != len(first) {
			t.Errorf("cancel %d: got %s, first it was %s", i, c.Out, first)
		}
	}
}

func BenchmarkHot(b *testing.B) {
	for name := range hotRequests {
		b.Run(name, func(b *testing.B) {
			a := newInstant(b)
			serve := hotCall(b, a, name, a.Serve)
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
		})
	}
}
