package api

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// The markets and accounts of a test exchange.
const (
	btc, eth, usdt           msg.AssetID   = 1, 2, 3
	btcusdt, ethusdt, ethbtc msg.SymbolID  = 1, 2, 3
	ann, bob                 msg.AccountID = 1, 2
)

// testStart is the time at which a test exchange starts: 2023-11-14 22:13:20.123.
const testStart = int64(1_700_000_000_123_000_000)

// testExchange is an exchange that executes at once and forgets when it ends.
type testExchange struct {
	mu     sync.RWMutex
	engine *engine.Engine
	views  *marketview.Views
	seq    msg.Seq
	now    int64
	feeds  []gateway.Feed
	fail   error // what Do returns instead of an answer
}

// newTestExchange returns an exchange with three markets, and two accounts who own
// much of everything.
func newTestExchange(t testing.TB) *testExchange {
	x := newEmptyExchange()
	for _, name := range []string{"BTC", "ETH", "USDT"} {
		x.must(t, msg.Command{Kind: msg.AddAsset, Name: testName(name), Scale: 8})
	}
	for _, s := range []msg.Symbol{
		{Name: testName("BTCUSDT"), Base: btc, Quote: usdt, Tick: 1_000_000, Lot: 1_000},
		{Name: testName("ETHUSDT"), Base: eth, Quote: usdt, Tick: 1_000_000, Lot: 10_000},
		{Name: testName("ETHBTC"), Base: eth, Quote: btc, Tick: 1_000, Lot: 100_000},
	} {
		s.Maker, s.Taker = 100_000, 100_000
		x.must(t, msg.Command{Kind: msg.AddSymbol, Spec: &s})
	}
	for _, account := range []msg.AccountID{ann, bob} {
		x.must(t, msg.Command{Kind: msg.CreateAccount})
		for asset := btc; asset <= usdt; asset++ {
			x.must(t, msg.Command{Kind: msg.Credit, Account: account, Asset: asset, Amount: 1e17, Transfer: int64(asset)})
		}
	}
	return x
}

// newEmptyExchange returns an exchange in which nothing has happened.
func newEmptyExchange() *testExchange {
	x := &testExchange{engine: engine.New(engine.Capacity{}), views: marketview.New(marketview.Limits{}), now: testStart}
	x.views.Report(true)
	return x
}

func testName(s string) msg.Name {
	n, err := msg.ParseName(s)
	if err != nil {
		panic(err)
	}
	return n
}

// must executes a command that is not refused.
func (x *testExchange) must(t testing.TB, c msg.Command) []msg.Event {
	t.Helper()
	var r gateway.Result
	if err := x.Do(t.Context(), &c, &r, nil); err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Events {
		if e.Kind == msg.Rejected {
			t.Fatalf("%s of account %d: %s", c.Kind, c.Account, e.Reason)
		}
	}
	return r.Events
}

// place places a limit order.
func (x *testExchange) place(t testing.TB, account msg.AccountID, symbol msg.SymbolID, side msg.Side, price msg.Price, qty msg.Qty) []msg.Event {
	t.Helper()
	return x.must(t, msg.Command{Kind: msg.Place, Account: account, Symbol: symbol, Side: side, Price: price, Qty: qty})
}

func (x *testExchange) phase(t testing.TB, symbol msg.SymbolID, p msg.Phase) {
	t.Helper()
	x.must(t, msg.Command{Kind: msg.SetPhase, Symbol: symbol, Phase: p})
}

// Do executes a command.
func (x *testExchange) Do(ctx context.Context, c *msg.Command, into *gateway.Result, seen gateway.Seer) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.fail != nil {
		return x.fail
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		panic(err) // it could not be journalled
	}
	x.seq++
	c.Seq, c.Time = x.seq, x.now
	into.Events = x.engine.Execute(c, into.Events[:0])
	into.Seq, into.Time = c.Seq, c.Time
	x.views.Apply(c, into.Events)
	for _, f := range x.feeds {
		f.Fold(x.views, c, into.Events)
	}
	if seen != nil {
		seen.See(x.views, c, into.Events)
	}
	for _, f := range x.feeds {
		f.Flush()
	}
	return nil
}

// Hand executes a command, and tells so at once.
func (x *testExchange) Hand(c *msg.Command, into *gateway.Result, seen gateway.Seer, answered func(error)) error {
	if err := x.Do(context.Background(), c, into, seen); err != nil {
		return err
	}
	answered(nil)
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
func (x *testExchange) Now() int64 { return x.now }

// testAPI is an API of a test exchange, with a key of ann that may do everything.
type testAPI struct {
	*API
	exchange *testExchange
	wall     int64
	keys     *auth.Store
	key      *auth.Key
}

func newTestAPI(t testing.TB, l Limits) *testAPI {
	t.Helper()
	x := newTestExchange(t)
	a := &testAPI{exchange: x, wall: testStart}
	keys, err := auth.Open("")
	if err != nil {
		t.Fatal(err)
	}
	wall := func() int64 { return a.wall }
	a.keys = keys
	a.key, _, err = keys.Add(auth.Draft{Account: ann, ID: "ann", Read: true, Trade: true})
	if err != nil {
		t.Fatal(err)
	}
	a.API = New(Options{Exchange: x, Auth: auth.New(auth.Options{Keys: keys, Wall: wall}), Wall: wall, Limits: l})
	x.feeds = []gateway.Feed{a.API}
	return a
}

// method returns the method of a verb and a path.
func (a *testAPI) method(t testing.TB, verb, path string) *Method {
	t.Helper()
	for i := range a.Methods() {
		if m := &a.Methods()[i]; m.Verb == verb && m.Path == path {
			return m
		}
	}
	t.Fatalf("there is no %s %s", verb, path)
	return nil
}

// get calls a method that anybody may call, with parameters as in a query.
func (a *testAPI) get(t testing.TB, path, query string) (body string, refused *Error) {
	t.Helper()
	c := Call{Client: netip.MustParseAddr("127.0.0.1")}
	addQuery(t, &c.Params, query)
	refused = a.Serve(a.method(t, "GET", "/api/v3/"+path), &c)
	if refused != nil && len(c.Out) != 0 {
		t.Errorf("%s?%s was refused and answered %s", path, query, c.Out)
	}
	return string(c.Out), refused
}

// addQuery adds the parameters of a query.
func addQuery(t testing.TB, p *Params, query string) {
	t.Helper()
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(value)
		if err != nil {
			t.Fatal(err)
		}
		p.Add([]byte(name), []byte(plain))
	}
}

// answer is get of what is not refused.
func (a *testAPI) answer(t testing.TB, path, query string) string {
	t.Helper()
	body, refused := a.get(t, path, query)
	if refused != nil {
		t.Fatalf("%s?%s: %v", path, query, refused)
	}
	return body
}
