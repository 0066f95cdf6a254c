package timeline

import (
	"errors"
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// Goto stands after a command, or at the beginning when seq is First. Where it cannot
// get there it stays where it was.
func (t *Timeline) Goto(seq msg.Seq) error {
	return t.keep(func() error { return t.gotoWhole(seq) })
}

// GotoEvent stands after so many events of a command, at least one.
func (t *Timeline) GotoEvent(seq msg.Seq, event int) error {
	return t.keep(func() error { return t.gotoEvent(seq, event) })
}

// GotoTime stands after the last command at or before a time.
func (t *Timeline) GotoTime(nanos int64) error {
	return t.keep(func() error {
		seq, err := t.seqAt(nanos)
		if err != nil {
			return err
		}
		return t.gotoWhole(seq)
	})
}

// Step goes so many commands forward, or back when n is negative. A command that is
// half done is done by the first step forward, and undone by the first step back.
func (t *Timeline) Step(n int) error {
	p := t.cursor.position()
	seq := int64(p.Seq) + int64(n)
	if p.HalfDone() && n > 0 {
		seq--
	}
	if seq < 0 {
		return t.beyond(fmt.Sprintf("command %d", seq))
	}
	return t.Goto(msg.Seq(seq))
}

// StepEvent goes so many events forward, or back when n is negative. After the last
// event of a command comes the first one of the next.
func (t *Timeline) StepEvent(n int) error {
	return t.keep(func() error {
		for ; n > 0; n-- {
			if err := t.nextEvent(); err != nil {
				return err
			}
		}
		for ; n < 0; n++ {
			if err := t.previousEvent(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *Timeline) nextEvent() error {
	c := &t.cursor
	if p := c.position(); p.HalfDone() {
		return c.apply(p.Event + 1)
	}
	if seq := c.past.Engine.Seq() + 1; seq > t.last.seq {
		return t.beyond(fmt.Sprintf("command %d", seq))
	}
	if err := c.read(); err != nil {
		return err
	}
	return c.apply(1)
}

func (t *Timeline) previousEvent() error {
	p := t.cursor.position()
	if p.Event > 1 {
		return t.gotoEvent(p.Seq, p.Event-1)
	}
	if p.Seq == t.First() {
		return t.beyond("event before the first one")
	}
	return t.gotoWhole(p.Seq - 1)
}

// keep has a move made that, if it fails, is undone.
func (t *Timeline) keep(move func() error) error {
	from := t.cursor.position()
	known := t.cursor.past.Engine != nil && (t.cursor.whole || from.HalfDone())
	err := move()
	if err == nil || !known || t.cursor.position() == from && t.cursor.whole == !from.HalfDone() {
		return err
	}
	back := t.gotoWhole(from.Seq)
	if from.HalfDone() {
		back = t.gotoEvent(from.Seq, from.Event)
	}
	if back != nil {
		return fmt.Errorf("%w; the way back fails: %w", err, back)
	}
	return err
}

func (t *Timeline) beyond(what string) error {
	return &RangeError{What: what, First: t.First(), Last: t.last.seq}
}

// gotoWhole folds from here or from a mark, whichever is nearer, through a command.
func (t *Timeline) gotoWhole(seq msg.Seq) error {
	if seq < t.First() || seq > t.last.seq {
		return t.beyond(fmt.Sprintf("command %d", seq))
	}
	c := &t.cursor
	if p := c.position(); p.HalfDone() && p.Seq <= seq && c.past.Engine.HalfDone() {
		if err := c.apply(p.Of); err != nil {
			return err
		}
	}
	m := &t.marks.list[t.marks.before(seq)]
	here, keepAt := c.past.Engine.Seq(), msg.Seq(0)
	if !c.whole || here > seq || here < m.seq || here == seq && c.command == nil {
		if here >= seq && here-seq <= nearBack && seq > m.seq+nearBack {
			keepAt = seq - nearBack
		}
		if err := t.start(m, seq); err != nil {
			return err
		}
	}
	for c.past.Engine.Seq() < seq {
		if c.past.Engine.Seq() == keepAt && keepAt > 0 {
			t.near.keep(c, t.o.Memory-t.marks.bytes)
		}
		if err := c.advance(); err != nil {
			return err
		}
	}
	return nil
}

// start stands at a mark before a command, or at the state that is near to it.
func (t *Timeline) start(m *mark, seq msg.Seq) error {
	if t.near.at(m, seq-1) {
		return t.near.stand(&t.cursor)
	}
	return t.cursor.restore(m)
}

// gotoEvent folds through the command before and applies some of the events.
func (t *Timeline) gotoEvent(seq msg.Seq, event int) error {
	if seq <= t.First() || seq > t.last.seq || event < 1 {
		return t.beyond(fmt.Sprintf("event %d of command %d", event, seq))
	}
	if err := t.gotoWhole(seq - 1); err != nil {
		return err
	}
	c := &t.cursor
	if err := c.read(); err != nil {
		return err
	}
	if event > len(c.events) {
		return fmt.Errorf("command %d has %d events, there is no event %d", seq, len(c.events), event)
	}
	return c.apply(event)
}

// seqAt returns the last command at or before a time: the one before the first that is
// later.
func (t *Timeline) seqAt(nanos int64) (seq msg.Seq, err error) {
	if m := &t.marks.list[0]; m.time > nanos && m.seq > 0 {
		return 0, fmt.Errorf("@%d is before the beginning, command %d at @%d", nanos, m.seq, m.time)
	}
	if nanos >= t.last.time {
		return t.last.seq, nil
	}
	r, err := journal.OpenReader(pipeline.JournalDir(t.dir), journal.ReaderOptions{})
	if err != nil {
		return 0, err //nolint:wrapcheck // it names the file
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var f journal.Frame
	if err := errors.Join(r.SeekTime(nanos+1), r.Next(&f)); err != nil {
		return 0, fmt.Errorf("find the first command after @%d: %w", nanos, err)
	}
	var d msg.Decoder
	d.Reset(f.Raw, msg.Seq(f.FirstSeq), f.FirstTime)
	var c msg.Command
	var events []msg.Event
	for d.More() {
		if events, err = d.Next(&c, events[:0]); err != nil {
			return 0, fmt.Errorf("read frame %d: %w", f.Index, err)
		}
		if c.Time > nanos {
			return c.Seq - 1, nil
		}
	}
	return 0, fmt.Errorf("frame %d has no command after @%d: times fall in it", f.Index, nanos)
}
