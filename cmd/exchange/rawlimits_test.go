package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// used returns the weight that an answer says is used.
func (a rawAnswer) used(t *testing.T) int {
	t.Helper()
	one, minute := a.header.Get("X-MBX-USED-WEIGHT"), a.header.Get("X-MBX-USED-WEIGHT-1M")
	n, err := strconv.Atoi(one)
	if err != nil || one != minute {
		t.Errorf("the used weight is %q, and in a minute %q", one, minute)
	}
	return n
}

// TestRawWeights looks at what each request weighs, where nothing is enforced: it is
// counted all the same.
func TestRawWeights(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	r.limit(&k, "BUY", "0.001", "20000")
	const order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000"
	all := func(n int) string { // an array of names
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`"S%d"`, i))
		}
		return "symbols=[" + strings.Join(list, ",") + "]"
	}
	for _, c := range []struct {
		verb, path, query string
		weight            int
	}{
		{"GET", "ping", "", 1},
		{"GET", "time", "", 1},
		{"GET", "exchangeInfo", "", 20},
		{"GET", "exchangeInfo", "symbol=BTCUSDT", 20},
		{"GET", "depth", "symbol=BTCUSDT", 5},
		{"GET", "depth", "symbol=BTCUSDT&limit=100", 5},
		{"GET", "depth", "symbol=BTCUSDT&limit=101", 25},
		{"GET", "depth", "symbol=BTCUSDT&limit=500", 25},
		{"GET", "depth", "symbol=BTCUSDT&limit=501", 50},
		{"GET", "depth", "symbol=BTCUSDT&limit=1000", 50},
		{"GET", "depth", "symbol=BTCUSDT&limit=1001", 250},
		{"GET", "depth", "symbol=BTCUSDT&limit=5000", 250},
		{"GET", "depth", "symbol=BTCUSDT&limit=9999", 250},
		{"GET", "trades", "symbol=BTCUSDT", 25},
		{"GET", "historicalTrades", "symbol=BTCUSDT", 25},
		{"GET", "aggTrades", "symbol=BTCUSDT", 4},
		{"GET", "klines", "symbol=BTCUSDT&interval=1m", 2},
		{"GET", "uiKlines", "symbol=BTCUSDT&interval=1m", 2},
		{"GET", "avgPrice", "symbol=BTCUSDT", 2},
		{"GET", "ticker/24hr", "symbol=BTCUSDT", 2},
		{"GET", "ticker/24hr", all(1), 2},
		{"GET", "ticker/24hr", all(20), 2},
		{"GET", "ticker/24hr", all(21), 40},
		{"GET", "ticker/24hr", all(100), 40},
		{"GET", "ticker/24hr", all(101), 80},
		{"GET", "ticker/24hr", "", 80},
		{"GET", "ticker/price", "symbol=BTCUSDT", 2},
		{"GET", "ticker/price", all(1), 4},
		{"GET", "ticker/price", "", 4},
		{"GET", "ticker/bookTicker", "symbol=BTCUSDT", 2},
		{"GET", "ticker/bookTicker", all(1), 4},
		{"GET", "ticker/bookTicker", "", 4},
		{"GET", "ticker", "symbol=BTCUSDT", 4},
		{"GET", "ticker", all(3), 12},
		{"GET", "ticker", all(50), 200},
		{"GET", "ticker", all(51), 200},
		{"GET", "ticker/tradingDay", "symbol=BTCUSDT", 4},
		{"GET", "ticker/tradingDay", all(7), 28},
		{"GET", "ticker/tradingDay", all(100), 200},
		{"POST", "order", order, 0},
		{"POST", "order", "symbol=BTCUSDT", 1},
		{"POST", "order/test", order, 1},
		{"POST", "order/test", order + "&computeCommissionRates=true", 20},
		{"POST", "order/test", order + "&computeCommissionRates=false", 1},
		{"DELETE", "order", "symbol=BTCUSDT&orderId=1", 1},
		{"DELETE", "openOrders", "symbol=BTCUSDT", 1},
		{"POST", "order/cancelReplace", order + "&cancelReplaceMode=ALLOW_FAILURE", 1},
		{"PUT", "order/amend/keepPriority", "symbol=BTCUSDT&orderId=1&newQty=1", 4},
		{"GET", "order", "symbol=BTCUSDT&orderId=1", 4},
		{"GET", "openOrders", "symbol=BTCUSDT", 6},
		{"GET", "openOrders", "", 80},
		{"GET", "allOrders", "symbol=BTCUSDT", 20},
		{"GET", "openOrderList", "", 6},
		{"GET", "allOrderList", "", 20},
		{"GET", "account", "", 20},
		{"GET", "account/commission", "symbol=BTCUSDT", 20},
		{"GET", "myTrades", "symbol=BTCUSDT", 20},
		{"GET", "myTrades", "symbol=BTCUSDT&orderId=1", 5},
		{"GET", "rateLimit/order", "", 40},
		{"GET", "order/amendments", "symbol=BTCUSDT&orderId=1", 4},
		{"GET", "myPreventedMatches", "symbol=BTCUSDT&preventedMatchId=1", 2},
		{"GET", "myPreventedMatches", "symbol=BTCUSDT&orderId=1", 20},
		{"GET", "myFilters", "symbol=BTCUSDT", 40},
		{"GET", "nothing", "", 1},
		{"PATCH", "order", "", 1},
	} {
		r.weighs(c.verb+" "+c.path+" "+c.query, c.weight, func() rawAnswer { return r.call(&k, c.verb, "/api/v3/"+c.path, c.query) })
	}
	r.weighs("a websocket", 2, func() rawAnswer {
		s := r.dial("/ws-api/v3")
		_ = s.conn.Close()
		return rawAnswer{}
	})
	s := r.dial("/ws-api/v3")
	for method, weight := range map[string]int{
		"ping": 1, "depth": 1, "session.status": 2, "session.logout": 2, "session.subscriptions": 2, "userDataStream.unsubscribe": 2, "userDataStream.subscribe": 2,
	} {
		if method == "depth" {
			weight = 5 // whether it is served or not
		}
		r.weighs(method, weight, func() rawAnswer { return rawAnswer{body: s.call(nil, method, "")} })
	}
}

// weighs complains unless a request weighs so much. A minute may begin in between;
// then it is asked for again.
func (r *rawVenue) weighs(what string, weight int, request func() rawAnswer) {
	r.t.Helper()
	const itself = 1 // what it weighs to ask for the time
	for range 3 {
		before := r.get("/api/v3/time").used(r.t)
		a := request()
		after := r.get("/api/v3/time").used(r.t) - itself
		if after < before {
			continue
		}
		if after-before != weight {
			r.t.Errorf("%s: weighs %d, want %d: %.200v", what, after-before, weight, a)
		}
		return
	}
	r.t.Errorf("%s: three times a minute began in between", what)
}

// rawLimiters is how the websocket API tells the limits of orders.
func rawLimiters(orders int) string {
	return fmt.Sprintf(`{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100,"count":"<int>"},`+
		`{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000,"count":%d}`, orders)
}

// TestRawOrderCounts counts orders up as they are placed and down as they are filled,
// and tells the counts in headers, in answers of the websocket API, and when asked.
func TestRawOrderCounts(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other := r.rich(), r.rich()
	counts := func(k *rawKey, day int) {
		t.Helper()
		r.expect("the counts", r.call(k, "GET", "/api/v3/rateLimit/order", ""), 200, "["+rawLimiters(day)+"]")
	}
	counts(&k, 0)
	const order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000"
	for i := 1; i <= 7; i++ {
		a := r.call(&k, "POST", "/api/v3/order", order)
		short, err := strconv.Atoi(a.header.Get("X-MBX-ORDER-COUNT-10S"))
		if day := a.header.Get("X-MBX-ORDER-COUNT-1D"); day != strconv.Itoa(i) || err != nil || short < 1 || short > i {
			t.Errorf("order %d: counts %v", i, a.header)
		}
	}
	counts(&k, 7)
	for _, c := range []struct{ verb, path, query string }{ // that count nothing
		{"POST", "/api/v3/order", "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1500&price=5000"},
		{"POST", "/api/v3/order", order + "1.005"},
		{"POST", "/api/v3/order/test", order},
		{"DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=999999"},
		{"GET", "/api/v3/openOrders", "symbol=BTCUSDT"},
	} {
		if a := r.call(&k, c.verb, c.path, c.query); a.header.Get("X-MBX-ORDER-COUNT-1D") != "" || a.header.Get("X-MBX-ORDER-COUNT-10S") != "" {
			t.Errorf("%s %s: counts in %v", c.verb, c.path, a.header)
		}
	}
	counts(&k, 7)
	r.limit(&other, "SELL", "0.0015", "20000")
	counts(&k, 0) // two of its orders, which rested, were filled for the first time: 5 off for each, and not below none
	counts(&other, 0)
	r.limit(&other, "SELL", "0.0005", "20000")
	counts(&k, 0)
	r.limit(&k, "BUY", "0.001", "10000")
	r.limit(&k, "BUY", "0.001", "10000")
	counts(&k, 2)
	r.limit(&other, "SELL", "0.001", "20000")
	counts(&k, 0)

	// A cancel-replace is an order, also when its new one is not attempted.
	const replace = "/api/v3/order/cancelReplace"
	a := r.call(&k, "POST", replace, order+"&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=999999")
	if a.status != 400 || a.header.Get("X-MBX-ORDER-COUNT-1D") != "1" {
		t.Errorf("cancel-replace: %v %v", a, a.header)
	}
	counts(&k, 1)

	weight := `{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000,"count":"<int>"}`
	s := r.dial("/ws-api/v3")
	ack := `{"symbol":"BTCUSDT","orderId":"<id>","orderListId":-1,"clientOrderId":"<name>","transactTime":1772447400000}`
	rawMatch(t, "ping", `{"id":1,"status":200,"result":{},"rateLimits":[`+weight+`]}`, s.call(nil, "ping", ""), nil)
	rawMatch(t, "ping without limits", `{"id":2,"status":200,"result":{}}`, s.call(nil, "ping", "returnRateLimits=false"), nil)
	rawMatch(t, "an order", `{"id":3,"status":200,"result":`+ack+`,"rateLimits":[`+rawLimiters(2)+","+weight+`]}`,
		s.call(&k, "order.place", order+"&newOrderRespType=ACK"), nil)
	rawMatch(t, "a refusal", `{"id":4,"status":400,"error":`+rawError(-1121, "Invalid symbol.")+`,"rateLimits":[`+weight+`]}`, s.call(nil, "depth", "symbol=NONE"), nil)
	s = r.dial("/ws-api/v3?returnRateLimits=false")
	rawMatch(t, "nothing of limits", `{"id":1,"status":200,"result":{}}`, s.call(nil, "ping", ""), nil)
	rawMatch(t, "limits after all", `{"id":2,"status":200,"result":{},"rateLimits":[`+weight+`]}`, s.call(nil, "ping", "returnRateLimits=true"), nil)
}

// TestRawOverLimits goes beyond each limit, over HTTP and over websockets: the answer
// says when to try again.
func TestRawOverLimits(t *testing.T) {
	t.Parallel()
	const (
		weight = "Too much request weight used; current limit is 100 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
		orders = "Too many new orders; current limit is 3 orders per 1 DAY."
		short  = "Too many new orders; current limit is 3 orders per 10 SECOND."
	)
	retry := func(a rawAnswer, most int) {
		t.Helper()
		if n, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || n < 1 || n > most {
			t.Errorf("Retry-After is %q, want 1 to %d: %v", a.header.Get("Retry-After"), most, a)
		}
	}
	timed := func(text string, most int64, refused string) {
		t.Helper()
		want := fmt.Sprintf(`{"code":%s,"msg":%q,"data":{"serverTime":"<ms>","retryAfter":"<ms>"}}`, map[bool]string{true: "-1003", false: "-1015"}[strings.Contains(text, "weight")], text)
		rawMatch(t, "over the limit, over a websocket", want, refused, nil)
		data := readRaw[struct {
			Data struct{ ServerTime, RetryAfter int64 }
		}](t, refused).Data
		if wait := data.RetryAfter - data.ServerTime; wait < 1 || wait > most {
			t.Errorf("to be tried again in %d ms, want 1 to %d", wait, most)
		}
	}

	// The limits are published as they are set.
	r := openRaw(t, "--rate-limits", "--rate-weight", "100", "--rate-orders-day", "3")
	k := r.rich()
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	over := r.until(func() rawAnswer { return r.get("/api/v3/exchangeInfo") })
	r.refused("over the weight", over, 429, -1003, weight)
	if over.used(t) <= 100 {
		t.Errorf("over the weight: %v", over.header)
	}
	retry(over, 60)
	r.refused("whatever is asked", r.get("/api/v3/nothing"), 404, -1020, "This operation is not supported.")
	status, _, refused := rawResult(t, s.call(nil, "time", ""))
	if status == 429 { // or another minute has begun
		timed(weight, 60_000, refused)
	}

	// Orders count by account, whoever asks.
	r = openRaw(t, "--rate-limits", "--rate-orders-day", "3")
	k = r.rich()
	other := r.rich()
	const order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000"
	for range 3 {
		r.place(&k, order)
	}
	over = r.call(&k, "POST", "/api/v3/order", order)
	r.refused("over the orders of a day", over, 429, -1015, orders)
	retry(over, 86_400)
	s = r.dial("/ws-api/v3?returnRateLimits=false")
	status, _, refused = rawResult(t, s.call(&k, "order.place", order))
	if status != 429 {
		t.Errorf("an order over the websocket API: %d", status)
	}
	timed(orders, 86_400_000, refused)
	r.refused("a wrong order is that first", r.call(&k, "POST", "/api/v3/order", order+".001"), 400, -1013, "Filter failure: PRICE_FILTER")
	r.place(&other, order)
	if a := r.call(&k, "POST", "/api/v3/order/test", order); a.status != 200 || a.body != "{}" {
		t.Errorf("a test is no order: %v", a)
	}

	r = openRaw(t, "--rate-limits", "--rate-orders", "3")
	k = r.rich()
	over = r.until(func() rawAnswer { return r.call(&k, "POST", "/api/v3/order", order) })
	r.refused("over the orders of ten seconds", over, 429, -1015, short)
	retry(over, 10)

	r = openRaw(t, "--rate-limits", "--rate-requests", "10")
	over = r.until(func() rawAnswer { return r.get("/api/v3/ping") })
	if over.status != 429 || readRaw[struct{ Code int }](t, over.body).Code != -1003 {
		t.Errorf("over the requests: %v", over)
	}
	retry(over, 300)
}

// until asks until it is refused.
func (r *rawVenue) until(request func() rawAnswer) rawAnswer {
	r.t.Helper()
	for end := time.Now().Add(rawPatience); ; {
		a := request()
		if a.status != 200 || time.Now().After(end) {
			return a
		}
	}
}
