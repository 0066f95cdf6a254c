package condition

import (
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The operators, by the results of a comparison for which they hold.
type operator struct{ less, equal, more bool }

func operators(sign string) (operator, bool) {
	o, ok := map[string]operator{
		"<": {less: true}, "<=": {less: true, equal: true}, "=": {equal: true}, "==": {equal: true},
		"!=": {less: true, more: true}, ">": {more: true}, ">=": {more: true, equal: true},
	}[sign]
	return o, ok
}

func (o operator) holds(c int) bool { return c < 0 && o.less || c == 0 && o.equal || c > 0 && o.more }

// compareTest compares two values that are both there.
type compareTest struct {
	a, b value
	op   operator
}

func (t *compareTest) holds(m *Moment) bool {
	a, b := t.a.of(m.Engine), t.b.of(m.Engine)
	return a.there && b.there && t.op.holds(a.compare(b))
}

func (t *compareTest) start(*Moment) {}

// changeTest compares a value with what it was before the command.
type changeTest struct {
	v    value
	how  string
	last number
}

func (t *changeTest) start(m *Moment) { t.last = t.v.of(m.Engine) }

func (t *changeTest) holds(m *Moment) bool {
	was := t.last
	t.last = t.v.of(m.Engine)
	now := t.last
	switch t.how {
	case "rises":
		return was.there && now.there && now.compare(was) > 0
	case "falls":
		return was.there && now.there && now.compare(was) < 0
	case "empties":
		return !none(was) && none(now)
	default: // changes
		return was.there != now.there || was.there && was.compare(now) != 0
	}
}

// none reports whether there is nothing of a value.
func none(x number) bool { return !x.there || x.n == 0 }

// emptyTest holds while there is nothing of a value.
type emptyTest struct{ v value }

func (t *emptyTest) holds(m *Moment) bool { return none(t.v.of(m.Engine)) }
func (t *emptyTest) start(*Moment)        {}

// gapTest holds after a command that left no order at what was the best price of a
// side before it.
type gapTest struct {
	symbol msg.Name
	side   msg.Side
	price  msg.Price
	there  bool
}

func (t *gapTest) start(m *Moment) {
	t.price, _, t.there = best(m.Engine, m.Engine.SymbolNamed(t.symbol), t.side)
}

func (t *gapTest) holds(m *Moment) bool {
	before, stood := t.price, t.there
	t.start(m)
	if !stood || t.there && t.price == before {
		return false
	}
	gone := true
	m.Engine.EachLevel(m.Engine.SymbolNamed(t.symbol), t.side, func(p msg.Price, _ msg.Qty, _ int) bool {
		gone = p != before
		// Levels that are better than it was come first.
		return gone && (t.side == msg.Sell) == (p < before)
	})
	return gone
}

// timeTest compares the time of the command, or of its day.
type timeTest struct {
	op    operator
	ofDay bool
	nanos int64
}

const day = 24 * 60 * 60 * 1_000_000_000

func (t *timeTest) holds(m *Moment) bool {
	now := m.Engine.Time()
	if t.ofDay {
		now = (now%day + day) % day
	}
	return t.op.holds(order(now, t.nanos))
}

func (t *timeTest) start(*Moment) {}

// phaseTest holds while a symbol is in a phase.
type phaseTest struct {
	symbol msg.Name
	phase  msg.Phase
}

func (t *phaseTest) holds(m *Moment) bool {
	s, ok := m.Engine.Symbol(m.Engine.SymbolNamed(t.symbol))
	return ok && s.Phase == t.phase
}

func (t *phaseTest) start(*Moment) {}

// eventTest holds after a command of which some event is as asked for.
type eventTest struct {
	is func(e *engine.Engine, c *msg.Command, v *msg.Event) bool
}

func (t *eventTest) holds(m *Moment) bool {
	for i := range m.Events {
		if t.is(m.Engine, m.Command, &m.Events[i]) {
			return true
		}
	}
	return false
}

func (t *eventTest) start(*Moment) {}

// commandTest holds after a command that is as asked for.
type commandTest struct {
	is func(e *engine.Engine, c *msg.Command) bool
}

func (t *commandTest) holds(m *Moment) bool { return m.Command != nil && t.is(m.Engine, m.Command) }
func (t *commandTest) start(*Moment)        {}

// concerns reports whether an event is about an order.
func concerns(v *msg.Event, id msg.OrderID) bool { return v.Order == id || v.Taker == id }
