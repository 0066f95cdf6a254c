// Package judged is the engine as enginetest looks at it. It stands apart because a
// judge of the engine must not use it.
package judged

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Engine is an engine to be held against the naive exchange.
type Engine struct{ *engine.Engine }

// New returns an empty engine.
func New() enginetest.Engine { return Engine{engine.New(engine.Capacity{})} }

// Supply returns how much of an asset the accounts hold together.
func (e Engine) Supply(asset msg.AssetID) msg.Amount {
	_, _, total := e.Asset(asset)
	return total
}

// Account returns an account, which must be there.
func (e Engine) Account(id msg.AccountID) enginetest.Account {
	a, ok := e.Engine.Account(id)
	if !ok {
		panic(fmt.Sprintf("engine: account %d is unknown", id))
	}
	return enginetest.Account{Status: a.Status, Maker: a.Maker, Taker: a.Taker, Transfer: a.Transfer}
}

// Market returns a symbol, which must be there.
func (e Engine) Market(id msg.SymbolID) enginetest.Market {
	s, ok := e.Symbol(id)
	if !ok {
		panic(fmt.Sprintf("engine: symbol %d is unknown", id))
	}
	return enginetest.Market{Spec: s.Spec, Phase: s.Phase, Last: s.Last, Trades: s.Trade, Updates: s.Updates, Reports: s.Reports}
}

// Orders returns the open orders of one side of a book, best first.
func (e Engine) Orders(id msg.SymbolID, side msg.Side) []enginetest.Order {
	var orders []enginetest.Order
	e.EachOrder(id, side, func(o engine.Order) bool {
		if o.Symbol != id {
			panic(fmt.Sprintf("engine: order %d of symbol %d is in the book of symbol %d", o.ID, o.Symbol, id))
		}
		orders = append(orders, enginetest.Order{
			ID: o.ID, Account: o.Account, Side: o.Side, Price: o.Price, Qty: o.Qty, Open: o.Open,
			Queue: o.Queue, Amends: o.Amends, Traded: o.Traded, Name: o.Name,
		})
		return true
	})
	return orders
}

// Indicative returns what an uncross would do.
func (e Engine) Indicative(id msg.SymbolID) (msg.Price, msg.Qty) {
	x, ok := e.Engine.Indicative(id)
	if !ok {
		panic(fmt.Sprintf("engine: symbol %d is unknown", id))
	}
	return x.Price, x.Volume
}
