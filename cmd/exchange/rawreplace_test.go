package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// rawCanceled is the answer to the cancel of an order to buy at 20000.
func rawCanceled(name, cancel, quantity, executed, spent string) string {
	return fmt.Sprintf(`{"symbol":"BTCUSDT","origClientOrderId":%q,"orderId":"<id:%s>","orderListId":-1,"clientOrderId":%q,"transactTime":1772447400000,`+
		`"price":"20000.00000000","origQty":%q,"executedQty":%q,"origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":%q,"status":"CANCELED",`+
		`"timeInForce":"GTC","type":"LIMIT","side":"BUY","selfTradePreventionMode":"EXPIRE_MAKER"}`, name, name, cancel, quantity, executed, spent)
}

// legs is how a cancel-replace is written: {"cancelResult":…} and so on.
func rawLegs(cancel, order, canceled, placed string) string {
	return fmt.Sprintf(`{"cancelResult":%q,"newOrderResult":%q,"cancelResponse":%s,"newOrderResponse":%s}`, cancel, order, canceled, placed)
}

// rawUndone is the body of a cancel-replace that did not do all.
func rawUndone(code int, legs string) string {
	text := map[int]string{-2021: "Order cancel-replace partially failed.", -2022: "Order cancel-replace failed."}[code]
	return fmt.Sprintf(`{"code":%d,"msg":%q,"data":%s}`, code, text, legs)
}

// both sends a request over HTTP and one like it over the websocket API, prepared by
// f before each, and holds status and body of both against the same.
func (r *rawVenue) both(what string, k *rawKey, verb, path, method string, status int, body string, f func() (query string)) {
	r.t.Helper()
	r.expect(what, r.call(k, verb, path, f()), status, body)
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	defer s.conn.Close() //nolint:errcheck // nothing is under way
	kind := "result"
	if status != 200 {
		kind = "error"
	}
	for name := range r.vars { // other orders, other ids
		delete(r.vars, name)
	}
	rawMatch(r.t, what+", over the websocket API", fmt.Sprintf(`{"id":1,"status":%d,%q:%s}`, status, kind, body), s.call(k, method, f()), r.vars)
	for name := range r.vars {
		delete(r.vars, name)
	}
}

// TestRawCancelReplace goes through the matrix of what becomes of the cancel and of
// the new order.
func TestRawCancelReplace(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other := r.trader(holding{"BTC", "1"}, holding{"USDT", "100"}), r.rich()
	const (
		fits   = "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.004&price=21000" // once the other order is canceled
		broke  = "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=20000"
		takes  = "&side=SELL&type=LIMIT_MAKER&quantity=0.001&price=15000"
		stop   = "&cancelReplaceMode=STOP_ON_FAILURE"
		allow  = "&cancelReplaceMode=ALLOW_FAILURE"
		poor   = "Account has insufficient balance for requested action."
		crosss = "Order would immediately match and take."
	)
	unknown, insufficient := rawError(-2011, "Unknown order sent."), rawError(-2010, poor)
	canceled := rawCanceled("old", "cancel", "0.00300000", "0.00000000", "0.00000000")
	placed := strings.Replace(fullOrder("BTCUSDT", "BUY", "0.00400000", "21000.00000000", "NEW"), `"<name>"`, `"new"`, 1)
	result := strings.Replace(placed, `,"fills":[]`, "", 1)
	ack := `{"symbol":"BTCUSDT","orderId":"<id>","orderListId":-1,"clientOrderId":"new","transactTime":1772447400000}`
	for _, c := range []struct {
		what, query string
		status      int
		body        string
		open        string // the orders left open
	}{
		{"done", stop + fits, 200, rawLegs("SUCCESS", "SUCCESS", canceled, placed), "new"},
		{"done, asked for by its name", "&cancelOrigClientOrderId=old" + stop + fits, 200, rawLegs("SUCCESS", "SUCCESS", canceled, placed), "new"},
		{"done, whatever fails", allow + fits, 200, rawLegs("SUCCESS", "SUCCESS", canceled, placed), "new"},
		{"done, told in short", stop + fits + "&newOrderRespType=ACK", 200, rawLegs("SUCCESS", "SUCCESS", canceled, ack), "new"},
		{"done, told without fills", stop + fits + "&newOrderRespType=RESULT", 200, rawLegs("SUCCESS", "SUCCESS", canceled, result), "new"},
		{"nothing to cancel", "&cancelOrderId=999999" + stop + fits, 400, rawUndone(-2022, rawLegs("FAILURE", "NOT_ATTEMPTED", unknown, "null")), "old"},
		{"no such name", "&cancelOrigClientOrderId=none" + stop + fits, 400, rawUndone(-2022, rawLegs("FAILURE", "NOT_ATTEMPTED", unknown, "null")), "old"},
		{
			"another name", "&cancelOrderId=ID&cancelOrigClientOrderId=none" + stop + fits, 400,
			rawUndone(-2022, rawLegs("FAILURE", "NOT_ATTEMPTED", rawError(-2039, "Client order ID is not correct for this order ID."), "null")), "old",
		},
		{"neither", "&cancelOrderId=999999" + allow + broke, 400, rawUndone(-2022, rawLegs("FAILURE", "FAILURE", unknown, insufficient)), "old"},
		{"no new order", stop + broke, 409, rawUndone(-2021, rawLegs("SUCCESS", "FAILURE", canceled, insufficient)), ""},
		{"no new order, whatever fails", allow + broke, 409, rawUndone(-2021, rawLegs("SUCCESS", "FAILURE", canceled, insufficient)), ""},
		{"a new order that would take", stop + takes, 409, rawUndone(-2021, rawLegs("SUCCESS", "FAILURE", canceled, rawError(-2010, crosss))), ""},
		{
			"a new order only", "&cancelOrderId=999999" + allow + "&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=40000", 409,
			rawUndone(-2021, rawLegs("FAILURE", "SUCCESS", unknown, strings.Replace(fullOrder("BTCUSDT", "SELL", "0.00100000", "40000.00000000", "NEW"), `"<name>"`, `"new"`, 1))),
			"new old",
		},
		{
			"not a new one", "&cancelRestrictions=ONLY_PARTIALLY_FILLED" + stop + fits, 400,
			rawUndone(-2022, rawLegs("FAILURE", "NOT_ATTEMPTED", rawError(-2011, "Order was not canceled due to cancel restrictions."), "null")), "old",
		},
		{"a new one", "&cancelRestrictions=ONLY_NEW" + stop + fits, 200, rawLegs("SUCCESS", "SUCCESS", canceled, placed), "new"},

		// What is wrong with the new order for itself is told before anything is canceled.
		{"off the grid", stop + "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000.005", 400, rawError(-1013, "Filter failure: PRICE_FILTER"), "old"},
		{"too little", stop + "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.0001&price=20000", 400, rawError(-1013, "Filter failure: NOTIONAL"), "old"},
		{"too precise", stop + "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000.000000001", 400, rawError(-1111, "Parameter 'price' has too much precision."), "old"},
		{"a stop order", stop + "&side=SELL&type=STOP_LOSS&quantity=0.001&stopPrice=1", 400, rawError(-2010, "Stop loss orders are not supported for this symbol."), "old"},
		{"no mode", fits, 400, rawError(-1102, "Mandatory parameter 'cancelReplaceMode' was not sent, was empty/null, or malformed."), "old"},
		{"no known mode", "&cancelReplaceMode=MAYBE" + fits, 400, rawError(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid."), "old"},
		{
			"no order", "&-" + stop + fits, 400,
			rawError(-1102, "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!"), "old",
		},
	} {
		r.both(c.what, &k, "POST", "/api/v3/order/cancelReplace", "order.cancelReplace", c.status, c.body, func() string {
			r.call(&k, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
			r.call(&other, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
			r.limit(&other, "BUY", "0.001", "15000") // that a sell would meet
			order := r.place(&k, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.003&price=20000&newClientOrderId=old")
			if !strings.HasPrefix(c.query, "&cancelO") && !strings.HasPrefix(c.query, "&-") {
				return "symbol=BTCUSDT&cancelNewClientOrderId=cancel&newClientOrderId=new&cancelOrderId=" + strconv.FormatInt(order.ID, 10) + c.query
			}
			return "symbol=BTCUSDT&cancelNewClientOrderId=cancel&newClientOrderId=new" + strings.Replace(c.query, "=ID", "="+strconv.FormatInt(order.ID, 10), 1)
		})
		var names []string
		for _, o := range readRaw[[]rawOrder](t, r.call(&k, "GET", "/api/v3/openOrders", "symbol=BTCUSDT").body) {
			names = append([]string{o.Name}, names...)
		}
		if got := strings.Join(names, " "); got != c.open {
			t.Errorf("%s: open are %q, want %q", c.what, got, c.open)
		}
	}
}

// TestRawReplaceKeepsParts replaces orders that were filled in part: what was filled
// is told, and restrictions look at it.
func TestRawReplaceKeepsParts(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other := r.rich(), r.rich()
	const replace = "/api/v3/order/cancelReplace"
	for restriction, status := range map[string]int{"ONLY_NEW": 400, "ONLY_PARTIALLY_FILLED": 200} {
		for _, path := range []string{"cancel", "replace"} {
			order := r.place(&k, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.003&price=20000&newClientOrderId=part")
			r.limit(&other, "SELL", "0.001", "20000")
			canceled := rawCanceled("part", "done", "0.00300000", "0.00100000", "20.00000000")
			restricted := rawError(-2011, "Order was not canceled due to cancel restrictions.")
			var a rawAnswer
			var want string
			if path == "cancel" {
				a = r.call(&k, "DELETE", "/api/v3/order", fmt.Sprintf("symbol=BTCUSDT&orderId=%d&newClientOrderId=done&cancelRestrictions=%s", order.ID, restriction))
				want = map[int]string{400: restricted, 200: canceled}[status]
			} else {
				a = r.call(&k, "POST", replace, fmt.Sprintf("symbol=BTCUSDT&cancelOrderId=%d&cancelNewClientOrderId=done&cancelRestrictions=%s", order.ID, restriction)+
					"&cancelReplaceMode=STOP_ON_FAILURE&side=BUY&type=LIMIT_MAKER&quantity=0.001&price=10000&newClientOrderId=next")
				want = map[int]string{
					400: rawUndone(-2022, rawLegs("FAILURE", "NOT_ATTEMPTED", restricted, "null")),
					200: rawLegs("SUCCESS", "SUCCESS", canceled, `{"symbol":"BTCUSDT","orderId":"<id>","orderListId":-1,"clientOrderId":"next","transactTime":1772447400000}`),
				}[status]
			}
			r.expect(path+" "+restriction, a, status, want)
			clear(r.vars)
			r.call(&k, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
		}
	}
}

// TestRawReplaceOverLimit has an account at its limit of orders replace one: nothing
// is done, or only the cancel.
func TestRawReplaceOverLimit(t *testing.T) {
	t.Parallel()
	r := openRaw(t, "--rate-limits", "--rate-orders-day", "2")
	const (
		tooMany = "Too many new orders; current limit is 2 orders per 1 DAY."
		next    = "&cancelReplaceMode=STOP_ON_FAILURE&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=10000"
		path    = "/api/v3/order/cancelReplace"
	)
	over := rawError(-1015, tooMany)
	for _, socket := range []bool{false, true} {
		k := r.rich()
		order := r.place(&k, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.003&price=20000&newClientOrderId=old")
		r.limit(&k, "BUY", "0.001", "10000")
		s := r.dial("/ws-api/v3?returnRateLimits=false")
		ask := func(query string) rawAnswer {
			t.Helper()
			if !socket {
				a := r.call(&k, "POST", path, query)
				if retry, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || retry < 1 || retry > 86400 {
					t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
				}
				return a
			}
			status, _, refused := rawResult(t, s.call(&k, "order.cancelReplace", query))
			return rawAnswer{status: status, body: refused}
		}
		plain := over
		if socket {
			plain = strings.TrimSuffix(over, "}") + `,"data":{"serverTime":"<ms>","retryAfter":"<ms>"}}`
		}
		id := fmt.Sprintf("symbol=BTCUSDT&cancelNewClientOrderId=cancel&cancelOrderId=%d", order.ID)
		r.expect("by default nothing is done", ask(id+next), 429, plain)
		r.expect("nothing is done", ask(id+next+"&orderRateLimitExceededMode=DO_NOTHING"), 429, plain)
		if open := readRaw[[]rawOrder](t, r.call(&k, "GET", "/api/v3/openOrders", "symbol=BTCUSDT").body); len(open) != 2 {
			t.Errorf("open are %+v", open)
		}
		only := next + "&orderRateLimitExceededMode=CANCEL_ONLY"
		r.expect("nothing to cancel", ask("symbol=BTCUSDT&cancelOrderId=999999"+only), 429,
			rawUndone(-2022, rawLegs("FAILURE", "FAILURE", rawError(-2011, "Unknown order sent."), over)))
		r.expect("only the cancel is done", ask(id+only), 429,
			rawUndone(-2021, rawLegs("SUCCESS", "FAILURE", rawCanceled("old", "cancel", "0.00300000", "0.00000000", "0.00000000"), over)))
		clear(r.vars)
		if open := readRaw[[]rawOrder](t, r.call(&k, "GET", "/api/v3/openOrders", "symbol=BTCUSDT").body); len(open) != 1 {
			t.Errorf("open are %+v", open)
		}
		a := r.call(&k, "POST", path, id+next+"&orderRateLimitExceededMode=ALWAYS")
		r.refused("no such mode", a, 400, -1130, "Data sent for parameter 'orderRateLimitExceededMode' is not valid.")
	}
}

// TestRawReplaceIsOneStep replaces an order again and again while others look: at no
// time are there two of it, or none.
func TestRawReplaceIsOneStep(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	id := r.limit(&k, "BUY", "0.001", "20000").ID
	stop, done := make(chan struct{}), make(chan int)
	go func() { // one who looks
		looks := 0
		defer func() { done <- looks }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			looks++
			a, err := r.http.Get(r.url + "/api/v3/depth?symbol=BTCUSDT")
			if err != nil {
				t.Error(err)
				return
			}
			var v struct{ Bids [][2]string }
			err = json.NewDecoder(a.Body).Decode(&v)
			_ = a.Body.Close()
			if err != nil || len(v.Bids) != 1 || v.Bids[0][1] != "0.00100000" {
				t.Errorf("the bids are %v, %v", v.Bids, err)
				return
			}
		}
	}()
	for i := range scaled(100, 50, 5000) {
		a := r.call(&k, "POST", "/api/v3/order/cancelReplace", fmt.Sprintf("symbol=BTCUSDT&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=%d"+
			"&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=%d", id, 20000+i%7))
		id = readRaw[struct{ NewOrderResponse rawOrder }](t, a.body).NewOrderResponse.ID
		if a.status != 200 || id == 0 {
			t.Fatalf("replace: %v", a)
		}
	}
	close(stop)
	if looks := <-done; looks == 0 {
		t.Error("nobody has looked")
	}
}
