package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// OwnFill is a row about a trade as one of its parties has it. Who trades with
// itself has two rows of one trade, the buyer's first.
type OwnFill struct {
	Symbol   msg.SymbolID
	Trade    msg.TradeID
	Order    msg.OrderID
	Price    msg.Price
	Qty      msg.Qty
	Quote    msg.Amount // what it cost, in quote units
	Fee      msg.Amount
	FeeAsset msg.AssetID
	Time     int64
	Buyer    bool
	Maker    bool
}

// fills keeps the newest fills of each account.
type fills struct{ accountLog[fill] }

// fill is an OwnFill without what its symbol says.
type fill struct {
	trade  msg.TradeID
	order  msg.OrderID
	price  msg.Price
	qty    msg.Qty
	fee    msg.Amount
	time   int64
	symbol msg.SymbolID
	side   msg.Side
	maker  bool
}

// fold appends the fills of a transaction to those of both parties.
func (l *fills) fold(now int64, all []Fill) {
	if l.keep == 0 {
		return
	}
	for i := range all {
		f := &all[i]
		for side := range f.Parties {
			p := &f.Parties[side]
			row := l.rows.at(l.push(p.owner))
			row.trade, row.order, row.price, row.qty, row.fee, row.time = f.Trade, p.Order, f.Price, f.Qty, p.Fee, now
			row.symbol, row.side, row.maker = f.Symbol, msg.Side(side), f.MakerSide == msg.Side(side)
		}
	}
}

// FillQuery says which fills of an account are meant: those in a symbol, or in
// all when it is zero; of an order, if one is given; with a trade id of at least
// From, which is of use with a symbol only; in a span of time. With From or a
// Start the oldest of them are meant, else the newest.
type FillQuery struct {
	Symbol msg.SymbolID
	Order  msg.OrderID
	From   msg.TradeID
	Span   Span
}

func (q *FillQuery) means(f *fill) bool {
	return (q.Symbol == 0 || f.symbol == q.Symbol) && (q.Order == 0 || f.order == q.Order) && f.trade >= q.From && q.Span.has(f.time)
}

// Fills appends the fills of an account that are kept and meant to dst, oldest
// first.
func (v *Views) Fills(a msg.AccountID, q FillQuery, dst []OwnFill) []OwnFill {
	return appendRows(dst, &v.fills.accountLog, &v.market, a, q.Span.Limit, q.From != 0 || q.Span.Start != 0, q.means, v.market.ownFill)
}

// ownFill makes a row of a record.
func (m *market) ownFill(f *fill) OwnFill {
	s := &m.symbols[f.symbol]
	return OwnFill{
		Symbol: f.symbol, Trade: f.trade, Order: f.order, Price: f.price, Qty: f.qty,
		Quote: msg.Amount(f.price) * msg.Amount(f.qty) * s.Unit, Fee: f.fee, FeeAsset: s.received(f.side),
		Time: f.time, Buyer: f.side == msg.Buy, Maker: f.maker,
	}
}
