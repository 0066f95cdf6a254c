package api

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// orderIDs returns the ids of the orders in an answer.
func orderIDs(body string) string {
	var ids []string
	for i, part := range strings.Split(body, `"orderId":`) {
		if i > 0 {
			id, _, _ := strings.Cut(part, ",")
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, " ")
}

func TestQueryOrder(t *testing.T) {
	a, b := traders(t)
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&newClientOrderId=first")
	const first = `{"symbol":"BTCUSDT","orderId":15,"orderListId":-1,"clientOrderId":"first","price":"0.10000000","origQty":"1.00000000","executedQty":"%s",` +
		`"cummulativeQuoteQty":"%s","status":"%s","timeInForce":"GTC","type":"LIMIT","side":"BUY","stopPrice":"0.00000000","icebergQty":"0.00000000",` +
		`"time":1700000000123,"updateTime":%d,"isWorking":true,"workingTime":1700000000123,"origQuoteOrderQty":"0.00000000","selfTradePreventionMode":"EXPIRE_MAKER"}`
	state := func(executed, spent, status string, updated int64) string {
		return fmt.Sprintf(first, executed, spent, status, updated)
	}
	a.want(t, "GET order?symbol=BTCUSDT&orderId=15", state("0.00000000", "0.00000000", "NEW", 1700000000123))
	a.exchange.now += 10 * ms
	b.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.4")
	a.want(t, "GET order?symbol=BTCUSDT&origClientOrderId=first", state("0.40000000", "0.04000000", "PARTIALLY_FILLED", 1700000000133))
	a.exchange.now += 10 * ms
	a.must(t, "DELETE order?symbol=BTCUSDT&orderId=15")
	canceled := state("0.40000000", "0.04000000", "CANCELED", 1700000000143)
	a.want(t, "GET order?symbol=BTCUSDT&orderId=15&origClientOrderId=first", canceled)

	// The id is free again: the newest order of it is meant, of this symbol.
	a.must(t, "POST order?symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&newClientOrderId=first")
	a.want(t, "GET order?symbol=BTCUSDT&origClientOrderId=first", canceled)
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=second")
	a.want(t, "GET order?symbol=BTCUSDT&origClientOrderId=second",
		`{"symbol":"BTCUSDT","orderId":19,"orderListId":-1,"clientOrderId":"second","price":"0.00000000","origQty":"1.00000000","executedQty":"0.00000000",`+
			`"cummulativeQuoteQty":"0.00000000","status":"EXPIRED","timeInForce":"GTC","type":"MARKET","side":"BUY","stopPrice":"0.00000000","icebergQty":"0.00000000",`+
			`"time":1700000000143,"updateTime":1700000000143,"isWorking":true,"workingTime":1700000000143,"origQuoteOrderQty":"0.00000000","selfTradePreventionMode":"EXPIRE_MAKER",`+
			`"expiryReason":"INSUFFICIENT_LIQUIDITY"}`)

	const missing = `{"code":-2013,"msg":"Order does not exist."}`
	for query, want := range map[string]string{
		"orderId=99":                          missing,
		"orderId=0":                           missing,
		"orderId=16":                          missing, // of bob
		"orderId=18":                          missing, // of another symbol
		"origClientOrderId=x":                 missing,
		"orderId=15&origClientOrderId=second": `{"code":-2039,"msg":"Client order ID is not correct for this order ID."}`,
		"":                                    `{"code":-1102,"msg":"Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"}`,
	} {
		a.refuse(t, "GET order?symbol=BTCUSDT&"+query, 400, want)
	}
}

func TestOpenAndAllOrders(t *testing.T) {
	a, _ := traders(t)
	for i := range 6 { // orders 15 to 20, a millisecond apart
		symbol := []string{"BTCUSDT", "ETHBTC"}[i%2]
		a.must(t, "POST order?symbol="+symbol+"&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&newClientOrderId=o"+strconv.Itoa(i))
		a.exchange.now += ms
	}
	a.must(t, "DELETE order?symbol=BTCUSDT&orderId=17")
	for request, want := range map[string]string{
		"openOrders?":                                                            "15 16 18 19 20",
		"openOrders?symbol=BTCUSDT":                                              "15 19",
		"openOrders?symbol=ETHUSDT":                                              "",
		"allOrders?symbol=BTCUSDT":                                               "15 17 19",
		"allOrders?symbol=ETHBTC&limit=2":                                        "18 20",
		"allOrders?symbol=BTCUSDT&orderId=17":                                    "17 19",
		"allOrders?symbol=BTCUSDT&orderId=0&limit=1":                             "15",
		"allOrders?symbol=BTCUSDT&orderId=18":                                    "19",
		"allOrders?symbol=BTCUSDT&startTime=1700000000125":                       "17 19",
		"allOrders?symbol=BTCUSDT&startTime=1700000000123&limit=1":               "15",
		"allOrders?symbol=BTCUSDT&startTime=0&limit=1":                           "15",
		"allOrders?symbol=BTCUSDT&endTime=1700000000125":                         "15 17",
		"allOrders?symbol=BTCUSDT&endTime=1700000000125&limit=1":                 "17",
		"allOrders?symbol=BTCUSDT&endTime=1700000000124999":                      "15",
		"allOrders?symbol=BTCUSDT&startTime=1700000000125&endTime=1700000000125": "17",
		"allOrders?symbol=BTCUSDT&startTime=1700000000125&endTime=1700086400125": "17 19",
	} {
		if got := orderIDs(a.must(t, "GET "+request)); got != want {
			t.Errorf("%s: got orders %s, want %s", request, got, want)
		}
	}
	a.want(t, "GET openOrders?symbol=ETHUSDT", "[]")
	all := a.must(t, "GET openOrders?")
	if one := a.must(t, "GET order?symbol=ETHBTC&orderId=16"); !strings.Contains(all, ","+one+",") {
		t.Errorf("%s is not in %s", one, all)
	}
	const short = "allOrders?symbol=BTCUSDT&startTime=1700000000125&endTime=1700086400126"
	a.refuse(t, "GET "+short, 400, `{"code":-1127,"msg":"More than 24 hours between startTime and endTime."}`)
	a.refuse(t, "GET allOrders?", 400, `{"code":-1102,"msg":"Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."}`)
}

func TestMyTrades(t *testing.T) {
	a, b := traders(t)
	for i := range 4 { // orders 15, 17, 19, 21 with trades 1 to 4, a millisecond apart
		a.must(t, fmt.Sprintf("POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=%d", i+1))
		b.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1")
		a.exchange.now += ms
	}
	a.want(t, "GET myTrades?symbol=BTCUSDT&limit=1",
		`[{"symbol":"BTCUSDT","id":4,"orderId":21,"orderListId":-1,"price":"4.00000000","qty":"1.00000000","quoteQty":"4.00000000","commission":"0.00100000","commissionAsset":"BTC",`+
			`"time":1700000000126,"isBuyer":true,"isMaker":true,"isBestMatch":true}]`)
	b.want(t, "GET myTrades?symbol=BTCUSDT&fromId=3&limit=1",
		`[{"symbol":"BTCUSDT","id":3,"orderId":20,"orderListId":-1,"price":"3.00000000","qty":"1.00000000","quoteQty":"3.00000000","commission":"0.00300000","commissionAsset":"USDT",`+
			`"time":1700000000125,"isBuyer":false,"isMaker":false,"isBestMatch":true}]`)
	const combination = `{"code":-1128,"msg":"Combination of optional parameters invalid."}`
	for query, want := range map[string]string{
		"":                                "15 17 19 21",
		"limit=2":                         "19 21",
		"orderId=17":                      "17",
		"orderId=0":                       "",
		"orderId=16":                      "",
		"orderId=17&fromId=2":             "17",
		"orderId=17&fromId=3":             "",
		"fromId=0&limit=2":                "15 17",
		"fromId=4":                        "21",
		"startTime=1700000000124":         "17 19 21",
		"startTime=1700000000124&limit=1": "17",
		"endTime=1700000000124":           "15 17",
		"endTime=1700000000125&limit=1":   "19",
		"startTime=1700000000124&endTime=1700000000125": "17 19",
		"startTime=1700000000124&endTime=1700086400124": "17 19 21",
	} {
		if got := orderIDs(a.must(t, "GET myTrades?symbol=BTCUSDT&"+query)); got != want {
			t.Errorf("%s: got orders %s, want %s", query, got, want)
		}
	}
	for _, query := range []string{"orderId=15&startTime=1", "orderId=15&endTime=1", "fromId=1&startTime=1", "fromId=1&endTime=1", "orderId=15&fromId=1&startTime=1&endTime=2"} {
		a.refuse(t, "GET myTrades?symbol=BTCUSDT&"+query, 400, combination)
	}
	a.refuse(t, "GET myTrades?symbol=BTCUSDT&startTime=1700000000124&endTime=1700086400125", 400, `{"code":-1127,"msg":"More than 24 hours between startTime and endTime."}`)
	a.want(t, "GET myTrades?symbol=ETHBTC", "[]")
}

func TestAccount(t *testing.T) {
	a, b := traders(t)
	a.exchange.now += 7 * ms
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=10")
	b.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1")
	a.want(t, "GET account?",
		`{"makerCommission":10,"takerCommission":10,"buyerCommission":0,"sellerCommission":0,`+
			`"commissionRates":{"maker":"0.00100000","taker":"0.00100000","buyer":"0.00000000","seller":"0.00000000"},`+
			`"canTrade":true,"canWithdraw":true,"canDeposit":true,"brokered":false,"requireSelfTradePrevention":false,"preventSor":false,`+
			`"updateTime":1700000000130,"accountType":"SPOT","balances":[{"asset":"BTC","free":"1000000000.99900000","locked":"0.00000000"},`+
			`{"asset":"ETH","free":"1000000000.00000000","locked":"0.00000000"},{"asset":"USDT","free":"999999980.00000000","locked":"10.00000000"}],`+
			`"permissions":["SPOT"],"uid":1}`)
	// Only what moves something of the account is an update of it.
	a.exchange.now += ms
	b.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=20")
	a.refuse(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1000000000&price=20", 400,
		`{"code":-2010,"msg":"Account has insufficient balance for requested action."}`)
	for who, want := range map[*trader]string{a: `"updateTime":1700000000130,`, b: `"updateTime":1700000000131,`} {
		if body := who.must(t, "GET account?"); !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	a.exchange.must(t, msg.Command{Kind: msg.AddAsset, Name: testName("XYZ"), Scale: 2})
	a.exchange.must(t, msg.Command{Kind: msg.SetFees, Account: ann, Maker: 15_000, Taker: 250_000})
	a.exchange.must(t, msg.Command{Kind: msg.SetStatus, Account: ann, Status: msg.StatusCancelOnly})
	body := a.must(t, "GET account?")
	for _, part := range []string{
		`"makerCommission":1,"takerCommission":25,`, `"maker":"0.00015000","taker":"0.00250000"`, `"canTrade":false,"canWithdraw":true`,
		`{"asset":"XYZ","free":"0.00000000","locked":"0.00000000"}]`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is not in %s", part, body)
		}
	}
	for query, zero := range map[string]bool{"omitZeroBalances=true": false, "omitZeroBalances=false": true} {
		if got := strings.Contains(a.must(t, "GET account?"+query), "XYZ"); got != zero {
			t.Errorf("%s: the balance of nothing is there: %v", query, got)
		}
	}
	a.refuse(t, "GET account?omitZeroBalances=yes", 400, `{"code":-1130,"msg":"Data sent for parameter 'omitZeroBalances' is not valid."}`)
	a.want(t, "POST order/test?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1&computeCommissionRates=true",
		`{"standardCommissionForOrder":{"maker":"0.00015000","taker":"0.00250000"},"specialCommissionForOrder":{"maker":"0.00000000","taker":"0.00000000"},`+
			`"taxCommissionForOrder":{"maker":"0.00000000","taker":"0.00000000"},"discount":{"enabledForAccount":false,"enabledForSymbol":false,"discountAsset":"BNB","discount":"0.00000000"}}`)
	b.want(t, "POST order/test?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1&computeCommissionRates=false", "{}")
}

// TestTradingWeights pins what the signed methods weigh.
func TestTradingWeights(t *testing.T) {
	a, _ := traders(t)
	for request, want := range map[string]int{
		"POST order?":      1,
		"POST order/test?": 1,
		"POST order/test?computeCommissionRates=true":  20,
		"POST order/test?computeCommissionRates=false": 1,
		"DELETE order?":                 1,
		"DELETE openOrders?":            1,
		"POST order/cancelReplace?":     1,
		"PUT order/amend/keepPriority?": 4,
		"GET order?":                    4,
		"GET openOrders?":               80,
		"GET openOrders?symbol=BTCUSDT": 6,
		"GET allOrders?":                20,
		"GET account?":                  20,
		"GET myTrades?":                 20,
		"GET myTrades?orderId=1":        5,
	} {
		verb, rest, _ := strings.Cut(request, " ")
		path, query, _ := strings.Cut(rest, "?")
		if got := a.method(t, verb, "/api/v3/"+path).Weight(a.newCall(t, query)); got != want {
			t.Errorf("%s weighs %d, want %d", request, got, want)
		}
	}
}
