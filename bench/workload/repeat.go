package workload

import (
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// lapLength is what a lap adds to all times.
const lapLength = 24 * 3600 * 1_000_000_000

// Repeat makes a load that ends one that goes on in laps. At the end of a lap what
// still rests is canceled, best price and oldest first, so that each begins with an
// empty book and does what the first did.
func (l *Load) Repeat() {
	e := engine.New(l.Room)
	var events []msg.Event
	for c := range l.Setup() {
		events = e.Execute(c, events[:0])
	}
	var c msg.Command
	for i := range l.rows {
		l.command(&c, i)
		events = e.Execute(&c, events[:0])
	}
	for s := range e.Symbols() {
		for _, side := range []msg.Side{msg.Buy, msg.Sell} {
			e.EachOrder(msg.SymbolID(s+1), side, func(o engine.Order) bool {
				cancel := msg.Command{Kind: msg.Cancel, Time: c.Time, Account: o.Account, Symbol: o.Symbol}
				l.rows = append(l.rows, pack(&cancel, target(o.ID, l.First())))
				return true
			})
		}
	}
	l.lap = lapLength
}
