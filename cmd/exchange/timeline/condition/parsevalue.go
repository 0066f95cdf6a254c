package condition

import (
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// value reads a value. gap, of a best price, is the test for the orders there being
// gone.
func (p *parser) value() (v value, gap test) {
	switch word := p.peek(); word {
	case "seq":
		p.next++
		return count{func(e *engine.Engine) int64 { return int64(e.Seq()) }}, nil
	case "orders":
		p.next++
		return count{func(e *engine.Engine) int64 { return int64(e.OpenOrders()) }}, nil
	case "best_bid", "best_ask", "spread", "last", "bids", "asks", "bid_qty", "ask_qty":
		p.next++
		symbol := p.symbol()
		switch word {
		case "best_bid":
			gap = &gapTest{symbol: symbol, side: msg.Buy}
		case "best_ask":
			gap = &gapTest{symbol: symbol, side: msg.Sell}
		}
		return market{symbol, ofMarket(word)}, gap
	case "level", "depth":
		p.next++
		return p.levels(word == "depth"), nil
	case "order":
		p.next++
		id := msg.OrderID(p.id("order", 1, 1<<64-1))
		p.expect("open")
		return openOf{id}, nil
	case "account":
		p.next++
		return p.balance(msg.AccountID(p.id("account", 0, msg.MaxAccounts))), nil
	}
	if t := p.peek(); t == "" || (t[0] < '0' || t[0] > '9') && t[0] != '-' {
		p.fail(p.at(), "here a value or a condition is needed, such as best_bid(SYMBOL), order ID, account ID, trade, time, 100")
		return nil, nil
	}
	return literal{p.number()}, nil
}

// levels reads the arguments of level and of depth.
func (p *parser) levels(better bool) value {
	p.expect("(")
	s := p.name("a symbol")
	p.uses.symbols = append(p.uses.symbols, s)
	p.expect(",")
	side := choose(p, "side", []string{"bid", "ask"}, []msg.Side{msg.Buy, msg.Sell})
	p.expect(",")
	limit := p.number()
	p.expect(")")
	return market{s.name, func(e *engine.Engine, id msg.SymbolID, s *engine.Symbol) number {
		return quantity(e, s, at(e, id, s, side, limit, better))
	}}
}
