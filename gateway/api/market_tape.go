package api

import "github.com/seed-7d4c2414/exchange/engine/msg"

func tapeMethods() []Method {
	from := Spec{Name: paramFromID, Kind: ID}
	return []Method{
		get("trades.recent", "trades", weighs(25), (*API).trades, oneSymbol(), rowLimit()),
		get("trades.historical", "historicalTrades", weighs(25), (*API).historicalTrades, oneSymbol(), from, rowLimit()),
		get("trades.aggregate", "aggTrades", weighs(4), (*API).aggTrades, oneSymbol(), from,
			Spec{Name: paramStartTime, Kind: Time}, Spec{Name: paramEndTime, Kind: Time}, rowLimit()),
	}
}

// trades answers with the newest trades.
func (a *API) trades(c *Call) error { return a.tradesFrom(c, 0) }

// historicalTrades answers with the trades from an id on, or the newest.
func (a *API) historicalTrades(c *Call) error {
	from, sent := c.Params.Int(paramFromID)
	if sent {
		from = max(from, 1) // zero would mean none
	}
	return a.tradesFrom(c, msg.TradeID(from))
}

func (a *API) tradesFrom(c *Call, from msg.TradeID) error {
	limit, refused := c.limit(defaultRows, maxRows)
	if refused != nil {
		return refused
	}
	v := a.exchange.BeginRead()
	c.scratch.trades = v.Trades(c.Market.ID, from, limit, c.scratch.trades[:0])
	a.exchange.EndRead()

	f := fields{dst: append(c.Out, '['), market: &c.Market, micro: c.Micro}
	for i := range c.scratch.trades {
		t := &c.scratch.trades[i]
		f.open(i)
		f.number("id", int64(t.ID))
		f.price("price", t.Price)
		f.qty("qty", t.Qty)
		f.quote("quoteQty", t.Quote)
		f.time("time", t.Time)
		f.flag("isBuyerMaker", t.BuyerMaker)
		f.flag("isBestMatch", true)
		f.close()
	}
	c.Out = f.end("]")
	return nil
}

// open begins the object at an index of an array.
func (f *fields) open(i int) {
	if i > 0 {
		f.dst = append(f.dst, ',')
	}
	f.dst = append(f.dst, '{')
}

func (f *fields) close() { f.dst = append(f.dst, '}') }

// aggTrades answers with aggregate trades from an id on or in a span of time.
func (a *API) aggTrades(c *Call) error {
	s, refused := c.span()
	if refused != nil {
		return refused
	}
	from, sent := c.Params.Int(paramFromID)
	if sent {
		if s.Start != 0 || s.End != 0 {
			return ErrOptional
		}
		from = max(from, 1)
	}
	v := a.exchange.BeginRead()
	c.scratch.aggs = v.AggTrades(c.Market.ID, uint64(from), s, c.scratch.aggs[:0])
	a.exchange.EndRead()

	f := fields{dst: append(c.Out, '['), market: &c.Market, micro: c.Micro}
	for i := range c.scratch.aggs {
		t := &c.scratch.aggs[i]
		f.open(i)
		f.number("a", int64(t.ID))
		f.price("p", t.Price)
		f.qty("q", t.Qty)
		f.number("f", int64(t.First))
		f.number("l", int64(t.Last))
		f.time("T", t.Time)
		f.flag("m", t.BuyerMaker)
		f.flag("M", true)
		f.close()
	}
	c.Out = f.end("]")
	return nil
}
