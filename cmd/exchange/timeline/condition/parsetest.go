package condition

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// test reads what is neither joined nor in parentheses.
func (p *parser) test() test {
	switch p.peek() {
	case "time":
		p.next++
		return p.timeTest()
	case "trade":
		p.next++
		p.uses.happened = true
		return p.trade()
	case "reject", "event":
		p.uses.happened = true
		return p.event(p.take().text)
	case "command", "symbol":
		p.uses.happened = true
		return p.command(p.take().text)
	case "phase":
		p.next++
		return &phaseTest{p.symbol(), choose(p, "phase", namesOf[msg.Phase](0, msg.CancelOnly), valuesOf[msg.Phase](0, msg.CancelOnly))}
	case "order":
		return p.order()
	case "account":
		return p.account()
	}
	v, gap := p.value()
	return p.ofValue(v, gap)
}

// enumeration is a set of numbers with names.
type enumeration interface {
	~uint8
	String() string
}

func namesOf[T enumeration](first, last T) []string {
	var names []string
	for v := first; v <= last; v++ {
		names = append(names, v.String())
	}
	return names
}

func valuesOf[T enumeration](first, last T) []T {
	var values []T
	for v := first; v <= last; v++ {
		values = append(values, v)
	}
	return values
}

// operator reads a sign of comparison.
func (p *parser) operator() operator {
	o, ok := operators(p.peek())
	if !ok {
		p.fail(p.at(), "here one of < <= = != >= > is needed")
	}
	p.take()
	return o
}

// ofValue reads what is asked of a value. gap is what it means that it empties, where
// that is not that nothing of it is left.
func (p *parser) ofValue(v value, gap test) test {
	switch p.peek() {
	case "empties":
		if gap != nil {
			p.next++
			p.uses.memory = true
			return gap
		}
		fallthrough
	case "changes", "rises", "falls":
		p.uses.memory = true
		return &changeTest{v: v, how: p.take().text}
	case "empty":
		p.next++
		return &emptyTest{v}
	}
	if _, ok := operators(p.peek()); !ok {
		p.fail(p.at(), "here one of < <= = != >= > is needed, or changes, rises, falls, empty, empties")
		return nil
	}
	op := p.operator()
	other, _ := p.value()
	return &compareTest{v, other, op}
}

func (p *parser) timeTest() test {
	t := &timeTest{op: p.operator()}
	at := p.take()
	if digits, ok := strings.CutPrefix(at.text, "@"); ok {
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			t.nanos = n
			return t
		}
	}
	for _, layout := range []string{"15:04", "15:04:05"} { // a fraction of the second is taken with both
		if x, err := time.Parse(layout, at.text); err == nil {
			t.ofDay = true
			t.nanos = int64(x.Sub(x.Truncate(24 * time.Hour)))
			return t
		}
	}
	x, err := time.Parse(time.RFC3339, at.text)
	if err != nil || !time.Unix(0, x.UnixNano()).Equal(x) {
		p.fail(at.at, "here a time is needed: 12:00, 2026-01-31T09:30:00Z or @NANOSECONDS")
	}
	t.nanos = x.UnixNano()
	return t
}

// trade reads what is asked of some trade of a command.
func (p *parser) trade() test {
	what := p.peek()
	if what != "qty" && what != "price" {
		return &eventTest{func(_ *engine.Engine, _ *msg.Command, v *msg.Event) bool { return v.Kind == msg.Traded }}
	}
	p.next++
	op, limit := p.operator(), p.number()
	return &eventTest{func(e *engine.Engine, c *msg.Command, v *msg.Event) bool {
		if v.Kind != msg.Traded {
			return false
		}
		s, _ := e.Symbol(c.Symbol)
		x := price(e, &s, v.Price)
		if what == "qty" {
			x = quantity(e, &s, v.Qty)
		}
		return op.holds(x.compare(limit))
	}}
}

// event reads which event has to be among those of a command.
func (p *parser) event(word string) test {
	if word == "event" {
		kind := choose(p, "kind of event", namesOf(msg.Accepted, msg.Uncrossed), valuesOf(msg.Accepted, msg.Uncrossed))
		return &eventTest{func(_ *engine.Engine, _ *msg.Command, v *msg.Event) bool { return v.Kind == kind }}
	}
	reason := p.reason()
	return &eventTest{func(_ *engine.Engine, _ *msg.Command, v *msg.Event) bool {
		return (v.Kind == msg.Rejected || v.Kind == msg.CancelRejected) && (reason == msg.NoReason || v.Reason == reason)
	}}
}

// reason reads the reason of a refusal, if one is given.
func (p *parser) reason() msg.Reason {
	for r := msg.NoReason + 1; r < msg.RestOfIOC; r++ {
		if name := r.String(); name == p.peek() && !strings.Contains(name, "(") {
			p.next++
			return r
		}
	}
	switch p.peek() {
	case "", "and", "or", ")":
	default:
		p.fail(p.at(), "this is no reason of a refusal, such as insufficient-balance")
	}
	return msg.NoReason
}

// command reads which kind of command it has to be, or which symbol it is about.
func (p *parser) command(word string) test {
	if word == "command" {
		kind := choose(p, "kind of command", namesOf(msg.Place, msg.Uncross), valuesOf(msg.Place, msg.Uncross))
		return &commandTest{func(_ *engine.Engine, c *msg.Command) bool { return c.Kind == kind }}
	}
	s := p.name("a symbol")
	p.uses.symbols = append(p.uses.symbols, s)
	return &commandTest{func(e *engine.Engine, c *msg.Command) bool {
		return c.Symbol != 0 && c.Symbol == e.SymbolNamed(s.name) || c.Spec != nil && c.Spec.Name == s.name
	}}
}

// order reads what is asked of an order.
func (p *parser) order() test {
	p.next++
	id := msg.OrderID(p.id("order", 1, 1<<64-1))
	word := p.take()
	about := func(is func(e *engine.Engine, v *msg.Event) bool) test {
		p.uses.happened = true
		return &eventTest{func(e *engine.Engine, _ *msg.Command, v *msg.Event) bool { return concerns(v, id) && is(e, v) }}
	}
	switch word.text {
	case "open":
		return p.ofValue(openOf{id}, nil)
	case "changes":
		return about(func(*engine.Engine, *msg.Event) bool { return true })
	case "trades":
		return about(func(_ *engine.Engine, v *msg.Event) bool { return v.Kind == msg.Traded })
	case "ends":
		return about(func(e *engine.Engine, _ *msg.Event) bool { _, rests := e.Order(id); return !rests })
	case "rests":
		return &compareTest{openOf{id}, literal{whole(0)}, operator{more: true}}
	}
	p.fail(word.at, "here one of changes, trades, rests, ends, open is needed")
	return nil
}

// account reads what is asked of an account.
func (p *parser) account() test {
	p.next++
	id := msg.AccountID(p.id("account", 0, msg.MaxAccounts))
	if p.accept("acts") {
		p.uses.happened = true
		return &commandTest{func(_ *engine.Engine, c *msg.Command) bool { return c.Account == id && ofAccount(c.Kind) }}
	}
	return p.ofValue(p.balance(id), nil)
}

// ofAccount reports whether commands of a kind name an account.
func ofAccount(k msg.Kind) bool {
	switch k {
	case msg.Place, msg.Cancel, msg.CancelReplace, msg.Amend, msg.CancelAll, msg.Credit, msg.Debit, msg.SetStatus, msg.SetFees:
		return true
	default:
		return false
	}
}

func (p *parser) balance(id msg.AccountID) value {
	word := p.take()
	if word.text != "free" && word.text != "locked" {
		p.fail(word.at, "here one of free(ASSET), locked(ASSET), acts is needed")
		return nil
	}
	p.expect("(")
	a := p.name("an asset")
	p.uses.assets = append(p.uses.assets, a)
	p.expect(")")
	return balanceOf{id, a.name, word.text == "locked"}
}
