package stream

import (
	"github.com/seed-7d4c2414/exchange/marketview"
)

// barsTold bounds the bars that are told to have closed at once: more have only
// when a simulated clock jumps.
const barsTold = 100

// sendBars tells of the present bars in which something was traded, and of those
// that have closed. Even says that it is the turn of those with a pace of 2 s.
func (h *Hub) sendBars(now int64, even bool) {
	for _, st := range h.dueBars(now, even) {
		h.reading(func(v *marketview.Views) {
			now := max(now, v.Time())
			present, _ := st.topic.interval.Around(now, st.topic.shift)
			h.rows = appendBars(h.rows[:0], v, st, st.bar, max(present, st.bar), now) // a clock may be set back
		})
		st.barBefore = st.bar
		last := len(h.rows) - 1
		for i := range h.rows[:last] {
			h.emitBar(st, &h.rows[i], true, now)
		}
		if b := &h.rows[last]; st.dirty && b.Trades > 0 && st.turn(even) {
			h.emitBar(st, b, false, now)
			st.dirty = false
		}
		st.bar, st.barEnd, st.ended = h.rows[last].Start, h.rows[last].End, false
	}
}

// dueBars returns the streams of bars that have something to tell. That a bar has
// closed is told a while after its end, when all that was traded in it has been
// folded; where a simulated clock stands, that is the beat after.
func (h *Hub) dueBars(now int64, even bool) (list []*stream) {
	for _, st := range h.bars {
		switch {
		case now < st.barEnd:
			if st.dirty && st.turn(even) {
				list = append(list, st)
			}
		case st.ended || now-st.barEnd >= slowPhase:
			list = append(list, st)
		default:
			st.ended = true
		}
	}
	return list
}

// turn reports whether it is the stream's turn.
func (st *stream) turn(even bool) bool { return even || st.topic.interval == marketview.Interval1s }

func (h *Hub) emitBar(st *stream, b *marketview.Bar, closed bool, now int64) {
	h.emit(st, func(dst []byte, micro bool) []byte {
		return appendBar(dst, st.market, &st.topic, b, closed, now, micro)
	})
}

// appendBars appends the bars of a stream from the one that begins at a time to the
// one that begins at last. Where nothing was traded before they are empty. After too
// many the last one follows at once.
func appendBars(dst []marketview.Bar, v *marketview.Views, st *stream, from, last, now int64) []marketview.Bar {
	t := &st.topic
	_, end := t.interval.Around(last, t.shift)
	q := marketview.BarQuery{
		Symbol: st.market.ID, Interval: t.interval, ShiftMinutes: t.shift, Now: now,
		Span: marketview.Span{Start: from, End: last, Limit: barsTold},
	}
	traded := v.Bars(q, nil)
	first := end
	if len(traded) > 0 {
		first = traded[0].Start
	}
	for start := from; start < first && len(dst) < barsTold; {
		_, next := t.interval.Around(start, t.shift)
		dst = append(dst, marketview.Bar{Start: start, End: next})
		start = next
	}
	dst = append(dst, traded...)
	if dst[len(dst)-1].Start == last {
		return dst
	}
	q.Span = marketview.Span{Start: last, End: last, Limit: 1}
	n := len(dst)
	if dst = v.Bars(q, dst); len(dst) == n {
		dst = append(dst, marketview.Bar{Start: last, End: end})
	}
	return dst
}
