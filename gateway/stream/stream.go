package stream

import "github.com/seed-7d4c2414/exchange/gateway"

// A form is the shape in which a connection gets its messages.
type form uint8

const (
	inMicros form = 1 << 0 // times in microseconds
	wrapped  form = 1 << 1 // with the stream's name around it

	forms = 4
)

// stream is a name that somebody has subscribed to.
type stream struct {
	name   string
	topic  topic
	market *market // nil for those of all symbols, and where there is no such symbol
	prefix []byte  // of the wrapped form

	subs  []*subscription
	count [forms]int    // of subscribers
	out   [forms][]byte // frames of this round
	noted bool          // in the hub's list of touched ones

	sent uint64 // diffs, book: update id of the last event

	// Bars: where the present one begins and ends, where it began before this round,
	// whether something was traded since it was told, and whether its end has been
	// noticed.
	bar, barEnd, barBefore int64
	dirty, ended           bool
	atHub, atMarket        int // in their lists
}

// subscription is one session's part in a stream.
type subscription struct {
	session *session
	stream  *stream
	at      int        // in the stream's list
	missed  bool       // it did not get the latest
	ready   bool       // it is to get it at the next beat
	sent    uint64     // diffs: update id of the last event that it got
	private *listening // nil: the name leads nowhere
	owed    int64      // bars: where the first one began that it has not got the end of, when it missed something
}

func newStream(name string, t *topic) *stream {
	prefix := append([]byte(`{"stream":"`), name...) // of a name that is not silent no character needs an escape
	return &stream{name: name, topic: *t, prefix: append(prefix, `","data":`...)}
}

func (st *stream) add(sub *subscription) {
	sub.at = len(st.subs)
	st.subs = append(st.subs, sub)
	st.count[sub.session.form]++
}

func (st *stream) remove(sub *subscription) {
	last := len(st.subs) - 1
	st.subs[sub.at] = st.subs[last]
	st.subs[sub.at].at = sub.at
	st.subs[last] = nil
	st.subs = st.subs[:last]
	st.count[sub.session.form]--
}

// keptFrames bounds the bytes of frames for which room stays.
const keptFrames = 64 << 10

// clear forgets the frames of this round.
func (st *stream) clear() {
	for i := range st.out {
		if cap(st.out[i]) > keptFrames {
			st.out[i] = nil
		}
		st.out[i] = st.out[i][:0]
	}
	st.noted = false
}

// emit encodes a message of a stream, once for each form that somebody wants.
func (h *Hub) emit(st *stream, write func(dst []byte, micro bool) []byte) {
	for unit := range inMicros + 1 {
		plain, named := st.count[unit] > 0, st.count[unit|wrapped] > 0
		if !plain && !named {
			continue
		}
		h.counts.Messages++
		h.body = write(h.body[:0], unit == inMicros)
		if plain {
			st.out[unit] = gateway.AppendFrame(st.out[unit], h.body)
		}
		if named {
			h.body = wrap(h.body, st.prefix)
			st.out[unit|wrapped] = gateway.AppendFrame(st.out[unit|wrapped], h.body)
		}
	}
	if !st.noted {
		st.noted = true
		h.touched = append(h.touched, st)
	}
}

// wrap puts the name of the stream around a message, in its place.
func wrap(body, prefix []byte) []byte {
	n := len(body)
	body = append(append(body, prefix...), '}')
	copy(body[len(prefix):], body[:n])
	copy(body, prefix)
	return body
}

// appendMessage appends the frame of a message in one form.
func (h *Hub) appendMessage(dst []byte, st *stream, f form, write func(dst []byte, micro bool) []byte) []byte {
	h.counts.Messages++
	h.body = write(h.body[:0], f&inMicros != 0)
	if f&wrapped != 0 {
		h.body = wrap(h.body, st.prefix)
	}
	return gateway.AppendFrame(dst, h.body)
}
