package enginetest

import (
	"math/big"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// market is the state of one symbol.
type market struct {
	id    msg.SymbolID
	spec  msg.Symbol
	unit  msg.Amount // what one lot at a price of one tick is worth
	phase msg.Phase
	bids  []*order // best price first, oldest first
	asks  []*order

	last    msg.Price // of the last trade; 0 before the first
	trades  msg.TradeID
	updates uint64 // the book-update id
	reports uint64 // the execution id
	queued  uint64 // the last queue number taken

	minutes map[int64]*minute // trades by clock minute
}

// minute sums up the trades of one clock minute.
type minute struct {
	qty   int64
	worth *big.Int // sum of price × qty
}

// order is an order from its acceptance until nothing of it is open. Its queue
// number is 0 until it rests.
type order struct {
	Order
	market *market
	amends int
	typ    msg.OrderType
	stp    msg.Prevention
}

func (o *order) rests() bool { return o.Queue != 0 }

// within reports whether o would trade at a price.
func (o *order) within(p msg.Price) bool {
	switch {
	case o.typ == msg.Market:
		return true
	case o.Side == msg.Buy:
		return p <= o.Price
	default:
		return p >= o.Price
	}
}

// side returns the orders that rest on a side of the book.
func (m *market) side(s msg.Side) *[]*order {
	if s == msg.Buy {
		return &m.bids
	}
	return &m.asks
}

// rest puts what is open of o at the end of its price.
func (m *market) rest(o *order) {
	m.queued++
	m.updates++
	o.Queue = m.queued
	book := m.side(o.Side)
	i := 0
	for i < len(*book) && !better(o.Side, o.Price, (*book)[i].Price) {
		i++
	}
	*book = slices.Insert(*book, i, o)
}

// better reports whether an order at price p goes before one at price q.
func better(s msg.Side, p, q msg.Price) bool {
	if s == msg.Buy {
		return p > q
	}
	return p < q
}

// take takes lots off an order. One that rests changes its level, and leaves
// the book when nothing is left.
func (m *market) take(o *order, q msg.Qty) {
	o.Open -= q
	if !o.rests() {
		return
	}
	m.updates++
	if o.Open == 0 {
		book := m.side(o.Side)
		i := slices.Index(*book, o)
		*book = slices.Delete(*book, i, i+1)
	}
}

// crossed reports whether the best bid reaches the best ask.
func (m *market) crossed() bool {
	return len(m.bids) > 0 && len(m.asks) > 0 && m.bids[0].Price >= m.asks[0].Price
}

// openQty is the sum of the open quantities of one side's orders. It fits,
// because place refuses what would make it too large.
func openQty(orders []*order) msg.Qty {
	sum := msg.Qty(0)
	for _, o := range orders {
		sum += o.Open
	}
	return sum
}

// openOrders counts the open orders of an account.
func (m *market) openOrders(a msg.AccountID) int {
	count := 0
	for _, book := range [...][]*order{m.bids, m.asks} {
		for _, o := range book {
			if o.Account == a {
				count++
			}
		}
	}
	return count
}

// halfMinute is the sum of quantities at which a minute's sums are halved.
const halfMinute = 1 << 56

// count adds a trade to its minute.
func (m *market) count(now int64, p msg.Price, q msg.Qty) {
	at := clockMinute(now)
	b := m.minutes[at]
	if b == nil {
		b = &minute{worth: new(big.Int)}
		m.minutes[at] = b
	}
	b.qty += int64(q)
	b.worth.Add(b.worth, product(int64(p), int64(q)))
	for b.qty >= halfMinute {
		b.qty /= 2
		b.worth.Rsh(b.worth, 1)
	}
}

// reference is the price by which the notional of market orders is judged: the
// average price, else that of the last trade, else none.
func (m *market) reference(now int64) (p msg.Price, ok bool) {
	qty, worth := new(big.Int), new(big.Int)
	last := clockMinute(now)
	for at := last - int64(m.spec.Filters.AvgMins) + 1; at <= last; at++ {
		if b := m.minutes[at]; b != nil {
			qty.Add(qty, big.NewInt(b.qty))
			worth.Add(worth, b.worth)
		}
	}
	if qty.Sign() > 0 {
		return msg.Price(worth.Div(worth, qty).Int64()), true
	}
	return m.last, m.last != 0
}

// worth is what q lots cost at price p, in the quote asset.
func (m *market) worth(p msg.Price, q msg.Qty) *big.Int {
	return product(int64(p), int64(q), int64(m.unit))
}

// volume is q lots in the base asset.
func (m *market) volume(q msg.Qty) *big.Int { return product(int64(q), int64(m.spec.Lot)) }
