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

// cancelOrder cancels an order.
func (a *API) cancelOrder(c *Call) error {
	cmd := c.command(msg.Cancel)
	cmd.Account, cmd.Symbol = c.Account, c.Market.ID
	if err := c.findBy(cmd, paramOrderID, paramOrigName); err != nil {
		return err
	}
	cmd.CancelName = c.clientIDOr(paramName)
	if a.restricted(c) {
		return CancelError(textRestricted)
	}
	if err := a.do(c); err != nil {
		return err
	}
	out := &c.scratch.outcome
	if out.refused != msg.NoReason {
		return RefusedCancel(out.refused)
	}
	c.Out = c.appendCanceled(c.Out, &out.canceled[0])
	return nil
}

// restricted reports whether the order that the command of c cancels has come so
// far, or not so far, that it is not to be canceled. The engine knows no such
// restriction, so the views are asked before it is: an order that is filled in
// between is canceled all the same. One that is not open is for the engine to
// refuse.
func (a *API) restricted(c *Call) bool {
	want, sent := c.Params.Find(paramRestrictions)
	if !sent {
		return false
	}
	cmd := &c.scratch.command
	v := a.exchange.BeginRead()
	o, found := meant(v, cmd)
	a.exchange.EndRead()
	if !found || !o.IsOpen() || o.Symbol != cmd.Symbol || !cmd.OrigName.IsZero() && o.Name != cmd.OrigName {
		return false
	}
	if string(want) == onlyNew {
		return o.Status != marketview.StatusNew
	}
	return o.Status != marketview.StatusPartiallyFilled
}

// meant returns the order that a cancel means.
func meant(v *marketview.Views, cmd *msg.Command) (marketview.Order, bool) {
	if cmd.Order != 0 {
		return v.Order(cmd.Account, cmd.Order)
	}
	return v.OrderByName(cmd.Account, cmd.OrigName)
}

// cancelOpenOrders cancels all orders of a symbol. Their cancels have one id.
func (a *API) cancelOpenOrders(c *Call) error {
	cmd := c.command(msg.CancelAll)
	cmd.Account, cmd.Symbol = c.Account, c.Market.ID
	cmd.CancelName = c.scratch.ids.next()
	if err := a.do(c); err != nil {
		return err
	}
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
