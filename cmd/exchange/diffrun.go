package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// errNotViews says that views are not those of this program, which is a mistake in it.
var errNotViews = errors.New("the views are not those of this program")

// course is a past that is read as one side of a comparison.
type course struct {
	dir  string
	end  extent
	past *pipeline.Past
	*side
}

// openCourse opens a data directory before its first command, or, where old commands
// are no longer kept, at the oldest snapshot from which all others follow.
func openCourse(dir string, out *console) (*course, error) {
	if err := checkDataDir(dir); err != nil {
		return nil, err
	}
	end, err := survey(dir, out.warn)
	if err != nil {
		return nil, err
	}
	past, err := pipeline.OpenEarliest(pipeline.PastOptions{Dir: dir, Views: newViews, Warn: out.warn})
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the directory
	}
	return (&course{dir: dir, end: end, past: past}).begin()
}

// begin takes the state at which the past stands for the beginning.
func (c *course) begin() (*course, error) {
	v, ok := c.past.Views.(views)
	if !ok {
		return nil, errors.Join(errNotViews, c.past.Close())
	}
	c.side = newSide(c.past.Engine, v)
	return c, nil
}

// foldTo folds up to a sequence and begins there.
func (c *course) foldTo(seq msg.Seq) error {
	if c.engine.Seq() >= seq {
		return nil
	}
	for c.engine.Seq() < seq {
		command, _, err := c.past.Next()
		if err == nil {
			err = foldOne(c.past, command)
		}
		if err != nil {
			return fmt.Errorf("rebuild the state after command %d of %s: %w", seq, c.dir, err)
		}
	}
	_, err := c.begin()
	return err
}

// read reads the next transaction without folding it; nil at the end.
func (c *course) read() (*msg.Command, []msg.Event, error) {
	command, events, err := c.past.Next()
	if errors.Is(err, io.EOF) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read after command %d of %s: %w", c.engine.Seq(), c.dir, err)
	}
	return command, events, nil
}

// next reads and folds the next transaction; nil at the end.
func (c *course) next() (*happened, *pipeline.DivergedError, error) {
	command, events, err := c.read()
	if command == nil || err != nil {
		return nil, nil, err
	}
	return c.fold(command, events)
}

// fold folds the transaction that was read. That a frame's digest is not that of the
// state is a finding and no error.
func (c *course) fold(command *msg.Command, events []msg.Event) (h *happened, diverged *pipeline.DivergedError, err error) {
	now, err := c.recorded(c.past, command, events)
	if errors.As(err, &diverged) {
		err = nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("fold %s: %w", c.dir, err)
	}
	return &now, diverged, nil
}

// compareCourses holds two journals against each other, by sequence.
func compareCourses(a, b *course, progress func(msg.Seq)) (*comparison, error) {
	start := max(a.engine.Seq(), b.engine.Seq())
	if err := errors.Join(a.foldTo(start), b.foldTo(start)); err != nil {
		return nil, err
	}
	k := &comparison{a: a.side, b: b.side, exact: true, digests: true}
	if a.engine.Digest() != b.engine.Digest() {
		k.begins()
	}
	for {
		x, divergedA, err := a.next()
		if err != nil {
			return k.stopped(err)
		}
		y, divergedB, err := b.next()
		if err != nil {
			return k.stopped(err)
		}
		if x == nil || y == nil {
			k.ends(x != nil, y != nil, a, b)
			return k, nil
		}
		if err := k.pair(pair{a: x, b: y, seq: x.command.Seq}); err != nil {
			return nil, err
		}
		k.diverged("a", divergedA)
		k.diverged("b", divergedB)
		if x.command.Seq%checkEvery == 0 {
			progress(x.command.Seq)
		}
	}
}

// compareRerun holds a journal against what is made of its commands now.
func compareRerun(a *course, r *rerun, progress func(msg.Seq)) (*comparison, error) {
	b, err := a.fork()
	if err != nil {
		return nil, err
	}
	r.side, r.next = b, a.engine.Seq()+1
	k := &comparison{a: a.side, b: b, exact: !r.set.given() && len(r.edits) == 0, digests: !r.set.given() && !r.shifts()}
	for {
		c, events, err := a.read()
		if err != nil {
			return k.stopped(err)
		}
		if c == nil {
			k.rerun(r)
			return k, nil
		}
		err = r.before(c, k.pair)
		var x *happened
		var diverged *pipeline.DivergedError
		if err == nil {
			if x, diverged, err = a.fold(c, events); err != nil {
				return k.stopped(err)
			}
			err = r.follow(x, k.pair)
		}
		if panicked := (*panicError)(nil); errors.As(err, &panicked) {
			k.panicked(c, x, panicked)
			return k, nil
		}
		if err != nil {
			return nil, err
		}
		k.diverged("a", diverged)
		if c.Seq%checkEvery == 0 {
			progress(c.Seq)
		}
	}
}

// rerun ends the comparison with a re-execution.
func (k *comparison) rerun(r *rerun) {
	if !r.set.given() {
		k.atEnd()
	}
	if len(r.orphans) > 0 {
		k.notes = append(k.notes, "commands that mean an order which was left out: "+seqList(r.orphans))
	}
}

// stopped ends a comparison whose journal cannot be folded any further: what was found
// before that may be why.
func (k *comparison) stopped(err error) (*comparison, error) {
	if k.first == nil {
		return nil, err
	}
	k.notes = append(k.notes, fmt.Sprintf("the comparison ends here: %v", err))
	return k, nil
}

// begins notes that the states differ before the first command that is compared.
func (k *comparison) begins() {
	k.first = &firstDifference{what: differState, seq: k.a.engine.Seq()}
	k.first.changes, k.first.more = k.state()
	k.notes = append(k.notes, fmt.Sprintf("the states differ already after command %d, where the comparison begins", k.a.engine.Seq()))
}

// ends notes that one journal goes on.
func (k *comparison) ends(moreA, moreB bool, a, b *course) {
	name, longer := "a", a
	if moreB {
		name, longer = "b", b
	}
	if !moreA && !moreB {
		return
	}
	last := min(a.end.seq, b.end.seq)
	k.notes = append(k.notes, fmt.Sprintf("%s goes on to command %d: %s", name, longer.end.seq, count(uint64(longer.end.seq-last), "more command", "s")))
	if k.first == nil {
		k.first = &firstDifference{what: differEnd, seq: last + 1}
	}
}

// diverged notes that this program derives another state than a journal says.
func (k *comparison) diverged(name string, d *pipeline.DivergedError) {
	if d == nil {
		return
	}
	k.frames++
	if k.frames > 1 {
		return
	}
	k.notes = append(k.notes, fmt.Sprintf("%s was recorded with other states: from its events this program derives digest %s after command %d, frame %d says %s",
		name, hexDigest(d.Got), d.Seq, d.Frame, hexDigest(d.Want)))
	if k.first == nil {
		k.first = &firstDifference{what: differDigest, seq: d.Seq}
	}
}

// panicked notes that a command makes the engine panic.
func (k *comparison) panicked(c *msg.Command, x *happened, err *panicError) {
	k.different++
	k.notes = append(k.notes, err.Error())
	if k.first == nil {
		k.first = &firstDifference{what: differPanic, seq: c.Seq, a: tellTransaction(k.a, x, c.Seq)}
	}
}
