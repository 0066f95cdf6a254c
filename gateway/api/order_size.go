package api

import (
	"errors"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// The names of filters.
const (
	priceFilter   = "PRICE_FILTER"
	lotSize       = "LOT_SIZE"
	marketLotSize = "MARKET_LOT_SIZE"
	notional      = "NOTIONAL"
)

const textNothing = "Price * QTY is zero or less."

// sizes reads price, quantity and amount of a new order into cmd: first whether
// they have more decimals than they may, then the filters that need no state.
func (c *Call) sizes(cmd *msg.Command) *Error {
	price, priceErr := c.readPrice()
	qty, qtyErr := c.readQty(paramQuantity)
	quote, quoteErr := c.readQuote()
	switch {
	case errors.Is(priceErr, wire.ErrPrecision):
		return PrecisionError(paramPrice)
	case errors.Is(qtyErr, wire.ErrPrecision):
		return PrecisionError(paramQuantity)
	case errors.Is(quoteErr, wire.ErrPrecision):
		return PrecisionError(paramQuoteQty)
	}
	f := &c.Market.Spec.Filters
	if cmd.Type != msg.Market {
		if err := sizeError(priceErr, paramPrice, priceFilter, f.MaxPrice != 0); err != nil {
			return err
		}
		if !f.PriceOK(price) {
			return FilterError(priceFilter)
		}
	}
	if err := sizeError(qtyErr, paramQuantity, lotSize, f.MaxQty != 0); err != nil {
		return err
	}
	if quoteErr != nil {
		return OverflowError(paramQuoteQty)
	}
	cmd.Price, cmd.Qty, cmd.Quote = price, qty, quote
	if cmd.Type == msg.Market {
		return c.marketFilters(cmd)
	}
	return c.limitFilters(cmd)
}

// sizeError returns the refusal of a price or a quantity that is no whole number of
// steps, or so large that it is beyond the largest, where there is one.
func sizeError(err error, param, filter string, bounded bool) *Error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, wire.ErrRange) && !bounded:
		return OverflowError(param)
	default:
		return FilterError(filter)
	}
}

// limitFilters applies the filters to a limit order whose price passed its own.
func (c *Call) limitFilters(cmd *msg.Command) *Error {
	f := &c.Market.Spec.Filters
	if !f.QtyOK(cmd.Qty) {
		return FilterError(lotSize)
	}
	if cmd.Price == 0 || cmd.Qty == 0 {
		return OrderError(textNothing)
	}
	worth, ok := msg.Mul(int64(cmd.Price), int64(cmd.Qty))
	if ok {
		worth, ok = msg.Mul(worth, int64(c.Market.Unit))
	}
	if _, fits := msg.Mul(int64(cmd.Qty), int64(c.Market.Spec.Lot)); !fits || !ok && f.MaxNotional == 0 {
		return OverflowError(paramQuantity)
	}
	if !ok || !f.NotionalOK(msg.Amount(worth)) {
		return FilterError(notional)
	}
	return nil
}

// marketFilters applies the filters to a market order. What a quantity is worth
// depends on prices, so it is for the engine.
func (c *Call) marketFilters(cmd *msg.Command) *Error {
	f := &c.Market.Spec.Filters
	if _, byQty := c.Params.Find(paramQuantity); !byQty {
		switch {
		case cmd.Quote == 0:
			return OrderError(textNothing)
		case !f.MarketNotionalOK(cmd.Quote):
			return FilterError(notional)
		}
		return nil
	}
	switch _, fits := msg.Mul(int64(cmd.Qty), int64(c.Market.Spec.Lot)); {
	case !f.QtyOK(cmd.Qty):
		return FilterError(lotSize)
	case !f.MarketQtyOK(cmd.Qty):
		return FilterError(marketLotSize)
	case cmd.Qty == 0:
		return OrderError(textNothing)
	case !fits:
		return OverflowError(paramQuantity)
	}
	return nil
}

// readPrice reads the price, zero when it was not sent. The error is one of wire.
func (c *Call) readPrice() (msg.Price, error) {
	text, sent := c.Params.Find(paramPrice)
	if !sent {
		return 0, nil
	}
	p, err := c.Market.ParsePrice(text)
	if err == nil && p > msg.MaxPrice {
		return 0, wire.ErrRange
	}
	return p, err
}

func (c *Call) readQty(param string) (msg.Qty, error) {
	text, sent := c.Params.Find(param)
	if !sent {
		return 0, nil
	}
	q, err := c.Market.ParseQty(text)
	if err == nil && q > msg.MaxQty {
		return 0, wire.ErrRange
	}
	return q, err
}

func (c *Call) readQuote() (msg.Amount, error) {
	text, sent := c.Params.Find(paramQuoteQty)
	if !sent {
		return 0, nil
	}
	return wire.ParseAmount(text, c.Market.Quote.Scale)
}
