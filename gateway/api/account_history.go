package api

import (
	"math"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

const (
	paramFromExecution = "fromExecutionId"
	paramMatch         = "preventedMatchId"
	paramFromMatch     = "fromPreventedMatchId"
)

// amendments answers with the amendments of an order of the account.
func (a *API) amendments(c *Call) error {
	limit, refused := c.limit(defaultRows, maxRows)
	if refused != nil {
		return refused
	}
	q := marketview.AmendmentQuery{Symbol: c.Market.ID, Limit: limit}
	order, _ := c.Params.Int(paramOrderID)
	q.Order = msg.OrderID(order)
	if from, sent := c.Params.Int(paramFromExecution); sent {
		q.From = uint64(max(from, 1)) // zero would mean none
	}
	s := &c.scratch.scratchTrade
	v := a.exchange.BeginRead()
	s.amendments = v.Amendments(c.Account, q, s.amendments[:0])
	a.exchange.EndRead()

	f := fields{dst: append(c.Out, '['), market: &c.Market, micro: c.Micro}
	for i := range s.amendments {
		r := &s.amendments[i]
		f.open(i)
		f.word("symbol", c.Market.Name())
		f.number("orderId", int64(r.Order))
		f.number("executionId", int64(r.ExecutionID))
		f.name("origClientOrderId", &r.OrigName)
		f.name("newClientOrderId", &r.NewName)
		f.qty("origQty", r.OrigQty)
		f.qty("newQty", r.NewQty)
		f.time("time", r.Time)
		f.close()
	}
	c.Out = f.end("]")
	return nil
}

func myPreventedWeight(c *Call) int {
	if c.Params.Has(paramOrderID) {
		return 20
	}
	return 2
}

// myPrevented answers with the trades of the account with itself that did not take
// place.
func (a *API) myPrevented(c *Call) error {
	q, refused := c.preventionQuery()
	if refused != nil {
		return refused
	}
	s := &c.scratch.scratchTrade
	v := a.exchange.BeginRead()
	s.preventions = v.Preventions(c.Account, q, s.preventions[:0])
	a.exchange.EndRead()

	f := fields{dst: append(c.Out, '['), market: &c.Market, micro: c.Micro}
	for i := range s.preventions {
		f.open(i)
		f.preventedMatch(&s.preventions[i])
		f.close()
	}
	c.Out = f.end("]")
	return nil
}

// preventionQuery reads which preventions are meant: one, or those of an order.
func (c *Call) preventionQuery() (q marketview.PreventionQuery, refused *Error) {
	p := &c.Params
	id, one := p.Int(paramMatch)
	order, ofOrder := p.Int(paramOrderID)
	from, first := p.Int(paramFromMatch)
	switch {
	case !one && !ofOrder:
		return q, EitherError(paramMatch, paramOrderID)
	case one && (ofOrder || first):
		return q, ErrOptional
	}
	q.Symbol = c.Market.ID
	if q.Limit, refused = c.limit(defaultRows, maxRows); refused != nil {
		return q, refused
	}
	if one {
		q.ID = uint64(id)
		if id == 0 {
			q.ID = math.MaxUint64 // zero would mean all
		}
	}
	if ofOrder {
		q.Order = msg.OrderID(order)
		if order == 0 {
			q.Order = noOrder // zero would mean all
		}
	}
	if first {
		q.From = uint64(max(from, 1)) // zero would mean none
	}
	return q, nil
}

func (f *fields) preventedMatch(r *marketview.Prevention) {
	f.word("symbol", f.market.Name())
	f.number("preventedMatchId", int64(r.ID))
	f.number("takerOrderId", int64(r.Taker))
	f.word("makerSymbol", f.market.Name())
	f.number("makerOrderId", int64(r.Maker))
	f.number("tradeGroupId", -1)
	f.word("selfTradePreventionMode", preventionNames[r.Mode])
	f.price("price", r.Price)
	if r.TakerQty != 0 {
		f.qty("takerPreventedQuantity", r.TakerQty)
	}
	if r.MakerQty != 0 {
		f.qty("makerPreventedQuantity", r.MakerQty)
	}
	f.time("transactTime", r.Time)
}

// readMatches reads the preventions of the account in one symbol, or in all, if any
// of these orders has lost something by one.
func (c *Call) readMatches(v *marketview.Views, symbol msg.SymbolID, orders ...marketview.Order) {
	s := &c.scratch.scratchTrade
	s.preventions = s.preventions[:0]
	if slices.ContainsFunc(orders, func(o marketview.Order) bool { return o.Prevented != 0 }) {
		s.preventions = v.Preventions(c.Account, marketview.PreventionQuery{Symbol: symbol, Limit: math.MaxInt}, s.preventions)
	}
}

// match returns the id of the last prevention in which an order lost something, of
// those that were read, or zero: an old one may be gone.
func (c *Call) match(o *marketview.Order) uint64 {
	if o.Prevented == 0 {
		return 0
	}
	for _, r := range slices.Backward(c.scratch.preventions) {
		if r.Taker == o.ID && r.TakerQty != 0 || r.Maker == o.ID && r.MakerQty != 0 {
			return r.ID
		}
	}
	return 0
}
