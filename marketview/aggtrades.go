package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// AggTrade is a row about an aggregate trade: consecutive trades of the same
// taker order, at the same price, in one transaction and so at one time. What
// a later transaction trades is never added to it.
type AggTrade struct {
	ID         uint64 // by symbol, gap-free from 1
	Price      msg.Price
	Qty        msg.Qty
	First      msg.TradeID
	Last       msg.TradeID
	Time       int64
	BuyerMaker bool // the buyer's order rested longer
}

// aggTrades keeps the newest aggregate trades of each symbol.
type aggTrades struct {
	tapes []aggTape // by symbol id
	keep  int       // aggregate trades kept of a symbol
}

// aggTape is the aggregate trades kept of a symbol, with gap-free ids that end
// at last.
type aggTape struct {
	last uint64
	ring ring[AggTrade]
}

// fold appends what the fills of a transaction make up, here and to out.
func (a *aggTrades) fold(now int64, out *Resolved) {
	for fills := out.Fills; len(fills) > 0; {
		f := &fills[0]
		n := alike(fills)
		qty := msg.Qty(0)
		for i := range fills[:n] {
			qty += fills[i].Qty
		}
		p := a.tape(f.Symbol)
		p.last++
		row := next(&out.Aggs)
		row.ID, row.Price, row.Qty, row.First, row.Last = p.last, f.Price, qty, f.Trade, fills[n-1].Trade
		row.Time, row.BuyerMaker = now, f.MakerSide == msg.Buy
		if kept := p.ring.push(a.keep); kept != nil {
			kept.ID, kept.Price, kept.Qty, kept.First, kept.Last = row.ID, row.Price, row.Qty, row.First, row.Last
			kept.Time, kept.BuyerMaker = row.Time, row.BuyerMaker
		}
		fills = fills[n:]
	}
}

// alike returns how many fills, from the first on, have its taker and price. In
// an uncross an order may be taker of one trade and maker of the next.
func alike(fills []Fill) int {
	f := &fills[0]
	taker := f.Taker().Order
	n := 1
	for n < len(fills) && fills[n].Price == f.Price && fills[n].Taker().Order == taker {
		n++
	}
	return n
}

// tape returns the tape of a symbol, which may be new.
func (a *aggTrades) tape(id msg.SymbolID) *aggTape {
	for int(id) >= len(a.tapes) {
		a.tapes = append(a.tapes, aggTape{})
	}
	return &a.tapes[id]
}

// first returns the id of the oldest kept; it is last+1 when none is.
func (p *aggTape) first() uint64 { return p.last - uint64(p.ring.len()) + 1 }

// AggTrades appends aggregate trades of a symbol to dst, oldest first: those in
// the span, and none with an id below from. With from or a Start the oldest of
// them are meant, else the newest. Where older ones than are kept are asked
// for, the answer starts with the oldest kept.
func (v *Views) AggTrades(sym msg.SymbolID, from uint64, s Span, dst []AggTrade) []AggTrade {
	if int64(sym) >= int64(len(v.aggTrades.tapes)) {
		return dst
	}
	p := &v.aggTrades.tapes[sym]
	n, skip := p.ring.len(), 0
	if from > p.first() {
		skip = int(min(from-p.first(), uint64(n)))
	}
	first, end := s.choose(n, skip, from != 0, func(i int) int64 { return p.ring.at(i).Time })
	for i := first; i < end; i++ {
		dst = append(dst, *p.ring.at(i))
	}
	return dst
}
