package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// rawFault is one thing that is wrong with a request. The faults stand in the order
// in which they are looked for.
type rawFault struct {
	name   string
	status int
	body   string
	spoil  func(q *rawRequest)
}

// rawRequest is an order that is to be sent, with what is wrong with it.
type rawRequest struct {
	path, method string
	key          *rawKey
	id           string // that is sent for the key; empty: its own
	params       [][2]string
	stamp        string
	forged       bool
}

func (q *rawRequest) set(name, value string) {
	for i := range q.params {
		if q.params[i][0] == name {
			q.params[i][1] = value
			return
		}
	}
	q.params = append(q.params, [2]string{name, value})
}

func (q *rawRequest) drop(name string) {
	q.params = slices.DeleteFunc(q.params, func(p [2]string) bool { return p[0] == name })
}

// send sends a request over HTTP, or over the websocket API, and returns status and
// refusal.
func (q *rawRequest) send(r *rawVenue, s *rawSocket) rawAnswer {
	id, signer := q.key.id, *q.key
	if q.id != "" {
		id = q.id
	}
	if q.forged {
		signer.secret += "x"
	}
	stamp := q.stamp
	if stamp == "" {
		stamp = r.stampNow()
	}
	params := append(slices.Clone(q.params), [2]string{"timestamp", stamp})
	if s == nil {
		var parts []string
		for _, p := range params {
			parts = append(parts, p[0]+"="+p[1])
		}
		query := strings.Join(parts, "&")
		return r.ask("POST", q.path+"?"+query+"&signature="+url.QueryEscape(signer.sign(query)), "", "X-MBX-APIKEY", id)
	}
	params = append(params, [2]string{"apiKey", id})
	slices.SortFunc(params, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	var parts, fields []string
	for _, p := range params {
		parts, fields = append(parts, p[0]+"="+p[1]), append(fields, fmt.Sprintf("%q:%q", p[0], p[1]))
	}
	fields = append(fields, fmt.Sprintf(`"signature":%q`, signer.sign(strings.Join(parts, "&"))))
	status, _, refused := rawResult(r.t, s.ask(fmt.Sprintf(`{"id":1,"method":%q,"params":{%s}}`, q.method, strings.Join(fields, ","))))
	return rawAnswer{status: status, body: refused}
}

// rawFaults are the faults of an order, in the order in which they are looked for.
func rawFaults(reader, spent, poor *rawKey) []rawFault {
	const badKey = "Invalid API-key, IP, or permissions for action."
	key := func(k *rawKey) func(q *rawRequest) { return func(q *rawRequest) { q.key = k } }
	return []rawFault{
		{"path", 404, rawError(-1020, "This operation is not supported."), func(q *rawRequest) { q.path, q.method = "/api/v3/nothing", "nothing" }},
		{"no key", 401, rawError(-2014, "API-key format invalid."), func(q *rawRequest) { q.id = "?" }},
		{"unknown key", 401, rawError(-2015, badKey), func(q *rawRequest) { q.id = "unknown" }},
		{
			"a parameter twice", 400, rawError(-1101, "Duplicate values for a parameter detected."),
			func(q *rawRequest) { q.params = append(q.params, [2]string{"newOrderRespType", "ACK"}) },
		},
		{
			"mandatory", 400, rawError(-1102, "Mandatory parameter 'side' was not sent, was empty/null, or malformed."),
			func(q *rawRequest) { q.drop("side") },
		},
		{
			"form", 400, rawError(-1100, `Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'.`),
			func(q *rawRequest) { q.set("quantity", "x") },
		},
		{"time", 400, rawError(-1021, "Timestamp for this request is outside of the recvWindow."), func(q *rawRequest) { q.stamp = "1500000000000" }},
		{"signature", 400, rawError(-1022, textSignature), func(q *rawRequest) { q.forged = true }},
		{"permission", 401, rawError(-2015, badKey), key(reader)},
		{"symbol", 400, rawError(-1121, "Invalid symbol."), func(q *rawRequest) { q.set("symbol", "NONE") }},
		{"enumeration", 400, rawError(-1115, "Invalid timeInForce."), func(q *rawRequest) { q.set("timeInForce", "GTX") }},
		{"combination", 400, rawError(-1106, "Parameter 'stopPrice' sent when not required."), func(q *rawRequest) { q.set("stopPrice", "1") }},
		{"precision", 400, rawError(-1111, "Parameter 'price' has too much precision."), func(q *rawRequest) { q.set("price", "20000.000000001") }},
		{"filters", 400, rawError(-1013, "Filter failure: LOT_SIZE"), func(q *rawRequest) { q.set("quantity", "0.000015") }},
		{"orders", 429, `{"code":-1015,"msg":"Too many new orders; current limit is 1 orders per 1 DAY."}`, key(spent)},
		{"engine", 400, rawError(-2010, "Account has insufficient balance for requested action."), key(poor)},
	}
}

// excludes reports whether two faults cannot be in one request: they are the same
// field.
func (f *rawFault) excludes(o *rawFault) bool {
	for _, group := range [][]string{{"no key", "unknown key"}, {"permission", "orders", "engine"}, {"form", "filters"}} {
		if slices.Contains(group, f.name) && slices.Contains(group, o.name) {
			return true
		}
	}
	return false
}

// TestRawCheckOrder sends orders with one fault each, and with two: then it is the
// earlier check that answers.
func TestRawCheckOrder(t *testing.T) {
	t.Parallel()
	r := openRaw(t, "--rate-limits", "--rate-orders-day", "1")
	rich, spent, poor := r.rich(), r.rich(), r.trader()
	r.limit(&spent, "BUY", "0.001", "20000")
	v := readRaw[struct{ Key, Secret string }](t, r.must("POST", fmt.Sprintf("/x/v1/accounts/%d/keys", rich.account), `{"type":"hmac","permissions":["read"]}`))
	reader := rawKey{account: rich.account, id: v.Key, secret: v.Secret}
	faults := rawFaults(&reader, &spent, &poor)
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	try := func(what string, want *rawFault, spoil ...*rawFault) {
		t.Helper()
		for _, socket := range []*rawSocket{nil, s} {
			q := rawRequest{path: "/api/v3/order", method: "order.place", key: &rich, params: [][2]string{
				{"symbol", "BTCUSDT"}, {"side", "BUY"}, {"type", "LIMIT"}, {"timeInForce", "GTC"}, {"quantity", "0.001"}, {"price", "20000"}, {"newOrderRespType", "ACK"},
			}}
			for _, f := range spoil {
				f.spoil(&q)
			}
			status, body := want.status, want.body
			if socket != nil {
				switch want.name {
				case "path":
					status = 400 // there are no paths
				case "orders":
					body = strings.TrimSuffix(body, "}") + `,"data":{"serverTime":"<ms>","retryAfter":"<ms>"}}`
				}
			}
			a := q.send(r, socket)
			if diff := rawDiff(body, a.body, nil); a.status != status || len(diff) > 0 {
				t.Errorf("%s, over a websocket %t: %v, want %d %s", what, socket != nil, a, status, body)
			}
		}
	}
	for i := range faults {
		first := &faults[i]
		try(first.name, first, first)
		for j := i + 1; j < len(faults); j++ {
			if second := &faults[j]; !first.excludes(second) {
				try(first.name+" and "+second.name, first, second, first) // in this order, so that the first keeps its field
			}
		}
	}
	if open := r.call(&rich, "GET", "/api/v3/allOrders", "symbol=BTCUSDT"); open.body != "[]" {
		t.Errorf("an order with a fault was taken: %v", open)
	}
}

// TestRawCheckLimitsFirst goes beyond the weight and then sends requests with faults:
// the limit answers, but where there is no such path.
func TestRawCheckLimitsFirst(t *testing.T) {
	t.Parallel()
	r := openRaw(t, "--rate-limits", "--rate-weight", "40")
	k := r.rich()
	faults := rawFaults(&k, &k, &k)
	for _, i := range []int{0, 1, 2, 4, 5, 6, 7, 9} {
		f := &faults[i]
		for { // another minute may begin
			r.until(func() rawAnswer { return r.get("/api/v3/exchangeInfo") })
			q := rawRequest{path: "/api/v3/order", method: "order.place", key: &k, params: [][2]string{
				{"symbol", "BTCUSDT"}, {"side", "BUY"}, {"type", "LIMIT"}, {"timeInForce", "GTC"}, {"quantity", "0.001"}, {"price", "1"},
			}}
			f.spoil(&q)
			a := q.send(r, nil)
			if a.used(t) <= 40 {
				continue
			}
			if f.name == "path" && (a.status != 404 || a.body != f.body) || f.name != "path" && (a.status != 429 || !strings.Contains(a.body, `"code":-1003,`)) {
				t.Errorf("%s: %v", f.name, a)
			}
			break
		}
	}
}

// TestRawEngineOrder sends orders with two faults that only the state of the market
// tells.
func TestRawEngineOrder(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other := r.trader(holding{"USDT", "100"}, holding{"BTC", "1"}), r.rich()
	r.limit(&other, "SELL", "1", "20000")
	r.place(&k, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=10000&newClientOrderId=mine")
	const (
		maker = "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&price=20000"
		poor  = "Account has insufficient balance for requested action."
		twice = "Duplicate order sent."
		take  = "Order would immediately match and take."
	)
	for _, c := range []struct{ query, want string }{
		{maker + "&quantity=1&newClientOrderId=mine", poor},
		{maker + "&quantity=1&newClientOrderId=other", poor},
		{maker + "&quantity=0.001&newClientOrderId=mine", twice},
		{maker + "&quantity=0.001&newClientOrderId=other", take},
		{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01", poor},
		{"symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=5000", poor},
		{"symbol=BTCUSDT&side=SELL&type=MARKET&quantity=2", poor},
		{"symbol=ETHUSDT&side=BUY&type=MARKET&quoteOrderQty=10", "Order book liquidity is less than symbol minimum quantity."},
	} {
		r.refused(c.query, r.call(&k, "POST", "/api/v3/order", c.query), 400, -2010, c.want)
	}
	r.limit(&other, "SELL", "0.00001", "900000")
	r.call(&other, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
	r.limit(&other, "SELL", "0.00001", "900000")
	a := r.call(&k, "POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=6")
	r.refused("less than a lot", a, 400, -2010, "Order book liquidity is less than `LOT_SIZE` filter minimum quantity.")
}
