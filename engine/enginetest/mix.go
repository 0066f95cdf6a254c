package enginetest

import (
	"math/rand/v2"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// mix is what one seed's stream is made of.
type mix struct {
	weights [int(msg.Uncross) + 1]int // how often each kind is drawn
	traders int
	symbols int
	spoil   float64 // share of commands with something wrong in them
	names   float64 // share of orders with a client order id
	pool    int     // how many client order ids there are
	strays  float64 // share of cancels that mean no open order of the account
	limits  float64 // share of cancels that ask how far the order has come
	plans   float64 // share of orders that belong to a strategy
	types   [6]int  // limit GTC, IOC, FOK, market by quantity, by quote, limit-maker
	modes   [5]int  // self-trade prevention
	rich    bool    // accounts hold what there can be at most
	hoard   bool    // one symbol whose bids grow until their total reaches its end
	calls   bool    // one call auction after the other, of few and small orders
}

// drawMix draws what a stream is made of. Most features are left out by some
// seeds.
func drawMix(rng *rand.Rand) mix {
	some := func(most int) int { // nothing, one time in three
		if rng.IntN(3) == 0 {
			return 0
		}
		return 1 + rng.IntN(most)
	}
	m := mix{
		traders: 1 + rng.IntN(10)%6, symbols: 1 + rng.IntN(4), spoil: 0.05 * rng.Float64(),
		names: rng.Float64() * rng.Float64(), pool: 2 + rng.IntN(50), strays: 0.4 * rng.Float64() * rng.Float64(), rich: rng.IntN(2) == 0,
		limits: 0.5 * rng.Float64() * float64(rng.IntN(2)), plans: rng.Float64() * float64(rng.IntN(2)),
	}
	m.weights = [...]int{
		msg.Place: 400, msg.Cancel: some(200), msg.CancelReplace: some(120), msg.Amend: some(100), msg.CancelAll: some(8),
		msg.Credit: 1 + some(30), msg.Debit: some(10), msg.CreateAccount: some(2), msg.SetStatus: some(6), msg.SetFees: some(6),
		msg.AddAsset: some(5), msg.AddSymbol: some(1), msg.AlterSymbol: some(8), msg.SetPhase: some(8), msg.Uncross: some(2),
	}
	m.types = [...]int{20 + rng.IntN(60), some(12), some(12), some(12), some(12), some(15)}
	m.modes = [...]int{1 + some(20), some(10), some(10), some(10), some(10)}
	m.hoard, m.calls = rng.IntN(20) == 0, rng.IntN(12) == 0
	if m.calls {
		m.weights[msg.SetPhase], m.weights[msg.Uncross] = 60, 60
	}
	if m.hoard {
		m.symbols, m.names = 1, 0
		for _, k := range [...]msg.Kind{msg.CancelAll, msg.AddSymbol, msg.AlterSymbol, msg.SetPhase} {
			m.weights[k] = 0
		}
	}
	return m
}

// draw draws a kind of command.
func (s *Stream) draw() msg.Kind { return msg.Kind(pick(s.rng, s.mix.weights[:])) }

// pick draws an index, each as often as its weight says.
func pick(rng *rand.Rand, weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	at := rng.IntN(sum)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	panic("enginetest: drawn beyond the weights")
}

// funds draws an amount to credit.
func (m *mix) funds(rng *rand.Rand) msg.Amount {
	if m.rich {
		return 1 + msg.Amount(rng.Int64()>>rng.IntN(8))
	}
	return 1 + msg.Amount(rng.Int64N(1<<(20+rng.IntN(30))))
}

// drawRate draws a fee rate: none, usual, or odd.
func drawRate(rng *rand.Rand) msg.Rate {
	switch rng.IntN(8) {
	case 0, 1:
		return 0
	case 2:
		return msg.Rate(rng.Int64N(int64(msg.RateUnit) + 1))
	case 3:
		return msg.RateUnit
	default:
		return msg.Rate(rng.IntN(300_000))
	}
}

// style is how a symbol's orders look.
type style struct {
	low, high msg.Price // the range in which prices are drawn
	wild      bool      // prices over the whole range, as often small as large
	qty       qtyStyle
	depth     int     // orders in the book beyond which some are canceled
	bids      float64 // share of orders that buy
}

// qtyStyle is how large a symbol's orders are.
type qtyStyle uint8

const (
	smallQty qtyStyle = iota // a few lots
	roundQty                 // multiples of ten
	anyQty                   // as often small as large
	edgeQty                  // price × quantity × unit about what fits into 63 bits
	hugeQty                  // about MaxQty
	qtyStyles
)

// costly reports whether orders are worth more than most accounts have.
func (st *style) costly() bool { return st.high > 1<<40 || st.qty >= anyQty }

func drawStyle(rng *rand.Rand, m *mix) *style {
	if m.hoard {
		return &style{low: 1, high: 8, qty: hugeQty, depth: 1200, bids: 0.95}
	}
	if m.calls {
		return &style{low: 20, high: 20 + msg.Price(rng.IntN(12)), qty: smallQty, depth: 4 + rng.IntN(8), bids: 0.5}
	}
	w := msg.Price(2 + rng.IntN(40))
	st := &style{qty: qtyStyle(rng.IntN(int(qtyStyles))), depth: 10 + rng.IntN(120), bids: 0.5}
	switch rng.IntN(6) {
	case 0:
		st.low, st.high = 1, w
	case 1:
		st.low, st.high = msg.MaxPrice-w, msg.MaxPrice
	case 2:
		st.low, st.high, st.wild = 1, msg.MaxPrice, true
	default:
		st.low = 1 + msg.Price(rng.IntN(100_000))
		st.high = st.low + w
	}
	return st
}
