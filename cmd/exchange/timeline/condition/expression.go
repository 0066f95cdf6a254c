package condition

import (
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
)

// Expression is a value, or a condition about one moment, that is shown wherever
// somebody stands.
type Expression struct {
	text  string
	value value // or:
	test  test
	uses  uses
}

// ParseExpression reads a value or a condition. What is wrong is an *Error.
func ParseExpression(text string) (*Expression, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	if v, _ := p.value(); p.err == nil && p.peek() == "" {
		return &Expression{text: strings.TrimSpace(text), value: v, uses: p.uses}, nil
	}
	c, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if c.uses.memory {
		return nil, &Error{c.text, 0, "what is shown is a value, or a condition about one moment; this one compares two"}
	}
	return &Expression{text: c.text, test: c.root, uses: c.uses}, nil
}

// String returns the expression as it was given.
func (x *Expression) String() string { return x.text }

// Check returns an error when a name in the expression is none in a state.
func (x *Expression) Check(e *engine.Engine) error { return x.uses.check(x.text, e) }

// Tell returns what the expression is at a moment: a decimal, none, true or false.
func (x *Expression) Tell(m *Moment) string {
	if x.value != nil {
		return x.value.of(m.Engine).text()
	}
	return strconv.FormatBool(x.test.holds(m))
}
