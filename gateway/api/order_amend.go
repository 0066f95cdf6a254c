package api

import (
	"errors"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// askAmend asks for the quantity of an order to be lowered, which keeps its place.
func (*API) askAmend(c *Call) error {
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
	return nil
}

// tellAmended tells what became of an order that was to be amended.
func (*API) tellAmended(c *Call) error {
	out := &c.scratch.outcome
	if out.refused != msg.NoReason {
		return RefusedAmend(out.refused)
	}
	c.Out = c.appendAmended(c.Out)
	return nil
}
