package engine

import (
	"fmt"
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// applyTraded settles a recorded trade. slot is the maker's. The taker is the arriving
// order or, in an uncross, another resting one.
func (e *Engine) applyTraded(v *msg.Event, slot uint32) {
	o := &e.orders.pool[slot]
	s := e.symbol(e.positions.pool[o.pos].symbol)
	e.touch(s)
	if v.Trade != s.trade+1 {
		panic(fmt.Sprintf("engine: trade %d of symbol %d follows trade %d", v.Trade, s.id, s.trade))
	}
	if e.arriving.active && e.arriving.id == v.Taker {
		e.fill(s, slot, o, v.Price, v.Qty)
		return
	}
	other := e.orders.slotOf(v.Taker)
	x := &e.orders.pool[other]
	if s.Accounting != msg.NoAccounting {
		e.settle(s, e.party(o), e.party(x), o.side, v.Price, v.Qty)
	}
	e.reduce(other, x, v.Qty, s, 1)
	e.reduce(slot, o, v.Qty, s, 1)
	e.noteTrade(s, v.Price, v.Qty)
}

// fill trades lots of a resting order with the arriving one.
func (e *Engine) fill(s *symbol, slot uint32, o *order, p msg.Price, q msg.Qty) {
	a := &e.arriving
	if s.Accounting != msg.NoAccounting {
		e.settle(s, e.party(o), party{pos: a.pos, limit: e.cmd.Price}, o.side, p, q)
	}
	a.less(q)
	a.traded = 1
	e.reduce(slot, o, q, s, 1)
	e.noteTrade(s, p, q)
}

// noteTrade counts a trade.
func (e *Engine) noteTrade(s *symbol, p msg.Price, q msg.Qty) {
	s.trade++
	s.last = p
	s.reports += 2
	if len(s.minutes) > 0 {
		e.count(s, p, q)
	}
}

// party is one side of a trade: where its balances are, and the price for which
// it locked quote if it buys (0: it pays from free), and its rate of fees.
type party struct {
	pos   uint32
	limit msg.Price
	rate  msg.Rate
}

// party returns that of a resting order.
func (e *Engine) party(o *order) party { return party{pos: o.pos, limit: e.pool.levels[o.level].price} }

// settle moves base and quote between the parties and takes both fees.
func (e *Engine) settle(s *symbol, maker, taker party, makes msg.Side, p msg.Price, q msg.Qty) {
	m, t := &e.positions.pool[maker.pos], &e.positions.pool[taker.pos]
	if m.symbol != s.id || t.symbol != s.id {
		panic(fmt.Sprintf("engine: positions in symbols %d and %d trade in symbol %d", m.symbol, t.symbol, s.id))
	}
	maker.rate, _ = e.rates(m.account, s)
	_, taker.rate = e.rates(t.account, s)
	var by [2]party // by side, without a branch: who makes is as good as random
	by[makes&1], by[makes.Opposite()&1] = maker, taker
	buyer, seller := &by[msg.Buy], &by[msg.Sell]
	buyerAt, sellerAt := &e.positions.pool[buyer.pos], &e.positions.pool[seller.pos]
	base, quote := s.amount(q), s.value(p, q)
	baseFee, quoteFee := msg.Fee(base, buyer.rate), msg.Fee(quote, seller.rate)
	locked := s.value(buyer.limit, q) // a market order has no price and locked nothing
	e.pay(buyerAt.quote, locked-quote, -locked)
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
func (e *Engine) reduce(slot uint32, o *order, q msg.Qty, s *symbol, traded uint8) {
	if q == o.open {
		e.leave(slot, o, s)
		return
	}
	if q <= 0 || q > o.open {
		panic(fmt.Sprintf("engine: %d lots are taken off order %d, which has %d", q, o.id, o.open))
	}
	e.takeOrder(slot)
	e.shrink(o, q, s)
	s.updates++
	o.open -= q
	o.traded |= traded
}

// shrink takes lots off the sums that an order's are in.
func (e *Engine) shrink(o *order, q msg.Qty, s *symbol) {
	s.sides[o.side&1].total -= q
	e.pool.levels[o.level].qty -= q
	e.positions.pool[o.pos].bids -= bidden(o.side, q)
}

// leave takes an order out of its queue and its position's list, and its level out of
// the book when it was the last one there, and frees its slot. It writes to slot 0 where
// rest does.
func (e *Engine) leave(slot uint32, o *order, s *symbol) {
	if !o.out {
		e.digest -= e.orderMix(slot)
	}
	if o.named {
		e.dropName(slot)
	}
	s.updates++
	pool, l, open := e.orders.pool, &s.sides[o.side&1], o.open
	l.total -= open

	v := &e.pool.levels[o.level]
	next, prev := o.next, o.prev
	pool[prev].next, pool[next].prev = next, prev
	head, tail := v.head, v.tail
	if prev == 0 {
		head = next
	}
	if next == 0 {
		tail = prev
	}
	v.head, v.tail = head, tail
	v.qty -= open
	v.count--
	if v.count == 0 {
		l.remove(&e.pool, o.level)
	}

	p := &e.positions.pool[o.pos]
	newer, older := o.newer, o.older
	pool[older].newer, pool[newer].older = newer, older
	oldest, newest := p.oldest, p.newest
	if older == 0 {
		oldest = newer
	}
	if newer == 0 {
		newest = older
	}
	p.oldest, p.newest = oldest, newest
	p.open--
	p.bids -= bidden(o.side, open)

	x := &e.orders
	place := &x.recent[int(o.id)&(len(x.recent)-1)]
	if *place == slot {
		*place = 0
	} else {
		x.old.remove(uint64(o.id))
	}
	o.id, o.next = 0, x.free
	x.free = slot
	x.open--
}

// applyPrevented takes lots off a maker, and off the arriving order, without a
// trade, and frees their locks.
func (e *Engine) applyPrevented(v *msg.Event, slot uint32) {
	o := &e.orders.pool[slot]
	a, c, s := &e.arriving, e.cmd, e.touched
	if !a.active || a.id != v.Taker {
		panic(fmt.Sprintf("engine: order %d is kept from trading, but order %d arrives", v.Taker, a.id))
	}
	if v.Qty > 0 {
		s.reports++
		if s.Accounting != msg.NoAccounting {
			e.lock(s, o.pos, o.side, e.pool.levels[o.level].price, -v.Qty)
		}
		e.reduce(slot, o, v.Qty, s, 0)
	}
	if v.TakerQty > 0 {
		s.reports++
		a.less(v.TakerQty)
		if s.Accounting != msg.NoAccounting {
			e.lock(s, a.pos, c.Side, c.Price, -v.TakerQty)
		}
	}
}

// applyCanceled takes an order off the book and frees its lock.
func (e *Engine) applyCanceled(slot uint32) {
	o := &e.orders.pool[slot]
	e.cancelAt(slot, o, e.symbol(e.positions.pool[o.pos].symbol))
}

// cancelAt is applyCanceled of an order that was found.
func (e *Engine) cancelAt(slot uint32, o *order, s *symbol) {
	e.touch(s)
	s.reports++
	if s.Accounting != msg.NoAccounting {
		e.lock(s, o.pos, o.side, e.pool.levels[o.level].price, -o.open)
	}
	e.leave(slot, o, s)
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
	if s.Accounting != msg.NoAccounting {
		e.lock(s, o.pos, o.side, e.pool.levels[o.level].price, -less)
	}
}
