package engine

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// Cancel, cancel-all, amend and cancel-replace: RULES.md, sections 5 and 6.

// find returns the open order that c means.
func (e *Engine) find(c *msg.Command) (slot uint32, why msg.Reason) {
	switch {
	case c.Order != 0:
		slot = e.orders.slot(c.Order)
	case !c.OrigName.IsZero():
		slot = e.orderNamed(c.Account, &c.OrigName)
	}
	if slot == 0 {
		return 0, msg.UnknownOrder
	}
	o := &e.orders.pool[slot]
	p := &e.positions.pool[o.pos]
	if p.account != c.Account || p.symbol != c.Symbol {
		return 0, msg.UnknownOrder
	}
	if !c.OrigName.IsZero() && (!o.named || e.orders.names[slot] != c.OrigName) {
		return 0, msg.NameMismatch
	}
	return slot, msg.NoReason
}

// restricted refuses the cancel of an open order that has not come as far as the
// command asks for, or farther.
func (e *Engine) restricted(c *msg.Command, slot uint32) msg.Reason {
	if (e.orders.pool[slot].traded == 1) != (c.Only == msg.OnlyPartiallyFilled) {
		return msg.CancelRestricted
	}
	return msg.NoReason
}

// cancelerRule checks that the account may cancel. Without accounting an account
// is a number, and numbers end where accounts do.
func (e *Engine) cancelerRule(a msg.AccountID, s *symbol) msg.Reason {
	switch {
	case s.Accounting == msg.NoAccounting && a <= msg.MaxAccounts:
		return msg.NoReason
	case s.Accounting == msg.NoAccounting || !e.trader(a):
		return msg.UnknownAccount
	case e.accounts[a].status == msg.Disabled:
		return msg.AccountDisabled
	}
	return msg.NoReason
}

func (e *Engine) cancel(c *msg.Command) msg.Reason {
	s := e.symbol(c.Symbol)
	if s == nil {
		return msg.UnknownSymbol
	}
	if c.Only > msg.OnlyPartiallyFilled {
		return msg.InvalidRestriction
	}
	if why := e.cancelerRule(c.Account, s); why != msg.NoReason {
		return why
	}
	slot, why := e.find(c)
	if why == msg.NoReason && c.Only != msg.Unrestricted {
		why = e.restricted(c, slot)
	}
	if why != msg.NoReason {
		return why
	}

	// From here the command must succeed.
	if planted.Bug == planted.CancelLost && e.orders.pool[slot].traded == 1 {
		e.next(msg.Canceled).Order = e.orders.pool[slot].id
		return msg.NoReason
	}
	e.cancelOrder(slot, s)
	return msg.NoReason
}

// cancelOrder takes an order off the book.
func (e *Engine) cancelOrder(slot uint32, s *symbol) {
	o := &e.orders.pool[slot]
	e.next(msg.Canceled).Order = o.id
	e.cancelAt(slot, o, s)
}

func (e *Engine) cancelAll(c *msg.Command) msg.Reason {
	s := e.symbol(c.Symbol)
	if s == nil {
		return msg.UnknownSymbol
	}
	if why := e.cancelerRule(c.Account, s); why != msg.NoReason {
		return why
	}
	pos := e.findPosition(c.Account, s)
	if e.positions.pool[pos].open == 0 {
		return msg.UnknownOrder
	}

	// From here the command must succeed.
	if planted.Bug == planted.MapOrder {
		e.cancelMapped(pos, s)
		return msg.NoReason
	}
	for n := 0; n < msg.MaxCancels && e.positions.pool[pos].open > 0; n++ {
		e.cancelOrder(e.positions.pool[pos].oldest, s)
	}
	return msg.NoReason
}

func (e *Engine) amend(c *msg.Command) msg.Reason {
	slot, why := e.amendRule(c)
	if why != msg.NoReason {
		return why
	}

	// From here the command must succeed.
	e.next(msg.Amended).Order = e.orders.pool[slot].id
	e.applyAmended(slot)
	return msg.NoReason
}

func (e *Engine) amendRule(c *msg.Command) (slot uint32, why msg.Reason) {
	s := e.symbol(c.Symbol)
	if s == nil {
		return 0, msg.UnknownSymbol
	}
	if !c.Name.IsZero() && !c.Name.Valid() {
		return 0, msg.InvalidName
	}
	if why := e.accountRule(c.Account, s); why != msg.NoReason {
		return 0, why
	}
	if s.phase != msg.Trading && s.phase != msg.Auction {
		return 0, msg.MarketClosed
	}
	if slot, why = e.find(c); why != msg.NoReason {
		return 0, why
	}
	o := &e.orders.pool[slot]
	f := &s.Filters
	switch {
	case c.Qty > o.qty:
		return 0, msg.QtyIncrease
	case c.Qty == o.qty || c.Qty <= o.qty-o.open || c.Qty < 1:
		return 0, msg.NoChange
	case !f.QtyOK(c.Qty):
		return 0, msg.LotSize
	case !f.NotionalOK(s.value(e.pool.levels[o.level].price, c.Qty)):
		return 0, msg.Notional
	case f.MaxAmends > 0 && o.amends >= f.MaxAmends:
		return 0, msg.MaxNumOrderAmends
	}
	if !c.Name.IsZero() {
		if other := e.orderNamed(c.Account, &c.Name); other != 0 && other != slot {
			return 0, msg.DuplicateName
		}
	}
	return slot, msg.NoReason
}

func (e *Engine) cancelReplace(c *msg.Command) msg.Reason {
	s := e.symbol(c.Symbol)
	if why := e.placeRule(c, s); why != msg.NoReason {
		return why
	}
	slot, why := e.find(c)
	if why == msg.NoReason && c.Only != msg.Unrestricted {
		why = e.restricted(c, slot)
	}
	if why == msg.NoReason {
		e.cancelOrder(slot, s)
	} else {
		e.next(msg.CancelRejected).Reason = why
		if c.Mode == msg.StopOnFailure {
			return msg.NoReason
		}
	}
	pos := e.findPosition(c.Account, s)
	qty, why := e.entryRule(c, s, pos)
	if why != msg.NoReason {
		e.emit(msg.Event{Kind: msg.Rejected, Reason: why})
		return msg.NoReason
	}

	// From here the new order must succeed.
	e.enter(c, s, pos, qty)
	return msg.NoReason
}

// applyRejected counts the report of a new order that was refused when the old one
// was canceled already. That is the only refusal before which the transaction has
// touched a symbol, and the only one that is reported beside its answer.
func (e *Engine) applyRejected() {
	if e.touched != nil {
		e.touched.reports++
	}
}
