package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// orderInput is a method of orders that is refused. It goes over HTTP and over the
// websocket API, which is two cases.
type orderInput struct {
	line, name string
	who        string // bob, if empty
	method     string // order.place, if empty
	params     string
	want       string
	effect     effect
}

// refusal is the answer with an error.
func refusal(status, code int, text string) string {
	return fmt.Sprintf(`%d {"code":%d,"msg":%q}`, status, code, text)
}

// wrong is the answer to a request that is refused with 400.
func wrong(code int, text string) string { return refusal(400, code, text) }

// filtered is the answer to an order that a filter refuses.
func filtered(name string) string { return wrong(-1013, "Filter failure: "+name) }

// illegal is the answer to a value that is not of its form. Both carriers write the
// form as JSON does.
func illegal(name, form string) string {
	return fmt.Sprintf(`400 {"code":-1100,"msg":"Illegal characters found in parameter '%s'; legal range is '%s'."}`,
		name, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(form))
}

func mandatory(name string) string {
	return wrong(-1102, "Mandatory parameter '"+name+"' was not sent, was empty/null, or malformed.")
}

func notRequired(name string) string {
	return wrong(-1106, "Parameter '"+name+"' sent when not required.")
}
func overflowed(name string) string { return wrong(-1108, "Parameter '"+name+"' overflowed.") }
func invalid(name string) string {
	return wrong(-1130, "Data sent for parameter '"+name+"' is not valid.")
}
func empty(name string) string { return wrong(-1105, "Parameter '"+name+"' was empty.") }

// The forms of parameters.
const (
	decimalForm = `^([0-9]{1,20})(\.[0-9]{1,20})?$`
	idForm      = `^[0-9]{1,20}$`
	nameForm    = `^[a-zA-Z0-9-_]{1,36}$`
	namesForm   = `^\[("[a-zA-Z0-9-_]{1,36}"(,"[a-zA-Z0-9-_]{1,36}"){0,}){0,1}\]$`
)

// The answers that come often.
const (
	unknownCancel = `400 {"code":-2011,"msg":"Unknown order sent."}`
	unknownAmend  = `400 {"code":-2038,"msg":"Unknown order sent."}`
	unknownQuery  = `400 {"code":-2013,"msg":"Order does not exist."}`
	noSymbol      = `400 {"code":-1121,"msg":"Invalid symbol."}`
	marketClosed  = `400 {"code":-2010,"msg":"Market is closed."}`
	poor          = `400 {"code":-2010,"msg":"Account has insufficient balance for requested action."}`
	noChange      = `400 {"code":-2038,"msg":"The requested action would change no state; rejecting"}`
	neitherID     = `400 {"code":-1102,"msg":"Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"}`
	otherName     = `400 {"code":-2039,"msg":"Client order ID is not correct for this order ID."}`
	worthless     = `400 {"code":-2010,"msg":"Price * QTY is zero or less."}`
	oftenSymbol   = `400 {"code":-1151,"msg":"Symbol is present multiple times in the list."}`
)

// A good order of each kind. The cases change one thing of it.
const (
	goodLimit  = "symbol=TIGHT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=100"
	goodMarket = "symbol=TIGHT&side=BUY&type=MARKET&quantity=1"
	goodMaker  = "symbol=TIGHT&side=BUY&type=LIMIT_MAKER&quantity=1&price=100"
	wideLimit  = "symbol=WIDE&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=100"
)

// but changes a good order: "price=0" sets a parameter, "-price" leaves it out.
func but(good string, changes ...string) string {
	list := pairs(good)
	for _, change := range changes {
		name, value, sets := strings.Cut(change, "=")
		name = strings.TrimPrefix(name, "-")
		at := slices.IndexFunc(list, func(p [2]string) bool { return p[0] == name })
		switch {
		case !sets:
			list = slices.Delete(list, at, at+1)
		case at < 0:
			list = append(list, [2]string{name, value})
		default:
			list[at][1] = value
		}
	}
	var parts []string
	for _, p := range list {
		parts = append(parts, p[0]+"="+p[1])
	}
	return strings.Join(parts, "&")
}

// orderInputs is the list of orders.
func orderInputs(g *target) inputList {
	list := inputList{name: "order", lines: []inputLine{
		{text: "symbol"},
		{text: "enumeration"},
		{text: "combination"},
		{text: "price"},
		{text: "quantity"},
		{text: "notional"},
		{text: "overflow"},
		{text: "display"},
		{text: "stop"},
		{text: "client order id"},
		{text: "limit"},
		{text: "self-trade"},
		{text: "ownership"},
		{text: "cancel"},
		{text: "amend"},
		{text: "query"},
		{text: "cancel-replace"},
		{text: "list"},
		{text: "no scope"},
		{text: "an expired symbol", elsewhere: "symbols do not expire"},
		{text: "a fee that overflows", elsewhere: "a fee is at most what it is of, since a rate is at most 1: see the rates of the operator's list"},
		{text: "an unknown flag", elsewhere: "JSON has no flags; those of the journal are in TestUnknownFormat of package journal"},
		{text: "a stale version of a symbol's description", elsewhere: "the wire format has no such parameter"},
		{text: "a batch of orders", elsewhere: "the wire format has none; lists of symbols are here"},
		{text: "a limit of credit", elsewhere: "there is no credit"},
	}}
	for _, c := range slices.Concat(symbolOrders(), formOrders(), sizeOrders(), stateOrders(), cancelOrders(g), amendOrders(g), listOrders()) {
		if c.who == "" {
			c.who = bob
		}
		if c.method == "" {
			c.method = "order.place"
		}
		key := g.keys[c.who]
		if publicMethods[c.method] {
			key = nil
		}
		list.bad = append(
			list.bad,
			input{c.line, "HTTP: " + c.name, func(t *testing.T) string { return g.rest(t, key, c.method, c.params) }, c.want, c.effect},
			input{c.line, "websocket: " + c.name, func(t *testing.T) string { return g.call(t, key, c.method, c.params) }, c.want, c.effect},
		)
	}
	list.accepted = acceptedOrders(g)
	return list
}

// publicMethods are those that are not signed.
var publicMethods = map[string]bool{"exchangeInfo": true, "ticker": true, "ticker.24hr": true, "depth": true, "klines": true} //nolint:gochecknoglobals // a table

// acceptedOrders look wrong and are right by the wire format.
func acceptedOrders(g *target) []input {
	tests := func(name, params string) input {
		return input{"combination", name, func(t *testing.T) string { return g.rest(t, g.keys[bob], "order.test", params) }, "200 {}", nothing}
	}
	return []input{
		tests("a parameter that nobody knows is ignored", but(goodLimit, "owner=1", "fee=0")),
		tests("an order without a client order id gets one", goodLimit),
		tests("an empty newOrderRespType is none", but(goodLimit, "newOrderRespType=")),
		tests("an iceberg of nothing is none", but(goodLimit, "icebergQty=0")),
		tests("a price with zeros at its end", but(goodLimit, "price=100.000000")),
		tests("a price with zeros before it", but(goodLimit, "price=000100")),
		tests("a strategy", but(goodLimit, "strategyId=1", "strategyType=1000000")),
		tests("a test does not ask for the balance", but(goodLimit, "quantity=50")),
	}
}

func symbolOrders() []orderInput {
	const line = "symbol"
	return []orderInput{
		{line: line, name: "unknown symbol", params: but(goodLimit, "symbol=NOSUCH"), want: noSymbol},
		{line: line, name: "symbol in lower case", params: but(goodLimit, "symbol=tight"), want: noSymbol},
		{line: line, name: "symbol with a slash", params: but(goodLimit, "symbol=BTC/USDT"), want: noSymbol},
		{line: line, name: "symbol of 37 characters", params: but(goodLimit, "symbol="+strings.Repeat("A", 37)), want: noSymbol},
		{line: line, name: "symbol with a NUL", params: but(goodLimit, "symbol=TIGHT\x00"), want: noSymbol},
		{line: line, name: "symbol in Cyrillic", params: but(goodLimit, "symbol=ТIGHT"), want: noSymbol},
		{line: line, name: "symbol with a blank", params: but(goodLimit, "symbol=TIGHT "), want: noSymbol},
		{line: line, name: "no symbol", params: but(goodLimit, "-symbol"), want: mandatory("symbol")},
		{line: line, name: "empty symbol", params: but(goodLimit, "symbol="), want: mandatory("symbol")},
		{line: line, name: "halted symbol", params: but(goodLimit, "symbol=HALTED"), want: marketClosed, effect: refused},
		{line: line, name: "symbol that only cancels", params: but(goodLimit, "symbol=CLOSING"), want: marketClosed, effect: refused},
		{line: line, name: "IOC in an auction", params: but(goodLimit, "symbol=AUCTION", "timeInForce=IOC"), want: marketClosed, effect: refused},
		{line: line, name: "market order in an auction", params: but(goodMarket, "symbol=AUCTION"), want: marketClosed, effect: refused},
		{line: line, name: "test of an order in an unknown symbol", method: "order.test", params: but(goodLimit, "symbol=NOSUCH"), want: noSymbol},
		{
			line: line, name: "amend in a halted symbol", who: alice, method: "order.amend.keepPriority",
			params: "symbol=HALTED&origClientOrderId=alice-halted&newQty=0.5", want: wrong(-2038, "Market is closed."), effect: refused,
		},
	}
}

// formOrders are wrong in themselves: enumerations and combinations.
func formOrders() []orderInput {
	const enum, line = "enumeration", "combination"
	side, kind, tif := wrong(-1117, "Invalid side."), wrong(-1116, "Invalid orderType."), wrong(-1115, "Invalid timeInForce.")
	off := func(what string) string { return wrong(-2010, what+" orders are not supported for this symbol.") }
	return []orderInput{
		{line: enum, name: "unknown side", params: but(goodLimit, "side=HOLD"), want: side},
		{line: enum, name: "side in lower case", params: but(goodLimit, "side=buy"), want: side},
		{line: enum, name: "no side", params: but(goodLimit, "-side"), want: mandatory("side")},
		{line: enum, name: "unknown type", params: but(goodLimit, "type=ICEBERG"), want: kind},
		{line: enum, name: "type in lower case", params: but(goodLimit, "type=limit"), want: kind},
		{line: enum, name: "no type", params: but(goodLimit, "-type"), want: mandatory("type")},
		{line: enum, name: "unknown time in force", params: but(goodLimit, "timeInForce=DAY"), want: tif},
		{line: enum, name: "GTD", params: but(goodLimit, "timeInForce=GTD", "goodTillDate=1"), want: tif},
		{line: enum, name: "GTX", params: but(goodLimit, "timeInForce=GTX"), want: tif},
		{line: enum, name: "empty time in force", params: but(goodLimit, "timeInForce="), want: empty("timeInForce")},
		{line: enum, name: "unknown type of answer", params: but(goodLimit, "newOrderRespType=SHORT"), want: invalid("newOrderRespType")},
		{line: line, name: "market order with a price", params: but(goodMarket, "price=100"), want: notRequired("price")},
		{line: line, name: "market order with a time in force", params: but(goodMarket, "timeInForce=GTC"), want: notRequired("timeInForce")},
		{line: line, name: "market order with both sizes", params: but(goodMarket, "quoteOrderQty=100"), want: notRequired("quoteOrderQty")},
		{
			line: line, name: "market order of no size", params: but(goodMarket, "-quantity"),
			want: wrong(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"),
		},
		{line: line, name: "limit order without a price", params: but(goodLimit, "-price"), want: mandatory("price")},
		{line: line, name: "limit order without a quantity", params: but(goodLimit, "-quantity"), want: mandatory("quantity")},
		{line: line, name: "limit order without a time in force", params: but(goodLimit, "-timeInForce"), want: mandatory("timeInForce")},
		{line: line, name: "limit order for an amount", params: but(goodLimit, "quoteOrderQty=100"), want: notRequired("quoteOrderQty")},
		{line: line, name: "post-only and IOC", params: but(goodMaker, "timeInForce=IOC"), want: notRequired("timeInForce")},
		{line: line, name: "post-only without a price", params: but(goodMaker, "-price"), want: mandatory("price")},
		{line: line, name: "strategy type below a million", params: but(goodLimit, "strategyType=999999"), want: wrong(-1134, "`strategyType` was less than 1000000.")},
		{line: line, name: "strategy that is no number", params: but(goodLimit, "strategyId=one"), want: illegal("strategyId", idForm)},
		{line: "display", name: "iceberg", params: but(goodLimit, "icebergQty=0.1"), want: off("Iceberg")},
		{line: "display", name: "iceberg above its quantity", params: but(goodLimit, "icebergQty=2"), want: off("Iceberg")},
		{line: "display", name: "iceberg that is negative", params: but(goodLimit, "icebergQty=-1"), want: illegal("icebergQty", decimalForm)},
		{line: "stop", name: "stop loss on the wrong side", params: but(goodMarket, "type=STOP_LOSS", "stopPrice=1"), want: off("Stop loss")},
		{line: "stop", name: "stop loss limit", params: but(goodLimit, "type=STOP_LOSS_LIMIT", "stopPrice=1"), want: off("Stop loss limit")},
		{line: "stop", name: "take profit", params: but(goodMarket, "type=TAKE_PROFIT", "stopPrice=1"), want: off("Take profit")},
		{line: "stop", name: "take profit limit", params: but(goodLimit, "type=TAKE_PROFIT_LIMIT", "stopPrice=1"), want: off("Take profit limit")},
		{line: "stop", name: "limit order with a stop price", params: but(goodLimit, "stopPrice=1"), want: notRequired("stopPrice")},
		{line: "stop", name: "trailing stop", params: but(goodLimit, "trailingDelta=100"), want: off("Trailing stop")},
		{line: "self-trade", name: "TRANSFER", params: but(goodLimit, "selfTradePreventionMode=TRANSFER"), want: wrong(-1013, "This symbol does not allow the specified self-trade prevention mode.")},
		{line: "self-trade", name: "unknown mode", params: but(goodLimit, "selfTradePreventionMode=MAYBE"), want: invalid("selfTradePreventionMode")},
		{line: "client order id", name: "id of 37 characters", params: but(goodLimit, "newClientOrderId="+strings.Repeat("x", 37)), want: illegal("newClientOrderId", nameForm)},
		{line: "client order id", name: "id with a blank", params: but(goodLimit, "newClientOrderId=my order"), want: illegal("newClientOrderId", nameForm)},
		{line: "client order id", name: "id with markup", params: but(goodLimit, "newClientOrderId=<b>"), want: illegal("newClientOrderId", nameForm)},
		{line: "client order id", name: "id with an umlaut", params: but(goodLimit, "newClientOrderId=ö"), want: illegal("newClientOrderId", nameForm)},
		{line: "client order id", name: "id with a line end", params: but(goodLimit, "newClientOrderId=a\n"), want: illegal("newClientOrderId", nameForm)},
		{line: "client order id", name: "empty id", params: but(goodLimit, "newClientOrderId="), want: wrong(-1118, "New client order ID was empty.")},
	}
}

// sizeOrders have a price or a quantity that no symbol, or not this one, takes.
func sizeOrders() []orderInput {
	const price, qty, notional, over = "price", "quantity", "notional", "overflow"
	priceFilter, lotSize, marketLot := filtered("PRICE_FILTER"), filtered("LOT_SIZE"), filtered("MARKET_LOT_SIZE")
	precise := func(name string) string { return wrong(-1111, "Parameter '"+name+"' has too much precision.") }
	return []orderInput{
		{line: price, name: "price 0", params: but(goodLimit, "price=0"), want: priceFilter},
		{line: price, name: "price 0 without a filter", params: but(wideLimit, "price=0"), want: worthless},
		{line: price, name: "negative price", params: but(goodLimit, "price=-1"), want: illegal("price", decimalForm)},
		{line: price, name: "price off the tick", params: but(goodLimit, "price=100.005"), want: priceFilter},
		{line: price, name: "price of 9 decimals", params: but(goodLimit, "price=100.000000001"), want: precise("price")},
		{line: price, name: "price below the least", params: but(goodLimit, "price=9.99"), want: priceFilter},
		{line: price, name: "price above the most", params: but(goodLimit, "price=1000.01"), want: priceFilter},
		{line: price, name: "bid above the collar", params: but(goodLimit, "price=165.01"), want: filtered("PERCENT_PRICE_BY_SIDE"), effect: refused},
		{line: price, name: "bid below the collar", params: but(goodLimit, "price=54.99"), want: filtered("PERCENT_PRICE_BY_SIDE"), effect: refused},
		{line: price, name: "offer above the collar", params: but(goodLimit, "side=SELL", "price=220.01"), want: filtered("PERCENT_PRICE_BY_SIDE"), effect: refused},
		{line: price, name: "offer below the collar", params: but(goodLimit, "side=SELL", "price=87.99"), want: filtered("PERCENT_PRICE_BY_SIDE"), effect: refused},
		{line: price, name: "empty price", params: but(goodLimit, "price="), want: empty("price")},
		{line: price, name: "price with a comma", params: but(goodLimit, "price=1,000"), want: illegal("price", decimalForm)},
		{line: price, name: "price with two points", params: but(goodLimit, "price=1.0.0"), want: illegal("price", decimalForm)},
		{line: price, name: "price that ends in a point", params: but(goodLimit, "price=100."), want: illegal("price", decimalForm)},
		{line: price, name: "price that begins with a point", params: but(goodLimit, "price=.5"), want: illegal("price", decimalForm)},
		{line: price, name: "price in Arabic digits", params: but(goodLimit, "price=١٠٠"), want: illegal("price", decimalForm)},
		{line: price, name: "price in wide digits", params: but(goodLimit, "price=１００"), want: illegal("price", decimalForm)},
		{line: price, name: "price with an exponent", params: but(goodLimit, "price=1e2"), want: illegal("price", decimalForm)},
		{line: price, name: "price in hex", params: but(goodLimit, "price=0x64"), want: illegal("price", decimalForm)},
		{line: price, name: "price with a plus", params: but(goodLimit, "price=+100"), want: illegal("price", decimalForm)},
		{line: price, name: "price that is not a number", params: but(goodLimit, "price=NaN"), want: illegal("price", decimalForm)},
		{line: price, name: "infinite price", params: but(goodLimit, "price=Infinity"), want: illegal("price", decimalForm)},
		{line: price, name: "price with a blank before it", params: but(goodLimit, "price= 100"), want: illegal("price", decimalForm)},
		{line: qty, name: "quantity 0", params: but(goodLimit, "quantity=0"), want: lotSize},
		{line: qty, name: "quantity 0 without a filter", params: but(wideLimit, "quantity=0"), want: worthless},
		{line: qty, name: "negative quantity", params: but(goodLimit, "quantity=-1"), want: illegal("quantity", decimalForm)},
		{line: qty, name: "minus nothing", params: but(goodLimit, "quantity=-0"), want: illegal("quantity", decimalForm)},
		{line: qty, name: "quantity off the lot", params: but(wideLimit, "quantity=0.0015"), want: lotSize},
		{line: qty, name: "quantity off the step", params: but(goodLimit, "quantity=1.005"), want: lotSize},
		{line: qty, name: "quantity below the least", params: but(goodLimit, "quantity=0.01"), want: lotSize},
		{line: qty, name: "quantity above the most", params: but(goodLimit, "quantity=100.01"), want: lotSize},
		{line: qty, name: "quantity of 9 decimals", params: but(goodLimit, "quantity=1.000000001"), want: precise("quantity")},
		{line: qty, name: "market order below the least", params: but(goodMarket, "quantity=0.05"), want: marketLot},
		{line: qty, name: "market order off its step", params: but(goodMarket, "quantity=0.15"), want: marketLot},
		{line: qty, name: "market order above the most", params: but(goodMarket, "quantity=10.1"), want: marketLot},
		{line: qty, name: "amount of 9 decimals", params: but(goodMarket, "-quantity", "quoteOrderQty=100.000000001"), want: precise("quoteOrderQty")},
		{line: qty, name: "amount 0", params: but(goodMarket, "-quantity", "quoteOrderQty=0"), want: worthless},
		{line: notional, name: "worth too little", params: but(goodLimit, "quantity=0.04", "price=100"), want: filtered("NOTIONAL")},
		{line: notional, name: "worth too much", params: but(goodLimit, "quantity=60"), want: filtered("NOTIONAL")},
		{line: notional, name: "market order worth too little", params: but(goodMarket, "-quantity", "quoteOrderQty=4.99"), want: filtered("NOTIONAL")},
		{line: notional, name: "market order worth too much", params: but(goodMarket, "-quantity", "quoteOrderQty=5000.01"), want: filtered("NOTIONAL")},
		{line: over, name: "price times quantity", params: but(wideLimit, "price=10000000", "quantity=10000000"), want: overflowed("quantity")},
		{line: over, name: "price of 20 digits", params: but(wideLimit, "price=99999999999999999999"), want: overflowed("price")},
		{line: over, name: "price of 21 digits", params: but(wideLimit, "price=100000000000000000000"), want: illegal("price", decimalForm)},
		{line: over, name: "quantity of 20 digits", params: but(wideLimit, "quantity=99999999999999999999"), want: overflowed("quantity")},
		{line: over, name: "amount of 20 digits", params: but(goodMarket, "-quantity", "quoteOrderQty=99999999999999999999"), want: overflowed("quoteOrderQty")},
		{line: over, name: "price of 20 digits where there is a most", params: but(goodLimit, "price=99999999999999999999"), want: priceFilter},
		{line: over, name: "quantity of 20 digits where there is a most", params: but(goodLimit, "quantity=99999999999999999999"), want: lotSize},
		{line: over, name: "market quantity of 20 digits", params: but(goodMarket, "symbol=WIDE", "quantity=99999999999999999999"), want: overflowed("quantity")},
	}
}

// stateOrders are refused for what else there is: balances, orders, the account.
func stateOrders() []orderInput {
	const limit = "limit"
	return []orderInput{
		{line: limit, name: "buy with nothing", who: erin, params: goodLimit, want: poor, effect: refused},
		{line: limit, name: "sell with nothing", who: erin, params: but(goodLimit, "side=SELL"), want: poor, effect: refused},
		{line: limit, name: "buy of more than there is", params: but(wideLimit, "quantity=100000"), want: poor, effect: refused},
		{line: limit, name: "sell of more than there is", params: but(wideLimit, "side=SELL", "quantity=1001"), want: poor, effect: refused},
		{line: limit, name: "market sell of more than there is", params: but(goodMarket, "symbol=WIDE", "side=SELL", "quantity=1001"), want: poor, effect: refused},
		{line: limit, name: "market buy with nothing", who: erin, params: goodMarket, want: poor, effect: refused},
		{line: limit, name: "one more order than there may be", who: carol, params: goodLimit, want: filtered("MAX_NUM_ORDERS"), effect: refused},
		{line: limit, name: "more than one may have", who: dave, params: but(goodLimit, "quantity=2"), want: filtered("MAX_POSITION"), effect: refused},
		{line: limit, name: "market order to more than one may have", who: dave, params: but(goodMarket, "quantity=2"), want: filtered("MAX_POSITION"), effect: refused},
		{line: limit, name: "post-only that would take", params: but(goodMaker, "price=110"), want: wrong(-2010, "Order would immediately match and take."), effect: refused},
		{
			line: limit, name: "amount in an empty book", params: but(goodMarket, "symbol=EMPTY", "-quantity", "quoteOrderQty=100"),
			want: wrong(-2010, "Order book liquidity is less than symbol minimum quantity."), effect: refused,
		},
		{
			line: limit, name: "amount for less than a lot", params: but(goodMarket, "symbol=WIDE", "side=SELL", "-quantity", "quoteOrderQty=0.01"),
			want: wrong(-2010, "Order book liquidity is less than `LOT_SIZE` filter minimum quantity."), effect: refused,
		},
		{
			line: "client order id", name: "id of an open order", who: alice, params: but(goodLimit, "newClientOrderId=alice-1"),
			want: wrong(-2010, "Duplicate order sent."), effect: refused,
		},
		{
			line: "client order id", name: "id of an open order in another symbol", who: alice, params: but(wideLimit, "newClientOrderId=alice-1"),
			want: wrong(-2010, "Duplicate order sent."), effect: refused,
		},
	}
}

// cancelOrders cancel, look for or replace what is not there, or not theirs.
func cancelOrders(g *target) []orderInput {
	const cancel, query, replace, owner = "cancel", "query", "cancel-replace", "ownership"
	of := func(name string) string { return fmt.Sprintf("symbol=TIGHT&orderId=%d", g.orders[name]) }
	notReplaced := `400 {"code":-2022,"msg":"Order cancel-replace failed.","data":{"cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED",` +
		`"cancelResponse":{"code":-2011,"msg":"Unknown order sent."},"newOrderResponse":null}}`
	return []orderInput{
		{line: cancel, name: "unknown order", method: "order.cancel", params: "symbol=TIGHT&orderId=999999", want: unknownCancel, effect: refused},
		{line: cancel, name: "unknown name", method: "order.cancel", params: "symbol=TIGHT&origClientOrderId=nobody", want: unknownCancel, effect: refused},
		{line: cancel, name: "order 0", method: "order.cancel", params: "symbol=TIGHT&orderId=0", want: unknownCancel, effect: refused},
		{line: cancel, name: "filled order", who: alice, method: "order.cancel", params: of("alice-filled"), want: unknownCancel, effect: refused},
		{line: cancel, name: "canceled order", who: alice, method: "order.cancel", params: "symbol=WIDE&origClientOrderId=alice-canceled", want: unknownCancel, effect: refused},
		{line: cancel, name: "order of another symbol", who: alice, method: "order.cancel", params: but(of("alice-1"), "symbol=WIDE"), want: unknownCancel, effect: refused},
		{line: cancel, name: "id and another name", who: alice, method: "order.cancel", params: of("alice-1") + "&origClientOrderId=alice-partly", want: otherName, effect: refused},
		{line: cancel, name: "neither id nor name", who: alice, method: "order.cancel", params: "symbol=TIGHT", want: neitherID},
		{line: cancel, name: "negative id", method: "order.cancel", params: "symbol=TIGHT&orderId=-1", want: illegal("orderId", idForm)},
		{line: cancel, name: "id that overflows", method: "order.cancel", params: "symbol=TIGHT&orderId=99999999999999999999", want: overflowed("orderId")},
		{line: cancel, name: "id of 21 digits", method: "order.cancel", params: "symbol=TIGHT&orderId=100000000000000000000", want: illegal("orderId", idForm)},
		{line: cancel, name: "id that is a name", method: "order.cancel", params: "symbol=TIGHT&orderId=alice-1", want: illegal("orderId", idForm)},
		{line: cancel, name: "empty name", method: "order.cancel", params: "symbol=TIGHT&origClientOrderId=", want: wrong(-1119, "Original client order ID was empty.")},
		{line: cancel, name: "unknown restriction", who: alice, method: "order.cancel", params: of("alice-1") + "&cancelRestrictions=ONLY_OLD", want: wrong(-1145, "Invalid cancelRestrictions")},
		{line: owner, name: "cancel of another's order", method: "order.cancel", params: of("alice-1"), want: unknownCancel, effect: refused},
		{line: owner, name: "cancel of another's order by its name", method: "order.cancel", params: "symbol=TIGHT&origClientOrderId=alice-1", want: unknownCancel, effect: refused},
		{line: owner, name: "query of another's order", method: "order.status", params: of("alice-1"), want: unknownQuery},
		{line: owner, name: "amend of another's order", method: "order.amend.keepPriority", params: of("alice-1") + "&newQty=1", want: unknownAmend, effect: refused},
		{
			line: owner, name: "replacement of another's order", method: "order.cancelReplace",
			params: but(goodLimit, "cancelReplaceMode=STOP_ON_FAILURE", fmt.Sprintf("cancelOrderId=%d", g.orders["alice-1"])), want: notReplaced, effect: refused,
		},
		{line: query, name: "unknown order to look at", method: "order.status", params: "symbol=TIGHT&orderId=999999", want: unknownQuery},
		{line: query, name: "order to look at in another symbol", who: alice, method: "order.status", params: but(of("alice-1"), "symbol=WIDE"), want: unknownQuery},
		{line: query, name: "order to look at by neither", who: alice, method: "order.status", params: "symbol=TIGHT", want: neitherID},
		{line: query, name: "order to look at by id and another name", who: alice, method: "order.status", params: of("alice-1") + "&origClientOrderId=alice-partly", want: otherName},
		{line: query, name: "orders of more than a day", method: "allOrders", params: "symbol=TIGHT&startTime=1&endTime=86400002", want: wrong(-1127, "More than 24 hours between startTime and endTime.")},
		{line: query, name: "orders from a time that is none", method: "allOrders", params: "symbol=TIGHT&startTime=yesterday", want: illegal("startTime", idForm)},
		{line: query, name: "trades from an id and a time", method: "myTrades", params: "symbol=TIGHT&fromId=1&startTime=1", want: wrong(-1128, "Combination of optional parameters invalid.")},
		{line: query, name: "amendments of no order", method: "order.amendments", params: "symbol=TIGHT", want: mandatory("orderId")},
		{line: query, name: "zeros that are neither left out nor not", method: "account.status", params: "omitZeroBalances=maybe", want: invalid("omitZeroBalances")},
		{line: replace, name: "no mode", method: "order.cancelReplace", params: but(goodLimit, "cancelOrderId=1"), want: mandatory("cancelReplaceMode")},
		{line: replace, name: "unknown replacement mode", method: "order.cancelReplace", params: but(goodLimit, "cancelReplaceMode=MAYBE", "cancelOrderId=1"), want: invalid("cancelReplaceMode")},
		{
			line: replace, name: "nothing to replace", method: "order.cancelReplace", params: but(goodLimit, "cancelReplaceMode=ALLOW_FAILURE"),
			want: wrong(-1102, "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!"),
		},
		{
			line: replace, name: "replacement of an unknown order", method: "order.cancelReplace",
			params: but(goodLimit, "cancelReplaceMode=STOP_ON_FAILURE", "cancelOrderId=999999"), want: notReplaced, effect: refused,
		},
		{
			line: replace, name: "replacement off the tick", who: alice, method: "order.cancelReplace",
			params: but(goodLimit, "price=100.005", "cancelReplaceMode=ALLOW_FAILURE", "cancelOrigClientOrderId=alice-1"), want: filtered("PRICE_FILTER"),
		},
		{
			line: replace, name: "replacement outside the collar", who: alice, method: "order.cancelReplace",
			params: but(goodLimit, "price=999", "cancelReplaceMode=ALLOW_FAILURE", "cancelOrigClientOrderId=alice-1"), want: filtered("PERCENT_PRICE_BY_SIDE"), effect: refused,
		},
		{line: "no scope", name: "cancel of all in no symbol", who: alice, method: "openOrders.cancelAll", params: "", want: mandatory("symbol")},
		{line: "no scope", name: "cancel of all in an empty symbol", who: alice, method: "openOrders.cancelAll", params: "symbol=", want: mandatory("symbol")},
		{line: "no scope", name: "cancel of all in an unknown symbol", who: alice, method: "openOrders.cancelAll", params: "symbol=NOSUCH", want: noSymbol},
		{line: "no scope", name: "cancel of all where there is nothing", method: "openOrders.cancelAll", params: "symbol=TIGHT", want: unknownCancel, effect: refused},
	}
}

// amendOrders amend what cannot be amended, or to what it cannot be.
func amendOrders(g *target) []orderInput {
	const line, method = "amend", "order.amend.keepPriority"
	of := func(name, qty string) string {
		return fmt.Sprintf("symbol=TIGHT&orderId=%d&newQty=%s", g.orders[name], qty)
	}
	amend := func(name, params, want string, e effect) orderInput {
		return orderInput{line: line, name: name, who: alice, method: method, params: params, want: want, effect: e}
	}
	return []orderInput{
		amend("to what is filled", of("alice-partly", "0.4"), noChange, refused),
		amend("to less than is filled", of("alice-partly", "0.3"), noChange, refused),
		amend("to nothing", of("alice-1", "0"), noChange, refused),
		amend("to what it is", of("alice-1", "2"), noChange, refused),
		amend("to more", of("alice-1", "3"), wrong(-2038, "Order amend (quantity increase) is not supported."), refused),
		amend("to more than counts", of("alice-1", "99999999999999999999"), wrong(-2038, "Order amend (quantity increase) is not supported."), nothing),
		amend("below the least quantity", of("alice-1", "0.01"), wrong(-2038, "Filter failure: LOT_SIZE"), refused),
		amend("off the step of quantity", of("alice-1", "1.005"), wrong(-2038, "Filter failure: LOT_SIZE"), refused),
		amend("below the least worth", of("alice-1", "0.04"), wrong(-2038, "Filter failure: NOTIONAL"), refused),
		amend("off the lot", of("alice-1", "1.0005"), filtered("LOT_SIZE"), nothing),
		amend("to 9 decimals", of("alice-1", "1.000000001"), wrong(-1111, "Parameter 'newQty' has too much precision."), nothing),
		amend("to a negative quantity", of("alice-1", "-1"), illegal("newQty", decimalForm), nothing),
		amend("to no quantity", fmt.Sprintf("symbol=TIGHT&orderId=%d", g.orders["alice-1"]), mandatory("newQty"), nothing),
		amend("once more than it may", of("alice-amended", "1.8"), wrong(-2038, "Filter failure: MAX_NUM_ORDER_AMENDS"), refused),
		amend("to the name of another order", of("alice-1", "1")+"&newClientOrderId=alice-partly", wrong(-2038, "Duplicate order sent."), refused),
		amend("an unknown order", "symbol=TIGHT&orderId=999999&newQty=1", unknownAmend, refused),
		amend("a filled order", of("alice-filled", "0.1"), unknownAmend, refused),
		amend("no order", "symbol=TIGHT&newQty=1", neitherID, nothing),
		amend("by id and another name", of("alice-1", "1")+"&origClientOrderId=alice-partly", otherName, refused),
	}
}

// listOrders are lists of symbols and other parameters of what is read: the wire
// format has no other list.
func listOrders() []orderInput {
	const line = "list"
	many := `["` + strings.Repeat(`A","`, 500) + `A"]`
	either := wrong(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")
	return []orderInput{
		{line: line, name: "a symbol twice", method: "exchangeInfo", params: `symbols=["TIGHT","WIDE","TIGHT"]`, want: oftenSymbol},
		{line: line, name: "a list that is none", method: "exchangeInfo", params: "symbols=[TIGHT]", want: illegal("symbols", namesForm)},
		{line: line, name: "a list that does not end", method: "exchangeInfo", params: `symbols=["TIGHT"`, want: illegal("symbols", namesForm)},
		{line: line, name: "501 symbols", method: "exchangeInfo", params: "symbols=" + many, want: illegal("symbols", namesForm)},
		{line: line, name: "a list with an unknown symbol", method: "exchangeInfo", params: `symbols=["TIGHT","NOSUCH"]`, want: noSymbol},
		{line: line, name: "a symbol beside a list", method: "exchangeInfo", params: `symbol=TIGHT&symbols=["TIGHT"]`, want: wrong(-1128, "Combination of optional parameters invalid.")},
		{line: line, name: "a ticker of nothing", method: "ticker", params: "type=FULL", want: either},
		{line: line, name: "a ticker of an unknown type", method: "ticker.24hr", params: "symbol=TIGHT&type=TINY", want: wrong(-1139, "Invalid ticker type.")},
		{line: line, name: "a ticker of a window that is none", method: "ticker", params: "symbol=TIGHT&windowSize=8d", want: invalid("windowSize")},
		{line: line, name: "bars of an interval that is none", method: "klines", params: "symbol=TIGHT&interval=7m", want: wrong(-1120, "Invalid interval.")},
		{line: line, name: "bars of no interval", method: "klines", params: "symbol=TIGHT", want: mandatory("interval")},
		{line: line, name: "bars of a place that is none", method: "klines", params: "symbol=TIGHT&interval=1m&timeZone=15", want: invalid("timeZone")},
		{line: line, name: "a depth that is no number", method: "depth", params: "symbol=TIGHT&limit=all", want: illegal("limit", idForm)},
		{line: line, name: "a depth in another status", method: "depth", params: "symbol=TIGHT&symbolStatus=HALT", want: wrong(-1220, "The symbol's status does not match the requested symbolStatus.")},
		{line: line, name: "a depth in no status", method: "depth", params: "symbol=TIGHT&symbolStatus=OPEN", want: wrong(-1122, "Invalid symbolStatus.")},
		{line: line, name: "prevented matches by nothing", method: "myPreventedMatches", params: "symbol=TIGHT", want: wrong(-1102, "Param 'preventedMatchId' or 'orderId' must be sent, but both were empty/null!")},
	}
}
