package engine

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Indicative is what an uncross would do now: RULES.md, section 7. Without two
// sides that meet, price and volume are zero.
type Indicative struct {
	Price   msg.Price
	Volume  msg.Qty
	Surplus msg.Qty  // lots that could trade at the price and find nobody
	Side    msg.Side // of the surplus; buy when there is none
}

// Indicative returns the auction price and volume of a symbol at this moment;
// ok is false when there is no such symbol.
func (e *Engine) Indicative(id msg.SymbolID) (x Indicative, ok bool) {
	s := e.symbol(id)
	if s == nil {
		return x, false
	}
	return e.auction(s), true
}

func (e *Engine) uncross(c *msg.Command) msg.Reason {
	s := e.symbol(c.Symbol)
	if s == nil {
		return msg.UnknownSymbol
	}
	if s.phase != msg.Auction {
		return msg.NotInAuction
	}

	// From here the command must succeed.
	x := e.auction(s)
	for left := x.Volume; left > 0; {
		maker := e.pool.levels[s.sides[msg.Buy].best].head
		taker := e.pool.levels[s.sides[msg.Sell].best].head
		if e.orders.pool[maker].queue > e.orders.pool[taker].queue {
			maker, taker = taker, maker
		}
		m, t := &e.orders.pool[maker], &e.orders.pool[taker]
		v := msg.Event{
			Kind: msg.Traded, Order: m.id, Taker: t.id, Trade: s.trade + 1,
			Price: x.Price, Qty: min(m.open, t.open), // the volume ends with an order of the smaller side
		}
		e.applyTraded(&v, maker)
		*e.next(v.Kind) = v
		left -= v.Qty
	}
	e.emit(msg.Event{Kind: msg.Uncrossed, Price: x.Price, Qty: x.Volume})
	return msg.NoReason
}

// auction finds the price. Between the prices of two neighbouring orders
// nothing changes, so it goes through the stretches of ticks from the best ask
// up to the best bid on which demand and supply are constant.
func (e *Engine) auction(s *symbol) Indicative {
	if !s.crossed() {
		return Indicative{}
	}
	bids, asks := &s.sides[msg.Buy], &s.sides[msg.Sell]
	top := e.pool.levels[bids.best].price
	p := e.pool.levels[asks.best].price
	bid, demand := e.demand(bids, p)
	ask, supply := asks.best, msg.Qty(0)
	pick := picker{reference: s.last}
	for {
		for ask != 0 && e.pool.levels[ask].price <= p {
			supply += e.pool.levels[ask].qty
			ask = asks.worse(&e.pool, ask)
		}
		end := e.pool.levels[bid].price
		if ask != 0 {
			end = min(end, e.pool.levels[ask].price-1)
		}
		pick.consider(p, end, demand, supply)
		if end == top {
			return pick.result()
		}
		if end == e.pool.levels[bid].price {
			demand -= e.pool.levels[bid].qty
			bid = bids.better(&e.pool, bid)
		}
		p = end + 1
	}
}

// demand returns the lowest bid level at or above p, and the sum of all there.
func (e *Engine) demand(bids *ladder, p msg.Price) (lowest uint32, sum msg.Qty) {
	for i := bids.best; i != 0 && e.pool.levels[i].price >= p; i = bids.worse(&e.pool, i) {
		lowest = i
		sum += e.pool.levels[i].qty
	}
	return lowest, sum
}

// picker chooses among stretches of ticks, which it is shown in rising order.
// Demand less supply never rises with the price, so the ticks that it keeps are
// one run, first of those with a surplus of bids, then of those with a surplus
// of asks.
type picker struct {
	reference msg.Price
	volume    msg.Qty
	surplus   msg.Qty // demand - supply on the ticks kept, up to its sign
	low, high msg.Price
	sells     msg.Price // the lowest tick kept with a surplus of asks, or 0
	first     msg.Qty   // demand - supply at low
	last      msg.Qty   // and at high
}

func (k *picker) consider(from, to msg.Price, demand, supply msg.Qty) {
	volume, signed := min(demand, supply), demand-supply
	surplus := max(signed, -signed)
	if volume < k.volume || volume == k.volume && surplus > k.surplus {
		return
	}
	if volume > k.volume || surplus < k.surplus {
		*k = picker{reference: k.reference, volume: volume, surplus: surplus, low: from, first: signed}
	}
	k.high, k.last = to, signed
	if signed < 0 && k.sells == 0 {
		k.sells = from
	}
}

func (k *picker) result() Indicative {
	x := Indicative{Volume: k.volume, Surplus: k.surplus}
	switch {
	case k.last > 0:
		x.Price = k.high
	case k.first < 0:
		x.Price = k.low
	default: // without a reference, 0, it is the lowest
		x.Price = max(k.low, min(k.high, k.reference))
	}
	if k.sells != 0 && x.Price >= k.sells {
		x.Side = msg.Sell
	}
	return x
}
