package api

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

const (
	replaceHead = "POST order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&newOrderRespType=ACK&newClientOrderId=new&cancelNewClientOrderId=c&"
	goodOrder   = "&quantity=1&price=5"
	poorOrder   = "&quantity=1000000&price=5000"

	canceledJSON = `{"symbol":"BTCUSDT","origClientOrderId":"old","orderId":15,"orderListId":-1,"clientOrderId":"c","transactTime":1700000000123,"price":"2.00000000","origQty":"1.00000000",` +
		`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"CANCELED","timeInForce":"GTC","type":"LIMIT","side":"BUY",` +
		`"selfTradePreventionMode":"EXPIRE_MAKER"}`
	placedJSON     = `{"symbol":"BTCUSDT","orderId":NEW,"orderListId":-1,"clientOrderId":"new","transactTime":1700000000123}`
	unknownJSON    = `{"code":-2011,"msg":"Unknown order sent."}`
	restrictedJSON = `{"code":-2011,"msg":"Order was not canceled due to cancel restrictions."}`
	poorJSON       = `{"code":-2010,"msg":"Account has insufficient balance for requested action."}`
	overJSON       = `{"code":-1015,"msg":"Too many new orders; current limit is 1 orders per 10 SECOND."}`
)

// replaceCase is one row of the matrix: what is asked for, and the results of both
// legs.
type replaceCase struct {
	name    string
	request string
	limit   int // of orders in ten seconds, 0 for none

	status        int
	code          string // empty for an answer
	cancel, order string // results
	cancelBody    string
	orderBody     string
	open          string // client ids of the orders that are open afterwards
	counted       int    // orders of the account that count afterwards, the old one included
}

func replaceCases() []replaceCase {
	const stop, allow = "cancelReplaceMode=STOP_ON_FAILURE", "cancelReplaceMode=ALLOW_FAILURE"
	const failed, partly = `{"code":-2022,"msg":"Order cancel-replace failed."`, `{"code":-2021,"msg":"Order cancel-replace partially failed."`
	return []replaceCase{
		{
			"both", stop + "&cancelOrderId=15" + goodOrder, 0,
			200, "", legSuccess, legSuccess, canceledJSON, placedJSON, "new", 2,
		},
		{
			"both by name", allow + "&cancelOrigClientOrderId=old" + goodOrder, 0,
			200, "", legSuccess, legSuccess, canceledJSON, placedJSON, "new", 2,
		},
		{
			"both by id and name, with a restriction", stop + "&cancelOrderId=15&cancelOrigClientOrderId=old&cancelRestrictions=ONLY_NEW" + goodOrder, 0,
			200, "", legSuccess, legSuccess, canceledJSON, placedJSON, "new", 2,
		},
		{
			"no cancel, stop", stop + "&cancelOrderId=99" + goodOrder, 0,
			400, failed, legFailure, legNotAttempted, unknownJSON, "null", "old", 2,
		},
		{
			"no cancel, allow", allow + "&cancelOrderId=99" + goodOrder, 0,
			409, partly, legFailure, legSuccess, unknownJSON, placedJSON, "old new", 2,
		},
		{
			"no cancel, allow, no order", allow + "&cancelOrderId=99" + poorOrder, 0,
			400, failed, legFailure, legFailure, unknownJSON, poorJSON, "old", 1,
		},
		{
			"no order, stop", stop + "&cancelOrderId=15" + poorOrder, 0,
			409, partly, legSuccess, legFailure, canceledJSON, poorJSON, "", 1,
		},
		{
			"no order, allow", allow + "&cancelOrderId=15" + poorOrder, 0,
			409, partly, legSuccess, legFailure, canceledJSON, poorJSON, "", 1,
		},
		{
			"another name", stop + "&cancelOrderId=15&cancelOrigClientOrderId=x" + goodOrder, 0,
			400, failed, legFailure, legNotAttempted, `{"code":-2039,"msg":"Client order ID is not correct for this order ID."}`, "null", "old", 2,
		},
		{
			"restricted, stop", stop + "&cancelOrderId=15&cancelRestrictions=ONLY_PARTIALLY_FILLED" + goodOrder, 0,
			400, failed, legFailure, legNotAttempted, restrictedJSON, "null", "old", 2,
		},
		{
			"restricted, allow", allow + "&cancelOrderId=15&cancelRestrictions=ONLY_PARTIALLY_FILLED" + goodOrder, 0,
			409, partly, legFailure, legSuccess, restrictedJSON, placedJSON, "old new", 2,
		},
		{
			"restricted, allow, no order", allow + "&cancelOrderId=15&cancelRestrictions=ONLY_PARTIALLY_FILLED" + poorOrder, 0,
			400, failed, legFailure, legFailure, restrictedJSON, poorJSON, "old", 1,
		},
		{
			"over the limit, cancel only", stop + "&cancelOrderId=15&orderRateLimitExceededMode=CANCEL_ONLY" + goodOrder, 1,
			429, partly, legSuccess, legFailure, canceledJSON, overJSON, "", 1,
		},
		{
			"over the limit, cancel only, no cancel", allow + "&cancelOrderId=99&orderRateLimitExceededMode=CANCEL_ONLY" + goodOrder, 1,
			429, failed, legFailure, legFailure, unknownJSON, overJSON, "old", 1,
		},
		{
			"over the limit, cancel only, restricted", stop + "&cancelOrderId=15&cancelRestrictions=ONLY_PARTIALLY_FILLED&orderRateLimitExceededMode=CANCEL_ONLY" + goodOrder, 1,
			429, failed, legFailure, legFailure, restrictedJSON, overJSON, "old", 1,
		},
	}
}

// TestCancelReplace is the matrix of a cancel-replace, each row with one open order.
func TestCancelReplace(t *testing.T) {
	for _, c := range replaceCases() {
		t.Run(c.name, func(t *testing.T) {
			a := newTestAPI(t, Limits{Enforce: c.limit > 0, OrdersShort: c.limit}).trader(t, ann)
			a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2&newClientOrderId=old")
			want := `{"cancelResult":"` + c.cancel + `","newOrderResult":"` + c.order + `","cancelResponse":` + c.cancelBody +
				`,"newOrderResponse":` + strings.ReplaceAll(c.orderBody, "NEW,", "16,") + `}`
			if c.code == "" {
				a.want(t, replaceHead+c.request, want)
			} else {
				a.refuse(t, replaceHead+c.request, c.status, c.code+`,"data":`+want+`}`)
			}
			var open []string
			for i, part := range strings.Split(a.must(t, "GET openOrders?symbol=BTCUSDT"), `"clientOrderId":"`) {
				if i > 0 {
					name, _, _ := strings.Cut(part, `"`)
					open = append(open, name)
				}
			}
			if got := strings.Join(open, " "); got != c.open {
				t.Errorf("open are %q, want %q", got, c.open)
			}
			if n := a.orders.counts(ann, a.wall); n != [2]int{c.counted, c.counted} {
				t.Errorf("%v orders are counted, want %d", n, c.counted)
			}
		})
	}
}

// TestCancelReplaceOutright pins the failures at which nothing happens.
func TestCancelReplaceOutright(t *testing.T) {
	a := newTestAPI(t, Limits{Enforce: true, OrdersShort: 2}).trader(t, ann)
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2&newClientOrderId=old")
	spec := a.spec(t, btcusdt)
	spec.Filters = msg.Filters{MaxOrders: 1}
	a.alter(t, btcusdt, spec)
	const stop = "cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=15"
	for request, want := range map[string]string{
		"cancelReplaceMode=STOP_ON_FAILURE" + goodOrder:                `{"code":-1102,"msg":"Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!"}`,
		"cancelOrderId=15" + goodOrder:                                 `{"code":-1102,"msg":"Mandatory parameter 'cancelReplaceMode' was not sent, was empty/null, or malformed."}`,
		"cancelReplaceMode=STOP&cancelOrderId=15" + goodOrder:          `{"code":-1130,"msg":"Data sent for parameter 'cancelReplaceMode' is not valid."}`,
		stop + "&cancelRestrictions=X" + goodOrder:                     `{"code":-1145,"msg":"Invalid cancelRestrictions"}`,
		stop + "&orderRateLimitExceededMode=X" + goodOrder:             `{"code":-1130,"msg":"Data sent for parameter 'orderRateLimitExceededMode' is not valid."}`,
		stop + "&quantity=1&price=2.001":                               `{"code":-1013,"msg":"Filter failure: PRICE_FILTER"}`,
		stop + goodOrder:                                               `{"code":-1013,"msg":"Filter failure: MAX_NUM_ORDERS"}`,
		"cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=99" + goodOrder: `{"code":-1013,"msg":"Filter failure: MAX_NUM_ORDERS"}`,
	} {
		a.refuse(t, replaceHead+request, 400, want)
	}
	spec.Filters = msg.Filters{}
	a.alter(t, btcusdt, spec)
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2")
	a.refuse(t, replaceHead+stop+goodOrder, 429, strings.Replace(overJSON, "is 1", "is 2", 1))
	a.refuse(t, replaceHead+stop+"&orderRateLimitExceededMode=DO_NOTHING"+goodOrder, 429, strings.Replace(overJSON, "is 1", "is 2", 1))
	if n := a.orders.counts(ann, a.wall); n != [2]int{2, 2} {
		t.Errorf("%v orders are counted, want 2", n)
	}
}
