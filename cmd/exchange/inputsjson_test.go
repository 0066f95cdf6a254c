package main

import (
	"fmt"
	"strings"
	"testing"
)

// jsonInput is a message in JSON that is not as it should be.
type jsonInput struct {
	line, name string
	text       string
	want       string
}

// noJSON is the answer of the websocket API to what is no request.
const noJSON = `400 {"code":-1135,"msg":"Invalid JSON Request"}`

// jsonInputs is the list of JSON: messages of the websocket API, control messages of
// streams, and bodies of the operator's requests, of which the first two pass over
// members that they do not know.
func jsonInputs(g *target) inputList {
	list := inputList{name: "JSON", lines: []inputLine{
		{text: "no JSON"},
		{text: "trailing bytes"},
		{text: "two objects"},
		{text: "duplicate keys"},
		{text: "unknown fields"},
		{text: "depth"},
		{text: "long string"},
		{text: "UTF-8"},
		{text: "surrogate"},
		{text: "BOM"},
		{text: "number that is none"},
		{text: "exponent"},
		{text: "number for string and reverse"},
		{text: "null"},
		{text: "array for scalar"},
		{text: "many digits"},
		{text: "many decimals"},
		{text: "minus zero"},
		{text: "Unicode digits"},
		{text: "blanks in numbers"},
		{text: "form of a request"},
	}}
	for _, c := range append(messageInputs(), numberInputs()...) {
		list.bad = append(list.bad, input{c.line, "websocket API: " + c.line + ": " + c.name, func(t *testing.T) string { return g.ask(t, c.text) }, c.want, nothing})
	}
	for _, c := range tokenInputs() {
		list.bad = append(list.bad, input{c.line, "order: " + c.line + ": " + c.name, func(t *testing.T) string { return g.tokens(t, c.text) }, c.want, nothing})
	}
	for _, c := range controlInputs() {
		list.bad = append(list.bad, input{c.line, "stream: " + c.line + ": " + c.name, func(t *testing.T) string { return g.control(t, c.text) }, c.want, nothing})
	}
	for _, c := range bodyJSON() {
		list.bad = append(list.bad, input{c.line, "operator: " + c.line + ": " + c.name, func(t *testing.T) string {
			return g.operate(t, "POST /x/v1/accounts/1/credit", c.text)
		}, c.want, nothing})
	}
	list.accepted = acceptedJSON(g)
	return list
}

// messageInputs are no requests of the websocket API.
func messageInputs() []jsonInput {
	ping := func(more string) string { return `{"id":1,"method":"ping"` + more + `}` }
	depth := func(params string) string { return `{"id":1,"method":"depth","params":` + params + `}` }
	const form = "form of a request"
	return []jsonInput{
		{"no JSON", "nothing", "", noJSON},
		{"no JSON", "blanks", "  \t\r\n", noJSON},
		{"no JSON", "words", "hello", noJSON},
		{"no JSON", "a form", "symbol=TIGHT", noJSON},
		{"no JSON", "a number", "1", noJSON},
		{"no JSON", "a string", `"ping"`, noJSON},
		{"no JSON", "null", "null", noJSON},
		{"no JSON", "a list of requests", "[" + ping("") + "]", noJSON},
		{"no JSON", "single quotes", `{'id':1,'method':'ping'}`, noJSON},
		{"no JSON", "names without quotes", `{id:1,method:"ping"}`, noJSON},
		{"no JSON", "a comment", `{"id":1,/* x */"method":"ping"}`, noJSON},
		{"no JSON", "a comma at the end", ping(","), noJSON},
		{"no JSON", "no comma", `{"id":1 "method":"ping"}`, noJSON},
		{"no JSON", "no colon", `{"id" 1,"method":"ping"}`, noJSON},
		{"no JSON", "an end that is missing", `{"id":1,"method":"ping"`, noJSON},
		{"no JSON", "a string that does not end", `{"id":1,"method":"ping`, noJSON},
		{"no JSON", "a word that is cut", `{"id":nul,"method":"ping"}`, noJSON},
		{"no JSON", "a word in capitals", `{"id":NULL,"method":"ping"}`, noJSON},
		{"no JSON", "a tab in a string", "{\"id\":\"a\tb\",\"method\":\"ping\"}", noJSON},
		{"no JSON", "an escape that is none", `{"id":"\x41","method":"ping"}`, noJSON},
		{"no JSON", "an escape that is cut", `{"id":"\u00","method":"ping"}`, noJSON},
		{"trailing bytes", "a letter behind it", ping("") + "x", noJSON},
		{"trailing bytes", "a NUL behind it", ping("") + "\x00", noJSON},
		{"trailing bytes", "a bracket too many", ping("}"), noJSON},
		{"two objects", "two requests", ping("") + ping(""), noJSON},
		{"two objects", "two requests in lines", ping("") + "\n" + ping(""), noJSON},
		{"duplicate keys", "two ids", ping(`,"id":2`), noJSON},
		{"duplicate keys", "two methods", ping(`,"method":"time"`), noJSON},
		{"duplicate keys", "two methods, one behind an escape", ping(`,"m\u0065thod":"time"`), noJSON},
		{"duplicate keys", "two of params", `{"id":1,"method":"depth","params":{"symbol":"TIGHT"},"params":{"symbol":"WIDE"}}`, noJSON},
		{"duplicate keys", "two that nobody knows", ping(`,"x":1,"x":2`), noJSON},
		{"duplicate keys", "two in what nobody knows", ping(`,"x":{"a":1,"a":2}`), noJSON},
		{"duplicate keys", "two parameters", depth(`{"symbol":"TIGHT","symbol":"WIDE"}`), wrong(-1101, "Duplicate values for a parameter detected.")},
		{"duplicate keys", "two parameters, one behind an escape", depth(`{"symbol":"TIGHT","s\u0079mbol":"TIGHT"}`), wrong(-1101, "Duplicate values for a parameter detected.")},
		{"unknown fields", "65 parameters", depth(`{"symbol":"TIGHT"` + manyMembers(64) + `}`), wrong(-1104, "Not all sent parameters were read; read '64' parameter(s) but was sent '65'.")},
		{"unknown fields", "a member that is no JSON", ping(`,"x":tru`), noJSON},
		{"depth", "a list in a list in a parameter", depth(`{"symbol":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`), noSymbol},
		{"depth", "lists of 20,000 in a parameter", depth(`{"symbol":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`), noJSON},
		{"depth", "lists of 20,000 in what nobody knows", ping(`,"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)), noJSON},
		{"depth", "lists that do not end", ping(`,"x":` + strings.Repeat("[", 60_000)), noJSON},
		{"long string", "an id of 37 characters", `{"id":"` + strings.Repeat("x", 37) + `","method":"ping"}`, noJSON},
		{"long string", "a symbol of 65 bytes", depth(`{"symbol":"` + strings.Repeat("A", 65) + `"}`), noSymbol},
		{"long string", "a method of 60,000 bytes", `{"id":1,"method":"` + strings.Repeat("x", 60_000) + `"}`, wrong(-1020, "This operation is not supported.")},
		{"UTF-8", "half a character", "{\"id\":\"\xc3\",\"method\":\"ping\"}", "closed 1007"},
		{"UTF-8", "a slash that is too long", "{\"id\":\"\xc0\xaf\",\"method\":\"ping\"}", "closed 1007"},
		{"UTF-8", "a surrogate as it stands", "{\"id\":\"\xed\xa0\x80\",\"method\":\"ping\"}", "closed 1007"},
		{"UTF-8", "more than there is", "{\"id\":\"\xf5\x80\x80\x80\",\"method\":\"ping\"}", "closed 1007"},
		{"surrogate", "half a pair", `{"id":"\ud800","method":"ping"}`, noJSON},
		{"surrogate", "a pair the other way", `{"id":"\udc00\ud800","method":"ping"}`, noJSON},
		{"surrogate", "half a pair and a letter", `{"id":"\ud800a","method":"ping"}`, noJSON},
		{"surrogate", "half a pair in a parameter", depth(`{"symbol":"TIGHT\ud83d"}`), noJSON},
		{"BOM", "a BOM", "\ufeff" + ping(""), noJSON},
		{"BOM", "a BOM at the end", ping("") + "\ufeff", noJSON},
		{form, "no method", `{"id":1}`, mandatory("method")},
		{form, "an empty method", `{"id":1,"method":""}`, mandatory("method")},
		{form, "an unknown method", `{"id":1,"method":"order.steal"}`, wrong(-1020, "This operation is not supported.")},
		{form, "a method in capitals", `{"id":1,"method":"PING"}`, wrong(-1020, "This operation is not supported.")},
		{form, "a method of streams", `{"id":1,"method":"SUBSCRIBE","params":[]}`, noJSON},
		{form, "a method that was taken away", `{"id":1,"method":"userDataStream.start"}`, wrong(-1020, "This operation is not supported.")},
		{form, "a method that is not here", `{"id":1,"method":"sor.order.place"}`, wrong(-1020, "This operation is not supported.")},
		{form, "an id that is a fraction", `{"id":1.5,"method":"ping"}`, noJSON},
		{form, "an id that is true", `{"id":true,"method":"ping"}`, noJSON},
		{form, "an id that is a list", `{"id":[1],"method":"ping"}`, noJSON},
		{form, "an id of more than 64 bits", `{"id":9223372036854775808,"method":"ping"}`, noJSON},
		{form, "limits that are neither shown nor not", `{"id":1,"method":"ping","params":{"returnRateLimits":"maybe"}}`, invalid("returnRateLimits")},
	}
}

// numberInputs have values of another type, or numbers that are none.
func numberInputs() []jsonInput {
	depth := func(limit string) string {
		return `{"id":1,"method":"depth","params":{"symbol":"TIGHT","limit":` + limit + `}}`
	}
	const none, other = "number that is none", "number for string and reverse"
	form := illegal("limit", idForm)
	return []jsonInput{
		{none, "NaN", depth("NaN"), noJSON},
		{none, "Infinity", depth("Infinity"), noJSON},
		{none, "minus Infinity", depth("-Infinity"), noJSON},
		{none, "hex", depth("0x10"), noJSON},
		{none, "a plus", depth("+5"), noJSON},
		{none, "a zero before it", depth("05"), noJSON},
		{none, "a point before it", depth(".5"), noJSON},
		{none, "a point behind it", depth("5."), noJSON},
		{none, "a minus alone", depth("-"), noJSON},
		{none, "an underscore", depth("1_000"), noJSON},
		{none, "NaN in quotes", depth(`"NaN"`), form},
		{none, "hex in quotes", depth(`"0x10"`), form},
		{none, "a plus in quotes", depth(`"+5"`), form},
		{none, "a fraction", depth("5.5"), form},
		{none, "a negative number", depth("-5"), form},
		{"exponent", "1e3", depth("1e3"), form},
		{"exponent", "1E3 in quotes", depth(`"1E3"`), form},
		{"exponent", "an exponent without a number", depth("1e"), noJSON},
		{"minus zero", "-0", depth("-0"), form},
		{"minus zero", "-0 in quotes", depth(`"-0"`), form},
		{"Unicode digits", "wide digits", depth(`"５"`), form},
		{"Unicode digits", "Arabic digits", depth(`"٥"`), form},
		{"Unicode digits", "wide digits without quotes", depth(`５`), noJSON},
		{"blanks in numbers", "one before", depth(`" 5"`), form},
		{"blanks in numbers", "one behind", depth(`"5 "`), form},
		{"blanks in numbers", "one inside", depth("5 0"), noJSON},
		{"blanks in numbers", "one that does not break", depth("\"5\u00a0\""), form},
		{"many digits", "20 digits", depth("99999999999999999999"), overflowed("limit")},
		{"many digits", "21 digits", depth("999999999999999999999"), form},
		{"many digits", "a thousand digits", depth(strings.Repeat("9", 1000)), form},
		{"many decimals", "a whole number with decimals", depth("5.0"), form},
		{other, "true for a number", depth("true"), form},
		{other, "a word for a number", depth(`"five"`), form},
		{other, "a number for a symbol", `{"id":1,"method":"depth","params":{"symbol":5}}`, noSymbol},
		{other, "a number for a method", `{"id":1,"method":5}`, mandatory("method")},
		{other, "a string for params", `{"id":1,"method":"depth","params":"symbol=TIGHT"}`, noJSON},
		{other, "true for an interval", `{"id":1,"method":"klines","params":{"symbol":"TIGHT","interval":true}}`, wrong(-1120, "Invalid interval.")},
		{"null", "for a symbol", `{"id":1,"method":"depth","params":{"symbol":null}}`, mandatory("symbol")},
		{"null", "for an interval", `{"id":1,"method":"klines","params":{"symbol":"TIGHT","interval":null}}`, mandatory("interval")},
		{"null", "for a method", `{"id":1,"method":null}`, mandatory("method")},
		{"array for scalar", "for a number", depth("[5]"), form},
		{"array for scalar", "an object for a number", depth(`{"is":5}`), form},
		{"array for scalar", "for a symbol", `{"id":1,"method":"depth","params":{"symbol":["TIGHT"]}}`, noSymbol},
		{"array for scalar", "for params", `{"id":1,"method":"depth","params":["TIGHT"]}`, noJSON},
		{"array for scalar", "for a method", `{"id":1,"method":["ping"]}`, mandatory("method")},
		{"array for scalar", "a scalar for an array", `{"id":1,"method":"exchangeInfo","params":{"symbols":"TIGHT"}}`, illegal("symbols", namesForm)},
		{"array for scalar", "an array of numbers", `{"id":1,"method":"exchangeInfo","params":{"symbols":[1,2]}}`, illegal("symbols", namesForm)},
	}
}

// tokenInputs are prices of an order as numbers, without quotes.
func tokenInputs() []jsonInput {
	form := illegal("price", decimalForm)
	return []jsonInput{
		{"exponent", "a price with an exponent", "1e2", form},
		{"minus zero", "a price of minus zero", "-0", form},
		{"number that is none", "a negative price", "-100", form},
		{"number that is none", "a price that is true", "true", form},
		{"many decimals", "a price of 9 decimals", "100.000000001", wrong(-1111, "Parameter 'price' has too much precision.")},
		{"many decimals", "a price of 21 decimals", "100." + strings.Repeat("0", 20) + "1", form},
		{"many digits", "a price of 20 digits", "99999999999999999999", overflowed("price")},
		{"many digits", "a price of 21 digits", "100000000000000000000", form},
		{"array for scalar", "a list of prices", "[100]", form},
		{"null", "no price", "null", mandatory("price")},
	}
}

// tokens sends an order of bob whose price is a token of JSON, and which is signed
// with it.
func (g *target) tokens(t *testing.T, price string) string {
	t.Helper()
	stamp := g.stamp()
	payload := fmt.Sprintf("apiKey=bob&price=%s&quantity=1&side=BUY&symbol=WIDE&timeInForce=GTC&timestamp=%d&type=LIMIT", price, stamp)
	return g.ask(t, fmt.Sprintf(`{"id":1,"method":"order.place","params":{"apiKey":"bob","price":%s,"quantity":1,"side":"BUY","symbol":"WIDE",`+
		`"timeInForce":"GTC","timestamp":%d,"type":"LIMIT","signature":%q}}`, price, stamp, g.keys[bob].sign(payload)))
}

// manyMembers returns members of an object.
func manyMembers(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `,"p%d":1`, i)
	}
	return text.String()
}

// controlInputs are no control messages.
func controlInputs() []jsonInput {
	fault := func(code int, text, id string) string {
		return fmt.Sprintf(`{"error":{"code":%d,"msg":%q},"id":%s}`, code, text, id)
	}
	syntax := func(line, column int) string {
		return fault(3, fmt.Sprintf("Invalid JSON: expected value at line %d column %d", line, column), "null")
	}
	variant := func(name string) string {
		return fault(2, "Invalid request: unknown variant `"+name+"`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`", "1")
	}
	const form, badID, badStream = "form of a request", "Invalid request: request ID must be an unsigned integer", "Invalid request: invalid stream"
	list := func(more string) string { return `{"method":"LIST_SUBSCRIPTIONS","id":1` + more + `}` }
	return []jsonInput{
		{"no JSON", "words", "hello", syntax(1, 1)},
		{"no JSON", "nothing", "", syntax(1, 1)},
		{"no JSON", "a comma at the end", list(","), syntax(1, 38)},
		{"no JSON", "an error in the third line", "{\n\"id\":1,\n\"method\":x}", syntax(3, 10)},
		{"trailing bytes", "a letter", list("") + "x", syntax(1, 39)},
		{"two objects", "two messages", list("") + list(""), syntax(1, 39)},
		{"duplicate keys", "two ids", list(`,"id":2`), syntax(1, 39)},
		{"duplicate keys", "two in what nobody knows", list(`,"x":{"a":1,"a":2}`), syntax(1, 50)},
		{"depth", "lists of 20,000", list(`,"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)), syntax(1, 10042)},
		{"UTF-8", "half a character", "{\"method\":\"\xc3\"}", "closed 1007"},
		{"surrogate", "half a pair", `{"method":"\ud800"}`, syntax(1, 12)},
		{"BOM", "a BOM", "\ufeff" + list(""), syntax(1, 1)},
		{"number that is none", "NaN", `{"method":"LIST_SUBSCRIPTIONS","id":NaN}`, syntax(1, 37)},
		{"number that is none", "a zero before an id", `{"method":"LIST_SUBSCRIPTIONS","id":01}`, syntax(1, 38)},
		{"exponent", "an id with an exponent", `{"method":"LIST_SUBSCRIPTIONS","id":1e3}`, fault(2, badID, "null")},
		{"many digits", "an id of more than 64 bits", `{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775808}`, fault(2, badID, "null")},
		{"many decimals", "an id with decimals", `{"method":"LIST_SUBSCRIPTIONS","id":1.0}`, fault(2, badID, "null")},
		{"long string", "an id of 37 characters", `{"method":"LIST_SUBSCRIPTIONS","id":"` + strings.Repeat("x", 37) + `"}`, fault(2, badID, "null")},
		{"long string", "a stream of 257 bytes", `{"method":"SUBSCRIBE","params":["` + strings.Repeat("x", 257) + `"],"id":1}`, fault(2, badStream, "1")},
		{"array for scalar", "a list for an id", `{"method":"LIST_SUBSCRIPTIONS","id":[1]}`, fault(2, badID, "null")},
		{"array for scalar", "a list for a stream", `{"method":"SUBSCRIBE","params":[["tight@trade"]],"id":1}`, fault(2, badStream, "1")},
		{"array for scalar", "a list for a message", `["LIST_SUBSCRIPTIONS"]`, fault(2, "Invalid request: missing field `method`", "null")},
		{"number for string and reverse", "a number for a method", `{"method":5,"id":1}`, variant("5")},
		{"number for string and reverse", "a number for a stream", `{"method":"SUBSCRIBE","params":[5],"id":1}`, fault(2, badStream, "1")},
		{"number for string and reverse", "a string for streams", `{"method":"SUBSCRIBE","params":"tight@trade","id":1}`, fault(2, "Invalid request: missing field `params`", "1")},
		{"number for string and reverse", "a number for a property", `{"method":"SET_PROPERTY","params":["combined",1],"id":1}`, fault(1, "Invalid value type: expected Boolean", "1")},
		{"null", "for a stream", `{"method":"SUBSCRIBE","params":[null],"id":1}`, fault(2, badStream, "1")},
		{"null", "for streams", `{"method":"SUBSCRIBE","params":null,"id":1}`, fault(2, "Invalid request: missing field `params`", "1")},
		{"null", "for a method", `{"method":null,"id":1}`, variant("null")},
		{form, "no method", `{"id":1}`, fault(2, "Invalid request: missing field `method`", "1")},
		{form, "an unknown method", `{"method":"LISTEN","id":1}`, variant("LISTEN")},
		{form, "a method in lower case", `{"method":"subscribe","params":[],"id":1}`, variant("subscribe")},
		{form, "a method of the websocket API", `{"method":"order.place","params":{},"id":1}`, variant("order.place")},
		{form, "no streams", `{"method":"SUBSCRIBE","id":1}`, fault(2, "Invalid request: missing field `params`", "1")},
		{form, "a stream without a name", `{"method":"SUBSCRIBE","params":[""],"id":1}`, fault(2, badStream, "1")},
		{form, "an unknown property", `{"method":"SET_PROPERTY","params":["split",true],"id":1}`, fault(0, "Unknown property", "1")},
		{form, "a property without a name", `{"method":"GET_PROPERTY","params":[],"id":1}`, fault(2, "Invalid request: property name must be a string", "1")},
		{form, "a property and more", `{"method":"GET_PROPERTY","params":["combined",1],"id":1}`, fault(2, "Invalid request: too many parameters", "1")},
	}
}

// bodyJSON are bodies of a credit of the operator.
func bodyJSON() []jsonInput {
	with := func(asset, amount, transfer string) string {
		return `{"asset":` + asset + `,"amount":` + amount + `,"transfer":` + transfer + `}`
	}
	const btc, one, three = `"BTC"`, `"1"`, "3"
	good := with(btc, one, three)
	amount := func(text string) string { return with(btc, text, three) }
	transfer := func(text string) string { return with(btc, one, text) }
	const none, form = "400 INVALID_JSON", "400 INVALID_DECIMAL amount"
	return []jsonInput{
		{"no JSON", "words", "hello", none},
		{"no JSON", "a form", "asset=BTC&amount=1&transfer=3", none},
		{"no JSON", "a comma at the end", good[:len(good)-1] + ",}", none},
		{"no JSON", "single quotes", strings.ReplaceAll(good, `"`, "'"), none},
		{"no JSON", "a list", "[" + good + "]", "400 WRONG_TYPE"},
		{"no JSON", "a string", `"BTC"`, "400 WRONG_TYPE"},
		{"no JSON", "null", "null", "400 MISSING_FIELD asset"},
		{"trailing bytes", "a letter", good + "x", none},
		{"two objects", "two credits", good + good, none},
		{"duplicate keys", "two amounts", `{"asset":"BTC","amount":"1","amount":"2","transfer":3}`, "400 DUPLICATE_FIELD amount"},
		{"duplicate keys", "two amounts, one behind an escape", `{"asset":"BTC","amount":"1","\u0061mount":"2","transfer":3}`, "400 DUPLICATE_FIELD amount"},
		{"unknown fields", "an owner", good[:len(good)-1] + `,"owner":2}`, "400 UNKNOWN_FIELD owner"},
		{"unknown fields", "a fee", good[:len(good)-1] + `,"fee":"0"}`, "400 UNKNOWN_FIELD fee"},
		{"unknown fields", "a field in capitals", `{"Asset":"BTC","amount":"1","transfer":3}`, "400 UNKNOWN_FIELD Asset"},
		{"depth", "lists of 1,000", amount(strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), "400 WRONG_TYPE amount"},
		{"depth", "an object", amount(`{"is":"1"}`), "400 WRONG_TYPE amount"},
		{"long string", "an asset of 65 bytes", with(`"`+strings.Repeat("A", 65)+`"`, one, three), "404 UNKNOWN_ASSET asset"},
		{"long string", "an amount of 65 digits", amount(`"` + strings.Repeat("1", 65) + `"`), "400 OUT_OF_RANGE amount"},
		{"UTF-8", "half a character", with("\"BTC\xc3\"", one, three), none},
		{"surrogate", "half a pair", with(`"BTC\ud800"`, one, three), none},
		{"BOM", "a BOM", "\ufeff" + good, none},
		{"number that is none", "NaN", transfer("NaN"), none},
		{"number that is none", "Infinity", transfer("Infinity"), none},
		{"number that is none", "hex", transfer("0x3"), none},
		{"number that is none", "a plus", transfer("+3"), none},
		{"number that is none", "a zero before it", transfer("03"), none},
		{"number that is none", "an amount with a plus", amount(`"+1"`), form},
		{"number that is none", "a negative amount", amount(`"-1"`), form},
		{"number that is none", "an amount that is NaN", amount(`"NaN"`), form},
		{"number that is none", "an amount in hex", amount(`"0x1"`), form},
		{"number that is none", "an empty amount", amount(`""`), form},
		{"exponent", "a transfer with an exponent", transfer("3e0"), "400 WRONG_TYPE transfer"},
		{"exponent", "an amount with an exponent", amount(`"1e3"`), form},
		{"number for string and reverse", "a number for an amount", amount("1"), "400 WRONG_TYPE amount"},
		{"number for string and reverse", "a number for an asset", with("1", one, three), "400 WRONG_TYPE asset"},
		{"number for string and reverse", "a string for a transfer", transfer(`"3"`), "400 WRONG_TYPE transfer"},
		{"number for string and reverse", "true for a transfer", transfer("true"), "400 WRONG_TYPE transfer"},
		{"null", "for an asset", with("null", one, three), "400 MISSING_FIELD asset"},
		{"null", "for an amount", amount("null"), "400 MISSING_FIELD amount"},
		{"null", "for a transfer", transfer("null"), "400 MISSING_FIELD transfer"},
		{"null", "nothing at all", "{}", "400 MISSING_FIELD asset"},
		{"array for scalar", "for an asset", with(`["BTC"]`, one, three), "400 WRONG_TYPE asset"},
		{"array for scalar", "for a transfer", transfer("[3]"), "400 WRONG_TYPE transfer"},
		{"many digits", "an amount of 20 digits", amount(`"99999999999999999999"`), "400 OUT_OF_RANGE amount"},
		{"many digits", "a transfer of 20 digits", transfer("99999999999999999999"), "400 WRONG_TYPE transfer"},
		{"many decimals", "an amount of 9 decimals", amount(`"0.000000001"`), "400 TOO_MANY_DECIMALS amount"},
		{"many decimals", "a transfer with decimals", transfer("3.5"), "400 WRONG_TYPE transfer"},
		{"minus zero", "an amount", amount(`"-0"`), form},
		{"Unicode digits", "an amount", amount(`"１"`), form},
		{"blanks in numbers", "before an amount", amount(`" 1"`), form},
		{"blanks in numbers", "behind an amount", amount(`"1 "`), form},
	}
}

// acceptedJSON looks wrong and is right by the wire format.
func acceptedJSON(g *target) []input {
	ask := func(line, name, text, want string) input {
		return input{line, name, func(t *testing.T) string { return g.ask(t, text) }, want, nothing}
	}
	return []input{
		ask("unknown fields", "members that nobody knows are passed over", `{"id":1,"method":"ping","x":{"y":[1]}}`, "200 {}"),
		ask("unknown fields", "parameters that nobody knows are passed over", `{"id":1,"method":"ping","params":{"x":{"y":[1]}}}`, "200 {}"),
		ask("null", "params that are null are none", `{"id":null,"method":"ping","params":null}`, "200 {}"),
		ask("null", "a parameter that is null is none", `{"id":1,"method":"ping","params":{"returnRateLimits":null}}`, "200 {}"),
		ask("surrogate", "a pair", `{"id":"\ud83d\ude00","method":"ping"}`, "200 {}"),
		ask("form of a request", "a method with its version", `{"id":"x","method":"v3/ping"}`, "200 {}"),
		ask("form of a request", "blanks everywhere", " {\t\"id\" : 1 ,\r\n \"method\" : \"ping\" } ", "200 {}"),
		{"form of a request", "a stream of an unknown symbol is silent", func(t *testing.T) string {
			return g.control(t, `{"method":"SUBSCRIBE","params":["nosuch@trade","tight@nothing"],"id":1}`)
		}, `{"result":null,"id":1}`, nothing},
		{"duplicate keys", "a stream twice is one", func(t *testing.T) string {
			return g.control(t, `{"method":"SUBSCRIBE","params":["nosuch@trade","nosuch@trade"],"id":1}`)
		}, `{"result":null,"id":1}`, nothing},
	}
}
