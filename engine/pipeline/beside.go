package pipeline

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
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

// The views are this many commands behind the engine, at most. All batches together
// are about a megabyte: a larger batch leaves the cache before the views come to it, a
// smaller one is handed over too often.
const (
	besideCommands = 256 // in a batch
	besideBatches  = 8
)

// besideBatch holds transactions that follow each other. Who reads the journal adds
// them, and hands the batch over by sending it; from then on nobody writes to it until
// the views have folded it and it has come back.
type besideBatch struct {
	commands []msg.Command
	events   []msg.Event
	ends     []int // of each command's events
	frames   []besideFrame
}

// besideFrame says that from a command of a batch on they are those of a frame.
type besideFrame struct {
	from  int
	frame journal.Frame // without its bytes
}

func (b *besideBatch) reset() {
	b.commands, b.events, b.ends, b.frames = b.commands[:0], b.events[:0], b.ends[:0], b.frames[:0]
}

func (b *besideBatch) add(c *msg.Command, events []msg.Event, f *journal.Frame) {
	if n := len(b.frames); n == 0 || b.frames[n-1].frame.Index != f.Index {
		b.frames = append(b.frames, besideFrame{len(b.commands), *f})
		b.frames[n].frame.Raw = nil
	}
	b.commands = append(b.commands, *c)
	b.events = append(b.events, events...)
	b.ends = append(b.ends, len(b.events))
}

// transaction returns the i-th one.
func (b *besideBatch) transaction(i int) (*msg.Command, []msg.Event) {
	from := 0
	if i > 0 {
		from = b.ends[i-1]
	}
	return &b.commands[i], b.events[from:b.ends[i]:b.ends[i]]
}

// frameOf returns the frame of the i-th transaction.
func (b *besideBatch) frameOf(i int) *journal.Frame {
	next := slices.IndexFunc(b.frames, func(f besideFrame) bool { return f.from > i })
	if next < 0 {
		next = len(b.frames)
	}
	return &b.frames[next-1].frame
}

// besideFold folds views on a goroutine of its own, with what is added to it.
type besideFold struct {
	views   Views
	batch   *besideBatch      // that is added to
	full    chan *besideBatch // on their way to the views; all batches fit
	empty   chan *besideBatch // on their way back
	stopped chan struct{}     // closed when the views fold no more
	wait    func() *besidePanic

	// What is folded; of that goroutine until it has ended.
	folding *besideBatch
	at      int
}

func newBesideFold(v Views) *besideFold {
	b := &besideFold{
		views: v, batch: &besideBatch{},
		full: make(chan *besideBatch, besideBatches), empty: make(chan *besideBatch, besideBatches), stopped: make(chan struct{}),
	}
	for range besideBatches - 1 {
		b.empty <- &besideBatch{}
	}
	b.wait = beside(b.run)
	return b
}

func (b *besideFold) run() {
	defer close(b.stopped)
	for b.folding = range b.full {
		for b.at = range b.folding.commands {
			b.views.Apply(b.folding.transaction(b.at))
		}
		b.empty <- b.folding
	}
}

// add hands over a copy of a transaction, sooner or later. It waits while the views are
// too far behind, and reports whether they still fold.
func (b *besideFold) add(c *msg.Command, events []msg.Event, f *journal.Frame) bool {
	b.batch.add(c, events, f)
	if len(b.batch.commands) < besideCommands {
		return true
	}
	b.full <- b.batch
	select {
	case b.batch = <-b.empty:
		b.batch.reset()
		return true
	case <-b.stopped:
		b.batch = &besideBatch{}
		return false
	}
}

// end has all folded that was added, and ends the goroutine. If the views panicked it
// panics, with p at the command that they panicked at: so a fold in turn would have, and
// whatever happened to p since, it would not have come to that.
func (b *besideFold) end(p *Past) {
	b.full <- b.batch
	close(b.full)
	if panicked := b.wait(); panicked != nil {
		p.command, p.frame, p.left = b.folding.commands[b.at], *b.folding.frameOf(b.at), 0
		panic(panicked)
	}
}

// foldBeside is FoldTo with the views beside the engine.
func (p *Past) foldBeside(to msg.Seq) error {
	b := newBesideFold(p.Views)
	defer b.end(p)
	for folding := true; folding && (to == 0 || p.Engine.Seq() < to); {
		more, err := p.next()
		if !more {
			return err
		}
		p.Engine.Apply(&p.command, p.events)
		folding = b.add(&p.command, p.events, &p.frame)
		if err := p.checkDigest(); err != nil {
			return err
		}
	}
	return nil
}
