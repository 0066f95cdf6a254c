//go:build !386

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/bench/rivals"
)

// TestPromiseFailedSyncRivals does to other stores what TestPromiseFailedSyncOnDisk
// does to the exchange. Whoever uses them decides what to do about an error; here it
// is to append again, which they let him. It shows what follows, and cannot show what
// a careful user makes of them.
func TestPromiseFailedSyncRivals(t *testing.T) {
	for _, kind := range rivals.Kinds() {
		t.Run(filepath.Base(kind), func(t *testing.T) {
			p := promise.BeginOf(t, "D9", kind)
			p.NeedDisks()
			f := blockExt4("data=ordered")
			content := f.make(t)
			d := newBlockDisk(t, nil, f.bytes)
			rng := rand.New(rand.NewPCG(9, 9))
			faults := blockFaults()[:2] // after which the disk works again
			cases := promise.Scale(2, 8, 100)
			var tally rivalTally
			for i := range cases {
				d.put(content.clone())
				tally.add(failRival(t, d, &f, kind, faults[i%len(faults)], rng.Int64N(200)))
			}
			p.Add(cases, tally.broken)
			p.Note(tally.String())
		})
	}
}

// rivalTally is what became of other stores.
type rivalTally struct {
	cases, wentOn, broken int
	lost                  uint64
	example               string
}

func (r *rivalTally) add(o rivals.Outcome, acked uint64, wentOn bool) {
	r.cases++
	if wentOn {
		r.wentOn++
	}
	if !o.Broken(acked) {
		return
	}
	r.broken++
	r.lost += o.Lost(acked)
	if r.example == "" || o.Refused != "" {
		r.example = fmt.Sprintf("of %d acknowledged, %v", acked, &o)
	}
}

func (r *rivalTally) String() string {
	s := fmt.Sprintf("%d of %d acknowledged on after the error, %d had lost %d acknowledged records", r.wentOn, r.cases, r.broken, r.lost)
	if r.example != "" {
		s += "; for example " + r.example
	}
	return s
}

const (
	rivalGoesOn = 100 * time.Millisecond // how long after the error
	rivalBatch  = 8                      // records that are appended at once
)

// failRival has a store appended to until some time after its disk has failed once,
// cuts the power, and reads what is there. WentOn is whether anything was acknowledged
// after the error.
func failRival(t *testing.T, d *blockDisk, f *blockFormat, kind string, fault blockFault, after int64) (o rivals.Outcome, acked uint64, wentOn bool) {
	t.Helper()
	dir := blockDir(t)
	m := d.mustMount(t, f, dir)
	store := filepath.Join(dir, "store")
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd, err := rivals.WriterCommand(rivals.WriterOptions{Kind: kind, Dir: store, GoesOn: true})
	if err != nil {
		t.Fatal(err)
	}
	w, err := rivals.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Kill()
	until := func(what string, f func() bool) {
		for end := time.Now().Add(processTimeout); !f(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				w.Kill()
				said, _ := w.Wait() // it was killed
				t.Fatalf("%s: waited in vain for %s: %q, %s", kind, what, w.Errors(), said)
			}
		}
	}
	until("records", func() bool { return w.Acked() > 0 })
	when := fault.arm(d, after)
	until("the fault", func() bool { return when.Load() != nil })
	before := w.Acked() + rivalBatch // it may have been on its way
	time.Sleep(rivalGoesOn)
	w.Kill()
	_, _ = w.Wait() // it was killed
	acked = w.Acked()
	cut := d.now()
	d.setHook(nil)
	if err := m.unmount(); err != nil {
		t.Fatal(err)
	}
	d.put(cut)
	m = d.mustMount(t, f, dir)
	if o, err = rivals.ReadApart(kind, store); err != nil {
		t.Fatal(err)
	}
	if err := m.unmount(); err != nil {
		t.Fatal(err)
	}
	return o, acked, acked > before
}
