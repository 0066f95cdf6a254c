package stream

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/gateway"
)

// whispers is what is private in tests: one name, and who listens.
type whispers struct {
	asked  []string
	micro  bool
	listen int
	event  func(text []byte)
	end    func(code int, reason string)
}

func (w *whispers) Listen(name string, micro bool, event func(text []byte), end func(code int, reason string)) (stop func(), ok bool) {
	w.asked = append(w.asked, name)
	if name != "Secret" {
		return nil, false
	}
	w.micro, w.event, w.end = micro, event, end
	w.listen++
	return func() { w.listen-- }, true
}

// A private name is listened to from the answer to its subscription until it is
// taken back, in the form of the connection, beside market data.
func TestPrivate(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	w := &whispers{}
	b.hub.private = w

	plain := b.open("/ws/Secret")
	w.event([]byte(`{"e":"a"}`))
	plain.want(`{"e":"a"}`)
	if got := plain.ask(`{"method":"SET_PROPERTY","params":["combined",true],"id":1}`); got != `{"result":null,"id":1}` {
		t.Error(got)
	}
	w.event([]byte(`{"e":"b"}`))
	plain.want(`{"stream":"Secret","data":{"e":"b"}}`)
	if got := plain.ask(`{"method":"LIST_SUBSCRIPTIONS","id":1}`); got != `{"result":["Secret"],"id":1}` {
		t.Error(got)
	}
	plain.session.Message([]byte(`{"method":"UNSUBSCRIBE","params":["Secret"],"id":2}`))
	plain.want(`{"result":null,"id":2}`)
	if w.listen != 0 || w.micro {
		t.Errorf("listens %d times, microseconds %t", w.listen, w.micro)
	}

	w.asked = nil
	wrapped := b.open("/stream?streams=btcusdt@trade/Secret/Other/Secret&timeUnit=MICROSECOND")
	w.event([]byte(`{"e":"c"}`))
	wrapped.want(`{"stream":"Secret","data":{"e":"c"}}`)
	if w.listen != 1 || !w.micro || len(w.asked) != 2 {
		t.Errorf("listens %d times, microseconds %t, asked for %q", w.listen, w.micro, w.asked)
	}
	w.end(1000, "that was all")
	if wrapped.closed != "1000 that was all" {
		t.Errorf("closed %q", wrapped.closed)
	}
	wrapped.session.Closed()
	if w.listen != 0 {
		t.Error("a connection that is gone listens")
	}

	later := b.open("/ws")
	if got := later.ask(`{"method":"SUBSCRIBE","params":["Secret"],"id":3}`); got != `{"result":null,"id":3}` || w.listen != 1 {
		t.Errorf("%s, listens %d times", got, w.listen)
	}
}
