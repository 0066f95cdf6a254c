package api

import (
	"errors"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// amendOrder lowers the quantity of an order, which keeps its place.
func (a *API) amendOrder(c *Call) error {
	cmd := c.command(msg.Amend)
	cmd.Account, cmd.Symbol = c.Account, c.Market.ID
	if err := c.findBy(cmd, paramOrderID, paramOrigName); err != nil {
		return err
	}
	qty, err := c.readQty(paramNewQty)
	switch {
	case errors.Is(err, wire.ErrPrecision):
		return PrecisionError(paramNewQty)
	case errors.Is(err, wire.ErrRange):
		return AmendError(textIncrease) // no order has so much
	case err != nil:
		return FilterError(lotSize)
	}
	cmd.Qty = qty
	cmd.Name = c.clientIDOr(paramName)
	if refused := a.do(c); refused != nil {
		return refused
	}
	out := &c.scratch.outcome
	if out.refused != msg.NoReason {
		return RefusedAmend(out.refused)
	}
	c.Out = c.appendAmended(c.Out)
	return nil
}
