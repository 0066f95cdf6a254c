package api

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// trader calls as an account that has logged on.
type trader struct {
	*testAPI
	key *auth.Key
}

func (a *testAPI) trader(t testing.TB, account msg.AccountID) *trader {
	t.Helper()
	k, _, err := a.keys.Add(auth.Draft{Account: account, Read: true, Trade: true})
	if err != nil {
		t.Fatal(err)
	}
	return &trader{a, k}
}

// traders are ann and bob in a market that nobody has traded in.
func traders(t testing.TB) (annTrades, bobTrades *trader) {
	t.Helper()
	a := newTestAPI(t, Limits{})
	return a.trader(t, ann), a.trader(t, bob)
}

// call returns a call with the parameters of a query, and a timestamp.
func (r *trader) newCall(t testing.TB, query string) *Call {
	t.Helper()
	c := &Call{Client: netip.MustParseAddr("127.0.0.1"), Session: r.key}
	addQuery(t, &c.Params, query)
	if !strings.Contains(query, "timestamp=") {
		addQuery(t, &c.Params, fmt.Sprintf("timestamp=%d", r.wall/ms))
	}
	return c
}

// do carries out a request like "DELETE order?symbol=BTCUSDT". One that is refused
// outright has left the exchange as it was.
func (r *trader) try(t testing.TB, request string) (body string, refused *Error) {
	t.Helper()
	verb, rest, _ := strings.Cut(request, " ")
	path, query, _ := strings.Cut(rest, "?")
	c := r.newCall(t, query)
	before := r.exchange.engine.Digest()
	refused = r.Serve(r.method(t, verb, "/api/v3/"+path), c)
	if refused != nil {
		if len(c.Out) != 0 {
			t.Errorf("%s was refused and answered %s", request, c.Out)
		}
		if refused.Data == nil && r.exchange.engine.Digest() != before {
			t.Errorf("%s was refused (%v) and changed the exchange", request, refused)
		}
	}
	return string(c.Out), refused
}

// want checks the answer to a request.
func (r *trader) want(t testing.TB, request, want string) {
	t.Helper()
	got, refused := r.try(t, request)
	if refused != nil {
		t.Errorf("%s: %v", request, refused)
		return
	}
	if got != want {
		t.Errorf("%s\n got %s\nwant %s", request, got, want)
	}
}

// refuse checks the refusal of a request: its status, and its JSON.
func (r *trader) refuse(t testing.TB, request string, status int, want string) {
	t.Helper()
	got, refused := r.try(t, request)
	if refused == nil {
		t.Errorf("%s was answered with %s, want %s", request, got, want)
		return
	}
	if body := string(refused.AppendJSON(nil)); body != want || refused.Status != status {
		t.Errorf("%s\n got %d %s\nwant %d %s", request, refused.Status, body, status, want)
	}
}

// must carries out a request that is not refused.
func (r *trader) must(t testing.TB, request string) string {
	t.Helper()
	body, refused := r.try(t, request)
	if refused != nil {
		t.Fatalf("%s: %v", request, refused)
	}
	return body
}

// TestPlaceAnswers pins the three answers to a new order, with trades and without.
func TestPlaceAnswers(t *testing.T) {
	a, b := traders(t)
	const sell = "POST order?symbol=BTCUSDT&side=SELL&"
	const buy = "POST order?symbol=BTCUSDT&side=BUY&"
	a.want(t, sell+"type=LIMIT&timeInForce=GTC&quantity=0.0004&price=9999&newClientOrderId=a1&newOrderRespType=ACK",
		`{"symbol":"BTCUSDT","orderId":15,"orderListId":-1,"clientOrderId":"a1","transactTime":1700000000123}`)
	a.exchange.now += 5 * ms
	a.want(t, sell+"type=LIMIT&timeInForce=GTC&quantity=1&price=10000.00&newClientOrderId=a2&newOrderRespType=RESULT",
		`{"symbol":"BTCUSDT","orderId":16,"orderListId":-1,"clientOrderId":"a2","transactTime":1700000000128,"price":"10000.00000000","origQty":"1.00000000",`+
			`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"SELL",`+
			`"workingTime":1700000000128,"selfTradePreventionMode":"EXPIRE_MAKER"}`)
	a.want(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1&newClientOrderId=a3",
		`{"symbol":"BTCUSDT","orderId":17,"orderListId":-1,"clientOrderId":"a3","transactTime":1700000000128}`)
	a.want(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1&newClientOrderId=a4&newOrderRespType=FULL&selfTradePreventionMode=NONE",
		`{"symbol":"BTCUSDT","orderId":18,"orderListId":-1,"clientOrderId":"a4","transactTime":1700000000128,"price":"1.00000000","origQty":"1.00000000",`+
			`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT_MAKER","side":"BUY",`+
			`"workingTime":1700000000128,"selfTradePreventionMode":"NONE","fills":[]}`)

	// 0.0004 at 9999 and 0.0006 at 10000 come to 9.9996, fees are of the received asset.
	a.exchange.now += 5 * ms
	b.want(t, buy+"type=LIMIT&timeInForce=GTC&quantity=0.001&price=10000&newClientOrderId=b1&strategyId=7&strategyType=1000000",
		`{"symbol":"BTCUSDT","orderId":19,"orderListId":-1,"clientOrderId":"b1","transactTime":1700000000133,"price":"10000.00000000","origQty":"0.00100000",`+
			`"executedQty":"0.00100000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"9.99960000","status":"FILLED","timeInForce":"GTC","type":"LIMIT","side":"BUY",`+
			`"workingTime":1700000000133,"selfTradePreventionMode":"EXPIRE_MAKER","strategyId":7,"strategyType":1000000,`+
			`"fills":[{"price":"9999.00000000","qty":"0.00040000","commission":"0.00000040","commissionAsset":"BTC","tradeId":1},`+
			`{"price":"10000.00000000","qty":"0.00060000","commission":"0.00000060","commissionAsset":"BTC","tradeId":2}]}`)
	b.want(t, "POST order?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=3&newClientOrderId=b2",
		`{"symbol":"BTCUSDT","orderId":20,"orderListId":-1,"clientOrderId":"b2","transactTime":1700000000133,"price":"0.00000000","origQty":"3.00000000",`+
			`"executedQty":"2.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"2.00000000","status":"EXPIRED","timeInForce":"GTC","type":"MARKET","side":"SELL",`+
			`"workingTime":1700000000133,"selfTradePreventionMode":"EXPIRE_MAKER","expiryReason":"INSUFFICIENT_LIQUIDITY",`+
			`"fills":[{"price":"1.00000000","qty":"1.00000000","commission":"0.00100000","commissionAsset":"USDT","tradeId":3},`+
			`{"price":"1.00000000","qty":"1.00000000","commission":"0.00100000","commissionAsset":"USDT","tradeId":4}]}`)
	b.want(t, buy+"type=MARKET&quoteOrderQty=1000.005&newClientOrderId=b3&newOrderRespType=RESULT",
		`{"symbol":"BTCUSDT","orderId":21,"orderListId":-1,"clientOrderId":"b3","transactTime":1700000000133,"price":"0.00000000","origQty":"0.10000000",`+
			`"executedQty":"0.10000000","origQuoteOrderQty":"1000.00500000","cummulativeQuoteQty":"1000.00000000","status":"FILLED","timeInForce":"GTC","type":"MARKET","side":"BUY",`+
			`"workingTime":1700000000133,"selfTradePreventionMode":"EXPIRE_MAKER"}`)
	b.want(t, buy+"type=LIMIT&timeInForce=IOC&quantity=1&price=10000&newClientOrderId=b4&newOrderRespType=RESULT",
		`{"symbol":"BTCUSDT","orderId":22,"orderListId":-1,"clientOrderId":"b4","transactTime":1700000000133,"price":"10000.00000000","origQty":"1.00000000",`+
			`"executedQty":"0.89940000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"8994.00000000","status":"EXPIRED","timeInForce":"IOC","type":"LIMIT","side":"BUY",`+
			`"workingTime":1700000000133,"selfTradePreventionMode":"EXPIRE_MAKER","expiryReason":"UNFILLED_IOC_QUANTITY_EXPIRED"}`)
	b.want(t, buy+"type=LIMIT&timeInForce=FOK&quantity=1&price=10000&newClientOrderId=b5",
		`{"symbol":"BTCUSDT","orderId":23,"orderListId":-1,"clientOrderId":"b5","transactTime":1700000000133,"price":"10000.00000000","origQty":"1.00000000",`+
			`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"EXPIRED","timeInForce":"FOK","type":"LIMIT","side":"BUY",`+
			`"workingTime":1700000000133,"selfTradePreventionMode":"EXPIRE_MAKER","expiryReason":"UNFILLED_FOK_ORDER_EXPIRED","fills":[]}`)
	b.want(t, buy+"type=MARKET&quantity=1&newClientOrderId=b6&newOrderRespType=RESULT",
		`{"symbol":"BTCUSDT","orderId":24,"orderListId":-1,"clientOrderId":"b6","transactTime":1700000000133,"price":"0.00000000","origQty":"1.00000000",`+
			`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"EXPIRED","timeInForce":"GTC","type":"MARKET","side":"BUY",`+
			`"workingTime":1700000000133,"selfTradePreventionMode":"EXPIRE_MAKER","expiryReason":"INSUFFICIENT_LIQUIDITY"}`)
}

// TestPrevention meets an own order in every mode, each time with a fresh one of two
// lots in the way of one of three, and one of bob's behind it.
func TestPrevention(t *testing.T) {
	const head = `{"symbol":"BTCUSDT","orderId":17,"orderListId":-1,"clientOrderId":"x","transactTime":1700000000123,"price":"10.00000000","origQty":"3.00000000",`
	const tail = `"timeInForce":"GTC","type":"LIMIT","side":"BUY","workingTime":1700000000123,"selfTradePreventionMode":`
	for mode, want := range map[string]string{
		"NONE": `"executedQty":"3.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"28.00000000","status":"FILLED",` + tail + `"NONE",` +
			`"fills":[{"price":"9.00000000","qty":"2.00000000","commission":"0.00200000","commissionAsset":"BTC","tradeId":1},` +
			`{"price":"10.00000000","qty":"1.00000000","commission":"0.00100000","commissionAsset":"BTC","tradeId":2}]}`,
		"EXPIRE_TAKER": `"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"EXPIRED_IN_MATCH",` + tail + `"EXPIRE_TAKER",` +
			`"preventedQuantity":"3.00000000","fills":[],"preventedMatches":[{"preventedMatchId":4,"makerOrderId":15,"price":"9.00000000","takerPreventedQuantity":"3.00000000"}]}`,
		"EXPIRE_MAKER": `"executedQty":"3.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"30.00000000","status":"FILLED",` + tail + `"EXPIRE_MAKER",` +
			`"fills":[{"price":"10.00000000","qty":"3.00000000","commission":"0.00300000","commissionAsset":"BTC","tradeId":1}],` +
			`"preventedMatches":[{"preventedMatchId":4,"makerOrderId":15,"price":"9.00000000","makerPreventedQuantity":"2.00000000"}]}`,
		"EXPIRE_BOTH": `"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"EXPIRED_IN_MATCH",` + tail + `"EXPIRE_BOTH",` +
			`"preventedQuantity":"3.00000000","fills":[],"preventedMatches":[{"preventedMatchId":4,"makerOrderId":15,"price":"9.00000000","takerPreventedQuantity":"3.00000000","makerPreventedQuantity":"2.00000000"}]}`,
		"DECREMENT": `"executedQty":"1.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"10.00000000","status":"FILLED",` + tail + `"DECREMENT",` +
			`"preventedQuantity":"2.00000000","fills":[{"price":"10.00000000","qty":"1.00000000","commission":"0.00100000","commissionAsset":"BTC","tradeId":1}],` +
			`"preventedMatches":[{"preventedMatchId":4,"makerOrderId":15,"price":"9.00000000","takerPreventedQuantity":"2.00000000","makerPreventedQuantity":"2.00000000"}]}`,
	} {
		a, b := traders(t)
		a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=9")
		b.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=5&price=10")
		a.want(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=3&price=10&newClientOrderId=x&selfTradePreventionMode="+mode, head+want)
	}
	// Queries tell what an order lost, and several own orders met are told one by one.
	a, _ := traders(t)
	a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=9")
	a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=10")
	body := a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=3&price=10&newClientOrderId=x&selfTradePreventionMode=DECREMENT")
	if want := `"status":"EXPIRED_IN_MATCH",` + tail + `"DECREMENT","preventedQuantity":"3.00000000","fills":[],` +
		`"preventedMatches":[{"preventedMatchId":4,"makerOrderId":15,"price":"9.00000000","takerPreventedQuantity":"2.00000000","makerPreventedQuantity":"2.00000000"},` +
		`{"preventedMatchId":6,"makerOrderId":16,"price":"10.00000000","takerPreventedQuantity":"1.00000000","makerPreventedQuantity":"1.00000000"}]}`; !strings.HasSuffix(body, want) {
		t.Errorf("got %s, want it to end with %s", body, want)
	}
	if body := a.must(t, "GET order?symbol=BTCUSDT&orderId=16"); !strings.HasSuffix(body, `"selfTradePreventionMode":"EXPIRE_MAKER","preventedMatchId":6,"preventedQuantity":"1.00000000"}`) {
		t.Errorf("got %s", body)
	}
}

// TestGeneratedNames places without client ids: each gets one of its own.
func TestGeneratedNames(t *testing.T) {
	a, _ := traders(t)
	seen := make(map[string]bool)
	for range 200 {
		body := a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&newOrderRespType=ACK")
		_, rest, _ := strings.Cut(body, `"clientOrderId":"`)
		name, _, _ := strings.Cut(rest, `"`)
		if len(name) != generatedLen || seen[name] || strings.ContainsAny(name, "-_") {
			t.Fatalf("client id %q", name)
		}
		seen[name] = true
	}
	first := strings.Count(a.must(t, "DELETE openOrders?symbol=BTCUSDT"), `"status":"CANCELED"`)
	if first != 200 {
		t.Errorf("%d are canceled, want 200", first)
	}
}

func TestCancelAnswers(t *testing.T) {
	a, b := traders(t)
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2&newClientOrderId=a1")
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=2&price=3&newClientOrderId=a2")
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=3&price=1&newClientOrderId=a3")
	a.must(t, "POST order?symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=3&price=1&newClientOrderId=a4")
	b.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.5&price=3")

	const missing = `{"code":-2011,"msg":"Unknown order sent."}`
	a.refuse(t, "DELETE order?symbol=BTCUSDT", 400, `{"code":-1102,"msg":"Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"}`)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=99", 400, missing)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=0", 400, missing)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=9223372036854775807", 400, missing)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=9223372036854775808", 400, `{"code":-1108,"msg":"Parameter 'orderId' overflowed."}`)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=a9", 400, missing)
	a.refuse(t, "DELETE order?symbol=ETHUSDT&orderId=15", 400, missing)
	b.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=15", 400, missing)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=15&origClientOrderId=a2", 400, `{"code":-2039,"msg":"Client order ID is not correct for this order ID."}`)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=", 400, `{"code":-1119,"msg":"Original client order ID was empty."}`)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=15&newClientOrderId=", 400, `{"code":-1118,"msg":"New client order ID was empty."}`)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=x1", 400, `{"code":-1100,"msg":"Illegal characters found in parameter 'orderId'; legal range is '^[0-9]{1,20}$'."}`)

	a.exchange.now += ms
	a.want(t, "DELETE order?symbol=BTCUSDT&orderId=15&origClientOrderId=a1&newClientOrderId=c1",
		`{"symbol":"BTCUSDT","origClientOrderId":"a1","orderId":15,"orderListId":-1,"clientOrderId":"c1","transactTime":1700000000124,"price":"2.00000000","origQty":"1.00000000",`+
			`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"CANCELED","timeInForce":"GTC","type":"LIMIT","side":"BUY",`+
			`"selfTradePreventionMode":"EXPIRE_MAKER"}`)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=15", 400, missing)
	a.want(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=a2&newClientOrderId=c2",
		`{"symbol":"BTCUSDT","origClientOrderId":"a2","orderId":16,"orderListId":-1,"clientOrderId":"c2","transactTime":1700000000124,"price":"3.00000000","origQty":"2.00000000",`+
			`"executedQty":"0.50000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"1.50000000","status":"CANCELED","timeInForce":"GTC","type":"LIMIT_MAKER","side":"BUY",`+
			`"selfTradePreventionMode":"EXPIRE_MAKER"}`)

	a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=20&newClientOrderId=a5")
	all := a.must(t, "DELETE openOrders?symbol=BTCUSDT")
	_, rest, _ := strings.Cut(all, `"clientOrderId":"`)
	name, _, _ := strings.Cut(rest, `"`)
	want := `[{"symbol":"BTCUSDT","origClientOrderId":"a3","orderId":17,"orderListId":-1,"clientOrderId":"ID","transactTime":1700000000124,"price":"1.00000000","origQty":"3.00000000",` +
		`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"CANCELED","timeInForce":"GTC","type":"LIMIT","side":"BUY",` +
		`"selfTradePreventionMode":"EXPIRE_MAKER"},` +
		`{"symbol":"BTCUSDT","origClientOrderId":"a5","orderId":30,"orderListId":-1,"clientOrderId":"ID","transactTime":1700000000124,"price":"20.00000000","origQty":"1.00000000",` +
		`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"CANCELED","timeInForce":"GTC","type":"LIMIT","side":"SELL",` +
		`"selfTradePreventionMode":"EXPIRE_MAKER"}]`
	if got := strings.ReplaceAll(all, name, "ID"); got != want {
		t.Errorf("cancel all\n got %s\nwant %s", got, want)
	}
	a.refuse(t, "DELETE openOrders?symbol=BTCUSDT", 400, missing)
}

func TestCancelRestrictions(t *testing.T) {
	a, b := traders(t)
	const refused = `{"code":-2011,"msg":"Order was not canceled due to cancel restrictions."}`
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2&newClientOrderId=new")
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=3&newClientOrderId=part")
	b.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.5&price=3")
	a.refuse(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=new&cancelRestrictions=ONLY_PARTIALLY_FILLED", 400, refused)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=part&cancelRestrictions=ONLY_NEW", 400, refused)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=16&cancelRestrictions=ONLY_NEW", 400, refused)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=16&cancelRestrictions=ONLY", 400, `{"code":-1145,"msg":"Invalid cancelRestrictions"}`)
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=16&origClientOrderId=new&cancelRestrictions=ONLY_NEW", 400,
		`{"code":-2039,"msg":"Client order ID is not correct for this order ID."}`)
	a.refuse(t, "DELETE order?symbol=ETHUSDT&orderId=16&cancelRestrictions=ONLY_NEW", 400, `{"code":-2011,"msg":"Unknown order sent."}`)
	a.must(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=new&cancelRestrictions=ONLY_NEW")
	a.must(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=part&cancelRestrictions=ONLY_PARTIALLY_FILLED")
	a.refuse(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=new&cancelRestrictions=ONLY_NEW", 400, `{"code":-2011,"msg":"Unknown order sent."}`)
}

func TestAmendAnswers(t *testing.T) {
	a, b := traders(t)
	spec := a.spec(t, btcusdt)
	spec.Filters.MaxAmends = 3
	a.alter(t, btcusdt, spec)
	a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=10&price=6&newClientOrderId=old")
	b.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=6")
	const amend = "PUT order/amend/keepPriority?symbol=BTCUSDT&"
	const head = `"amendedOrder":{"symbol":"BTCUSDT","orderId":16,"orderListId":-1,`
	const tail = `"executedQty":"1.00000000","preventedQty":"0.00000000","quoteOrderQty":"0.00000000","cumulativeQuoteQty":"6.00000000","status":"PARTIALLY_FILLED",` +
		`"timeInForce":"GTC","type":"LIMIT","side":"SELL","workingTime":1700000000123,"selfTradePreventionMode":"EXPIRE_MAKER"}}`
	a.exchange.now += ms
	a.want(t, amend+"orderId=16&newQty=5&newClientOrderId=new",
		`{"transactTime":1700000000124,"executionId":5,`+head+`"origClientOrderId":"old","clientOrderId":"new","price":"6.00000000","qty":"5.00000000",`+tail)
	a.want(t, amend+"origClientOrderId=new&newQty=4&newClientOrderId=new",
		`{"transactTime":1700000000124,"executionId":6,`+head+`"origClientOrderId":"new","clientOrderId":"new","price":"6.00000000","qty":"4.00000000",`+tail)
	for request, want := range map[string]string{
		"orderId=16&newQty=5":           `{"code":-2038,"msg":"Order amend (quantity increase) is not supported."}`,
		"orderId=16&newQty=99999999999": `{"code":-2038,"msg":"Order amend (quantity increase) is not supported."}`,
		"orderId=16&newQty=4":           `{"code":-2038,"msg":"The requested action would change no state; rejecting"}`,
		"orderId=16&newQty=1":           `{"code":-2038,"msg":"The requested action would change no state; rejecting"}`,
		"orderId=16&newQty=0":           `{"code":-2038,"msg":"The requested action would change no state; rejecting"}`,
		"orderId=99&newQty=1":           `{"code":-2038,"msg":"Unknown order sent."}`,
		"newQty=1":                      `{"code":-1102,"msg":"Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"}`,
		"orderId=16":                    `{"code":-1102,"msg":"Mandatory parameter 'newQty' was not sent, was empty/null, or malformed."}`,
		"orderId=16&newQty=1.000001":    `{"code":-1013,"msg":"Filter failure: LOT_SIZE"}`,
		"orderId=16&newQty=1.000000001": `{"code":-1111,"msg":"Parameter 'newQty' has too much precision."}`,
		"orderId=16&newQty=-1":          `{"code":-1100,"msg":"Illegal characters found in parameter 'newQty'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."}`,
	} {
		a.refuse(t, amend+request, 400, want)
	}
	body := a.must(t, amend+"orderId=16&newQty=3") // a new client id is generated
	if strings.Contains(body, `"clientOrderId":"new"`) || !strings.Contains(body, `"origClientOrderId":"new"`) {
		t.Errorf("got %s", body)
	}
	a.refuse(t, amend+"orderId=16&newQty=2", 400, `{"code":-2038,"msg":"Filter failure: MAX_NUM_ORDER_AMENDS"}`)
	a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=6&newClientOrderId=taken")
	a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=6&newClientOrderId=other")
	a.refuse(t, amend+"origClientOrderId=other&newQty=1&newClientOrderId=taken", 400, `{"code":-2038,"msg":"Duplicate order sent."}`)
}

// spec returns the present rules of a symbol, to be altered.
func (a *testAPI) spec(t testing.TB, symbol msg.SymbolID) msg.Symbol {
	t.Helper()
	v := a.exchange.BeginRead()
	defer a.exchange.EndRead()
	s, ok := v.SymbolByID(symbol)
	if !ok {
		t.Fatalf("there is no symbol %d", symbol)
	}
	return s.Spec
}

func (a *testAPI) alter(t testing.TB, symbol msg.SymbolID, spec msg.Symbol) {
	t.Helper()
	a.exchange.must(t, msg.Command{Kind: msg.AlterSymbol, Symbol: symbol, Spec: &spec})
}
