package api

import (
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The types of the answer to a new order.
const (
	respACK    = "ACK"
	respResult = "RESULT"
	respFull   = "FULL"
)

// defaultPrevention is the mode of self-trade prevention of an order that names
// none. It is that of every symbol.
const defaultPrevention = msg.ExpireMaker

// unsupportedOrder returns the refusal of a kind of orders that no symbol takes.
func unsupportedOrder(kind string) *Error {
	return OrderError(kind + " orders are not supported for this symbol.")
}

// orderForm says which parameters go with a type of orders.
type orderForm struct {
	name string
	kind msg.OrderType
	resp string   // the type of the answer, unless the call names one
	must []string // mandatory beside side and type
	not  []string // not to be sent
	off  *Error   // the refusal of a type that no symbol takes
}

// orderForms are the types of orders.
var orderForms = [...]orderForm{
	{
		name: "LIMIT", kind: msg.Limit, resp: respFull,
		must: []string{paramTimeInForce, paramQuantity, paramPrice},
		not:  []string{paramQuoteQty, paramStopPrice},
	},
	{
		name: "MARKET", kind: msg.Market, resp: respFull,
		not: []string{paramTimeInForce, paramPrice, paramStopPrice},
	},
	{
		name: "LIMIT_MAKER", kind: msg.LimitMaker, resp: respACK,
		must: []string{paramQuantity, paramPrice},
		not:  []string{paramTimeInForce, paramQuoteQty, paramStopPrice},
	},
	{name: "STOP_LOSS", off: unsupportedOrder("Stop loss")},
	{name: "STOP_LOSS_LIMIT", off: unsupportedOrder("Stop loss limit")},
	{name: "TAKE_PROFIT", off: unsupportedOrder("Take profit")},
	{name: "TAKE_PROFIT_LIMIT", off: unsupportedOrder("Take profit limit")},
}

// orderKinds are kinds of orders that come with a parameter, and that no symbol
// takes. A zero is as if it had not been sent.
var orderKinds = [...]struct {
	param string
	off   *Error
}{
	{paramTrailing, unsupportedOrder("Trailing stop")},
	{paramIceberg, unsupportedOrder("Iceberg")},
	{paramPeg, unsupportedOrder("Pegged")},
}

// formOf returns the form of the order that a call wants.
func (c *Call) formOf() *orderForm {
	kind := c.Params.Value(paramType)
	for i := range orderForms {
		if string(kind) == orderForms[i].name {
			return &orderForms[i]
		}
	}
	panic("api: an order of a type that the specs do not allow")
}

// check checks that the parameters of a call go together.
func (f *orderForm) check(p *Params) *Error {
	if f.off != nil {
		return f.off
	}
	for _, name := range f.must {
		if _, sent := p.Find(name); !sent {
			return MandatoryError(name)
		}
	}
	for _, name := range f.not {
		if _, sent := p.Find(name); sent {
			return NotRequiredError(name)
		}
	}
	if f.kind == msg.Market {
		_, qty := p.Find(paramQuantity)
		_, quote := p.Find(paramQuoteQty)
		switch {
		case !qty && !quote:
			return EitherError(paramQuantity, paramQuoteQty)
		case qty && quote:
			return NotRequiredError(paramQuoteQty)
		}
	}
	for i := range orderKinds {
		if value, sent := p.Find(orderKinds[i].param); sent && !isZero(value) {
			return orderKinds[i].off
		}
	}
	if n, sent := p.Int(paramStrategyType); sent && n < msg.MinStrategyType {
		return ErrStrategyType
	} else if n > math.MaxInt32 {
		return OverflowError(paramStrategyType)
	}
	if p.Is(paramPrevention, transferMode) {
		return ErrPrevention
	}
	return nil
}

// isZero reports whether a decimal is zero.
func isZero(value []byte) bool {
	for _, c := range value {
		if c != '0' && c != '.' {
			return false
		}
	}
	return true
}

// newOrder reads the order that a call wants into cmd, and checks all of it that
// can be checked without the state of the exchange.
func (c *Call) newOrder(cmd *msg.Command) *Error {
	f := c.formOf()
	if err := f.check(&c.Params); err != nil {
		return err
	}
	cmd.Account, cmd.Symbol = c.Account, c.Market.ID
	cmd.Type = f.kind
	cmd.Side = msg.Side(indexOf(sideNames[:], c.Params.Value(paramSide)))
	if f.kind == msg.Limit {
		cmd.TIF = msg.TimeInForce(indexOf(tifNames[:], c.Params.Value(paramTimeInForce)))
	}
	cmd.STP = defaultPrevention
	if mode, sent := c.Params.Find(paramPrevention); sent {
		cmd.STP = msg.Prevention(indexOf(preventionNames[:], mode))
	}
	if err := c.sizes(cmd); err != nil {
		return err
	}
	cmd.Name = c.clientIDOr(paramName)
	cmd.Strategy = c.strategy()
	return nil
}

// strategy reads what a call says of the strategy of its order.
func (c *Call) strategy() (s msg.Strategy) {
	s.ID, s.HasID = c.Params.Int(paramStrategyID)
	if n, sent := c.Params.Int(paramStrategyType); sent {
		s.Type = int32(n)
	}
	return s
}
