package pipeline

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// handed is a command that was handed over, and what was told of it.
type handed struct {
	result Result
	told   chan error
}

func hand(t *testing.T, p *Pipeline, c *msg.Command) *handed {
	t.Helper()
	h := &handed{told: make(chan error, 2)} // a second answer would be seen
	h.result.Answered = func(err error) { h.told <- err }
	if err := p.Hand(c, &h.result); err != nil {
		t.Fatal(err)
	}
	return h
}

// Commands that are handed over by one goroutine, which does not wait, are executed
// in their order, and told of with the same result as Do has, after the views have
// folded them.
func TestHandAnswers(t *testing.T) {
	l := &latest{counter: &counter{}}
	o := options(t, t.TempDir())
	o.Views = func() Views { return l }
	p := start(t, o)
	const n = 1000 // more than are in the ring at a time
	var answered, folded atomic.Int32
	all := make([]*handed, 0, n)
	for len(all) < n {
		h := &handed{told: make(chan error, 2)}
		h.result.Answered = func(err error) {
			answered.Add(1)
			h.told <- err
		}
		h.result.Folded = func(c *msg.Command, _ []msg.Event) {
			if l.seq != c.Seq {
				t.Errorf("command %d saw the views at %d", c.Seq, l.seq)
			}
			folded.Add(1)
		}
		switch err := p.Hand(&msg.Command{Kind: msg.CreateAccount}, &h.result); {
		case err == nil:
			all = append(all, h)
		case !errors.Is(err, ErrBusy):
			t.Fatal(err)
		}
	}
	for i, h := range all {
		if err := <-h.told; err != nil {
			t.Fatal(err)
		}
		if r := &h.result; int(r.Seq) != i+1 || len(r.Events) != 1 || r.Events[0].Kind != msg.AccountCreated {
			t.Fatalf("command %d: %+v", i, r)
		}
	}
	stop(t, p)
	if answered.Load() != n || folded.Load() != n {
		t.Errorf("%d answers and %d folds of %d commands", answered.Load(), folded.Load(), n)
	}
	if len(p.desk.free) != len(p.desk.all) {
		t.Errorf("%d of %d replies are free", len(p.desk.free), len(p.desk.all))
	}
	if err := p.Hand(&msg.Command{Kind: msg.CreateAccount}, &all[0].result); !errors.Is(err, ErrStopped) {
		t.Errorf("after the end: %v", err)
	}
}

// A command without an answer is given up after its patience, once, and not before;
// what becomes of it later reaches nobody.
func TestHandGivesUp(t *testing.T) {
	o := options(t, t.TempDir())
	o.Patience = 40 * time.Millisecond
	p, r, release := hold(t, o)
	defer release()
	first := hand(t, p, &ask)
	r.await("append", 8)
	began := p.desk.beat.Load()
	second := hand(t, p, &bid)
	for _, h := range []*handed{first, second} {
		if err := <-h.told; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("told %v", err)
		}
	}
	if beats := p.desk.beat.Load() - began; beats < patienceBeats {
		t.Errorf("given up after %d beats, the patience is %d", beats, patienceBeats)
	}
	release()
	third := hand(t, p, &bid)
	if err := <-third.told; err != nil || third.result.Seq != 10 {
		t.Errorf("told %v of %+v", err, &third.result)
	}
	stop(t, p)
	if len(first.told)+len(second.told) != 0 || first.result.Seq+second.result.Seq != 0 {
		t.Error("what was given up was answered")
	}
}

// A pipeline that fails tells all whose commands it has taken that the outcome is
// unknown, and takes none afterwards.
func TestHandAndFailure(t *testing.T) {
	o := options(t, t.TempDir())
	r := record(&o)
	p := start(t, o)
	do(t, p, market()...)
	r.hold = make(chan struct{})
	all := []*handed{hand(t, p, &ask)}
	r.await("append", 8)
	for range 20 {
		all = append(all, hand(t, p, &bid))
	}
	r.syncErr = errors.New("the disk is gone")
	close(r.hold)
	for i, h := range all {
		if err := <-h.told; !errors.Is(err, ErrUnknown) {
			t.Errorf("command %d was told %v", i, err)
		}
	}
	if err := p.Stop(); err == nil {
		t.Error("it stopped without an error")
	}
	for i, h := range all {
		if len(h.told) != 0 {
			t.Errorf("command %d was told twice", i)
		}
	}
}

// Handing over allocates nothing once there are replies enough: what is left is the
// position that a batch publishes.
func TestHandAllocs(t *testing.T) {
	p := start(t, options(t, t.TempDir()))
	do(t, p, market()...)
	told := make(chan error)
	r := Result{Answered: func(err error) { told <- err }}
	c := msg.Command{Kind: msg.CancelAll, Account: 1, Symbol: 1}
	if n := testing.AllocsPerRun(200, func() {
		if err := p.Hand(&c, &r); err != nil {
			t.Fatal(err)
		}
		if err := <-told; err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
