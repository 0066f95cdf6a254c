package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// limitFlag is a flag, and whether it is a limit: a number or a duration.
type limitFlag struct {
	name    string
	isLimit bool
}

func flagsOf(g settingGroup) (list []limitFlag) {
	g.flags.VisitAll(func(f *pflag.Flag) {
		kind := f.Value.Type()
		list = append(list, limitFlag{f.Name, kind == "N" || kind == "N|none" || kind == "DURATION"})
	})
	return list
}

// refusedBeyond is how who is one too many is answered.
func refusedBeyond(n int) string {
	return fmt.Sprintf(`{"code":-1034,"msg":"Too many concurrent connections; current limit is '%d'."}`, n)
}

func connectionLimits() []limitCase {
	return []limitCase{
		{flag: "connections", value: "3", show: showConnections},
		{flag: "connections-per-ip", value: "2", show: showConnectionsPerIP},
		{flag: "header-bytes", value: "1024", show: showHeaderBytes},
		{flag: "body-bytes", value: "1024", show: showBodyBytes},
		{flag: "answer-bytes", value: "1048576", show: showAnswerBytes},
		{flag: "read-timeout", value: briefText, show: showReadTimeout},
		{flag: "write-timeout", value: briefText, show: showWriteTimeout},
		{flag: "idle-timeout", value: briefText, show: showIdleTimeout},
	}
}

func showConnections(t *testing.T, v *venue) {
	var open []*socketPeer
	for range 3 {
		open = append(open, v.peer(t))
	}
	v.peer(t).answers(t, "the fourth", 429, refusedBeyond(3))
	for i, p := range open {
		if status, _, _, err := p.get("/api/v3/ping", ""); status != 200 {
			t.Errorf("connection %d: %d %v", i, status, err)
		}
	}
	v.makesRoom(t, open[0], "")
}

func showConnectionsPerIP(t *testing.T, v *venue) {
	first := v.websocket(t, "/ws")
	second := v.peer(t)
	if status, _, _, err := second.get("/api/v3/ping", ""); status != 200 {
		t.Errorf("the second: %d %v", status, err)
	}
	v.peer(t).answers(t, "the third", 429, refusedBeyond(2))
	other, err := v.dialFrom("127.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // it is done with
	if status, _, _, err := other.get("/api/v3/ping", ""); status != 200 {
		t.Errorf("from another address: %d %v", status, err)
	}
	v.makesRoom(t, first, "")
}

// makesRoom ends one of as many connections as may be, which makes room for another.
func (v *venue) makesRoom(t *testing.T, one *socketPeer, from string) {
	t.Helper()
	_ = one.Close()
	fit(t, "there is no room", func() bool {
		p, err := v.dialFrom(from)
		if err != nil {
			return false
		}
		defer p.Close() //nolint:errcheck // it is done with
		status, _, _, err := p.get("/api/v3/ping", "")
		return err == nil && status == 200
	})
}

func showHeaderBytes(t *testing.T, v *venue) {
	const most = 1024
	head := func(n int) string {
		whole := "GET /api/v3/ping HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n"
		return "X: " + strings.Repeat("y", n-len(whole)) + "\r\n"
	}
	if status, body, _, err := v.peer(t).get("/api/v3/ping", head(most)); status != 200 {
		t.Errorf("a head of %d bytes: %d %s, %v", most, status, body, err)
	}
	status, body, goesOn, err := v.peer(t).get("/api/v3/ping", head(most+1))
	if want := `{"code":-1000,"msg":"The head of the request is longer than 1024 bytes."}`; status != 431 || body != want || goesOn {
		t.Errorf("one byte more: %d %s, %v, want 431 %s", status, body, err, want)
	}
	if err := v.peer(t).upgrade("/ws/" + strings.Repeat("x", most)); err == nil {
		t.Error("a websocket with a longer head is opened")
	}
}

func showBodyBytes(t *testing.T, v *venue) {
	post := func(n int) *socketPeer {
		p := v.peer(t)
		if _, err := fmt.Fprintf(p, "POST /api/v3/order HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: k\r\nContent-Length: %d\r\n"+
			"Content-Type: application/x-www-form-urlencoded\r\n\r\n%s", n, strings.Repeat("a", n)); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if status, body, _, err := post(1024).answered(); status == 413 || err != nil {
		t.Errorf("a body of 1024 bytes: %d %s, %v", status, body, err)
	}
	post(1025).answers(t, "a body of 1025 bytes", 413, `{"code":-1000,"msg":"The body of the request is longer than 1024 bytes."}`)
}

// showAnswerBytes has one ask for large answers and not read them. Then others at its
// address have to wait for room, and who comes from elsewhere has not.
func showAnswerBytes(t *testing.T, v *venue) {
	const orders = 190
	_, alice := v.customer(holding{"USDT", "1000000"})
	p := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
	for i := range int64(orders) {
		p.tell(t, socketRequest(&alice, i, "order.place", restingOrder("BUY", "100.00")...))
	}
	for _, answer := range p.tellsTimes(t, orders) {
		if !strings.Contains(answer, `"status":200`) {
			t.Fatalf("an order: %s", answer)
		}
	}
	asks := func(from string) string {
		q, err := v.opened(from, "/ws-api/v3?returnRateLimits=false")
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close() //nolint:errcheck // it is done with
		q.tell(t, socketRequest(&alice, 1, "openOrders.status"))
		return q.tellsTimes(t, 1)[0]
	}
	questions := 0
	fit(t, "there is room at the same address", func() bool {
		for range 10 { // the operating system takes the first ones
			p.tell(t, socketRequest(&alice, 1, "openOrders.status"))
			questions++
		}
		return strings.Contains(asks("127.0.0.1"), `"status":503,"error":{"code":-1008,`)
	})
	if got := asks("127.0.0.2"); strings.Count(got, `"orderId":`) != orders {
		t.Errorf("at another address: %.200s", got)
	}
	whole := 0
	for _, answer := range p.tellsTimes(t, questions) {
		if strings.Contains(answer, `"status":200`) {
			whole++
		}
	}
	if whole == 0 || v.metric("exchange_large_answers_refused_total") == 0 {
		t.Errorf("%d of %d answers were made", whole, questions)
	}
	fit(t, "what was read is held", func() bool { return v.metric("exchange_large_answer_bytes") == 0 })
	if got := asks("127.0.0.1"); strings.Count(got, `"orderId":`) != orders {
		t.Errorf("when there is room again: %.200s", got)
	}
}

func showReadTimeout(t *testing.T, v *venue) {
	for what, request := range map[string]string{
		"half a head":      "GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n",
		"half a body":      "POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx",
		"half a handshake": handshakeAt("/ws")[:100],
	} {
		began := time.Now()
		p := v.peer(t)
		if _, err := io.WriteString(p, request); err != nil {
			t.Fatal(err)
		}
		p.answers(t, what, 408, `{"code":-1000,"msg":"The request did not arrive within 300ms."}`)
		p.endsAfter(t, 0, time.Second)
		if took := time.Since(began); took < brief || took > afterBrief {
			t.Errorf("%s: answered after %v", what, took)
		}
	}
}

// manyRequests are so many that their answers do not fit into the buffers of the
// operating system.
const manyRequests = 20_000

func showWriteTimeout(t *testing.T, v *venue) {
	p := v.peer(t)
	request := []byte("GET /api/v3/exchangeInfo HTTP/1.1\r\nHost: x\r\n\r\n")
	for range manyRequests {
		if err := p.say(request); err != nil {
			break // it was closed, or takes no more requests
		}
	}
	fit(t, "the connection is open", func() bool { return v.metric("exchange_connections") == 1 }) // that of the question
	n := 0
	for ; ; n++ {
		if _, _, _, err := p.answered(); err != nil {
			break
		}
	}
	if n == manyRequests {
		t.Error("all requests were answered to one who did not read")
	}
}

func showIdleTimeout(t *testing.T, v *venue) {
	p := v.peer(t)
	for range 3 {
		if status, _, goesOn, err := p.get("/api/v3/ping", ""); status != 200 || !goesOn {
			t.Fatalf("%d, goes on: %v, %v", status, goesOn, err)
		}
	}
	p.endsAfter(t, brief-50*time.Millisecond, afterBrief)
}

func websocketLimits() []limitCase {
	long := []string{"--stall-timeout", "1m"}
	return []limitCase{
		{flag: "websockets", value: "2", show: showWebsockets},
		{flag: "message-bytes", value: "600", show: showMessageBytes},
		{flag: "messages-per-second", value: "20", show: showMessagesPerSecond},
		{flag: "controls-per-second", value: "10", show: showControlsPerSecond},
		{flag: "queue-bytes", value: "65536", more: long, show: showQueueBytes},
		{flag: "socket-bytes", value: "8192", more: append(long, "--queue-bytes", "67108864"), show: showSocketBytes},
		{flag: "stall-timeout", value: briefText, more: []string{"--queue-bytes", "67108864"}, show: showStallTimeout},
		{flag: "ping-interval", value: "100ms", show: showPingInterval},
		{flag: "pong-wait", value: briefText, more: []string{"--ping-interval", "100ms"}, show: showPongWait},
		{flag: "websocket-life", value: briefText, show: showLife},
		{flag: "close-wait", value: briefText, show: showCloseWait},
		{flag: "subscriptions", value: "3", show: showSubscriptions},
		{flag: "streams", value: "2", show: showStreams},
		{flag: "listen-keys", value: "1", show: showListenKeys},
		{flag: "listen-key-life", value: "600ms", show: showListenKeyLife},
	}
}

func showWebsockets(t *testing.T, v *venue) {
	first := v.websocket(t, "/ws")
	v.websocket(t, "/ws-api/v3")
	third := v.peer(t)
	if err := third.say([]byte(handshakeAt("/stream"))); err != nil {
		t.Fatal(err)
	}
	third.answers(t, "the third", 429, refusedBeyond(2))
	if status, _, _, err := v.peer(t).get("/api/v3/ping", ""); status != 200 {
		t.Errorf("HTTP: %d %v", status, err)
	}
	_ = first.Close()
	fit(t, "there is no room", func() bool {
		p, err := v.dialFrom("")
		if err != nil {
			return false
		}
		defer p.Close() //nolint:errcheck // it is done with
		return p.upgrade("/stream") == nil
	})
}

func showMessageBytes(t *testing.T, v *venue) {
	for i := range framePlaces {
		place := &framePlaces[i]
		for _, row := range []frameRow{
			{"as many bytes as may be", textFrame(padded(600)), heard(heardAnswer)},
			{"as many in parts", parts(padded(300), strings.Repeat(" ", 300)), heard(heardAnswer)},
			{"one more", textFrame(padded(601)), heard("close:1009 a message is longer than 600 bytes")},
			{"one more in parts", parts(padded(300), strings.Repeat(" ", 301)), heard("close:1009 a message is longer than 600 bytes")},
		} {
			if err := v.sendFrames(place, &row, 1<<20); err != nil {
				t.Errorf("%s: %s: %v", place.path, row.name, err)
			}
		}
	}
}

// showMessagesPerSecond counts messages, pings, pongs and parts of nothing: each may
// come as often as all.
func showMessagesPerSecond(t *testing.T, v *venue) {
	const most = 20
	ask := textFrame(question)
	for i := range framePlaces {
		place := &framePlaces[i]
		p := v.websocket(t, place.path)
		if err := p.say(slices.Repeat(ask, most)); err != nil {
			t.Fatal(err)
		}
		for n := range most {
			if err := p.hears(place, heardAnswer); err != nil {
				t.Errorf("%s: message %d: %v", place.path, n+1, err)
			}
		}
		for what, flood := range map[string][]byte{
			"messages": ask, "pings": pingFrame("x"), "pongs": frameOf(frameFinal|framePong, "x"),
			"further parts of nothing": frameOf(frameMore, ""), "binary and text": all(ask, ask),
		} {
			p := v.websocket(t, place.path)
			if what == "further parts of nothing" {
				flood = all(slices.Repeat(flood, 3*most), flood)
				if err := p.say(frameOf(frameText, "{")); err != nil {
					t.Fatal(err)
				}
			}
			_ = p.say(slices.Repeat(flood, 3*most)) // it may end before all are sent
			if got, err := p.untilClosed(); got != "close:1008 too many messages" {
				t.Errorf("%s: too many %s: heard %q, %v", place.path, what, got, err)
			}
		}
	}
	if got, want := v.metric("exchange_flood_closes_total"), float64(5*len(framePlaces)); got != want {
		t.Errorf("%v floods are counted, want %v", got, want)
	}
}

func showControlsPerSecond(t *testing.T, v *venue) {
	for _, path := range []string{"/ws", "/stream"} {
		p := v.websocket(t, path)
		if err := p.say(all(slices.Repeat(pingFrame("x"), 100), slices.Repeat(textFrame(question), 20))); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			p.hearsOf(t, "pong:x")
		}
		for range 20 {
			p.hearsOf(t, `text:{"error":`)
		}
		_ = p.say(slices.Repeat(textFrame(question), 40)) // it may end before all are sent
		if got, err := p.untilClosed(); got != "close:1008 too many control messages" {
			t.Errorf("%s: heard %q, %v", path, got, err)
		}
	}
	p := v.websocket(t, "/ws-api/v3?returnRateLimits=false") // where there are none such
	if err := p.say(slices.Repeat(textFrame(question), 60)); err != nil {
		t.Fatal(err)
	}
	for range 60 {
		p.hearsOf(t, framePlaces[2].answer)
	}
}
