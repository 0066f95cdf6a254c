package admin

import (
	"cmp"
	"context"
	"sync"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/marketview"
)

const token = "a-token"

// exchange is an engine with views and nothing in between.
type exchange struct {
	mu     sync.RWMutex
	engine *engine.Engine
	views  *marketview.Views
	fails  error // what Do returns instead, when set
}

func newExchange() *exchange {
	return &exchange{engine: engine.New(engine.Capacity{}), views: marketview.New(marketview.Limits{})}
}

// Hand is not used by the operator.
func (x *exchange) Hand(*msg.Command, *gateway.Result, gateway.Seer, func(error)) error {
	return gateway.ErrStopped
}

func (x *exchange) Do(_ context.Context, c *msg.Command, into *gateway.Result, seen gateway.Seer) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.fails != nil {
		return x.fails
	}
	if err := c.Check(); err != nil {
		return err
	}
	d := *c
	d.Seq, d.Time = x.engine.Seq()+1, x.Now()
	into.Seq, into.Time = d.Seq, d.Time
	into.Events = x.engine.Execute(&d, into.Events[:0])
	x.views.Apply(&d, into.Events)
	if seen != nil {
		seen.See(x.views, &d, into.Events)
	}
	return nil
}

func (x *exchange) BeginRead() *marketview.Views {
	x.mu.RLock()
	return x.views
}

func (x *exchange) EndRead()   { x.mu.RUnlock() }
func (x *exchange) Now() int64 { return 1_700_000_000_000_000_000 }

// operations do what they are told.
type operations struct {
	ready     bool
	resets    int
	time      int64
	simulated bool
	allowed   bool
	fails     error
	storage   string // empty is ok
}

func (o *operations) Ready() bool { return o.ready }

func (o *operations) Storage() string { return cmp.Or(o.storage, StorageOK) }

func (o *operations) Status() Status {
	return Status{Seq: 7, DurableSeq: 7, PublishSeq: 7, Digest: "00000000000000ff", DigestSeq: 7, Time: 1, Epoch: 1, Journal: "00", Sync: "always", Storage: o.Storage(), Symbols: 3}
}

func (o *operations) Snapshot() (msg.Seq, error) { return 7, o.fails }

func (o *operations) Reset(context.Context) (Status, error) {
	if !o.allowed {
		return Status{}, ErrNotAllowed
	}
	o.resets++
	return o.Status(), o.fails
}

func (o *operations) AdvanceClock(nanos int64) (int64, error) {
	if !o.simulated {
		return 0, ErrNotSimulated
	}
	o.time += nanos
	return o.time, o.fails
}

// desk is an Admin in front of an exchange, and whoever asks it.
type desk struct {
	t        *testing.T
	exchange *exchange
	keys     *auth.Store
	ops      *operations
	admin    *Admin
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	keys, err := auth.Open("")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, exchange: newExchange(), keys: keys, ops: &operations{ready: true}}
	d.admin = New(Options{Exchange: d.exchange, Keys: keys, Operations: d.ops, Token: token})
	return d
}

// ask sends a request with the token and returns status and body.
func (d *desk) ask(method, path, body string, headers ...string) (status int, answer string) {
	d.t.Helper()
	var ctx fasthttp.RequestCtx
	ctx.Request.Header.SetMethod(method)
	ctx.Request.SetRequestURI(path)
	ctx.Request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		ctx.Request.SetBodyString(body)
		ctx.Request.Header.SetContentType("application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		ctx.Request.Header.Set(headers[i], headers[i+1])
	}
	d.admin.Handle(&ctx)
	return ctx.Response.StatusCode(), string(ctx.Response.Body())
}

// must sends a request that has to succeed.
func (d *desk) must(method, path, body string) string {
	d.t.Helper()
	status, answer := d.ask(method, path, body)
	if status >= 300 {
		d.t.Fatalf("%s %s %s: %d %s", method, path, body, status, answer)
	}
	return answer
}

// market makes two assets, a symbol and two accounts with both assets.
func (d *desk) market() {
	d.t.Helper()
	for _, r := range []struct{ path, body string }{
		{"/x/v1/assets", `{"asset":"BTC","scale":8}`},
		{"/x/v1/assets", `{"asset":"USDT","scale":8}`},
		{"/x/v1/symbols", `{"symbol":"BTCUSDT","base":"BTC","quote":"USDT","tick":"0.01","lot":"0.00001","maker":"0.001","taker":"0.002"}`},
		{"/x/v1/accounts", `{"name":"alice"}`},
		{"/x/v1/accounts", `{}`},
		{"/x/v1/accounts/1/credit", `{"asset":"BTC","amount":"10","transfer":1}`},
		{"/x/v1/accounts/2/credit", `{"asset":"USDT","amount":"1000000","transfer":1}`},
	} {
		d.must("POST", r.path, r.body)
	}
}
