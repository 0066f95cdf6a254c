package main

import (
	"strings"
	"testing"
)

// TestRawNoSuchOrders sends orders of the types that no symbol takes, alone and in
// lists.
func TestRawNoSuchOrders(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	const (
		limit = "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000"
		not   = " orders are not supported for this symbol."
		oco   = "OCO orders are not supported for this symbol"
	)
	for _, c := range []struct {
		verb, path, method, query string
		code                      int
		text                      string
	}{
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.001&stopPrice=19000", -2010, "Stop loss" + not},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=0.001&price=19000&stopPrice=19000", -2010, "Stop loss limit" + not},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT&quantity=0.001&stopPrice=21000", -2010, "Take profit" + not},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT_LIMIT&timeInForce=GTC&quantity=0.001&price=21000&stopPrice=21000", -2010, "Take profit limit" + not},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.001&trailingDelta=100", -2010, "Stop loss" + not},
		{"POST", "order", "order.place", limit + "&trailingDelta=100", -2010, "Trailing stop" + not},
		{"POST", "order", "order.place", limit + "&icebergQty=0.0005", -2010, "Iceberg" + not},
		{"POST", "order", "order.place", limit + "&pegPriceType=PRIMARY_PEG", -2010, "Pegged" + not},
		{"POST", "order", "order.place", limit + "&stopPrice=19000", -1106, "Parameter 'stopPrice' sent when not required."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=STOP&quantity=0.001", -1116, "Invalid orderType."},
		{"POST", "order/test", "order.test", "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.001&stopPrice=19000", -2010, "Stop loss" + not},

		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.001&timeInForce=GTC", -1106, "Parameter 'timeInForce' sent when not required."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.001&price=1", -1106, "Parameter 'price' sent when not required."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.001&quoteOrderQty=10", -1106, "Parameter 'quoteOrderQty' sent when not required."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=MARKET", -1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"},
		{"POST", "order", "order.place", limit + "&quoteOrderQty=10", -1106, "Parameter 'quoteOrderQty' sent when not required."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&timeInForce=GTC&quantity=0.001&price=20000", -1106, "Parameter 'timeInForce' sent when not required."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=0.001&price=20000", -1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&price=20000", -1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1", -1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed."},
		{"POST", "order", "order.place", "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=1", -1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed."},

		{"POST", "order/oco", "orderList.place", "symbol=BTCUSDT&side=SELL&quantity=1&price=1&stopPrice=1", -2010, oco},
		{"POST", "orderList/oco", "orderList.place.oco", "symbol=BTCUSDT&side=SELL&quantity=1&aboveType=LIMIT_MAKER&belowType=STOP_LOSS", -2010, oco},
		{"POST", "orderList/oto", "orderList.place.oto", "symbol=BTCUSDT", -1020, "This operation is not supported."},
		{"POST", "orderList/otoco", "orderList.place.otoco", "symbol=BTCUSDT", -1020, "This operation is not supported."},
		{"DELETE", "orderList", "orderList.cancel", "symbol=BTCUSDT&orderListId=1", -1020, "This operation is not supported."},
		{"GET", "orderList", "orderList.status", "orderListId=1", -1020, "This operation is not supported."},
	} {
		r.both(c.query, &k, c.verb, "/api/v3/"+c.path, c.method, 400, rawError(c.code, c.text), func() string { return c.query })
	}
	for _, zero := range []string{"&icebergQty=0", "&icebergQty=0.00000000", "&trailingDelta=0"} { // as some clients always send
		r.both(zero, &k, "POST", "/api/v3/order/test", "order.test", 200, "{}", func() string { return limit + zero })
	}
}

// TestRawFilters sends orders that each filter refuses, and such at its bounds.
func TestRawFilters(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other := r.rich(), r.rich()
	const (
		buy  = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
		sell = "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC"
	)
	try := func(query, filter string) {
		t.Helper()
		a := r.call(&k, "POST", "/api/v3/order", query)
		if filter != "" {
			r.refused(query, a, 400, -1013, "Filter failure: "+filter)
		} else if a.status != 200 {
			t.Errorf("%s: %v", query, a)
		}
	}
	const changed = `{"filters":[{"filterType":"PRICE_FILTER","minPrice":"100","maxPrice":"30000","tickSize":"0.01"},` +
		`{"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"2","stepSize":"0.0005"},{"filterType":"MARKET_LOT_SIZE","minQty":"0.002","maxQty":"1","stepSize":"0.001"},` +
		`{"filterType":"NOTIONAL","minNotional":"10","applyMinToMarket":true,"maxNotional":"30000","applyMaxToMarket":true,"avgPriceMins":5},` +
		`{"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"1.2","bidMultiplierDown":"0.5","askMultiplierUp":"1.4","askMultiplierDown":"0.8","avgPriceMins":5},` +
		`{"filterType":"MAX_NUM_ORDERS","maxNumOrders":3},{"filterType":"MAX_POSITION","maxPosition":"1001"}]}`
	r.must("PATCH", "/x/v1/symbols/BTCUSDT", changed)
	shown := readRaw[struct{ SymbolFilters []struct{ FilterType string } }](t, r.call(&k, "GET", "/api/v3/myFilters", "symbol=BTCUSDT").body).SymbolFilters
	var names []string
	for _, f := range shown {
		names = append(names, f.FilterType)
	}
	if got := strings.Join(names, " "); got != "PRICE_FILTER LOT_SIZE MARKET_LOT_SIZE PERCENT_PRICE_BY_SIDE NOTIONAL MAX_POSITION MAX_NUM_ORDERS" {
		t.Errorf("the filters are %s", got)
	}
	// There was no trade yet, so there is no price that others are held against.
	try(buy+"&quantity=0.1&price=99.99", "PRICE_FILTER")
	try(buy+"&quantity=0.1&price=30000.01", "PRICE_FILTER")
	try(buy+"&quantity=0.1&price=200.005", "PRICE_FILTER")
	try(buy+"&quantity=0.0005&price=20000", "LOT_SIZE")
	try(buy+"&quantity=2.0005&price=200", "LOT_SIZE")
	try(buy+"&quantity=0.0012&price=20000", "LOT_SIZE")
	try(buy+"&quantity=0.001&price=9999.99", "NOTIONAL")
	try(buy+"&quantity=1.5005&price=20000", "NOTIONAL")
	try(buy+"&quantity=1.5&price=20000", "MAX_POSITION")
	try(buy+"&quantity=0.001&price=10000", "") // each bound is good
	try(buy+"&quantity=0.1&price=100", "")
	try(sell+"&quantity=1&price=30000", "")
	try(sell+"&quantity=0.001&price=30000", "MAX_NUM_ORDERS")
	try("symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=0.001&price=30000", "MAX_NUM_ORDERS")
	try("symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=IOC&quantity=0.001&price=30000", "") // it never rests
	try("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.001", "MARKET_LOT_SIZE")
	try("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1.5", "MARKET_LOT_SIZE")
	try("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.0025", "MARKET_LOT_SIZE")
	try("symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=9.99", "NOTIONAL")
	try("symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=30001", "NOTIONAL")
	r.call(&k, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
	r.cross(&other, &k)
	try(buy+"&quantity=0.001&price=24000", "")
	try(buy+"&quantity=0.001&price=24000.01", "PERCENT_PRICE_BY_SIDE")
	try(buy+"&quantity=0.002&price=9999.99", "PERCENT_PRICE_BY_SIDE")
	try(sell+"&quantity=0.001&price=28000.01", "PERCENT_PRICE_BY_SIDE")
	try(sell+"&quantity=0.001&price=15999.99", "PERCENT_PRICE_BY_SIDE")
	try(sell+"&quantity=0.001&price=28000", "")
	r.must("PATCH", "/x/v1/symbols/BTCUSDT", strings.Replace(changed, `"minNotional":"10"`, `"minNotional":"50"`, 1))
	try("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.002", "NOTIONAL") // by the average price
}

// TestRawTransport asks in ways that lead nowhere: each answer is JSON in the shape of
// errors.
func TestRawTransport(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	const no = "This operation is not supported."
	for _, c := range []struct {
		verb, path string
		status     int
		allow      string
	}{
		{"GET", "/", 404, ""},
		{"GET", "/api", 404, ""},
		{"GET", "/api/v3", 404, ""},
		{"GET", "/api/v3/", 404, ""},
		{"GET", "/api/v3/nothing", 404, ""},
		{"GET", "/api/v3/Ping", 404, ""},
		{"GET", "/api/v3/ping/", 404, ""},
		{"GET", "/api/v4/ping", 404, ""},
		{"GET", "/api/v1/avgPrice", 404, ""},
		{"GET", "/api/v1/order", 404, ""},
		{"GET", "/sapi/v1/nothing", 404, ""},
		{"GET", "/fapi/v1/ping", 404, ""},
		{"GET", "/fapi/v2/exchangeInfo", 404, ""},
		{"POST", "/api/v3/nothing", 404, ""},
		{"GET", "/api/v3/x/v1/status", 404, ""},
		{"GET", "/index.html", 404, ""},
		{"POST", "/api/v3/ping", 405, "GET"},
		{"POST", "/api/v3/depth", 405, "GET"},
		{"DELETE", "/api/v3/account", 405, "GET"},
		{"PUT", "/api/v3/order", 405, "POST, DELETE, GET"},
		{"PATCH", "/api/v3/openOrders", 405, "DELETE, GET"},
		{"GET", "/api/v3/order/test", 405, "POST"},
		{"GET", "/api/v3/order/cancelReplace", 405, "POST"},
		{"POST", "/api/v3/order/amend/keepPriority", 405, "PUT"},
		{"GET", "/api/v3/userDataStream", 405, "POST, PUT, DELETE"},
		{"POST", "/sapi/v1/system/status", 405, "GET"},
	} {
		a := r.ask(c.verb, c.path, "")
		r.refused(c.verb+" "+c.path, a, c.status, -1020, no)
		if a.header.Get("Content-Type") != rawJSON || a.header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %v, want to be allowed %q", c.verb, c.path, a.header, c.allow)
		}
	}
	for accept, status := range map[string]int{
		"": 200, "*/*": 200, "application/json": 200, "application/sbe": 406, "application/sbe, application/json": 200, "application/json;q=0.1, application/sbe": 200, "text/html": 200,
	} {
		a := r.ask("GET", "/api/v3/ping", "", "Accept", accept)
		if a.status != status || a.header.Get("Content-Type") != rawJSON || status == 406 && a.body != rawError(-1155, "SBE is not enabled.") {
			t.Errorf("accepting %q: %v %v, want %d", accept, a, a.header, status)
		}
	}
	for what, a := range map[string]rawAnswer{
		"a refused order":   r.call(&k, "POST", "/api/v3/order", "symbol=NONE"),
		"no key":            r.get("/api/v3/account"),
		"a cancel-replace":  r.call(&k, "POST", "/api/v3/order/cancelReplace", "symbol=BTCUSDT&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=1&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10"),
		"an unknown symbol": r.get("/api/v3/depth?symbol=NONE"),
	} {
		if a.status < 400 || a.header.Get("Content-Type") != rawJSON || a.header.Get("X-MBX-USED-WEIGHT-1M") == "" {
			t.Errorf("%s: %v %v", what, a, a.header)
		}
	}
}

// TestRawMessages sends what is no request of the websocket API, and requests with ids
// of every kind.
func TestRawMessages(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	malformed := `{"id":null,"status":400,"error":` + rawError(-1135, "Invalid JSON Request") + `}`
	method := `"status":400,"error":` + rawError(-1102, "Mandatory parameter 'method' was not sent, was empty/null, or malformed.") + `}`
	for _, c := range []struct{ text, want string }{
		{`{"id":1,"method":"ping"}`, `{"id":1,"status":200,"result":{}}`},
		{`{"id":-9223372036854775808,"method":"ping"}`, `{"id":-9223372036854775808,"status":200,"result":{}}`},
		{`{"id":"a-b_c","method":"ping","params":{}}`, `{"id":"a-b_c","status":200,"result":{}}`},
		{`{"id":"","method":"ping","params":null}`, `{"id":"","status":200,"result":{}}`},
		{`{"id":null,"method":"ping"}`, `{"id":null,"status":200,"result":{}}`},
		{`{"method":"ping"}`, `{"id":null,"status":200,"result":{}}`},
		{`{"method":"v3/ping","id":"ü"}`, `{"id":"ü","status":200,"result":{}}`},
		{` { "id" : 2 , "method" : "ping" } `, `{"id":2,"status":200,"result":{}}`},
		{`{"id":3,"method":"ping","more":[1,{"a":null}]}`, `{"id":3,"status":200,"result":{}}`},
		{`{"id":4,"method":"depth","params":{"symbol":"ETHBTC","limit":5}}`, `{"id":4,"status":200,"result":{"lastUpdateId":0,"bids":[],"asks":[]}}`},
		{`{"id":4,"method":"depth","params":{"symbol":"ETHBTC","limit":"5"}}`, `{"id":4,"status":200,"result":{"lastUpdateId":0,"bids":[],"asks":[]}}`},
		{`{"id":5,"method":"ticker.price","params":{"symbols":["ETHBTC"]}}`, `{"id":5,"status":200,"result":[{"symbol":"ETHBTC","price":"0.00000000"}]}`},
		{`{"id":5,"method":"ticker.price","params":{"symbol":null,"symbols":[ "ETHBTC" ]}}`, `{"id":5,"status":200,"result":[{"symbol":"ETHBTC","price":"0.00000000"}]}`},
		{`{"id":6}`, `{"id":6,` + method},
		{`{"id":6,"method":7}`, `{"id":6,` + method},
		{`{"id":6,"method":""}`, `{"id":6,` + method},
		{`{"id":7,"method":"Ping"}`, `{"id":7,"status":400,"error":` + rawError(-1020, "This operation is not supported.") + `}`},
		{`{`, malformed},
		{`ping`, malformed},
		{`[]`, malformed},
		{`"ping"`, malformed},
		{`{"id":1.5,"method":"ping"}`, malformed},
		{`{"id":[],"method":"ping"}`, malformed},
		{`{"id":"` + strings.Repeat("a", 37) + `","method":"ping"}`, malformed},
		{`{"id":1,"id":2,"method":"ping"}`, malformed},
		{`{"id":1,"method":"ping","params":[]}`, malformed},
		{`{"id":1,"method":"ping"}{}`, malformed},
		{`{"id":1,"method":"ping",}`, malformed},
	} {
		rawMatch(t, c.text, c.want, s.ask(c.text), nil)
	}
}
