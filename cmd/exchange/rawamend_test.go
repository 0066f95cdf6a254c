package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRawAmend lowers the quantity of an order: it keeps its place before one that
// came later, and says what it was and is.
func TestRawAmend(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	first, second, taker := r.rich(), r.rich(), r.rich()
	events := r.listens(&first)
	order := r.place(&first, "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01&price=20000&newClientOrderId=before")
	later := r.limit(&second, "SELL", "0.01", "20000")
	for range 2 { // that it was taken, and what is locked
		events.event()
	}
	id := fmt.Sprintf("symbol=BTCUSDT&orderId=%d", order.ID)
	count := r.call(&first, "GET", "/api/v3/rateLimit/order", "").body
	r.advance(time.Second)
	amend := func(query string) rawAnswer {
		t.Helper()
		return r.call(&first, "PUT", "/api/v3/order/amend/keepPriority", query)
	}
	amended := func(before, after, quantity, executed, spent, status string) string {
		return fmt.Sprintf(`{"transactTime":1772447401000,"executionId":"<id>","amendedOrder":{"symbol":"BTCUSDT","orderId":%d,"orderListId":-1,`+
			`"origClientOrderId":%q,"clientOrderId":%q,"price":"20000.00000000","qty":%q,"executedQty":%q,"preventedQty":"0.00000000",`+
			`"quoteOrderQty":"0.00000000","cumulativeQuoteQty":%q,"status":%q,"timeInForce":"GTC","type":"LIMIT","side":"SELL",`+
			`"workingTime":1772447400000,"selfTradePreventionMode":"EXPIRE_MAKER"}}`, order.ID, before, after, quantity, executed, spent, status)
	}
	r.expect("amend", amend(id+"&newQty=0.006&newClientOrderId=after"), 200, amended("before", "after", "0.00600000", "0.00000000", "0.00000000", "NEW"))
	report := fmt.Sprintf(`"E":1772447401000,"T":1772447401000,"c":"after","C":"before","S":"SELL","q":"0.00600000","x":"REPLACED","i":%d`, order.ID)
	rawMatch(t, "the event", `{"subscriptionId":0,"event":`+rawReport(report)+`}`, events.event(), nil)
	events.event()
	if after := r.call(&first, "GET", "/api/v3/rateLimit/order", "").body; after != count {
		t.Errorf("an amend counts as an order: %s, before it %s", after, count)
	}

	// It was first, and still is.
	a := r.call(&taker, "POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.004")
	if a.status != 200 {
		t.Fatal(a)
	}
	query := func(k *rawKey, o int64) rawOrder {
		return readRaw[rawOrder](t, r.call(k, "GET", "/api/v3/order", fmt.Sprintf("symbol=BTCUSDT&orderId=%d", o)).body)
	}
	if one, two := query(&first, order.ID), query(&second, later.ID); one.Executed != "0.00400000" || two.Executed != "0.00000000" || one.Name != "after" {
		t.Errorf("the one that was amended is %+v, the later one %+v", one, two)
	}
	r.expect("what was filled counts", amend("symbol=BTCUSDT&origClientOrderId=after&newQty=0.005&newClientOrderId=after"), 200,
		amended("after", "after", "0.00500000", "0.00400000", "80.00000000", "PARTIALLY_FILLED"))

	const same = "The requested action would change no state; rejecting"
	for _, c := range []struct {
		query      string
		code       int
		text, what string
	}{
		{id + "&newQty=0.006", -2038, "Order amend (quantity increase) is not supported.", "more"},
		{id + "&newQty=1000000000", -2038, "Order amend (quantity increase) is not supported.", "more than there can be"},
		{id + "&newQty=0.005", -2038, same, "as much"},
		{id + "&newQty=0.004", -2038, same, "what is filled"},
		{id + "&newQty=0.001", -2038, same, "less than is filled"},
		{id + "&newQty=0", -2038, same, "nothing"},
		{id + "&newQty=0.0045000001", -1111, "Parameter 'newQty' has too much precision.", "too precise"},
		{id + "&newQty=0.004500001", -1111, "Parameter 'newQty' has too much precision.", "too precise by one"},
		{id + "&newQty=0.004555", -1013, "Filter failure: LOT_SIZE", "no whole lots"},
		{"symbol=BTCUSDT&orderId=999999&newQty=1", -2038, "Unknown order sent.", "no such order"},
		{"symbol=ETHUSDT&" + strings.TrimPrefix(id, "symbol=BTCUSDT&") + "&newQty=0.0045", -2038, "Unknown order sent.", "another symbol"},
		{id + "&origClientOrderId=before&newQty=0.0045", -2039, "Client order ID is not correct for this order ID.", "another name"},
		{"symbol=BTCUSDT&newQty=1", -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!", "no order"},
		{id, -1102, "Mandatory parameter 'newQty' was not sent, was empty/null, or malformed.", "no quantity"},
	} {
		r.refused(c.what, amend(c.query), 400, c.code, c.text)
	}
	r.refused("another's order", r.call(&second, "PUT", "/api/v3/order/amend/keepPriority", id+"&newQty=0.0045"), 400, -2038, "Unknown order sent.")
	other := r.place(&first, "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01&price=30000&newClientOrderId=other")
	if a := amend(fmt.Sprintf("symbol=BTCUSDT&orderId=%d&newQty=0.001&newClientOrderId=after", other.ID)); a.status != 400 || a.body != rawError(-2038, "Duplicate order sent.") {
		t.Errorf("the name of another open order: %v", a)
	}
}

// TestRawAmendments amends an order as often as it may be, and asks for what became
// of it.
func TestRawAmendments(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	order := r.place(&k, "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.02&price=20000&newClientOrderId=n0")
	id := fmt.Sprintf("symbol=BTCUSDT&orderId=%d", order.ID)
	var rows []string
	for i := 1; i <= 10; i++ {
		r.advance(time.Millisecond)
		a := r.call(&k, "PUT", "/api/v3/order/amend/keepPriority", fmt.Sprintf("%s&newQty=%s&newClientOrderId=n%d", id, decimal(int64(2000-i)*1000), i))
		if a.status != 200 {
			t.Fatalf("amend %d: %v", i, a)
		}
		execution := readRaw[struct{ ExecutionID int64 }](t, a.body).ExecutionID
		rows = append(rows, fmt.Sprintf(`{"symbol":"BTCUSDT","orderId":%d,"executionId":%d,"origClientOrderId":"n%d","newClientOrderId":"n%d","origQty":%q,"newQty":%q,"time":%d}`,
			order.ID, execution, i-1, i, decimal(int64(2001-i)*1000), decimal(int64(2000-i)*1000), rawStart+int64(i)))
	}
	a := r.call(&k, "PUT", "/api/v3/order/amend/keepPriority", id+"&newQty=0.001")
	r.refused("the eleventh", a, 400, -2038, "Filter failure: MAX_NUM_ORDER_AMENDS")

	list := func(from, to int) string { return "[" + strings.Join(rows[from:to], ",") + "]" }
	fourth := readRaw[struct{ ExecutionID int64 }](t, rows[3]).ExecutionID
	for _, c := range []struct{ query, want string }{
		{id, list(0, 10)},
		{id + "&limit=3", list(7, 10)},
		{id + "&limit=1", list(9, 10)},
		{id + "&limit=1001", list(0, 10)},
		{fmt.Sprintf("%s&fromExecutionId=%d", id, fourth), list(3, 10)},
		{fmt.Sprintf("%s&fromExecutionId=%d&limit=2", id, fourth), list(3, 5)},
		{fmt.Sprintf("%s&fromExecutionId=%d", id, fourth+1), list(4, 10)},
		{id + "&fromExecutionId=0&limit=1", list(0, 1)},
		{"symbol=BTCUSDT&orderId=1", "[]"},
		{"symbol=ETHUSDT" + strings.TrimPrefix(id, "symbol=BTCUSDT"), "[]"},
	} {
		r.both(c.query, &k, "GET", "/api/v3/order/amendments", "order.amendments", 200, c.want, func() string { return c.query })
	}
	r.both("no order", &k, "GET", "/api/v3/order/amendments", "order.amendments", 400,
		rawError(-1102, "Mandatory parameter 'orderId' was not sent, was empty/null, or malformed."), func() string { return "symbol=BTCUSDT" })
	other := r.rich()
	r.expect("another account", r.call(&other, "GET", "/api/v3/order/amendments", id), 200, "[]")
}
