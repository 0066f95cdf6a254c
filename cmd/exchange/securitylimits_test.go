package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// within calls f until it has run within one window of the clock, a window being as
// long as given: what was counted in two is not what f expects.
func within(t *testing.T, window time.Duration, f func(start time.Time)) {
	t.Helper()
	for range 5 {
		start := time.Now().Truncate(window)
		if left := time.Until(start.Add(window)); left < min(window/2, 8*time.Second) {
			time.Sleep(left) // until the next one begins
			start = start.Add(window)
		}
		f(start)
		if time.Now().Truncate(window).Equal(start) {
			return
		}
		if t.Failed() {
			t.Fatal("it failed, over the end of a window")
		}
	}
	t.Fatal("nothing was done within one window")
}

// orderCounts returns the counts of orders in the headers of an answer.
func orderCounts(h http.Header) string {
	return h.Get("X-Mbx-Order-Count-10s") + " " + h.Get("X-Mbx-Order-Count-1d")
}

// retryAfter checks that an answer says when to try again: at the end of a window.
func retryAfter(t *testing.T, a told, asked, end time.Time) {
	t.Helper()
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || seconds < 1 || time.Duration(seconds-1)*time.Second > end.Sub(asked) || time.Now().Add(time.Duration(seconds)*time.Second).Before(end) {
		t.Errorf("try again after %q s, asked at %v for a window that ends at %v", a.header.Get("Retry-After"), asked, end)
	}
}

// TestSecurityOrderLimit places as many orders as may be, and one more. Cancels are
// not counted, other accounts are not touched, and both carriers count together.
func TestSecurityOrderLimit(t *testing.T) {
	t.Parallel()
	const limit, window = 6, 10 * time.Second
	g := openGate(t, t.TempDir(), "--rate-limits", "--rate-orders", strconv.Itoa(limit))
	within(t, window, func(start time.Time) {
		p, other := g.newcomer(), g.newcomer()
		k := g.talk()
		order := limitOrder("BUY", "0.001", "9000")
		var ids []int64
		for i := range limit - 1 {
			a := g.query(p, "POST", "/api/v3/order", order)
			var v struct {
				OrderID int64 `json:"orderId"`
			}
			if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status != 200 || orderCounts(a.header) != fmt.Sprint(i+1, " ", i+1) {
				t.Errorf("order %d: %s, counts %s", i+1, a, orderCounts(a.header))
			}
			ids = append(ids, v.OrderID)
		}
		if s := k.ask("order.place", g.signedParams(p, append(inTurns(order), "returnRateLimits", "true")...)...); s.Status != 200 ||
			!strings.Contains(s.text, `"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":6,"count":6}`) {
			t.Errorf("the last order: %s", s.text)
		}
		g.tooManyOrders(p, k, order, start.Add(window))
		for _, id := range ids { // cancels are taken all the same
			if a := g.query(p, "DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId="+decimalID(id)); a.status != 200 || orderCounts(a.header) != " " {
				t.Errorf("cancel: %s, counts %s", a, orderCounts(a.header))
			}
		}
		if a := g.query(p, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"); a.status != 200 {
			t.Errorf("cancel all: %s", a)
		}
		if a := g.query(p, "POST", "/api/v3/order", order); a.code != -1015 { // and give nothing back
			t.Errorf("after the cancels: %s", a)
		}
		if a := g.query(other, "POST", "/api/v3/order", order); a.status != 200 || orderCounts(a.header) != "1 1" {
			t.Errorf("another account: %s, counts %s", a, orderCounts(a.header))
		}
	})
}

// tooManyOrders checks how one order more is refused.
func (g *gate) tooManyOrders(p *pass, k *talk, order string, end time.Time) {
	g.t.Helper()
	const text = "Too many new orders; current limit is 6 orders per 10 SECOND."
	asked := time.Now()
	a := g.query(p, "POST", "/api/v3/order", order)
	if a.status != 429 || a.body != `{"code":-1015,"msg":"`+text+`"}` || orderCounts(a.header) != " " {
		g.t.Errorf("one order too many: %s, counts %s", a, orderCounts(a.header))
	}
	retryAfter(g.t, a, asked, end)
	if a.header.Get("X-Mbx-Used-Weight") == "" || a.header.Get("X-Mbx-Used-Weight") != a.header.Get("X-Mbx-Used-Weight-1m") {
		g.t.Errorf("one order too many: headers %v", a.header)
	}
	s := k.ask("order.place", g.signedParams(p, inTurns(order)...)...)
	var data struct{ ServerTime, RetryAfter int64 }
	if s.Status != 429 || s.code() != -1015 || s.Error.Msg != text || json.Unmarshal(s.Error.Data, &data) != nil {
		g.t.Fatalf("one order too many: %s", s.text)
	}
	if data.RetryAfter != end.UnixMilli() || data.ServerTime < asked.UnixMilli() || data.ServerTime > time.Now().UnixMilli() {
		g.t.Errorf("one order too many: %s, want to be told %d", s.text, end.UnixMilli())
	}
	// A replacement is refused before anything is canceled, unless only that is wanted.
	s = k.ask("order.cancelReplace", g.signedParams(p, append(inTurns(order), "cancelReplaceMode", "STOP_ON_FAILURE", "cancelOrderId", "1")...)...)
	if s.Status != 429 || s.code() != -1015 {
		g.t.Errorf("one replacement too many: %s", s.text)
	}
}

// TestSecurityWeightLimit uses up the weight of an address. Another address is not
// touched, and orders that are taken weigh nothing.
func TestSecurityWeightLimit(t *testing.T) {
	t.Parallel()
	const limit, window = 100, time.Minute
	const text = "Too much request weight used; current limit is 100 request weight per 1 MINUTE. " +
		"Please use WebSocket Streams for live updates to avoid polling the API."
	tried := 0
	within(t, window, func(start time.Time) {
		tried++
		g := openGate(t, t.TempDir(), "--rate-limits", "--rate-weight", strconv.Itoa(limit)) // nothing is counted yet
		p := g.newcomer()
		order := g.signed(p, "POST", "/api/v3/order", limitOrder("BUY", "0.001", "9000"))
		order.address = thereAddress
		if a := g.send(order); a.status != 200 || a.header.Get("X-Mbx-Used-Weight") != "0" {
			t.Errorf("an order: %s, weight %s", a, a.header.Get("X-Mbx-Used-Weight"))
		}
		info := errand{verb: "GET", path: "/api/v3/exchangeInfo", address: thereAddress}
		for i := range limit / 20 {
			if a := g.send(info); a.status != 200 || a.header.Get("X-Mbx-Used-Weight") != strconv.Itoa(20*(i+1)) || a.header.Get("Retry-After") != "" {
				t.Errorf("request %d: %d, headers %v", i, a.status, a.header)
			}
		}
		for i, path := range []string{"/api/v3/ping", "/api/v3/none", "/api/v3/exchangeInfo"} {
			asked := time.Now()
			a := g.send(errand{verb: "GET", path: path, address: thereAddress})
			if path == "/api/v3/none" {
				if a.status != 404 {
					t.Errorf("%s: %s", path, a)
				}
				continue
			}
			want := strconv.Itoa(limit + []int{1, 2, 22}[i])
			if a.status != 429 || a.body != `{"code":-1003,"msg":"`+text+`"}` || a.header.Get("X-Mbx-Used-Weight-1m") != want {
				t.Errorf("%s: %s, headers %v", path, a, a.header)
			}
			retryAfter(t, a, asked, start.Add(window))
		}
		order = g.signed(p, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT") // from an address that has used nothing
		if a := g.send(order); a.status != 200 || a.header.Get("X-Mbx-Used-Weight") != "1" {
			t.Errorf("another address: %s, headers %v", a, a.header)
		}
		g.weightOverWebsocket(start.Add(window), text)
	})
}

// weightOverWebsocket uses up the rest of the weight of this address.
func (g *gate) weightOverWebsocket(end time.Time, text string) {
	g.t.Helper()
	k := g.talk() // 1 of before, and 2 for the connection
	for i := range 4 {
		if s := k.ask("exchangeInfo", "returnRateLimits", "true"); s.Status != 200 ||
			!strings.Contains(s.text, fmt.Sprintf(`"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":100,"count":%d}`, 3+20*(i+1))) {
			g.t.Errorf("request %d: ends in %s", i, s.text[max(0, len(s.text)-300):])
		}
	}
	s := k.ask("exchangeInfo")
	var data struct{ ServerTime, RetryAfter int64 }
	if s.Status != 429 || s.code() != -1003 || s.Error.Msg != text || json.Unmarshal(s.Error.Data, &data) != nil || data.RetryAfter != end.UnixMilli() {
		g.t.Errorf("over the weight: %s, want to be told %d", s.text, end.UnixMilli())
	}
}

// TestSecurityLockout has somebody else send junk with a victim's key id, from
// another address and from the victim's own, where limits hold. The other address is
// refused, and banned in the end. The victim's orders are taken and counted as if
// there were no junk.
func TestSecurityLockout(t *testing.T) {
	t.Parallel()
	const window = 10 * time.Second
	orders := scaled(100, 30, 2_000)
	g := openGate(t, t.TempDir(), "--rate-limits", "--rate-weight", "100", "--rate-orders", "1000000")
	victim := g.newcomer()
	j := &junkSender{gate: g, victim: victim}
	for j.limited == 0 && !t.Failed() { // until the address has used up its weight
		j.send()
	}
	stop := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() { j.run(stop) })
	for range 5 { // junk from the victim's own address, which its limit of weight bears
		q := g.signed(&pass{id: victim.id, secret: "guessed"}, "POST", "/api/v3/order", limitOrder("BUY", "0.001", "9000"))
		if a := g.send(q); a.code != -1022 {
			t.Errorf("junk: %s", a)
		}
	}
	var slowest time.Duration
	placed := 0
	for placed < orders && !t.Failed() {
		within(t, window, func(time.Time) {
			count := 0
			for range min(orders, 100) {
				begun := time.Now()
				a := g.query(victim, "POST", "/api/v3/order", limitOrder("BUY", "0.001", "9000"))
				slowest = max(slowest, time.Since(begun))
				if a.status != 200 {
					t.Errorf("order %d of the victim: %s", placed, a)
					return
				}
				n, err := strconv.Atoi(a.header.Get("X-Mbx-Order-Count-10s"))
				if err != nil || count > 0 && n != count+1 && n != 1 {
					t.Errorf("order %d of the victim counts %d after %d", placed, n, count)
				}
				count = n
				placed++
			}
			if a := g.query(victim, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"); a.status != 200 {
				t.Errorf("cancel all: %s", a)
			}
		})
	}
	close(stop)
	sending.Wait()
	if j.refused == 0 {
		t.Errorf("of the junk none was refused for its signature")
	}
	t.Logf("%d orders of the victim were taken, the slowest in %v, beside %d requests that were junk", placed, slowest, j.refused+j.limited)
}

// junkSender sends orders with a victim's key id and signatures that are not its,
// from another address than the victim's.
type junkSender struct {
	gate             *gate
	victim           *pass
	refused, limited int
}

func (j *junkSender) send() {
	q := j.gate.signed(&pass{id: j.victim.id, secret: "guessed"}, "POST", "/api/v3/order", limitOrder("BUY", "0.001", "9000"))
	q.address = thereAddress
	a, err := j.gate.try(q)
	switch {
	case err == nil && a.code == -1022:
		j.refused++
	case err == nil && a.code == -1003 && (a.status == 429 || a.status == 418):
		j.limited++
	default:
		j.gate.t.Errorf("junk: %s %v", a, err)
	}
}

// run sends until it is told to stop.
func (j *junkSender) run(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			j.send()
		}
		if !isLong() {
			time.Sleep(500 * time.Microsecond) // the machine has other tests to run
		}
	}
}
