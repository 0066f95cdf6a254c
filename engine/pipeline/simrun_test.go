package pipeline

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// simDir is the data directory on the simulated disk.
const simDir = "data"

// simDuty is what a power cut at some moment must leave.
type simDuty struct {
	seen      msg.Seq // the last command that was answered, published or folded into the views: it must be there
	submitted msg.Seq // the last one that was handed over: nothing beyond it can be there
	snapshot  msg.Seq // of the last snapshot that was completed: a recovery goes on from there or from a later one
	completed int     // snapshots that were completed, as far as they are kept
}

// simRun is one life of a pipeline on a simulated disk, driven step by step.
type simRun struct {
	w     *simWorld
	depth int // how many power cuts came before
	disk  *vfs.Mem
	fs    *vfs.Faulty
	rng   *rand.Rand // of the schedule
	now   int64

	p        *Pipeline // nil before recovery has ended
	duty     simDuty
	next     int // the command to submit next, counted from 0
	waiting  int // callers that wait for an answer
	last     msg.Seq
	refused  int // commands for which there was no room in the ring
	starting bool
	closing  bool

	journal, snapshot *simTask
	running           *simTask // whose step it is; nil = nobody's who can be interrupted

	fail    func(vfs.Op) error // what goes wrong with an operation; nil = nothing
	uncut   bool               // there are no power cuts
	failed  bool               // something went wrong
	offence vfs.Op             // what it was, first
	culprit *simTask           // whose operation; nil = nobody's who can be interrupted
	late    int                // operations that changed something after the journal had failed
}

// simTask is a stage that can be interrupted at each operation on the disk, so that others go on there.
type simTask struct {
	name  string
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	busy  bool // it was interrupted
}

// task makes a task of a function that is called for each of its turns.
func (r *simRun) task(name string, turn func()) *simTask {
	t := &simTask{name: name}
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for {
			turn()
			t.busy = false
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return t
}

// step lets a task go on to its next operation, or to the end of its turn.
func (r *simRun) step(t *simTask) {
	t.busy, r.running = true, t
	t.next()
	r.running = nil
}

// newRun prepares a life that begins on disk with that duty.
func (w *simWorld) newRun(disk *vfs.Mem, duty simDuty, depth int) *simRun {
	order := uint64(0) // all first lives go the same way
	if depth > 0 {
		order = uint64(depth)<<32 | uint64(w.states)
	}
	r := &simRun{w: w, depth: depth, disk: disk, duty: duty, rng: rand.New(rand.NewPCG(w.plan.seed, order)), now: 1}
	r.fs = vfs.NewFaulty(disk, r.operation)
	return r
}

// operation is called before each operation on the disk: others go on, the power fails, the operation does.
func (r *simRun) operation(op vfs.Op) error {
	if r.closing {
		return vfs.ErrInjected
	}
	if t := r.running; t != nil && !t.yield(struct{}{}) {
		r.closing = true
		return vfs.ErrInjected
	}
	if op.Changes() {
		phase := r.phase(&op)
		r.w.covered(phase, op.Kind)
		r.w.trace(r, &op)
		r.lateAfter(&op)
		if !r.uncut {
			r.w.cut(r, phase, &op)
		}
	}
	if r.fail == nil {
		return nil
	}
	err := r.fail(op)
	if err != nil && !r.failed {
		r.failed, r.offence, r.culprit = true, op, r.running
	}
	return err
}

// The phases that an operation can belong to.
const (
	phaseRecovery = "recovery"
	phaseSnapshot = "snapshot"
	phaseJournal  = "journal"
)

// phase says what an operation belongs to. Making the snapshots' directory touches the one above it.
func (r *simRun) phase(op *vfs.Op) string {
	switch {
	case r.starting:
		return phaseRecovery
	case strings.HasPrefix(op.Name, JournalDir(simDir)):
		return phaseJournal
	}
	return phaseSnapshot
}

// options are those of the plan, on the run's disk.
func (r *simRun) options() Options {
	p := r.w.plan
	return Options{
		Dir: simDir, FS: r.fs, Clock: func() int64 { return r.now }, Ring: p.ring, Batch: p.batch, Batches: 3, MaxOrders: -1,
		Segment: p.segment, Snapshots: p.snapshots, Views: func() Views { return newSimView() },
		Publish: func(b *Batch) { r.sees(b.last().seq) }, Warn: r.w.warned,
		execute: r.w.execute, random: rand.NewChaCha8([32]byte{byte(p.seed)}),
	}
}

// start recovers, and stands ready for commands.
func (r *simRun) start() error {
	r.starting = true
	p, err := open(r.options())
	r.starting = false
	if err != nil {
		return err
	}
	r.p = p
	r.journal = r.task("journal", func() {
		if err := p.commit(p.hand.take(), !r.w.plan.careless); err != nil {
			p.fail(err)
		}
	})
	r.snapshot = r.task("snapshot", func() {
		seq, err := p.snapshots.fold()
		if err == nil && seq > r.duty.snapshot {
			r.duty.snapshot = seq
			r.w.seen.snapshots++
			r.duty.completed = min(r.duty.completed+1, 2)
		}
	})
	r.next = int(p.Durable().Seq)
	r.last = p.Durable().Seq
	r.duty.submitted = r.last
	r.sees(r.last)
	return nil
}

// sees notes that a command was shown to somebody.
func (r *simRun) sees(seq msg.Seq) {
	r.duty.seen = max(r.duty.seen, seq)
}

// simAction is what the scheduler can do next.
type simAction struct {
	possible bool
	do       func()
}

// actions lists what can be done next. Only what a goroutine could do without waiting is possible.
func (r *simRun) actions(limit int) [6]simAction {
	p := r.p
	return [...]simAction{
		{r.next < limit && r.waiting < r.w.plan.callers, r.submit},
		{p.ring.Len() > 0 && !p.hand.open.full(), func() { p.gather() }},
		{r.journal.busy || p.hand.open.n > 0 && len(p.hand.free) > 0, func() { r.step(r.journal) }},
		{len(p.durable) > 0, func() { p.finish(<-p.durable) }},
		{r.snapshot.busy || len(p.snapshots.wake) > 0, r.stepSnapshot},
		{false, nil},
	}
}

func (r *simRun) stepSnapshot() {
	if !r.snapshot.busy {
		<-r.p.snapshots.wake
	}
	r.step(r.snapshot)
}

// drive submits commands up to a limit, and lets the stages go on in an order that chance decides, until nothing is left to do or
// the pipeline has ended.
func (r *simRun) drive(limit int) {
	for !r.p.failed() && r.w.broken == nil {
		r.now += r.rng.Int64N(2_000_000)
		var possible [6]func()
		n := 0
		for _, a := range r.actions(limit) {
			if a.possible {
				possible[n] = a.do
				n++
			}
		}
		if n == 0 {
			return
		}
		possible[r.rng.IntN(n)]()
		r.sees(r.p.views.(*simView).seq)
		if err := r.goesOn(); err != nil {
			r.w.violated(r, err)
		}
	}
}

// submit hands the next command over, most often by a caller who waits for the answer.
func (r *simRun) submit() {
	c := r.w.command(r.next, r.depth > 0 || r.uncut)
	seq := msg.Seq(r.next + 1)
	var err error
	if r.rng.IntN(8) == 0 {
		err = r.p.Put(&c)
	} else {
		result := &Result{}
		result.Answered = func(err error) { r.answered(seq, result, err) }
		if err = r.p.Hand(&c, result); err == nil {
			r.waiting++
		}
	}
	switch {
	case errors.Is(err, ErrBusy):
		r.refused++
	case err != nil:
		r.w.violated(r, fmt.Errorf("command %d is refused: %w", seq, err))
	default:
		r.next++
		r.duty.submitted = seq
	}
}

// answered checks the answer to a command.
func (r *simRun) answered(seq msg.Seq, result *Result, err error) {
	r.waiting--
	if err != nil {
		if !r.p.failed() {
			r.w.violated(r, fmt.Errorf("command %d has no answer: %w", seq, err))
		}
		return
	}
	if result.Seq != seq {
		r.w.violated(r, fmt.Errorf("command %d is answered as %d", seq, result.Seq))
		return
	}
	if err := r.w.agrees(seq, result.Time, result.Events); err != nil {
		r.w.violated(r, fmt.Errorf("answer: %w", err))
	}
	r.sees(seq)
}

// end stops the pipeline in order, or tells its callers that it has ended by an error.
func (r *simRun) end() error {
	failed := r.p.failed()
	for failed && len(r.p.durable) > 0 { // what was durable may still be answered
		r.p.finish(<-r.p.durable)
	}
	if failed {
		r.p.desk.giveUp(0, ErrUnknown)
	}
	if r.snapshot.busy && failed { // the goroutine would come to its end
		for r.snapshot.busy {
			r.step(r.snapshot)
		}
	}
	err := r.p.Stop()
	if r.waiting != 0 {
		r.w.violated(r, fmt.Errorf("%d callers have no answer at the end", r.waiting))
	}
	r.leave()
	return err
}

// leave releases the tasks. Nothing reaches the disk any more.
func (r *simRun) leave() {
	r.closing = true
	if r.journal != nil {
		r.journal.stop()
		r.snapshot.stop()
	}
}
