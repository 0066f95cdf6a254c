package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// newCutRounds is an exchange on a file system whose power is cut.
func newCutRounds(t *testing.T, x theProgram, disk *cutDisk) *cutRounds {
	c := &cutRounds{disk: disk}
	dirs := 0
	c.rounds = rounds{t: t, program: x.remembering(), perDirectory: 12, dir: func() string { return filepath.Join(disk.at, strconv.Itoa(dirs)) }}
	c.renew = func() {
		_ = os.RemoveAll(c.dir()) // or the file system fills up
		dirs++
	}
	return c
}

// cutRounds are rounds that end with a power cut.
type cutRounds struct {
	rounds

	disk *cutDisk
}

// cuts goes through power cuts until there were n, or, with untilBroken, a promise was
// broken.
func (c *cutRounds) cuts(n int, untilBroken bool) error {
	for c.total.ends < n && (!untilBroken || c.total.violations == 0) {
		s, err := c.load()
		if err != nil {
			return err
		}
		switch {
		case c.disk.kind.honest && rand.IntN(2) == 0:
			err = c.cutAlive(s, cutAfterLog, true)
		case rand.IntN(4) == 0:
			err = c.cutAlive(s, anyCut(), false)
		default:
			_ = s.cmd.Process.Kill() // what it says from now on nobody would hear
			err = c.disk.cut(anyCut())
		}
		s.kill()
		c.total.ends++
		if err = errors.Join(err, c.disk.restore()); err != nil {
			return err // not the exchange's fault
		}
		c.outside.hears(true)
	}
	return c.finish()
}

// anyCut returns a way to cut the power.
func anyCut() uint32 { return []uint32{cutAfterLog, cutWithNoLog, cutWithNoLog}[rand.IntN(3)] }

// cutAlive cuts the power and lets the process go on, on a disk that refuses all. It
// ought to end by itself.
//
// A sync that is under way while the file system shuts down may return as if it had
// been made, and the data are not there afterwards: on ext4, and on XFS when its log
// is dropped, a program that writes, syncs and does nothing else shows it. A machine
// without power says nothing, so after such a cut nothing that is heard counts. After
// one that may be believed it does: who is then told of an order has been told that
// its sync was good.
func (c *cutRounds) cutAlive(s *talliedServer, flag uint32, believed bool) error {
	c.outside.hears(believed)
	err := c.disk.cut(flag)
	if s.exits(cutPatience) && s.cmd.ProcessState.ExitCode() == 1 {
		c.total.alone++
	}
	return err
}

// TestPromisePowerCut cuts the power under load again and again, on real file
// systems: a loop device is told to shut down, the process is killed, the file
// system mounted again and the exchange started on it. Eight clients place, cancel,
// amend and replace orders of all kinds over HTTP and websockets; what they hear, and
// what is shown of trades and of the state, is written down outside. All of it must
// be there after the cut, and nothing that nobody has sent; executed again, the
// journal must give the state that the exchange begins with, from a snapshot or not.
//
// The file system loses what it had not written to the device, as in a power cut. The
// device itself loses and reorders nothing here: TestPromiseBlockImages does that.
func TestPromisePowerCut(t *testing.T) {
	p := promise.Begin(t, "D1")
	p.NeedDisks()
	cuts := promise.Scale(8, 52, 1000)
	x := builtProgram(t, "")
	dir := memoryDir(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	var total roundsTotal
	kinds := cutDiskKinds()
	for i, kind := range kinds {
		if !kind.known(t) {
			continue
		}
		within := filepath.Join(dir, strconv.Itoa(i))
		if err := os.Mkdir(within, 0o700); err != nil {
			t.Fatal(err)
		}
		c := newCutRounds(t, x, newCutDisk(t, kind, within))
		all.Go(func() {
			if err := c.cuts(cuts/len(kinds), false); err != nil {
				t.Errorf("%s: %v", kind.name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			t.Logf("%s: %d cuts, %d violations; %v", kind.name, c.total.ends, c.total.violations, &c.total)
			total.add(&c.total)
		})
	}
	all.Wait()
	p.Add(total.ends, total.violations)
	p.Note(fmt.Sprintf("%d of the processes ended by themselves; %v", total.alone, &total))
	if total.violations > 0 || total.acks < total.ends {
		t.Errorf("the promise was broken after %d of %d cuts, with %d requests granted", total.violations, total.ends, total.acks)
	}
}
