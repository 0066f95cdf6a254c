package main

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// judged is the engine as the reference exchange of the tests is held against it.
type judged struct{ *engine.Engine }

func newJudged() enginetest.Engine { return judged{engine.New(engine.Capacity{})} }

func (j judged) Supply(asset msg.AssetID) msg.Amount {
	_, _, total := j.Asset(asset)
	return total
}

func (j judged) Account(id msg.AccountID) enginetest.Account {
	a, ok := j.Engine.Account(id)
	if !ok {
		panic(fmt.Sprintf("exchange: account %d is unknown", id))
	}
	return enginetest.Account{Status: a.Status, Maker: a.Maker, Taker: a.Taker, Transfer: a.Transfer}
}

func (j judged) Market(id msg.SymbolID) enginetest.Market {
	s, ok := j.Symbol(id)
	if !ok {
		panic(fmt.Sprintf("exchange: symbol %d is unknown", id))
	}
	return enginetest.Market{Spec: s.Spec, Phase: s.Phase, Last: s.Last, Trades: s.Trade, Updates: s.Updates, Reports: s.Reports}
}

func (j judged) Orders(id msg.SymbolID, side msg.Side) (orders []enginetest.Order) {
	j.EachOrder(id, side, func(o engine.Order) bool {
		orders = append(orders, enginetest.Order{
			ID: o.ID, Account: o.Account, Side: o.Side, Price: o.Price, Qty: o.Qty, Open: o.Open,
			Queue: o.Queue, Amends: o.Amends, Traded: o.Traded, Name: o.Name,
		})
		return true
	})
	return orders
}

func (j judged) Indicative(id msg.SymbolID) (msg.Price, msg.Qty) {
	x, ok := j.Engine.Indicative(id)
	if !ok {
		panic(fmt.Sprintf("exchange: symbol %d is unknown", id))
	}
	return x.Price, x.Volume
}

// termed is an engine to which commands come as terms make them.
type termed struct {
	judged
	terms terms
}

// Execute decides what the terms make of a command. Those that a script can say leave
// numbers as they are.
func (t *termed) Execute(c *msg.Command, events []msg.Event) []msg.Event {
	other := *c
	if err := t.terms.turn(&side{engine: t.Engine}, &other); err != nil {
		panic(err)
	}
	return t.Engine.Execute(&other, events)
}

// fresh returns the same terms for another engine.
func (s *terms) fresh() terms {
	again := terms{accounts: s.accounts, stp: s.stp, texts: s.texts, symbols: make(map[string]*otherSymbol)}
	for name, x := range s.symbols {
		again.symbols[name] = &otherSymbol{words: x.words, passive: x.passive}
	}
	return again
}

// scriptable reports whether a script can say these terms.
func (s *terms) scriptable() bool {
	for _, x := range s.symbols {
		for _, w := range x.words {
			if w.key == "tick" || w.key == "lot" {
				return false
			}
		}
	}
	for _, a := range s.accounts {
		if a.maker != nil || a.taker != nil {
			return false
		}
	}
	return true
}

// turnAll returns what the terms make of commands.
func (s *terms) turnAll(commands []msg.Command) []msg.Command {
	t := &termed{judged{engine.New(engine.Capacity{})}, s.fresh()}
	all := make([]msg.Command, len(commands))
	for i := range commands {
		all[i] = commands[i]
		if err := t.terms.turn(&side{engine: t.Engine}, &all[i]); err != nil {
			panic(err)
		}
		t.Engine.Execute(&all[i], nil)
	}
	return all
}
