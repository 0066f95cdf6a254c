package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// name is a client order id, whose characters need no escape.
func (f *fields) name(name string, value *msg.Name) {
	f.key(name)
	f.dst = wire.AppendName(f.dst, value[:value.Len()])
}

// word is a text whose characters need no escape.
func (f *fields) word(name, value string) {
	f.key(name)
	f.dst = append(f.dst, '"')
	f.dst = append(f.dst, value...)
	f.dst = append(f.dst, '"')
}

// place says which order it is, and that it is in no list of orders.
func (f *fields) place(id msg.OrderID) {
	f.number("orderId", int64(id))
	f.number("orderListId", -1)
}

// amounts are those of an order as answers to commands have them.
func (f *fields) amounts(o *marketview.Order) {
	f.price("price", o.Price)
	f.qty("origQty", o.Qty)
	f.qty("executedQty", o.Executed)
	f.quote("origQuoteOrderQty", o.Quote)
	f.quote("cummulativeQuoteQty", o.Spent)
}

// kind is what an order is and how far it has come.
func (f *fields) kind(o *marketview.Order) {
	f.word("status", o.Status.String())
	f.word("timeInForce", tifNames[o.TIF])
	f.word("type", typeNames[o.Type])
	f.word("side", sideNames[o.Side])
}

func (f *fields) prevention(o *marketview.Order) {
	f.word("selfTradePreventionMode", preventionNames[o.STP])
}

// applied are the fields that an order has only when they say something.
func (f *fields) applied(o *marketview.Order) {
	if o.Prevented != 0 {
		f.qty("preventedQuantity", o.Prevented)
	}
	if why := ExpiryName(o.Reason); why != "" {
		f.word("expiryReason", why)
	}
}

// appendPlaced appends the answer to a new order.
func (c *Call) appendPlaced(dst []byte) []byte {
	out := &c.scratch.outcome
	o := &out.order
	f := fields{dst: append(dst, '{'), market: &c.Market, micro: c.Micro}
	f.word("symbol", c.Market.Name())
	f.place(o.ID)
	f.name("clientOrderId", &o.Name)
	f.time("transactTime", c.scratch.result.Time)
	resp := c.respType()
	if resp != respACK {
		f.amounts(o)
		f.kind(o)
		f.time("workingTime", o.Working)
		f.prevention(o)
		f.applied(o)
	}
	f.strategy(o)
	if resp == respFull {
		f.fills(out)
	}
	if resp != respACK && len(out.prevents) > 0 {
		f.prevents(out)
	}
	return f.end("}")
}

// respType returns the type of the answer to a new order.
func (c *Call) respType() string {
	resp, sent := c.Params.Find(paramRespType)
	if !sent {
		return c.formOf().resp
	}
	switch string(resp) {
	case respACK:
		return respACK
	case respResult:
		return respResult
	default:
		return respFull
	}
}

// strategy is what the client has said of the order's strategy.
func (f *fields) strategy(o *marketview.Order) {
	if o.Strategy.HasID {
		f.number("strategyId", o.Strategy.ID)
	}
	if o.Strategy.Type != 0 {
		f.number("strategyType", int64(o.Strategy.Type))
	}
}

func (f *fields) fills(out *outcome) {
	f.key("fills")
	f.dst = append(f.dst, '[')
	for i := range out.fills {
		t := &out.fills[i]
		f.open(i)
		f.price("price", t.price)
		f.qty("qty", t.qty)
		f.commission(t.fee, t.asset, out.order.Side == msg.Buy)
		f.number("tradeId", int64(t.trade))
		f.close()
	}
	f.dst = append(f.dst, ']')
}

// commission is what a side of a trade paid. Who buys pays in the base asset, also
// where nothing is paid.
func (f *fields) commission(fee msg.Amount, asset msg.AssetID, buyer bool) {
	of := &f.market.Quote
	if asset == f.market.Base.ID || asset == 0 && buyer {
		of = &f.market.Base
	}
	f.key("commission")
	f.dst = append(f.dst, '"')
	f.dst = wire.AppendAmount(f.dst, fee, of.Scale)
	f.dst = append(f.dst, '"')
	f.name("commissionAsset", &of.Name)
}

func (f *fields) prevents(out *outcome) {
	f.key("preventedMatches")
	f.dst = append(f.dst, '[')
	for i := range out.prevents {
		p := &out.prevents[i]
		f.open(i)
		f.number("preventedMatchId", int64(p.id))
		f.number("makerOrderId", int64(p.maker))
		f.price("price", p.price)
		if p.takerQty != 0 {
			f.qty("takerPreventedQuantity", p.takerQty)
		}
		if p.makerQty != 0 {
			f.qty("makerPreventedQuantity", p.makerQty)
		}
		f.close()
	}
	f.dst = append(f.dst, ']')
}

// appendCanceled appends the answer to a cancel, of which there may be several with
// one id.
func (c *Call) appendCanceled(dst []byte, o *marketview.Order) []byte {
	f := fields{dst: append(dst, '{'), market: &c.Market, micro: c.Micro}
	f.word("symbol", c.Market.Name())
	f.name("origClientOrderId", &o.Name)
	f.place(o.ID)
	f.name("clientOrderId", &c.scratch.command.CancelName)
	f.time("transactTime", c.scratch.result.Time)
	f.amounts(o)
	f.kind(o)
	f.prevention(o)
	f.applied(o)
	f.strategy(o)
	return f.end("}")
}

// appendAmended appends the answer to an amend.
func (c *Call) appendAmended(dst []byte) []byte {
	r := &c.scratch.outcome.amended
	o := &r.Order
	f := fields{dst: append(dst, '{'), market: &c.Market, micro: c.Micro}
	f.time("transactTime", c.scratch.result.Time)
	f.number("executionId", int64(r.ExecutionID))
	f.key("amendedOrder")
	f.raw("{")
	f.word("symbol", c.Market.Name())
	f.place(o.ID)
	f.name("origClientOrderId", &r.PrevName)
	f.name("clientOrderId", &o.Name)
	f.price("price", o.Price)
	f.qty("qty", o.Qty)
	f.qty("executedQty", o.Executed)
	f.qty("preventedQty", o.Prevented)
	f.quote("quoteOrderQty", o.Quote)
	f.quote("cumulativeQuoteQty", o.Spent)
	f.kind(o)
	f.time("workingTime", o.Working)
	f.prevention(o)
	f.strategy(o)
	return f.end("}}")
}

// appendOrder appends an order as queries have it.
func (c *Call) appendOrder(dst []byte, m *wire.Market, o *marketview.Order) []byte {
	f := fields{dst: append(dst, '{'), market: m, micro: c.Micro}
	f.word("symbol", m.Name())
	f.place(o.ID)
	f.name("clientOrderId", &o.Name)
	f.price("price", o.Price)
	f.qty("origQty", o.Qty)
	f.qty("executedQty", o.Executed)
	f.quote("cummulativeQuoteQty", o.Spent)
	f.kind(o)
	f.price("stopPrice", 0)
	f.qty("icebergQty", 0)
	f.time("time", o.Time)
	f.time("updateTime", o.Updated)
	f.flag("isWorking", true) // no order waits for a trigger
	f.time("workingTime", o.Working)
	f.quote("origQuoteOrderQty", o.Quote)
	f.prevention(o)
	if id := c.match(o); id != 0 {
		f.number("preventedMatchId", int64(id))
	}
	f.applied(o)
	f.strategy(o)
	return f.end("}")
}
