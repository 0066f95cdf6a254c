package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// authInput is an order, good but for who says to send it, when, or how it is
// signed. It goes over HTTP and over the websocket API, which is two cases.
type authInput struct {
	line, name string
	who        string                        // whose key signs; bob, if empty
	id         string                        // the key that is named, if not the one that signs; none, if "-"
	stamp      func(now time.Time) string    // the time that is named, if not now; none, if it returns "-"
	window     string                        // recvWindow
	sign       func(payload string) string   // in place of the key
	spoil      func(signature string) string // changes the signature; none, if it returns "-"
	method     string                        // order.place, if empty
	params     string                        // a good order, if empty
	want       string
	effect     effect
}

// The answers of authentication.
const (
	badKeyForm   = `401 {"code":-2014,"msg":"API-key format invalid."}`
	badKey       = `401 {"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`
	badSignature = `400 {"code":-1022,"msg":"Signature for this request is not valid."}`
	tooLate      = `400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}`
	tooEarly     = `400 {"code":-1021,"msg":"Timestamp for this request was 1000ms ahead of the server's time."}`
	longWindow   = `400 {"code":-1131,"msg":"recvWindow must be less than 60000"}`
	unauthorized = `401 {"code":-1002,"msg":"You are not authorized to execute this request."}`
)

// authInputs is the list of authentication.
func authInputs(g *target) inputList {
	list := inputList{name: "authentication", lines: []inputLine{
		{text: "key"},
		{text: "algorithm"},
		{text: "form of a signature"},
		{text: "zeros"},
		{text: "time"},
		{text: "window"},
		{text: "again"},
		{text: "signed something else"},
		{text: "address"},
		{text: "permission"},
		{text: "account"},
		{text: "session"},
		{text: "an expired key", elsewhere: "keys do not expire"},
		{text: "a nonce that is missing or too long", elsewhere: "the signature stands for it"},
		{text: "a signature for another path or verb", elsewhere: "the wire format signs neither; a signature is good for one order all the same: see the line again"},
	}}
	cases := append(keyAuth(), signatureAuth(g)...)
	for _, c := range append(cases, timeAuth()...) {
		list.bad = append(
			list.bad,
			input{c.line, "HTTP: " + c.name, func(t *testing.T) string { return g.overHTTP(t, &c) }, c.want, c.effect},
			input{c.line, "websocket: " + c.name, func(t *testing.T) string { return g.overSocket(t, &c) }, c.want, c.effect},
		)
	}
	list.bad = append(list.bad, layoutAuth(g)...)
	list.bad = append(list.bad, sessionAuth(g)...)
	list.bad = append(list.bad, replayAuth(g)...)
	list.accepted = acceptedAuth(g)
	return list
}

// fill returns key, method and parameters of a case, and its time if it has one.
func (g *target) fill(c *authInput) (key *signer, id, method string, list [][2]string) {
	who, params := c.who, c.params
	if who == "" {
		who = bob
	}
	if method = c.method; method == "" {
		method = "order.place"
	}
	if params == "" {
		params = wideLimit
	}
	key = g.keys[who]
	if key == nil {
		key = hmacSigner(who, "no secret of anybody")
	}
	id = key.id
	if c.id != "" {
		id = strings.TrimPrefix(c.id, "-")
	}
	list = pairs(params)
	stamp := numeral(g.stamp())
	if c.stamp != nil {
		stamp = c.stamp(time.Now())
	}
	if stamp != "-" {
		list = append(list, [2]string{"timestamp", stamp})
	}
	if c.window != "" {
		list = append(list, [2]string{"recvWindow", strings.TrimPrefix(c.window, "=")})
	}
	return key, id, method, list
}

// signature returns the signature of a case, "-" for none.
func (c *authInput) signature(key *signer, payload string) string {
	sign := key.sign
	if c.sign != nil {
		sign = c.sign
	}
	text := sign(payload)
	if c.spoil != nil {
		text = c.spoil(text)
	}
	return text
}

func (g *target) overHTTP(t *testing.T, c *authInput) string {
	t.Helper()
	key, id, method, list := g.fill(c)
	var query []string
	for _, p := range list {
		query = append(query, p[0]+"="+url.QueryEscape(p[1]))
	}
	text := strings.Join(query, "&")
	if s := c.signature(key, text); s != "-" {
		text += "&signature=" + url.QueryEscape(s)
	}
	if c.id == "-" {
		return g.raw(t, head(restRoutes[method]+"?"+text))
	}
	return g.raw(t, head(restRoutes[method]+"?"+text, "X-MBX-APIKEY: "+id))
}

func (g *target) overSocket(t *testing.T, c *authInput) string {
	t.Helper()
	key, id, method, list := g.fill(c)
	if c.id != "-" {
		list = append(list, [2]string{"apiKey", id})
	}
	if s := c.signature(key, payloadOf(list)); s != "-" {
		list = append(list, [2]string{"signature", s})
	}
	return g.ask(t, message(method, list))
}

// keyAuth are keys that may not do what they are used for.
func keyAuth() []authInput {
	const key, permission, account = "key", "permission", "account"
	const disabled, noOrders = "This action is disabled on this account.", "This account may not place or cancel orders."
	return []authInput{
		{line: key, name: "no key", id: "-", want: badKeyForm},
		{line: key, name: "unknown key", who: "nobody", want: badKey},
		{line: key, name: "revoked key", who: gone, want: badKey},
		{line: key, name: "another's key", id: alice, want: badSignature},
		{line: key, name: "key in capitals", id: "BOB", want: badKey},
		{line: key, name: "key with a blank", id: "bo b", want: badKeyForm},
		{line: key, name: "key of 129 characters", id: strings.Repeat("k", 129), want: badKeyForm},
		{line: key, name: "key with quotes", id: "' or '1'='1", want: badKeyForm},
		{line: key, name: "key with an umlaut", id: "böb", want: badKeyForm},
		{line: key, name: "key that is the public one", id: "MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=", want: badKeyForm},
		{line: "address", name: "key that is good from elsewhere", who: remote, want: badKey},
		{line: "address", name: "reading with a key that is good from elsewhere", who: remote, method: "account.status", params: "omitZeroBalances=true", want: badKey},
		{line: permission, name: "order with a key that may only read", who: reader, want: badKey},
		{line: permission, name: "test with a key that may only read", who: reader, method: "order.test", want: badKey},
		{line: permission, name: "cancel with a key that may only read", who: reader, method: "order.cancel", params: "symbol=TIGHT&origClientOrderId=alice-1", want: badKey},
		{line: permission, name: "cancel of all with a key that may only read", who: reader, method: "openOrders.cancelAll", params: "symbol=TIGHT", want: badKey},
		{line: permission, name: "amend with a key that may only read", who: reader, method: "order.amend.keepPriority", params: "symbol=TIGHT&origClientOrderId=alice-1&newQty=1", want: badKey},
		{line: permission, name: "replacement with a key that may only read", who: reader, method: "order.cancelReplace", params: but(wideLimit, "cancelReplaceMode=STOP_ON_FAILURE", "cancelOrderId=1"), want: badKey},
		{line: permission, name: "account with a key that may only trade", who: trader, method: "account.status", params: "omitZeroBalances=true", want: badKey},
		{line: permission, name: "orders with a key that may only trade", who: trader, method: "openOrders.status", params: "symbol=TIGHT", want: badKey},
		{line: permission, name: "trades with a key that may only trade", who: trader, method: "myTrades", params: "symbol=TIGHT", want: badKey},
		{line: account, name: "order of an account that is disabled", who: frank, want: wrong(-2010, disabled), effect: refused},
		{line: account, name: "cancel of an account that is disabled", who: frank, method: "order.cancel", params: "symbol=TIGHT&origClientOrderId=frank-1", want: wrong(-2011, disabled), effect: refused},
		{line: account, name: "cancel of all of an account that is disabled", who: frank, method: "openOrders.cancelAll", params: "symbol=TIGHT", want: wrong(-2011, disabled), effect: refused},
		{line: account, name: "amend of an account that is disabled", who: frank, method: "order.amend.keepPriority", params: "symbol=TIGHT&origClientOrderId=frank-1&newQty=0.5", want: wrong(-2038, disabled), effect: refused},
		{line: account, name: "order of an account that may only cancel", who: grace, want: wrong(-2010, noOrders), effect: refused},
		{line: account, name: "amend of an account that may only cancel", who: grace, method: "order.amend.keepPriority", params: "symbol=TIGHT&origClientOrderId=grace-1&newQty=0.5", want: wrong(-2038, noOrders), effect: refused},
	}
}

// signatureAuth are signatures that are none, or of something else.
func signatureAuth(g *target) []authInput {
	const form, algorithm, zeros, other = "form of a signature", "algorithm", "zeros", "signed something else"
	to := func(text string) func(string) string { return func(string) string { return text } }
	base := base64.StdEncoding.EncodeToString
	asHex := func(s string) []byte { b, _ := hex.DecodeString(s); return b }
	as64 := func(s string) []byte { b, _ := base64.StdEncoding.DecodeString(s); return b }
	list := []authInput{
		{line: form, name: "no signature", spoil: to("-"), want: mandatory("signature")},
		{line: form, name: "empty signature", spoil: to(""), want: mandatory("signature")},
		{line: form, name: "blank signature", spoil: to(" "), want: badSignature},
		{line: form, name: "hex with one digit less", spoil: func(s string) string { return s[:len(s)-1] }, want: badSignature},
		{line: form, name: "hex with one digit more", spoil: func(s string) string { return s + "0" }, want: badSignature},
		{line: form, name: "hex with a byte less", spoil: func(s string) string { return s[:len(s)-2] }, want: badSignature},
		{line: form, name: "hex with a byte more", spoil: func(s string) string { return s + "00" }, want: badSignature},
		{line: form, name: "hex with a blank before it", spoil: func(s string) string { return " " + s }, want: badSignature},
		{line: form, name: "hex with a line end", spoil: func(s string) string { return s + "\n" }, want: badSignature},
		{line: form, name: "hex with 0x", spoil: func(s string) string { return "0x" + s }, want: badSignature},
		{line: form, name: "hex with a letter that is no digit", spoil: func(s string) string { return s[:63] + "g" }, want: badSignature},
		{line: form, name: "hex with a NUL behind it", spoil: func(s string) string { return s + "\x00" }, want: badSignature},
		{line: form, name: "base64 for hex", spoil: func(s string) string { return base(asHex(s)) }, want: badSignature},
		{line: form, name: "one bit of hex", spoil: func(s string) string { b := asHex(s); b[31] ^= 1; return hex.EncodeToString(b) }, want: badSignature},
		{line: form, name: "hex for base64", who: signed, spoil: func(s string) string { return hex.EncodeToString(as64(s)) }, want: badSignature},
		{line: form, name: "base64 without its end", who: signed, spoil: func(s string) string { return strings.TrimRight(s, "=") }, want: badSignature},
		{line: form, name: "base64 with a line end", who: signed, spoil: func(s string) string { return s[:44] + "\n" + s[44:] }, want: badSignature},
		{line: form, name: "base64 with more behind it", who: signed, spoil: func(s string) string { return s + "AAAA" }, want: badSignature},
		{line: form, name: "base64 in another case", who: signed, spoil: swapCase, want: badSignature},
		{line: form, name: "base64 of 63 bytes", who: signed, spoil: func(s string) string { return base(as64(s)[:63]) }, want: badSignature},
		{line: form, name: "base64 with a hyphen in it", who: signed, spoil: func(s string) string { return s[:85] + "-==" }, want: badSignature},
		{line: form, name: "one bit of base64", who: signed, spoil: func(s string) string { b := as64(s); b[0] ^= 1; return base(b) }, want: badSignature},
		{line: zeros, name: "hex of zeros", spoil: to(strings.Repeat("0", 64)), want: badSignature},
		{line: zeros, name: "base64 of zeros", who: signed, spoil: to(base(make([]byte, 64))), want: badSignature},
		{line: algorithm, name: "HMAC for Ed25519", who: signed, sign: hmacSigner(signed, "secret").sign, want: badSignature},
		{line: algorithm, name: "Ed25519 for HMAC", sign: g.keys[signed].sign, want: badSignature},
		{line: algorithm, name: "SHA-256 without a secret", sign: func(p string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(p))) }, want: badSignature},
		{line: algorithm, name: "HMAC with the key for a secret", sign: hmacSigner(bob, bob).sign, want: badSignature},
		{line: algorithm, name: "HMAC with an empty secret", sign: hmacSigner(bob, "").sign, want: badSignature},
		{line: algorithm, name: "HMAC of another's secret", sign: g.keys[alice].sign, want: badSignature},
	}
	for _, c := range []struct{ name, from, to string }{
		{"another price", "price=100", "price=101"},
		{"another symbol", "symbol=WIDE", "symbol=TIGHT"},
		{"another side", "side=BUY", "side=SELL"},
		{"another time", "timestamp=1", "timestamp=2"},
		{"a price written otherwise", "price=100", "price=100.0"},
		{"one parameter less", "&side=BUY", ""},
		{"one parameter more", "&side=BUY", "&side=BUY&x=1"},
		{"nothing", "", "-"},
	} {
		for _, who := range []string{bob, signed} {
			sign := g.keys[who].sign
			list = append(list, authInput{line: other, name: c.name + ", of " + who, who: who, want: badSignature, sign: func(payload string) string {
				if c.to == "-" {
					return sign("")
				}
				changed := strings.Replace(payload, c.from, c.to, 1)
				if changed == payload {
					panic("nothing has changed in " + payload)
				}
				return sign(changed)
			}})
		}
	}
	return list
}

func swapCase(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b[i] = c ^ 0x20
		}
	}
	return string(b)
}

// timeAuth are requests of a wrong time.
func timeAuth() []authInput {
	const line, window = "time", "window"
	text := func(s string) func(time.Time) string { return func(time.Time) string { return s } }
	millis := func(shift time.Duration) func(time.Time) string {
		return func(now time.Time) string { return numeral(now.Add(shift).UnixMilli()) }
	}
	return []authInput{
		{line: line, name: "no time", stamp: text("-"), want: mandatory("timestamp")},
		{line: line, name: "empty time", stamp: text(""), want: mandatory("timestamp")},
		{line: line, name: "seconds", stamp: func(now time.Time) string { return numeral(now.Unix()) }, want: tooLate},
		{line: line, name: "nanoseconds", stamp: func(now time.Time) string { return numeral(now.UnixNano()) }, want: tooEarly},
		{line: line, name: "time with decimals", stamp: func(now time.Time) string { return fmt.Sprintf("%d.5", now.UnixMilli()) }, want: illegal("timestamp", idForm)},
		{line: line, name: "negative time", stamp: text("-1"), want: illegal("timestamp", idForm)},
		{line: line, name: "time zero", stamp: text("0"), want: tooLate},
		{line: line, name: "time of 20 digits", stamp: text("99999999999999999999"), want: overflowed("timestamp")},
		{line: line, name: "time of 21 digits", stamp: text("100000000000000000000"), want: illegal("timestamp", idForm)},
		{line: line, name: "time at the end of 63 bits", stamp: text("9223372036854775807"), want: tooEarly},
		{line: line, name: "time with an exponent", stamp: text("1.7e12"), want: illegal("timestamp", idForm)},
		{line: line, name: "time as a date", stamp: text("2024-01-01T00:00:00Z"), want: illegal("timestamp", idForm)},
		{line: line, name: "6 seconds ago", stamp: millis(-6 * time.Second), want: tooLate},
		{line: line, name: "a day ago", stamp: millis(-24 * time.Hour), want: tooLate},
		{line: line, name: "a minute ago, in the longest window", stamp: millis(-61 * time.Second), window: "60000", want: tooLate},
		{line: line, name: "just ago, in no window", stamp: millis(-20 * time.Millisecond), window: "0", want: tooLate},
		{line: line, name: "in 3 seconds", stamp: millis(3 * time.Second), want: tooEarly},
		{line: line, name: "in 3 seconds, in the longest window", stamp: millis(3 * time.Second), window: "60000", want: tooEarly},
		{line: window, name: "window above a minute", window: "60001", want: longWindow},
		{line: window, name: "window just above a minute", window: "60000.001", want: longWindow},
		{line: window, name: "window of 20 digits", window: "99999999999999999999", want: longWindow},
		{line: window, name: "window of 21 digits", window: "100000000000000000000", want: illegal("recvWindow", decimalForm)},
		{line: window, name: "negative window", window: "-1", want: illegal("recvWindow", decimalForm)},
		{line: window, name: "window of 4 decimals", window: "5000.0001", want: invalid("recvWindow")},
		{line: window, name: "window that is a word", window: "forever", want: illegal("recvWindow", decimalForm)},
		{line: window, name: "empty window", window: "=", want: empty("recvWindow")},
	}
}

// layoutAuth are signed requests in layouts that only HTTP has.
func layoutAuth(g *target) []input {
	const line = "signed something else"
	split := func(join string) func(*testing.T) string {
		return func(t *testing.T) string {
			query := fmt.Sprintf("timestamp=%d", g.stamp())
			signature := g.keys[bob].sign(query + join + wideLimit)
			return g.raw(t, withBody("POST /api/v3/order?"+query+"&signature="+signature, wideLimit, key, form))
		}
	}
	swapped := func(t *testing.T) string {
		query := fmt.Sprintf("timestamp=%d", g.stamp())
		signature := g.keys[bob].sign(wideLimit + query)
		return g.raw(t, withBody("POST /api/v3/order?"+query+"&signature="+signature, wideLimit, key, form))
	}
	changed := func(t *testing.T) string {
		query := fmt.Sprintf("timestamp=%d", g.stamp())
		signature := g.keys[bob].sign(query + wideLimit)
		return g.raw(t, withBody("POST /api/v3/order?"+query+"&signature="+signature, but(wideLimit, "price=101"), key, form))
	}
	override := func(t *testing.T) string {
		body := fmt.Sprintf("%s&timestamp=%d", wideLimit, g.stamp())
		body += "&signature=" + g.keys[bob].sign(body)
		return g.raw(t, withBody("POST /api/v3/order?price=99", body, key, form))
	}
	decoded := func(t *testing.T) string {
		text := fmt.Sprintf("%s&newClientOrderId=a-b&timestamp=%d", wideLimit, g.stamp())
		signature := g.keys[bob].sign(text)
		return g.raw(t, head("POST /api/v3/order?"+strings.ReplaceAll(text, "a-b", "a%2Db")+"&signature="+signature, key))
	}
	return []input{
		{line, "query and body joined by &", split("&"), badSignature, nothing},
		{line, "query and body joined by a line end", split("\n"), badSignature, nothing},
		{line, "body and query the other way", swapped, badSignature, nothing},
		{line, "another body", changed, badSignature, nothing},
		{line, "a price in the query over that of the body", override, badSignature, nothing},
		{line, "what is sent with an escape", decoded, badSignature, nothing},
	}
}

// sessionAuth are requests of a session that has nobody logged on, or nobody that
// may.
func sessionAuth(g *target) []input {
	const line = "session"
	ask := func(text string) func(*testing.T) string {
		return func(t *testing.T) string { return g.ask(t, text) }
	}
	logon := func(who, id string) func(*testing.T) string {
		return func(t *testing.T) string {
			list := [][2]string{{"apiKey", id}, {"timestamp", numeral(g.stamp())}}
			return g.ask(t, message("session.logon", append(list, [2]string{"signature", g.keys[who].sign(payloadOf(list))})))
		}
	}
	order := func(change func(text, payload string) (string, string)) func(*testing.T) string {
		return func(t *testing.T) string {
			stamp := g.stamp()
			text := fmt.Sprintf(`{"id":1,"method":"order.place","params":{"apiKey":"bob","price":100.0,"quantity":"1","side":"BUY","symbol":"WIDE",`+
				`"timeInForce":"GTC","timestamp":%d,"type":"LIMIT","signature":"{signature}"}}`, stamp)
			payload := fmt.Sprintf("apiKey=bob&price=100.0&quantity=1&side=BUY&symbol=WIDE&timeInForce=GTC&timestamp=%d&type=LIMIT", stamp)
			text, payload = change(text, payload)
			return g.ask(t, strings.Replace(text, "{signature}", g.keys[bob].sign(payload), 1))
		}
	}
	return []input{
		{line, "events of nobody", ask(`{"id":1,"method":"userDataStream.subscribe"}`), unauthorized, nothing},
		{line, "an end of events that never began", ask(`{"id":1,"method":"userDataStream.unsubscribe"}`), wrong(-2036, "User Data Stream subscription not active."), nothing},
		{line, "an account of nobody", ask(fmt.Sprintf(`{"id":1,"method":"account.status","params":{"timestamp":%d}}`, time.Now().UnixMilli())), badKeyForm, nothing},
		{line, "an order of nobody", ask(`{"id":1,"method":"order.place","params":{"symbol":"WIDE","side":"BUY","type":"MARKET","quantity":"1","timestamp":1}}`), badKeyForm, nothing},
		{line, "a logon with another's signature", logon(alice, bob), badSignature, nothing},
		{line, "a logon with an unknown key", logon(alice, "nobody"), badKey, nothing},
		{line, "a logon with a revoked key", logon(gone, gone), badKey, nothing},
		{line, "a logon from elsewhere", logon(remote, remote), badKey, nothing},
		{line, "a logon without a signature", ask(`{"id":1,"method":"session.logon","params":{"apiKey":"bob","timestamp":1}}`), mandatory("signature"), nothing},
		{line, "a logon without anything", ask(`{"id":1,"method":"session.logon"}`), badKeyForm, nothing},
		{line, "events of a key that may not read", func(t *testing.T) string { return g.call(t, g.keys[trader], "userDataStream.subscribe.signature", "") }, badKey, nothing},
		{line, "a listen key of nobody", func(t *testing.T) string { return g.raw(t, withBody("POST /api/v3/userDataStream", "")) }, badKeyForm, nothing},
		{line, "a listen key of an unknown key", func(t *testing.T) string {
			return g.raw(t, withBody("POST /api/v3/userDataStream", "", "X-MBX-APIKEY: nobody"))
		}, badKey, nothing},
		{line, "a listen key of a key that may not read", func(t *testing.T) string {
			return g.raw(t, withBody("POST /api/v3/userDataStream", "", "X-MBX-APIKEY: trader"))
		}, badKey, nothing},
		{line, "a listen key that is not there", func(t *testing.T) string {
			return g.raw(t, withBody("PUT /api/v3/userDataStream?listenKey=abc", "", key))
		}, wrong(-1125, "This listenKey does not exist."), nothing},
		{"signed something else", "a number that is written otherwise", order(func(text, payload string) (string, string) {
			return text, strings.Replace(payload, "100.0", "100", 1)
		}), badSignature, nothing},
		{"signed something else", "parameters that are not sorted", order(func(text, payload string) (string, string) {
			_, rest, _ := strings.Cut(payload, "&")
			return text, rest + "&apiKey=bob"
		}), badSignature, nothing},
		{"signed something else", "a string with its quotes", order(func(text, payload string) (string, string) {
			return text, strings.Replace(payload, "side=BUY", `side="BUY"`, 1)
		}), badSignature, nothing},
		{"signed something else", "another order", order(func(text, payload string) (string, string) {
			return strings.Replace(text, "100.0", "101.0", 1), payload
		}), badSignature, nothing},
		{"signed something else", "another key than the one that is named", order(func(text, payload string) (string, string) {
			return strings.Replace(text, `"bob"`, `"alice"`, 1), payload
		}), badSignature, nothing},
	}
}

// replayAuth are requests that were good once.
func replayAuth(g *target) []input {
	const line = "again"
	twice := func(who, params string, then func(head string) string) func(*testing.T) string {
		return func(t *testing.T) string {
			text := fmt.Sprintf("%s&timestamp=%d", params, g.stamp())
			request := head("POST /api/v3/order?"+text+"&signature="+url.QueryEscape(g.keys[who].sign(text)), "X-MBX-APIKEY: "+g.keys[who].id)
			return g.raw(t, request) + "\n" + g.raw(t, then(request))
		}
	}
	same := func(request string) string { return request }
	return []input{
		{line, "the same order", twice(erin, wideLimit, same), poor + "\n" + badSignature, refused},
		{line, "the same order of Ed25519", twice(signed, but(wideLimit, "quantity=100000"), same), poor + "\n" + badSignature, refused},
		{line, "the same order in capitals", twice(erin, wideLimit, func(request string) string {
			before, rest, _ := strings.Cut(request, "signature=")
			return before + "signature=" + strings.ToUpper(rest[:64]) + rest[64:]
		}), poor + "\n" + badSignature, refused},
		{line, "the same order behind an escape", twice(erin, wideLimit, func(request string) string {
			return strings.Replace(request, "signature=", "%73ignature=", 1)
		}), poor + "\n" + badSignature, refused},
		{line, "the same order as a test", twice(erin, wideLimit, func(request string) string {
			return strings.Replace(request, "/order?", "/order/test?", 1)
		}), poor + "\n" + badSignature, refused},
		{line, "a test as an order", func(t *testing.T) string {
			text := fmt.Sprintf("%s&timestamp=%d", wideLimit, g.stamp())
			query := "?" + text + "&signature=" + g.keys[bob].sign(text)
			return g.raw(t, head("POST /api/v3/order/test"+query, key)) + "\n" + g.raw(t, head("POST /api/v3/order"+query, key))
		}, "200 {}\n" + badSignature, nothing},
		{line, "the same order over a websocket", func(t *testing.T) string {
			list := append(pairs(wideLimit), [2]string{"apiKey", erin}, [2]string{"timestamp", numeral(g.stamp())})
			text := message("order.place", append(list, [2]string{"signature", g.keys[erin].sign(payloadOf(list))}))
			return g.ask(t, text) + "\n" + g.ask(t, text)
		}, poor + "\n" + badSignature, refused},
		{line, "an order of the websocket over HTTP", func(t *testing.T) string {
			list := append(pairs(wideLimit), [2]string{"apiKey", erin}, [2]string{"timestamp", numeral(g.stamp())})
			payload := payloadOf(list)
			signature := [2]string{"signature", g.keys[erin].sign(payload)}
			return g.ask(t, message("order.place", append(list, signature))) + "\n" +
				g.raw(t, head("POST /api/v3/order?"+payload+"&signature="+signature[1], "X-MBX-APIKEY: erin"))
		}, poor + "\n" + badSignature, refused},
	}
}

// acceptedAuth looks wrong and is right.
func acceptedAuth(g *target) []input {
	test := func(line, name string, c authInput) input {
		c.method = "order.test"
		return input{line, name, func(t *testing.T) string { return g.overHTTP(t, &c) }, "200 {}", nothing}
	}
	return []input{
		test("form of a signature", "hex in capitals", authInput{spoil: strings.ToUpper}),
		test("time", "milliseconds", authInput{stamp: func(now time.Time) string { return numeral(now.UnixMilli()) }, params: but(wideLimit, "price=98")}),
		test("window", "a window with decimals", authInput{window: "5000.125"}),
		test("window", "a window of a minute", authInput{window: "60000"}),
		test("algorithm", "Ed25519", authInput{who: signed}),
		{"account", "a cancel of an account that may only cancel", func(t *testing.T) string {
			return g.rest(t, g.keys[grace], "order.status", "symbol=TIGHT&origClientOrderId=grace-1")[:len("200 ")]
		}, "200 ", nothing},
	}
}
