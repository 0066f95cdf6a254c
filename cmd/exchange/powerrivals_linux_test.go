package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/bench/rivals"
)

// rivalCuts is what power cuts make of a store.
type rivalCuts struct {
	cuts, broken             int
	refused, panicked, wrong int
	acked, lost, most        uint64 // records; the most that were lost at once
}

// String is for a note.
func (c *rivalCuts) String() string {
	return fmt.Sprintf("refuses to open after %d cuts, panics after %d, gives out what was never written after %d; of %d acknowledged records %d are missing, at most %d after one cut",
		c.refused, c.panicked, c.wrong, c.acked, c.lost, c.most)
}

// count counts what came of a cut, when acked records were acknowledged, the first
// from of them before.
func (c *rivalCuts) count(o *rivals.Outcome, from, acked uint64) {
	c.cuts++
	c.acked += acked - from
	if o.Refused != "" {
		c.refused++
	}
	if o.Panicked != "" {
		c.panicked++
	}
	if o.Wrong {
		c.wrong++
	}
	if o.Broken(acked) {
		c.broken++
		lost := o.Lost(acked)
		c.lost += lost
		c.most = max(c.most, lost)
	}
}

// cutRival cuts the power n times while a process appends to a store. It begins with
// an empty one again when that is broken, and every few times.
func cutRival(t *testing.T, disk *cutDisk, kind string, n int) (c rivalCuts) {
	t.Helper()
	const perStore = 10
	var from uint64
	dir := ""
	for i := range n {
		if i%perStore == 0 || dir == "" {
			_ = os.RemoveAll(dir)
			dir, from = filepath.Join(disk.at, "store"+strconv.Itoa(i)), 0
			if err := makeDirSynced(dir); err != nil {
				t.Fatal(err)
			}
		}
		o, acked := cutRivalOnce(t, disk, kind, dir)
		c.count(&o, from, acked)
		from = o.Records
		if o.Broken(acked) || o.Refused != "" {
			if c.broken <= shownProblems {
				t.Logf("%s on %s, cut %d: %d acknowledged, %v", kind, disk.kind.name, c.cuts, acked, &o)
			}
			dir = ""
		}
	}
	return c
}

// makeDirSynced makes a directory that a power cut does not take.
func makeDirSynced(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	f, err := os.Open(filepath.Dir(dir))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// cutRivalOnce cuts the power while a store is appended to, and reads what it has when
// the power is back.
func cutRivalOnce(t *testing.T, disk *cutDisk, kind, dir string) (rivals.Outcome, uint64) {
	t.Helper()
	cmd, err := rivals.WriterCommand(rivals.WriterOptions{Kind: kind, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	w, err := rivals.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Kill)
	begun := w.Acked()
	eventually(t, func() error {
		if w.Acked() == begun {
			return errors.New("nothing was acknowledged")
		}
		return nil
	})
	time.Sleep(time.Duration(rand.IntN(maxLoadMS)) * time.Millisecond) // no moment is chosen
	w.Kill()                                                           // what it says from now on nobody would hear
	err = disk.cut(anyCut())
	last, _ := w.Wait()
	if err = errors.Join(err, disk.restore()); err != nil {
		t.Fatal(err)
	}
	o, err := rivals.ReadApart(kind, dir)
	if err != nil {
		t.Fatalf("%v: %s", err, last)
	}
	return o, w.Acked()
}

// TestPromisePowerCutRivals cuts the power of bare tidwall/wal and of bbolt, as
// TestPromisePowerCut does that of the exchange, the process killed each time. One that
// does not sync must be found to lose what it has acknowledged. The device loses,
// reorders and tears nothing, so this is the kindest of power cuts.
func TestPromisePowerCutRivals(t *testing.T) {
	for _, kind := range rivals.Kinds() {
		t.Run(filepath.Base(kind), func(t *testing.T) {
			p := promise.BeginOf(t, "D1", kind)
			p.NeedDisks()
			c := cutRivalEverywhere(t, kind, promise.Scale(8, 24, 1000))
			p.Add(c.cuts, c.broken)
			p.Note(c.String())
		})
	}
	t.Run("control", func(t *testing.T) {
		needDisks(t)
		if c := cutRivalEverywhere(t, rivals.Unsynced, 8); c.broken == 0 || c.lost == 0 {
			t.Errorf("a store that does not sync has lost nothing: %v", &c)
		}
	})
}

// cutRivalEverywhere cuts the power of a store on each file system.
func cutRivalEverywhere(t *testing.T, kind string, n int) (all rivalCuts) {
	t.Helper()
	dir := memoryDir(t)
	kinds := cutDiskKinds()
	for i, fs := range kinds {
		if !fs.known(t) {
			continue
		}
		within := filepath.Join(dir, strconv.Itoa(i))
		if err := os.Mkdir(within, 0o700); err != nil {
			t.Fatal(err)
		}
		c := cutRival(t, newCutDisk(t, fs, within), kind, n/len(kinds))
		t.Logf("%s on %s: %d cuts, %d broken; %v", kind, fs.name, c.cuts, c.broken, &c)
		all.add(&c)
	}
	return all
}

func (c *rivalCuts) add(b *rivalCuts) {
	c.cuts += b.cuts
	c.broken += b.broken
	c.refused += b.refused
	c.panicked += b.panicked
	c.wrong += b.wrong
	c.acked += b.acked
	c.lost += b.lost
	c.most = max(c.most, b.most)
}
