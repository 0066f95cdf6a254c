package condition

import (
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// value is something that a state has, or has not, as a number.
type value interface{ of(e *engine.Engine) number }

// literal is a number that was written.
type literal struct{ number }

func (v literal) of(*engine.Engine) number { return v.number }

// count is a number of the state as a whole.
type count struct {
	of1 func(e *engine.Engine) int64
}

func (v count) of(e *engine.Engine) number { return whole(v.of1(e)) }

// market is a value of a symbol's book.
type market struct {
	symbol msg.Name
	read   func(e *engine.Engine, id msg.SymbolID, s *engine.Symbol) number
}

func (v market) of(e *engine.Engine) number {
	id := e.SymbolNamed(v.symbol)
	if id == 0 {
		return number{}
	}
	s, _ := e.Symbol(id)
	return v.read(e, id, &s)
}

// price returns ticks of a symbol as a number.
func price(e *engine.Engine, s *engine.Symbol, ticks msg.Price) number {
	_, scale, _ := e.Asset(s.Spec.Quote)
	return number{true, int64(ticks), int64(s.Spec.Tick), scale}
}

// quantity returns lots of a symbol as a number.
func quantity(e *engine.Engine, s *engine.Symbol, lots msg.Qty) number {
	_, scale, _ := e.Asset(s.Spec.Base)
	return number{true, int64(lots), int64(s.Spec.Lot), scale}
}

// best returns price and quantity of the best level of a side; ok is false when the
// side is empty.
func best(e *engine.Engine, id msg.SymbolID, side msg.Side) (p msg.Price, q msg.Qty, ok bool) {
	e.EachLevel(id, side, func(price msg.Price, qty msg.Qty, _ int) bool {
		p, q, ok = price, qty, true
		return false
	})
	return p, q, ok
}

// at returns the quantity at a price, or at it and at all better ones.
func at(e *engine.Engine, id msg.SymbolID, s *engine.Symbol, side msg.Side, limit number, better bool) msg.Qty {
	sum := msg.Qty(0)
	e.EachLevel(id, side, func(p msg.Price, qty msg.Qty, _ int) bool {
		c := price(e, s, p).compare(limit)
		if side == msg.Buy {
			c = -c
		}
		if c > 0 {
			return false
		}
		if c == 0 || better {
			sum += qty
		}
		return true
	})
	return sum
}

// ofMarket are the values of a symbol that need nothing but its name.
func ofMarket(word string) func(e *engine.Engine, id msg.SymbolID, s *engine.Symbol) number {
	sideOf := map[string]msg.Side{"best_bid": msg.Buy, "bid_qty": msg.Buy, "bids": msg.Buy, "best_ask": msg.Sell, "ask_qty": msg.Sell, "asks": msg.Sell}
	side := sideOf[word]
	switch word {
	case "best_bid", "best_ask":
		return func(e *engine.Engine, id msg.SymbolID, s *engine.Symbol) number {
			p, _, ok := best(e, id, side)
			if !ok {
				return number{}
			}
			return price(e, s, p)
		}
	case "bid_qty", "ask_qty":
		return func(e *engine.Engine, id msg.SymbolID, s *engine.Symbol) number {
			_, q, _ := best(e, id, side)
			return quantity(e, s, q)
		}
	case "bids", "asks":
		return func(e *engine.Engine, id msg.SymbolID, _ *engine.Symbol) number {
			n := int64(0)
			e.EachLevel(id, side, func(msg.Price, msg.Qty, int) bool { n++; return true })
			return whole(n)
		}
	case "spread":
		return spread
	case "last":
		return func(e *engine.Engine, _ msg.SymbolID, s *engine.Symbol) number {
			if s.Last == 0 {
				return number{}
			}
			return price(e, s, s.Last)
		}
	}
	return nil
}

func spread(e *engine.Engine, id msg.SymbolID, s *engine.Symbol) number {
	bid, _, ok := best(e, id, msg.Buy)
	ask, _, okToo := best(e, id, msg.Sell)
	if !ok || !okToo {
		return number{}
	}
	return price(e, s, ask-bid)
}

// openOf is what an order has still to trade; none when it does not rest.
type openOf struct{ id msg.OrderID }

func (v openOf) of(e *engine.Engine) number {
	o, ok := e.Order(v.id)
	if !ok {
		return number{}
	}
	s, _ := e.Symbol(o.Symbol)
	return quantity(e, &s, o.Open)
}

// balanceOf is what an account has of an asset.
type balanceOf struct {
	account msg.AccountID
	asset   msg.Name
	locked  bool
}

func (v balanceOf) of(e *engine.Engine) number {
	id := assetNamed(e, v.asset)
	if _, ok := e.Account(v.account); !ok || id == 0 {
		return number{}
	}
	_, scale, _ := e.Asset(id)
	free, locked := e.Balance(v.account, id)
	if v.locked {
		free = locked
	}
	return number{true, int64(free), 1, scale}
}
