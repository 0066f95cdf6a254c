package stream

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"go.uber.org/goleak"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(
		m,
		// Both belong to the HTTP server, which does not end them.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// second is a second of the fake clock.
const second = int64(1e9)

// start is when tests begin: a whole minute, on a Monday.
const start = int64(1_700_438_400) * second

// testExchange is an engine with its views, and a clock that stands until it is
// told to go on.
type testExchange struct {
	mu     sync.RWMutex
	engine *engine.Engine
	views  *marketview.Views
	feeds  []gateway.Feed
	events []msg.Event

	clock sync.Mutex
	now   int64
}

func newTestExchange() *testExchange {
	return &testExchange{engine: engine.New(engine.Capacity{}), views: marketview.New(marketview.Limits{}), now: start}
}

// add adds assets, a symbol of BASE and USDT with ticks of 0.01 and lots of 0.001,
// and once the accounts 1 and 2 with plenty of both.
func (x *testExchange) add(base string) msg.SymbolID {
	usdt := x.asset("USDT", 8)
	asset := x.asset(base, 8)
	for a := msg.AccountID(x.views.Accounts()); a <= 2; a++ {
		x.do(msg.Command{Kind: msg.CreateAccount})
	}
	for _, a := range [...]msg.AccountID{1, 2} {
		x.do(msg.Command{Kind: msg.Credit, Account: a, Asset: asset, Amount: 1e17, Transfer: int64(x.views.Seq()) + 1})
		x.do(msg.Command{Kind: msg.Credit, Account: a, Asset: usdt, Amount: 1e17, Transfer: int64(x.views.Seq()) + 1})
	}
	events := x.do(msg.Command{Kind: msg.AddSymbol, Spec: &msg.Symbol{
		Name: name(base + "USDT"), Base: asset, Quote: usdt, Tick: 1e6, Lot: 1e5, Maker: 0, Taker: 0,
	}})
	return msg.SymbolID(events[0].ID)
}

func (x *testExchange) asset(text string, scale uint8) msg.AssetID {
	if a, ok := x.views.AssetByName(name(text)); ok {
		return a.ID
	}
	return msg.AssetID(x.do(msg.Command{Kind: msg.AddAsset, Name: name(text), Scale: scale})[0].ID)
}

func name(s string) msg.Name {
	n, err := msg.ParseName(s)
	if err != nil {
		panic(err)
	}
	return n
}

// do carries out a command as a batch of its own.
func (x *testExchange) do(c msg.Command) []msg.Event {
	c.Seq, c.Time = x.engine.Seq()+1, max(x.Now(), x.engine.Time())
	x.mu.Lock()
	x.events = x.engine.Execute(&c, nil)
	x.apply(&c, x.events)
	x.mu.Unlock()
	x.flush()
	return x.events
}

// apply folds a transaction, with the views held.
func (x *testExchange) apply(c *msg.Command, events []msg.Event) {
	x.views.Apply(c, events)
	for _, f := range x.feeds {
		f.Fold(x.views, c, events)
	}
}

func (x *testExchange) flush() {
	for _, f := range x.feeds {
		f.Flush()
	}
}

// place places an order and returns its events. A price of zero makes a market
// order.
func (x *testExchange) place(a msg.AccountID, s msg.SymbolID, side msg.Side, p msg.Price, q msg.Qty) []msg.Event {
	c := msg.Command{Kind: msg.Place, Account: a, Symbol: s, Side: side, Price: p, Qty: q}
	if p == 0 {
		c.Type = msg.Market
	}
	return x.do(c)
}

// Do is not used by streams.
func (x *testExchange) Do(context.Context, *msg.Command, *gateway.Result, gateway.Seer) error {
	return gateway.ErrStopped
}

// Hand is not used by streams.
func (x *testExchange) Hand(*msg.Command, *gateway.Result, gateway.Seer, func(error)) error {
	return gateway.ErrStopped
}

func (x *testExchange) BeginRead() *marketview.Views {
	x.mu.RLock()
	return x.views
}

func (x *testExchange) EndRead() { x.mu.RUnlock() }

func (x *testExchange) Now() int64 {
	x.clock.Lock()
	defer x.clock.Unlock()
	return x.now
}

// advance moves the clock on.
func (x *testExchange) advance(ns int64) {
	x.clock.Lock()
	defer x.clock.Unlock()
	x.now += ns
}

// bench is an exchange with a hub that goes by the same clock, and runs when it is
// told to.
type bench struct {
	*testExchange
	hub *Hub
	t   testing.TB
	btc msg.SymbolID
}

func newBench(t testing.TB, l gateway.Limits) *bench {
	t.Helper()
	x := newTestExchange()
	b := &bench{testExchange: x, t: t, btc: x.add("BTC")}
	b.hub = New(Options{Exchange: x, Limits: l, Wall: x.Now})
	x.feeds = append(x.feeds, b.hub)
	return b
}

// round has the hub send what there is.
func (b *bench) round() { b.hub.round(b.Now()) }

// pass lets time pass, with a round every 10 ms.
func (b *bench) pass(ns int64) {
	const step = int64(10e6)
	for ; ns > 0; ns -= step {
		b.advance(min(ns, step))
		b.round()
	}
}

// client is a connection to the hub of which a test sees what was sent.
type client struct {
	b       *bench
	session *session

	mu     sync.Mutex
	unread []string
	full   bool   // it takes no frames
	closed string // why
}

// open opens a session at a path, with a query behind a question mark.
func (b *bench) open(target string) *client {
	b.t.Helper()
	c := &client{b: b}
	path, query, _ := strings.Cut(target, "?")
	s, err := b.hub.open(&gateway.Handshake{Path: path, Query: query}, c)
	if err != nil {
		b.t.Fatalf("open %s: %v", target, err)
	}
	c.session = s
	b.t.Cleanup(s.Closed)
	return c
}

func (c *client) Send(text []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unread = append(c.unread, string(text))
	return true
}

func (c *client) SendFrames(frames []byte) bool { return c.OfferFrames(frames, 1<<30) }

func (c *client) OfferFrames(frames []byte, _ int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed != "" || c.full {
		return false
	}
	c.unread = append(c.unread, texts(frames)...)
	return true
}

func (c *client) Queued() int {
	if c.full {
		return 1
	}
	return 0
}

func (c *client) Close(code int, reason string) { c.closed = fmt.Sprint(code, " ", reason) }

func (c *client) CloseSlow(reason string) { c.Close(1008, reason) }

// read returns what was sent since it was called last.
func (c *client) read() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.unread
	c.unread = nil
	return all
}

// want checks what was sent since it was read last.
func (c *client) want(messages ...string) {
	c.b.t.Helper()
	got := c.read()
	for i := range max(len(got), len(messages)) {
		switch {
		case i >= len(got):
			c.b.t.Errorf("missing %s", messages[i])
		case i >= len(messages):
			c.b.t.Errorf("too much: %s", got[i])
		case got[i] != messages[i]:
			c.b.t.Errorf("message %d\n got %s\nwant %s", i, got[i], messages[i])
		}
	}
}

// ask sends a control message and returns the answer.
func (c *client) ask(text string) string {
	c.b.t.Helper()
	c.read()
	c.session.Message([]byte(text))
	if len(c.unread) == 0 {
		return ""
	}
	answer := c.unread[0]
	c.unread = c.unread[1:]
	return answer
}

// texts returns the payloads of frames.
func texts(frames []byte) (list []string) {
	for len(frames) > 0 {
		head, n := 2, int(frames[1])
		switch n {
		case 126:
			head, n = 4, int(frames[2])<<8|int(frames[3])
		case 127:
			head, n = 10, 0
			for _, b := range frames[2:10] {
				n = n<<8 | int(b)
			}
		}
		if frames[0] != 0x81 {
			panic(fmt.Sprintf("a frame that begins with %x", frames[0]))
		}
		list = append(list, string(frames[head:head+n]))
		frames = frames[head+n:]
	}
	return list
}

// read reads JSON strictly.
func read[T any](t testing.TB, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("read %s: %v", text, err)
	}
	return v
}
