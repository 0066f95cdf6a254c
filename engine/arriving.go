package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// arriving is the order of the transaction under way: accepted, not yet
// resting.
type arriving struct {
	active  bool // it has open quantity
	side    msg.Side
	stp     msg.Prevention
	kind    msg.OrderType
	rests   bool  // what is left of it rests
	traded  uint8 // 1 when something of it was traded, else 0
	pos     uint32
	account msg.AccountID
	symbol  *symbol
	id      msg.OrderID
	price   msg.Price // 0 for a market order
	qty     msg.Qty
	open    msg.Qty
}

// within reports whether the order may trade at p.
func (a *arriving) within(p msg.Price) bool {
	switch {
	case a.kind == msg.Market:
		return true
	case a.side == msg.Buy:
		return p <= a.price
	default:
		return p >= a.price
	}
}

// applyAccepted puts the command's order into the register and locks what it
// can cost. A market buy locks nothing: each of its trades pays from free.
func (e *Engine) applyAccepted(v *msg.Event) {
	c := e.cmd
	s := e.symbol(c.Symbol)
	e.touch(s)
	s.reports++
	qty := c.Qty
	if c.Quote > 0 {
		qty = v.Qty
	}
	e.arriving = arriving{
		active: true, side: c.Side, stp: c.STP, kind: c.Type, rests: mayRest(c),
		pos: e.position(c.Account, s), account: c.Account, symbol: s,
		id: v.Order, price: c.Price, qty: qty, open: qty,
	}
	e.lock(s, e.arriving.pos, c.Side, c.Price, qty)
}

// lock moves what qty lots of an order can cost from free to locked, or back
// when qty is negative.
func (e *Engine) lock(s *symbol, pos uint32, side msg.Side, p msg.Price, qty msg.Qty) {
	if s.Accounting == msg.NoAccounting {
		return
	}
	at := &e.positions.pool[pos]
	if side == msg.Sell {
		n := s.amount(qty)
		e.pay(at.base, -n, n)
	} else if p != 0 {
		n := s.value(p, qty)
		e.pay(at.quote, -n, n)
	}
}

// less takes lots off the arriving order; without any left it is done.
func (a *arriving) less(q msg.Qty) {
	a.open -= q
	if a.open < 0 {
		panic(fmt.Sprintf("engine: order %d has %d lots left of %d", a.id, a.open, a.qty))
	}
	a.active = a.open > 0
}

// applyExpired ends the arriving order.
func (e *Engine) applyExpired(v *msg.Event) {
	a := &e.arriving
	if !a.active || a.id != v.Order {
		panic(fmt.Sprintf("engine: order %d expires, but order %d arrives", v.Order, a.id))
	}
	e.touch(a.symbol)
	a.symbol.reports++
	e.lock(a.symbol, a.pos, a.side, a.price, -a.open)
	a.active = false
}

// rest puts what is left of the arriving order at the end of its price's queue.
func (e *Engine) rest() {
	a := &e.arriving
	if !a.rests {
		panic(fmt.Sprintf("engine: order %d of type %v would rest", a.id, a.kind))
	}
	s := a.symbol
	e.touch(s)
	s.queue++
	slot := e.orders.add(a.id)
	if !e.orders.pool[slot].out {
		e.holdOrder(slot)
	}
	e.link(slot, order{
		id: a.id, qty: a.qty, open: a.open, queue: s.queue, pos: a.pos, side: a.side, traded: a.traded, out: true,
	}, s, a.price)
	if !e.cmd.Name.IsZero() {
		e.setName(slot, &e.cmd.Name)
	}
	s.updates++
	a.active = false
}

// link fills the slot with o and puts it at the end of its queue and of its
// position's list.
func (e *Engine) link(slot uint32, o order, s *symbol, price msg.Price) {
	l := &s.sides[o.side]
	o.level = l.level(&e.pool, price)
	l.total += o.open
	v := &e.pool.levels[o.level]
	v.qty += o.open
	v.count++
	o.prev = v.tail
	if v.tail == 0 {
		v.head = slot
	} else {
		e.orders.pool[v.tail].next = slot
	}
	v.tail = slot

	p := &e.positions.pool[o.pos]
	o.older = p.newest
	if p.newest == 0 {
		p.oldest = slot
	} else {
		e.orders.pool[p.newest].newer = slot
	}
	p.newest = slot
	p.open++
	if o.side == msg.Buy {
		p.bids += o.open
	}
	e.orders.pool[slot] = o
}
