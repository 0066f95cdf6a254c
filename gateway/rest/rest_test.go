package rest

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// TestStatuses asks for statuses, headers and bodies of all kinds of answer.
func TestStatuses(t *testing.T) {
	r := newTestREST(t, api.Limits{})
	const unsupported = `{"code":-1020,"msg":"This operation is not supported."}`
	for _, c := range []struct {
		q       testRequest
		status  int
		body    string
		headers map[string]string
	}{
		{testRequest{verb: "GET", target: "/api/v3/ping"}, 200, "{}", map[string]string{"Access-Control-Allow-Origin": "*"}},
		{testRequest{verb: "GET", target: "/api/v1/ping?ignored=1"}, 200, "{}", nil},
		{testRequest{verb: "GET", target: "http://localhost/api/v3/ping"}, 200, "{}", nil},
		{testRequest{verb: "GET", target: "/api/v3/ping", body: "a=1&a=2"}, 400, `{"code":-1000,"msg":"A GET has no body."}`, nil},
		{
			testRequest{verb: "POST", target: "/api/v3/userDataStream", body: "a=1", headers: map[string]string{"X-MBX-APIKEY": "fresh", "Content-Encoding": "gzip"}},
			415,
			`{"code":-1000,"msg":"A body is sent as it is, with no content encoding."}`, nil,
		},
		{testRequest{verb: "GET", target: "/api/v3/none"}, 404, unsupported, map[string]string{"Access-Control-Allow-Origin": ""}},
		{testRequest{verb: "GET", target: "/"}, 404, unsupported, nil},
		{testRequest{verb: "POST", target: "/api/v3/ping"}, 405, unsupported, map[string]string{"Allow": "GET"}},
		{testRequest{verb: "HEAD", target: "/api/v3/ping"}, 405, unsupported, map[string]string{"Allow": "GET"}},
		{
			testRequest{verb: "GET", target: "/api/v3/depth?symbol=NONE"},
			400, `{"code":-1121,"msg":"Invalid symbol."}`,
			map[string]string{"Access-Control-Allow-Origin": "*"},
		},
		{testRequest{verb: "GET", target: "/api/v3/depth?symbol=BTCUSDT&symbol=BTCUSDT"}, 400, `{"code":-1101,"msg":"Duplicate values for a parameter detected."}`, nil},
		{testRequest{verb: "GET", target: "/api/v3/depth?symbol=%4"}, 400, `{"code":-1130,"msg":"Data sent for parameter 'symbol' is not valid."}`, nil},
		{testRequest{verb: "GET", target: "/api/v3/depth?%zz=1"}, 400, `{"code":-1130,"msg":"Data sent for parameter '%zz' is not valid."}`, nil},
		{
			testRequest{verb: "GET", target: "/api/v3/depth?symbol=BTCUSDT&limit=1"},
			200,
			`{"lastUpdateId":2,"bids":[["9999.00000000","0.20000000"]],"asks":[["10001.00000000","0.50000000"]]}`, nil,
		},
		{testRequest{verb: "GET", target: `/api/v3/ticker/price?symbols=["BTCUSDT"]`}, 200, `[{"symbol":"BTCUSDT","price":"0.00000000"}]`, nil},
		{testRequest{verb: "GET", target: `/api/v3/ticker/price?symbols=%5B%22BTCUSDT%22%5D`}, 200, `[{"symbol":"BTCUSDT","price":"0.00000000"}]`, nil},
		{testRequest{verb: "GET", target: "/api/v3/ticker/price?&symbol=BTCUSDT&&"}, 200, `{"symbol":"BTCUSDT","price":"0.00000000"}`, nil},
		{testRequest{verb: "GET", target: "/api/v3/order?symbol=BTCUSDT"}, 401, `{"code":-2014,"msg":"API-key format invalid."}`, map[string]string{"Access-Control-Allow-Origin": ""}},
		{
			testRequest{verb: "GET", target: "/api/v3/account", headers: map[string]string{"x-mbx-apikey": "nobody"}},
			401,
			`{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`, nil,
		},
		{
			testRequest{verb: "GET", target: "/api/v3/account", headers: map[string]string{"X-MBX-APIKEY": "fresh"}},
			400,
			`{"code":-1102,"msg":"Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."}`, nil,
		},
		{testRequest{verb: "GET", target: "/api/v3/historicalTrades?symbol=BTCUSDT", headers: map[string]string{"X-MBX-APIKEY": "nobody"}}, 200, "[]", nil},
		{
			testRequest{verb: "GET", target: "/api/v3/time", headers: map[string]string{"x-mbx-time-unit": "microsecond"}},
			200,
			`{"serverTime":1700000000123000}`, nil,
		},
		{testRequest{verb: "GET", target: "/api/v3/time", headers: map[string]string{"X-MBX-TIME-UNIT": "MILLISECOND"}}, 200, `{"serverTime":1700000000123}`, nil},
		{
			testRequest{verb: "GET", target: "/api/v3/time", headers: map[string]string{"X-MBX-TIME-UNIT": "SECOND"}},
			400,
			`{"code":-1194,"msg":"Invalid value for time unit; expected either MICROSECOND or MILLISECOND."}`, nil,
		},
		{testRequest{verb: "GET", target: "/api/v3/ping", headers: map[string]string{"Accept": "application/sbe"}}, 406, `{"code":-1155,"msg":"SBE is not enabled."}`, nil},
		{testRequest{verb: "GET", target: "/api/v3/ping", headers: map[string]string{"Accept": "application/sbe, application/json"}}, 200, "{}", nil},
		{testRequest{verb: "GET", target: "/api/v3/ping", headers: map[string]string{"Accept": "*/*"}}, 200, "{}", nil},
		{testRequest{verb: "GET", target: "/api/v3/ping?" + manyParams(api.MaxParams)}, 200, "{}", nil},
		{
			testRequest{verb: "GET", target: "/api/v3/ping?" + manyParams(api.MaxParams+1)},
			400,
			`{"code":-1104,"msg":"Not all sent parameters were read; read '64' parameter(s) but was sent '65'."}`, nil,
		},
	} {
		got := r.send(c.q)
		if got.StatusCode() != c.status || string(got.Body()) != c.body {
			t.Errorf("%s %.60s: got %d %s, want %d %s", c.q.verb, c.q.target, got.StatusCode(), got.Body(), c.status, c.body)
		}
		if kind := string(got.Header.ContentType()); kind != "application/json;charset=UTF-8" {
			t.Errorf("%s %.60s: content type %s", c.q.verb, c.q.target, kind)
		}
		if len(got.Header.Peek("X-MBX-USED-WEIGHT")) == 0 && !bytes.Contains(got.Header.Header(), []byte("X-MBX-USED-WEIGHT: ")) {
			t.Errorf("%s %.60s: no weight in %s", c.q.verb, c.q.target, got.Header.Header())
		}
		for name, want := range c.headers {
			if value := string(got.Header.Peek(name)); value != want {
				t.Errorf("%s %.60s: %s is %q, want %q", c.q.verb, c.q.target, name, value, want)
			}
		}
	}
}

func manyParams(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("p%d=1", i)
	}
	return strings.Join(names, "&")
}

// header returns a header of an answer as it is sent.
func header(r *fasthttp.Response, name string) string {
	for line := range strings.SplitSeq(r.Header.String(), "\r\n") {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
	}
	return ""
}

// TestWeightHeaders counts over answers of all kinds, those to unknown paths too.
func TestWeightHeaders(t *testing.T) {
	r := newTestREST(t, api.Limits{Enforce: true, Weight: 30})
	for i, c := range []struct {
		target string
		status int
		want   string
		retry  string
	}{
		{"/api/v3/ping", 200, "1", ""},
		{"/api/v3/exchangeInfo", 200, "21", ""},
		{"/none", 404, "22", ""},
		{"/api/v3/depth?symbol=X", 400, "27", ""},
		{"/api/v3/depth?symbol=BTCUSDT&limit=101", 429, "52", "40"},
		{"/none", 404, "53", ""},
		{"/api/v3/ping", 429, "54", "40"},
	} {
		got := r.send(testRequest{verb: "GET", target: c.target})
		for _, name := range []string{"X-MBX-USED-WEIGHT", "X-MBX-USED-WEIGHT-1M"} {
			if value := header(got, name); value != c.want {
				t.Errorf("answer %d: %s is %q, want %s", i, name, value, c.want)
			}
		}
		if value := header(got, "Retry-After"); value != c.retry || got.StatusCode() != c.status {
			t.Errorf("answer %d: status %d, to be tried again after %q, want %d, %q", i, got.StatusCode(), value, c.status, c.retry)
		}
		if value := header(got, "X-MBX-ORDER-COUNT-10S"); value != "" {
			t.Errorf("answer %d: counts %s orders", i, value)
		}
	}
}

func sign(secret, payload string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(payload))
	return hex.EncodeToString(mac.Sum(nil))
}

// TestOrderHeaders places orders and reads how many there were.
func TestOrderHeaders(t *testing.T) {
	r := newTestREST(t, api.Limits{Enforce: true, OrdersShort: 2})
	for i, want := range []struct {
		status             int
		short, long, retry string
	}{{200, "1", "1", ""}, {200, "2", "2", ""}, {429, "", "", "10"}} {
		query := fmt.Sprintf("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=900%d&timestamp=%d", i, testStart/1e6)
		got := r.send(testRequest{verb: "POST", target: "/api/v3/order?" + query + "&signature=" + sign(r.secret, query), headers: map[string]string{"X-MBX-APIKEY": "fresh"}})
		if got.StatusCode() != want.status || header(got, "X-MBX-ORDER-COUNT-10S") != want.short || header(got, "X-MBX-ORDER-COUNT-1D") != want.long ||
			header(got, "Retry-After") != want.retry {
			t.Errorf("order %d: got %d %s\n%s want %v", i, got.StatusCode(), got.Body(), got.Header.String(), want)
		}
	}
}

// TestSignedLayouts sends a signed order in every layout that clients use: all of
// it in the query, all in the body, or some here and some there.
func TestSignedLayouts(t *testing.T) {
	r := newTestREST(t, api.Limits{})
	order := func(name string) string {
		return "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=9000&newClientOrderId=" + name
	}
	stamp := fmt.Sprintf("timestamp=%d&recvWindow=5000", testStart/1e6)
	type layout struct{ query, body string }
	layouts := map[string]func(p, sig string) layout{
		"query":        func(p, sig string) layout { return layout{p + "&" + stamp + sig, ""} },
		"query-first":  func(p, sig string) layout { return layout{strings.TrimPrefix(sig, "&") + "&" + p + "&" + stamp, ""} },
		"query-middle": func(p, sig string) layout { return layout{p + sig + "&" + stamp, ""} },
		"leading":      func(p, sig string) layout { return layout{"&" + p + "&" + stamp + sig, ""} },
		"body":         func(p, sig string) layout { return layout{"", p + "&" + stamp + sig} },
		"body-first":   func(p, sig string) layout { return layout{"", strings.TrimPrefix(sig, "&") + "&" + p + "&" + stamp} },
		"split":        func(p, sig string) layout { return layout{stamp + sig, p} },
		"split-alone":  func(p, sig string) layout { return layout{strings.TrimPrefix(sig, "&"), p + "&" + stamp} },
		"split-body":   func(p, sig string) layout { return layout{stamp, p + sig} },
		"encoded": func(p, sig string) layout {
			return layout{strings.Replace(p, "BTC", "%42%54C", 1) + "&" + stamp + sig, ""}
		},
		"twice": func(p, sig string) layout { return layout{p + "&" + stamp + sig, "symbol=NONE&price=x"} },
	}
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	for name, lay := range layouts {
		unsigned := lay(order(name), "")
		if name == "query-first" || name == "split-alone" || name == "body-first" { // an empty signature leaves an & behind
			unsigned.query, unsigned.body = strings.TrimPrefix(unsigned.query, "&"), strings.TrimPrefix(unsigned.body, "&")
		}
		payload := unsigned.query + unsigned.body
		signed := base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(payload)))
		for key, signature := range map[string]string{
			"fresh": sign(r.secret, payload), "known": strings.ToUpper(sign("testsecret", payload)), "ed": signed,
		} {
			l := lay(order(name), "&signature="+signature)
			if key == "ed" && name == "encoded" {
				l = lay(order(name), "&signature="+strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(signature))
			}
			got := r.send(testRequest{
				verb: "POST", target: "/api/v3/order?" + l.query, body: l.body,
				headers: map[string]string{"X-MBX-APIKEY": key, "Content-Type": "application/x-www-form-urlencoded"},
			})
			var answer struct {
				ClientOrderID string `json:"clientOrderId"`
				OrderID       int64  `json:"orderId"`
			}
			if err := json.Unmarshal(got.Body(), &answer); err != nil || got.StatusCode() != 200 || answer.ClientOrderID != name {
				t.Fatalf("%s with key %s: got %d %s", name, key, got.StatusCode(), got.Body())
			}
			r.cancel(t, answer.OrderID)
		}
	}
}

// cancel cancels an order as one client does it: with parameters in the body of a
// DELETE, and time and signature in the query.
func (r *testREST) cancel(t *testing.T, order int64) {
	t.Helper()
	query, body := fmt.Sprintf("timestamp=%d", testStart/1e6), fmt.Sprintf("symbol=BTCUSDT&orderId=%d", order)
	got := r.send(testRequest{
		verb: "DELETE", target: "/api/v3/order?" + query + "&signature=" + sign(r.secret, query+body), body: body,
		headers: map[string]string{"X-MBX-APIKEY": "fresh"},
	})
	if got.StatusCode() != 200 {
		t.Fatalf("cancel order %d: got %d %s", order, got.StatusCode(), got.Body())
	}
}

// TestTamperedSignatures changes one thing of a signed request at a time.
func TestTamperedSignatures(t *testing.T) {
	r := newTestREST(t, api.Limits{})
	stamp := fmt.Sprintf("timestamp=%d", testStart/1e6)
	body := "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=9000"
	signature := sign(r.secret, stamp+body)
	const refused = `{"code":-1022,"msg":"Signature for this request is not valid."}`
	for name, q := range map[string]struct{ query, body string }{
		"body":      {stamp + "&signature=" + signature, strings.Replace(body, "9000", "9001", 1)},
		"order":     {stamp + "&signature=" + signature, "side=BUY&" + strings.Replace(body, "&side=BUY", "", 1)},
		"encoding":  {stamp + "&signature=" + signature, strings.Replace(body, "BUY", "BU%59", 1)},
		"separator": {stamp + "&signature=" + signature, "&" + body},
		"added":     {stamp + "&signature=" + signature + "&icebergQty=1", body},
		"signature": {stamp + "&signature=" + strings.Repeat("0", 64), body},
		"shorter":   {stamp + "&signature=" + signature[1:], body},
		"base64":    {stamp + "&signature=" + base64.StdEncoding.EncodeToString([]byte(signature)), body},
	} {
		got := r.send(testRequest{verb: "POST", target: "/api/v3/order?" + q.query, body: q.body, headers: map[string]string{"X-MBX-APIKEY": "fresh"}})
		if got.StatusCode() != 400 || string(got.Body()) != refused {
			t.Errorf("%s: got %d %s", name, got.StatusCode(), got.Body())
		}
	}
	for name, query := range map[string]string{
		"two signatures":          stamp + "&signature=" + signature + "&signature=" + signature,
		"two signatures, encoded": stamp + "&signature=" + signature + "&%73ignature=" + signature,
	} {
		got := r.send(testRequest{verb: "POST", target: "/api/v3/order?" + query, body: body, headers: map[string]string{"X-MBX-APIKEY": "fresh"}})
		if !strings.Contains(string(got.Body()), "-1101") {
			t.Errorf("%s: got %d %s", name, got.StatusCode(), got.Body())
		}
	}
}

// TestCutSignatures moves a part of a signed request from the query to the body, or
// back, by which the bytes that were signed stay as they are.
func TestCutSignatures(t *testing.T) {
	stamp := fmt.Sprintf("timestamp=%d", testStart/1e3)
	const order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=9000&newClientOrderId=x&quantity=0.012"
	for _, signed := range []struct {
		name, query, body string
	}{
		{"in the query", order + "&" + stamp, ""},
		{"in the query, the quantity last", stamp + "&" + order, ""},
		{"in the body", "", order + "&" + stamp},
		{"in both", "recvWindow=5000&" + stamp, "newClientOrderId=x&" + strings.Replace(order, "&newClientOrderId=x", "", 1)},
	} {
		all := signed.query + signed.body
		for cut := range len(all) + 1 {
			r := newTestREST(t, api.Limits{})
			query, body := all[:cut], all[cut:]
			got := r.send(testRequest{
				verb: "POST", target: "/api/v3/order?signature=" + sign(r.secret, all) + "&" + query, body: body,
				headers: map[string]string{"X-MBX-APIKEY": "fresh", "Content-Type": "application/x-www-form-urlencoded"},
			})
			same := cut == len(signed.query)
			if signed.query == "" || signed.body == "" { // what is in one piece may also be parted at an &, or be wholly in the other place
				same = cut == 0 || cut == len(all) || all[cut-1] == '&' || all[cut] == '&'
			}
			if taken := got.StatusCode() == 200; taken != same {
				t.Errorf("%s, cut to %q and %q: got %d %s", signed.name, query, body, got.StatusCode(), got.Body())
			}
		}
	}
}

// TestAllocations handles requests with buffers that have been used before.
func TestAllocations(t *testing.T) {
	if !pools {
		t.Skip("the race detector has pools lose what is put into them")
	}
	r := newTestREST(t, api.Limits{})
	for _, target := range []string{
		"/api/v3/ping", "/api/v3/depth?symbol=BTCUSDT&limit=5", "/api/v3/ticker/bookTicker?symbol=%42TCUSDT", "/api/v3/ticker/price",
	} {
		var request fasthttp.Request
		request.Header.SetMethod("GET")
		request.SetRequestURI(target)
		request.Header.SetHost("localhost")
		var ctx fasthttp.RequestCtx
		ctx.Init(&request, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, nil)
		ctx.Response.KeepBodyBuffer = true
		allocs := testing.AllocsPerRun(200, func() {
			ctx.Response.Reset()
			r.Handle(&ctx)
			if ctx.Response.StatusCode() != 200 {
				t.Fatal(ctx.Response.String())
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", target, allocs)
		}
	}
}

// TestRawRequests reads requests as they come over the wire, by the server's own
// parser.
func TestRawRequests(t *testing.T) {
	r := newTestREST(t, api.Limits{})
	for raw, want := range map[string]string{
		"GET /api/v3/ticker/price?symbols=[\"BTCUSDT\"] HTTP/1.1\r\nHost: a\r\n\r\n":           `[{"symbol":"BTCUSDT","price":"0.00000000"}]`,
		"GET /api/v3/depth?symbol=\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n":                        `{"code":-1121,"msg":"Invalid symbol."}`,
		"GET /api/v3/ping?a=\x00 HTTP/1.1\r\nHost: a\r\n\r\n":                                  "",
		"GET /api/v3/%70ing HTTP/1.1\r\nHost: a\r\n\r\n":                                       "{}",
		"DELETE /api/v3/order HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nsymbol=":         `{"code":-2014,"msg":"API-key format invalid."}`,
		"PUT /api/v3/order HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": `{"code":-1020,"msg":"This operation is not supported."}`,
	} {
		var request fasthttp.Request
		if err := request.Read(bufio.NewReader(strings.NewReader(raw))); err != nil {
			if want != "" {
				t.Errorf("%q: %v", raw, err)
			}
			continue
		}
		var ctx fasthttp.RequestCtx
		ctx.Init(&request, nil, nil)
		r.Handle(&ctx)
		if got := string(ctx.Response.Body()); want != "" && got != want {
			t.Errorf("%q: got %s, want %s", raw, got, want)
		}
	}
}

// FuzzHandle sends anything to any path: there is always an answer in JSON.
func FuzzHandle(f *testing.F) {
	r := newTestREST(f, api.Limits{})
	var paths []string
	for path := range r.routes {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	verbs := []string{"GET", "POST", "PUT", "DELETE"}
	stamp := strconv.FormatInt(testStart/1e6, 10)
	for _, seed := range [][2]string{
		{"symbol=BTCUSDT&limit=5&interval=1m&timeZone=-1:30&windowSize=1h", ""},
		{`symbols=["BTCUSDT"]&type=MINI&symbolStatus=TRADING&permissions=SPOT`, ""},
		{"", "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=10000"},
		{"", "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=100&newOrderRespType=FULL"},
		{"symbol=BTCUSDT&orderId=7", "newQty=0.0001"},
		{"symbol=BTCUSDT&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=7", "side=BUY&type=LIMIT_MAKER&quantity=1&price=1"},
	} {
		for i := range paths {
			f.Add(byte(0), byte(i), seed[0], seed[1])
			f.Add(byte(1), byte(i), seed[0], seed[1])
			f.Add(byte(3), byte(i), seed[0], seed[1])
		}
	}
	f.Fuzz(func(t *testing.T, verb, path byte, query, body string) {
		query += "&timestamp=" + stamp
		q := testRequest{
			verb: verbs[int(verb)%len(verbs)], target: paths[int(path)%len(paths)], body: body,
			headers: map[string]string{"X-MBX-APIKEY": "fresh"},
		}
		payload := unsigned(query)
		if q.verb != "GET" {
			payload += unsigned(body)
		}
		q.target += "?" + query + "&signature=" + sign(r.secret, payload)
		got := r.send(q)
		if kind := string(got.Header.ContentType()); kind != contentType || !json.Valid(got.Body()) || got.StatusCode() >= 500 {
			t.Errorf("%+v: got %d %s %s", q, got.StatusCode(), kind, got.Body())
		}
	})
}

func BenchmarkHandle(b *testing.B) {
	r := newTestREST(b, api.Limits{})
	for _, target := range []string{
		"/api/v3/ping", "/api/v3/depth?symbol=BTCUSDT&limit=100", "/api/v3/ticker/bookTicker?symbol=BTCUSDT", "/api/v3/exchangeInfo",
	} {
		b.Run(strings.TrimPrefix(target, "/api/v3/"), func(b *testing.B) {
			var request fasthttp.Request
			request.Header.SetMethod("GET")
			request.SetRequestURI(target)
			request.Header.SetHost("localhost")
			var ctx fasthttp.RequestCtx
			ctx.Init(&request, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, nil)
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				r.Handle(&ctx)
			}
		})
	}
}
