package stream

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// admits reports whether a session may have these streams too.
func (h *Hub) admits(s *session, names []string) bool {
	subs, streams := len(s.subs), len(h.streams)
	for _, name := range names {
		if len(name) > maxName {
			return false
		}
		if s.have[name] == nil {
			subs++
		}
		if h.streams[name] == nil {
			streams++
		}
	}
	return subs <= h.limits.Subscriptions && streams <= h.limits.Streams
}

// subscribe gives a session streams, after the answer to its request if there is
// one. It gets the latest of each that has such, and then what happens from there
// on: what it is told first is as of the same moment from which on its streams are
// written down.
func (h *Hub) subscribe(s *session, names []string, answer []byte) {
	var added []*subscription
	var latest []byte
	h.reading(func(v *marketview.Views) {
		h.inbox.take(&h.spare)
		h.learn(v)
		for _, name := range names {
			if s.have[name] != nil {
				continue
			}
			sub := &subscription{session: s, stream: h.streamOf(v, name)}
			s.subs, s.have[name] = append(s.subs, sub), sub
			added = append(added, sub)
			if sub.stream.market != nil || sub.stream.topic.all {
				latest = h.appendLatest(latest, v, sub)
			}
		}
	})
	h.turn++
	h.process() // for those who were there before
	h.deliver()
	for _, sub := range added {
		h.attach(sub)
	}
	if answer != nil {
		s.conn.Send(answer)
	}
	if len(latest) > 0 {
		s.conn.SendFrames(latest)
	}
	for _, sub := range added {
		h.listen(sub)
	}
}

// attach adds a subscription to its stream.
func (h *Hub) attach(sub *subscription) {
	st := sub.stream
	sub.sent = st.sent
	st.add(sub)
	h.counts.Subscriptions++
}

// streamOf returns the stream of a name, which may be a new one.
func (h *Hub) streamOf(v *marketview.Views, name string) *stream {
	if st := h.streams[name]; st != nil {
		return st
	}
	t := parseTopic(name)
	st := newStream(name, &t)
	h.streams[name] = st
	switch {
	case t.kind == silent:
		return st
	case t.all:
		h.beginAll(v, st)
	default:
		if id, ok := h.names[t.symbol]; ok {
			h.begin(v, st, id)
		}
	}
	h.telling++
	h.inbox.on.Store(true) // also when there is no such symbol: it may be added
	return st
}

// discover begins the streams whose symbol has been added since.
func (h *Hub) discover(v *marketview.Views) {
	h.learn(v)
	for _, st := range h.streams {
		if st.topic.kind == silent || st.topic.all || st.market != nil {
			continue
		}
		if id, ok := h.names[st.topic.symbol]; ok {
			h.begin(v, st, id)
			for _, sub := range st.subs {
				sub.sent = st.sent
			}
		}
	}
}

// begin has a stream tell of a symbol from now on.
func (h *Hub) begin(v *marketview.Views, st *stream, id msg.SymbolID) {
	m, now := h.market(v, id), h.exchange.Now()
	switch t := &st.topic; t.kind {
	case diffs:
		top, _ := v.Best(id)
		if !m.log.on {
			m.log.begin(top.UpdateID)
		}
		st.sent = top.UpdateID
	case book:
		top, _ := v.Best(id)
		st.sent = top.UpdateID
	case bars:
		st.bar, st.barEnd = t.interval.Around(max(now, v.Time()), t.shift)
		st.atHub = len(h.bars)
		h.bars = append(h.bars, st)
	case day, dayMini, window:
		if !h.listensTo(m, t.window) {
			m.read(v, now, t.window)
			m.told[t.window] = m.fresh[t.window]
		}
	case average:
		m.averaged, _ = v.AvgPrice(id, now)
	case silent, trades, aggTrades, tops: // they tell only what happens
	}
	if st.topic.timed() {
		h.timed++
	}
	st.market = m
	m.add(st)
	h.inbox.listen(v, id, st.topic.wants())
}

// beginAll has a stream tell of all symbols from now on.
func (h *Hub) beginAll(v *marketview.Views, st *stream) {
	now := h.exchange.Now()
	h.timed++
	fresh := make([]*market, 0, v.SymbolCount())
	for id := msg.SymbolID(1); int(id) <= v.SymbolCount(); id++ {
		if m := h.market(v, id); !h.listensTo(m, st.topic.window) {
			fresh = append(fresh, m)
		}
	}
	for _, m := range fresh {
		m.read(v, now, st.topic.window)
		m.told[st.topic.window] = m.fresh[st.topic.window]
	}
	h.arrays = append(h.arrays, st)
	h.inbox.listenAll(v, st.topic.wants())
}

// unsubscribe takes streams from a session.
func (h *Hub) unsubscribe(s *session, names []string) {
	for _, name := range names {
		if sub := s.have[name]; sub != nil {
			h.leave(sub)
		}
	}
}

// leave ends a subscription. A stream without subscribers ends too.
func (h *Hub) leave(sub *subscription) {
	s, st := sub.session, sub.stream
	if sub.private != nil {
		sub.private.stop()
	}
	i := slices.Index(s.subs, sub)
	s.subs = slices.Delete(s.subs, i, i+1)
	delete(s.have, st.name)
	if sub.ready {
		h.ready = without(h.ready, sub)
	}
	st.remove(sub)
	h.counts.Subscriptions--
	if len(st.subs) == 0 {
		h.end(st)
	}
}

// end forgets a stream.
func (h *Hub) end(st *stream) {
	delete(h.streams, st.name)
	st.clear()
	m := st.market
	if st.topic.timed() && (m != nil || st.topic.all) {
		h.timed--
	}
	switch {
	case st.topic.all:
		h.arrays = without(h.arrays, st)
		left := want(0)
		for _, st := range h.arrays {
			left |= st.topic.wants()
		}
		h.inbox.forgetAll(left)
	case m != nil:
		m.remove(st)
		if st.topic.kind == bars {
			h.bars = unlisted(h.bars, st.atHub, func(moved *stream) { moved.atHub = st.atHub })
		}
		h.inbox.forget(m.ID, m.wants())
	}
	if st.topic.kind == silent {
		return
	}
	if h.telling--; h.telling == 0 {
		h.inbox.off()
	}
}

// unlisted returns a list without the stream at an index. The last one takes its
// place, and is told so.
func unlisted(list []*stream, at int, tell func(moved *stream)) []*stream {
	last := len(list) - 1
	tell(list[last])
	list[at], list[last] = list[last], nil
	return list[:last]
}

// without returns a list without one of its elements.
func without[T comparable](list []T, e T) []T {
	return slices.DeleteFunc(list, func(o T) bool { return o == e })
}
