//go:build !386

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// TestPromiseModelIsNotKinder runs the workload of TestPromiseBlockImages on a real
// file system and in the simulated disk at the same time. What the file system then
// has of an image, file by file and byte by byte, must be one of the outcomes that the
// simulated disk predicts for that moment: else what is proven with the simulated one
// says nothing about the real one.
//
// It can show that the model is too kind, for these file systems and this workload. It
// cannot show that it is not too unkind, which would only cost tests.
func TestPromiseModelIsNotKinder(t *testing.T) {
	p := promise.Begin(t, "D5")
	p.NeedDisks()
	formats := blockFormats(t)
	images := promise.Scale(60, 320, 20_000) / len(formats)
	for i, f := range formats {
		t.Run(f.kind+" "+f.options, func(t *testing.T) {
			n, wrong := modelOnBlocks(t, &f, uint64(i+1), 1, images)
			for _, what := range wrong {
				t.Error(what)
			}
			p.Add(n, len(wrong))
		})
	}
	p.Note("each image of a real file system is an outcome that the simulated disk predicts, byte by byte")
}

// TestModelIsUnlikeLyingDisk is the control: what a disk leaves that does not flush is
// no outcome of the model.
func TestModelIsUnlikeLyingDisk(t *testing.T) {
	p := promise.Begin(t, "D5")
	p.NeedDisks()
	const lies, images = 20, 20
	f := blockExt4("data=ordered")
	n, wrong := modelOnBlocks(t, &f, 1, lies, images)
	if len(wrong) < images/4 {
		t.Errorf("of %d images of a disk that lies about flushes the model refuses %d: that is too few to believe it", n, len(wrong))
	}
	p.Note(fmt.Sprintf("control, a disk that lies about flushes: %d of %d images are no outcome of the model", len(wrong), n))
}

// shadowMoment is what the model says when the disk was sent so much.
type shadowMoment struct {
	position int
	op       string
	mem      *vfs.Mem
}

// modelOnBlocks runs an exchange on a disk and in the model, and holds images of the
// one against the other.
func modelOnBlocks(t *testing.T, f *blockFormat, seed uint64, lies, images int) (n int, wrong []string) {
	t.Helper()
	d := newBlockDisk(t, f.make(t), f.bytes)
	dir := blockDir(t)
	data := filepath.Join(dir, "data")
	m := d.mustMount(t, f, dir)
	if err := errors.Join(os.Mkdir(data, 0o700), vfs.OS().SyncDir(data), vfs.OS().SyncDir(dir)); err != nil {
		t.Fatal(err)
	}
	var moments []shadowMoment
	shadow, err := vfs.NewShadow(vfs.OS(), data, func(e vfs.Event) {
		moments = append(moments, shadowMoment{d.position(), fmt.Sprintf("%s of %s", e.Op.Kind, filepath.Base(e.Op.Name)), e.Mem})
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &blockRun{data: data, fs: shadow}
	r.base = d.record()
	r.carryOut(t, d, seed)
	if err := m.unmount(); err != nil {
		t.Fatal(err)
	}
	r.eachImage(t, d, lies, images, func(s blockSpan, what string) {
		n++
		left, err := readBlocks(d, f, dir)
		if err == nil {
			err = predicted(moments, s.to, left)
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("seed %d, %s: %v", seed, what, err))
		}
	})
	return n, wrong
}

// readBlocks mounts the disk, reads the data directory and unmounts it.
func readBlocks(d *blockDisk, f *blockFormat, dir string) (map[string][]byte, error) {
	m, err := d.mount(f, dir)
	if err != nil {
		return nil, err
	}
	left, err := vfs.ReadTree(vfs.OS(), filepath.Join(dir, "data"))
	return left, errors.Join(err, m.unmount())
}

// predicted reports whether files are an outcome of the model when the disk was sent
// so much and no more: after the last event before that, or after the first one then,
// because the operation in between may have begun to count.
func predicted(moments []shadowMoment, position int, left map[string][]byte) error {
	next := 0
	for next < len(moments) && moments[next].position <= position {
		next++
	}
	var why []string
	for _, at := range moments[max(next-1, 0):min(next+1, len(moments))] {
		err := at.mem.Allows(left)
		if err == nil {
			return nil
		}
		why = append(why, fmt.Sprintf("not at %s: %v", at.op, err))
	}
	return errors.New(strings.Join(why, "; "))
}
