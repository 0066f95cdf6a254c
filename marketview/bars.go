package marketview

import (
	"sort"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Bar is what was traded in a symbol in one interval. A bar without trades has
// the close of the one before it in all four prices. An amount stays at
// msg.MaxAmount when it would exceed it.
type Bar struct {
	Start       int64
	End         int64 // when the next one starts
	Open        msg.Price
	High        msg.Price
	Low         msg.Price
	Close       msg.Price
	Volume      msg.Amount  // base units
	Quote       msg.Amount  // quote units
	TakerVolume msg.Amount  // base units of trades whose taker bought
	TakerQuote  msg.Amount  // quote units of these
	First       msg.TradeID // zero in a bar without trades
	Trades      int64
}

// Last returns the id of the last trade, zero in a bar without trades.
func (b *Bar) Last() msg.TradeID {
	return b.First + msg.TradeID(b.Trades) - min(1, msg.TradeID(b.Trades))
}

// bar is a Bar that has trades, without what its interval says.
type bar struct {
	start       int64
	open        msg.Price
	high        msg.Price
	low         msg.Price
	close       msg.Price
	volume      msg.Amount
	quote       msg.Amount
	takerVolume msg.Amount
	takerQuote  msg.Amount
	first       msg.TradeID
	trades      int64
}

// add puts later trades to b.
func (b *bar) add(o *bar) {
	b.high, b.low, b.close = max(b.high, o.high), min(b.low, o.low), o.close
	b.volume, b.quote = sum(b.volume, o.volume), sum(b.quote, o.quote)
	b.takerVolume, b.takerQuote = sum(b.takerVolume, o.takerVolume), sum(b.takerQuote, o.takerQuote)
	b.trades += o.trades
}

// join puts later trades to b; either may have none yet.
func (b *bar) join(o *bar) {
	switch {
	case o.trades == 0:
	case b.trades == 0:
		start := b.start
		*b = *o
		b.start = start
	default:
		b.add(o)
	}
}

// sum adds two amounts that are not negative and stays at msg.MaxAmount: so the
// sum of many does not depend on how they are grouped.
func sum(a, b msg.Amount) msg.Amount {
	if a += b; a < 0 {
		return msg.MaxAmount
	}
	return a
}

// bars keeps the newest bars of each symbol in every interval. Bars without
// trades are not among them.
type bars struct {
	charts []*chart // by symbol id; nil before its first trade
	keep   [Intervals]int
}

// chart is the bars of one symbol. The newest of each interval lie together, and lack
// what was traded since their trades were added up last: that is put to all of them when
// the second is over, so that a trade touches one bar.
type chart struct {
	newest [Intervals]bar
	end    [Intervals]int64 // of the newest ones
	past   [Intervals]ring[bar]
	fresh  bar     // what the newest ones lack, all of one second
	time   int64   // of the last trade
	qty    msg.Qty // of the last trade
}

// fold adds the fills of a transaction, which are of one symbol and one time.
func (b *bars) fold(now int64, fills []Fill) {
	traded := barOf(fills)
	c := b.chart(fills[0].Symbol)
	c.time, c.qty = now, fills[len(fills)-1].Qty
	if now >= c.end[Interval1s] {
		c.turn(now, &b.keep)
	}
	c.fresh.join(&traded)
}

// turn begins another second, and with it other bars.
func (c *chart) turn(now int64, keep *[Intervals]int) {
	for i := range c.newest {
		c.newest[i].join(&c.fresh)
		if now >= c.end[i] {
			c.begin(Interval(i), &bar{start: Interval(i).floor(now)}, keep[i])
		}
	}
	c.fresh = bar{}
}

// barOf returns the bar that fills make up.
func barOf(fills []Fill) (b bar) {
	f := &fills[0]
	b = bar{open: f.Price, high: f.Price, low: f.Price, first: f.Trade, trades: int64(len(fills))}
	for i := range fills {
		f = &fills[i]
		b.high, b.low = max(b.high, f.Price), min(b.low, f.Price)
		b.volume, b.quote = sum(b.volume, f.Base), sum(b.quote, f.Quote)
		if f.MakerSide == msg.Sell {
			b.takerVolume, b.takerQuote = sum(b.takerVolume, f.Base), sum(b.takerQuote, f.Quote)
		}
	}
	b.close = f.Price
	return b
}

// begin makes b the newest bar of an interval. Of more than keep, which is at
// least 1, the oldest goes.
func (c *chart) begin(i Interval, b *bar, keep int) {
	if c.newest[i].trades > 0 {
		if past := c.past[i].push(keep - 1); past != nil {
			*past = c.newest[i]
		}
	}
	c.newest[i], c.end[i] = *b, i.next(b.start)
}

// chart returns the chart of a symbol, which may be new.
func (b *bars) chart(id msg.SymbolID) *chart {
	for int(id) >= len(b.charts) {
		b.charts = append(b.charts, nil)
	}
	if b.charts[id] == nil {
		b.charts[id] = &chart{}
	}
	return b.charts[id]
}

// find returns the chart of a symbol, or nil.
func (b *bars) find(id msg.SymbolID) *chart {
	if int64(id) >= int64(len(b.charts)) {
		return nil
	}
	return b.charts[id]
}

// len returns the number of bars kept of an interval.
func (c *chart) len(i Interval) int { return c.past[i].len() + 1 }

// at returns bar n of an interval, counted from the oldest kept.
func (c *chart) at(i Interval, n int) bar {
	if n < c.past[i].len() {
		return *c.past[i].at(n)
	}
	b := c.newest[i]
	b.join(&c.fresh)
	return b
}

// start returns when bar n of an interval starts.
func (c *chart) start(i Interval, n int) int64 {
	if n < c.past[i].len() {
		return c.past[i].at(n).start
	}
	return c.newest[i].start
}

// search returns the number of the first bar of an interval that does not start
// before t.
func (c *chart) search(i Interval, t int64) int {
	return sort.Search(c.len(i), func(n int) bool { return c.start(i, n) >= t })
}

// BarQuery says which bars are meant: those of an interval that start in a span
// of time, up to the one that holds Now. A Now before the last transaction is
// taken for that.
//
// Interval and shift say where bars start: ShiftMinutes are those by which a
// place is east of UTC whose days, weeks and months are meant. Bars that lie
// otherwise than those of UTC are put together from the longest interval that
// allows it, and go back as far as that one does.
type BarQuery struct {
	Symbol       msg.SymbolID
	Interval     Interval
	ShiftMinutes int
	Span         Span
	Now          int64
}

// Bars appends bars to dst, oldest first and without a gap, from the first trade
// on. Where older ones than are kept are asked for, the answer starts with the
// oldest that is kept whole.
func (v *Views) Bars(q BarQuery, dst []Bar) []Bar {
	c := v.bars.find(q.Symbol)
	if c == nil || q.Interval >= Intervals {
		return dst
	}
	cal := calendar{q.Interval, int64(q.ShiftMinutes) * minute}
	first, last := c.starts(cal, &q.Span, max(q.Now, v.time))
	return c.appendBars(dst, cal, first, last, q.Span.Limit)
}

// starts returns when the first and the last bar start that a span means.
func (c *chart) starts(cal calendar, s *Span, now int64) (first, last int64) {
	last = cal.floor(now)
	if s.End != 0 {
		last = min(last, cal.floor(s.End))
	}
	oldest := c.at(cal.source(), 0)
	first = cal.floor(oldest.start)
	if first < oldest.start && oldest.first > 1 {
		first = cal.next(first) // the one before lacks what is no longer kept
	}
	if s.Start != 0 {
		return max(first, cal.ceil(s.Start)), last
	}
	t := last
	for n := s.Limit - 1; n > 0 && t > first; n-- {
		t = cal.floor(t - 1)
	}
	return max(first, t), last
}

// appendBars appends up to limit bars that start from first to last.
func (c *chart) appendBars(dst []Bar, cal calendar, first, last int64, limit int) []Bar {
	from := cal.source()
	n, price := c.search(from, first), msg.Price(0)
	if n > 0 {
		price = c.at(from, n-1).close
	}
	for start := first; start <= last && limit > 0; limit-- {
		end := cal.next(start)
		b := bar{open: price, high: price, low: price, close: price}
		for ; n < c.len(from) && c.start(from, n) < end; n++ {
			part := c.at(from, n)
			b.join(&part)
		}
		dst = append(dst, b.row(start, end))
		start, price = end, b.close
	}
	return dst
}

// row makes a row of a bar.
func (b *bar) row(start, end int64) Bar {
	return Bar{
		Start: start, End: end, Open: b.open, High: b.high, Low: b.low, Close: b.close, Volume: b.volume, Quote: b.quote,
		TakerVolume: b.takerVolume, TakerQuote: b.takerQuote, First: b.first, Trades: b.trades,
	}
}
