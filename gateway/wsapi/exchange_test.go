package wsapi

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
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

// testExchange is an exchange without a journal: commands wait in a queue, and all
// that wait are executed, folded and answered as one batch.
type testExchange struct {
	engine *engine.Engine
	mu     sync.RWMutex // of the views
	views  *marketview.Views
	seq    msg.Seq
	now    atomic.Int64
	feeds  []gateway.Feed

	queue   chan *waiting
	stopped chan struct{}
	fold    sync.Mutex // whoever holds it keeps commands from being executed
	answers sync.Mutex // whoever holds it keeps answers from leaving
}

type waiting struct {
	command msg.Command
	into    *gateway.Result
	seen    gateway.Seer
	done    func()
}

// testStart is the time at which a test exchange starts: 2023-11-14 22:13:20.123456.
const testStart = int64(1_700_000_000_123_456_000)

// The accounts of a test exchange, and its first symbol.
const (
	ann, bob, cat msg.AccountID = 1, 2, 3
	btcusdt       msg.SymbolID  = 1
)

func newTestExchange(t testing.TB, feeds ...gateway.Feed) *testExchange {
	x := &testExchange{
		engine: engine.New(engine.Capacity{}), views: marketview.New(marketview.Limits{}), feeds: feeds,
		queue: make(chan *waiting, 1<<12), stopped: make(chan struct{}),
	}
	x.now.Store(testStart)
	x.views.Report(true)
	go x.run()
	t.Cleanup(func() {
		close(x.queue)
		<-x.stopped
	})
	for _, name := range []string{"BTC", "USDT"} {
		x.must(t, msg.Command{Kind: msg.AddAsset, Name: nameOf(name), Scale: 8})
	}
	for _, s := range []msg.Symbol{
		{Name: nameOf("BTCUSDT"), Tick: 1_000_000, Lot: 1_000, Maker: 100_000, Taker: 200_000},
		{Name: nameOf("PERPUSDT"), Tick: 1_000_000, Lot: 1_000, Accounting: msg.NoAccounting},
	} {
		s.Base, s.Quote = 1, 2
		x.must(t, msg.Command{Kind: msg.AddSymbol, Spec: &s})
	}
	for range 3 {
		x.must(t, msg.Command{Kind: msg.CreateAccount})
	}
	return x
}

func nameOf(s string) (n msg.Name) {
	copy(n[:], s)
	return n
}

// fund gives an account some of everything.
func (x *testExchange) fund(t testing.TB, a msg.AccountID) {
	t.Helper()
	for asset := msg.AssetID(1); asset <= 2; asset++ {
		x.must(t, msg.Command{Kind: msg.Credit, Account: a, Asset: asset, Amount: 1e14, Transfer: int64(asset)})
	}
}

// must executes a command that is not refused.
func (x *testExchange) must(t testing.TB, c msg.Command) gateway.Result {
	t.Helper()
	var r gateway.Result
	if err := x.Do(t.Context(), &c, &r, nil); err != nil {
		t.Fatal(err)
	}
	if r.Events[0].Kind == msg.Rejected {
		t.Fatalf("%s of account %d: %s", c.Kind, c.Account, r.Events[0].Reason)
	}
	return r
}

// Do implements gateway.Exchange.
func (x *testExchange) Do(ctx context.Context, c *msg.Command, into *gateway.Result, seen gateway.Seer) error {
	done := make(chan struct{})
	w := &waiting{*c, into, seen, func() { close(done) }}
	x.queue <- w
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Hand implements gateway.Exchange.
func (x *testExchange) Hand(c *msg.Command, into *gateway.Result, seen gateway.Seer, answered func(error)) error {
	x.queue <- &waiting{*c, into, seen, func() { answered(nil) }}
	return nil
}

func (x *testExchange) run() {
	defer close(x.stopped)
	for w := range x.queue {
		x.fold.Lock()
		batch := []*waiting{w}
		for more := true; more; {
			select {
			case w, ok := <-x.queue:
				if more = ok; ok {
					batch = append(batch, w)
				}
			default:
				more = false
			}
		}
		x.mu.Lock()
		for _, w := range batch {
			x.execute(w)
		}
		x.mu.Unlock()
		for _, f := range x.feeds {
			f.Flush()
		}
		x.fold.Unlock()
		x.answers.Lock()
		for _, w := range batch {
			w.done()
		}
		x.answers.Unlock()
	}
}

func (x *testExchange) execute(w *waiting) {
	x.seq++
	w.command.Seq, w.command.Time = x.seq, x.now.Load()
	w.into.Events = x.engine.Execute(&w.command, w.into.Events[:0])
	w.into.Seq, w.into.Time = x.seq, w.command.Time
	x.views.Apply(&w.command, w.into.Events)
	for _, f := range x.feeds {
		f.Fold(x.views, &w.command, w.into.Events)
	}
	if w.seen != nil {
		w.seen.See(x.views, &w.command, w.into.Events)
	}
}

// BeginRead implements gateway.Exchange.
func (x *testExchange) BeginRead() *marketview.Views {
	x.mu.RLock()
	return x.views
}

// EndRead implements gateway.Exchange.
func (x *testExchange) EndRead() { x.mu.RUnlock() }

// Now implements gateway.Exchange.
func (x *testExchange) Now() int64 { return x.now.Load() }

// site is all that a session needs.
type site struct {
	t        testing.TB
	exchange *testExchange
	keys     *auth.Store
	api      *api.API
	users    *UserData
	carrier  *Carrier
	wall     atomic.Int64
	log      strings.Builder
}

// seedKey is the Ed25519 key of the test vectors.
func seedKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(slices.Repeat([]byte{7}, 32)) }

const seedPublic = "MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="

// newSite returns a site with keys of each account that may read and trade, which
// are its name, and some more of ann. The secret of each is testsecret.
func newSite(t testing.TB, l Limits) *site {
	t.Helper()
	s := &site{t: t, users: NewUserData()}
	s.wall.Store(testStart - 10e9) // long enough ago for any stamp to be newer
	s.exchange = newTestExchange(t, s.users)
	keys, err := auth.Open("")
	if err != nil {
		t.Fatal(err)
	}
	s.keys = keys
	for _, d := range []auth.Draft{
		{Account: ann, ID: "ann", Read: true, Trade: true},
		{Account: bob, ID: "bob", Read: true, Trade: true},
		{Account: cat, ID: "cat", Read: true, Trade: true},
		{Account: ann, ID: "testkey", Read: true, Trade: true},
		{Account: ann, ID: "reader", Read: true},
		{Account: ann, ID: "trader", Trade: true},
		{Account: ann, ID: "seed", Public: seedPublic, Read: true, Trade: true},
	} {
		if d.Public == "" {
			d.Secret = "testsecret"
		}
		if _, _, err := keys.Add(d); err != nil {
			t.Fatal(err)
		}
	}
	s.api = api.New(api.Options{Exchange: s.exchange, Auth: auth.New(auth.Options{Keys: keys, Wall: s.wall.Load}), Wall: s.wall.Load})
	s.wall.Store(testStart)
	s.carrier = New(Options{
		API: s.api, Keys: keys, Users: s.users, Now: s.exchange.Now, Limits: l,
		Log: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	t.Cleanup(s.carrier.Wait)
	return s
}

// client is the other side of a session.
type client struct {
	t       testing.TB
	site    *site
	session *Session
	texts   chan string
	closed  chan string
	end     func()
	id      int
}

// Send takes what the session sends.
func (c *client) Send(text []byte) bool {
	c.texts <- string(text)
	return true
}

// Close takes the end of the connection.
func (c *client) Close(code int, reason string) { c.closed <- fmt.Sprintf("%d %s", code, reason) }

// connect opens a session.
func (s *site) connect(query string) *client {
	s.t.Helper()
	c := &client{t: s.t, site: s, texts: make(chan string, 1<<16), closed: make(chan string, 16)}
	session, refused := s.carrier.open(&gateway.Handshake{Path: "/ws-api/v3", Query: query, Remote: "127.0.0.1:5"}, c)
	if refused != nil {
		s.t.Fatalf("open with %s: %v", query, refused)
	}
	c.session = session
	c.end = sync.OnceFunc(session.Closed)
	s.t.Cleanup(c.end)
	return c
}

// next returns the next message.
func (c *client) next() string {
	c.t.Helper()
	select {
	case text := <-c.texts:
		return text
	case <-time.After(10 * time.Second):
		c.t.Fatal("nothing comes")
		return ""
	}
}

// nothing checks that no message has come.
func (c *client) nothing() {
	c.t.Helper()
	select {
	case text := <-c.texts:
		c.t.Errorf("there came %s", text)
	default:
	}
}

func (c *client) want(want string) {
	c.t.Helper()
	if got := c.next(); got != want {
		c.t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// send sends a request with the next id. Params are the inside of the object.
func (c *client) send(method, params string) {
	c.id++
	c.session.Message(fmt.Appendf(nil, `{"id":%d,"method":%q,"params":{%s}}`, c.id, method, params))
}

// ask sends a request and returns the next message, of which the head is cut off
// that every answer without an error has.
func (c *client) ask(method, params string) string {
	c.t.Helper()
	c.send(method, params)
	text := c.next()
	if rest, ok := strings.CutPrefix(text, fmt.Sprintf(`{"id":%d,"status":200,"result":`, c.id)); ok {
		return strings.TrimSuffix(rest, "}")
	}
	if rest, ok := strings.CutPrefix(text, fmt.Sprintf(`{"id":%d,"status":`, c.id)); ok {
		return strings.TrimSuffix(rest, "}")
	}
	return text
}

// stamped appends the time to parameters.
func (s *site) stamped(params string) string {
	stamp := fmt.Sprintf(`"timestamp":%d`, s.wall.Load()/1e6)
	if params == "" {
		return stamp
	}
	return params + "," + stamp
}

// signed appends time, key and signature to parameters.
func (s *site) signed(key, params string) string {
	params = fmt.Sprintf(`%s,"apiKey":%q`, s.stamped(params), key)
	var r request
	if refused := r.read([]byte(`{"method":"x","params":{` + params + `}}`)); refused != nil {
		s.t.Fatal(refused)
	}
	return fmt.Sprintf(`%s,"signature":%q`, params, sign(key, string(r.appendPayload(nil))))
}

func sign(key, payload string) string {
	if key == "seed" {
		return base64.StdEncoding.EncodeToString(ed25519.Sign(seedKey(), []byte(payload)))
	}
	mac := hmac.New(sha256.New, []byte("testsecret"))
	mac.Write([]byte(payload))
	return hex.EncodeToString(mac.Sum(nil))
}

// logon opens a session that does not show limits, and logs on.
func (s *site) logon(key string) *client {
	s.t.Helper()
	c := s.connect("returnRateLimits=false")
	if got := c.ask("session.logon", s.signed(key, "")); !strings.HasPrefix(got, `{"apiKey":"`+key+`"`) {
		s.t.Fatalf("logon: %s", got)
	}
	return c
}

// listen opens a session that listens to the account of a key.
func (s *site) listen(key string) *client {
	s.t.Helper()
	c := s.logon(key)
	if got := c.ask("userDataStream.subscribe", ""); got != `{"subscriptionId":0}` {
		s.t.Fatalf("subscribe: %s", got)
	}
	return c
}

// addKey adds an Ed25519 key of ann.
func addKey(s *site, id, public string) {
	s.t.Helper()
	if _, _, err := s.keys.Add(auth.Draft{Account: ann, ID: id, Public: public, Read: true, Trade: true}); err != nil {
		s.t.Fatal(err)
	}
}
