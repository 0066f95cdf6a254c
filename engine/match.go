package engine

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// match lets the arriving order trade with the opposite side, best price and
// oldest order first, while it has open quantity and the price is within its
// limit.
func (e *Engine) match(c *msg.Command, s *symbol) {
	a := &e.arriving
	l := &s.sides[c.Side.Opposite()&1]
	for a.active && l.front <= a.limit {
		v := &e.pool.levels[l.best]
		slot := v.head
		o := &e.orders.pool[slot]
		if c.STP != msg.NoPrevention && planted.Bug != planted.SelfTrade && e.positions.pool[o.pos].account == c.Account {
			e.prevent(o, slot, v.price)
			continue
		}
		t := e.next(msg.Traded)
		t.Order, t.Taker, t.Trade = o.id, a.id, s.trade+1
		t.Price, t.Qty = v.price, min(a.open, o.open)
		e.fill(s, slot, o, t.Price, t.Qty)
	}
}

// prevent keeps the arriving order from trading with one of its own account.
func (e *Engine) prevent(o *order, slot uint32, p msg.Price) {
	a := &e.arriving
	v := e.next(msg.Prevented)
	v.Order, v.Taker, v.Price = o.id, a.id, p
	switch e.cmd.STP {
	case msg.ExpireTaker:
		v.TakerQty = a.open
	case msg.ExpireMaker:
		v.Qty = o.open
	case msg.ExpireBoth:
		v.Qty, v.TakerQty = o.open, a.open
	default: // decrement
		v.Qty = min(o.open, a.open)
		v.TakerQty = v.Qty
	}
	e.applyPrevented(v, slot)
}
