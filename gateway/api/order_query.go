package api

import (
	"cmp"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// queryOrder answers with one order.
func (a *API) queryOrder(c *Call) error {
	cmd := c.command(msg.Cancel) // it means an order in the same way
	cmd.Account, cmd.Symbol = c.Account, c.Market.ID
	if err := c.findBy(cmd, paramOrderID, paramOrigName); err != nil {
		return err
	}
	v := a.exchange.BeginRead()
	o, found := meant(v, cmd)
	if cmd.Order == 0 && (!found || o.Symbol != cmd.Symbol) {
		o, found = v.ClosedByName(cmd.Account, cmd.Symbol, cmd.OrigName) // since then used again in another symbol
	}
	c.readMatches(v, cmd.Symbol, o)
	a.exchange.EndRead()
	switch {
	case !found || o.Symbol != cmd.Symbol:
		return ErrNoSuchOrder
	case !cmd.OrigName.IsZero() && o.Name != cmd.OrigName:
		return ErrNameMismatch
	}
	c.Out = c.appendOrder(c.Out, &c.Market, &o)
	return nil
}

func openOrdersWeight(c *Call) int {
	if c.Params.Has(paramSymbol) {
		return 6
	}
	return 80
}

// What an open order takes as it is answered, and as it is read as well: there is no
// bound of how many an account has.
const (
	openOrderJSON  = 512
	openOrderBytes = openOrderJSON + 256
)

// openOrders answers with the open orders of the account, in one symbol or in all.
func (a *API) openOrders(c *Call) error {
	s := &c.scratch.scratchTrade
	one := c.Market.ID // zero when there is none
	v := a.exchange.BeginRead()
	if !a.hold(c, v.CountOpen(c.Account, one)*openOrderBytes) {
		a.exchange.EndRead()
		return ErrOverloaded
	}
	s.orders = v.OpenOrders(c.Account, one, s.orders[:0])
	c.readMatches(v, one, s.orders...)
	if one == 0 {
		c.scratch.symbols = v.Symbols(c.scratch.symbols[:0])
		c.scratch.markets = c.scratch.markets[:0]
		for i := range c.scratch.symbols {
			c.scratch.markets = append(c.scratch.markets, a.markets.of(v, &c.scratch.symbols[i]))
		}
	}
	a.exchange.EndRead()
	slices.SortFunc(s.orders, func(x, y marketview.Order) int { return cmp.Compare(x.ID, y.ID) })
	if c.Held > 0 {
		c.Out = slices.Grow(c.Out, len(s.orders)*openOrderJSON) // at once, as it was counted
	}
	c.Out = c.appendOrders(c.Out, func(o *marketview.Order) *wire.Market {
		if one == 0 {
			return c.scratch.markets[o.Symbol-1]
		}
		return &c.Market
	})
	return nil
}

// appendOrders appends the orders that were read, oldest first.
func (c *Call) appendOrders(dst []byte, market func(*marketview.Order) *wire.Market) []byte {
	dst = append(dst, '[')
	for i := range c.scratch.orders {
		if i > 0 {
			dst = append(dst, ',')
		}
		o := &c.scratch.orders[i]
		dst = c.appendOrder(dst, market(o), o)
	}
	return append(dst, ']')
}

// allOrders answers with orders of the account in a symbol, whatever became of them.
func (a *API) allOrders(c *Call) error {
	r, err := c.orderRange()
	if err != nil {
		return err
	}
	s := &c.scratch.scratchTrade
	v := a.exchange.BeginRead()
	s.orders = v.OrderHistory(c.Account, c.Market.ID, r, s.orders[:0])
	c.readMatches(v, c.Market.ID, s.orders...)
	a.exchange.EndRead()
	c.Out = c.appendOrders(c.Out, func(*marketview.Order) *wire.Market { return &c.Market })
	return nil
}

func (c *Call) orderRange() (r marketview.Range, refused *Error) {
	span, refused := c.shortSpan()
	if refused != nil {
		return r, refused
	}
	r = marketview.Range{Start: span.Start, End: span.End, Limit: span.Limit}
	if from, sent := c.Params.Int(paramOrderID); sent {
		r.From = msg.OrderID(max(from, 1)) // zero would mean none
	}
	return r, nil
}

// maxSpanHours bounds the span of time that a list of an account is about.
const maxSpanHours = 24

// shortSpan returns the span of time that a call is about, which is of a day at
// most when it has both ends.
func (c *Call) shortSpan() (marketview.Span, *Error) {
	start, _, from := c.Params.Time(paramStartTime)
	end, _, to := c.Params.Time(paramEndTime)
	if from && to && end-start > maxSpanHours*hour {
		return marketview.Span{}, RangeError(maxSpanHours)
	}
	return c.span()
}
