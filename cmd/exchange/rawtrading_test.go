package main

import (
	"fmt"
	"strings"
	"testing"
)

// rawPlaced is the answer to a new order of BTCUSDT in each form: ACK, RESULT, FULL.
type rawPlaced struct {
	kind, tif, side        string
	price, quantity, quote string // quote: that was asked for
	executed, spent        string
	status, more           string // more: fields that only some orders have
	fills                  string
}

const rawZero = "0.00000000"

func (p rawPlaced) json(form string) string {
	for _, part := range []*string{&p.price, &p.quote, &p.executed, &p.spent} {
		if *part == "" {
			*part = rawZero
		}
	}
	text := `{"symbol":"BTCUSDT","orderId":"<id>","orderListId":-1,"clientOrderId":"mine","transactTime":1772447400000`
	if form == "ACK" {
		return text + "}"
	}
	text += fmt.Sprintf(`,"price":%q,"origQty":%q,"executedQty":%q,"origQuoteOrderQty":%q,"cummulativeQuoteQty":%q,"status":%q,"timeInForce":%q,`+
		`"type":%q,"side":%q,"workingTime":1772447400000,"selfTradePreventionMode":"EXPIRE_MAKER"%s`,
		p.price, p.quantity, p.executed, p.quote, p.spent, p.status, p.tif, p.kind, p.side, p.more)
	if form == "FULL" {
		text += `,"fills":[` + p.fills + `]`
	}
	return text + "}"
}

// TestRawOrders places orders of every type and life, in every form of the answer,
// over both carriers. In front of each stand 0.002 at 20000 on both sides of a gap.
func TestRawOrders(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other := r.rich(), r.rich()
	const (
		some  = `{"price":"20000.00000000","qty":"0.00200000","commission":"0.00000200","commissionAsset":"BTC","tradeId":"<id>"}`
		sold  = `{"price":"19000.00000000","qty":"0.00100000","commission":"0.01900000","commissionAsset":"USDT","tradeId":"<id>"}`
		named = "&newClientOrderId=mine"
	)
	for _, c := range []struct {
		query string
		form  string // that holds where none is asked for
		want  rawPlaced
	}{
		{
			"side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=18000", "FULL",
			rawPlaced{kind: "LIMIT", tif: "GTC", side: "BUY", price: "18000.00000000", quantity: "0.00100000", status: "NEW"},
		},
		{
			"side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.003&price=20000", "FULL",
			rawPlaced{
				kind: "LIMIT", tif: "GTC", side: "BUY", price: "20000.00000000", quantity: "0.00300000", executed: "0.00200000", spent: "40.00000000",
				status: "PARTIALLY_FILLED", fills: some,
			},
		},
		{
			"side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.003&price=20500", "FULL",
			rawPlaced{
				kind: "LIMIT", tif: "IOC", side: "BUY", price: "20500.00000000", quantity: "0.00300000", executed: "0.00200000", spent: "40.00000000",
				status: "EXPIRED", more: `,"expiryReason":"UNFILLED_IOC_QUANTITY_EXPIRED"`, fills: some,
			},
		},
		{
			"side=BUY&type=LIMIT&timeInForce=FOK&quantity=0.002&price=20500", "FULL",
			rawPlaced{
				kind: "LIMIT", tif: "FOK", side: "BUY", price: "20500.00000000", quantity: "0.00200000", executed: "0.00200000", spent: "40.00000000",
				status: "FILLED", fills: some,
			},
		},
		{
			"side=BUY&type=LIMIT&timeInForce=FOK&quantity=0.003&price=20500", "FULL",
			rawPlaced{
				kind: "LIMIT", tif: "FOK", side: "BUY", price: "20500.00000000", quantity: "0.00300000",
				status: "EXPIRED", more: `,"expiryReason":"UNFILLED_FOK_ORDER_EXPIRED"`,
			},
		},
		{
			"side=SELL&type=MARKET&quantity=0.001", "FULL",
			rawPlaced{kind: "MARKET", tif: "GTC", side: "SELL", quantity: "0.00100000", executed: "0.00100000", spent: "19.00000000", status: "FILLED", fills: sold},
		},
		{
			"side=BUY&type=MARKET&quantity=0.005", "FULL",
			rawPlaced{
				kind: "MARKET", tif: "GTC", side: "BUY", quantity: "0.00500000", executed: "0.00200000", spent: "40.00000000",
				status: "EXPIRED", more: `,"expiryReason":"INSUFFICIENT_LIQUIDITY"`, fills: some,
			},
		},
		{
			"side=BUY&type=MARKET&quoteOrderQty=40.1", "FULL",
			rawPlaced{kind: "MARKET", tif: "GTC", side: "BUY", quantity: "0.00200000", quote: "40.10000000", executed: "0.00200000", spent: "40.00000000", status: "FILLED", fills: some},
		},
		{
			"side=SELL&type=MARKET&quoteOrderQty=19.1", "FULL",
			rawPlaced{kind: "MARKET", tif: "GTC", side: "SELL", quantity: "0.00100000", quote: "19.10000000", executed: "0.00100000", spent: "19.00000000", status: "FILLED", fills: sold},
		},
		{
			"side=BUY&type=LIMIT_MAKER&quantity=0.001&price=19500", "ACK",
			rawPlaced{kind: "LIMIT_MAKER", tif: "GTC", side: "BUY", price: "19500.00000000", quantity: "0.00100000", status: "NEW"},
		},
	} {
		for _, form := range []string{"", "ACK", "RESULT", "FULL"} {
			query, shown := "symbol=BTCUSDT&"+c.query+named, c.form
			if form != "" {
				query, shown = query+"&newOrderRespType="+form, form
			}
			r.both(c.query+" "+form, &k, "POST", "/api/v3/order", "order.place", 200, c.want.json(shown), func() string {
				r.call(&k, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
				r.call(&other, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
				r.limit(&other, "SELL", "0.002", "20000")
				r.limit(&other, "BUY", "0.00101", "19000")
				return query
			})
		}
	}
}

// TestRawOrderStrategy sends the numbers by which clients tell their strategies
// apart: they come back.
func TestRawOrderStrategy(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	query := "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=18000&newOrderRespType=RESULT&newClientOrderId=mine&strategyId=7&strategyType=1000001"
	want := rawPlaced{
		kind: "LIMIT", tif: "GTC", side: "BUY", price: "18000.00000000", quantity: "0.00100000", status: "NEW", more: `,"strategyId":7,"strategyType":1000001`,
	}
	r.expect("an order of a strategy", r.call(&k, "POST", "/api/v3/order", query), 200, want.json("RESULT"))
}

// TestRawTestOrders has orders looked at and not placed.
func TestRawTestOrders(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	const order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=18000"
	rates := `{"standardCommissionForOrder":{"maker":"0.00100000","taker":"0.00100000"},"specialCommissionForOrder":{"maker":"0.00000000","taker":"0.00000000"},` +
		`"taxCommissionForOrder":{"maker":"0.00000000","taker":"0.00000000"},` +
		`"discount":{"enabledForAccount":false,"enabledForSymbol":false,"discountAsset":"BNB","discount":"0.00000000"}}`
	before, _, _ := r.status()
	for _, c := range []struct {
		query  string
		status int
		want   string
	}{
		{order, 200, "{}"},
		{order + "&computeCommissionRates=false", 200, "{}"},
		{order + "&computeCommissionRates=true", 200, rates},
		{"symbol=BTCUSDT&side=SELL&type=MARKET&quantity=50", 200, "{}"}, // there is nothing to meet, which is for the engine to see
		{strings.Replace(order, "0.001", "400", 1), 200, "{}"},          // nor what it would cost
		{strings.Replace(order, "18000", "18000.001", 1), 400, rawError(-1013, "Filter failure: PRICE_FILTER")},
		{strings.Replace(order, "0.001", "0.0001", 1), 400, rawError(-1013, "Filter failure: NOTIONAL")},
		{strings.Replace(order, "0.001", "0.000015", 1), 400, rawError(-1013, "Filter failure: LOT_SIZE")},
		{"symbol=BTCUSDT&side=SELL&type=MARKET&quantity=100.1", 400, rawError(-1013, "Filter failure: MARKET_LOT_SIZE")},
		{"symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=1", 400, rawError(-1013, "Filter failure: NOTIONAL")},
	} {
		r.both(c.query, &k, "POST", "/api/v3/order/test", "order.test", c.status, c.want, func() string { return c.query })
	}
	if after, _, _ := r.status(); after != before {
		t.Errorf("tests of orders have made commands %d to %d", before+1, after)
	}
}

// TestRawCancels cancels orders by each of their ids, and all of a symbol.
func TestRawCancels(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other := r.rich(), r.rich()
	order := func() string {
		o := r.place(&k, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000&newClientOrderId=old")
		return fmt.Sprintf("symbol=BTCUSDT&orderId=%d", o.ID)
	}
	canceled := rawCanceled("old", "cancel", "0.00100000", rawZero, rawZero)
	const as = "&newClientOrderId=cancel"
	for _, c := range []struct {
		what   string
		status int
		want   string
		query  func(id string) string
	}{
		{"by its id", 200, canceled, func(id string) string { return id + as }},
		{"by its name", 200, canceled, func(string) string { return "symbol=BTCUSDT&origClientOrderId=old" + as }},
		{"by both", 200, canceled, func(id string) string { return id + "&origClientOrderId=old" + as }},
		{"by a generated name", 200, strings.Replace(canceled, `"clientOrderId":"cancel"`, `"clientOrderId":"<name>"`, 1), func(id string) string { return id }},
		{"by its id and another name", 400, rawError(-2039, "Client order ID is not correct for this order ID."), func(id string) string { return id + "&origClientOrderId=new" }},
		{"by another id", 400, rawError(-2011, "Unknown order sent."), func(string) string { return "symbol=BTCUSDT&orderId=1" }},
		{"by another name", 400, rawError(-2011, "Unknown order sent."), func(string) string { return "symbol=BTCUSDT&origClientOrderId=none" }},
		{"in another symbol", 400, rawError(-2011, "Unknown order sent."), func(id string) string { return strings.Replace(id, "BTCUSDT", "ETHUSDT", 1) }},
	} {
		r.both(c.what, &k, "DELETE", "/api/v3/order", "order.cancel", c.status, c.want, func() string {
			r.call(&k, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
			return c.query(order())
		})
	}
	r.call(&k, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
	id := order()
	r.refused("by another account", r.call(&other, "DELETE", "/api/v3/order", id), 400, -2011, "Unknown order sent.")
	r.call(&k, "DELETE", "/api/v3/order", id)
	r.refused("twice", r.call(&k, "DELETE", "/api/v3/order", id), 400, -2011, "Unknown order sent.")

	all := strings.ReplaceAll(canceled, `"clientOrderId":"cancel"`, `"clientOrderId":"<name:all>"`)
	second := strings.NewReplacer(`"old"`, `"new"`, "<id:old>", "<id:new>").Replace(all)
	r.both("all", &k, "DELETE", "/api/v3/openOrders", "openOrders.cancelAll", 200, "["+all+","+second+"]", func() string {
		order()
		r.place(&k, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000&newClientOrderId=new")
		r.place(&k, "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1000")
		return "symbol=BTCUSDT"
	})
	r.both("all of none", &k, "DELETE", "/api/v3/openOrders", "openOrders.cancelAll", 400, rawError(-2011, "Unknown order sent."), func() string { return "symbol=BTCUSDT" })
	if open := readRaw[[]rawOrder](t, r.call(&k, "GET", "/api/v3/openOrders", "").body); len(open) != 2 {
		t.Errorf("in another symbol are open: %+v", open)
	}
}

// TestRawNames uses the ids that clients choose: each is unique among the open orders
// of its account, and free again after them.
func TestRawNames(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other := r.rich(), r.rich()
	const order = "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=1000&newClientOrderId=mine"
	first := r.place(&k, "symbol=BTCUSDT"+order)
	for _, symbol := range []string{"BTCUSDT", "ETHUSDT"} {
		a := r.call(&k, "POST", "/api/v3/order", "symbol="+symbol+order)
		r.refused("a name twice", a, 400, -2010, "Duplicate order sent.")
	}
	r.place(&other, "symbol=BTCUSDT"+order)
	byName := func() rawOrder {
		t.Helper()
		return readRaw[rawOrder](t, r.call(&k, "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine").body)
	}
	if got := byName(); got.ID != first.ID {
		t.Errorf("by its name it is %+v, want %d", got, first.ID)
	}
	r.call(&k, "DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine&newClientOrderId=gone")
	if got := byName(); got.ID != first.ID || got.Status != "CANCELED" {
		t.Errorf("when it is canceled it is %+v, want %d", got, first.ID)
	}
	second := r.place(&k, "symbol=BTCUSDT"+order)
	if got := byName(); got.ID != second.ID {
		t.Errorf("when its name is used again it is %+v, want %d", got, second.ID)
	}
	r.refused("the name of a cancel is none of an order", r.call(&k, "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=gone"), 400, -2013, "Order does not exist.")
}
