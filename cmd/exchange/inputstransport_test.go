package main

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// transportInput is bytes that are sent as they stand. {signed} in them is a good
// order of bob, ready to be placed.
type transportInput struct {
	line, name string
	text       string
	want       string
}

// unread is the answer to what cannot be read as a request.
func unread(status int, text string) string { return refusal(status, -1000, text) }

// transportInputs is the list of what stands below the API: HTTP itself.
func transportInputs(g *target) inputList {
	list := inputList{name: "transport", lines: []inputLine{
		{text: "length and transfer encoding"},
		{text: "transfer encoding"},
		{text: "twice"},
		{text: "line ends and control bytes"},
		{text: "size"},
		{text: "body of a GET"},
		{text: "content type"},
		{text: "content encoding"},
		{text: "expectation"},
		{text: "verb"},
		{text: "path"},
		{text: "target"},
		{text: "query"},
		{text: "pipelining"},
		{text: "other protocols"},
	}}
	add := func(to *[]input, cases []transportInput) {
		for _, c := range cases {
			*to = append(*to, input{c.line, c.name, func(t *testing.T) string {
				return g.raw(t, strings.ReplaceAll(c.text, "{signed}", g.signedOrder(bob)))
			}, c.want, nothing})
		}
	}
	add(&list.bad, framingInputs())
	add(&list.bad, headInputs())
	add(&list.bad, bodyInputs())
	add(&list.bad, targetInputs())
	add(&list.bad, protocolInputs())
	list.bad = append(list.bad, pipelined(g)...)
	add(&list.accepted, acceptedTransport())
	return list
}

// signedOrder returns the query of an order that would be placed.
func (g *target) signedOrder(who string) string {
	text := fmt.Sprintf("%s&timestamp=%d", wideLimit, g.stamp())
	return text + "&signature=" + url.QueryEscape(g.keys[who].sign(text))
}

// The beginnings of requests.
const (
	anOrder = "POST /api/v3/order?{signed}"
	key     = "X-MBX-APIKEY: bob"
	form    = "Content-Type: application/x-www-form-urlencoded"
	ping    = "GET /api/v3/ping"
)

// framingInputs could end in two places.
func framingInputs() []transportInput {
	const both, coded, twice = "length and transfer encoding", "transfer encoding", "twice"
	two, code := unread(400, "The request has a length and a transfer encoding."), unread(411, "A body is sent with its length, and with no transfer encoding.")
	broken := unread(400, "The request is malformed.")
	const chunks = "0\r\n\r\n"
	return []transportInput{
		{both, "length, then chunks", head(anOrder, key, "Content-Length: 5", "Transfer-Encoding: chunked") + chunks, two},
		{both, "chunks, then length", head(anOrder, key, "Transfer-Encoding: chunked", "Content-Length: 5") + chunks, two},
		{both, "length and identity", head(anOrder, key, "Content-Length: 0", "Transfer-Encoding: identity"), two},
		{coded, "chunks", head(anOrder, key, "Transfer-Encoding: chunked") + chunks, code},
		{coded, "chunks in capitals", head(anOrder, key, "TRANSFER-ENCODING: CHUNKED") + chunks, code},
		{coded, "identity", head(anOrder, key, "Transfer-Encoding: identity"), code},
		{coded, "gzip", head(anOrder, key, "Transfer-Encoding: gzip, chunked") + chunks, broken},
		{coded, "an unknown one", head(anOrder, key, "Transfer-Encoding: xchunked"), broken},
		{coded, "chunks after a tab", head(anOrder, key, "Transfer-Encoding:\tchunked") + chunks, code},
		{coded, "chunks with a blank before the colon", head(anOrder, key, "Transfer-Encoding : chunked") + chunks, broken},
		{coded, "with a version that has none", "POST /api/v3/order?{signed} HTTP/1.0\r\nHost: x\r\n" + key + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, broken},
		{coded, "chunks that do not count", head(anOrder, key, "Transfer-Encoding: chunked") + "zz\r\n", broken},
		{coded, "chunks at a cancel", head("DELETE /api/v3/openOrders?symbol=TIGHT", key, "Transfer-Encoding: chunked") + chunks, code},
		{coded, "chunks at a read", head(ping, "Transfer-Encoding: chunked") + chunks, code},
		{twice, "two lengths that differ", head(anOrder, key, "Content-Length: 0", "Content-Length: 1") + "x", broken},
		{twice, "two lengths that agree", head(anOrder, key, "Content-Length: 0", "Content-Length: 0"), broken},
		{twice, "a list of lengths", head(anOrder, key, "Content-Length: 0, 0"), broken},
		{twice, "a length that is negative", head(anOrder, key, "Content-Length: -1"), broken},
		{twice, "a length with a plus", head(anOrder, key, "Content-Length: +1") + "x", broken},
		{twice, "a length in hex", head(anOrder, key, "Content-Length: 0x1") + "x", broken},
		{twice, "a length that overflows", head(anOrder, key, "Content-Length: 99999999999999999999"), broken},
		{twice, "two hosts", head(anOrder, key, "Host: other"), broken},
		{twice, "two keys", head(anOrder, key, "X-MBX-APIKEY: alice"), unread(400, "The request says twice who sends it.")},
		{twice, "a key twice", head(anOrder, key, "x-mbx-apikey: bob"), unread(400, "The request says twice who sends it.")},
		{twice, "two tokens", head("GET /x/v1/status", "Authorization: Bearer a", "Authorization: Bearer a"), `400 {"code":"MALFORMED","field":"","message":"The request says twice who sends it."}`},
		{twice, "no host", "GET /api/v3/ping HTTP/1.1\r\n\r\n", broken},
	}
}

// headInputs have heads that some read otherwise, or that are too long.
func headInputs() []transportInput {
	const line, size = "line ends and control bytes", "size"
	broken, bare := unread(400, "The request is malformed."), unread(400, "A line of the head ends without a carriage return.")
	fold := unread(400, "A header goes on in another line.")
	long := unread(431, "The head of the request is longer than 8192 bytes.")
	return []transportInput{
		{line, "a bare line feed between headers", "POST /api/v3/order?{signed} HTTP/1.1\r\nHost: x\n" + key + "\r\n\r\n", bare},
		{line, "a bare line feed after the last header", "POST /api/v3/order?{signed} HTTP/1.1\r\nHost: x\r\n" + key + "\n\r\n\r\n", bare},
		{line, "a bare carriage return", "POST /api/v3/order?{signed} HTTP/1.1\r\nHost: x\rX: y\r\n" + key + "\r\n\r\n", broken},
		{line, "a NUL in a value", head(anOrder, key, "X: a\x00b"), broken},
		{line, "a NUL in a name", head(anOrder, key, "X\x00: a"), broken},
		{line, "a NUL in the key", head(anOrder, "X-MBX-APIKEY: bob\x00"), broken},
		{line, "a bell in a value", head(anOrder, key, "X: a\x07b"), broken},
		{line, "a delete in a value", head(anOrder, key, "X: a\x7fb"), broken},
		{line, "a NUL in the first line", "POST /api/v3/order\x00?{signed} HTTP/1.1\r\nHost: x\r\n" + key + "\r\n\r\n", broken},
		{line, "a fold with a blank", head(anOrder, key, "X: a\r\n b"), fold},
		{line, "a fold with a tab", head(anOrder, key, "X: a\r\n\tX-MBX-APIKEY: alice"), fold},
		{line, "a fold before the first header", "GET /api/v3/ping HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n", broken},
		{line, "a header without a colon", head(anOrder, key, "X"), broken},
		{line, "a header without a name", head(anOrder, key, ": a"), broken},
		{line, "a blank before the colon", head(anOrder, "X-MBX-APIKEY : bob"), broken},
		{line, "a blank in a name", head(anOrder, key, "X MBX-APIKEY: alice"), unread(400, "The name of a header has a blank in it.")},
		{size, "a head of more than 8 KiB", head(anOrder, key, "X: "+strings.Repeat("x", 9<<10)), long},
		{size, "a query of more than 8 KiB", head(ping + "?x=" + strings.Repeat("x", 9<<10)), long},
		{size, "a header's name of more than 8 KiB", head(ping, strings.Repeat("x", 9<<10)+": y"), long},
		{size, "65 headers", head(anOrder, append([]string{key}, strings.Split(strings.Repeat("X: y,", 62)+"X: y", ",")...)...), unread(431, "The request has too many headers.")},
		{size, "a body of more than 8 KiB", withBody(anOrder, strings.Repeat("x", 8<<10+1), key, form), unread(413, "The body of the request is longer than 8192 bytes.")},
		{size, "65 parameters", head(ping + "?" + strings.Repeat("x=1&", 64) + "y=1"), wrong(-1104, "Not all sent parameters were read; read '64' parameter(s) but was sent '65'.")},
	}
}

// bodyInputs have bodies that are not what they should be, or where none should be.
func bodyInputs() []transportInput {
	const get, kind, coded, expect = "body of a GET", "content type", "content encoding", "expectation"
	const zipped = "H4sIAAAAAAAA/yvOzU3NKbENcfX09wAAZr3mSQwAAAA="
	gzip, err := base64.StdEncoding.DecodeString(zipped)
	if err != nil {
		panic(err) // a constant
	}
	none := unread(400, "A GET has no body.")
	asIs := unread(415, "A body is sent as it is, with no content encoding.")
	return []transportInput{
		{get, "parameters in the body of a GET", withBody("GET /api/v3/depth", "symbol=TIGHT", form), none},
		{get, "a body beside a good GET", withBody(ping, "x", form), none},
		{get, "a body of a read that is signed", withBody("GET /api/v3/account?{signed}", "x=1", key, form), none},
		{kind, "an order in JSON", withBody("POST /api/v3/order", `{"symbol":"TIGHT","side":"BUY"}`, key, "Content-Type: application/json"), mandatory("symbol")},
		{kind, "an order in parts", withBody("POST /api/v3/order", "--x\r\nContent-Disposition: form-data; name=\"symbol\"\r\n\r\nTIGHT\r\n--x--\r\n", key, "Content-Type: multipart/form-data; boundary=x"), mandatory("symbol")},
		{kind, "an order in XML", withBody("POST /api/v3/order", "<symbol>TIGHT</symbol>", key, "Content-Type: text/xml"), mandatory("symbol")},
		{kind, "a binary answer wanted", head("GET /api/v3/ping", "Accept: application/sbe"), refusal(406, -1155, "SBE is not enabled.")},
		{kind, "an unknown unit of time", head("GET /api/v3/time", "X-MBX-TIME-UNIT: NANOSECOND"), wrong(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")},
		{coded, "a body in gzip", withBody("POST /api/v3/order", string(gzip), key, form, "Content-Encoding: gzip"), asIs},
		{coded, "a body that is said to be in gzip", withBody(anOrder, "x=1", key, form, "Content-Encoding: gzip"), asIs},
		{coded, "a body in an unknown coding", withBody(anOrder, "x=1", key, form, "Content-Encoding: x"), asIs},
		{expect, "an unknown expectation", withBody(anOrder, "x=1", key, form, "Expect: 200-ok"), unread(417, "What the request expects is not done here.")},
		{expect, "an expectation at a read", head(ping, "Expect: miracles"), unread(417, "What the request expects is not done here.")},
	}
}

// targetInputs ask for what is not there, or in a way that some read otherwise.
func targetInputs() []transportInput {
	const verb, path, target, query = "verb", "path", "target", "query"
	broken := unread(400, "The request is malformed.")
	unsupported := func(status int) string { return refusal(status, -1020, "This operation is not supported.") }
	plain := unread(400, "The path is not written plainly.")
	origin := unread(400, "The target of a request is a path.")
	return []transportInput{
		{verb, "PATCH of an order", head("PATCH /api/v3/order?{signed}", key), unsupported(405) + " allow POST, DELETE, GET"},
		{verb, "PUT of an order", head("PUT /api/v3/order?{signed}", key), unsupported(405) + " allow POST, DELETE, GET"},
		{verb, "POST to a read", withBody("POST /api/v3/depth?symbol=TIGHT", "", key), unsupported(405) + " allow GET"},
		{verb, "GET of what is done", head("GET /api/v3/order/test?{signed}", key), unsupported(405) + " allow POST"},
		{verb, "OPTIONS", head("OPTIONS /api/v3/order"), unsupported(405) + " allow POST, DELETE, GET"},
		{verb, "TRACE", head("TRACE /api/v3/order"), unsupported(405) + " allow POST, DELETE, GET"},
		{verb, "a verb that nobody knows", head("BUY /api/v3/order?{signed}", key), unsupported(405) + " allow POST, DELETE, GET"},
		{verb, "a verb in lower case", head("post /api/v3/order?{signed}", key), unsupported(405) + " allow POST, DELETE, GET"},
		{verb, "a verb with a control byte", head("PO\x01ST /api/v3/order?{signed}", key), broken},
		{path, "a path that is not there", head("GET /api/v3/nothing"), unsupported(404)},
		{path, "a version that is not there", head("GET /api/v4/ping"), unsupported(404)},
		{path, "a route that is not there", head("GET /nothing"), unsupported(404)},
		{path, "the root", head("GET /"), unsupported(404)},
		{path, "a path in capitals", head("GET /API/V3/PING"), unsupported(404)},
		{path, "a path with more behind it", head("GET /api/v3/ping/x"), unsupported(404)},
		{path, "an operator's version that is not there", head("GET /x/v2/status"), `401 {"code":"UNAUTHORIZED","field":"","message":"The header Authorization must be: Bearer TOKEN."}`},
		{path, "a path that goes up", head("POST /api/v3/nothing/../order?{signed}", key), plain},
		{path, "a path that goes up beyond the root", head("GET /../../api/v3/ping"), plain},
		{path, "a path that goes up behind an escape", head("POST /api/v3/nothing/%2e%2e/order?{signed}", key), plain},
		{path, "a path that goes nowhere", head("POST /api/v3/./order?{signed}", key), plain},
		{path, "a slash behind an escape", head("POST /api%2Fv3%2Forder?{signed}", key), plain},
		{path, "a backslash", head(`POST /api\v3\order?{signed}`, key), plain},
		{path, "a backslash behind an escape", head(`POST /api/v3%5corder?{signed}`, key), plain},
		{path, "a NUL behind an escape", head("POST /api/v3/order%00?{signed}", key), plain},
		{path, "a line end behind an escape", head("POST /api/v3/order%0d%0a?{signed}", key), plain},
		{path, "an escape that is none", head("POST /api/v3/order%zz?{signed}", key), plain},
		{path, "an escape that is cut", head("POST /api/v3/order%2?{signed}", key), plain},
		{path, "a letter behind an escape, for the operator", head("GET /x/v1/statu%73", "Authorization: Bearer x"), `401 {"code":"UNAUTHORIZED","field":"","message":"The header Authorization must be: Bearer TOKEN."}`},
		{target, "an absolute target", head("POST http://exchange/api/v3/order?{signed}", key), origin},
		{target, "an absolute target elsewhere", head("GET http://elsewhere.example/api/v3/ping"), origin},
		{target, "an absolute target with a name and a password", head("GET http://a:b@exchange/api/v3/ping"), origin},
		{target, "a target that is a host", head("CONNECT elsewhere.example:443"), origin},
		{target, "a star", head("OPTIONS *"), origin},
		{target, "a fragment", head(anOrder+"#fragment", key), plain},
		{target, "a target without a slash", head("GET api/v3/ping"), broken},
		{target, "no target", "GET  HTTP/1.1\r\nHost: x\r\n\r\n", broken},
		{target, "a blank in the target", head("GET /api/v3/depth?symbol=TI GHT"), broken},
		{query, "a parameter twice", head("GET /api/v3/depth?symbol=TIGHT&symbol=WIDE"), wrong(-1101, "Duplicate values for a parameter detected.")},
		{query, "a parameter twice with one value", head("GET /api/v3/depth?symbol=TIGHT&symbol=TIGHT"), wrong(-1101, "Duplicate values for a parameter detected.")},
		{query, "a parameter twice, one name behind an escape", head("GET /api/v3/depth?symbol=TIGHT&%73ymbol=WIDE"), wrong(-1101, "Duplicate values for a parameter detected.")},
		{query, "a parameter twice in the body", withBody("POST /api/v3/order", "symbol=TIGHT&symbol=WIDE", key, form), wrong(-1101, "Duplicate values for a parameter detected.")},
		{query, "a signature twice", head(anOrder+"&signature=00", key), wrong(-1101, "Duplicate values for a parameter detected.")},
		{query, "a value with an escape that is none", head("GET /api/v3/depth?symbol=%zz"), invalid("symbol")},
		{query, "a name with an escape that is cut", head("GET /api/v3/depth?symbo%6"), invalid("symbo%6")},
	}
}

// protocolInputs speak something else.
func protocolInputs() []transportInput {
	const line = "other protocols"
	broken, version := unread(400, "The request is malformed."), unread(505, "The version of HTTP is 1.1.")
	hello := "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + strings.Repeat("r", 32) + "\x00\x00\x04\x13\x01\x13\x02\x01\x00\r\n\r\n"
	return []transportInput{
		{line, "HTTP/0.9", "GET /api/v3/ping\r\n\r\n", broken},
		{line, "HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", broken},
		{line, "HTTP/2.0", "GET /api/v3/ping HTTP/2.0\r\nHost: x\r\n\r\n", version},
		{line, "HTTP/1.2", "POST /api/v3/order?{signed} HTTP/1.2\r\nHost: x\r\n" + key + "\r\n\r\n", version},
		{line, "HTTP/0.1", "GET /api/v3/ping HTTP/0.1\r\nHost: x\r\n\r\n", version},
		{line, "a version that is none", "GET /api/v3/ping HTTP/one\r\nHost: x\r\n\r\n", broken},
		{line, "another name", "GET /api/v3/ping ICAP/1.0\r\nHost: x\r\n\r\n", broken},
		{line, "an upgrade to h2c of a websocket", head("GET /ws", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"), refusal(426, -1020, "This operation is not supported.")},
		{line, "TLS", hello, broken},
		{line, "SSH", "SSH-2.0-OpenSSH_9.6\r\n\r\n", broken},
		{line, "SMTP", "EHLO mail.example\r\n\r\n", broken},
		{line, "FIX", "8=FIX.4.4\x019=65\x0135=A\x01\r\n\r\n", broken},
		{line, "a frame of a websocket", "\x81\x85abcdabcde\r\n\r\n", broken},
		{line, "random bytes", "\xff\xfe\xfd\xfc\x00\x01\x02\r\n\r\n", broken},
	}
}

// pipelined are requests behind others on one connection.
func pipelined(g *target) []input {
	const line = "pipelining"
	all := func(text string, most int) func(*testing.T) string {
		return func(t *testing.T) string {
			return strings.Join(g.rawAll(t, strings.ReplaceAll(text, "{signed}", g.signedOrder(bob)), most), "\n")
		}
	}
	bad := head(anOrder, key, "X: a\r\n b")
	fold := unread(400, "A header goes on in another line.")
	return []input{
		{line, "an order behind what is malformed", all(bad+head(anOrder, key), 2), fold + "\n" + hungUp, nothing},
		{line, "an order in the body of what is malformed", all(head("POST /api/v3/order/test", key, "Content-Length: 5", "Transfer-Encoding: chunked")+"0\r\n\r\n"+head(anOrder, key), 2), unread(400, "The request has a length and a transfer encoding.") + "\n" + hungUp, nothing},
		{line, "an order behind a length that is too short", all(withBody("POST /api/v3/order/test", "x", key)+"x"+head(anOrder, "X-MBX-APIKEY: nobody"), 2), mandatory("symbol") + "\n" + refusal(405, -1020, "This operation is not supported.") + " allow POST, DELETE, GET", nothing},
		{line, "a hundred bad ones", all(strings.Repeat(head("GET /api/v3/depth?symbol=NOSUCH"), 100), 100), strings.Repeat(noSymbol+"\n", 99) + noSymbol, nothing},
	}
}

// acceptedTransport looks wrong and is right.
func acceptedTransport() []transportInput {
	return []transportInput{
		{"expectation", "a client that asks to go on", withBody("POST /api/v3/order/test", "x", key, "Expect: 100-continue"), "100 "},
		{"body of a GET", "an empty body of a GET", head(ping, "Content-Length: 0", form), "200 {}"},
		{"other protocols", "HTTP/1.0", "GET /api/v3/ping HTTP/1.0\r\n\r\n", "200 {}"},
		{"other protocols", "an offer of h2c is passed over", head(ping, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"), "200 {}"},
		{"path", "slashes that stand together", head("GET //api//v3/ping"), "200 {}"},
		{"path", "a letter behind an escape", head("GET /api/v3/pin%67"), "200 {}"},
		{"query", "a parameter that nobody knows", head(ping + "?x=1"), "200 {}"},
		{"query", "an & at the beginning", head(ping + "?&x=1"), "200 {}"},
		{"line ends and control bytes", "an empty line before the request", "\r\n" + head(ping), "200 {}"},
		{"line ends and control bytes", "a first line that ends in a bare line feed", "GET /api/v3/ping HTTP/1.1\nHost: x\r\n\r\n", "200 {}"},
		{"twice", "a header twice that says nothing here", head(ping, "Accept: a", "Accept: b"), "200 {}"},
	}
}
