package pipeline

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// latest are views that know the last command they have folded.
type latest struct {
	*counter
	seq   msg.Seq
	panic msg.Seq // folding it panics
}

func (l *latest) Apply(c *msg.Command, _ []msg.Event) {
	if c.Seq == l.panic {
		panic("boom")
	}
	l.seq = c.Seq
}

// Folded sees the views as of its own command, although the whole batch is folded
// before anybody is answered.
func TestFoldedSeesItsOwnCommand(t *testing.T) {
	l := &latest{counter: &counter{}}
	o := options(t, t.TempDir())
	o.Views = func() Views { return l }
	p := start(t, o)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				var saw, folded msg.Seq
				r := Result{Folded: func(c *msg.Command, events []msg.Event) {
					saw, folded = l.seq, c.Seq
					if len(events) != 1 || events[0].Kind != msg.AccountCreated {
						t.Errorf("command %d was folded with %+v", c.Seq, events)
					}
				}}
				if err := p.Do(context.Background(), &msg.Command{Kind: msg.CreateAccount}, &r); err != nil {
					t.Error(err)
				}
				if saw != r.Seq || folded != r.Seq {
					t.Errorf("command %d saw the views at %d, as %d", r.Seq, saw, folded)
				}
			}
		})
	}
	wg.Wait()
}

// A caller whose command was folded, in a batch of which a later command could not
// be, is told that the outcome is unknown.
func TestFoldedAndNotAnswered(t *testing.T) {
	o := options(t, t.TempDir())
	r := record(&o)
	o.Views = func() Views { return &latest{counter: &counter{}, panic: 11} }
	p := start(t, o)
	do(t, p, market()...)
	r.hold = make(chan struct{})
	if err := p.Put(&ask); err != nil {
		t.Fatal(err)
	}
	r.await("append", 8) // it is in the sync that waits; what follows will be one batch
	var folded atomic.Int32
	ended := make(chan error, 4)
	for range cap(ended) {
		go func() {
			ended <- p.Do(context.Background(), &msg.Command{Kind: msg.CreateAccount}, &Result{Folded: func(*msg.Command, []msg.Event) { folded.Add(1) }})
		}()
	}
	for p.engineSeq() < 12 {
		time.Sleep(100 * time.Microsecond)
	}
	close(r.hold)
	for range cap(ended) {
		if err := <-ended; !errors.Is(err, ErrUnknown) {
			t.Errorf("a caller got %v", err)
		}
	}
	if n := folded.Load(); n != 2 {
		t.Errorf("%d were folded, want those before command 11", n)
	}
}

// Each batch is observed once, with times that add up.
func TestObserve(t *testing.T) {
	var seen []Timing
	var ticks atomic.Int64
	o := options(t, t.TempDir())
	o.Elapsed = func() time.Duration { return time.Duration(ticks.Add(1)) }
	o.Observe = func(t *Timing) { seen = append(seen, *t) }
	p := start(t, o)
	do(t, p, market()...)
	do(t, p, ask, bid)
	stop(t, p)
	commands, events := 0, 0
	for _, s := range seen {
		commands, events = commands+s.Commands, events+s.Events
		if s.Gather <= 0 || s.Append <= 0 || s.Sync <= 0 || s.Queue <= 0 || s.Fold <= 0 || s.Publish <= 0 || s.Bytes <= 0 {
			t.Errorf("a stage took no time: %+v", s)
		}
	}
	if commands != 9 || events != 10 {
		t.Errorf("observed %d commands and %d events", commands, events)
	}
}
