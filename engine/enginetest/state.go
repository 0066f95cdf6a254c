package enginetest

import (
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// State is what can be seen of an exchange, apart from its events. Ids that do
// not exist are not asked for, except that any account can be asked for its
// balance of any asset.
type State interface {
	// Supply returns what all accounts together have of an asset.
	Supply(asset msg.AssetID) msg.Amount
	// Balance returns what an account has free and locked of an asset.
	Balance(account msg.AccountID, asset msg.AssetID) (free, locked msg.Amount)
	// Account returns an account's standing; the fee account is number 0.
	Account(id msg.AccountID) Account
	// Market returns a symbol's standing.
	Market(id msg.SymbolID) Market
	// Orders returns the orders on a side of a book, best price and oldest first.
	Orders(id msg.SymbolID, side msg.Side) []Order
	// Indicative returns the price and volume at which an uncross would trade now.
	Indicative(id msg.SymbolID) (msg.Price, msg.Qty)
}

// Account is the standing of an account.
type Account struct {
	Status       msg.Status
	Maker, Taker msg.Rate // own rates or NoRate
	Transfer     int64    // the last one accepted
}

// Market is the standing of a symbol.
type Market struct {
	Spec    msg.Symbol
	Phase   msg.Phase
	Last    msg.Price   // of the last trade; 0 before the first
	Trades  msg.TradeID // the last trade id given
	Updates uint64      // the last book-update id given
	Reports uint64      // the last execution id given
}

// Order is an open order.
type Order struct {
	ID      msg.OrderID
	Account msg.AccountID
	Side    msg.Side
	Price   msg.Price
	Qty     msg.Qty // as placed or amended: filled and prevented parts included
	Open    msg.Qty
	Queue   uint64
	Amends  uint16 // how often it was amended; stays at its last number
	Traded  bool   // something of it was traded, not only prevented
	Name    msg.Name
}

var _ State = (*Naive)(nil)

// Supply returns what all accounts together have of an asset.
func (n *Naive) Supply(asset msg.AssetID) msg.Amount {
	return msg.Amount(n.asset(asset).supply.Int64())
}

// Balance returns what an account has free and locked of an asset.
func (n *Naive) Balance(account msg.AccountID, asset msg.AssetID) (free, locked msg.Amount) {
	a := n.account(account)
	if a == nil || a.balances[asset] == nil {
		return 0, 0
	}
	b := a.balances[asset]
	return msg.Amount(b.free.Int64()), msg.Amount(b.locked.Int64())
}

// Account returns an account's standing.
func (n *Naive) Account(id msg.AccountID) Account { return n.account(id).Account }

// Market returns a symbol's standing.
func (n *Naive) Market(id msg.SymbolID) Market {
	m := n.market(id)
	return Market{Spec: m.spec, Phase: m.phase, Last: m.last, Trades: m.trades, Updates: m.updates, Reports: m.reports}
}

// Orders returns the orders on a side of a book, best price and oldest first.
func (n *Naive) Orders(id msg.SymbolID, side msg.Side) []Order {
	var orders []Order
	for _, o := range *n.market(id).side(side) {
		seen := o.Order
		seen.Amends = uint16(min(o.amends, math.MaxUint16))
		orders = append(orders, seen)
	}
	return orders
}

// Indicative returns the price and volume at which an uncross would trade now.
func (n *Naive) Indicative(id msg.SymbolID) (msg.Price, msg.Qty) { return n.market(id).indicative() }

// Assets returns the number of assets, which is also the last id given.
func (n *Naive) Assets() int { return len(n.assets) }

// Symbols returns the number of symbols, which is also the last id given.
func (n *Naive) Symbols() int { return len(n.markets) }

// Accounts returns the number of accounts beside the fee account, which is also
// the last id given.
func (n *Naive) Accounts() int { return len(n.accounts) - 1 }
