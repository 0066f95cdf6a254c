package main

import (
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// comparison holds two sides against each other, transaction by transaction.
type comparison struct {
	a, b    *side
	exact   bool // nothing was asked to be otherwise, so commands count as well
	digests bool // equal courses have equal digests

	compared  uint64
	different uint64 // transactions with other events, fees or locks
	commands  uint64 // with another command, where that counts
	frames    uint64 // whose digest is not what this program derives
	first     *firstDifference
	answered  msg.Seq          // the first command with other events
	edit      bool             // that is what was edited
	then      *firstDifference // and this is the first of what was not
	notes     []string
	edits     []toldEdit
}

// toldEdit is a command that an edit made another one.
type toldEdit struct{ a, b *toldTransaction }

// firstDifference is the first transaction in which the sides differ.
type firstDifference struct {
	what    string // command, events, state, digest
	seq     msg.Seq
	a, b    *toldTransaction
	changes []stateChange
	more    int // changes beyond those
}

// toldTransaction is a transaction in readable fields.
type toldTransaction struct {
	seq     msg.Seq
	time    int64
	command fieldList
	events  []fieldList
}

// The ways in which sides differ, in the order in which they are looked for.
const (
	differCommand = "command"
	differEvents  = "events"
	differState   = "state"
	differDigest  = "digest" // a journal's is not that of the state
	differPanic   = "panic"  // the engine panics on one side
	differEnd     = "end"    // one journal is longer
)

// pair compares two transactions, each folded by its side.
func (k *comparison) pair(p pair) error {
	k.compared++
	if p.edited {
		k.edits = append(k.edits, toldEdit{tellTransaction(k.a, p.a, p.seq), tellTransaction(k.b, p.b, p.seq)})
	}
	what := k.differs(p)
	if what == "" {
		return nil
	}
	if what == differCommand {
		k.commands++
	}
	k.different++
	if what == differEvents && k.answered == 0 {
		k.answered = p.seq
	}
	switch {
	case k.first == nil:
		k.first = &firstDifference{what: what, seq: p.seq, a: tellTransaction(k.a, p.a, p.seq), b: tellTransaction(k.b, p.b, p.seq)}
		k.first.changes, k.first.more = k.state()
		k.edit = p.edited
	case k.edit && !p.edited && k.then == nil:
		k.then = &firstDifference{what: what, seq: p.seq, a: tellTransaction(k.a, p.a, p.seq), b: tellTransaction(k.b, p.b, p.seq)}
	}
	return nil
}

// atEnd looks for what no event has told: a part of the state that is other in the end.
func (k *comparison) atEnd() {
	if k.first != nil {
		return
	}
	if changes, more := k.state(); len(changes) > 0 {
		k.first = &firstDifference{what: differState, seq: k.a.engine.Seq(), changes: changes, more: more}
	}
}

// differs says how a pair differs, or nothing.
func (k *comparison) differs(p pair) string {
	switch {
	case p.a == nil:
		return onlyOne(p.b)
	case p.b == nil:
		return onlyOne(p.a)
	case k.exact && !sameCommand(p.a.command, p.b.command):
		return differCommand
	case !k.sameEvents(p):
		return differEvents
	case !k.sameMoney(p):
		return differState
	case k.digests && k.first == nil && k.a.engine.Digest() != k.b.engine.Digest():
		return differState
	}
	return ""
}

// onlyOne is how a transaction differs from none: not, when it was refused.
func onlyOne(h *happened) string {
	if h.events[0].Kind == msg.Rejected {
		return ""
	}
	return differEvents
}

// sameCommand compares all that was asked, and when.
func sameCommand(a, b *msg.Command) bool {
	x, y := *a, *b
	if (x.Spec == nil) != (y.Spec == nil) || x.Spec != nil && *x.Spec != *y.Spec {
		return false
	}
	x.Spec, y.Spec = nil, nil
	return x == y
}

// sameEvents compares events, with orders under their recorded numbers. Trade numbers
// count as long as nothing has differed: afterwards they only tell that again.
func (k *comparison) sameEvents(p pair) bool {
	if len(p.a.events) != len(p.b.events) {
		return false
	}
	steps := k.steps(p.a.command.Symbol)
	for i := range p.a.events {
		a, b := p.a.events[i], p.b.events[i]
		a.Order, a.Taker = k.a.back(a.Order), k.a.back(a.Taker)
		b.Order, b.Taker = k.b.back(b.Order), k.b.back(b.Taker)
		if k.first != nil {
			a.Trade, b.Trade = 0, 0
		}
		if steps != nil {
			steps[0].event(&a)
			steps[1].event(&b)
		}
		if a != b {
			return false
		}
	}
	return true
}

// grid is tick and lot of a symbol, in units.
type grid struct{ tick, lot int64 }

// steps returns the grids of a symbol on both sides, nil when they are the same.
func (k *comparison) steps(id msg.SymbolID) *[2]grid {
	if k.exact {
		return nil
	}
	a, okA := k.a.engine.Symbol(id)
	b, okB := k.b.engine.Symbol(id)
	if !okA || !okB || a.Spec.Tick == b.Spec.Tick && a.Spec.Lot == b.Spec.Lot {
		return nil
	}
	return &[2]grid{{int64(a.Spec.Tick), int64(a.Spec.Lot)}, {int64(b.Spec.Tick), int64(b.Spec.Lot)}}
}

// event expresses an event in units, which mean the same on both sides. They may
// wrap, and compare all the same.
func (g *grid) event(v *msg.Event) {
	v.Price *= msg.Price(g.tick)
	v.Qty *= msg.Qty(g.lot)
	v.TakerQty *= msg.Qty(g.lot)
}

// sameMoney compares fees and locks.
func (k *comparison) sameMoney(p pair) bool {
	a, b := p.a.resolved, p.b.resolved
	if len(a.Fills) != len(b.Fills) || p.a.held != p.b.held {
		return false
	}
	for i := range a.Fills {
		if money(&a.Fills[i]) != money(&b.Fills[i]) {
			return false
		}
	}
	return true
}

// money is what a fill moves.
func money(f *marketview.Fill) [6]msg.Amount {
	x, y := &f.Parties[msg.Buy], &f.Parties[msg.Sell]
	return [...]msg.Amount{f.Base, f.Quote, x.Fee, y.Fee, x.Held, y.Held}
}

// tellTransaction returns a transaction in readable fields, with orders under their
// recorded numbers; those that were put in are +1, +2 and so on.
func tellTransaction(s *side, h *happened, seq msg.Seq) *toldTransaction {
	if h == nil {
		return nil
	}
	c := *h.command
	c.Order = s.back(c.Order)
	t := &toldTransaction{seq: seq, time: c.Time, command: commandFields(s.engine, &c)}
	renameOrders(t.command)
	for _, v := range h.events {
		v.Order, v.Taker = s.back(v.Order), s.back(v.Taker)
		t.events = append(t.events, eventFields(s.engine, &c, &v))
		renameOrders(t.events[len(t.events)-1])
	}
	return t
}

func renameOrders(fields fieldList) {
	for i := range fields {
		if f := &fields[i]; f.name == "order" || f.name == "taker" {
			if id, err := strconv.ParseUint(f.value, 10, 64); err == nil && msg.OrderID(id) >= putIn {
				f.value = orderNumber(msg.OrderID(id))
			}
		}
	}
}
