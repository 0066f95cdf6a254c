package engine

import (
	"math/bits"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// symbol is a market: its rules, its book and its counters.
type symbol struct {
	sides [2]ladder

	id       msg.SymbolID
	phase    msg.Phase
	filtered bool      // some filter is on
	out      bool      // of the digest, and in the queue of those that are
	maxValue uint64    // the largest price × qty that has a value
	maxLots  uint64    // the largest quantity that has an amount
	last     msg.Price // of the last trade; 0 before the first
	trade    msg.TradeID
	updates  uint64 // price-level changes
	reports  uint64 // execution ids given
	queue    uint64 // queue numbers given

	unit     msg.Amount // value of one lot at one tick
	feeBase  uint32     // balances of the fee account
	feeQuote uint32
	msg.Symbol

	minutes []bucket
	bucket  int    // 1 + the index of the bucket that is out of the digest, or 0
	specMix uint64 // of the spec, which changes seldom
	mix     uint64 // what the digest holds of this symbol, unless it is out
}

// bucket sums the trades of one clock minute.
type bucket struct {
	minute int64
	qty    uint64
	hi, lo uint64 // Σ price × qty, 128 bits
}

// bucketQty bounds a bucket's quantity: at the bound both sums are halved, which
// keeps their quotient, so that the sums of all minutes fit their words.
const bucketQty = 1 << 56

// addSymbol makes the next symbol.
func (e *Engine) addSymbol(spec *msg.Symbol) {
	s := &symbol{id: msg.SymbolID(len(e.symbols) + 1), sides: newLadders()}
	e.symbols = append(e.symbols, s)
	e.symbolNames[spec.Name] = s.id
	if spec.Accounting == msg.Balances {
		s.feeBase = e.balances.of(msg.FeeAccount, spec.Base)
		s.feeQuote = e.balances.of(msg.FeeAccount, spec.Quote)
	}
	e.setSpec(s, spec)
}

// setSpec gives a symbol its rules. The time buckets are forgotten when their
// number changes.
func (e *Engine) setSpec(s *symbol, spec *msg.Symbol) {
	e.touch(s)
	if spec.Filters.AvgMins != s.Filters.AvgMins {
		e.settleBucket(s)
		for i := range s.minutes {
			e.digest -= s.minutes[i].mix(s.id)
		}
		s.minutes = make([]bucket, spec.Filters.AvgMins)
	}
	s.Symbol = *spec
	s.unit, _ = spec.Unit(e.assets[spec.Base-1].scale)
	s.maxValue, s.maxLots = uint64(msg.MaxAmount/s.unit), uint64(msg.MaxAmount/spec.Lot)
	f := spec.Filters
	f.AvgMins = 0 // says what others are measured by
	s.filtered = f != msg.Filters{}
	s.specMix = specMix(spec)
}

// notional returns price × qty × unit; ok is false when it does not fit.
func (s *symbol) notional(p msg.Price, q msg.Qty) (n msg.Amount, ok bool) {
	if q == 0 {
		return 0, true
	}
	if planted.Bug == planted.NotionalWraps {
		return s.value(p, q), true
	}
	v, ok := msg.Mul(int64(p), int64(q))
	if !ok {
		return 0, false
	}
	v, ok = msg.Mul(v, int64(s.unit))
	return msg.Amount(v), ok
}

// fits reports whether the amounts of an order at a price, 0 for a market order, can be
// told: price × qty × unit and qty × lot.
func (s *symbol) fits(p msg.Price, q msg.Qty) bool {
	hi, lo := bits.Mul64(uint64(p), uint64(q))
	return (hi == 0 && lo <= s.maxValue || planted.Bug == planted.NotionalWraps) && uint64(q) <= s.maxLots
}

// value is notional for a trade or a lock, which was checked before.
func (s *symbol) value(p msg.Price, q msg.Qty) msg.Amount {
	return msg.Amount(p) * msg.Amount(q) * s.unit
}

// amount returns how much base q lots are.
func (s *symbol) amount(q msg.Qty) msg.Amount { return msg.Amount(q) * s.Lot }

// crossed reports whether the best bid reaches the best ask.
func (s *symbol) crossed() bool {
	// The rank of a bid is what its price lacks of the last rank.
	return s.sides[msg.Buy].front+s.sides[msg.Sell].front <= lastRank
}

// count adds a trade to the bucket of its minute.
func (e *Engine) count(s *symbol, p msg.Price, q msg.Qty) {
	now := msg.Minute(e.time)
	i := int(now % int64(len(s.minutes)))
	e.takeBucket(s, i)
	b := &s.minutes[i]
	if b.minute != now {
		*b = bucket{minute: now}
	}
	hi, lo := bits.Mul64(uint64(p), uint64(q))
	var carry uint64
	b.lo, carry = bits.Add64(b.lo, lo, 0)
	b.hi += hi + carry
	b.qty += uint64(q)
	for b.qty >= bucketQty {
		b.qty >>= 1
		b.lo = b.lo>>1 | b.hi<<63
		b.hi >>= 1
	}
}

// reference returns the price that market orders are measured by: the average
// of the last minutes if there were trades in them, else the last trade's; 0
// before the first trade.
func (e *Engine) reference(s *symbol) msg.Price {
	now := msg.Minute(e.time)
	var qty, hi, lo, carry uint64
	for i := range s.minutes {
		b := &s.minutes[i]
		if b.minute > now-int64(len(s.minutes)) && b.qty > 0 {
			qty += b.qty
			lo, carry = bits.Add64(lo, b.lo, 0)
			hi += b.hi + carry
		}
	}
	if qty == 0 {
		return s.last
	}
	q, _ := bits.Div64(hi, lo, qty)
	return msg.Price(q)
}
