package timeline

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// cursor is where somebody stands, with the state there.
type cursor struct {
	past    *pipeline.Past
	births  births
	whole   bool // past.Engine is the state after a whole command, command and events are its own
	command *msg.Command
	events  []msg.Event
	applied int // events of the command
}

// restore stands at a mark, of which no command is known.
func (c *cursor) restore(m *mark) error {
	c.leave()
	c.past.Engine.Unpack(m.state)
	return c.arrive(m.births)
}

// leave forgets where the cursor is.
func (c *cursor) leave() { c.command, c.events, c.applied, c.whole = nil, nil, 0, false }

// arrive stands where the engine has been brought, after a command that is not known.
func (c *cursor) arrive(b births) error {
	if err := c.past.Resume(c.past.Engine); err != nil {
		return err //nolint:wrapcheck // it says what it looked for
	}
	c.births, c.whole = b, true
	return nil
}

// read reads the next command. What is there was read in the first pass, so an end
// here is an error.
func (c *cursor) read() error {
	c.leave()
	next := c.past.Engine.Seq() + 1
	command, events, err := c.past.Next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("command %d was there and is gone: the journal has become shorter", next)
	}
	if err != nil {
		return err //nolint:wrapcheck // it names file, offset and sequence
	}
	c.command, c.events = command, events
	return nil
}

// advance folds the next command whole.
func (c *cursor) advance() error {
	if err := c.read(); err != nil {
		return err
	}
	if err := fold(c.past, c.command); err != nil {
		return err
	}
	c.done()
	return nil
}

// done says that the command is folded whole.
func (c *cursor) done() {
	c.births.note(c.past.Engine, c.command)
	c.applied, c.whole = len(c.events), true
}

// apply applies events of the command until so many are, and ends the command with
// its last one.
func (c *cursor) apply(n int) (err error) {
	defer func() {
		if err != nil { // nothing more can be made of this state
			c.leave()
		}
	}()
	defer misfit(c.command, &err)
	e := c.past.Engine
	if !e.HalfDone() {
		e.Begin(c.command)
	}
	for ; c.applied < n; c.applied++ {
		e.ApplyEvent(&c.events[c.applied])
	}
	if n < len(c.events) {
		return nil
	}
	e.End()
	c.done()
	return c.past.Applied() //nolint:wrapcheck // it names frame and sequence
}

// position returns where the cursor is.
func (c *cursor) position() Position {
	return Position{Seq: c.past.Engine.Seq(), Event: c.applied, Of: len(c.events)}
}

// Position returns where the timeline stands.
func (t *Timeline) Position() Position { return t.cursor.position() }

// Engine returns the state there, to be read until the timeline moves. Where the
// command is half done its digest is not that of a state.
func (t *Timeline) Engine() *engine.Engine { return t.cursor.past.Engine }

// Command returns the command, nil where the timeline begins. Command and events are
// valid until it moves.
func (t *Timeline) Command() *msg.Command { return t.cursor.command }

// Events returns all events of the command; of them Position().Event are applied.
func (t *Timeline) Events() []msg.Event { return t.cursor.events }

// Born returns when an open order came in, if that is still known.
func (t *Timeline) Born(id msg.OrderID) (nanos int64, ok bool) {
	if c := t.cursor.command; c != nil && id == msg.OrderID(c.Seq) {
		return c.Time, true
	}
	return t.cursor.births.of(id)
}
