package condition

import (
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Moment is what a condition is asked about: the state after a command, the command,
// and its events. Before the first command there is no command.
type Moment struct {
	Engine  *engine.Engine
	Command *msg.Command
	Events  []msg.Event
}

// Condition is a condition that was read. It remembers the state that it was asked
// about last, so it is asked about one command after the other.
type Condition struct {
	text string
	root test
	uses uses
}

// test is a node of a condition. holds is asked once about every moment, whatever the
// other nodes say, because some nodes remember.
type test interface {
	holds(m *Moment) bool
	// start takes the state before the first moment.
	start(m *Moment)
}

// uses is what a condition names and remembers.
type uses struct {
	symbols  []named
	assets   []named
	memory   bool // it compares with the moment before
	happened bool // it asks for command or events
}

// named is a name in a condition.
type named struct {
	name msg.Name
	at   int
}

// String returns the condition as it was given.
func (c *Condition) String() string { return c.text }

// Start makes m the moment before the first one that is asked about.
func (c *Condition) Start(m *Moment) { c.root.start(m) }

// Holds reports whether the condition holds after a command, the one after the
// moment that it was asked about before.
func (c *Condition) Holds(m *Moment) bool { return c.root.holds(m) }

// Remembers reports whether the condition compares a moment with the one before it.
func (c *Condition) Remembers() bool { return c.uses.memory }

// Check returns an error when a symbol or an asset that the condition names is none in
// a state, so that nobody waits for what a misspelled one does.
func (c *Condition) Check(e *engine.Engine) error { return c.uses.check(c.text, e) }

func (u *uses) check(text string, e *engine.Engine) error {
	for _, s := range u.symbols {
		if e.SymbolNamed(s.name) == 0 {
			return &Error{text, s.at, "there is no symbol " + s.name.String()}
		}
	}
	for _, a := range u.assets {
		if assetNamed(e, a.name) == 0 {
			return &Error{text, a.at, "there is no asset " + a.name.String()}
		}
	}
	return nil
}

func assetNamed(e *engine.Engine, name msg.Name) msg.AssetID {
	for id := msg.AssetID(1); int(id) <= e.Assets(); id++ {
		if n, _, _ := e.Asset(id); n == name {
			return id
		}
	}
	return 0
}

type (
	andTest     struct{ a, b test }
	orTest      struct{ a, b test }
	notTest     struct{ a test }
	becomesTest struct { // of a test that asks for the state only
		a   test
		was bool
	}
)

func (t *andTest) holds(m *Moment) bool { a, b := t.a.holds(m), t.b.holds(m); return a && b }
func (t *andTest) start(m *Moment)      { t.a.start(m); t.b.start(m) }

func (t *orTest) holds(m *Moment) bool { a, b := t.a.holds(m), t.b.holds(m); return a || b }
func (t *orTest) start(m *Moment)      { t.a.start(m); t.b.start(m) }

func (t *notTest) holds(m *Moment) bool { return !t.a.holds(m) }
func (t *notTest) start(m *Moment)      { t.a.start(m) }

func (t *becomesTest) holds(m *Moment) bool {
	was := t.was
	t.was = t.a.holds(m)
	return t.was && !was
}

func (t *becomesTest) start(m *Moment) { t.was = t.a.holds(m) }
