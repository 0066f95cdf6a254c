package pipeline

import (
	"bytes"
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// who counts by which goroutines something is done.
type who struct {
	mu    sync.Mutex
	count map[string]int
}

func (w *who) note() {
	stack := debug.Stack()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, stage := range []string{"runEngine", "runJournal", "runPublisher"} {
		if bytes.Contains(stack, []byte("(*Pipeline)."+stage+"(")) {
			w.count[stage]++
			return
		}
	}
	w.count["caller"]++
}

// Commands that come one by one are executed by their callers and published by the
// journal, without a goroutine being woken for either.
func TestSmallBatchesWakeNobody(t *testing.T) {
	executed, published := who{count: map[string]int{}}, who{count: map[string]int{}}
	o := options(t, t.TempDir())
	o.execute = func(e *engine.Engine, c *msg.Command, events []msg.Event) []msg.Event {
		executed.note()
		return e.Execute(c, events)
	}
	o.Publish = func(*Batch) { published.note() }
	p := start(t, o)
	for range 50 {
		time.Sleep(2 * time.Millisecond) // the engine sleeps
		do(t, p, msg.Command{Kind: msg.CreateAccount})
	}
	stop(t, p)
	if executed.count["caller"] < 40 || published.count["runJournal"] < 40 {
		t.Errorf("executed by %v, published by %v", executed.count, published.count)
	}
}

// What comes while the journal waits is executed by its callers until that is a lot,
// then by the engine's goroutine; it is published by the publisher, in one batch.
func TestLargeBatchesWake(t *testing.T) {
	executed, published := who{count: map[string]int{}}, who{count: map[string]int{}}
	o := options(t, t.TempDir())
	o.Ring, o.Batch = 1024, 1024
	r := record(&o)
	o.Publish = func(*Batch) { published.note() }
	o.execute = func(e *engine.Engine, c *msg.Command, events []msg.Event) []msg.Event {
		executed.note()
		return e.Execute(c, events)
	}
	p := start(t, o)
	r.hold = make(chan struct{})
	for i := range 4 * smallBatch {
		if err := p.Put(&msg.Command{Kind: msg.CreateAccount}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			r.await("append", 1) // the first is in the sync that waits
		}
		for p.engineSeq() <= msg.Seq(i) {
			time.Sleep(10 * time.Microsecond)
		}
	}
	close(r.hold)
	stop(t, p)
	if executed.count["runEngine"] < 2*smallBatch || published.count["runPublisher"] != 1 || published.count["runJournal"] != 1 {
		t.Errorf("executed by %v, published by %v", executed.count, published.count)
	}
}

// A command that panics where its caller executes it ends the pipeline as it would in
// the engine's goroutine: the caller is not taken along.
func TestPanicInTheCaller(t *testing.T) {
	var inCaller atomic.Bool
	o := options(t, t.TempDir())
	o.execute = func(e *engine.Engine, c *msg.Command, events []msg.Event) []msg.Event {
		if c.Price == 666 {
			inCaller.Store(!bytes.Contains(debug.Stack(), []byte("runEngine")))
			panic("broken invariant 12")
		}
		return e.Execute(c, events)
	}
	p := start(t, o)
	do(t, p, market()...)
	time.Sleep(5 * time.Millisecond) // the engine sleeps
	err := p.Do(context.Background(), &msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: 666, Qty: 1}, &Result{})
	if !errors.Is(err, ErrUnknown) {
		t.Fatalf("the caller got %v", err)
	}
	if !inCaller.Load() {
		t.Error("it was the engine's goroutine that executed it")
	}
	if err := p.Put(&bid); !errors.Is(err, ErrStopped) {
		t.Errorf("the next got %v", err)
	}
	var panicked *PanicError
	if err := p.Stop(); !errors.As(err, &panicked) || panicked.Seq != 8 {
		t.Fatalf("Stop: %v", err)
	}
}
