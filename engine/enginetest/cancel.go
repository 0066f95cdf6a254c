package enginetest

import (
	"cmp"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// byID finds an open order.
func (n *Naive) byID(id msg.OrderID) *order {
	return n.search(func(o *order) bool { return o.ID == id })
}

// byName finds an account's open order by its client order id, in any symbol.
func (n *Naive) byName(a msg.AccountID, name msg.Name) *order {
	return n.search(func(o *order) bool { return o.Account == a && o.Name == name })
}

// search goes through all open orders.
func (n *Naive) search(is func(*order) bool) *order {
	for _, m := range n.markets {
		for _, book := range [...][]*order{m.bids, m.asks} {
			if i := slices.IndexFunc(book, is); i >= 0 {
				return book[i]
			}
		}
	}
	return nil
}

// find finds the order that a command means: open, of its account and symbol.
func (n *Naive) find(c *msg.Command) (*order, msg.Reason) {
	var o *order
	switch {
	case c.Order != 0:
		o = n.byID(c.Order)
	case !c.OrigName.IsZero():
		o = n.byName(c.Account, c.OrigName)
	}
	if o == nil || o.Account != c.Account || o.market.id != c.Symbol {
		return nil, msg.UnknownOrder
	}
	if !c.OrigName.IsZero() && o.Name != c.OrigName {
		return nil, msg.NameMismatch
	}
	return o, msg.NoReason
}

// findToCancel finds the order that a cancel means, and applies its restriction.
func (n *Naive) findToCancel(c *msg.Command) (*order, msg.Reason) {
	o, reason := n.find(c)
	switch {
	case reason != msg.NoReason:
		return nil, reason
	case c.Only == msg.OnlyNew && o.Traded, c.Only == msg.OnlyPartiallyFilled && !o.Traded:
		return nil, msg.CancelRestricted
	}
	return o, msg.NoReason
}

// checkCancel makes the checks of cancel and cancel-all before any order.
func (n *Naive) checkCancel(c *msg.Command) msg.Reason {
	m := n.market(c.Symbol)
	if m == nil {
		return msg.UnknownSymbol
	}
	if c.Kind == msg.Cancel && c.Only > msg.OnlyPartiallyFilled {
		return msg.InvalidRestriction
	}
	return n.checkCanceler(m, c.Account)
}

func (n *Naive) cancel(c *msg.Command) msg.Reason {
	if reason := n.checkCancel(c); reason != msg.NoReason {
		return reason
	}
	o, reason := n.findToCancel(c)
	if reason != msg.NoReason {
		return reason
	}
	n.remove(o)
	return msg.NoReason
}

// remove takes an open order off the book.
func (n *Naive) remove(o *order) {
	o.market.reports++
	n.emit(msg.Event{Kind: msg.Canceled, Order: o.ID})
	n.release(o, o.Open)
	o.market.take(o, o.Open)
}

func (n *Naive) cancelAll(c *msg.Command) msg.Reason {
	if reason := n.checkCancel(c); reason != msg.NoReason {
		return reason
	}
	m := n.market(c.Symbol)
	var own []*order
	for _, o := range slices.Concat(m.bids, m.asks) {
		if o.Account == c.Account {
			own = append(own, o)
		}
	}
	if len(own) == 0 {
		return msg.UnknownOrder
	}
	slices.SortFunc(own, func(a, b *order) int { return cmp.Compare(a.Queue, b.Queue) })
	for _, o := range own[:min(len(own), msg.MaxCancels)] {
		n.remove(o)
	}
	return msg.NoReason
}

func (n *Naive) amend(c *msg.Command) msg.Reason {
	m := n.market(c.Symbol)
	if m == nil {
		return msg.UnknownSymbol
	}
	if given(c.Name) && !legal(c.Name) {
		return msg.InvalidName
	}
	if reason := n.checkAccount(m, c.Account); reason != msg.NoReason {
		return reason
	}
	if m.phase == msg.Halt || m.phase == msg.CancelOnly {
		return msg.MarketClosed
	}
	o, reason := n.find(c)
	if reason != msg.NoReason {
		return reason
	}
	if reason := n.checkAmend(o, c); reason != msg.NoReason {
		return reason
	}
	off := o.Qty - c.Qty
	m.reports++
	n.emit(msg.Event{Kind: msg.Amended, Order: o.ID})
	n.release(o, off)
	m.take(o, off)
	o.Qty = c.Qty
	o.amends++
	if !c.Name.IsZero() {
		o.Name = c.Name
	}
	return msg.NoReason
}

func (n *Naive) checkAmend(o *order, c *msg.Command) msg.Reason {
	f := &o.market.spec.Filters
	switch gone := o.Qty - o.Open; {
	case c.Qty > o.Qty:
		return msg.QtyIncrease
	case c.Qty == o.Qty || c.Qty <= gone || c.Qty < 1:
		return msg.NoChange
	case !inLots(c.Qty, f.MinQty, f.MaxQty, f.StepQty):
		return msg.LotSize
	case !inNotional(f, o.market.worth(o.Price, c.Qty), true, true):
		return msg.Notional
	case f.MaxAmends != 0 && o.amends >= int(f.MaxAmends):
		return msg.MaxNumOrderAmends
	}
	if other := n.byName(o.Account, c.Name); !c.Name.IsZero() && other != nil && other != o {
		return msg.DuplicateName
	}
	return msg.NoReason
}

func (n *Naive) cancelReplace(c *msg.Command) msg.Reason {
	if reason := n.checkOrder(c); reason != msg.NoReason {
		return reason
	}
	o, reason := n.findToCancel(c)
	if reason == msg.NoReason {
		n.remove(o)
		if reason = n.enter(c); reason != msg.NoReason {
			o.market.reports++ // the account is told that its new order is refused
		}
		return reason
	}
	n.emit(msg.Event{Kind: msg.CancelRejected, Reason: reason})
	if c.Mode == msg.StopOnFailure {
		return msg.NoReason
	}
	return n.enter(c)
}
