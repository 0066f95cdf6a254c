package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func myTradesWeight(c *Call) int {
	if c.Params.Has(paramOrderID) {
		return 5
	}
	return 20
}

// myTrades answers with the trades of the account in a symbol.
func (a *API) myTrades(c *Call) error {
	q, refused := c.fillQuery()
	if refused != nil {
		return refused
	}
	s := &c.scratch.scratchTrade
	v := a.exchange.BeginRead()
	s.fills = v.Fills(c.Account, q, s.fills[:0])
	a.exchange.EndRead()

	f := fields{dst: append(c.Out, '['), market: &c.Market, micro: c.Micro}
	for i := range s.fills {
		t := &s.fills[i]
		f.open(i)
		f.word("symbol", c.Market.Name())
		f.number("id", int64(t.Trade))
		f.place(t.Order)
		f.price("price", t.Price)
		f.qty("qty", t.Qty)
		f.quote("quoteQty", t.Quote)
		f.commission(t.Fee, t.FeeAsset, t.Buyer)
		f.time("time", t.Time)
		f.flag("isBuyer", t.Buyer)
		f.flag("isMaker", t.Maker)
		f.flag("isBestMatch", true)
		f.close()
	}
	c.Out = f.end("]")
	return nil
}

// fillQuery reads which trades are meant. An order or a first trade cannot be asked
// for within a span of time.
func (c *Call) fillQuery() (q marketview.FillQuery, refused *Error) {
	p := &c.Params
	order, ofOrder := p.Int(paramOrderID)
	from, first := p.Int(paramFromID)
	_, start := p.Find(paramStartTime)
	_, end := p.Find(paramEndTime)
	if (ofOrder || first) && (start || end) {
		return q, ErrOptional
	}
	q.Symbol = c.Market.ID
	if q.Span, refused = c.shortSpan(); refused != nil {
		return q, refused
	}
	if ofOrder {
		q.Order = msg.OrderID(order)
		if order == 0 {
			q.Order = noOrder // zero would mean all
		}
	}
	if first {
		q.From = msg.TradeID(max(from, 1)) // zero would mean none
	}
	return q, nil
}
