package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The bars section: by symbol, time and quantity of its last trade and, by
// interval, the bars kept. Bars start at whole seconds, and the ids of their
// trades have no gaps.

const (
	barSize    = 10      // bytes of a bar, at least
	maxTradeID = 1 << 62 // of those that can be restored
)

func (b *bars) appendState(dst []byte) []byte {
	n := 0
	for _, c := range b.charts {
		if c != nil {
			n++
		}
	}
	dst = appendUint(dst, n)
	for i, c := range b.charts {
		if c == nil {
			continue
		}
		dst = appendUint(dst, i)
		dst = appendInt(dst, c.time)
		dst = appendUint(dst, c.qty)
		for i := range Interval(Intervals) {
			dst = c.appendState(dst, i)
		}
	}
	return dst
}

func (c *chart) appendState(dst []byte, i Interval) []byte {
	dst = appendUint(dst, c.len(i))
	dst = appendUint(dst, c.at(i, 0).first)
	var last bar
	for n := range c.len(i) {
		b := c.at(i, n)
		dst = appendInt(dst, (b.start-last.start)/second)
		dst = appendInt(dst, b.low-last.low)
		dst = appendUint(dst, int64(b.high-b.low))
		dst = appendUint(dst, int64(b.open-b.low))
		dst = appendUint(dst, int64(b.close-b.low))
		dst = appendUint(dst, b.volume)
		dst = appendUint(dst, b.quote)
		dst = appendUint(dst, b.takerVolume)
		dst = appendUint(dst, b.takerQuote)
		dst = appendUint(dst, b.trades)
		last = b
	}
	return dst
}

func (b *bars) restore(d *decoder, m *market) {
	if len(b.charts) != 0 {
		d.fail(ErrUsed)
	}
	for id := range d.symbols(m, 2*Intervals+3) {
		c := b.chart(id)
		c.time, c.qty = d.int(), msg.Qty(d.upTo(uint64(msg.MaxQty)))
		d.must(c.time >= 0 && c.qty > 0, ErrRange)
		for i := range Interval(Intervals) {
			c.restore(d, i, b.keep[i])
		}
	}
}

// restore reads the bars kept of one interval. Where this set keeps fewer, the
// oldest go. The last one must hold the last trade.
func (c *chart) restore(d *decoder, i Interval, keep int) {
	n := d.count(barSize)
	d.must(n > 0, ErrRange)
	next := msg.TradeID(d.positive())
	var b bar
	for end := -week; n > 0 && d.err == nil; n-- {
		b = restoreBar(d, &b)
		b.first, next = next, next+msg.TradeID(b.trades)
		d.must(b.first > 0 && next <= maxTradeID, ErrRange)
		d.must(b.start >= end && i.floor(b.start) == b.start, ErrOrder)
		if d.err != nil {
			return
		}
		c.begin(i, &b, keep)
		end = c.end[i]
	}
	d.must(i.floor(c.time) == b.start, ErrOrder)
}

// restoreBar reads the bar after last, without its first trade.
func restoreBar(d *decoder, last *bar) (b bar) {
	b.start = last.start + d.int()*second
	b.low = last.low + msg.Price(d.int())
	d.must(b.low > 0 && b.low <= msg.MaxPrice, ErrRange)
	high := d.upTo(uint64(msg.MaxPrice))
	b.high = b.low + msg.Price(high)
	b.open, b.close = b.low+msg.Price(d.upTo(high)), b.low+msg.Price(d.upTo(high))
	b.volume, b.quote = msg.Amount(d.positive()), msg.Amount(d.positive())
	b.takerVolume, b.takerQuote = msg.Amount(d.upTo(uint64(b.volume))), msg.Amount(d.upTo(uint64(b.quote)))
	b.trades = int64(d.upTo(maxTradeID))
	d.must(b.high <= msg.MaxPrice && b.volume > 0 && b.quote > 0 && b.trades > 0, ErrRange)
	return b
}
