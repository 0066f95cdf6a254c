package stream

import (
	"github.com/seed-7d4c2414/exchange/engine/planted"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// change takes a change of a level. One from before the log began was written down
// for those who have left since. A log that is half full is told at once, and so
// stays short for those who take what they get.
func (h *Hub) change(m *market, c *marketview.Change) {
	if c.UpdateID <= m.log.begun {
		return
	}
	m.log.add(c)
	h.mark(m, wantChanges)
	if !m.log.crowded() {
		return
	}
	now := h.exchange.Now()
	h.sendDiffs(m, true, now)
	h.sendDiffs(m, false, now)
}

// sendDiffs tells the subscribers of one of both paces what changed in the book
// since they were told last. An event begins with the update id after the last of
// the one before: on every connection, also one that was behind meanwhile.
func (h *Hub) sendDiffs(m *market, fast bool, now int64) {
	asked := m.log.u
	for p, st := range m.diffs {
		if st == nil || pace(p).fast() != fast {
			continue
		}
		if m.log.u > st.sent {
			h.emit(st, func(dst []byte, micro bool) []byte { return h.appendDiff(dst, m, st.sent, now, micro) })
		}
		for _, sub := range st.subs {
			if sub.sent < m.log.u && !sub.missed {
				h.sendDiff(sub, now)
			}
		}
		st.sent = m.log.u
		st.clear() // it is delivered
	}
	for _, st := range m.diffs {
		if st != nil {
			asked = min(asked, st.oldest())
		}
	}
	if m.log.on {
		m.log.trim(asked)
	}
}

// oldest returns the update id up to which all subscribers have been told.
func (st *stream) oldest() uint64 {
	oldest := st.sent
	for _, sub := range st.subs {
		oldest = min(oldest, sub.sent)
	}
	return oldest
}

// sendDiff sends one subscriber the event of this beat: the one that all get, or
// one of its own when it was behind.
func (h *Hub) sendDiff(sub *subscription, now int64) {
	st := sub.stream
	m := st.market
	if sub.sent < m.log.floor && planted.Bug != planted.GapHidden {
		h.tooSlow(sub)
		return
	}
	frames := st.out[sub.session.form]
	if sub.sent != st.sent {
		h.body = h.appendDiff(h.body[:0], m, sub.sent, now, sub.session.form&inMicros != 0)
		if sub.session.form&wrapped != 0 {
			h.body = wrap(h.body, st.prefix)
		}
		h.custom = gateway.AppendFrame(h.custom[:0], h.body)
		frames = h.custom
	}
	if !h.offer(sub.session, frames) {
		h.miss(sub)
		return
	}
	sub.sent = m.log.u
}

// appendDiff appends the event about all that changed after an update id.
func (h *Hub) appendDiff(dst []byte, m *market, after uint64, now int64, micro bool) []byte {
	h.bids, h.asks = m.log.since(after, h.bids[:0], h.asks[:0])
	dst = appendHead(dst, "depthUpdate", m, now, micro)
	dst = appendID(dst, `,"U":`, after+1)
	dst = appendID(dst, `,"u":`, m.log.u)
	dst = append(dst, `,"b":`...)
	dst = appendLevels(dst, m, h.bids)
	dst = append(dst, `,"a":`...)
	dst = appendLevels(dst, m, h.asks)
	return append(dst, '}')
}

// sendBooks sends the best levels to the subscribers of one of both paces, if the
// book has changed.
func (h *Hub) sendBooks(m *market, fast bool) {
	for p := range pace(paces) {
		if p.fast() != fast || !m.hasBooks(p) {
			continue
		}
		h.reading(func(v *marketview.Views) { v.Depth(m.ID, bookLevels[len(bookLevels)-1], &h.depth) })
		for _, st := range m.books[p] {
			if st == nil || st.sent == h.depth.UpdateID {
				continue
			}
			st.sent = h.depth.UpdateID
			h.emit(st, func(dst []byte, _ bool) []byte { return appendBook(dst, m, &h.depth, st.topic.levels) })
		}
	}
}
