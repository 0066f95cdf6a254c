package condition

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// maxDepth bounds how deep a condition may be nested.
const maxDepth = 100

// Parse reads a condition. What is wrong is an *Error.
func Parse(text string) (*Condition, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	root := p.condition()
	p.end()
	if p.err != nil {
		return nil, p.err
	}
	return &Condition{text: strings.TrimSpace(text), root: root, uses: p.uses}, nil
}

// parser reads tokens with a sticky error.
type parser struct {
	text   string
	tokens []token
	next   int
	depth  int
	uses   uses
	err    error
}

func newParser(text string) (*parser, error) {
	text = strings.TrimSpace(text)
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	return &parser{text: text, tokens: tokens}, nil
}

func (p *parser) fail(at int, reason string) {
	if p.err == nil {
		p.err = &Error{p.text, at, reason}
	}
}

func (p *parser) peek() string { return p.tokens[p.next].text }
func (p *parser) at() int      { return p.tokens[p.next].at }

// take returns the next token; at the end it stays there.
func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.text != "" {
		p.next++
	}
	return t
}

// accept takes the next token if it is this one.
func (p *parser) accept(text string) bool {
	if p.peek() != text {
		return false
	}
	p.next++
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.fail(p.at(), "here "+text+" is needed")
	}
}

// end makes sure that nothing is left.
func (p *parser) end() {
	if p.peek() != "" {
		p.fail(p.at(), "this is one too many; conditions are joined by and, or")
	}
}

func (p *parser) condition() test {
	t := p.both()
	for p.err == nil && p.accept("or") {
		t = &orTest{t, p.both()}
	}
	return t
}

func (p *parser) both() test {
	t := p.single()
	for p.err == nil && p.accept("and") {
		t = &andTest{t, p.single()}
	}
	return t
}

func (p *parser) single() test {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.at(), fmt.Sprintf("it is nested deeper than %d", maxDepth))
		return nil
	}
	defer func() { p.depth-- }()
	switch at := p.at(); {
	case p.accept("not"):
		return &notTest{p.single()}
	case p.accept("becomes"):
		return p.becomes(at)
	case p.accept("("):
		t := p.condition()
		p.expect(")")
		return t
	}
	return p.test()
}

// becomes reads a condition that has to be about the state alone: only then is it
// known, wherever one begins, whether it held before.
func (p *parser) becomes(at int) test {
	outer := p.uses
	p.uses = uses{}
	t := p.single()
	if p.uses.memory || p.uses.happened {
		p.fail(at, "becomes needs a condition about the state, not one about what happens")
	}
	p.uses = uses{append(outer.symbols, p.uses.symbols...), append(outer.assets, p.uses.assets...), true, outer.happened}
	return &becomesTest{a: t}
}

// choose returns the value among names that a token is, and fails with all of them.
func choose[T any](p *parser, what string, names []string, values []T) (v T) {
	t := p.take()
	for i, name := range names {
		if name == t.text {
			return values[i]
		}
	}
	p.fail(t.at, fmt.Sprintf("here a %s is needed: %s", what, strings.Join(names, ", ")))
	return v
}

// number reads a decimal.
func (p *parser) number() number {
	t := p.take()
	digits, negative := strings.CutPrefix(t.text, "-")
	scale, err := msg.Decimals(digits)
	if err != nil {
		p.fail(t.at, "here a decimal is needed, such as 100 or 0.25")
		return number{}
	}
	n, err := msg.ParseDecimal(digits, scale)
	if err != nil {
		p.fail(t.at, "the decimal is "+err.Error())
	}
	if negative {
		n = -n
	}
	return number{true, n, 1, scale}
}

// id reads the number of an order or an account.
func (p *parser) id(what string, least, most uint64) uint64 {
	t := p.take()
	n, err := strconv.ParseUint(t.text, 10, 64)
	if err != nil || n < least || n > most {
		p.fail(t.at, "here the number of an "+what+" is needed")
	}
	return n
}

// name reads a name that has to be that of a symbol or an asset.
func (p *parser) name(what string) named {
	t := p.take()
	n, err := msg.ParseName(t.text)
	if err != nil {
		p.fail(t.at, "here the name of "+what+" is needed")
	}
	return named{n, t.at}
}

// symbol reads a name of a symbol in parentheses.
func (p *parser) symbol() msg.Name {
	p.expect("(")
	s := p.name("a symbol")
	p.uses.symbols = append(p.uses.symbols, s)
	p.expect(")")
	return s.name
}
