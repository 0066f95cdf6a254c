package marketview

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Views is the set of all views, at one sequence.
type Views struct {
	seq       msg.Seq
	time      int64
	market    market
	orders    orders
	depth     depth
	trades    trades
	balances  balances
	aggTrades aggTrades
	bars      bars
	fills     fills

	amendments  accountLog[Amendment]
	preventions accountLog[Prevention]

	resolved Resolved // of the last transaction; reused by each
}

// New returns the views of an exchange in which nothing has happened.
func New(l Limits) *Views {
	v := &Views{}
	v.market = newMarket()
	v.orders = newOrders(&v.market, &v.balances, &v.depth, int32(l.closedOrders()))
	v.orders.history.beside = &v.orders
	v.trades.keep = l.trades()
	v.balances.market = &v.market
	v.aggTrades.keep = l.aggTrades()
	v.bars.keep = l.bars()
	v.fills.keep = int32(l.fills())
	v.amendments.keep, v.preventions.keep = int32(l.amendments()), int32(l.preventions())
	return v
}

// Seq returns the sequence of the last transaction folded.
func (v *Views) Seq() msg.Seq { return v.seq }

// Time returns the time of the last transaction folded.
func (v *Views) Time() int64 { return v.time }

// Apply folds the transaction of c, which must be the command after the last
// one. It keeps neither c nor events.
func (v *Views) Apply(c *msg.Command, events []msg.Event) {
	if c.Seq != v.seq+1 || c.Time < v.time || len(events) == 0 {
		panic(fmt.Sprintf("marketview: command %d at %d with %d events follows %d at %d", c.Seq, c.Time, len(events), v.seq, v.time))
	}
	v.seq, v.time = c.Seq, c.Time
	v.resolved.reset()
	switch c.Kind {
	case msg.Place, msg.Cancel, msg.CancelReplace, msg.Amend, msg.CancelAll, msg.Uncross:
		v.orders.fold(c, events, &v.resolved)
		if fills := v.resolved.Fills; len(fills) > 0 {
			v.balances.fold(c.Time, fills)
			v.trades.fold(c.Time, fills)
			v.aggTrades.fold(c.Time, &v.resolved)
			v.bars.fold(c.Time, fills)
			v.fills.fold(c.Time, fills)
		}
		if len(v.resolved.Amendments)+len(v.resolved.Preventions) > 0 {
			v.amendments.fold(v.resolved.Amendments)
			v.preventions.fold(v.resolved.Preventions)
		}
	default:
		v.market.fold(c, &events[0])
		if events[0].Kind == msg.Adjusted {
			v.balances.adjusted(c)
		}
	}
}

// Report says whether the transactions from now on are resolved into reports
// too: off at first, because whoever only folds has no use for them.
func (v *Views) Report(on bool) { v.orders.reports = on }

// Resolved returns what the last transaction did. It is valid until the next
// one.
func (v *Views) Resolved() *Resolved { return &v.resolved }

// Asset returns an asset by id.
func (v *Views) Asset(id msg.AssetID) (Asset, bool) {
	if id == 0 || int64(id) >= int64(len(v.market.assets)) {
		return Asset{}, false
	}
	return v.market.assets[id], true
}

// AssetByName returns an asset by name.
func (v *Views) AssetByName(name msg.Name) (Asset, bool) { return v.Asset(v.market.assetIDs[name]) }

// Assets appends all assets to dst, by id.
func (v *Views) Assets(dst []Asset) []Asset { return append(dst, v.market.assets[1:]...) }

// Symbol returns a symbol by name.
func (v *Views) Symbol(name msg.Name) (Symbol, bool) { return v.SymbolByID(v.market.byName[name]) }

// SymbolByID returns a symbol by id.
func (v *Views) SymbolByID(id msg.SymbolID) (Symbol, bool) {
	if !v.market.has(id) {
		return Symbol{}, false
	}
	return v.market.symbols[id], true
}

// SymbolCount returns the number of symbols; their ids are 1 to it.
func (v *Views) SymbolCount() int { return len(v.market.symbols) - 1 }

// Symbols appends all symbols to dst, by id.
func (v *Views) Symbols(dst []Symbol) []Symbol { return append(dst, v.market.symbols[1:]...) }

// Account returns an account by id; the fee account is one.
func (v *Views) Account(id msg.AccountID) (Account, bool) {
	s := v.market.byID.find(uint64(id) + 1)
	if s == 0 || !v.market.accounts.at(s).exists {
		return Account{}, false
	}
	return v.market.accounts.at(s).Account, true
}

// Accounts returns the number of accounts, the fee account included: their ids
// are those below it.
func (v *Views) Accounts() int { return v.market.created }

// Depth puts the best levels of a symbol into dst, whose slices are used again:
// up to limit of each side, all when limit is zero or less. It returns false
// when there is no such symbol.
func (v *Views) Depth(sym msg.SymbolID, limit int, dst *Depth) bool {
	dst.UpdateID, dst.Bids, dst.Asks = 0, dst.Bids[:0], dst.Asks[:0]
	if int64(sym) < int64(len(v.depth.books)) {
		b := &v.depth.books[sym]
		dst.UpdateID = b.updateID
		dst.Bids = v.depth.appendLevels(dst.Bids, &b.sides[msg.Buy], msg.Buy, limit)
		dst.Asks = v.depth.appendLevels(dst.Asks, &b.sides[msg.Sell], msg.Sell, limit)
	}
	return v.market.has(sym)
}

// Best returns the best bid and ask of a symbol; ok is false when there is no
// such symbol.
func (v *Views) Best(sym msg.SymbolID) (t Top, ok bool) {
	if int64(sym) < int64(len(v.depth.books)) {
		t = v.depth.top(&v.depth.books[sym])
	}
	return t, v.market.has(sym)
}

// Trades appends up to limit trades of a symbol to dst, oldest first: those
// from the id from on, or the newest when from is zero. Where older ones than
// are kept are asked for, the answer starts with the oldest kept.
func (v *Views) Trades(sym msg.SymbolID, from msg.TradeID, limit int, dst []Trade) []Trade {
	if !v.market.has(sym) || int64(sym) >= int64(len(v.trades.tapes)) {
		return dst
	}
	return v.trades.tapes[sym].appendRows(dst, from, limit, v.market.symbols[sym].Unit)
}

// LastTrade returns the newest trade of a symbol; ok is false before the first.
func (v *Views) LastTrade(sym msg.SymbolID) (t Trade, ok bool) {
	var one [1]Trade
	if rows := v.Trades(sym, 0, 1, one[:0]); len(rows) == 1 {
		return rows[0], true
	}
	return Trade{}, false
}

// Balance returns what an account has of an asset, zero when it never had any.
func (v *Views) Balance(a msg.AccountID, asset msg.AssetID) (free, locked msg.Amount) {
	s := v.balances.byPair.find(pairKey(uint32(a), uint32(asset)))
	if s == 0 {
		return 0, 0
	}
	r := v.balances.records.at(s)
	return r.free, r.locked
}

// Balances appends what an account has to dst, by asset. Assets of which it has
// nothing are left out.
func (v *Views) Balances(a msg.AccountID, dst []Balance) []Balance {
	if int64(a) >= int64(len(v.balances.holders)) {
		return dst
	}
	from := len(dst)
	for s := v.balances.holders[a].first; s != 0; {
		r := v.balances.records.at(s)
		if r.free|r.locked != 0 {
			dst = append(dst, Balance{r.asset, r.free, r.locked})
		}
		s = *v.balances.others.at(s)
	}
	slices.SortFunc(dst[from:], func(a, b Balance) int { return cmp.Compare(a.Asset, b.Asset) })
	return dst
}

// BalanceTime returns the time of the last command that moved something on the
// balances of an account, be it from free to locked and back; zero when there was
// none.
func (v *Views) BalanceTime(a msg.AccountID) int64 {
	if int64(a) >= int64(len(v.balances.holders)) {
		return 0
	}
	h := &v.balances.holders[a]
	moved := h.moved
	for s := h.first; s != 0; s = *v.balances.others.at(s) {
		moved = max(moved, v.balances.records.at(s).moved)
	}
	return moved
}

// Supply returns what all accounts together have of an asset.
func (v *Views) Supply(asset msg.AssetID) msg.Amount {
	if int64(asset) >= int64(len(v.balances.supply)) {
		return 0
	}
	return v.balances.supply[asset]
}
