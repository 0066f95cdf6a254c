package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// place decides a new order: RULES.md, section 2.
func (e *Engine) place(c *msg.Command) msg.Reason {
	s := e.symbol(c.Symbol)
	if why := e.placeRule(c, s); why != msg.NoReason {
		return why
	}
	pos, qty := e.findPosition(c.Account, s), c.Qty
	if s.Accounting != msg.NoAccounting || c.Quote > 0 || !c.Name.IsZero() || c.Type == msg.LimitMaker {
		var why msg.Reason
		if qty, why = e.entryRule(c, s, pos); why != msg.NoReason {
			return why
		}
	}

	// From here the command must succeed.
	e.enter(c, s, pos, qty)
	return msg.NoReason
}

// placeRule holds the checks 1 to 7, which a cancel-replace makes before it
// cancels.
func (e *Engine) placeRule(c *msg.Command, s *symbol) msg.Reason {
	if s == nil {
		return msg.UnknownSymbol
	}
	if !plain(c) {
		if why := formRule(c); why != msg.NoReason {
			return why
		}
	}
	if s.Accounting != msg.NoAccounting || c.Account > msg.MaxAccounts {
		if why := e.accountRule(c.Account, s); why != msg.NoReason {
			return why
		}
	}
	if s.phase != msg.Trading && (s.phase != msg.Auction || c.Type != msg.Limit || c.TIF != msg.GTC) {
		return msg.MarketClosed
	}
	if !s.fits(c.Price, c.Qty) {
		return msg.AmountOverflow
	}
	if s.filtered {
		if why := e.filterRule(c, s); why != msg.NoReason {
			return why
		}
	}
	if mayRest(c) && c.Qty > msg.Qty(msg.MaxAmount)-s.sides[c.Side].total {
		return msg.AmountOverflow
	}
	return msg.NoReason
}

// mayRest reports whether what is left of an order rests.
func mayRest(c *msg.Command) bool { return c.Type != msg.Market && c.TIF == msg.GTC }

// plain reports whether the form of an order is right at one look, as that of most is:
// those with a limit and without a name.
func plain(c *msg.Command) bool {
	return c.Type == msg.Limit && c.Side <= msg.Sell && c.TIF <= msg.FOK && c.STP <= msg.Decrement && c.Kind == msg.Place &&
		uint64(c.Price-1) < uint64(msg.MaxPrice) && uint64(c.Qty-1) < uint64(msg.MaxQty) && c.Quote == 0 && c.Name.IsZero()
}

// formRule checks that the order's fields go together.
func formRule(c *msg.Command) msg.Reason {
	switch {
	case c.Side > msg.Sell:
		return msg.InvalidSide
	case c.Type > msg.LimitMaker:
		return msg.InvalidType
	case c.TIF > msg.FOK || c.Type != msg.Limit && c.TIF != msg.GTC:
		return msg.InvalidTimeInForce
	case c.STP > msg.Decrement:
		return msg.InvalidPrevention
	case !c.Name.IsZero() && !c.Name.Valid():
		return msg.InvalidName
	}
	if c.Type == msg.Market {
		if c.Price != 0 {
			return msg.InvalidPrice
		}
		if c.Qty < 0 || c.Qty > msg.MaxQty || c.Quote < 0 || (c.Qty == 0) == (c.Quote == 0) {
			return msg.InvalidQty
		}
	} else {
		if c.Price < 1 || c.Price > msg.MaxPrice {
			return msg.InvalidPrice
		}
		if c.Qty < 1 || c.Qty > msg.MaxQty || c.Quote != 0 {
			return msg.InvalidQty
		}
	}
	if c.Kind == msg.CancelReplace && c.Mode > msg.AllowFailure {
		return msg.InvalidMode
	}
	if c.Kind == msg.CancelReplace && c.Only > msg.OnlyPartiallyFilled {
		return msg.InvalidRestriction
	}
	return msg.NoReason
}

// accountRule checks that the account may place and amend orders.
func (e *Engine) accountRule(a msg.AccountID, s *symbol) msg.Reason {
	if why := e.cancelerRule(a, s); why != msg.NoReason {
		return why
	}
	if s.Accounting == msg.Balances && e.accounts[a].status == msg.StatusCancelOnly {
		return msg.AccountNoOrders
	}
	return msg.NoReason
}

// filterRule holds check 6: the order passes the filters.
func (e *Engine) filterRule(c *msg.Command, s *symbol) msg.Reason {
	if c.Type == msg.Market {
		return e.marketRule(c, s)
	}
	f := &s.Filters
	switch {
	case !f.PriceOK(c.Price):
		return msg.PriceFilter
	case !e.percentPriceOK(c, s):
		return msg.PercentPrice
	case !f.QtyOK(c.Qty):
		return msg.LotSize
	case !f.NotionalOK(s.value(c.Price, c.Qty)):
		return msg.Notional
	case f.MaxOrders > 0 && mayRest(c) && e.positions.pool[e.findPosition(c.Account, s)].open >= f.MaxOrders:
		return msg.MaxNumOrders
	case !e.maxPositionOK(c, s, c.Qty):
		return msg.MaxPosition
	}
	return msg.NoReason
}

// marketRule applies the filters to a market order.
func (e *Engine) marketRule(c *msg.Command, s *symbol) msg.Reason {
	f, byQty := &s.Filters, c.Qty > 0
	switch {
	case byQty && !f.QtyOK(c.Qty):
		return msg.LotSize
	case byQty && !f.MarketQtyOK(c.Qty):
		return msg.MarketLotSize
	case !e.marketNotionalOK(c, s):
		return msg.Notional
	case byQty && !e.maxPositionOK(c, s, c.Qty):
		return msg.MaxPosition
	}
	return msg.NoReason
}

func (e *Engine) marketNotionalOK(c *msg.Command, s *symbol) bool {
	f := &s.Filters
	if !f.MinToMarket && !f.MaxToMarket {
		return true
	}
	notional, ok := c.Quote, true
	if c.Qty > 0 {
		ref := e.reference(s)
		notional, ok = s.notional(ref, c.Qty)
		ok = ok && ref > 0
	}
	return !ok || f.MarketNotionalOK(notional)
}

// percentPriceOK looks for the reference price only where the filter is on.
func (e *Engine) percentPriceOK(c *msg.Command, s *symbol) bool {
	up, down := s.Filters.Multipliers(c.Side)
	return up|down == 0 || s.Filters.PercentPriceOK(c.Side, c.Price, e.reference(s))
}

// maxPositionOK counts what the account has of the base asset, what it has on
// order here, and qty more.
func (e *Engine) maxPositionOK(c *msg.Command, s *symbol, qty msg.Qty) bool {
	if s.Filters.MaxPosition == 0 || c.Side != msg.Buy || s.Accounting != msg.Balances {
		return true
	}
	pos := e.findPosition(c.Account, s)
	p := &e.positions.pool[pos]
	b := e.balance(c.Account, s.Base, pos, p.base)
	return s.Filters.MaxPositionOK(b.free+b.locked, uint64(p.bids)+uint64(qty), s.Lot)
}

// entryRule holds the checks 8 to 11, which depend on balances and open orders.
// It returns the order's quantity.
func (e *Engine) entryRule(c *msg.Command, s *symbol, pos uint32) (qty msg.Qty, why msg.Reason) {
	qty = c.Qty
	if c.Quote > 0 {
		qty = e.walkQuote(c, s, pos)
		if qty == 0 {
			return 0, msg.NoLiquidity
		}
		if qty > msg.MaxQty {
			return 0, msg.AmountOverflow
		}
		if !e.maxPositionOK(c, s, qty) {
			return 0, msg.MaxPosition
		}
	}
	if s.Accounting == msg.Balances && !e.affords(c, s, pos, qty) {
		return 0, msg.InsufficientBalance
	}
	if !c.Name.IsZero() && e.orderNamed(c.Account, &c.Name) != 0 {
		return 0, msg.DuplicateName
	}
	if c.Type == msg.LimitMaker && e.wouldTake(s, c.Side, c.Price) {
		return 0, msg.WouldTake
	}
	return qty, msg.NoReason
}

// affords reports whether the account has free what the order can cost.
func (e *Engine) affords(c *msg.Command, s *symbol, pos uint32, qty msg.Qty) bool {
	switch {
	case planted.Bug == planted.NegativeBalance:
		return true
	case pos != 0 && c.Type != msg.Market:
		balance, need := s.stake(&e.positions.pool[pos], c.Side, c.Price, qty)
		return need <= e.balances.pool[balance].free
	case c.Side == msg.Sell:
		need, ok := msg.Mul(int64(qty), int64(s.Lot))
		return ok && msg.Amount(need) <= e.balance(c.Account, s.Base, pos, e.positions.pool[pos].base).free
	case c.Type == msg.Market:
		cost, ok := e.walkCost(c, s, pos, qty)
		return ok && cost <= e.balance(c.Account, s.Quote, pos, e.positions.pool[pos].quote).free
	default:
		return s.value(c.Price, qty) <= e.balance(c.Account, s.Quote, 0, 0).free
	}
}

// balance returns a balance to look at, which lies at slot if the account has a
// position. An account that never had an order here has none.
func (e *Engine) balance(a msg.AccountID, s msg.AssetID, pos, slot uint32) *balance {
	if pos == 0 {
		slot = e.balances.find(a, s)
	}
	return &e.balances.pool[slot]
}

// wouldTake reports whether an order at this price would trade now.
func (e *Engine) wouldTake(s *symbol, side msg.Side, p msg.Price) bool {
	o := &s.sides[side.Opposite()]
	return o.front <= o.rank(p)
}

// enter accepts the order and lets it meet the book.
func (e *Engine) enter(c *msg.Command, s *symbol, pos uint32, qty msg.Qty) {
	v := e.next(msg.Accepted)
	v.Order = msg.OrderID(c.Seq)
	if c.Quote > 0 {
		v.Qty = qty
	}
	if pos == 0 {
		pos = e.position(c.Account, s)
	}
	e.accept(c, s, pos, v.Order, qty)
	if s.phase != msg.Trading {
		return
	}
	if c.TIF == msg.FOK && !e.walkFills(c, s, pos) {
		e.expire(msg.UnfilledFOK)
		return
	}
	if s.sides[c.Side.Opposite()&1].front <= e.arriving.limit {
		e.match(c, s)
	}
	if mayRest(c) || !e.arriving.active {
		return
	}
	why := msg.RestOfIOC
	if c.Type == msg.Market {
		why = msg.OutOfMakers
	} else if c.TIF == msg.FOK {
		panic(fmt.Sprintf("engine: fill-or-kill order %d was to fill whole and has %d lots left", c.Seq, e.arriving.open))
	}
	e.expire(why)
}

// expire ends the arriving order.
func (e *Engine) expire(why msg.Reason) {
	v := e.next(msg.Expired)
	v.Order, v.Reason = e.arriving.id, why
	e.applyExpired(v)
}
