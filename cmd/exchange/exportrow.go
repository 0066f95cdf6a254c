package main

import (
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// exportRow is what the columns of a row are made of: a transaction, of it perhaps one
// event, and the names and steps that its numbers are told by.
type exportRow struct {
	c      *msg.Command
	events []msg.Event
	n      int // of the event among them, from 0
	v      *msg.Event

	market *exportMarket // of the command; zero when there is no such symbol
	asset  exportAsset
	trade  parties
	spec   string // of a command about a symbol, as JSON
}

// exportMarket is a symbol by which numbers are told.
type exportMarket struct {
	name       string
	price, qty step
	quote      step // amounts of the quote asset
	units      step // what lots at prices in ticks are worth
}

// exportAsset is an asset by which amounts are told.
type exportAsset struct {
	name string
	unit step
}

// parties are the two orders of a trade.
type parties struct {
	buyOrder, sellOrder     msg.OrderID
	buyAccount, sellAccount msg.AccountID
	taker                   msg.Side // of which the order is that came later
}

// catalog knows the symbols and assets of a state. What it has once told does not
// change: an alteration of a symbol leaves name, tick and lot.
type catalog struct {
	engine  *engine.Engine
	markets []exportMarket // by id, as far as they were asked for
}

// market returns a symbol, or one without a name when there is none.
func (k *catalog) market(id msg.SymbolID) *exportMarket {
	for int(id) > len(k.markets) && len(k.markets) < k.engine.Symbols() {
		s, _ := k.engine.Symbol(msg.SymbolID(len(k.markets) + 1))
		_, base, _ := k.engine.Asset(s.Spec.Base)
		_, quote, _ := k.engine.Asset(s.Spec.Quote)
		k.markets = append(k.markets, exportMarket{
			name: s.Spec.Name.String(), price: step{int64(s.Spec.Tick), quote}, qty: step{int64(s.Spec.Lot), base},
			quote: step{1, quote}, units: step{int64(s.Unit), quote},
		})
	}
	if id == 0 || int(id) > len(k.markets) {
		return &exportMarket{}
	}
	return &k.markets[id-1]
}

// asset returns an asset, or one without a name when there is none.
func (k *catalog) asset(id msg.AssetID) exportAsset {
	if id == 0 || int64(id) > int64(k.engine.Assets()) {
		return exportAsset{}
	}
	name, scale, _ := k.engine.Asset(id)
	return exportAsset{name.String(), step{1, scale}}
}

// partiesOf returns the orders of a trade in the state before its command.
func partiesOf(e *engine.Engine, c *msg.Command, v *msg.Event) parties {
	maker, _ := e.Order(v.Order)
	taker, resting := e.Order(v.Taker)
	if !resting {
		taker = engine.Order{Account: c.Account, Side: c.Side}
	}
	p := parties{taker: taker.Side}
	if taker.Side == msg.Buy {
		p.buyOrder, p.buyAccount, p.sellOrder, p.sellAccount = v.Taker, taker.Account, v.Order, maker.Account
	} else {
		p.buyOrder, p.buyAccount, p.sellOrder, p.sellAccount = v.Order, maker.Account, v.Taker, taker.Account
	}
	return p
}

// hasAccount reports whether a kind of command is about an account, which may be
// number 0.
func hasAccount(k msg.Kind) bool {
	switch k {
	case msg.Place, msg.Cancel, msg.CancelReplace, msg.Amend, msg.CancelAll, msg.Credit, msg.Debit, msg.SetStatus, msg.SetFees:
		return true
	default:
		return false
	}
}

// specText writes the description of a symbol as journal cat does, as a JSON object.
func specText(s *msg.Symbol) string {
	if s == nil {
		return ""
	}
	l := transactionLine{json: true}
	l.spec(s)
	return "{" + strings.TrimPrefix(string(l.buf), ",") + "}"
}
