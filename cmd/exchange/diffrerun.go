package main

import (
	"fmt"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// rerun is what the commands of a journal are turned into before they are executed
// again: others by terms, and by edits at some of them.
type rerun struct {
	set     terms
	edits   []*edit // by sequence
	side    *side
	next    msg.Seq   // of the command that comes next on this side
	orphans []msg.Seq // recorded commands that mean an order which was left out
	spare   msg.Command
}

// pair is what stands side by side: a recorded transaction and that of the re-execution.
// One of them is not there when a command was put in or left out.
type pair struct {
	a, b   *happened
	edited bool
	seq    msg.Seq // recorded; of what was put in, that of the command before which it came
}

// shifts reports whether commands get other numbers than they have in the journal.
func (r *rerun) shifts() bool {
	return slices.ContainsFunc(r.edits, func(x *edit) bool { return x.insert || x.drop })
}

// before executes what is put in before a recorded command.
func (r *rerun) before(c *msg.Command, compare func(pair) error) error {
	for _, x := range r.edits {
		if x.at != c.Seq || !x.insert {
			continue
		}
		added, err := x.command(r.side.engine)
		if err != nil {
			return err
		}
		if err := r.putIn(c.Seq, c.Time, added, compare); err != nil {
			return err
		}
	}
	return nil
}

// follow executes what is made of a recorded command, with what is put in after it,
// and calls compare with each pair.
func (r *rerun) follow(a *happened, compare func(pair) error) error {
	seq := a.command.Seq
	c, err := r.turned(a.command)
	if err != nil {
		return err
	}
	if c == nil {
		r.side.drop(seq, r.next)
		return compare(pair{a, nil, true, seq})
	}
	b, err := r.execute(c)
	if err != nil {
		return err
	}
	if err := compare(pair{a, b, r.edited(seq), seq}); err != nil {
		return err
	}
	return r.afterwards(b)
}

// putIn executes a command that no recorded one stands for, before a recorded one.
func (r *rerun) putIn(before msg.Seq, now int64, c *msg.Command, compare func(pair) error) error {
	c.Time = now
	c.Order = r.side.forward(c.Order)
	r.side.insert(before, r.next)
	b, err := r.execute(c)
	if err != nil {
		return err
	}
	return compare(pair{nil, b, true, before})
}

// edited reports whether a recorded command was made another one.
func (r *rerun) edited(seq msg.Seq) bool {
	return slices.ContainsFunc(r.edits, func(x *edit) bool { return x.at == seq && !x.insert })
}

func (r *rerun) execute(c *msg.Command) (*happened, error) {
	c.Seq = r.next
	r.next++
	h, err := r.side.execute(c)
	return &h, err
}

// turned returns what a recorded command becomes, nil when it is left out.
func (r *rerun) turned(recorded *msg.Command) (*msg.Command, error) {
	r.spare = *recorded
	c := &r.spare
	for _, x := range r.edits {
		if x.at != recorded.Seq || x.insert {
			continue
		}
		if x.drop {
			return nil, nil //nolint:nilnil // a command that is left out is no error
		}
		if err := x.change(r.side.engine, c); err != nil {
			return nil, err
		}
	}
	if c.Order = r.side.forward(c.Order); c.Order >= leftOut {
		r.orphans = append(r.orphans, recorded.Seq)
	}
	return c, r.set.turn(r.side, c)
}

// turn applies the terms to a command.
func (s *terms) turn(to *side, c *msg.Command) error {
	switch c.Kind {
	case msg.AddSymbol:
		return s.turnSymbol(to, c, c.Spec)
	case msg.AlterSymbol:
		if x := s.symbolOf(c.Symbol); x != nil && c.Spec != nil {
			spec, err := x.apply(to.engine, c.Spec)
			c.Spec = spec
			return err
		}
	case msg.SetFees:
		if a := s.accounts[c.Account]; a != nil {
			a.rates(c)
		}
	case msg.Place, msg.CancelReplace:
		if s.stp != nil {
			c.STP = *s.stp
		}
		if a := s.accounts[c.Account]; a != nil && a.stp != nil {
			c.STP = *a.stp
		}
		fallthrough
	case msg.Amend:
		if x := s.symbolOf(c.Symbol); x != nil {
			x.order(c)
		}
	default: // nothing of it can be set
	}
	return nil
}

// turnSymbol applies the terms to a symbol that comes.
func (s *terms) turnSymbol(to *side, c *msg.Command, spec *msg.Symbol) error {
	if spec == nil {
		return nil
	}
	x := s.symbols[spec.Name.String()]
	if x == nil || x.id != 0 || int(spec.Base) > to.engine.Assets() || int(spec.Quote) > to.engine.Assets() || spec.Base == 0 || spec.Quote == 0 {
		return nil // or what comes is refused
	}
	now, err := x.apply(to.engine, spec)
	if err != nil {
		return err
	}
	c.Spec = now
	x.id = msg.SymbolID(to.engine.Symbols() + 1)
	return nil
}

// symbolOf returns the setting of a symbol that is there.
func (s *terms) symbolOf(id msg.SymbolID) *otherSymbol {
	for _, x := range s.symbols {
		if x.id == id && id != 0 {
			return x
		}
	}
	return nil
}

// rates puts what is set of an account's rates into the command that sets them.
func (a *otherAccount) rates(c *msg.Command) {
	if a.maker != nil {
		c.Maker = *a.maker
	}
	if a.taker != nil {
		c.Taker = *a.taker
	}
}

// afterwards gives an account that has just come the rates that it is to have. That is
// what was asked for and no difference.
func (r *rerun) afterwards(b *happened) error {
	if len(b.events) == 0 || b.events[0].Kind != msg.AccountCreated {
		return nil
	}
	id := msg.AccountID(b.events[0].ID)
	a := r.set.accounts[id]
	if a == nil || a.maker == nil && a.taker == nil {
		return nil
	}
	c := &msg.Command{Kind: msg.SetFees, Account: id, Maker: msg.NoRate, Taker: msg.NoRate}
	a.rates(c)
	before := msg.Seq(r.side.back(msg.OrderID(b.command.Seq))) + 1
	if err := r.putIn(before, b.command.Time, c, func(pair) error { return nil }); err != nil {
		return fmt.Errorf("set the rates of account %d: %w", id, err)
	}
	return nil
}
