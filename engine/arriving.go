package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// arriving is the order of the transaction under way: accepted, not yet resting. It is
// the order of the engine's command in the symbol that is touched.
type arriving struct {
	active bool  // it has open quantity
	traded uint8 // 1 when something of it was traded, else 0
	pos    uint32
	id     msg.OrderID
	limit  uint64 // the last rank of the other side that it trades with
	qty    msg.Qty
	open   msg.Qty
}

// applyAccepted is accept of what was recorded.
func (e *Engine) applyAccepted(v *msg.Event) {
	c := e.cmd
	qty := c.Qty
	if c.Quote > 0 {
		qty = v.Qty
	}
	s := e.symbol(c.Symbol)
	e.accept(c, s, e.position(c.Account, s), v.Order, qty)
}

// accept puts the command's order into the register and locks what it can cost. A
// market buy locks nothing: each of its trades pays from free.
func (e *Engine) accept(c *msg.Command, s *symbol, pos uint32, id msg.OrderID, qty msg.Qty) {
	e.touch(s)
	s.reports++
	a := &e.arriving // filled where it lies, as events are
	a.active, a.traded, a.pos, a.id = true, 0, pos, id
	a.limit = lastRank
	if c.Type != msg.Market {
		a.limit = s.sides[c.Side.Opposite()&1].rank(c.Price)
	}
	a.qty, a.open = qty, qty
	if s.Accounting != msg.NoAccounting {
		e.lock(s, pos, c.Side, c.Price, qty)
	}
}

// lock moves what lots of an order can cost from free to locked, or back when it is
// less than none. Accounting is balances.
func (e *Engine) lock(s *symbol, pos uint32, side msg.Side, p msg.Price, qty msg.Qty) {
	balance, n := s.stake(&e.positions.pool[pos], side, p, qty)
	if n == 0 {
		return
	}
	b := &e.balances.pool[balance]
	if !b.out {
		e.takeBalance(balance)
	}
	b.free -= n
	b.locked += n
	if b.free < 0 || b.locked < 0 {
		e.belowZero(b)
	}
}

// stake returns which of a position's balances an order is paid from, and what lots of
// it can cost, which is nothing for a market buy. The sides come at random, so it
// chooses without a branch.
func (s *symbol) stake(at *position, side msg.Side, p msg.Price, q msg.Qty) (balance uint32, n msg.Amount) {
	base, amount := at.base, s.amount(q)
	balance, n = at.quote, s.value(p, q)
	if side == msg.Sell {
		balance = base
	}
	if side == msg.Sell {
		n = amount
	}
	return balance, n
}

// less takes lots off the arriving order; without any left it is done.
func (a *arriving) less(q msg.Qty) {
	a.open -= q
	a.active = a.open > 0
	if a.open < 0 {
		a.overdrawn()
	}
}

func (a *arriving) overdrawn() {
	panic(fmt.Sprintf("engine: order %d has %d lots left of %d", a.id, a.open, a.qty))
}

// applyExpired ends the arriving order.
func (e *Engine) applyExpired(v *msg.Event) {
	a := &e.arriving
	if !a.active || a.id != v.Order {
		panic(fmt.Sprintf("engine: order %d expires, but order %d arrives", v.Order, a.id))
	}
	s, c := e.touched, e.cmd
	s.reports++
	if s.Accounting != msg.NoAccounting {
		e.lock(s, a.pos, c.Side, c.Price, -a.open)
	}
	a.active = false
}

// rest puts what is left of the arriving order at the end of its price's queue and of
// its position's list. The order in slot 0, which is none, is written to where there is
// no other: which orders are the first or the last ones is as good as random, and a
// branch would often be guessed wrong.
func (e *Engine) rest() {
	a, c, s := &e.arriving, e.cmd, e.touched
	if !mayRest(c) {
		e.cannotRest()
	}
	s.queue++
	s.updates++
	slot := e.orders.add(a.id)
	l := &s.sides[c.Side&1]
	at := l.level(&e.pool, c.Price)
	l.total += a.open
	pool := e.orders.pool
	o := &pool[slot]
	o.qty, o.open, o.queue, o.pos = a.qty, a.open, s.queue, a.pos
	o.amends, o.side, o.named, o.traded = 0, c.Side, false, a.traded

	v := &e.pool.levels[at]
	o.level, o.next, o.prev = at, 0, v.tail
	pool[v.tail].next = slot
	v.tail = slot
	if v.head == 0 {
		v.head = slot
	}
	v.qty += a.open
	v.count++

	p := &e.positions.pool[a.pos]
	o.newer, o.older = 0, p.newest
	pool[p.newest].newer = slot
	p.newest = slot
	if p.oldest == 0 {
		p.oldest = slot
	}
	p.open++
	p.bids += bidden(c.Side, a.open)

	if !o.out {
		e.holdOrder(slot)
	}
	if !c.Name.IsZero() {
		e.setName(slot, &c.Name)
	}
	a.active = false
}

func (e *Engine) cannotRest() {
	panic(fmt.Sprintf("engine: order %d of type %v would rest", e.arriving.id, e.cmd.Type))
}

// bidden returns q for a buy, and 0 for a sell.
func bidden(side msg.Side, q msg.Qty) msg.Qty { return q & (msg.Qty(side) - 1) }
