package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// askOrder asks for an order to be placed.
func (a *API) askOrder(c *Call) error {
	if err := c.newOrder(c.command(msg.Place)); err != nil {
		return err
	}
	if err := a.countOrder(c); err != nil {
		return err
	}
	return nil
}

// tellOrder tells what became of an order that was to be placed.
func (*API) tellOrder(c *Call) error {
	out := &c.scratch.outcome
	if !out.placed {
		return out.refusedOrder()
	}
	c.Placed = true
	c.Out = c.appendPlaced(c.Out)
	return nil
}

// testWeight is the weight of a test of an order.
func testWeight(c *Call) int {
	if c.Params.Bool(paramRates, false) {
		return 20
	}
	return 1
}

// testOrder makes all checks of a new order that do not need the state of the
// exchange, and leaves it at that.
func (a *API) testOrder(c *Call) error {
	if err := c.newOrder(c.command(msg.Place)); err != nil {
		return err
	}
	if !c.Params.Bool(paramRates, false) {
		c.Out = append(c.Out, "{}"...)
		return nil
	}
	v := a.exchange.BeginRead()
	account, _ := v.Account(c.Account)
	a.exchange.EndRead()
	maker, taker := ratesIn(&account, &c.Market.Spec)
	f := fields{dst: append(c.Out, '{'), market: &c.Market}
	f.rates("standardCommissionForOrder", maker, taker)
	f.rates("specialCommissionForOrder", 0, 0)
	f.rates("taxCommissionForOrder", 0, 0)
	f.noDiscount()
	c.Out = f.end("}")
	return nil
}

// rates are the commission of an order that rests, and of one that does not.
func (f *fields) rates(name string, maker, taker msg.Rate) {
	f.key(name)
	f.raw("{")
	f.rate("maker", maker)
	f.rate("taker", taker)
	f.raw("}")
}

func (f *fields) rate(name string, value msg.Rate) {
	f.key(name)
	f.dst = append(f.dst, '"')
	f.dst = wire.AppendRate(f.dst, value)
	f.dst = append(f.dst, '"')
}
