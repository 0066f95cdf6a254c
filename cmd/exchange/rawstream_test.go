package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// The messages of a trade of 0.001 BTC at 20000 on a connection that tells trades.
const (
	rawTrade = `{"e":"trade","E":1772447400000,"s":"BTCUSDT","t":"<id>","p":"20000.00000000","q":"0.00100000","T":1772447400000,"m":false,"M":true}`
	rawNamed = `{"stream":"btcusdt@trade","data":` + rawTrade + `}`
)

// cross has two orders of one symbol trade 0.001 at 20000, bought by the taker.
func (r *rawVenue) cross(maker, taker *rawKey) {
	r.t.Helper()
	r.limit(maker, "SELL", "0.001", "20000")
	if o := r.limit(taker, "BUY", "0.001", "20000"); o.Status != "FILLED" {
		r.t.Fatalf("the taker is %+v", o)
	}
}

// TestRawStreamPaths opens market streams at every path, subscribed by the path or by
// a message, and looks at the form in which a trade comes.
func TestRawStreamPaths(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	maker, taker := r.rich(), r.rich()
	const subscribe = `{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}`
	type listener struct {
		*rawSocket
		path, want string
	}
	var all []listener
	for _, c := range []struct {
		path  string
		named bool
		asks  bool // subscribes by a message
	}{
		{"/ws", false, true},
		{"/ws/", false, true},
		{"/ws/0", false, true}, // clients number their connections
		{"/ws/x", false, true},
		{"/ws/nosuchsymbol@trade", false, true},
		{"/ws/btcusdt@trade", false, false},
		{"/ws/btcusdt@trade/x", false, false},
		{"/ws/nosuchsymbol@trade/btcusdt@trade", false, false},
		{"/ws/btcusdt@trade?timeUnit=MILLISECOND", false, false},
		{"/stream", true, true},
		{"/stream?streams=", true, true},
		{"/stream?streams=x", true, true},
		{"/stream?streams=btcusdt@trade", true, false},
		{"/stream?streams=btcusdt@trade/ethusdt@trade", true, false},
		{"/stream?streams=btcusdt%40trade", true, false},
		{"/stream/ws", false, true},
		{"/stream/ws/0", false, true},
		{"/stream/ws/btcusdt@trade", false, false},
	} {
		l := listener{r.dial(c.path), c.path, rawTrade}
		if c.named {
			l.want = rawNamed
		}
		if c.asks {
			rawMatch(t, c.path, `{"result":null,"id":1}`, l.ask(subscribe), nil)
		}
		all = append(all, l)
	}
	r.cross(&maker, &taker)
	for _, l := range all {
		rawMatch(t, l.path, l.want, l.event(), r.vars)
	}
}

// TestRawStreamProperties turns the names of streams on and off.
func TestRawStreamProperties(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	maker, taker := r.rich(), r.rich()
	for _, c := range []struct {
		path  string
		named bool
	}{{"/ws", false}, {"/stream", true}} {
		s := r.dial(c.path)
		rawMatch(t, c.path, `{"result":null,"id":1}`, s.ask(`{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}`), nil)
		for id, named := range []bool{c.named, true, false, true, true, false} {
			if id > 0 {
				rawMatch(t, "set", fmt.Sprintf(`{"result":null,"id":%d}`, id), s.ask(fmt.Sprintf(`{"method":"SET_PROPERTY","params":["combined",%t],"id":%d}`, named, id)), nil)
			}
			rawMatch(t, "get", fmt.Sprintf(`{"result":%t,"id":%d}`, named, id), s.ask(fmt.Sprintf(`{"method":"GET_PROPERTY","params":["combined"],"id":%d}`, id)), nil)
			r.cross(&maker, &taker)
			want := rawTrade
			if named {
				want = rawNamed
			}
			rawMatch(t, fmt.Sprintf("%s, combined %t", c.path, named), want, s.event(), nil)
		}
	}
}

// TestRawStreamControl sends control messages, right ones and wrong ones, on a plain
// connection and on a combined one.
func TestRawStreamControl(t *testing.T) {
	t.Parallel()
	r := openRaw(t, "--subscriptions", "4", "--controls-per-second", "none")
	const variants = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"
	refused := func(code int, text, id string) string {
		return fmt.Sprintf(`{"error":%s,"id":%s}`, rawError(code, text), id)
	}
	for _, path := range []string{"/ws", "/stream"} {
		s := r.dial(path)
		for i, c := range []struct{ text, want string }{
			// Ids of every kind come back as they were.
			{`{"method":"LIST_SUBSCRIPTIONS","id":3}`, `{"result":[],"id":3}`},
			{`{"method":"LIST_SUBSCRIPTIONS","params":[],"id":9223372036854775807}`, `{"result":[],"id":9223372036854775807}`},
			{`{"method":"LIST_SUBSCRIPTIONS","id":-1}`, `{"result":[],"id":-1}`},
			{`{"method":"LIST_SUBSCRIPTIONS","id":"9dc1b2a5-7e1c-4c25-9a6d-0a53ea1f10d7"}`, `{"result":[],"id":"9dc1b2a5-7e1c-4c25-9a6d-0a53ea1f10d7"}`},
			{`{"method":"LIST_SUBSCRIPTIONS","id":""}`, `{"result":[],"id":""}`},
			{`{"method":"LIST_SUBSCRIPTIONS","id":null}`, `{"result":[],"id":null}`},
			{`{"method":"LIST_SUBSCRIPTIONS"}`, `{"result":[],"id":null}`},

			{`{"method":"SUBSCRIBE","params":["btcusdt@aggTrade","ethusdt@depth"],"id":1}`, `{"result":null,"id":1}`},
			{`{"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":2}`, `{"result":null,"id":2}`},
			{`{"method":"LIST_SUBSCRIPTIONS","id":3}`, `{"result":["btcusdt@aggTrade","ethusdt@depth"],"id":3}`},
			{`{"method":"SUBSCRIBE","params":["xyz@trade","notastream"],"id":4}`, `{"result":null,"id":4}`},
			{`{"method":"SUBSCRIBE","params":["ethbtc@trade"],"id":5}`, refused(2, "Invalid request: too many parameters", "5")},
			{`{"method":"UNSUBSCRIBE","params":["btcusdt@aggTrade","never"],"id":6}`, `{"result":null,"id":6}`},
			{`{"method":"UNSUBSCRIBE","params":["xyz@trade","notastream"],"id":7}`, `{"result":null,"id":7}`},
			{`{"method":"LIST_SUBSCRIPTIONS","id":8}`, `{"result":["ethusdt@depth"],"id":8}`},
			{`{"method":"SUBSCRIBE","params":[],"id":9}`, `{"result":null,"id":9}`},

			{`{"method":"GET_PROPERTY","params":["speed"],"id":1}`, refused(0, "Unknown property", "1")},
			{`{"method":"SET_PROPERTY","params":["speed",true],"id":1}`, refused(0, "Unknown property", "1")},
			{`{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}`, refused(1, "Invalid value type: expected Boolean", "1")},
			{`{"method":"SET_PROPERTY","params":["combined",1],"id":1}`, refused(1, "Invalid value type: expected Boolean", "1")},
			{`{"method":"SET_PROPERTY","params":["combined"],"id":1}`, refused(1, "Invalid value type: expected Boolean", "1")},
			{`{"method":"SET_PROPERTY","params":[true],"id":1}`, refused(2, "Invalid request: property name must be a string", "1")},
			{`{"method":"GET_PROPERTY","params":[1],"id":1}`, refused(2, "Invalid request: property name must be a string", "1")},
			{`{"method":"GET_PROPERTY","params":["combined","x"],"id":1}`, refused(2, "Invalid request: too many parameters", "1")},
			{`{"method":"SET_PROPERTY","params":["combined",true,1],"id":1}`, refused(2, "Invalid request: too many parameters", "1")},
			{`{"method":"subscribe","params":[],"id":1}`, refused(2, "Invalid request: unknown variant `subscribe`, expected one of "+variants, "1")},
			{`{"method":"PING","id":"a"}`, refused(2, "Invalid request: unknown variant `PING`, expected one of "+variants, `"a"`)},
			{`{"params":["btcusdt@trade"],"id":1}`, refused(2, "Invalid request: missing field `method`", "1")},
			{`{}`, refused(2, "Invalid request: missing field `method`", "null")},
			{`{"method":"LIST_SUBSCRIPTIONS","id":1.5}`, refused(2, "Invalid request: request ID must be an unsigned integer", "null")},
			{`{"method":"LIST_SUBSCRIPTIONS","id":[1]}`, refused(2, "Invalid request: request ID must be an unsigned integer", "null")},
			{`{"method":"LIST_SUBSCRIPTIONS","id":"` + strings.Repeat("a", 37) + `"}`, refused(2, "Invalid request: request ID must be an unsigned integer", "null")},
			{`{"method":"SUBSCRIBE","params":[7],"id":1}`, refused(2, "Invalid request: invalid stream", "1")},
			{`{"method":"SUBSCRIBE","params":[""],"id":1}`, refused(2, "Invalid request: invalid stream", "1")},
			{`hello`, refused(3, "Invalid JSON: expected value at line 1 column 1", "null")},
			{`{"method":"LIST_SUBSCRIPTIONS","id":10}`, `{"result":["ethusdt@depth"],"id":10}`},
		} {
			if got := s.ask(c.text); len(rawDiff(c.want, got, nil)) > 0 {
				t.Errorf("%s, message %d, %s:\n got %s\nwant %s", path, i, c.text, got, c.want)
			}
		}
	}
}

// TestRawStreamRefusals opens websockets that are refused, and asks for a websocket
// without wanting one.
func TestRawStreamRefusals(t *testing.T) {
	t.Parallel()
	r := openRaw(t, "--subscriptions", "4")
	const unit = "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
	for _, c := range []struct {
		path   string
		status int
		body   string
	}{
		{"/ws/btcusdt@trade?timeUnit=NANOSECOND", 400, rawError(-1194, unit)},
		{"/stream?streams=btcusdt@trade&timeUnit=Microsecond", 400, rawError(-1194, unit)},
		{"/ws-api/v3?timeUnit=SECOND", 400, rawError(-1194, unit)},
		{"/ws-api/v3?responseFormat=sbe", 400, rawError(-1155, "SBE is not enabled.")},
		{"/ws-api/v3?returnRateLimits=maybe", 400, rawError(-1130, "Data sent for parameter 'returnRateLimits' is not valid.")},
		{"/ws/a/b/c/d/e", 400, `{"code":-1101,"msg":"<text>"}`},
		{"/ws-api/v4", 404, `{"code":-1020,"msg":"This operation is not supported."}`},
		{"/wsx", 404, `{"code":-1020,"msg":"This operation is not supported."}`},
		{"/streams", 404, `{"code":-1020,"msg":"This operation is not supported."}`},
	} {
		conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+r.host()+c.path, nil)
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s: was opened", c.path)
			continue
		}
		if resp == nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		body := make([]byte, 1024) // what the library has kept of it
		n, _ := resp.Body.Read(body)
		_ = resp.Body.Close()
		if diff := rawDiff(c.body, string(body[:n]), nil); resp.StatusCode != c.status || len(diff) > 0 || resp.Header.Get("Content-Type") != rawJSON {
			t.Errorf("%s: %d %s %v, want %d %s", c.path, resp.StatusCode, body[:n], resp.Header, c.status, c.body)
		}
	}
	a := r.get("/ws/btcusdt@trade")
	if a.status != http.StatusUpgradeRequired || a.header.Get("Upgrade") != "websocket" || a.header.Get("Content-Type") != rawJSON {
		t.Errorf("a stream over plain HTTP: %v %v", a, a.header)
	}
}

// rawJSON is the media type of all that is answered over HTTP.
const rawJSON = "application/json;charset=UTF-8"

// TestRawMicroseconds asks for times in both units: over HTTP by a header, over
// websockets by the query; and gives times in both.
func TestRawMicroseconds(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	maker, taker := r.rich(), r.rich()
	user := r.dial("/ws-api/v3?timeUnit=MICROSECOND&returnRateLimits=false")
	rawMatch(t, "subscribe", `{"id":1,"status":200,"result":{"subscriptionId":0}}`, user.call(&maker, "userDataStream.subscribe.signature", ""), nil)
	trades := r.dial("/stream?timeUnit=microsecond&streams=btcusdt@trade")
	r.advance(1234 * time.Microsecond)
	r.cross(&maker, &taker)
	r.advance(time.Microsecond)

	const ms, us = "1772447400001", "1772447400001234"
	path := "/api/v3/trades?symbol=BTCUSDT"
	for _, c := range []struct {
		unit, want string
	}{{"", ms}, {"MILLISECOND", ms}, {"millisecond", ms}, {"MICROSECOND", us}, {"microsecond", us}} {
		want := fmt.Sprintf(`[{"id":1,"price":"20000.00000000","qty":"0.00100000","quoteQty":"20.00000000","time":%s,"isBuyerMaker":false,"isBestMatch":true}]`, c.want)
		r.expect("the unit "+c.unit, r.ask("GET", path, "", "X-MBX-TIME-UNIT", c.unit), 200, want)
	}
	for _, unit := range []string{"Microsecond", "us", "NANOSECOND"} {
		r.refused("the unit "+unit, r.ask("GET", path, "", "X-MBX-TIME-UNIT", unit), 400, -1194,
			"Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
	}
	rawMatch(t, "the stream of trades", `{"stream":"btcusdt@trade","data":{"e":"trade","E":`+us+`,"s":"BTCUSDT","t":1,"p":"20000.00000000","q":"0.00100000",`+
		`"T":`+us+`,"m":false,"M":true}}`, trades.event(), nil)
	times := []string{"E", "T", "O", "W", "u"}
	for range 2 { // the order, and what the account has
		for name, value := range readRaw[struct{ Event map[string]any }](t, user.event()).Event {
			if got, is := value.(float64); is && slices.Contains(times, name) && fmt.Sprintf("%.0f", got) != us {
				t.Errorf("user data: %s is %.0f, want %s", name, got, us)
			}
		}
	}
	// Bars end with the last moment before the next one, in the unit of the answer.
	bar := func(open, end string) string {
		return `[[` + open + `,"20000.00000000","20000.00000000","20000.00000000","20000.00000000","0.00100000",` + end + `,"20.00000000",1,"0.00100000","20.00000000","0"]]`
	}
	r.expect("bars in ms", r.get("/api/v3/klines?symbol=BTCUSDT&interval=1m"), 200, bar("1772447400000", "1772447459999"))
	r.expect("bars in µs", r.ask("GET", "/api/v3/klines?symbol=BTCUSDT&interval=1m", "", "X-MBX-TIME-UNIT", "MICROSECOND"), 200, bar("1772447400000000", "1772447459999999"))
	server := user.call(nil, "time", "")
	rawMatch(t, "the time of the server", `{"id":2,"status":200,"result":{"serverTime":"<us>"}}`, server, nil)
	rawMatch(t, "who is logged on", `{"id":3,"status":200,"result":{"apiKey":null,"authorizedSince":null,"connectedSince":"<us>","returnRateLimits":false,`+
		`"serverTime":"<us>","userDataStream":true}}`, user.call(nil, "session.status", ""), nil)

	// What comes in is of either unit, told apart by its size, and both ends count.
	for query, rows := range map[string]int{
		"startTime=" + ms: 1, "startTime=1772447400002": 0, "startTime=" + us: 1, "startTime=1772447400001235": 0,
		"endTime=" + ms: 1, "endTime=1772447400000": 0, "endTime=" + us: 1, "endTime=1772447400001233": 0,
		"startTime=" + us + "&endTime=" + us: 1, "startTime=" + ms + "&endTime=" + us: 1, "startTime=" + ms + "&endTime=" + ms: 1,
	} {
		a := r.get("/api/v3/aggTrades?symbol=BTCUSDT&" + query)
		if got := readRaw[[]any](t, a.body); a.status != 200 || len(got) != rows {
			t.Errorf("%s: %v, want %d rows", query, a, rows)
		}
		a = r.call(&maker, "GET", "/api/v3/myTrades", "symbol=BTCUSDT&"+query)
		if got := readRaw[[]any](t, a.body); a.status != 200 || len(got) != rows {
			t.Errorf("own trades, %s: %v, want %d rows", query, a, rows)
		}
	}
}

// TestRawShutdown stops an exchange: each connection is told in its form, last of all.
func TestRawShutdown(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	const event = `{"e":"serverShutdown","E":1772447400000}`
	sockets := map[*rawSocket]string{
		r.dial("/ws/btcusdt@trade"):             event,
		r.dial("/stream?streams=btcusdt@trade"): `{"stream":"!serverShutdown","data":` + event + `}`,
		r.dial("/ws-api/v3"):                    `{"event":` + event + `}`,
	}
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for s, want := range sockets {
		rawMatch(t, "the last message", want, s.read(), nil)
		if _, text, err := s.conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
			t.Errorf("after it comes %q, %v", text, err)
		}
	}
	_ = r.cmd.Wait() // the exit code says it
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
