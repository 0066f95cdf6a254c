package engine

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Order is a resting order as a reader sees it.
type Order struct {
	ID      msg.OrderID
	Account msg.AccountID
	Symbol  msg.SymbolID
	Side    msg.Side
	Price   msg.Price
	Qty     msg.Qty // as asked for, less what amends took off
	Open    msg.Qty // still to trade
	Queue   uint64  // rises within the symbol from order to order
	Amends  uint16
	Traded  bool // something of it was
	Name    msg.Name
}

// Symbol is a market as a reader sees it.
type Symbol struct {
	Spec    msg.Symbol
	Phase   msg.Phase
	Unit    msg.Amount  // value of one lot at a price of one tick
	Last    msg.Price   // of the last trade; 0 before the first
	Trade   msg.TradeID // the last one
	Updates uint64      // the book-update id
	Reports uint64      // the last execution id
	Levels  int         // prices that hold orders, both sides
}

// Account is an account as a reader sees it, without its balances.
type Account struct {
	Status   msg.Status
	Maker    msg.Rate // NoRate: the symbol's
	Taker    msg.Rate
	Transfer int64 // the last one accepted
}

// Order returns an open order.
func (e *Engine) Order(id msg.OrderID) (Order, bool) {
	i := e.orders.slot(id)
	if i == 0 {
		return Order{}, false
	}
	return e.view(i), true
}

func (e *Engine) view(i uint32) Order {
	o := &e.orders.pool[i]
	p := &e.positions.pool[o.pos]
	x := Order{
		ID: o.id, Account: p.account, Symbol: p.symbol, Side: o.side, Price: e.pool.levels[o.level].price,
		Qty: o.qty, Open: o.open, Queue: o.queue, Amends: o.amends, Traded: o.traded == 1,
	}
	if o.named {
		x.Name = e.orders.names[i]
	}
	return x
}

// EachOrder calls visit with the open orders of one side of a symbol, best
// price and oldest first, until visit returns false.
func (e *Engine) EachOrder(id msg.SymbolID, side msg.Side, visit func(Order) bool) {
	s := e.symbol(id)
	if s == nil {
		return
	}
	l := &s.sides[side]
	for i := l.best; i != 0; i = l.worse(&e.pool, i) {
		for j := e.pool.levels[i].head; j != 0; j = e.orders.pool[j].next {
			if !visit(e.view(j)) {
				return
			}
		}
	}
}

// EachLevel calls visit with the prices of one side of a symbol, best first,
// until visit returns false.
func (e *Engine) EachLevel(id msg.SymbolID, side msg.Side, visit func(p msg.Price, qty msg.Qty, orders int) bool) {
	s := e.symbol(id)
	if s == nil {
		return
	}
	l := &s.sides[side]
	for i := l.best; i != 0; i = l.worse(&e.pool, i) {
		v := &e.pool.levels[i]
		if !visit(v.price, v.qty, int(v.count)) {
			return
		}
	}
}

// Best returns the best price of one side of a symbol; ok is false when nothing
// rests there.
func (e *Engine) Best(id msg.SymbolID, side msg.Side) (p msg.Price, ok bool) {
	s := e.symbol(id)
	if s == nil || s.sides[side].best == 0 {
		return 0, false
	}
	return e.pool.levels[s.sides[side].best].price, true
}

// Level returns the open quantity that rests at a price of one side of a symbol.
func (e *Engine) Level(id msg.SymbolID, side msg.Side, p msg.Price) msg.Qty {
	s := e.symbol(id)
	if s == nil {
		return 0
	}
	return e.pool.levels[s.sides[side].find(&e.pool, p)].qty // 0 of none
}

// Symbols returns the number of symbols; their ids are 1 to it.
func (e *Engine) Symbols() int { return len(e.symbols) }

// Symbol returns a symbol by id.
func (e *Engine) Symbol(id msg.SymbolID) (Symbol, bool) {
	s := e.symbol(id)
	if s == nil {
		return Symbol{}, false
	}
	return Symbol{
		Spec: s.Symbol, Phase: s.phase, Unit: s.unit, Last: s.last, Trade: s.trade, Updates: s.updates, Reports: s.reports,
		Levels: s.sides[msg.Buy].levels + s.sides[msg.Sell].levels,
	}, true
}

// SymbolNamed returns the id of a symbol, or 0.
func (e *Engine) SymbolNamed(n msg.Name) msg.SymbolID { return e.symbolNames[n] }

// Assets returns the number of assets; their ids are 1 to it.
func (e *Engine) Assets() int { return len(e.assets) }

// Asset returns name, decimals and the total over all accounts of an asset,
// which must exist.
func (e *Engine) Asset(id msg.AssetID) (name msg.Name, scale uint8, total msg.Amount) {
	a := &e.assets[id-1]
	return a.name, a.scale, a.total
}

// Accounts returns the number of accounts, the fee account included; their ids
// are 0 to it less 1.
func (e *Engine) Accounts() int { return len(e.accounts) }

// Account returns an account by id.
func (e *Engine) Account(id msg.AccountID) (Account, bool) {
	if int64(id) >= int64(len(e.accounts)) {
		return Account{}, false
	}
	a := &e.accounts[id]
	return Account{a.status, a.maker, a.taker, a.transfer}, true
}

// Balance returns what an account holds of an asset.
func (e *Engine) Balance(a msg.AccountID, s msg.AssetID) (free, locked msg.Amount) {
	b := &e.balances.pool[e.balances.find(a, s)]
	return b.free, b.locked
}
