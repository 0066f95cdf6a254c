package pipeline

import (
	"errors"
	"io"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// FoldTo folds transactions through sequence to, or to the end of the journal
// when that comes first or to is 0. After an error, engine and views are of no use.
//
// It reads a passage ahead, so that the engine can look at many commands at once for
// what they are about.
func (p *Past) FoldTo(to msg.Seq) error {
	if to > 0 && p.Engine.Seq() >= to {
		return nil
	}
	f := course{past: p, passage: &passage{}}
	if p.beside && p.Views != nil {
		f.beside = newBesideFold(p.Views)
	}
	defer f.end()
	for more := true; more && f.passage != nil; f.next() {
		var err error
		more, err = p.read(f.passage, to)
		if ferr := f.fold(); ferr != nil {
			return ferr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// course is a past on its way through a passage.
type course struct {
	past    *Past
	passage *passage    // nil when nobody folds what would be in it
	at      int         // the transaction that is folded; behind the last one when all are
	beside  *besideFold // nil when views, if there are any, are folded in turn
}

// fold folds the passage, into the views too unless they are beside.
func (f *course) fold() error {
	p, x := f.past, f.passage
	p.Engine.Ahead(len(x.commands), func(i int) *msg.Command { return &x.commands[i] })
	frames := x.frames
	for f.at = 0; f.at < len(x.commands); f.at++ {
		c, events := x.transaction(f.at)
		p.Engine.Apply(c, events)
		if p.Views != nil && f.beside == nil {
			p.Views.Apply(c, events)
		}
		if len(frames) > 1 && frames[1].from == f.at+1 || f.at+1 == len(x.commands) && frames[0].whole {
			if err := checkDigest(p.Engine, c.Seq, &frames[0].frame); err != nil {
				f.at++
				return err
			}
			frames = frames[1:]
		}
	}
	return nil
}

// next makes room for the next passage.
func (f *course) next() {
	if f.beside == nil {
		f.passage.reset()
	} else {
		f.passage, f.at = f.beside.handOver(f.passage), 0
	}
}

// end ends the fold, also when it panics: the past stands at the command at which it
// does so, and the views have what came before it.
func (f *course) end() {
	if f.passage != nil && f.at < len(f.passage.commands) {
		f.past.standAt(f.passage, f.at)
		f.passage.cut(f.at)
	}
	if f.beside != nil {
		f.beside.end(f.past, f.passage)
	}
}

// standAt makes a transaction of a passage the one at hand.
func (p *Past) standAt(x *passage, i int) {
	p.command, p.frame, p.left = x.commands[i], *x.frameOf(i), 0
}

// nextInto is Next for whoever stops at the end. It reads the transaction into c, and
// appends its events to events.
func (p *Past) nextInto(c *msg.Command, events []msg.Event) (_ []msg.Event, more bool, err error) {
	events, err = p.step(c, events)
	if errors.Is(err, io.EOF) {
		return events, false, nil
	}
	return events, err == nil, err
}
