package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"path/filepath"
	"testing"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// testDir is where the journals in memory lie.
const testDir = "data/journal"

// smallSegments makes segments of a few frames.
const smallSegments = 700

func memOptions(fsys vfs.FS) Options {
	return Options{FS: fsys, OpenLog: LogOn(fsys), SegmentBytes: smallSegments, Derivation: 7, Config: 0xc0ffee}
}

// frame returns the n-th frame, from 1, of the one stream of frames that all tests write. Its payload tells it from all others.
func testFrame(n int) Frame {
	seq := uint64(1)
	for i := 1; i < n; i++ {
		seq += uint64(1 + i%3)
	}
	raw := fmt.Appendf(nil, "frame %d:", n)
	for i := range n * 7 % 50 {
		raw = append(raw, byte(n*31+i*17))
	}
	return Frame{
		FirstSeq: seq, Commands: uint32(1 + n%3), Events: uint32(n % 5),
		FirstTime: int64(n) * 1000, LastTime: int64(n)*1000 + 999, Digest: uint64(n) * 0x9e3779b97f4a7c15, Raw: raw,
	}
}

// appendFrames appends the frames from through to, each made durable on its own, and does not close.
func appendFrames(tb testing.TB, w *Writer, from, to int) {
	tb.Helper()
	for n := from; n <= to; n++ {
		f := testFrame(n)
		if err := w.Append(&f); err != nil {
			tb.Fatalf("append frame %d: %v", n, err)
		}
		if err := w.Sync(); err != nil {
			tb.Fatalf("sync frame %d: %v", n, err)
		}
	}
}

// memJournal returns a file system with a journal of n frames, closed or as a crash leaves it.
func memJournal(tb testing.TB, n int, closed bool) *vfs.Mem {
	tb.Helper()
	fsys := vfs.NewMem()
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		tb.Fatal(err)
	}
	appendFrames(tb, w, 1, n)
	if !closed {
		return fsys.CrashClone(nil)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return fsys.CrashClone(nil)
}

// groupedFrames is the size of groupJournal, and groupedSynced its last frame that a header promises.
const (
	groupedFrames = 8
	groupedSynced = 4
)

// groupJournal returns a file system with a journal in one segment, as a crash leaves it: four frames with a Sync each, then
// four with one Sync for all. All eight are durable.
func groupJournal(tb testing.TB) *vfs.Mem {
	tb.Helper()
	fsys := vfs.NewMem()
	o := memOptions(fsys)
	o.SegmentBytes = DefaultSegmentBytes
	w, err := Open(testDir, o)
	if err != nil {
		tb.Fatal(err)
	}
	appendFrames(tb, w, 1, groupedSynced)
	for n := groupedSynced + 1; n <= groupedFrames; n++ {
		f := testFrame(n)
		if err := w.Append(&f); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Sync(); err != nil {
		tb.Fatal(err)
	}
	return fsys.CrashClone(nil)
}

// readFrames returns how many frames of the stream the journal holds, and fails if they are anything else.
func readFrames(tb testing.TB, fsys vfs.FS, dir string) int {
	tb.Helper()
	r, err := OpenReader(dir, ReaderOptions{FS: fsys, Warn: func(s string) { tb.Errorf("reader warns: %s", s) }})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	}()
	n := 0
	var f Frame
	for {
		err := r.Next(&f)
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			tb.Fatal(err)
		}
		n++
		checkFrame(tb, &f, n)
	}
}

func checkFrame(tb testing.TB, f *Frame, n int) {
	tb.Helper()
	want := testFrame(n)
	if f.Index != uint64(n) || f.FirstSeq != want.FirstSeq || f.Commands != want.Commands || f.Events != want.Events ||
		f.FirstTime != want.FirstTime || f.LastTime != want.LastTime || f.Digest != want.Digest || string(f.Raw) != string(want.Raw) {
		tb.Fatalf("frame %d is %+v, want %+v", n, *f, want)
	}
}

// readAll, writeAll and names work on the files of a journal in memory.
func readAll(tb testing.TB, fsys vfs.FS, name string) []byte {
	tb.Helper()
	b, err := vfs.ReadFile(fsys, filepath.Join(testDir, name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func writeAll(tb testing.TB, fsys vfs.FS, name string, data []byte) {
	tb.Helper()
	if err := vfs.WriteFileSync(fsys, filepath.Join(testDir, name), data, filePerm); err != nil {
		tb.Fatal(err)
	}
}

func remove(tb testing.TB, fsys vfs.FS, name string) {
	tb.Helper()
	if err := fsys.Remove(filepath.Join(testDir, name)); err != nil {
		tb.Fatal(err)
	}
}

func segmentNames(tb testing.TB, fsys vfs.FS) []string {
	tb.Helper()
	segments, err := listSegments(fsys, testDir)
	if err != nil {
		tb.Fatal(err)
	}
	names := make([]string, len(segments))
	for i, s := range segments {
		names[i] = segmentName(s)
	}
	return names
}

// entries returns where each frame lies: the segment and the offset of its end, for frame n at index n-1.
type place struct {
	segment    string
	start, end int
	seq        uint64
}

func places(tb testing.TB, fsys vfs.FS) []place {
	tb.Helper()
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	if err != nil {
		tb.Fatal(err)
	}
	var ps []place
	var f Frame
	for {
		err := r.Next(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tb.Fatal(err)
		}
		ps = append(ps, place{f.Segment, int(f.Offset), int(f.Offset) + f.StoredBytes, f.FirstSeq})
	}
	if err := r.Close(); err != nil {
		tb.Fatal(err)
	}
	return ps
}

// seal makes the last four bytes of b the checksum of the others.
func seal(b []byte) {
	binary.LittleEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[:len(b)-4], castagnoli))
}

// sampled yields the numbers from lo to below hi that a sweep tries: all of them, or samples under the race detector.
func sampled(lo, hi int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := lo; n < hi; n += sampling {
			if !yield(n) {
				return
			}
		}
	}
}
