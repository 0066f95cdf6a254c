package engine

import (
	"fmt"
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// applyTraded settles a trade. slot is the maker's. The taker is the arriving
// order or, in an uncross, another resting one.
func (e *Engine) applyTraded(v *msg.Event, slot uint32) {
	o := &e.orders.pool[slot]
	s := e.symbol(e.positions.pool[o.pos].symbol)
	e.touch(s)
	if v.Trade != s.trade+1 {
		panic(fmt.Sprintf("engine: trade %d of symbol %d follows trade %d", v.Trade, s.id, s.trade))
	}
	maker := party{o.pos, e.pool.levels[o.level].price}
	taker := party{e.arriving.pos, e.arriving.price}
	buyerMakes := o.side == msg.Buy
	if e.arriving.active && e.arriving.id == v.Taker {
		e.arriving.less(v.Qty)
		e.arriving.traded = 1
	} else {
		other := e.orders.slotOf(v.Taker)
		x := &e.orders.pool[other]
		taker = party{x.pos, e.pool.levels[x.level].price}
		e.reduce(other, v.Qty, s, 1)
	}
	e.reduce(slot, v.Qty, s, 1)
	if s.Accounting == msg.Balances {
		e.settle(s, maker, taker, buyerMakes, v.Price, v.Qty)
	}
	s.trade = v.Trade
	s.last = v.Price
	s.reports += 2
	if len(s.minutes) > 0 {
		e.count(s, v.Price, v.Qty)
	}
}

// party is one side of a trade: where its balances are, and the price for which
// it locked quote if it buys (0: it pays from free).
type party struct {
	pos   uint32
	limit msg.Price
}

// settle moves base and quote between the parties and takes both fees.
func (e *Engine) settle(s *symbol, maker, taker party, buyerMakes bool, p msg.Price, q msg.Qty) {
	m, t := &e.positions.pool[maker.pos], &e.positions.pool[taker.pos]
	makerRate, _ := e.rates(m.account, s)
	_, takerRate := e.rates(t.account, s)
	buyer, buyerAt, buyerRate := taker, t, takerRate
	sellerAt, sellerRate := m, makerRate
	if buyerMakes {
		buyer, buyerAt, buyerRate = maker, m, makerRate
		sellerAt, sellerRate = t, takerRate
	}
	base, quote := s.amount(q), s.value(p, q)
	baseFee, quoteFee := msg.Fee(base, buyerRate), msg.Fee(quote, sellerRate)
	if buyer.limit == 0 {
		e.pay(buyerAt.quote, -quote, 0)
	} else {
		locked := s.value(buyer.limit, q)
		e.pay(buyerAt.quote, locked-quote, -locked)
	}
	e.pay(sellerAt.base, 0, -base)
	e.pay(buyerAt.base, base-baseFee, 0)
	e.pay(sellerAt.quote, quote-quoteFee, 0)
	if baseFee > 0 {
		e.pay(s.feeBase, baseFee, 0)
	}
	if quoteFee > 0 {
		e.pay(s.feeQuote, quoteFee, 0)
	}
}

// reduce takes lots off a resting order, by a trade or otherwise; without any left
// it leaves the book.
func (e *Engine) reduce(slot uint32, q msg.Qty, s *symbol, traded uint8) {
	o := &e.orders.pool[slot]
	if q <= 0 || q > o.open {
		panic(fmt.Sprintf("engine: %d lots are taken off order %d, which has %d", q, o.id, o.open))
	}
	e.takeOrder(slot)
	o.open -= q
	e.shrink(o, q, s)
	s.updates++
	if o.open > 0 {
		o.traded |= traded
		return
	}
	if o.named {
		e.dropName(slot)
	}
	e.unlink(slot, s)
	e.orders.drop(slot)
}

// shrink takes lots off the sums that an order's are in.
func (e *Engine) shrink(o *order, q msg.Qty, s *symbol) {
	s.sides[o.side].total -= q
	e.pool.levels[o.level].qty -= q
	if o.side == msg.Buy {
		e.positions.pool[o.pos].bids -= q
	}
}

// unlink takes an order out of its queue and its position's list, and its level
// out of the book when it was the last one there.
func (e *Engine) unlink(slot uint32, s *symbol) {
	o := &e.orders.pool[slot]
	v := &e.pool.levels[o.level]
	if o.prev == 0 {
		v.head = o.next
	} else {
		e.orders.pool[o.prev].next = o.next
	}
	if o.next == 0 {
		v.tail = o.prev
	} else {
		e.orders.pool[o.next].prev = o.prev
	}
	v.count--
	if v.count == 0 {
		s.sides[o.side].remove(&e.pool, o.level)
	}

	p := &e.positions.pool[o.pos]
	if o.older == 0 {
		p.oldest = o.newer
	} else {
		e.orders.pool[o.older].newer = o.newer
	}
	if o.newer == 0 {
		p.newest = o.older
	} else {
		e.orders.pool[o.newer].older = o.older
	}
	p.open--
}

// applyPrevented takes lots off a maker, and off the arriving order, without a
// trade, and frees their locks.
func (e *Engine) applyPrevented(v *msg.Event, slot uint32) {
	o := &e.orders.pool[slot]
	pos, side, price := o.pos, o.side, e.pool.levels[o.level].price
	a := &e.arriving
	if !a.active || a.id != v.Taker {
		panic(fmt.Sprintf("engine: order %d is kept from trading, but order %d arrives", v.Taker, a.id))
	}
	s := a.symbol
	e.touch(s)
	if v.Qty > 0 {
		s.reports++
		e.reduce(slot, v.Qty, s, 0)
		e.lock(s, pos, side, price, -v.Qty)
	}
	if v.TakerQty > 0 {
		s.reports++
		a.less(v.TakerQty)
		e.lock(s, a.pos, a.side, a.price, -v.TakerQty)
	}
}

// applyCanceled takes an order off the book and frees its lock.
func (e *Engine) applyCanceled(slot uint32) {
	o := &e.orders.pool[slot]
	pos, side, open, price := o.pos, o.side, o.open, e.pool.levels[o.level].price
	s := e.symbol(e.positions.pool[pos].symbol)
	e.touch(s)
	s.reports++
	e.reduce(slot, open, s, 0)
	e.lock(s, pos, side, price, -open)
}

// applyAmended lowers an order's quantity to the command's, and gives it the
// command's name if there is one.
func (e *Engine) applyAmended(slot uint32) {
	c := e.cmd
	o := &e.orders.pool[slot]
	s := e.symbol(e.positions.pool[o.pos].symbol)
	e.touch(s)
	s.reports++
	less := o.qty - c.Qty
	e.takeOrder(slot)
	o.qty -= less
	o.open -= less
	if o.amends < math.MaxUint16 { // no filter asks for more
		o.amends++
	}
	if o.open <= 0 || less <= 0 {
		panic(fmt.Sprintf("engine: order %d is amended by %d lots and has %d left", o.id, less, o.open))
	}
	e.shrink(o, less, s)
	if planted.Bug == planted.AmendLosesPlace {
		e.sendBack(slot, s)
	}
	s.updates++
	if !c.Name.IsZero() {
		if o.named {
			e.dropName(slot)
		}
		e.setName(slot, &c.Name)
	}
	e.lock(s, o.pos, o.side, e.pool.levels[o.level].price, -less)
}
