package stream

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// market is a symbol with the streams about it.
type market struct {
	wire.Market

	trades, aggs, tops, day, dayMini, average *stream

	windows [windowSizes]*stream
	diffs   [paces]*stream
	books   [paces][len(bookLevels)]*stream
	bars    []*stream

	log      changeLog
	marks    want // since the last beat of 1 s
	inFast   bool // in the hub's list of that name
	inSlow   bool
	topsLeft int // records of this round that are not yet told

	// Of tickers: as last told, as last read, and which of them differ.
	told    [windowSizes]marketview.Ticker
	fresh   [windowSizes]marketview.Ticker
	changed [windowSizes]bool
	top     marketview.Top

	averaged       marketview.AvgPrice // as last told
	averageChanged bool
}

// slot returns where the stream of a topic stands, nil for streams of bars.
func (m *market) slot(t *topic) **stream {
	switch t.kind {
	case trades:
		return &m.trades
	case aggTrades:
		return &m.aggs
	case tops:
		return &m.tops
	case day:
		return &m.day
	case dayMini:
		return &m.dayMini
	case window:
		return &m.windows[t.window]
	case average:
		return &m.average
	case diffs:
		return &m.diffs[t.pace]
	case book:
		return &m.books[t.pace][slices.Index(bookLevels[:], t.levels)]
	default:
		return nil
	}
}

// add gives the market one more stream.
func (m *market) add(st *stream) {
	if at := m.slot(&st.topic); at != nil {
		*at = st
	} else {
		st.atMarket = len(m.bars)
		m.bars = append(m.bars, st)
	}
}

// remove takes a stream off.
func (m *market) remove(st *stream) {
	if at := m.slot(&st.topic); at != nil {
		*at = nil
	} else {
		m.bars = unlisted(m.bars, st.atMarket, func(moved *stream) { moved.atMarket = st.atMarket })
	}
	if !m.hasDiffs() {
		m.log = changeLog{}
	}
}

// wants returns what has to be written down for the streams. Of those of bars there
// may be very many, which all want the same.
func (m *market) wants() (w want) {
	all := append([]*stream{m.trades, m.aggs, m.tops, m.day, m.dayMini, m.average}, m.windows[:]...)
	all = append(append(all, m.diffs[:]...), m.bars[:min(len(m.bars), 1)]...)
	for i := range m.books {
		all = append(all, m.books[i][:]...)
	}
	for _, st := range all {
		if st != nil {
			w |= st.topic.wants()
		}
	}
	return w
}

func (m *market) hasDiffs() bool {
	return slices.ContainsFunc(m.diffs[:], func(st *stream) bool { return st != nil })
}

// waits reports whether a stream of one of both paces tells what happened.
func (m *market) waits(fast bool, w want) bool {
	for p := range pace(paces) {
		if p.fast() != fast {
			continue
		}
		if w&wantChanges != 0 && m.diffs[p] != nil {
			return true
		}
		if w&wantTouched != 0 && m.hasBooks(p) {
			return true
		}
	}
	return false
}

func (m *market) hasBooks(p pace) bool {
	return slices.ContainsFunc(m.books[p][:], func(st *stream) bool { return st != nil })
}
