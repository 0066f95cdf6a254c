package stream

import "sync/atomic"

// Private is where names of streams lead that are no market data. The hub knows
// nothing of them but that they are asked for.
type Private interface {
	// Listen has event called with each message under a name, times in microseconds
	// if micro, and end when the connection is to be closed; neither after stop has
	// returned. They are called from anywhere, and must not wait. Ok is false when
	// the name leads nowhere.
	Listen(name string, micro bool, event func(text []byte), end func(code int, reason string)) (stop func(), ok bool)
}

// listening is a connection that gets the messages of a private name.
type listening struct {
	conn    connection
	prefix  []byte // of the wrapped form
	wrapped atomic.Bool
	stop    func()
}

// listen has a subscription get what is private under its name, if anything is.
func (h *Hub) listen(sub *subscription) {
	st, s := sub.stream, sub.session
	if h.private == nil || st.topic.kind != silent {
		return
	}
	l := &listening{conn: s.conn, prefix: st.prefix}
	l.wrapped.Store(s.form&wrapped != 0)
	stop, ok := h.private.Listen(st.name, s.form&inMicros != 0, l.event, s.conn.Close)
	if ok {
		l.stop = stop
		sub.private = l
	}
}

// event sends a message, which belongs to the caller.
func (l *listening) event(text []byte) {
	if l.wrapped.Load() {
		text = wrap(append(make([]byte, 0, len(l.prefix)+len(text)+1), text...), l.prefix)
	}
	l.conn.Send(text)
}
