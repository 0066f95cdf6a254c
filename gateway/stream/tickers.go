package stream

import (
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// sendTickers tells the tickers and average prices that have changed. They do when
// something is traded, and as windows begin with whole minutes, when a minute
// begins.
func (h *Hub) sendTickers(now int64) {
	list := h.slow
	if minute := now / int64(time.Minute); minute != h.minute {
		h.minute = minute
		h.reading(func(v *marketview.Views) { list = h.everyMarket(v) })
	}
	h.readEach(len(list), func(v *marketview.Views, i int) { h.readTickers(v, list[i], now) })
	for _, m := range list {
		h.sendTickersOf(m, now)
	}
	for _, st := range h.arrays {
		n := 0
		for _, m := range list {
			if m.tells(&st.topic) {
				n++
			}
		}
		if n > 0 {
			h.emit(st, func(dst []byte, micro bool) []byte {
				return appendTickerArray(dst, list, &st.topic, true, now, micro)
			})
		}
	}
	for _, m := range list {
		m.told, m.changed = m.fresh, [windowSizes]bool{}
	}
}

// everyMarket returns the markets that have streams, or all if there are streams
// of all symbols.
func (h *Hub) everyMarket(v *marketview.Views) []*market {
	list := make([]*market, 0, len(h.markets))
	for id := msg.SymbolID(1); int(id) <= v.SymbolCount(); id++ {
		if len(h.arrays) > 0 {
			list = append(list, h.market(v, id))
		} else if m := h.known(id); m != nil {
			list = append(list, m)
		}
	}
	return list
}

// readTickers reads the tickers of a market that somebody listens to.
func (h *Hub) readTickers(v *marketview.Views, m *market, now int64) {
	for w := range windowSize(windowSizes) {
		if h.listensTo(m, w) {
			m.read(v, now, w)
			m.changed[w] = !sameTicker(&m.fresh[w], &m.told[w])
		}
	}
	if m.average == nil {
		return
	}
	if a, _ := v.AvgPrice(m.ID, now); a != m.averaged {
		m.averaged, m.averageChanged = a, true
	}
}

// listensTo reports whether a window of a market is told to anybody.
func (h *Hub) listensTo(m *market, w windowSize) bool {
	if m.windows[w] != nil || w == window24h && (m.day != nil || m.dayMini != nil) {
		return true
	}
	for _, st := range h.arrays {
		if st.topic.window == w {
			return true
		}
	}
	return false
}

// read reads one ticker, with the best prices for the one that tells them.
func (m *market) read(v *marketview.Views, now int64, w windowSize) {
	from := now - int64(w.length())
	m.fresh[w], _ = v.Ticker(m.ID, from, now)
	m.fresh[w].End = now
	if w == window24h {
		m.fresh[w].Start = from
		m.top, _ = v.Best(m.ID)
	}
}

// sameTicker reports whether two tickers tell the same but for when.
func sameTicker(a, b *marketview.Ticker) bool {
	x := *a
	x.Start, x.End = b.Start, b.End
	return x == *b
}

// tells reports whether a market has something to tell in a stream of tickers.
func (m *market) tells(t *topic) bool {
	return m.changed[t.window] || t.kind == day && m.marks&wantMoved != 0
}

func (h *Hub) sendTickersOf(m *market, now int64) {
	for _, st := range [...]*stream{m.day, m.dayMini, m.windows[window1h], m.windows[window4h], m.windows[window1d]} {
		if st != nil && m.tells(&st.topic) {
			h.emit(st, func(dst []byte, micro bool) []byte { return appendTicker(dst, m, &st.topic, now, micro) })
		}
	}
	if m.average != nil && m.averageChanged {
		m.averageChanged = false
		h.emit(m.average, func(dst []byte, micro bool) []byte { return appendAverage(dst, m, &m.averaged, now, micro) })
	}
}
