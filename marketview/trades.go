package marketview

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Trade is a row about one trade.
type Trade struct {
	ID         msg.TradeID
	Price      msg.Price
	Qty        msg.Qty
	Quote      msg.Amount // what it cost, in quote units
	Time       int64
	BuyerMaker bool // the buyer's order rested longer
}

// trades keeps the newest trades of each symbol.
type trades struct {
	tapes []tape // by symbol id
	keep  int    // trades kept of a symbol
}

// tape is the trades kept of a symbol, with gap-free ids that end at last.
type tape struct {
	last msg.TradeID
	ring ring[trade]
}

// trade is a Trade without what its place and its symbol say.
type trade struct {
	price      msg.Price
	qty        msg.Qty
	time       int64
	buyerMaker bool
}

// fold appends the fills of a transaction.
func (t *trades) fold(now int64, fills []Fill) {
	for i := range fills {
		f := &fills[i]
		p := t.tape(f.Symbol)
		if f.Trade != p.last+1 {
			panic(fmt.Sprintf("marketview: symbol %d: trade %d follows %d", f.Symbol, f.Trade, p.last))
		}
		p.last = f.Trade
		if row := p.ring.push(t.keep); row != nil {
			row.price, row.qty, row.time, row.buyerMaker = f.Price, f.Qty, now, f.MakerSide == msg.Buy
		}
	}
}

// tape returns the tape of a symbol, which may be new.
func (t *trades) tape(id msg.SymbolID) *tape {
	for int(id) >= len(t.tapes) {
		t.tapes = append(t.tapes, tape{})
	}
	return &t.tapes[id]
}

// last returns the id of the last trade of a symbol, zero before the first.
func (t *trades) last(id msg.SymbolID) msg.TradeID {
	if int64(id) >= int64(len(t.tapes)) {
		return 0
	}
	return t.tapes[id].last
}

// first returns the id of the oldest trade kept; it is last+1 when none is.
func (p *tape) first() msg.TradeID { return p.last - msg.TradeID(p.ring.len()) + 1 }

// at returns the trade of an id from first to last.
func (p *tape) at(id msg.TradeID) *trade { return p.ring.at(int(id - p.first())) }

// appendRows appends up to limit trades to dst, oldest first: from the id from
// on, or the newest ones when from is zero.
func (p *tape) appendRows(dst []Trade, from msg.TradeID, limit int, unit msg.Amount) []Trade {
	limit = min(limit, p.ring.len())
	first := max(from, p.first())
	if from == 0 {
		first = p.last - msg.TradeID(limit) + 1
	}
	for id := first; id <= p.last && limit > 0; id++ {
		v := p.at(id)
		dst = append(dst, Trade{
			ID: id, Price: v.price, Qty: v.qty, Quote: msg.Amount(v.price) * msg.Amount(v.qty) * unit,
			Time: v.time, BuyerMaker: v.buyerMaker,
		})
		limit--
	}
	return dst
}
