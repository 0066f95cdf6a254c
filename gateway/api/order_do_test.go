package api

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// slowExchange lets something happen before it is read.
type slowExchange struct {
	*testExchange
	read func()
}

// BeginRead returns the views.
func (x *slowExchange) BeginRead() *marketview.Views {
	if x.read != nil {
		x.read()
	}
	return x.testExchange.BeginRead()
}

// TestLateAtTheEngine lets the clock go on, and a key be deleted, while a call is on
// its way: it does not reach the exchange.
func TestLateAtTheEngine(t *testing.T) {
	a := newTestAPI(t, Limits{}).trader(t, ann)
	x := &slowExchange{testExchange: a.exchange}
	a.API.exchange = x
	const place = "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1"
	seq := a.exchange.seq
	x.read = func() { a.wall += 5_000 * ms }
	a.must(t, place)
	x.read = func() { a.wall += 5_001 * ms }
	a.refuse(t, place, 400, `{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}`)
	x.read = func() { a.wall -= 1_000 * ms }
	a.refuse(t, place, 400, `{"code":-1021,"msg":"Timestamp for this request was 1000ms ahead of the server's time."}`)
	x.read = func() { _ = a.keys.Delete(a.key.ID) }
	a.refuse(t, place, 401, `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`)
	if n := a.exchange.seq - seq; n != 1 {
		t.Errorf("%d commands reached the exchange, want 1", n)
	}
}

// handing is an exchange that takes commands, or does not, and then says why there is
// no answer.
type handing struct {
	*testExchange
	refused, failed error
}

// Hand takes a command, or not.
func (x *handing) Hand(_ *msg.Command, _ *gateway.Result, _ gateway.Seer, answered func(error)) error {
	if x.refused == nil {
		answered(x.failed)
	}
	return x.refused
}

// TestBegin begins and ends calls: those that the exchange does not take end at once,
// and only orders that were taken count.
func TestBegin(t *testing.T) {
	a := newTestAPI(t, Limits{}).trader(t, ann)
	x := &handing{testExchange: a.exchange}
	a.API.exchange = x
	const order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1"
	for _, test := range []struct {
		verb, path, query string
		refused, failed   error
		ends              bool
		want              *Error
	}{
		{"POST", "/api/v3/order", order, gateway.ErrBusy, nil, true, ErrOverloaded},
		{"POST", "/api/v3/order", order, nil, context.DeadlineExceeded, false, ErrTimeout},
		{"POST", "/api/v3/order", order, nil, gateway.ErrUnknown, false, ErrUnexpected},
		{"POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY", nil, nil, true, MandatoryError("type")},
		{"POST", "/api/v3/order/test", order, nil, nil, true, nil},
	} {
		c := &Call{Out: []byte("before")}
		c.Session = a.key
		addQuery(t, &c.Params, test.query+"&timestamp=1700000000123")
		x.refused, x.failed = test.refused, test.failed
		m := a.method(t, test.verb, test.path)
		told := 0
		ended, got := a.Begin(m, c, func() { told++ })
		if ended != test.ends || ended == (told > 0) {
			t.Errorf("%s %s: ended %v, %d answers", test.path, test.query, ended, told)
		}
		if !ended {
			got = a.End(m, c)
		}
		if cmp.Diff(got, test.want) != "" || got != nil && string(c.Out) != "before" {
			t.Errorf("%s %s: got %v and %q, want %v", test.path, test.query, got, c.Out, test.want)
		}
		if got := a.Serve(m, c); cmp.Diff(got, test.want) != "" {
			t.Errorf("%s %s, waited for: got %v, want %v", test.path, test.query, got, test.want)
		}
		if counts := a.orders.counts(ann, a.wall); counts != [2]int{} {
			t.Errorf("%s %s: %v orders count", test.path, test.query, counts)
		}
	}
}
