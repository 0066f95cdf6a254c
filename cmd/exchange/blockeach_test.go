package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// eachCommands is so many that segments are begun and snapshots taken.
const eachCommands = 80

// TestPromiseFailedSyncEach runs an exchange on a simulated disk and has one after the
// other of its operations fail, once or from then on. One that writes to the journal
// ends the exchange: nothing is acknowledged any more, and nothing is written, synced
// or renamed there again. One of a snapshot costs the snapshot. Then the power is cut,
// which takes any part of what was not synced, and all that was acknowledged is there.
//
// It reaches each operation, also those that the kernel seldom lets fail, such as the
// close of a full segment and the sync of a directory. Of a close it does not know
// whose it is: one of a file that was only read ends nothing. It cannot show what a kernel
// does after an error; TestPromiseFailedSyncOnDisk does.
func TestPromiseFailedSyncEach(t *testing.T) {
	p := promise.Begin(t, "D9")
	whole := &eachRun{}
	if err := whole.carryOut(vfs.NewMem()); err != nil || whole.acked != eachCommands {
		t.Fatalf("without a fault: %v, %d acknowledged", err, whole.acked)
	}
	cases := promise.Scale(400, 1000, 20_000)
	ended, kinds := 0, make(map[string]int)
	for i := range cases {
		r := &eachRun{at: 1 + i*whole.n/cases, ever: i%2 == 1, seed: uint64(i)}
		bad := 0
		if err := r.check(); err != nil {
			bad = 1
			t.Errorf("operation %d, %s of %s, for ever: %v: %v", r.at, r.failed.Kind, r.failed.Name, r.ever, err)
		}
		if r.failed.N > 0 || bad > 0 { // else the run had fewer operations than the first, as a snapshot falls
			p.Add(1, bad)
		}
		if r.ended {
			ended++
			kinds[r.failed.Kind]++
		}
	}
	for _, kind := range []string{"open", "write", "sync", "close", "rename", "syncdir"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s has ended the exchange", kind)
		}
	}
	p.Note(fmt.Sprintf("%d operations of a run, each fails: %d of %d ended the exchange: %v", whole.n, ended, cases, kinds))
}

// eachRun is a run of an exchange in which one operation fails.
type eachRun struct {
	at   int // the operation, from 1
	ever bool
	seed uint64

	mu     sync.Mutex // guards what follows, until the exchange has ended
	n      int        // operations
	failed vfs.Op
	fatal  bool     // what failed was to change the journal
	again  []string // changes of the journal after that

	acked msg.Seq
	late  []msg.Seq // acknowledged after it
	ended bool      // by the error
}

// fail is asked before each operation.
func (r *eachRun) fail(op vfs.Op) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n = max(r.n, op.N)
	changes := strings.HasPrefix(op.Name, "data/journal") && op.Changes()
	if r.fatal && changes {
		r.again = append(r.again, op.Kind+" of "+op.Name)
	}
	if op.N == r.at || r.ever && r.at > 0 && op.N > r.at {
		if op.N == r.at {
			r.failed, r.fatal = op, changes
		}
		return vfs.ErrInjected
	}
	return nil
}

func (r *eachRun) state() (fatal bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fatal
}

func eachOptions(fs vfs.FS) pipeline.Options {
	var now atomic.Int64
	return pipeline.Options{
		Dir: "data", FS: fs, Ring: 64, Batch: 8, Segment: 1 << 10, Snapshots: snapshot.Policy{Commands: 25},
		Clock: func() int64 { return now.Add(1000) }, Warn: func(string) {},
	}
}

// carryOut starts an exchange, gives it commands and stops it, until an error.
func (r *eachRun) carryOut(disk *vfs.Mem) error {
	p, err := pipeline.Start(eachOptions(vfs.NewFaulty(disk, r.fail)))
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	flow := enginetest.NewShaped(1, 4)
	commands := flow.Setup(msg.Balances)
	for len(commands) < eachCommands {
		var c msg.Command
		flow.Next(&c)
		commands = append(commands, c)
	}
	for i := range commands {
		var into pipeline.Result
		if err := p.Do(context.Background(), &commands[i], &into); err != nil {
			return errors.Join(fmt.Errorf("command %d: %w", i+1, err), p.Stop())
		}
		if r.acked = into.Seq; r.state() {
			r.late = append(r.late, into.Seq)
		}
	}
	return p.Stop()
}

// check carries a run out, cuts the power and recovers.
func (r *eachRun) check() error {
	disk := vfs.NewMem()
	err := r.carryOut(disk)
	r.ended = errors.Is(err, vfs.ErrInjected)
	switch {
	case r.fatal && err == nil:
		return errors.New("the exchange went on")
	case r.fatal && !r.ended:
		return fmt.Errorf("the exchange ended with another error: %w", err)
	case len(r.late) > 0:
		return fmt.Errorf("commands %v were acknowledged after the error", r.late)
	case len(r.again) > 0:
		return fmt.Errorf("after the error there were %q", r.again)
	}
	left := disk.CrashClone(rand.New(rand.NewPCG(r.seed, 9)))
	p, err := pipeline.Start(eachOptions(left))
	if err != nil {
		return fmt.Errorf("start again: %w", err)
	}
	seq := p.Durable().Seq
	if err := p.Stop(); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	if seq < r.acked || seq > eachCommands {
		return fmt.Errorf("it ends with command %d, and command %d was acknowledged", seq, r.acked)
	}
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: "data", FS: left, Genesis: true})
	if err != nil {
		return fmt.Errorf("open the past: %w", err)
	}
	if err := errors.Join(past.FoldTo(0), past.Close()); err != nil {
		return fmt.Errorf("fold the past: %w", err)
	}
	if past.Engine.Seq() != seq {
		return fmt.Errorf("the journal ends with command %d, the start was at %d", past.Engine.Seq(), seq)
	}
	return nil
}
