package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// socketInput is what a websocket begins with, or bytes that are sent on one.
type socketInput struct {
	line, name string
	text       string
	want       string
}

// The headers of a handshake.
var goodShake = []string{ //nolint:gochecknoglobals // a table
	"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
}

// shake writes a handshake of which one header is another one, or missing.
func shake(target string, headers ...string) string {
	var all []string
	for _, good := range goodShake {
		name, _, _ := strings.Cut(good, ":")
		for _, h := range headers {
			if strings.HasPrefix(h, name) {
				good = h
			}
		}
		if !strings.HasSuffix(good, ":") {
			all = append(all, good)
		}
	}
	for _, h := range headers {
		if !strings.HasPrefix(h, "Connection") && !strings.HasPrefix(h, "Upgrade") && !strings.HasPrefix(h, "Sec-WebSocket-Version") && !strings.HasPrefix(h, "Sec-WebSocket-Key") {
			all = append(all, h)
		}
	}
	return head("GET "+target, all...)
}

// socketInputs is the list of websockets.
func socketInputs(t *testing.T, g *target) inputList {
	t.Helper()
	list := inputList{name: "websocket", lines: []inputLine{
		{text: "upgrade"},
		{text: "version"},
		{text: "key of a handshake"},
		{text: "origin"},
		{text: "compression"},
		{text: "query of a handshake"},
		{text: "unmasked frame"},
		{text: "reserved bits"},
		{text: "opcode"},
		{text: "control frame"},
		{text: "length"},
		{text: "fragments"},
		{text: "close"},
		{text: "UTF-8"},
		{text: "long message"},
		{text: "binary"},
		{text: "subscription"},
		{text: "private streams"},
		{text: "many messages"},
		{text: "no pong"},
		{text: "a resumption from a sequence", elsewhere: "the wire format has none: a client that was away asks for what it has missed"},
		{text: "no logon in 5 seconds", elsewhere: "nobody has to log on, since each request may be signed for itself"},
	}}
	for _, c := range shakeInputs() {
		list.bad = append(list.bad, input{c.line, c.name, func(t *testing.T) string { return withoutText(g.raw(t, c.text)) }, c.want, nothing})
	}
	for _, c := range frameInputs() {
		list.bad = append(list.bad, input{c.line, c.name, func(t *testing.T) string {
			return g.frames(t, "/ws-api/v3", c.text+g.orderFrame())
		}, c.want, nothing})
	}
	list.bad = append(list.bad, limitInputs(t, g)...)
	list.accepted = acceptedSockets(g)
	return list
}

// withoutText cuts the text off an answer that is an error of the edge: who reads
// it is a person.
func withoutText(answer string) string {
	short, _, _ := strings.Cut(answer, `,"msg"`)
	return short
}

func shakeInputs() []socketInput {
	const upgrade, version, key, query = "upgrade", "version", "key of a handshake", "query of a handshake"
	const required, broken = `426 {"code":-1020`, `400 {"code":-1000`
	long := strings.Repeat("x", 257)
	return []socketInput{
		{upgrade, "no upgrade", head("GET /ws"), required},
		{upgrade, "no upgrade of the websocket API", head("GET /ws-api/v3"), required},
		{upgrade, "no upgrade of combined streams", head("GET /stream?streams=tight@trade"), required},
		{upgrade, "an upgrade to something else", shake("/ws", "Upgrade: h2c"), required},
		{upgrade, "an empty upgrade", shake("/ws", "Upgrade:"), required},
		{upgrade, "a connection that does not upgrade", shake("/ws", "Connection: keep-alive"), required},
		{upgrade, "no connection", shake("/ws", "Connection:"), required},
		{upgrade, "a POST", strings.Replace(shake("/ws"), "GET", "POST", 1), `405 {"code":-1000`},
		{upgrade, "a path that is not there", shake("/ws-api/v4"), `404 {"code":-1020`},
		{version, "version 12", shake("/ws", "Sec-WebSocket-Version: 12"), required},
		{version, "version 8", shake("/ws-api/v3", "Sec-WebSocket-Version: 8"), required},
		{version, "version 0", shake("/ws", "Sec-WebSocket-Version: 0"), required},
		{version, "a list of versions", shake("/ws", "Sec-WebSocket-Version: 8, 13"), required},
		{version, "no version", shake("/ws", "Sec-WebSocket-Version:"), required},
		{key, "no key for a websocket", shake("/ws", "Sec-WebSocket-Key:"), broken},
		{key, "a key of 15 bytes", shake("/ws", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"), broken},
		{key, "a key of 17 bytes", shake("/ws", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA="), broken},
		{key, "a key that is no base64", shake("/ws", "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="), broken},
		{query, "an unknown unit of time of streams", shake("/ws?timeUnit=NANOSECOND"), `400 {"code":-1194`},
		{query, "an unknown unit of time of the websocket API", shake("/ws-api/v3?timeUnit=NANOSECOND"), `400 {"code":-1194`},
		{query, "binary answers", shake("/ws-api/v3?responseFormat=sbe"), `400 {"code":-1155`},
		{query, "answers of an unknown form", shake("/ws-api/v3?responseFormat=xml"), `400 {"code":-1130`},
		{query, "limits that are neither shown nor not, for a connection", shake("/ws-api/v3?returnRateLimits=maybe"), `400 {"code":-1130`},
		{query, "an escape in a query that is none", shake("/ws-api/v3?x=%zz"), broken},
		{"subscription", "a stream of 257 bytes in the path", shake("/ws/" + long), `400 {"code":-1101`},
		{"subscription", "a stream of 257 bytes in the query", shake("/stream?streams=" + long), `400 {"code":-1101`},
		{"subscription", "1025 streams in the query", shake("/stream?streams=" + manyStreams("/")), `400 {"code":-1101`},
	}
}

// manyStreams returns the names of one stream more than there may be.
func manyStreams(separator string) string {
	names := make([]string, 1025)
	for i := range names {
		names[i] = fmt.Sprintf("s%d@t", i)
	}
	return strings.Join(names, separator)
}

// whole writes the only frame of a message.
func whole(opcode byte, payload string) string { return string(frameOf(frameFinal|opcode, payload)) }

// begun writes the first frame of a message that goes on.
func begun(opcode byte, payload string) string { return string(frameOf(opcode, payload)) }

// orderFrame is a good order, which must not be placed behind what ends the
// connection.
func (g *target) orderFrame() string {
	list := append(pairs(wideLimit), [2]string{"apiKey", bob}, [2]string{"timestamp", numeral(g.stamp())})
	return whole(frameText, message("order.place", append(list, [2]string{"signature", g.keys[bob].sign(payloadOf(list))})))
}

// frames opens a websocket, sends bytes, and returns the first that it is told, pings
// aside: of a close frame the code.
func (g *target) frames(t *testing.T, path, text string) string {
	t.Helper()
	p := g.websocket(t, path)
	defer p.Close() //nolint:errcheck // it was only read
	written := make(chan struct{})
	go func() {
		defer close(written)
		_ = p.say([]byte(text)) // the exchange may close before it has taken all
	}()
	for {
		got, err := p.next()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(got, "ping:") || strings.HasPrefix(got, "pong:") {
			continue
		}
		_ = p.Close() // so that nothing is written any more
		<-written
		if code, _, ok := strings.Cut(got, " "); ok && strings.HasPrefix(got, "close:") {
			return code
		}
		return got
	}
}

func frameInputs() []socketInput {
	const broken, notUTF8, tooLong = "close:1002", "close:1007", "close:1009"
	const ping = `{"id":1,"method":"ping"}`
	list := []socketInput{
		{"unmasked frame", "an unmasked text", "\x81\x18" + ping, broken},
		{"unmasked frame", "an unmasked ping", "\x89\x00", broken},
		{"unmasked frame", "an unmasked close", "\x88\x02\x03\xe8", broken},
		{"control frame", "a ping of 126 bytes", whole(framePing, strings.Repeat("x", 126)), broken},
		{"control frame", "a close of 126 bytes", whole(frameClose, codeAnd(1000, strings.Repeat("x", 124))), broken},
		{"control frame", "a ping in two parts", begun(framePing, "x"), broken},
		{"control frame", "a close in two parts", begun(frameClose, codeAnd(1000, "")), broken},
		{"length", "the highest bit of a length", "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x01" + "maskx", broken},
		{"length", "all bits of a length", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" + "maskx", broken},
		{"fragments", "a part of nothing", whole(frameMore, ping), broken},
		{"fragments", "a part of nothing that goes on", begun(frameMore, ping), broken},
		{"fragments", "a message inside another", begun(frameText, ping) + whole(frameText, ping), broken},
		{"fragments", "a beginning inside another message", begun(frameText, ping) + begun(frameText, ping), broken},
		{"close", "a code of one byte", whole(frameClose, "\x03"), broken},
		{"close", "a reason that is no UTF-8", whole(frameClose, codeAnd(1000, "\xff")), notUTF8},
		{"UTF-8", "a text that is none", whole(frameText, "\xff"), notUTF8},
		{"UTF-8", "a character cut at the end", whole(frameText, "\xe2\x82"), notUTF8},
		{"UTF-8", "a surrogate", whole(frameText, "\xed\xa0\x80"), notUTF8},
		{"UTF-8", "a text in parts that is none", begun(frameText, "a\xe2") + whole(frameMore, "b"), notUTF8},
		{"long message", "65,537 bytes", whole(frameText, strings.Repeat("x", 64<<10+1)), tooLong},
		{"long message", "two parts of 40,000 bytes", begun(frameText, strings.Repeat("x", 40_000)) + whole(frameMore, strings.Repeat("x", 40_000)), tooLong},
		{"long message", "a head that announces a gigabyte", "\x81\xff\x00\x00\x00\x00\x40\x00\x00\x00" + "mask", tooLong},
		{"binary", "a binary message", whole(frameBinary, ping), "close:1003"},
		{"binary", "an empty binary message", whole(frameBinary, ""), "close:1003"},
	}
	for bit, name := range map[byte]string{0x40: "first", 0x20: "second", 0x10: "third"} {
		list = append(list, socketInput{"reserved bits", "the " + name + " bit of a text", whole(bit|frameText, ping), broken})
	}
	for _, op := range []byte{3, 7, 11, 15} {
		list = append(list, socketInput{"opcode", fmt.Sprintf("opcode %d", op), whole(op, ping), broken})
	}
	for _, n := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535} {
		list = append(list, socketInput{"close", fmt.Sprintf("code %d", n), whole(frameClose, codeAnd(n, "")), broken})
	}
	return list
}

// limitInputs go beyond the limits of a connection, most of them at an exchange with
// low ones.
func limitInputs(t *testing.T, g *target) []input {
	t.Helper()
	strict := openPlain(t, "--messages-per-second", "20", "--controls-per-second", "10", "--pong-wait", "300ms", "--ping-interval", "100ms", "--message-bytes", "1024")
	at := func(send func(t *testing.T) string) func(t *testing.T) string {
		return func(t *testing.T) string {
			answer := send(t)
			if now := strict.look(t); now != strict.before {
				t.Error("the exchange with low limits has changed")
			}
			return answer
		}
	}
	t.Cleanup(func() { strict.checkRefusals(t) })
	flood := func(path, frames string) func(t *testing.T) string {
		return at(func(t *testing.T) string { return strict.lastWord(t, path, frames) })
	}
	list := strings.Repeat(whole(frameText, `{"method":"LIST_SUBSCRIPTIONS","id":1}`), 21)
	many := `{"method":"SUBSCRIBE","params":["` + manyStreams(`","`) + `"],"id":1}`
	return []input{
		{"many messages", "21 requests at once", flood("/ws-api/v3", strings.Repeat(whole(frameText, `{"id":1,"method":"ping"}`), 21)), "closed 1008", nothing},
		{"many messages", "21 pings at once", flood("/ws", strings.Repeat(whole(framePing, "x"), 21)), "closed 1008", nothing},
		{"many messages", "21 control messages at once", flood("/ws", list), "closed 1008", nothing},
		{"no pong", "no answer to pings", flood("/ws", ""), "closed 1008", nothing},
		{"no pong", "pongs that answer nothing", flood("/ws-api/v3", strings.Repeat(whole(framePong, "1"), 5)), "closed 1008", nothing},
		{"long message", "1,025 bytes where 1,024 are the most", flood("/ws", whole(frameText, strings.Repeat("x", 1025))), "closed 1009", nothing},
		{"subscription", "1,025 streams", func(t *testing.T) string { return g.control(t, many) }, `{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":1}`, nothing},
		{"private streams", "user data of nobody", func(t *testing.T) string { return g.ask(t, `{"id":1,"method":"userDataStream.subscribe"}`) }, unauthorized, nothing},
	}
}

// openPlain serves an exchange in which nothing stands.
func openPlain(t *testing.T, flags ...string) *target {
	t.Helper()
	g := &target{venue: openVenue(t, t.TempDir(), flags...)}
	g.host = strings.TrimPrefix(g.url, "http://")
	g.before = g.look(t)
	g.prepared = g.before.seq
	return g
}

// lastWord opens a websocket, sends frames, passes over the answers and returns how it
// ends.
func (g *target) lastWord(t *testing.T, path, frames string) string {
	t.Helper()
	ws := g.open(t, path)
	defer ws.Close() //nolint:errcheck // it has ended
	ws.SetPingHandler(func(string) error { return nil })
	if err := ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(ws.NetConn(), frames); err != nil {
		t.Fatal(err)
	}
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			return closeOf(t, err)
		}
	}
}

// acceptedSockets look wrong and are right.
func acceptedSockets(g *target) []input {
	opens := func(line, name, text string) input {
		return input{line, name, func(t *testing.T) string { return g.raw(t, text) }, "101 ", nothing}
	}
	return []input{
		opens("origin", "a page of another site: nothing that a browser adds by itself opens anything", shake("/ws", "Origin: https://elsewhere.example")),
		opens("origin", "an origin that is none", shake("/ws-api/v3", "Origin: null")),
		opens("compression", "an offer of compression is declined", shake("/ws", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")),
		opens("upgrade", "one of several protocols", shake("/ws", "Sec-WebSocket-Protocol: a, b")),
		opens("upgrade", "an upgrade in capitals", shake("/ws", "Upgrade: WEBSOCKET", "Connection: keep-alive, UPGRADE")),
		opens("subscription", "an unknown path of streams", shake("/ws/0")),
		opens("subscription", "a stream twice", shake("/ws/tight@trade/tight@trade")),
		opens("private streams", "a listen key that is not there is silent", shake("/ws/"+strings.Repeat("a", 64))),
		opens("query of a handshake", "no streams", shake("/stream?streams=")),
		{"fragments", "a request in three parts", func(t *testing.T) string {
			return g.frames(t, "/ws-api/v3?returnRateLimits=false", begun(frameText, `{"id":1,`)+begun(frameMore, `"method":`)+whole(framePing, "")+whole(frameMore, `"ping"}`))
		}, `text:{"id":1,"status":200,"result":{}}`, nothing},
		{"close", "a close without a code", func(t *testing.T) string { return g.frames(t, "/ws", whole(frameClose, "")) }, "close:", nothing},
		{"close", "a close of an application", func(t *testing.T) string { return g.frames(t, "/ws", whole(frameClose, "\x0f\xa0bye")) }, "close:4000", nothing},
	}
}
