package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// TestRawLists sends arrays of names in all the ways in which clients do: as JSON
// that stands in the query as it is, percent-encoded, or in part.
func TestRawLists(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	raw := func(path, query string) rawAnswer {
		return rawBytes(t, r.host(), "GET "+path+"?"+query+" HTTP/1.1\r\nHost: "+r.host()+"\r\nConnection: close\r\n\r\n")
	}
	const (
		two   = `[{"symbol":"ETHBTC","price":"0.00000000"},{"symbol":"BTCUSDT","price":"0.00000000"}]`
		legal = `Illegal characters found in parameter 'symbols'; legal range is '^\[("[a-zA-Z0-9-_]{1,36}"(,"[a-zA-Z0-9-_]{1,36}"){0,}){0,1}\]$'.`
	)
	for _, c := range []struct {
		query string
		want  string
	}{
		{`symbols=["ETHBTC","BTCUSDT"]`, two},
		{`symbols=%5B%22ETHBTC%22,%22BTCUSDT%22%5D`, two},
		{`symbols=%5B%22ETHBTC%22%2C%22BTCUSDT%22%5D`, two},
		{`symbols=%5b%22ETHBTC%22%2c%22BTCUSDT%22%5d`, two},
		{`symbols=[%22ETHBTC%22,%22BTCUSDT%22]`, two},
		{`symbols=["ETHBTC",+"BTCUSDT"]`, two},
		{`symbols=["ETHBTC"]`, `[{"symbol":"ETHBTC","price":"0.00000000"}]`},
		{`symbols=[]`, `[]`},
		{`symbols=["ETHBTC","ETHBTC"]`, rawError(-1151, "Symbol is present multiple times in the list.")},
		{`symbols=["ETHBTC","NONE"]`, rawError(-1121, "Invalid symbol.")},
		{`symbols=["ethbtc"]`, rawError(-1121, "Invalid symbol.")},
		{`symbols=["ETHBTC"`, rawError(-1100, legal)},
		{`symbols=ETHBTC`, rawError(-1100, legal)},
		{`symbols=['ETHBTC']`, rawError(-1100, legal)},
		{`symbols=[ETHBTC]`, rawError(-1100, legal)},
		{`symbols=["ETHBTC",]`, rawError(-1100, legal)},
		{`symbols=["ETH/BTC"]`, rawError(-1100, legal)},
		{`symbols=["ETHBTC"]&symbol=ETHBTC`, rawError(-1128, "Combination of optional parameters invalid.")},
	} {
		if a := raw("/api/v3/ticker/price", c.query); a.body != c.want || (a.status == 200) != (a.body[0] == '[') {
			t.Errorf("%s: %v, want %s", c.query, a, c.want)
		}
	}
	for query, symbols := range map[string]int{
		`permissions=SPOT`: 3, `permissions=["SPOT"]`: 3, `permissions=%5B%22SPOT%22%5D`: 3, `permissions=["MARGIN","SPOT"]`: 3,
		`permissions=MARGIN`: 0, `permissions=["MARGIN","LEVERAGED"]`: 0, ``: 3,
		`symbolStatus=TRADING`: 3, `symbolStatus=HALT`: 0, `symbols=["ETHBTC","BTCUSDT"]`: 2, `symbol=ETHBTC`: 1,
	} {
		type info struct {
			Symbols []struct{ Symbol string }
		}
		if a := raw("/api/v3/exchangeInfo", query); len(readRaw[info](t, a.body).Symbols) != symbols || a.status != 200 {
			t.Errorf("exchangeInfo with %q: not %d symbols: %v", query, symbols, a)
		}
	}
	for _, query := range []string{
		"permissions=SPOT&symbol=ETHBTC", `permissions=SPOT&symbols=["ETHBTC"]`, "symbolStatus=TRADING&symbol=ETHBTC", `symbolStatus=TRADING&symbols=["ETHBTC"]`,
	} {
		r.refused(query, raw("/api/v3/exchangeInfo", query), 400, -1128, "Combination of optional parameters invalid.")
	}
}

// TestRawParameters sends parameters where and how they may stand.
func TestRawParameters(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	send := func(verb, path, query, body string) rawAnswer { // signed at the end of the query
		t.Helper()
		query = strings.TrimPrefix(query+"&timestamp="+r.stampNow(), "&")
		signature := url.QueryEscape(k.sign(query + body))
		return r.ask(verb, path+"?"+query+"&signature="+signature, body, "X-MBX-APIKEY", k.id)
	}
	const rest = "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001"

	// What stands in both is what the query says.
	a := send("POST", "/api/v3/order", "symbol=BTCUSDT&price=20000", "symbol=NONE&price=30000"+rest)
	r.expect("a price in the query and in the body", a, 200, fullOrder("BTCUSDT", "BUY", "0.00100000", "20000.00000000", "NEW"))
	twice := rawError(-1101, "Duplicate values for a parameter detected.")
	r.expect("a price twice in the query", send("POST", "/api/v3/order", "symbol=BTCUSDT&price=20000&price=20000"+rest, ""), 400, twice)
	r.expect("a price twice in the body", send("POST", "/api/v3/order", "symbol=BTCUSDT", "price=20000&price=20000"+rest), 400, twice)

	// DELETE and PUT have parameters in the body as well.
	order := r.limit(&k, "SELL", "1", "90000")
	id := fmt.Sprintf("symbol=BTCUSDT&orderId=%d", order.ID)
	a = send("PUT", "/api/v3/order/amend/keepPriority", "", id+"&newQty=0.5")
	if a.status != 200 {
		t.Errorf("an amend in a body: %v", a)
	}
	for i, split := range []struct{ query, body string }{{"", id}, {"symbol=BTCUSDT", strings.TrimPrefix(id, "symbol=BTCUSDT&")}, {id, ""}} {
		a = send("DELETE", "/api/v3/order", split.query, split.body)
		if want := []int{200, 400, 400}[i]; a.status != want {
			t.Errorf("cancel %d: %v, want status %d", i, a, want)
		}
	}

	// Encoded is as good as plain; what is not known is passed over.
	a = send("POST", "/api/v3/order", "sym%62ol=BTC%55SDT&price=2%30000%2e5&unknown=%22&newClientOrderId=a%2db%5Fc"+rest, "")
	if got := readRaw[rawOrder](t, a.body); a.status != 200 || got.Name != "a-b_c" || !strings.Contains(a.body, `"price":"20000.50000000"`) {
		t.Errorf("encoded parameters: %v", a)
	}
	r.expect("half an escape", send("POST", "/api/v3/order", "symbol=BTCUSDT&price=%2"+rest, ""), 400, rawError(-1130, "Data sent for parameter 'price' is not valid."))
}

// TestRawForms sends values of every form, and the same in the websocket API, where
// numbers and texts are both taken.
func TestRawForms(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	socket := r.dial("/ws-api/v3?returnRateLimits=false")
	const (
		decimals = `; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'.`
		ids      = `; legal range is '^[0-9]{1,20}$'.`
		names    = `; legal range is '^[a-zA-Z0-9-_]{1,36}$'.`
		illegal  = "Illegal characters found in parameter "
		limit    = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
		order    = limit + "&quantity=0.001&price=20000"
	)
	place, cancel, query := [3]string{"POST", "/api/v3/order/test", "order.test"}, [3]string{"DELETE", "/api/v3/order", "order.cancel"},
		[3]string{"GET", "/api/v3/allOrders", "allOrders"}
	long := strings.Repeat("1", 21)
	for _, c := range []struct {
		method [3]string
		params string
		code   int // 0: taken
		text   string
	}{
		{place, limit + "&quantity=0.001&price=1e4", -1100, illegal + "'price'" + decimals},
		{place, limit + "&quantity=0.001&price=-1", -1100, illegal + "'price'" + decimals},
		{place, limit + "&quantity=0.001&price=.5", -1100, illegal + "'price'" + decimals},
		{place, limit + "&quantity=0.001&price=1.", -1100, illegal + "'price'" + decimals},
		{place, limit + "&quantity=0.001&price=1,5", -1100, illegal + "'price'" + decimals},
		{place, limit + "&quantity=0.001&price=NaN", -1100, illegal + "'price'" + decimals},
		{place, limit + "&quantity=0x1&price=20000", -1100, illegal + "'quantity'" + decimals},
		{place, limit + "&quantity=" + long + "&price=20000", -1100, illegal + "'quantity'" + decimals},
		{place, limit + "&quantity=0.00100000000000000000&price=00020000.0", 0, ""},
		{place, limit + "&quantity=0.001&price=", -1105, "Parameter 'price' was empty."},
		{place, order + "&newClientOrderId=", -1118, "New client order ID was empty."},
		{place, order + "&newClientOrderId=a b", -1100, illegal + "'newClientOrderId'" + names},
		{place, order + "&newClientOrderId=" + strings.Repeat("a", 37), -1100, illegal + "'newClientOrderId'" + names},
		{place, order + "&newClientOrderId=" + strings.Repeat("a", 36), 0, ""},
		{place, order + "&newClientOrderId=x-_0Z", 0, ""},
		{place, order + "&computeCommissionRates=yes", -1130, "Data sent for parameter 'computeCommissionRates' is not valid."},
		{place, order + "&computeCommissionRates=True", -1130, "Data sent for parameter 'computeCommissionRates' is not valid."},
		{place, order + "&computeCommissionRates=false", 0, ""},
		{place, order + "&computeCommissionRates=FALSE", 0, ""},
		{place, order + "&strategyType=999999", -1134, "`strategyType` was less than 1000000."},
		{place, order + "&strategyType=1000000&strategyId=0", 0, ""},
		{place, order + "&selfTradePreventionMode=TRANSFER", -1013, "This symbol does not allow the specified self-trade prevention mode."},
		{place, order + "&selfTradePreventionMode=none", -1130, "Data sent for parameter 'selfTradePreventionMode' is not valid."},
		{place, order + "&newOrderRespType=full", -1130, "Data sent for parameter 'newOrderRespType' is not valid."},
		{place, "symbol=BTCUSDT&side=buy&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000", -1117, "Invalid side."},
		{place, "symbol=BTCUSDT&side=BUY&type=limit&timeInForce=GTC&quantity=0.001&price=20000", -1116, "Invalid orderType."},
		{place, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.001&price=20000", -1115, "Invalid timeInForce."},
		{place, "symbol=btcusdt&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000", -1121, "Invalid symbol."},
		{cancel, "symbol=BTCUSDT&orderId=-1", -1100, illegal + "'orderId'" + ids},
		{cancel, "symbol=BTCUSDT&orderId=1.5", -1100, illegal + "'orderId'" + ids},
		{cancel, "symbol=BTCUSDT&orderId=" + long, -1100, illegal + "'orderId'" + ids},
		{cancel, "symbol=BTCUSDT&orderId=" + long[1:], -1108, "Parameter 'orderId' overflowed."},
		{cancel, "symbol=BTCUSDT&orderId=9223372036854775807", -2011, "Unknown order sent."},
		{cancel, "symbol=BTCUSDT&orderId=0", -2011, "Unknown order sent."},
		{cancel, "symbol=BTCUSDT&origClientOrderId=", -1119, "Original client order ID was empty."},
		{cancel, "symbol=BTCUSDT&orderId=1&cancelRestrictions=NONE", -1145, "Invalid cancelRestrictions"},
		{cancel, "symbol=BTCUSDT", -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"},
		{query, "symbol=BTCUSDT&limit=x", -1100, illegal + "'limit'" + ids},
		{query, "symbol=BTCUSDT&startTime=2026-01-01", -1100, illegal + "'startTime'" + ids},
		{query, "", -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."},
		{query, "symbol=", -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."},
		{query, "symbol=BTCUSDT&unknown=[{", 0, ""},
	} {
		a := r.call(&k, c.method[0], c.method[1], strings.ReplaceAll(c.params, " ", "%20"))
		if strings.Contains(c.params, "[") {
			c.params = "symbol=BTCUSDT"
		}
		answer := socket.call(&k, c.method[2], c.params)
		status, _, refused := rawResult(t, answer)
		if c.code == 0 {
			if a.status != 200 || status != 200 {
				t.Errorf("%s %s: %v, %s", c.method[1], c.params, a, answer)
			}
			continue
		}
		want := rawError(c.code, c.text)
		if a.body != want || a.status != 400 || refused != want || status != 400 {
			t.Errorf("%s %s: %v and %s, want %s", c.method[1], c.params, a, answer, want)
		}
	}
}
