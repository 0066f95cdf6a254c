package journal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// largeJournal returns a file system with a journal of frames whose payloads are
// compressed, in segments of a size, until it has so many bytes; closed or as a crash
// leaves it.
func largeJournal(t *testing.T, bytes, segment int, closed bool) *vfs.Mem {
	t.Helper()
	fsys := vfs.NewMem()
	o := memOptions(fsys)
	o.SegmentBytes = segment
	w, err := Open(testDir, o)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(6, 7))
	for w.Bytes() < int64(bytes) {
		f := Frame{FirstSeq: w.LastSeq() + 1, Commands: 1 + uint32(r.IntN(50)), Digest: r.Uint64(), Raw: largePayload(r)}
		if err := w.Append(&f); err != nil {
			t.Fatal(err)
		}
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if closed {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return fsys.CrashClone(nil)
}

// largePayload returns a payload that compresses to somewhat less.
func largePayload(r *rand.Rand) []byte {
	raw := make([]byte, compressBytes+r.IntN(3*compressBytes))
	for i := range raw {
		raw[i] = byte(r.IntN(32))
	}
	return raw
}

// eachCase calls try with 0 to n less 1, on as many goroutines as there are cores, each
// with a disk of its own, and returns how many cases failed. The first few are told.
func eachCase(t *testing.T, disk *vfs.Mem, n int, try func(fsys *vfs.Mem, i int) error) (failed int) {
	t.Helper()
	const told = 5
	var next, bad atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			fsys := disk.Clone()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := tryOne(try, fsys, i); err != nil && bad.Add(1) <= told {
					t.Errorf("case %d: %v", i, err)
				}
			}
		})
	}
	workers.Wait()
	return int(bad.Load())
}

// tryOne makes a panic an error: it is never the right answer to damage.
func tryOne(try func(fsys *vfs.Mem, i int) error, fsys *vfs.Mem, i int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return try(fsys, i)
}

// TestPromiseCutAnywhere cuts the newest segment of a crashed journal at every byte of
// 64 KiB: what is whole before the cut is kept, exactly, and what was there is set
// aside. It works on files in memory, so it shows what the rule of recovery does with
// a cut, and not that a file system would make none but cuts.
func TestPromiseCutAnywhere(t *testing.T) {
	const tailBytes = 64 << 10
	p := promise.Begin(t, "D6")
	disk := largeJournal(t, tailBytes, 1<<20, false)
	where := places(t, disk)
	segment := where[0].segment
	original := readAll(t, disk, segment)
	step := promise.Scale(61, 3, 1) // an odd one, so that it meets frames everywhere
	cases := (tailBytes + step) / step
	failed := eachCase(t, disk, cases, func(_ *vfs.Mem, i int) error {
		size := len(original) - i*step
		fsys := disk.Clone()
		whole, good := 0, 0
		for _, f := range where {
			if f.end <= size {
				whole, good = whole+1, f.end
			}
		}
		if err := store(fsys, segment, original[:size]); err != nil {
			return err
		}
		found, err := recoverTail(fsys, testDir, &Options{Warn: func(string) {}})
		if err != nil {
			return err
		}
		if found.last.index != uint64(whole) || found.good != int64(good) {
			return fmt.Errorf("cut at %d: %d frames and %d bytes are kept, want %d and %d", size, found.last.index, found.good, whole, good)
		}
		return keptAside(fsys, segment, original[:size], good)
	})
	p.Add(cases, failed)
}

// keptAside checks that a segment is its first good bytes, and that all it was lies
// beside it unless that is the same.
func keptAside(fsys vfs.FS, segment string, original []byte, good int) error {
	now, err := vfs.ReadFile(fsys, filepath.Join(testDir, segment))
	if err != nil {
		return err
	}
	if !bytes.Equal(now, original[:good]) {
		return fmt.Errorf("%d bytes are left of %d, which are not the first %d", len(now), len(original), good)
	}
	if good == len(original) {
		return nil
	}
	names, err := fsys.ReadDir(testDir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, segment+".broken-") {
			continue
		}
		kept, err := vfs.ReadFile(fsys, filepath.Join(testDir, name))
		if err == nil && bytes.Equal(kept, original) {
			return nil
		}
	}
	return fmt.Errorf("the original of %d bytes was not kept", len(original))
}

// store makes a file hold data.
func store(fsys vfs.FS, name string, data []byte) error {
	return vfs.WriteFileSync(fsys, filepath.Join(testDir, name), data, filePerm)
}
