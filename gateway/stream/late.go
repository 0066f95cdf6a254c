package stream

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/marketview"
)

// busyBytes is how much may wait on a connection that gets every message of
// streams of which only the latest counts.
const busyBytes = 16 << 10

// miss notes that a subscriber did not get what its stream told.
func (h *Hub) miss(sub *subscription) {
	if sub.missed {
		return
	}
	h.counts.Missed++
	sub.missed = true
	sub.owed = sub.stream.barBefore
	if s := sub.session; !s.late {
		s.late = true
		h.late = append(h.late, s)
	}
}

// tooSlow closes a connection that has no room for what is not left out.
func (h *Hub) tooSlow(sub *subscription) {
	h.counts.Slow++
	sub.session.conn.CloseSlow("slow consumer: " + sub.stream.name)
}

// retry sends the latest to those who missed something and have taken all else.
func (h *Hub) retry() {
	h.late = slices.DeleteFunc(h.late, func(s *session) bool {
		if s.conn.Queued() > 0 {
			return false
		}
		s.late = false
		for _, sub := range s.subs {
			if sub.missed && !h.catchUp(sub) {
				s.late = true
				break
			}
		}
		return !s.late
	})
}

// catchUp sends a subscriber the latest of its stream. It returns false when there
// is no room even for that.
func (h *Hub) catchUp(sub *subscription) bool {
	st := sub.stream
	if st.topic.kind == diffs {
		sub.missed = false
		h.hold(st) // the next beat tells what it has not got
		return true
	}
	h.custom = h.custom[:0]
	h.reading(func(v *marketview.Views) { h.custom = h.appendLatest(h.custom, v, sub) })
	if len(h.custom) > 0 && !sub.session.conn.OfferFrames(h.custom, busyBytes) {
		return false
	}
	sub.missed = false
	return true
}

// hold has the next beat look at the market of a stream.
func (h *Hub) hold(st *stream) {
	if st.topic.pace.fast() {
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
		h.rows = appendBars(h.rows[:0], v, st, sub.owed, now)
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
