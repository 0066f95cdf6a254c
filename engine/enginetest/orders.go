package enginetest

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// place draws a new order.
func (s *Stream) place() msg.Command {
	c := msg.Command{Kind: msg.Place, Symbol: s.symbol(), Account: s.trader(), Side: msg.Sell}
	if s.chance(s.styleOf(c.Symbol).bids) {
		c.Side = msg.Buy
	}
	s.terms(&c)
	return c
}

// terms draws type, price, quantity and name of a new order.
func (s *Stream) terms(c *msg.Command) {
	m := s.naive.market(c.Symbol)
	if m.spec.Accounting == msg.NoAccounting && s.chance(0.02) {
		c.Account = [...]msg.AccountID{0, 99, msg.MaxAccounts - 1, msg.MaxAccounts, msg.MaxAccounts + 1, 1<<32 - 1}[s.rng.IntN(6)]
	}
	c.STP = msg.Prevention(pick(s.rng, s.mix.modes[:]))
	c.Strategy = s.strategy()
	c.Name = s.name(s.mix.names)
	if s.chance(0.7) && s.naive.byName(c.Account, c.Name) != nil {
		c.Name = msg.Name{}
	}
	kind := pick(s.rng, s.mix.types[:])
	if m.phase == msg.Auction && s.chance(0.9) {
		kind = 0
	}
	switch kind {
	case 1:
		c.TIF = msg.IOC
	case 2:
		c.TIF = msg.FOK
	case 3, 4:
		c.Type = msg.Market
	case 5:
		c.Type = msg.LimitMaker
	default:
	}
	st := s.styleOf(m.id)
	p := s.price(m, st, c)
	q := s.qty(m, st, p)
	switch kind {
	case 4:
		c.Quote = s.quote(m, p, q)
	case 3:
		c.Qty = q
	default:
		c.Price, c.Qty = p, q
	}
}

// price draws a price: somewhere in the symbol's range, or by the best prices.
// Limit-makers mostly stay on their own side.
func (s *Stream) price(m *market, st *style, c *msg.Command) msg.Price {
	p := st.low + msg.Price(s.rng.Int64N(int64(st.high-st.low)+1))
	switch {
	case st.wild:
		p = 1 + p>>s.rng.IntN(53)
	case s.chance(0.6) && !s.mix.calls: // bids below the middle, asks above
		p = st.low + (p-st.low)/2
		if c.Side == msg.Sell {
			p += (st.high - st.low) / 2
		}
	}
	own, other := *m.side(c.Side), *m.side(c.Side.Opposite())
	if len(other) > 0 && s.chance(0.3) { // at, just within or just beyond what is offered
		p = other[s.rng.IntN(min(len(other), 5))].Price + msg.Price(s.rng.IntN(3)-1)
	} else if len(own) > 0 && (c.Type == msg.LimitMaker || s.chance(0.4)) {
		p = own[s.rng.IntN(min(len(own), 8))].Price + msg.Price(s.rng.IntN(3)-1)
	}
	return min(max(p, 1), msg.MaxPrice)
}

// qty draws a quantity.
func (s *Stream) qty(m *market, st *style, p msg.Price) msg.Qty {
	var q msg.Qty
	most := min(int64(msg.MaxAmount)/int64(m.unit)/int64(p), int64(msg.MaxAmount)/int64(m.spec.Lot)) // what still fits
	switch st.qty {
	case smallQty:
		q = msg.Qty(1 + s.rng.IntN(10))
		if s.mix.calls {
			q = (q + 2) / 3
		}
	case roundQty:
		q = msg.Qty(10 * (1 + s.rng.IntN(20)))
	case anyQty:
		q = 1 + msg.Qty(s.rng.Int64N(1<<53)>>s.rng.IntN(53))
	case edgeQty:
		q = msg.Qty(most>>s.rng.IntN(4)) + msg.Qty(s.rng.IntN(3)-1)
	default:
		q = msg.MaxQty - msg.Qty(s.rng.IntN(2))
	}
	switch s.rng.IntN(12) {
	case 0: // enough to sweep some levels
		q *= msg.Qty(2 + s.rng.IntN(10))
	case 1:
		q = 1
	default:
	}
	if st.qty != edgeQty && s.chance(0.95) {
		q = min(q, msg.Qty(most))
	}
	if step := m.spec.Filters.StepQty; step > 1 && s.chance(0.9) {
		q = max(q-q%step, step)
	}
	return min(max(q, 1), msg.MaxQty)
}

// quote draws the amount of a market order: a price times a quantity, a little
// more, or anything.
func (s *Stream) quote(m *market, p msg.Price, q msg.Qty) msg.Amount {
	worth := m.worth(p, q)
	if !fits(worth) || s.chance(0.1) {
		return 1 + msg.Amount(s.rng.Int64N(1<<62)>>s.rng.IntN(62))
	}
	amount := msg.Amount(worth.Int64())
	if each := m.worth(p, 1).Int64(); amount < 1<<60 && each < 1<<60 {
		amount += msg.Amount(s.rng.Int64N(each + 2))
	}
	return amount
}

// name draws a client order id from a few, so that they come again.
func (s *Stream) name(p float64) msg.Name {
	var name msg.Name
	if s.chance(p) {
		copy(name[:], fmt.Sprint("n", s.rng.IntN(s.mix.pool)))
	}
	return name
}

// strategy draws what is said of an order's strategy: most often nothing.
func (s *Stream) strategy() (p msg.Strategy) {
	if !s.chance(s.mix.plans) {
		return p
	}
	if s.chance(0.8) {
		p.ID, p.HasID = s.rng.Int64N(1<<s.rng.IntN(63)), true
	}
	if s.chance(0.6) {
		p.Type = msg.MinStrategyType + s.rng.Int32N(1<<20)
	}
	return p
}

// restriction draws how far an order may have come for its cancel.
func (s *Stream) restriction() msg.Restriction {
	if !s.chance(s.mix.limits) {
		return msg.Unrestricted
	}
	return 1 + msg.Restriction(s.rng.IntN(2))
}

// order draws an open order of any symbol. Where there is none, the order
// returned has an account and a symbol and the number of a closed order.
func (s *Stream) order() *order {
	m := s.naive.market(s.symbol())
	for range 3 {
		if book := *m.side(msg.Side(s.rng.IntN(2))); len(book) > 0 {
			o := book[s.rng.IntN(len(book))]
			if s.chance(0.3) {
				o = book[0]
			}
			s.forget(o)
			return o
		}
		m = s.naive.market(s.symbol())
	}
	return &order{Order: Order{ID: s.past(), Account: s.trader(), Qty: 2}, market: m}
}

// forget keeps the number of an order that may soon be gone.
func (s *Stream) forget(o *order) {
	const kept = 32
	if len(s.closed) < kept {
		s.closed = append(s.closed, o.ID)
		return
	}
	s.closed[s.rng.IntN(kept)] = o.ID
}

// past draws the number of an order that may be gone.
func (s *Stream) past() msg.OrderID {
	if len(s.closed) == 0 || s.chance(0.1) {
		return msg.OrderID(s.rng.Uint64N(uint64(s.naive.seq) + 3))
	}
	return s.closed[s.rng.IntN(len(s.closed))]
}

// mean lets c mean an order, by number, by name or by both; a stray means
// something that it should not.
func (s *Stream) mean(c *msg.Command, o *order) {
	c.Account, c.Symbol, c.Order = o.Account, o.market.id, o.ID
	if !o.Name.IsZero() && s.chance(0.5) {
		c.OrigName = o.Name
		if s.chance(0.5) {
			c.Order = 0
		}
	}
	if !s.chance(s.mix.strays) {
		return
	}
	switch s.rng.IntN(5) {
	case 0:
		c.Order = s.past()
	case 1:
		c.Account = s.trader()
	case 2:
		c.Symbol = s.symbol()
	case 3:
		c.OrigName = s.name(1)
	default:
		c.Order, c.OrigName = 0, s.name(0.8)
	}
}

func (s *Stream) cancel() msg.Command {
	c := msg.Command{Kind: msg.Cancel, CancelName: s.name(0.2), Only: s.restriction()}
	s.mean(&c, s.order())
	return c
}

// replace draws a cancel-replace. Most often the new order is much like the old
// one: another price, another quantity, the same name.
func (s *Stream) replace() msg.Command {
	c := msg.Command{Kind: msg.CancelReplace, Mode: msg.ReplaceMode(s.rng.IntN(2)), CancelName: s.name(0.2), Only: s.restriction()}
	o := s.order()
	s.mean(&c, o)
	c.Side = o.Side
	if s.chance(0.2) {
		c.Side = o.Side.Opposite()
	}
	s.terms(&c)
	if s.chance(0.95) {
		c.Account = o.Account
	}
	if s.chance(0.5) {
		c.Name = o.Name
	}
	if o.Price > 0 && c.Type != msg.Market && s.chance(0.3) {
		c.Price = min(max(o.Price+msg.Price(s.rng.IntN(3)-1), 1), msg.MaxPrice)
		c.Qty = o.Qty
	}
	return c
}

// amend draws an amend: most often between what is gone of the order and what
// it is, else at or beyond these ends.
func (s *Stream) amend() msg.Command {
	o := s.order()
	c := msg.Command{Kind: msg.Amend, Name: s.name(s.mix.names * 0.3)}
	s.mean(&c, o)
	gone := o.Qty - o.Open
	switch s.rng.IntN(12) {
	case 0:
		c.Qty = gone + msg.Qty(s.rng.IntN(3)-1)
	case 1:
		c.Qty = o.Qty + msg.Qty(s.rng.IntN(3)-1)
	default:
		c.Qty = gone + 1 + msg.Qty(s.rng.Int64N(int64(max(o.Open, 1))))
		if step := o.market.spec.Filters.StepQty; step > 1 {
			c.Qty -= c.Qty % step
		}
	}
	return c
}
