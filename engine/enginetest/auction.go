package enginetest

import (
	"cmp"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func (n *Naive) uncross(c *msg.Command) msg.Reason {
	m := n.market(c.Symbol)
	if m == nil {
		return msg.UnknownSymbol
	}
	if m.phase != msg.Auction {
		return msg.NotInAuction
	}
	price, volume := m.indicative()
	for left := volume; left > 0; {
		maker, taker := m.bids[0], m.asks[0]
		if taker.Queue < maker.Queue {
			maker, taker = taker, maker
		}
		q := min(maker.Open, taker.Open)
		n.trade(maker, taker, price, q)
		left -= q
	}
	m.phase = msg.Trading
	n.emit(msg.Event{Kind: msg.Uncrossed, Price: price, Qty: volume})
	return msg.NoReason
}

// span is a run of ticks at which the same orders could trade.
type span struct {
	low, high msg.Price
	volume    msg.Qty // what would trade there
	surplus   msg.Qty // of bids; negative: of asks
}

// distance is how far the span lies from a price, and at which of its ticks.
func (s span) distance(p msg.Price) (ticks, at msg.Price) {
	switch {
	case p < s.low:
		return s.low - p, s.low
	case p > s.high:
		return p - s.high, s.high
	default:
		return 0, p
	}
}

func (s span) imbalance() msg.Qty { return max(s.surplus, -s.surplus) }

// spans cuts the ticks from the best ask to the best bid where the sums of bids
// and asks change: at an ask's price, and one above a bid's.
func (m *market) spans() []span {
	if !m.crossed() {
		return nil
	}
	low, high := m.asks[0].Price, m.bids[0].Price
	var starts []msg.Price
	for _, o := range m.asks {
		starts = append(starts, o.Price)
	}
	for _, o := range m.bids {
		starts = append(starts, o.Price+1)
	}
	slices.Sort(starts)
	starts = slices.Compact(starts)
	var spans []span
	for i, p := range starts {
		if p < low || p > high {
			continue
		}
		end := high
		if i+1 < len(starts) {
			end = min(high, starts[i+1]-1)
		}
		spans = append(spans, m.spanAt(p, end))
	}
	return spans
}

// spanAt sums up who would trade at the tick low.
func (m *market) spanAt(low, high msg.Price) span {
	bids, asks := msg.Qty(0), msg.Qty(0)
	for _, o := range m.bids {
		if o.Price >= low {
			bids += o.Open
		}
	}
	for _, o := range m.asks {
		if o.Price <= low {
			asks += o.Open
		}
	}
	return span{low: low, high: high, volume: min(bids, asks), surplus: bids - asks}
}

// indicative is the price and the volume at which an uncross would trade now.
func (m *market) indicative() (msg.Price, msg.Qty) {
	left := m.spans()
	if len(left) == 0 {
		return 0, 0
	}

	// 1. The largest volume.
	volume := slices.MaxFunc(left, func(a, b span) int { return cmp.Compare(a.volume, b.volume) }).volume
	left = slices.DeleteFunc(left, func(s span) bool { return s.volume < volume })

	// 2. The smallest surplus.
	surplus := slices.MinFunc(left, func(a, b span) int { return cmp.Compare(a.imbalance(), b.imbalance()) }).imbalance()
	left = slices.DeleteFunc(left, func(s span) bool { return s.imbalance() > surplus })

	// 3. The side that presses.
	lowest, highest := left[0].low, left[len(left)-1].high
	if !slices.ContainsFunc(left, func(s span) bool { return s.surplus <= 0 }) {
		return highest, volume
	}
	if !slices.ContainsFunc(left, func(s span) bool { return s.surplus >= 0 }) {
		return lowest, volume
	}

	// 4. The nearest to the last trade.
	reference := m.last
	if reference == 0 {
		reference = lowest
	}
	nearest, price := left[0].distance(reference)
	for _, s := range left[1:] {
		if d, p := s.distance(reference); d < nearest {
			nearest, price = d, p
		}
	}
	return price, volume
}
