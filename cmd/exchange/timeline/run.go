package timeline

import (
	"context"
	"errors"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline/condition"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// ErrNotMet says that a condition holds nowhere on the way.
var ErrNotMet = errors.New("the condition is met nowhere")

// hunt is a set of conditions that are looked for together.
type hunt []*condition.Condition

// start takes the state before the first command.
func (h hunt) start(c *cursor) {
	m := condition.Moment{Engine: c.past.Engine, Command: c.command, Events: c.events[:c.applied]}
	for _, one := range h {
		one.Start(&m)
	}
}

// met returns the index of the first condition that holds, or -1. All are asked,
// because some remember. events are those that came since they were asked last.
func (h hunt) met(c *cursor, events []msg.Event) int {
	m := condition.Moment{Engine: c.past.Engine, Command: c.command, Events: events}
	hit := -1
	for i, one := range h {
		if one.Holds(&m) && hit < 0 {
			hit = i
		}
	}
	return hit
}

// Run goes forward to the next command after which one of the conditions holds, and
// returns its index. Where none is met before the end it is ErrNotMet, and it stays
// where it was.
func (t *Timeline) Run(ctx context.Context, conditions ...*condition.Condition) (hit int, err error) {
	hit = -1
	err = t.keep(func() error {
		c := &t.cursor
		hunt(conditions).start(c)
		if p := c.position(); p.HalfDone() { // its other events come first
			if err := c.apply(p.Of); err != nil {
				return err
			}
			if hit = hunt(conditions).met(c, c.events[p.Event:]); hit >= 0 {
				return nil
			}
		}
		for n := 1; c.past.Engine.Seq() < t.last.seq; n++ {
			if err := c.advance(); err != nil {
				return err
			}
			if hit = hunt(conditions).met(c, c.events); hit >= 0 {
				return nil
			}
			if n%tellEvery == 0 && ctx.Err() != nil {
				return errInterrupted
			}
		}
		return ErrNotMet
	})
	return hit, err
}

// RunBack goes back to the last command before this one after which one of the
// conditions holds. It looks for it forward, from one kept state to the next, the
// latest ones first.
func (t *Timeline) RunBack(ctx context.Context, conditions ...*condition.Condition) (hit int, err error) {
	hit = -1
	err = t.keep(func() error {
		end := t.cursor.position().Seq
		if end <= t.First() {
			return ErrNotMet
		}
		end--
		for i := t.marks.before(end + 1); i >= 0; i-- {
			seq, which, err := t.lastMet(ctx, i, end, conditions)
			if err != nil {
				return err
			}
			if which >= 0 {
				hit = which
				return t.gotoWhole(seq)
			}
			end = t.marks.list[i].seq
		}
		return ErrNotMet
	})
	return hit, err
}

// lastMet returns the last command after a mark, up to one, after which a condition
// holds.
func (t *Timeline) lastMet(ctx context.Context, at int, end msg.Seq, conditions hunt) (seq msg.Seq, hit int, err error) {
	if ctx.Err() != nil {
		return 0, -1, errInterrupted
	}
	c := &t.cursor
	if err := c.restore(&t.marks.list[at]); err != nil {
		return 0, -1, err
	}
	conditions.start(c)
	hit = -1
	for n := 1; c.past.Engine.Seq() < end; n++ {
		if err := c.advance(); err != nil {
			return 0, -1, err
		}
		if which := conditions.met(c, c.events); which >= 0 {
			seq, hit = c.past.Engine.Seq(), which
		}
		if n%tellEvery == 0 && ctx.Err() != nil {
			return 0, -1, errInterrupted
		}
	}
	return seq, hit, nil
}
