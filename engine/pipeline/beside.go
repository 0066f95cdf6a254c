package pipeline

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// besidePanic is a panic of a goroutine that worked beside. It is raised again by
// whoever waits for that goroutine.
type besidePanic struct {
	value any
	stack []byte
}

// String says what the panic said, and where it was.
func (p *besidePanic) String() string { return fmt.Sprintf("%v\n%s", p.value, p.stack) }

// beside runs f on a goroutine of its own. What it returns waits for that, as often as
// one likes, and returns the panic if there was one.
func beside(f func()) (wait func() *besidePanic) {
	var panicked *besidePanic
	var running sync.WaitGroup
	running.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				panicked = &besidePanic{r, debug.Stack()}
			}
		}()
		f()
	})
	return func() *besidePanic {
		running.Wait()
		return panicked
	}
}

// inTurn runs one after the other, up to the first error.
func inTurn(first, second func() error) error {
	if err := first(); err != nil {
		return err
	}
	return second()
}

// atOnce does as inTurn does, and takes less time. When the first one fails, what came
// of the second one does not count.
func atOnce(first, second func() error) error {
	var err error
	wait := beside(func() { err = second() })
	defer wait() // also when the first one panics
	if err := first(); err != nil {
		return err
	}
	if panicked := wait(); panicked != nil {
		panic(panicked)
	}
	return err
}

// besidePassages is how many passages there are: the views are so many behind the engine,
// at most.
const besidePassages = 8

// besideFold folds views on a goroutine of its own, with the passages that are handed
// over to it. Who hands one over writes to it no more, until it comes back.
type besideFold struct {
	views   Views
	full    chan *passage // on their way to the views; all passages fit
	empty   chan *passage // on their way back
	stopped chan struct{} // closed when the views fold no more
	wait    func() *besidePanic

	// What is folded; of that goroutine until it has ended.
	folding *passage
	at      int
}

func newBesideFold(v Views) *besideFold {
	b := &besideFold{
		views: v, full: make(chan *passage, besidePassages), empty: make(chan *passage, besidePassages), stopped: make(chan struct{}),
	}
	for range besidePassages - 1 {
		b.empty <- &passage{}
	}
	b.wait = beside(b.run)
	return b
}

func (b *besideFold) run() {
	defer close(b.stopped)
	ahead, looks := b.views.(lookingAhead)
	for b.folding = range b.full {
		if b.at = 0; looks {
			ahead.Ahead(b.folding.commands)
		}
		for b.at = range b.folding.commands {
			b.views.Apply(b.folding.transaction(b.at))
		}
		b.empty <- b.folding
	}
}

// handOver takes a passage and returns another one to fill. It waits while the views are
// too far behind, and returns nil when they no longer fold.
func (b *besideFold) handOver(full *passage) (empty *passage) {
	b.full <- full
	select {
	case empty = <-b.empty:
		empty.reset()
		return empty
	case <-b.stopped:
		return nil
	}
}

// end has all folded that was handed over, and then last, and ends the goroutine. If the
// views panicked it panics, with p at the command that they panicked at: so a fold in
// turn would have, and whatever happened to p since, it would not have come to that.
func (b *besideFold) end(p *Past, last *passage) {
	if last != nil {
		b.full <- last
	}
	close(b.full)
	if panicked := b.wait(); panicked != nil {
		p.standAt(b.folding, b.at)
		panic(panicked)
	}
}
