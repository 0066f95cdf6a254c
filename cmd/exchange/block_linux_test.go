//go:build !386

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestPromiseBlockImages runs an exchange with the real tidwall/wal on a real file
// system on a disk that records what it is sent, and then crashes it: of what was not
// flushed any part may have reached the disk, in any order, torn at any sector. Each
// such image is mounted, which has the file system repair itself, and recovered.
//
// It shows what the kernel and the file system make of our calls: whether they flush
// what we believe is flushed. It cannot show more images than a seed draws, nor a
// disk that lies about a flush, and the order of the kernel's writes is that of this
// run. Directory entries that were not synced do not get lost here, because these file
// systems write them with the next fsync of anything.
func TestPromiseBlockImages(t *testing.T) {
	p := promise.Begin(t, "D3")
	p.NeedDisks()
	formats := blockFormats(t)
	images := promise.Scale(40, 360, 20_000) / len(formats)
	var note []string
	for i, f := range formats {
		t.Run(f.kind+" "+f.options, func(t *testing.T) {
			c := crashOnBlocks(t, &f, uint64(i+1), 1, images)
			for _, what := range c.wrong {
				t.Error(what)
			}
			p.Add(len(c.outcomes), len(c.wrong))
			note = append(note, fmt.Sprintf("%s %d images, %d beyond what was acknowledged, %d torn", t.Name()[len("TestPromiseBlockImages/"):], len(c.outcomes), c.beyond(), c.cuts()))
		})
	}
	p.Note(strings.Join(note, "; "))
}

// TestBlockImagesOfLyingDisk is the control: a disk that says that it has flushed and
// has not loses what was acknowledged, and that is noticed.
func TestBlockImagesOfLyingDisk(t *testing.T) {
	p := promise.Begin(t, "D3")
	p.NeedDisks()
	const lies, images = 20, 20 // a flush in so many is carried out
	f := blockExt4("data=ordered")
	c := crashOnBlocks(t, &f, 1, lies, images)
	lost := 0
	for _, what := range c.wrong {
		if strings.Contains(what, "was acknowledged") {
			lost++
		}
	}
	if lost < images/4 {
		t.Errorf("a disk that lies about flushes lost something in %d of %d images: that is too few to believe the check", lost, images)
	}
	p.Note(fmt.Sprintf("control, a disk that lies about flushes: caught in %d of %d images", len(c.wrong), len(c.outcomes)))
}

// blockFormats are the file systems that are tried on this machine.
func blockFormats(t *testing.T) []blockFormat {
	t.Helper()
	all := []blockFormat{blockExt4("data=ordered"), blockExt4("data=writeback"), blockExt4("nodelalloc")}
	x := blockXFS()
	if _, err := exec.LookPath(x.mkfs[0]); err != nil {
		t.Logf("XFS is left out: %v", err)
		return all
	}
	return append(all, x)
}

// blockCrashes are the crashes of one run.
type blockCrashes struct {
	run      *blockRun
	outcomes []blockOutcome
	wrong    []string // what broke the promise
}

// beyond counts those that had more than was acknowledged.
func (c *blockCrashes) beyond() (n int) {
	for _, o := range c.outcomes {
		if o.seq > o.acked {
			n++
		}
	}
	return n
}

// cuts counts those with a torn end.
func (c *blockCrashes) cuts() (n int) {
	for _, o := range c.outcomes {
		if o.cut {
			n++
		}
	}
	return n
}

// crashOnBlocks runs an exchange on a disk and recovers so many images of its
// crashes, spread over the run. Of so many flushes only one is carried out, 1 for a
// disk that keeps its word.
func crashOnBlocks(t *testing.T, f *blockFormat, seed uint64, lies, images int) *blockCrashes {
	t.Helper()
	d := newBlockDisk(t, f.make(t), f.bytes)
	dir := blockDir(t)
	m := d.mustMount(t, f, dir)
	c := &blockCrashes{run: runOnBlocks(t, d, filepath.Join(dir, "data"), seed)}
	if err := m.unmount(); err != nil {
		t.Fatal(err)
	}
	c.run.eachImage(t, d, lies, images, func(s blockSpan, what string) {
		o := blockOutcome{acked: c.run.acked(s.to)}
		if err := recoverBlocks(d, f, dir, c.run, &o); err != nil {
			c.wrong = append(c.wrong, fmt.Sprintf("seed %d, %s: %v", seed, what, err))
		}
		c.outcomes = append(c.outcomes, o)
	})
	return c
}

// blockDir returns a directory to mount something at.
func blockDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mount")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// recoverBlocks mounts the disk, recovers the exchange on it and unmounts it.
func recoverBlocks(d *blockDisk, f *blockFormat, dir string, r *blockRun, o *blockOutcome) error {
	m, err := d.mount(f, dir)
	if err != nil {
		return err
	}
	return errors.Join(r.recover(filepath.Join(dir, "data"), o), m.unmount())
}

// blockOutcome is what a recovery has found.
type blockOutcome struct {
	acked msg.Seq // before the crash
	seq   msg.Seq // recovered
	cut   bool    // there was a torn end
}
