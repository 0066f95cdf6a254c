package api

import (
	"fmt"
	"strings"
	"testing"
)

// TestAmendments pins the amendments of an order, oldest first, and those of no
// other.
func TestAmendments(t *testing.T) {
	a, b := traders(t)
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=5&price=10&newClientOrderId=one") // order 15, execution 1
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=5&price=10&newClientOrderId=two")
	a.exchange.now += 10 * ms
	a.must(t, "PUT order/amend/keepPriority?symbol=BTCUSDT&orderId=15&newQty=4&newClientOrderId=uno")
	a.must(t, "PUT order/amend/keepPriority?symbol=BTCUSDT&orderId=16&newQty=2&newClientOrderId=two")
	a.exchange.now += 10 * ms
	a.must(t, "PUT order/amend/keepPriority?symbol=BTCUSDT&orderId=15&newQty=2.5&newClientOrderId=eins")
	row := func(execution int, before, after, from, to string, time int64) string {
		return fmt.Sprintf(`{"symbol":"BTCUSDT","orderId":15,"executionId":%d,"origClientOrderId":%q,"newClientOrderId":%q,"origQty":"%s000000","newQty":"%s000000","time":%d}`,
			execution, before, after, from, to, time)
	}
	first, second := row(3, "one", "uno", "5.00", "4.00", 1700000000133), row(5, "uno", "eins", "4.00", "2.50", 1700000000143)
	for query, want := range map[string]string{
		"orderId=15":                           first + "," + second,
		"orderId=15&limit=1":                   second,
		"orderId=15&limit=5000":                first + "," + second,
		"orderId=15&fromExecutionId=0&limit=1": first,
		"orderId=15&fromExecutionId=5":         second,
		"orderId=15&fromExecutionId=6":         "",
		"orderId=99":                           "",
		"orderId=0":                            "",
	} {
		a.want(t, "GET order/amendments?symbol=BTCUSDT&"+query, "["+want+"]")
	}
	a.want(t, "GET order/amendments?symbol=ETHBTC&orderId=15", "[]")
	b.want(t, "GET order/amendments?symbol=BTCUSDT&orderId=15", "[]")
	a.must(t, "DELETE order?symbol=BTCUSDT&orderId=15")
	a.want(t, "GET order/amendments?symbol=BTCUSDT&orderId=15", "["+first+","+second+"]")

	mandatory := func(name string) string {
		return `{"code":-1102,"msg":"Mandatory parameter '` + name + `' was not sent, was empty/null, or malformed."}`
	}
	a.refuse(t, "GET order/amendments?symbol=BTCUSDT", 400, mandatory("orderId"))
	a.refuse(t, "GET order/amendments?orderId=15", 400, mandatory("symbol"))
	a.refuse(t, "GET order/amendments?symbol=BTCUSDT&orderId=15&limit=0", 400, `{"code":-1130,"msg":"Data sent for parameter 'limit' is not valid."}`)
}

// TestMyPreventedMatches pins what is told of trades of an account with itself, and
// that queries of orders lead there.
func TestMyPreventedMatches(t *testing.T) {
	a, b := traders(t)
	a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=9") // order 15, execution 1
	a.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=10")
	a.exchange.now += 10 * ms
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=3&price=10&selfTradePreventionMode=DECREMENT")
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=3&price=10&selfTradePreventionMode=EXPIRE_TAKER")
	const (
		head  = `{"symbol":"BTCUSDT","preventedMatchId":`
		maker = `,"makerSymbol":"BTCUSDT","makerOrderId":`
		group = `,"tradeGroupId":-1,"selfTradePreventionMode":`
		tail  = `,"transactTime":1700000000133}`

		first  = head + `4,"takerOrderId":17` + maker + "15" + group + `"DECREMENT","price":"9.00000000","takerPreventedQuantity":"2.00000000","makerPreventedQuantity":"2.00000000"` + tail
		second = head + `6,"takerOrderId":17` + maker + "16" + group + `"DECREMENT","price":"10.00000000","takerPreventedQuantity":"1.00000000","makerPreventedQuantity":"1.00000000"` + tail
		third  = head + `9,"takerOrderId":18` + maker + "16" + group + `"EXPIRE_TAKER","price":"10.00000000","takerPreventedQuantity":"3.00000000"` + tail
	)
	for query, want := range map[string]string{
		"preventedMatchId=4": first,
		"preventedMatchId=9": third,
		"preventedMatchId=5": "",
		"preventedMatchId=0": "",
		"orderId=17":         first + "," + second,
		"orderId=16":         second + "," + third,
		"orderId=18":         third,
		"orderId=0":          "",
		"orderId=17&limit=1": second,
		"orderId=17&fromPreventedMatchId=0&limit=1":    first,
		"orderId=17&fromPreventedMatchId=5":            second,
		"orderId=17&fromPreventedMatchId=7&limit=1000": "",
	} {
		a.want(t, "GET myPreventedMatches?symbol=BTCUSDT&"+query, "["+want+"]")
	}
	b.want(t, "GET myPreventedMatches?symbol=BTCUSDT&orderId=17", "[]")
	a.want(t, "GET myPreventedMatches?symbol=ETHBTC&orderId=17", "[]")
	const combination = `{"code":-1128,"msg":"Combination of optional parameters invalid."}`
	for query, want := range map[string]string{
		"":                              `{"code":-1102,"msg":"Param 'preventedMatchId' or 'orderId' must be sent, but both were empty/null!"}`,
		"fromPreventedMatchId=4":        `{"code":-1102,"msg":"Param 'preventedMatchId' or 'orderId' must be sent, but both were empty/null!"}`,
		"preventedMatchId=4&orderId=17": combination,
		"preventedMatchId=4&fromPreventedMatchId=4": combination,
		"preventedMatchId=x":                        `{"code":-1100,"msg":"Illegal characters found in parameter 'preventedMatchId'; legal range is '^[0-9]{1,20}$'."}`,
	} {
		a.refuse(t, "GET myPreventedMatches?symbol=BTCUSDT&"+query, 400, want)
	}
	for query, want := range map[string]int{"preventedMatchId=1": 2, "orderId=1": 20} {
		if got := a.method(t, "GET", "/api/v3/myPreventedMatches").Weight(a.newCall(t, query)); got != want {
			t.Errorf("%s weighs %d, want %d", query, got, want)
		}
	}

	// The last match in which each order lost something: order 16 lost nothing in its
	// second.
	body := strings.Split(strings.Trim(a.must(t, "GET allOrders?symbol=BTCUSDT"), "[]"), "},{")
	for i, want := range []string{
		`,"preventedMatchId":4,"preventedQuantity":"2.00000000"`, `,"preventedMatchId":6,"preventedQuantity":"1.00000000"`,
		`,"preventedMatchId":6,"preventedQuantity":"3.00000000"`, `,"preventedMatchId":9,"preventedQuantity":"3.00000000"`,
	} {
		if !strings.HasSuffix(strings.TrimSuffix(body[i], "}"), want) {
			t.Errorf("order %d is %s, want %s", i, body[i], want)
		}
	}
	for request, want := range map[string]string{"GET openOrders?": "6", "GET openOrders?symbol=BTCUSDT": "6", "GET order?symbol=BTCUSDT&orderId=17": "6"} {
		if got := a.must(t, request); !strings.Contains(got, `,"preventedMatchId":`+want+`,`) {
			t.Errorf("%s: %s", request, got)
		}
	}
}
