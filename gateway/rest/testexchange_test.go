package rest

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// testStart is the time at which a test exchange starts, 20 seconds into a minute.
const testStart = int64(1_700_000_000_123_000_000)

// testExchange is an exchange with one market, BTCUSDT, that executes at once.
type testExchange struct {
	mu     sync.RWMutex
	engine *engine.Engine
	views  *marketview.Views
	seq    msg.Seq
}

func newTestExchange(t testing.TB) *testExchange {
	t.Helper()
	x := &testExchange{engine: engine.New(engine.Capacity{}), views: marketview.New(marketview.Limits{})}
	x.views.Report(true)
	name := func(s string) msg.Name {
		n, err := msg.ParseName(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: name("BTC"), Scale: 8},
		{Kind: msg.AddAsset, Name: name("USDT"), Scale: 8},
		{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: name("BTCUSDT"), Base: 1, Quote: 2, Tick: 1_000_000, Lot: 1_000}},
		{Kind: msg.CreateAccount},
		{Kind: msg.Credit, Account: 1, Asset: 1, Amount: 1e15, Transfer: 1},
		{Kind: msg.Credit, Account: 1, Asset: 2, Amount: 1e18, Transfer: 2},
		{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: 1_000_100, Qty: 50_000},
		{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Buy, Price: 999_900, Qty: 20_000},
	} {
		var r gateway.Result
		if err := x.Do(t.Context(), &c, &r, nil); err != nil || r.Events[0].Kind == msg.Rejected {
			t.Fatal(c.Kind, r.Events, err)
		}
	}
	return x
}

// Do executes a command.
func (x *testExchange) Do(_ context.Context, c *msg.Command, into *gateway.Result, seen gateway.Seer) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.seq++
	c.Seq, c.Time = x.seq, testStart
	into.Events = x.engine.Execute(c, into.Events[:0])
	into.Seq, into.Time = c.Seq, c.Time
	x.views.Apply(c, into.Events)
	if seen != nil {
		seen.See(x.views, c, into.Events)
	}
	return nil
}

// Hand executes a command, and tells so at once.
func (x *testExchange) Hand(c *msg.Command, into *gateway.Result, seen gateway.Seer, answered func(error)) error {
	err := x.Do(context.Background(), c, into, seen)
	answered(err)
	return nil
}

// BeginRead returns the views.
func (x *testExchange) BeginRead() *marketview.Views {
	x.mu.RLock()
	return x.views
}

// EndRead ends a read.
func (x *testExchange) EndRead() { x.mu.RUnlock() }

// Now returns the time of the exchange.
func (x *testExchange) Now() int64 { return testStart }

// testREST is a REST of a test exchange, with keys of its account.
type testREST struct {
	*REST
	secret string
}

// The public key whose private one is made of 32 sevens.
const ed25519Public = "MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="

func newTestREST(t testing.TB, l api.Limits) *testREST {
	t.Helper()
	keys, err := auth.Open("")
	if err != nil {
		t.Fatal(err)
	}
	var secret string
	for _, d := range []auth.Draft{
		{Account: 1, ID: "known", Secret: "testsecret", Read: true, Trade: true},
		{Account: 1, ID: "ed", Public: ed25519Public, Read: true, Trade: true},
		{Account: 1, ID: "fresh", Read: true, Trade: true},
	} {
		_, made, err := keys.Add(d)
		if err != nil {
			t.Fatal(err)
		}
		if d.ID == "fresh" {
			secret = made
		}
	}
	// Keys whose secret is known beforehand are good a second after the start only.
	wall := testStart - 10_000_000_000
	a := auth.New(auth.Options{Keys: keys, Wall: func() int64 { return wall }})
	wall = testStart
	return &testREST{New(api.New(api.Options{
		Exchange: newTestExchange(t), Auth: a, Wall: func() int64 { return testStart }, Limits: l,
	})), secret}
}

// request is what a test sends.
type testRequest struct {
	verb, target, body string
	headers            map[string]string
}

// send has r handled as the server would.
func (r *testREST) send(q testRequest) *fasthttp.Response {
	var request fasthttp.Request
	request.Header.SetMethod(q.verb)
	request.SetRequestURI(q.target)
	request.Header.SetHost("localhost")
	for name, value := range q.headers {
		request.Header.Set(name, value)
	}
	request.SetBodyString(q.body)
	var ctx fasthttp.RequestCtx
	ctx.Init(&request, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, nil)
	r.Handle(&ctx)
	return &ctx.Response
}
