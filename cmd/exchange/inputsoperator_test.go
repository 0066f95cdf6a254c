package main

import (
	"fmt"
	"strings"
	"testing"
)

// operatorInput is a request of the operator that is refused, with the code and the
// field that its answer names.
type operatorInput struct {
	line, name   string
	target, body string
	want         string
	effect       effect
}

// operatorInputs is the list of the operator's side.
func operatorInputs(g *target) inputList {
	list := inputList{name: "operator", lines: []inputLine{
		{text: "token"},
		{text: "path"},
		{text: "verb"},
		{text: "query"},
		{text: "body"},
		{text: "account"},
		{text: "key"},
		{text: "transfer"},
		{text: "asset"},
		{text: "symbol"},
		{text: "phase"},
		{text: "operation"},
	}}
	for _, c := range tokenOperators(g) {
		list.bad = append(list.bad, input{c.line, c.name, func(t *testing.T) string { return problemOf(g.raw(t, c.target)) }, c.want, c.effect})
	}
	for _, c := range append(append(routeOperators(), accountOperators()...), marketOperators()...) {
		list.bad = append(list.bad, input{c.line, c.name, func(t *testing.T) string { return g.operate(t, c.target, c.body) }, c.want, c.effect})
	}
	for _, c := range bodyOperators(g) {
		list.bad = append(list.bad, input{c.line, c.name, func(t *testing.T) string { return problemOf(g.raw(t, c.target)) }, c.want, c.effect})
	}
	list.accepted = []input{
		{"path", "health needs no token", func(t *testing.T) string { return g.raw(t, head("GET /health")) }, `200 {"status":"alive"}`, nothing},
		{"token", "bearer in capitals", func(t *testing.T) string {
			return g.raw(t, head("GET /x/v1/symbols/NOSUCH", "Authorization: BEARER "+g.token))[:len("404 ")]
		}, "404 ", nothing},
	}
	return list
}

// tokenOperators do not show the token.
func tokenOperators(g *target) []operatorInput {
	const line, want = "token", "401 UNAUTHORIZED"
	post := func(headers ...string) string {
		return withBody("POST /x/v1/accounts", "{}", append(headers, "Content-Type: application/json")...)
	}
	list := []operatorInput{
		{line: line, name: "no token", target: post(), want: want},
		{line: line, name: "an empty header", target: post("Authorization:"), want: want},
		{line: line, name: "an empty token", target: post("Authorization: Bearer "), want: want},
		{line: line, name: "another token", target: post("Authorization: Bearer " + strings.Repeat("x", len(g.token))), want: want},
		{line: line, name: "a token that is cut", target: post("Authorization: Bearer " + g.token[:len(g.token)-1]), want: want},
		{line: line, name: "a token and more", target: post("Authorization: Bearer " + g.token + "x"), want: want},
		{line: line, name: "a token in another case", target: post("Authorization: Bearer " + swapCase(g.token)), want: want},
		{line: line, name: "another scheme", target: post("Authorization: Basic " + g.token), want: want},
		{line: line, name: "no scheme", target: post("Authorization: " + g.token), want: want},
		{line: line, name: "two blanks", target: post("Authorization: Bearer  " + g.token), want: want},
		{line: line, name: "a token as a key", target: post("X-MBX-APIKEY: " + g.token), want: want},
		{line: line, name: "a key of an account as a token", target: post("Authorization: Bearer bob"), want: want},
		{line: line, name: "a token in the query", target: withBody("POST /x/v1/accounts?token="+g.token, "{}"), want: want},
		{line: line, name: "no token and no such path", target: head("GET /x/v1/nothing"), want: want},
	}
	return list
}

// routeOperators ask for what is not there, or in a wrong way.
func routeOperators() []operatorInput {
	const path, verb = "path", "verb"
	return []operatorInput{
		{line: path, name: "no such path", target: "GET /x/v1/nothing", want: "404 UNKNOWN_PATH"},
		{line: path, name: "another version", target: "GET /x/v2/status", want: "404 UNKNOWN_PATH"},
		{line: path, name: "the root of the operator", target: "GET /x", want: "404 UNKNOWN_PATH"},
		{line: path, name: "slashes that stand together", target: "GET //x/v1/status", want: "404 UNKNOWN_PATH"},
		{line: path, name: "a slash at the end", target: "GET /x/v1/status/", want: "404 UNKNOWN_PATH"},
		{line: path, name: "a letter behind an escape", target: "GET /x/v1/statu%73", want: "404 UNKNOWN_PATH"},
		{line: path, name: "a path that goes up", target: "GET /x/v1/symbols/../status", want: "400 MALFORMED"},
		{line: path, name: "a slash behind an escape", target: "GET /x/v1/symbols%2FTIGHT", want: "400 MALFORMED"},
		{line: path, name: "an absolute target", target: "GET http://exchange/x/v1/status", want: "400 MALFORMED"},
		{line: verb, name: "GET of what is made", target: "GET /x/v1/accounts", want: "405 METHOD_NOT_ALLOWED allow POST"},
		{line: verb, name: "DELETE of an account", target: "DELETE /x/v1/accounts/1", want: "405 METHOD_NOT_ALLOWED allow GET, PATCH"},
		{line: verb, name: "POST of the status", target: "POST /x/v1/status", body: "{}", want: "405 METHOD_NOT_ALLOWED allow GET"},
		{line: verb, name: "a verb that nobody knows", target: "BUY /x/v1/status", want: "405 METHOD_NOT_ALLOWED allow GET"},
		{line: verb, name: "POST of health", target: "POST /x/v1/health", body: "{}", want: "405 METHOD_NOT_ALLOWED allow GET, HEAD"},
		{line: "query", name: "a query", target: "GET /x/v1/status?verbose=1", want: "400 QUERY_NOT_TAKEN"},
		{line: "query", name: "a credit in the query", target: "POST /x/v1/accounts/1/credit?asset=BTC&amount=1&transfer=3", want: "400 QUERY_NOT_TAKEN"},
		{line: "operation", name: "a reset that was not allowed", target: "POST /x/v1/reset", body: "{}", want: "403 RESET_NOT_ALLOWED"},
		{line: "operation", name: "a reset with a field", target: "POST /x/v1/reset", body: `{"now":true}`, want: "400 UNKNOWN_FIELD now"},
		{line: "operation", name: "a clock that is not simulated", target: "POST /x/v1/clock", body: `{"advance_ns":1}`, want: "409 CLOCK_NOT_SIMULATED"},
		{line: "operation", name: "a clock that goes back", target: "POST /x/v1/clock", body: `{"advance_ns":-1}`, want: "400 OUT_OF_RANGE advance_ns"},
		{line: "operation", name: "a clock by nothing", target: "POST /x/v1/clock", body: `{}`, want: "400 MISSING_FIELD advance_ns"},
		{line: "operation", name: "a snapshot with a field", target: "POST /x/v1/snapshot", body: `{"x":1}`, want: "400 UNKNOWN_FIELD x"},
	}
}

// bodyOperators have a body that is not taken, or not as it is.
func bodyOperators(g *target) []operatorInput {
	token := "Authorization: Bearer " + g.token
	send := func(target, body string, headers ...string) string {
		return withBody(target, body, append(headers, token)...)
	}
	const accounts = "POST /x/v1/accounts"
	return []operatorInput{
		{line: "body", name: "a body of a read", target: send("GET /x/v1/status", "{}"), want: "400 BODY_NOT_TAKEN"},
		{line: "body", name: "a body of a deletion", target: send("DELETE /x/v1/keys/bob", "{}"), want: "400 BODY_NOT_TAKEN"},
		{line: "body", name: "text", target: send(accounts, "{}", "Content-Type: text/plain"), want: "400 CONTENT_TYPE"},
		{line: "body", name: "parts", target: send(accounts, "{}", "Content-Type: multipart/form-data; boundary=x"), want: "400 CONTENT_TYPE"},
		{line: "body", name: "gzip", target: send(accounts, "{}", "Content-Type: application/json", "Content-Encoding: gzip"), want: "400 CONTENT_ENCODING"},
		{line: "body", name: "chunks", target: head(accounts, token, "Transfer-Encoding: chunked") + "2\r\n{}\r\n0\r\n\r\n", want: "411 MALFORMED"},
		{line: "body", name: "a length and chunks", target: head(accounts, token, "Content-Length: 2", "Transfer-Encoding: chunked") + "0\r\n\r\n", want: "400 MALFORMED"},
		{line: "body", name: "more than 8 KiB", target: send(accounts, strings.Repeat(" ", 8<<10+1)), want: "413 BODY_TOO_LARGE"},
		{line: "body", name: "a head of more than 8 KiB", target: send(accounts, "{}", "X: "+strings.Repeat("x", 9<<10)), want: `431 {"code":-1000,"msg":"The head of the request is longer than 8192 bytes."}`},
		{line: "body", name: "a fold in the head", target: send(accounts, "{}", "X: a\r\n b"), want: "400 MALFORMED"},
	}
}

// accountOperators are about accounts, their keys and what they have.
func accountOperators() []operatorInput {
	const account, key, transfer = "account", "key", "transfer"
	keys := func(name, body, want string) operatorInput {
		return operatorInput{line: key, name: name, target: "POST /x/v1/accounts/1/keys", body: body, want: want}
	}
	change := func(name, body, want string) operatorInput {
		return operatorInput{line: account, name: name, target: "PATCH /x/v1/accounts/1", body: body, want: want}
	}
	move := func(name, what, asset, amount, number, want string, e effect) operatorInput {
		body := fmt.Sprintf(`{"asset":"%s","amount":%q,"transfer":%s}`, asset, amount, number)
		return operatorInput{line: transfer, name: name, target: "POST /x/v1/accounts/1/" + what, body: body, want: want, effect: e}
	}
	return []operatorInput{
		{line: account, name: "an unknown one", target: "GET /x/v1/accounts/999", want: "404 UNKNOWN_ACCOUNT account"},
		{line: account, name: "one with a zero before it", target: "GET /x/v1/accounts/01", want: "404 UNKNOWN_ACCOUNT account"},
		{line: account, name: "a negative one", target: "GET /x/v1/accounts/-1", want: "404 UNKNOWN_ACCOUNT account"},
		{line: account, name: "one of 33 bits", target: "GET /x/v1/accounts/4294967296", want: "404 UNKNOWN_ACCOUNT account"},
		{line: account, name: "one by its name", target: "GET /x/v1/accounts/alice", want: "404 UNKNOWN_ACCOUNT account"},
		{line: account, name: "a name with a blank", target: "POST /x/v1/accounts", body: `{"name":"a b"}`, want: "400 INVALID_NAME name"},
		{line: account, name: "an empty name", target: "POST /x/v1/accounts", body: `{"name":""}`, want: "400 INVALID_NAME name"},
		{line: account, name: "a name of 37 characters", target: "POST /x/v1/accounts", body: `{"name":"` + strings.Repeat("a", 37) + `"}`, want: "400 INVALID_NAME name"},
		{line: account, name: "a name with a NUL", target: "POST /x/v1/accounts", body: `{"name":"a\u0000b"}`, want: "400 INVALID_NAME name"},
		{line: account, name: "a name with a NUL behind it", target: "POST /x/v1/accounts", body: `{"name":"a\u0000"}`, want: "400 INVALID_NAME name"},
		change("an unknown status", `{"status":"killed"}`, "400 INVALID_VALUE status"),
		change("a rate above 1", `{"maker":"1.00000001"}`, "400 INVALID_RATE maker"),
		change("a negative rate", `{"taker":"-0.001"}`, "400 INVALID_DECIMAL taker"),
		change("a rate of 9 decimals", `{"taker":"0.000000001"}`, "400 TOO_MANY_DECIMALS taker"),
		change("a rate that is a number", `{"taker":0.1}`, "400 WRONG_TYPE taker"),
		change("nothing", `{}`, "400 MISSING_FIELD"),
		{line: account, name: "a change of an unknown one", target: "PATCH /x/v1/accounts/999", body: `{"status":"normal"}`, want: "404 UNKNOWN_ACCOUNT account"},
		{line: account, name: "a change of that of the fees", target: "PATCH /x/v1/accounts/0", body: `{"status":"disabled"}`, want: "404 UNKNOWN_ACCOUNT account", effect: refused},
		keys("no type", `{}`, "400 MISSING_FIELD type"),
		keys("an unknown type", `{"type":"rsa"}`, "400 INVALID_VALUE type"),
		keys("an empty secret", `{"type":"hmac","secret":""}`, "400 INVALID_KEY secret"),
		keys("an empty key", `{"type":"hmac","key":""}`, "400 INVALID_KEY key"),
		keys("a key with a blank", `{"type":"hmac","key":"a b"}`, "400 INVALID_KEY key"),
		keys("a key of 129 characters", `{"type":"hmac","key":"`+strings.Repeat("k", 129)+`"}`, "400 INVALID_KEY key"),
		keys("a secret with a quote", `{"type":"hmac","secret":"a'b"}`, "400 INVALID_KEY secret"),
		keys("a key that is taken", `{"type":"hmac","key":"bob"}`, "409 KEY_TAKEN key"),
		keys("a public key of HMAC", `{"type":"hmac","public_key":"x"}`, "400 UNKNOWN_FIELD public_key"),
		keys("a secret of Ed25519", `{"type":"ed25519","secret":"x"}`, "400 UNKNOWN_FIELD secret"),
		keys("no public key", `{"type":"ed25519"}`, "400 MISSING_FIELD public_key"),
		keys("a public key that is none", `{"type":"ed25519","public_key":"MCowBQYDK2VwAyEA"}`, "400 INVALID_KEY public_key"),
		keys("a public key of zeros", `{"type":"ed25519","public_key":"MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`, "400 INVALID_KEY public_key"),
		keys("an unknown permission", `{"type":"hmac","permissions":["read","withdraw"]}`, "400 INVALID_VALUE permissions"),
		keys("no permission", `{"type":"hmac","permissions":[]}`, "400 INVALID_VALUE permissions"),
		keys("an address that is none", `{"type":"hmac","ips":["10.0.0.0/33"]}`, "400 INVALID_ADDRESS ips.0"),
		keys("no address at all", `{"type":"hmac","ips":[]}`, "400 INVALID_VALUE ips"),
		{line: key, name: "a key of an unknown account", target: "POST /x/v1/accounts/999/keys", body: `{"type":"hmac"}`, want: "404 UNKNOWN_ACCOUNT account"},
		{line: key, name: "a key of the account of the fees", target: "POST /x/v1/accounts/0/keys", body: `{"type":"hmac"}`, want: "404 UNKNOWN_ACCOUNT account"},
		{line: key, name: "the end of an unknown key", target: "DELETE /x/v1/keys/nobody", want: "404 UNKNOWN_KEY key"},
		{line: key, name: "the end of a key that is gone", target: "DELETE /x/v1/keys/gone", want: "404 UNKNOWN_KEY key"},
		move("the last number again", "credit", "BTC", "1", "2", "409 DUPLICATE_TRANSFER transfer", refused),
		move("a number before the last", "credit", "BTC", "1", "1", "409 DUPLICATE_TRANSFER transfer", refused),
		move("a negative number", "credit", "BTC", "1", "-1", "409 DUPLICATE_TRANSFER transfer", refused),
		move("nothing to credit", "credit", "BTC", "0", "3", "400 INVALID_AMOUNT amount", refused),
		move("more than counts", "credit", "BTC", "92233720368.54775808", "3", "400 OUT_OF_RANGE amount", nothing),
		move("more than counts in all", "credit", "BTC", "92233720368.54775807", "3", "409 AMOUNT_OVERFLOW amount", refused),
		move("more than there is", "debit", "BTC", "1000000", "3", "409 INSUFFICIENT_BALANCE amount", refused),
		move("more than is free", "debit", "BTC", "999", "3", "409 INSUFFICIENT_BALANCE amount", refused),
		move("an asset with a NUL behind it", "credit", `BTC\u0000`, "1", "3", "404 UNKNOWN_ASSET asset", nothing),
		move("an unknown asset", "credit", "DOGE", "1", "3", "404 UNKNOWN_ASSET asset", nothing),
		{line: transfer, name: "a credit of an unknown account", target: "POST /x/v1/accounts/999/credit", body: `{"asset":"BTC","amount":"1","transfer":1}`, want: "404 UNKNOWN_ACCOUNT account", effect: refused},
		{line: transfer, name: "a number of 63 bits and one", target: "POST /x/v1/accounts/1/credit", body: `{"asset":"BTC","amount":"1","transfer":9223372036854775808}`, want: "400 WRONG_TYPE transfer"},
	}
}

// marketOperators are about assets, symbols and their phases.
func marketOperators() []operatorInput {
	const asset, symbol, phase = "asset", "symbol", "phase"
	assets := func(name, body, want string, e effect) operatorInput {
		return operatorInput{line: asset, name: name, target: "POST /x/v1/assets", body: body, want: want, effect: e}
	}
	return []operatorInput{
		assets("no name for an asset", `{"scale":8}`, "400 MISSING_FIELD asset", nothing),
		assets("no scale", `{"asset":"DOGE"}`, "400 MISSING_FIELD scale", nothing),
		assets("a scale of 19", `{"asset":"DOGE","scale":19}`, "400 INVALID_SCALE scale", refused),
		assets("a scale of 256", `{"asset":"DOGE","scale":256}`, "400 WRONG_TYPE scale", nothing),
		assets("a negative scale", `{"asset":"DOGE","scale":-1}`, "400 WRONG_TYPE scale", nothing),
		assets("an asset that is there", `{"asset":"BTC","scale":8}`, "409 NAME_TAKEN asset", refused),
		assets("an asset with a dot", `{"asset":"DO.GE","scale":8}`, "400 INVALID_NAME asset", nothing),
		{line: symbol, name: "an unknown symbol", target: "GET /x/v1/symbols/NOSUCH", want: "404 UNKNOWN_SYMBOL symbol"},
		{line: symbol, name: "a symbol with a quote", target: "GET /x/v1/symbols/TIGHT'", want: "404 UNKNOWN_SYMBOL symbol"},
		{line: symbol, name: "a change of an unknown symbol", target: "PATCH /x/v1/symbols/NOSUCH", body: `{"maker":"0"}`, want: "404 UNKNOWN_SYMBOL symbol"},
		{line: symbol, name: "a change of nothing", target: "PATCH /x/v1/symbols/TIGHT", body: `{}`, want: "400 MISSING_FIELD"},
		{line: symbol, name: "an auction of an unknown symbol", target: "GET /x/v1/symbols/NOSUCH/auction", want: "404 UNKNOWN_SYMBOL symbol"},
		{line: phase, name: "no phase", target: "POST /x/v1/symbols/TIGHT/phase", body: `{}`, want: "400 MISSING_FIELD phase"},
		{line: phase, name: "an unknown phase", target: "POST /x/v1/symbols/TIGHT/phase", body: `{"phase":"closed"}`, want: "400 INVALID_VALUE phase"},
		{line: phase, name: "a phase in capitals", target: "POST /x/v1/symbols/TIGHT/phase", body: `{"phase":"HALT"}`, want: "400 INVALID_VALUE phase"},
		{line: phase, name: "a phase of an unknown symbol", target: "POST /x/v1/symbols/NOSUCH/phase", body: `{"phase":"halt"}`, want: "404 UNKNOWN_SYMBOL symbol"},
		{line: phase, name: "an uncross without an auction", target: "POST /x/v1/symbols/TIGHT/uncross", body: `{}`, want: "409 NOT_IN_AUCTION symbol", effect: refused},
		{line: phase, name: "an uncross at a price", target: "POST /x/v1/symbols/AUCTION/uncross", body: `{"price":"100"}`, want: "400 UNKNOWN_FIELD price"},
		{line: phase, name: "an uncross of an unknown symbol", target: "POST /x/v1/symbols/NOSUCH/uncross", body: `{}`, want: "404 UNKNOWN_SYMBOL symbol"},
	}
}
