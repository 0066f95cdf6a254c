package api

import (
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// The restrictions of a cancel: how far the order may have come.
const (
	onlyNew             = "ONLY_NEW"
	onlyPartiallyFilled = "ONLY_PARTIALLY_FILLED"
)

// noOrder is an id that no order gets.
const noOrder msg.OrderID = math.MaxInt64

// findBy reads by which ids an order is meant: that which the exchange gave it, that
// which its client did, or both.
func (c *Call) findBy(cmd *msg.Command, id, name string) *Error {
	n, byID := c.Params.Int(id)
	orig, byName := c.Params.clientID(name)
	if !byID && !byName {
		return EitherError(name, id)
	}
	if byID && n == 0 {
		n = int64(noOrder) // zero would mean that none was sent
	}
	cmd.Order, cmd.OrigName = msg.OrderID(n), orig
	return nil
}

// askCancel asks for an order to be canceled.
func (*API) askCancel(c *Call) error {
	cmd := c.command(msg.Cancel)
	cmd.Account, cmd.Symbol = c.Account, c.Market.ID
	if err := c.findBy(cmd, paramOrderID, paramOrigName); err != nil {
		return err
	}
	cmd.CancelName = c.clientIDOr(paramName)
	cmd.Only = c.restriction()
	return nil
}

// tellCanceled tells what became of an order that was to be canceled.
func (*API) tellCanceled(c *Call) error {
	out := &c.scratch.outcome
	if out.refused != msg.NoReason {
		return RefusedCancel(out.refused)
	}
	c.Out = c.appendCanceled(c.Out, &out.canceled[0])
	return nil
}

// restriction reads how far the order may have come that a call cancels.
func (c *Call) restriction() msg.Restriction {
	want, sent := c.Params.Find(paramRestrictions)
	switch {
	case !sent:
		return msg.Unrestricted
	case string(want) == onlyNew:
		return msg.OnlyNew
	default:
		return msg.OnlyPartiallyFilled
	}
}

// meant returns the order that a cancel means.
func meant(v *marketview.Views, cmd *msg.Command) (marketview.Order, bool) {
	if cmd.Order != 0 {
		return v.Order(cmd.Account, cmd.Order)
	}
	return v.OrderByName(cmd.Account, cmd.OrigName)
}

// askCancelAll asks for all orders of a symbol to be canceled. Their cancels have one
// id. Of very many orders one command cancels a part, and goesOn asks for the next.
func (*API) askCancelAll(c *Call) error {
	cmd := c.command(msg.CancelAll)
	cmd.Account, cmd.Symbol = c.Account, c.Market.ID
	cmd.CancelName = c.scratch.ids.next()
	return nil
}

// goesOn reports whether a cancel-all that came to its bound has to go on. The orders
// of others, and the account's own, can come between its steps; an order that comes
// between them is canceled too. At the end there may be nothing left to cancel, which
// is no refusal then.
func (s *scratchTrade) goesOn() bool {
	if s.command.Kind != msg.CancelAll || len(s.outcome.canceled) == 0 {
		return false
	}
	s.outcome.refused = msg.NoReason
	return len(s.result.Events) == msg.MaxCancels && s.result.Events[0].Kind == msg.Canceled
}

// tellCanceledAll tells what became of orders that were to be canceled.
func (*API) tellCanceledAll(c *Call) error {
	out := &c.scratch.outcome
	if out.refused != msg.NoReason {
		return RefusedCancel(out.refused)
	}
	c.Out = append(c.Out, '[')
	for i := range out.canceled {
		if i > 0 {
			c.Out = append(c.Out, ',')
		}
		c.Out = c.appendCanceled(c.Out, &out.canceled[i])
	}
	c.Out = append(c.Out, ']')
	return nil
}
