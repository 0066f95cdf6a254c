package marketview

import (
	"math/bits"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Tickers and averages have no fold of their own. They add up bars: those of
// hours, and those of minutes in the hour in which the window begins.

// The windows.
const (
	// MaxTickerWindow is the longest window of a ticker.
	MaxTickerWindow = 7 * 24 * time.Hour
	// AverageMinutes is the window of an average price.
	AverageMinutes = 5

	// What a ticker may need: a bar for each minute or hour in which its window
	// lies, and the one before.
	tickerMinutes = int(MaxTickerWindow/time.Minute) + 2
	tickerHours   = int(MaxTickerWindow/time.Hour) + 2
)

// Ticker is what was traded in a symbol in a window that ends now. All is zero
// but its ends when nothing was. An amount stays at msg.MaxAmount when it would
// exceed it.
type Ticker struct {
	Start   int64 // a whole minute
	End     int64
	Prev    msg.Price // of the last trade before the window, zero when there is none
	Open    msg.Price
	High    msg.Price
	Low     msg.Price
	Last    msg.Price
	LastQty msg.Qty
	Volume  msg.Amount  // base units
	Quote   msg.Amount  // quote units
	Average msg.Amount  // quote units for one whole base unit, weighted by volume, rounded down
	First   msg.TradeID // zero without trades
	Trades  int64
}

// Change returns by how much the price changed in the window.
func (t *Ticker) Change() msg.Price { return t.Last - t.Open }

// ChangePercent returns by how many thousandths of a percent the price changed
// in the window, rounded to the nearest, half away from zero.
func (t *Ticker) ChangePercent() int64 {
	const thousandths = 100_000
	if t.Open == 0 {
		return 0
	}
	change, sign := t.Change(), int64(1)
	if change < 0 {
		change, sign = -change, -1
	}
	hi, lo := bits.Mul64(uint64(change), thousandths)
	lo, carry := bits.Add64(lo, uint64(t.Open)/2, 0)
	return sign * int64(quotient(hi+carry, lo, uint64(t.Open)))
}

// LastTrade returns the id of the last trade, zero without trades.
func (t *Ticker) LastTrade() msg.TradeID {
	return t.First + msg.TradeID(t.Trades) - min(1, msg.TradeID(t.Trades))
}

// Ticker returns what was traded in a symbol from a time to now; ok is false when
// there is no such symbol. The window begins with the minute that holds from,
// so it is up to a minute longer than asked for, and exact from there on; a
// longer one than MaxTickerWindow is cut to that. A now before the last
// transaction is taken for that.
func (v *Views) Ticker(sym msg.SymbolID, from, now int64) (t Ticker, ok bool) {
	now = max(now, v.time)
	t = Ticker{Start: floorTo(max(min(from, now), now-int64(MaxTickerWindow)), minute), End: now}
	c := v.bars.find(sym)
	if c == nil {
		return t, v.market.has(sym)
	}
	b := c.since(t.Start, &t.Prev)
	if b.trades == 0 {
		return t, true
	}
	t.Open, t.High, t.Low, t.Last, t.LastQty = b.open, b.high, b.low, b.close, c.qty
	t.Volume, t.Quote, t.First, t.Trades = b.volume, b.quote, b.first, b.trades
	t.Average = v.market.average(sym, b.quote, b.volume)
	return t, true
}

// since adds up what was traded from the begin of a minute on, and tells the
// price before.
func (c *chart) since(start int64, before *msg.Price) (b bar) {
	n := c.search(Interval1m, start)
	if n > 0 {
		*before = c.at(Interval1m, n-1).close
	}
	whole := calendar{interval: Interval1h}.ceil(start)
	for ; n < c.len(Interval1m) && c.start(Interval1m, n) < whole; n++ {
		part := c.at(Interval1m, n)
		b.join(&part)
	}
	for n := c.search(Interval1h, whole); n < c.len(Interval1h); n++ {
		part := c.at(Interval1h, n)
		b.join(&part)
	}
	return b
}

// AvgPrice is the average price of the last minutes.
type AvgPrice struct {
	Price msg.Amount // quote units for one whole base unit, rounded down; zero before the first trade
	Time  int64      // of the last trade
}

// AvgPrice returns the average price of a symbol, weighted by volume, over the
// clock minute of now and those before it, AverageMinutes in all, as the
// engine's reference price counts them; the last price when nothing was traded
// in them. ok is false when there is no such symbol. A now before the last
// transaction is taken for that.
func (v *Views) AvgPrice(sym msg.SymbolID, now int64) (a AvgPrice, ok bool) {
	c := v.bars.find(sym)
	if c == nil {
		return a, v.market.has(sym)
	}
	a.Time = c.time
	start := floorTo(max(now, v.time), minute) - (AverageMinutes-1)*minute
	var b bar
	for n := c.search(Interval1m, start); n < c.len(Interval1m); n++ {
		part := c.at(Interval1m, n)
		b.join(&part)
	}
	if b.trades == 0 {
		last := c.at(Interval1s, c.len(Interval1s)-1).close
		hi, lo := bits.Mul64(uint64(last), uint64(v.market.symbols[sym].Spec.Tick))
		a.Price = msg.Amount(quotient(hi, lo, 1))
		return a, true
	}
	a.Price = v.market.average(sym, b.quote, b.volume)
	return a, true
}

// average returns the price at which a volume was traded, in quote units for one
// whole base unit.
func (m *market) average(sym msg.SymbolID, quote, volume msg.Amount) msg.Amount {
	scale := m.assets[m.symbols[sym].Spec.Base].Scale
	hi, lo := bits.Mul64(uint64(quote), uint64(msg.Pow10(scale)))
	return msg.Amount(quotient(hi, lo, uint64(volume)))
}

// quotient divides a number of 128 bits, rounds down, and stays at
// msg.MaxAmount when that would be exceeded.
func quotient(hi, lo, by uint64) uint64 {
	if hi >= by {
		return uint64(msg.MaxAmount)
	}
	q, _ := bits.Div64(hi, lo, by)
	return min(q, uint64(msg.MaxAmount))
}
