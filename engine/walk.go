package engine

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The walk is what an order would do, without doing it: RULES.md, section 4. It
// takes the same steps as match. Where the account has no open order that could
// be met, a level is one step; else each order is.

// step is one stop of the walk: lots that could be had at a price, from others
// or from the account itself.
type step struct {
	price msg.Price
	qty   msg.Qty
	own   bool
}

// walk calls visit with each step of an order of this side, limit price (0 for
// none) and account, until visit returns false.
func (e *Engine) walk(c *msg.Command, s *symbol, pos uint32, visit func(step) bool) {
	p := &e.positions.pool[pos]
	l := &s.sides[c.Side.Opposite()]
	single := c.STP != msg.NoPrevention && p.open > 0
	for i := l.best; i != 0; i = l.worse(&e.pool, i) {
		v := &e.pool.levels[i]
		if c.Type != msg.Market && l.rank(v.price) > l.rank(c.Price) {
			return
		}
		if !single {
			if !visit(step{v.price, v.qty, false}) {
				return
			}
			continue
		}
		for j := v.head; j != 0; j = e.orders.pool[j].next {
			o := &e.orders.pool[j]
			if !visit(step{v.price, o.open, o.pos == pos}) {
				return
			}
		}
	}
}

// walkFills reports whether a fill-or-kill order would trade whole.
func (e *Engine) walkFills(c *msg.Command, s *symbol, pos uint32) bool {
	left := c.Qty
	e.walk(c, s, pos, func(x step) bool {
		if x.own && c.STP != msg.ExpireMaker {
			return false // its own quantity would be prevented, not traded
		}
		if !x.own {
			left -= min(left, x.qty)
		}
		return left > 0
	})
	return left == 0
}

// walkCost returns what a market buy of this quantity would pay; ok is false
// when that does not fit.
func (e *Engine) walkCost(c *msg.Command, s *symbol, pos uint32, qty msg.Qty) (cost msg.Amount, ok bool) {
	left := qty
	ok = true
	e.walk(c, s, pos, func(x step) bool {
		if x.own && c.STP == msg.ExpireMaker {
			return true
		}
		if x.own && c.STP != msg.Decrement {
			return false
		}
		q := min(left, x.qty)
		left -= q
		if !x.own {
			n, fits := s.notional(x.price, q)
			if !fits || n > msg.MaxAmount-cost {
				ok = false
				return false
			}
			cost += n
		}
		return left > 0
	})
	return cost, ok
}

// walkQuote returns how many lots a market order for an amount of quote takes.
func (e *Engine) walkQuote(c *msg.Command, s *symbol, pos uint32) msg.Qty {
	left, qty := c.Quote, msg.Qty(0)
	e.walk(c, s, pos, func(x step) bool {
		if x.own && c.STP == msg.ExpireMaker {
			return true
		}
		if x.own && c.STP != msg.Decrement {
			return false
		}
		each := s.value(x.price, 1)
		q := min(x.qty, msg.Qty(left/each))
		qty += q
		left -= msg.Amount(q) * each
		return q == x.qty
	})
	for _, multiple := range [...]msg.Qty{s.Filters.StepQty, s.Filters.MarketStep} {
		if multiple > 1 {
			qty -= qty % multiple
		}
	}
	return qty
}
