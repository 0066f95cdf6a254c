package pipeline

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// simFault is an error of an operation of the first life.
type simFault struct {
	at    int  // the operation, from 1, reading ones counted too
	ever  bool // all operations from there on fail, else this one only
	short int  // how many bytes of a write are written
	errno syscall.Errno
}

// String says it as a story does.
func (f *simFault) String() string {
	how := "once"
	if f.ever {
		how = "and all that follow"
	}
	return fmt.Sprintf("operation %d fails %s with %v", f.at, how, f.errno)
}

// drawFault draws the error of an operation.
func (w *simWorld) drawFault(at int) *simFault {
	return &simFault{at: at, ever: w.rng.IntN(2) == 0, short: w.rng.IntN(400), errno: []syscall.Errno{syscall.EIO, syscall.ENOSPC}[w.rng.IntN(2)]}
}

func (f *simFault) fail(op vfs.Op) error {
	if op.N != f.at && (!f.ever || op.N < f.at) {
		return nil
	}
	if op.Kind == "write" {
		return &vfs.ShortWrite{Bytes: f.short, Err: f.errno}
	}
	return f.errno
}

// simulateErrors runs the plan again and again, with an error of one operation after the other, some of them left out.
func (w *simWorld) simulateErrors() {
	for at := 1 + w.rng.IntN(min(w.odds, w.operations)); at <= w.operations && w.states < w.budget && w.broken == nil; at += 1 + w.rng.IntN(w.odds) {
		w.seen.errors++
		w.suffer(w.drawFault(at))
	}
}

// suffer lets a first life meet an error, and then starts again on what there is then: without a power cut, and after one.
func (w *simWorld) suffer(f *simFault) {
	w.story = append(w.story, f.String())
	at := len(w.story) - 1
	w.faulty = true
	disk := vfs.NewMem()
	r := w.newRun(disk, simDuty{}, 0)
	r.fail, r.uncut = f.fail, true
	err := r.start()
	if err == nil {
		r.drive(len(w.plan.commands))
		err = r.end()
	}
	w.story[at] += fmt.Sprintf(", %s of %s", r.offence.Kind, r.offence.Name)
	if w.broken == nil {
		if err := r.suffered(f, err); err != nil {
			w.violated(r, err)
		}
	}
	r.leave()
	w.faulty = false
	r.duty.snapshot, r.duty.completed = 0, 0 // what a snapshot that failed leaves of older ones is for another test
	for i := 0; i < 3 && w.broken == nil; i++ {
		left, how := disk.Fork(), "the process starts again"
		if i > 0 {
			left, how = w.outcome(disk)
		}
		w.story = append(w.story, how)
		w.survive(left, r.duty, 1)
		w.story = w.story[:len(w.story)-1]
	}
	w.story = w.story[:len(w.story)-1]
}

// suffered says what is wrong with how a life ended that met an error.
func (r *simRun) suffered(f *simFault, err error) error {
	switch {
	case !r.failed:
		return fmt.Errorf("the operation was never made: there were %d", r.fs.Ops())
	case r.p == nil && !errors.Is(err, f.errno):
		return fmt.Errorf("start ends with %w", err)
	case r.p == nil || !r.fatal():
		return nil // or a snapshot could not be taken, or read
	case !errors.Is(err, f.errno):
		return fmt.Errorf("the end of the pipeline says %w", err)
	case r.late > 0:
		return fmt.Errorf("%d operations changed something after the journal had failed", r.late)
	}
	return nil
}

// fatal reports whether what failed was an operation that the journal needs.
func (r *simRun) fatal() bool {
	return r.culprit == r.journal || r.culprit == nil && r.offence.Changes() && r.phase(&r.offence) == phaseJournal
}

// lateAfter notes an operation that changes something after the journal has failed. Of a snapshot that is under way it may.
func (r *simRun) lateAfter(op *vfs.Op) {
	if r.failed && r.p != nil && r.fatal() && r.running != r.snapshot && op.N != r.offence.N {
		r.late++
	}
}

// goesOn says so when the journal has failed, has come to the end of its turn, and the pipeline has not ended, or has shown what
// is not durable.
func (r *simRun) goesOn() error {
	if !r.failed || r.culprit != r.journal || r.journal.busy {
		return nil
	}
	switch at := r.p.Durable().Seq; {
	case !r.p.failed():
		return fmt.Errorf("the pipeline goes on after an error of the journal, %d commands are durable", at)
	case r.duty.seen > at:
		return fmt.Errorf("command %d was seen, only %d are durable", r.duty.seen, at)
	}
	return nil
}
