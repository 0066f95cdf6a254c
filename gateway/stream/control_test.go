package stream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

const variants = "expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"

// Control messages with their answers, one after the other on one connection.
func TestControl(t *testing.T) {
	b := newBench(t, gateway.Limits{Subscriptions: 4})
	c := b.open("/ws")
	for _, step := range []struct{ ask, want string }{
		{`{"method":"LIST_SUBSCRIPTIONS","id":3}`, `{"result":[],"id":3}`},
		{`{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@depth"],"id":1}`, `{"result":null,"id":1}`},
		{`{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":"a4b1"}`, `{"result":null,"id":"a4b1"}`},
		{`{"id":-9223372036854775808,"params":[],"method":"LIST_SUBSCRIPTIONS"}`, `{"result":["btcusdt@trade","btcusdt@depth"],"id":-9223372036854775808}`},
		{`{"method":"UNSUBSCRIBE","params":["btcusdt@trade","never@seen"],"id":null}`, `{"result":null,"id":null}`},
		{`{"method":"SUBSCRIBE","params":["no","such@stream","\"quoted\""]}`, `{"result":null,"id":null}`},
		{`{"method":"LIST_SUBSCRIPTIONS","id":1}`, `{"result":["btcusdt@depth","no","such@stream","\"quoted\""],"id":1}`},
		{`{"method":"SUBSCRIBE","params":["one@more"],"id":1}`, refused(2, "Invalid request: too many parameters", "1")},
		{`{"method":"UNSUBSCRIBE","params":["no","such@stream","\"quoted\"","btcusdt@depth"],"id":1}`, `{"result":null,"id":1}`},

		{`{"method":"GET_PROPERTY","params":["combined"],"id":2}`, `{"result":false,"id":2}`},
		{`{"method":"SET_PROPERTY","params":["combined",true],"id":5}`, `{"result":null,"id":5}`},
		{`{"method":"GET_PROPERTY","params":["combined"],"id":2}`, `{"result":true,"id":2}`},
		{`{"method":"SET_PROPERTY","params":["combined",1],"id":5}`, refused(1, "Invalid value type: expected Boolean", "5")},
		{`{"method":"SET_PROPERTY","params":["combined"],"id":5}`, refused(1, "Invalid value type: expected Boolean", "5")},
		{`{"method":"SET_PROPERTY","params":["split",true],"id":5}`, refused(0, "Unknown property", "5")},
		{`{"method":"GET_PROPERTY","params":["split"],"id":5}`, refused(0, "Unknown property", "5")},
		{`{"method":"GET_PROPERTY","params":[1],"id":5}`, refused(2, "Invalid request: property name must be a string", "5")},
		{`{"method":"GET_PROPERTY","id":5}`, refused(2, "Invalid request: property name must be a string", "5")},
		{`{"method":"GET_PROPERTY","params":["combined",true],"id":5}`, refused(2, "Invalid request: too many parameters", "5")},
		{`{"method":"SET_PROPERTY","params":["combined",true,0],"id":5}`, refused(2, "Invalid request: too many parameters", "5")},

		{`{"method":"SUBSCRIBE","params":[7],"id":1}`, refused(2, "Invalid request: invalid stream", "1")},
		{`{"method":"SUBSCRIBE","params":[""],"id":1}`, refused(2, "Invalid request: invalid stream", "1")},
		{`{"method":"UNSUBSCRIBE","params":["` + strings.Repeat("x", 257) + `"],"id":1}`, refused(2, "Invalid request: invalid stream", "1")},
		{`{"method":"SUBSCRIBE","id":1}`, refused(2, "Invalid request: missing field `params`", "1")},
		{`{"method":"SUBSCRIBE","params":"btcusdt@trade","id":1}`, refused(2, "Invalid request: missing field `params`", "1")},
		{`{"method":"subscribe","params":[],"id":1}`, refused(2, "Invalid request: unknown variant `subscribe`, "+variants, "1")},
		{`{"method":5,"id":1}`, refused(2, "Invalid request: unknown variant `5`, "+variants, "1")},
		{`{"id":1}`, refused(2, "Invalid request: missing field `method`", "1")},
		{`{"method":"LIST_SUBSCRIPTIONS","id":1.5}`, refused(2, "Invalid request: request ID must be an unsigned integer", "null")},
		{`{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775808}`, refused(2, "Invalid request: request ID must be an unsigned integer", "null")},
		{`{"method":"LIST_SUBSCRIPTIONS","id":[1]}`, refused(2, "Invalid request: request ID must be an unsigned integer", "null")},
		{`{"method":"LIST_SUBSCRIPTIONS","id":"` + strings.Repeat("é", 36) + `"}`, `{"result":[],"id":"` + strings.Repeat("é", 36) + `"}`},
		{`{"method":"LIST_SUBSCRIPTIONS","id":"` + strings.Repeat("x", 37) + `"}`, refused(2, "Invalid request: request ID must be an unsigned integer", "null")},

		{`hello`, refused(3, "Invalid JSON: expected value at line 1 column 1", "null")},
		{``, refused(3, "Invalid JSON: expected value at line 1 column 1", "null")},
		{"{\n\"method\": x}", refused(3, "Invalid JSON: expected value at line 2 column 11", "null")},
		{`{"method":"LIST_SUBSCRIPTIONS","id":1} x`, refused(3, "Invalid JSON: expected value at line 1 column 40", "null")},
		{`{"id":1,"id":2}`, refused(3, "Invalid JSON: expected value at line 1 column 9", "null")},
		{`[]`, refused(2, "Invalid request: missing field `method`", "null")},
		{`{"method":"LIST_SUBSCRIPTIONS","id":7,"more":{}}`, `{"result":[],"id":7}`},
	} {
		if got := c.ask(step.ask); got != step.want {
			t.Errorf("%s\n got %s\nwant %s", step.ask, got, step.want)
		}
		if c.closed != "" {
			t.Fatalf("%s: closed, %s", step.ask, c.closed)
		}
	}
}

func refused(code int, text, id string) string {
	return fmt.Sprintf(`{"error":{"code":%d,"msg":"%s"},"id":%s}`, code, text, id)
}

// The answer to a subscription comes before its first event, and the form can
// change in between.
func TestSubscribeOrder(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	b.place(1, b.btc, msg.Buy, 100, 1)
	c := b.open("/stream")
	c.session.Message([]byte(`{"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@trade"],"id":1}`))
	const top = `{"u":1,"s":"BTCUSDT","b":"1.00000000","B":"0.00100000","a":"0.00000000","A":"0.00000000"}`
	c.want(`{"result":null,"id":1}`, `{"stream":"btcusdt@bookTicker","data":`+top+`}`)
	c.ask(`{"method":"SET_PROPERTY","params":["combined",false],"id":1}`)
	b.place(1, b.btc, msg.Buy, 100, 1)
	b.round()
	c.want(`{"u":2,"s":"BTCUSDT","b":"1.00000000","B":"0.00200000","a":"0.00000000","A":"0.00000000"}`)
	c.ask(`{"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}`)
	b.place(1, b.btc, msg.Buy, 100, 1)
	b.round()
	c.want()
}

func TestWhereSessionsBegin(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	for _, c := range []struct{ target, list, combined string }{
		{"/ws", `[]`, "false"},
		{"/ws/", `[]`, "false"},
		{"/ws/0", `["0"]`, "false"},
		{"/ws/btcusdt@trade/!ticker@arr", `["btcusdt@trade","!ticker@arr"]`, "false"},
		{"/ws/btcusdt@trade/btcusdt@trade", `["btcusdt@trade"]`, "false"},
		{"/stream/ws", `[]`, "false"},
		{"/stream/ws/btcusdt@trade", `["btcusdt@trade"]`, "false"},
		{"/stream", `[]`, "true"},
		{"/stream?streams=", `[]`, "true"},
		{"/stream?timeUnit=MICROSECOND&streams=btcusdt@trade/b%40c", `["btcusdt@trade","b@c"]`, "true"},
		{"/stream?streams=btcusdt@kline_1d@+08:00/btcusdt@kline_1d@%2B08:00", `["btcusdt@kline_1d@+08:00"]`, "true"},
		{"/stream?streams=%zz", `["%zz"]`, "true"},
	} {
		k := b.open(c.target)
		if got, want := k.ask(`{"method":"LIST_SUBSCRIPTIONS","id":1}`), `{"result":`+c.list+`,"id":1}`; got != want {
			t.Errorf("%s: %s, want %s", c.target, got, want)
		}
		if got, want := k.ask(`{"method":"GET_PROPERTY","params":["combined"],"id":1}`), `{"result":`+c.combined+`,"id":1}`; got != want {
			t.Errorf("%s: %s, want %s", c.target, got, want)
		}
	}
	long := "/ws/" + strings.Repeat("x", 257)
	numbers := make([]byte, 0, 5_000)
	for i := range int64(1_025) {
		numbers = strconv.AppendInt(append(numbers, '/'), i, 10)
	}
	many := "/ws" + string(numbers)
	for target, want := range map[string]string{
		"/ws?timeUnit=NANOSECOND": "HTTP 400, -1194: Invalid value for time unit; expected either MICROSECOND or MILLISECOND.",
		long:                      "HTTP 400, -1101: Too many streams, or the name of one is too long.",
		many:                      "HTTP 400, -1101: Too many streams, or the name of one is too long.",
	} {
		path, query, _ := strings.Cut(target, "?")
		_, err := b.hub.open(&gateway.Handshake{Path: path, Query: query}, &client{b: b})
		var refusal *gateway.Refusal
		if !errors.As(err, &refusal) || err.Error() != want {
			t.Errorf("%.20s: %v, want %s", target, err, want)
		}
	}
}

func TestTopics(t *testing.T) {
	for _, name := range []string{
		"", "btcusdt", "BTCUSDT@trade", "@trade", "btcusdt@trades", "btcusdt@kline", "btcusdt@kline_2m", "btcusdt@kline_1m@08:00",
		"btcusdt@kline_1m@+14:01", "btcusdt@kline_1m@-12:01", "btcusdt@kline_1m@+01:60", "btcusdt@kline_1m@+0a:00", "btcusdt@depth7",
		"btcusdt@depth@10ms", "btcusdt@depth@", "btcusdt@depth5@", "!bookTicker@arr", "!ticker", "!ticker@arr@1000ms", "btcusdt@blockTrade",
		"btcusdt@referencePrice", "!btcusdt@ticker", "!@arr", "btcusdt@ticker_2h",
	} {
		if got := parseTopic(name); got != (topic{}) {
			t.Errorf("%q: %+v, want none", name, got)
		}
	}
	for name, want := range map[string]topic{
		"btcusdt@kline_1M@-11:30":  {kind: bars, symbol: "btcusdt", interval: 15, shift: -690},
		"btcusdt@depth20@100ms":    {kind: book, symbol: "btcusdt", levels: 20, pace: pace100ms},
		"btcusdt@depth@1000ms":     {kind: diffs, symbol: "btcusdt", pace: pace1000ms},
		"!ticker_4h@arr":           {kind: window, all: true, window: window4h},
		"!miniTicker@arr":          {kind: dayMini, all: true},
		"a_b-c1@avgPrice":          {kind: average, symbol: "a_b-c1"},
		"btcusdt@kline_1d@+08:00":  {kind: bars, symbol: "btcusdt", interval: 12, shift: 480},
		"btcusdt@kline_15m@-00:00": {kind: bars, symbol: "btcusdt", interval: 4},
	} {
		if got := parseTopic(name); got != want {
			t.Errorf("%q: %+v, want %+v", name, got, want)
		}
	}
}

// Too many control messages close the connection.
func TestControlFlood(t *testing.T) {
	b := newBench(t, gateway.Limits{ControlsPerSecond: 5})
	c := b.open("/ws")
	for range 10 {
		c.ask(`{"method":"LIST_SUBSCRIPTIONS","id":1}`)
	}
	if c.closed != "" {
		t.Fatalf("closed after ten: %s", c.closed)
	}
	if c.ask(`{"method":"LIST_SUBSCRIPTIONS","id":1}`); c.closed != "1008 too many control messages" {
		t.Errorf("closed: %q", c.closed)
	}
}

// Whatever comes, the answer is JSON, and the streams that a session says it has
// are those that it has. What is refused changes nothing, and is answered in a few
// words however long it was.
func FuzzControl(f *testing.F) {
	for _, seed := range []string{
		`{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@depth5@100ms"],"id":1}`,
		`{"method":"UNSUBSCRIBE","params":["btcusdt@kline_1m@+08:00"],"id":"x"}`,
		`{"method":"SET_PROPERTY","params":["combined",true],"id":null}`,
		`{"method":"GET_PROPERTY","params":["combined"]}`, `{"method":"LIST_SUBSCRIPTIONS"}`, `{`, `"`, `{"id":1e3}`, "{\"a\xff\":1}",
		`{"method":"SUBSCRIBE","params":["!ticker@arr","btcusdt@\u0000"],"id":-1}`,
	} {
		f.Add([]byte(seed))
	}
	b := newBench(f, gateway.Limits{ControlsPerSecond: -1})
	f.Fuzz(func(t *testing.T, text []byte) {
		b.t = t
		c := b.open("/ws/btcusdt@trade")
		defer c.session.Closed()
		c.session.Message(text)
		if len(c.unread) == 0 {
			t.Fatal("no answer")
		}
		for _, answer := range c.unread {
			if !jsontext.Value(answer).IsValid() {
				t.Fatalf("%q is answered with %q", text, answer)
			}
		}
		if first := c.unread[0]; strings.HasPrefix(first, `{"error":`) {
			const most = 512 // bytes: an id, a method of which the beginning is told back, and the rest
			if len(first) > most || len(c.session.subs) != 1 || c.session.form != 0 {
				t.Fatalf("%q is answered with %q, and leaves %d streams in the form %d", text, first, len(c.session.subs), c.session.form)
			}
		}
		if len(c.session.subs) != len(c.session.have) || c.closed != "" {
			t.Fatalf("%d streams, of which %d can be found; closed: %q", len(c.session.subs), len(c.session.have), c.closed)
		}
	})
}

// A name that tells of something is one that needs no escape in JSON, and is not
// read as anything else in other letters.
func FuzzTopic(f *testing.F) {
	for _, seed := range []string{"btcusdt@kline_1m@+08:00", "!ticker_1h@arr", "btcusdt@depth20@100ms", "btcusdt@aggTrade", "", "@", "!@arr"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		k := parseTopic(name)
		if k.kind == silent {
			if k != (topic{}) {
				t.Fatalf("%q is silent and %+v", name, k)
			}
			return
		}
		if k.all == (k.symbol != "") || k.symbol != strings.ToLower(k.symbol) {
			t.Fatalf("%q: %+v", name, k)
		}
		if strings.ToUpper(name) != name && parseTopic(strings.ToUpper(name)).kind != silent {
			t.Fatalf("%q has a meaning in capitals", name)
		}
	})
}
