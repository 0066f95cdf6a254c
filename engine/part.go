package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Begin, ApplyEvent and End are Apply in parts, for whoever looks at what stands
// between two events of a recorded transaction: Begin with the command, ApplyEvent
// for each of its events in order, End. Until End the command is kept and the
// transaction is half done: what Order, EachOrder, EachLevel, Symbol and Balance
// tell is the state after so many events, with the order that arrives still in its
// register; the digest is not that of a state, Check and AppendState make no sense,
// and another command is a broken invariant.

// Begin starts the fold of a transaction.
func (e *Engine) Begin(c *msg.Command) { e.begin(c) }

// ApplyEvent folds the next event of the transaction under way.
func (e *Engine) ApplyEvent(v *msg.Event) {
	if e.cmd == nil {
		panic(fmt.Sprintf("engine: an event %v after command %d, and no transaction is under way", v.Kind, e.seq))
	}
	e.apply(v)
}

// End ends the transaction under way.
func (e *Engine) End() {
	if e.cmd == nil {
		panic(fmt.Sprintf("engine: a transaction ends after command %d, and none is under way", e.seq))
	}
	e.end()
}

// HalfDone reports whether a transaction is under way.
func (e *Engine) HalfDone() bool { return e.cmd != nil }

// Arriving returns the order of the transaction under way that has been accepted,
// has something left, and does not rest yet. It has no place in a queue.
func (e *Engine) Arriving() (Order, bool) {
	a := &e.arriving
	if e.cmd == nil || !a.active {
		return Order{}, false
	}
	c := e.cmd
	return Order{
		ID: a.id, Account: c.Account, Symbol: c.Symbol, Side: c.Side, Price: c.Price,
		Qty: a.qty, Open: a.open, Traded: a.traded == 1, Name: c.Name,
	}, true
}
