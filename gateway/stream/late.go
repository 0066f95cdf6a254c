package stream

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/marketview"
)

// busyBytes is how much may wait on a connection that gets every message of
// streams of which only the latest counts. It gets all of a turn then: of very many
// streams that may be more, and none of them is always the last.
const busyBytes = 16 << 10

// offer queues frames of a stream of which only the latest counts, unless the session
// is behind. They leave room for streams of which nothing is left out.
func (h *Hub) offer(s *session, frames []byte) bool {
	if s.turn != h.turn {
		s.turn, s.busy = h.turn, s.conn.Queued() > busyBytes
	}
	return !s.busy && s.conn.OfferFrames(frames, h.limits.QueueBytes/2)
}

// miss notes that a subscriber did not get what its stream told.
func (h *Hub) miss(sub *subscription) {
	if sub.missed {
		return
	}
	h.counts.Missed++
	sub.missed = true
	sub.owed = sub.stream.barBefore
	h.isLate(sub.session)
}

// tooSlow closes a connection that has no room for what is not left out.
func (h *Hub) tooSlow(sub *subscription) {
	h.counts.Slow++
	sub.session.conn.CloseSlow("slow consumer: " + sub.stream.name)
}

// retry has those told the latest who missed something and have taken all else: of
// best prices at once, of what has a pace at its next beat.
func (h *Hub) retry() {
	late := h.late
	h.late = nil
	for _, s := range late {
		s.late = false
		if s.conn.Queued() > 0 {
			h.isLate(s)
			continue
		}
		for _, sub := range s.subs {
			if sub.missed && !sub.ready {
				h.retryOne(sub)
			}
		}
	}
}

func (h *Hub) retryOne(sub *subscription) {
	switch sub.stream.topic.kind {
	case tops:
		h.catchUp(sub)
	case diffs:
		sub.missed = false // the beat finds that it is behind
		h.hold(sub.stream)
	case book:
		h.hold(sub.stream)
		fallthrough
	default:
		sub.ready = true
		h.ready = append(h.ready, sub)
	}
}

// catchUpAfter tells the latest to those who wait for a beat that was in this round.
func (h *Hub) catchUpAfter(fast, slow bool) {
	h.ready = slices.DeleteFunc(h.ready, func(sub *subscription) bool {
		if sub.stream.topic.fast() && !fast || !sub.stream.topic.fast() && !slow {
			return false
		}
		sub.ready = false
		h.catchUp(sub)
		return true
	})
}

// catchUp sends a subscriber the latest of its stream. If there is no room even for
// that, it is tried again.
func (h *Hub) catchUp(sub *subscription) {
	h.custom = h.custom[:0]
	h.reading(func(v *marketview.Views) { h.custom = h.appendLatest(h.custom, v, sub) })
	if len(h.custom) > 0 && !h.offer(sub.session, h.custom) {
		h.isLate(sub.session)
		return
	}
	sub.missed = false
}

// isLate has a session be tried again.
func (h *Hub) isLate(s *session) {
	if !s.late {
		s.late = true
		h.late = append(h.late, s)
	}
}

// hold has the next beat look at the market of a stream.
func (h *Hub) hold(st *stream) {
	if st.topic.fast() {
		h.holdFast(st.market)
	} else {
		h.holdSlow(st.market)
	}
}

// appendLatest appends the frames that tell a subscriber of how its stream stands.
func (h *Hub) appendLatest(dst []byte, v *marketview.Views, sub *subscription) []byte {
	st, now := sub.stream, h.exchange.Now()
	add := func(write func(dst []byte, micro bool) []byte) {
		dst = h.appendMessage(dst, st, sub.session.form, write)
	}
	m := st.market
	switch st.topic.kind {
	case tops:
		top, _ := v.Best(m.ID)
		add(func(dst []byte, _ bool) []byte { return appendTop(dst, m, &top) })
	case day, dayMini, window:
		if st.topic.all {
			list := h.everyMarket(v)
			for _, m := range list {
				m.read(v, now, st.topic.window)
			}
			add(func(dst []byte, micro bool) []byte {
				return appendTickerArray(dst, list, &st.topic, false, now, micro)
			})
			break
		}
		m.read(v, now, st.topic.window)
		add(func(dst []byte, micro bool) []byte { return appendTicker(dst, m, &st.topic, now, micro) })
	case average:
		a, _ := v.AvgPrice(m.ID, now)
		add(func(dst []byte, micro bool) []byte { return appendAverage(dst, m, &a, now, micro) })
	case bars:
		from := sub.owed
		if from == 0 {
			from = st.bar
		}
		h.rows = appendBars(h.rows[:0], v, st, from, st.bar, now)
		for i := range h.rows {
			closed := i < len(h.rows)-1
			add(func(dst []byte, micro bool) []byte {
				return appendBar(dst, m, &st.topic, &h.rows[i], closed, now, micro)
			})
		}
	case book:
		v.Depth(m.ID, st.topic.levels, &h.depth)
		add(func(dst []byte, _ bool) []byte { return appendBook(dst, m, &h.depth, st.topic.levels) })
	case silent, trades, aggTrades, diffs: // nothing is told but what happens
	}
	return dst
}
