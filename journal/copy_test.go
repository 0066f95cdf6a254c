package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// copyDir is where copies in memory go.
const copyDir = "copy/journal"

// copied copies the journal in memory.
func copied(t *testing.T, fsys vfs.FS) Report {
	t.Helper()
	if err := vfs.MkdirSync(fsys, copyDir, dirPerm); err != nil {
		t.Fatal(err)
	}
	report, err := copyJournal(fsys, copyDir, testDir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestCopy copies journals that are closed, open, torn by a crash, retained and empty: the copy has every whole frame, is closed,
// survives a power cut, and can be written to.
func TestCopy(t *testing.T) {
	const frames = 40
	write := func(fsys *vfs.Mem, n int) *Writer {
		w, err := Open(testDir, memOptions(fsys))
		if err != nil {
			t.Fatal(err)
		}
		appendFrames(t, w, 1, n)
		return w
	}
	for _, c := range []struct {
		name        string
		first, last int
		make        func() *vfs.Mem
	}{
		{"closed", 1, frames, func() *vfs.Mem { return memJournal(t, frames, true) }},
		{"open", 1, frames, func() *vfs.Mem { fsys := vfs.NewMem(); write(fsys, frames); return fsys }},
		{"torn", 1, frames - 1, func() *vfs.Mem {
			fsys := vfs.NewMem()
			w := write(fsys, frames)
			f, err := fsys.OpenFile(filepath.Join(testDir, w.tail), os.O_WRONLY, filePerm)
			if err == nil && w.filled == 0 {
				t.Fatal("the newest segment is empty")
			}
			if err := errors.Join(err, f.Truncate(w.filled-9), f.Close()); err != nil {
				t.Fatal(err)
			}
			return fsys
		}},
		{"retained", 0, frames, func() *vfs.Mem {
			fsys := vfs.NewMem()
			half := testFrame(frames / 2)
			if err := write(fsys, frames).RemoveBefore(half.FirstSeq); err != nil {
				t.Fatal(err)
			}
			return fsys
		}},
		{"empty", 1, 0, func() *vfs.Mem { return memJournal(t, 0, true) }},
		{"empty and open", 1, 0, func() *vfs.Mem { fsys := vfs.NewMem(); write(fsys, 0); return fsys }},
	} {
		fsys := c.make()
		before := fmt.Sprint(contents(t, fsys))
		report := copied(t, fsys)
		if c.first == 0 {
			starts, err := Outline(fsys, testDir)
			if err != nil || starts[0].Name == segmentName(1) {
				t.Fatal(starts, err)
			}
			for c.first = 1; testFrame(c.first).FirstSeq < starts[0].FirstSeq; {
				c.first++
			}
		}
		if got := fmt.Sprint(contents(t, fsys)); got != before {
			t.Errorf("%s: the source has changed", c.name)
		}
		if want := max(0, c.last-c.first+1); report.Frames != uint64(want) || !report.Clean || report.Torn != "" {
			t.Errorf("%s: the copy is %+v, want %d frames", c.name, report, want)
		}
		o := memOptions(fsys.CrashClone(nil))
		r, err := OpenReader(copyDir, ReaderOptions{FS: o.FS})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var f Frame
		for n := c.first; n <= c.last; n++ {
			if err := r.Next(&f); err != nil {
				t.Fatalf("%s: frame %d: %v", c.name, n, err)
			}
			checkFrame(t, &f, n)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		w, err := Open(copyDir, o)
		if err != nil {
			t.Fatalf("%s: open the copy: %v", c.name, err)
		}
		appendFrames(t, w, c.last+1, c.last+3)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if again, err := verify(o.FS, copyDir, nil, true); err != nil || again.Frames != report.Frames+3 || again.ID != report.ID {
			t.Errorf("%s: after going on: %+v, %v", c.name, again, err)
		}
	}
}

// TestCopyRefuses copies what cannot be copied, and where nothing may be.
func TestCopyRefuses(t *testing.T) {
	fsys := memJournal(t, 20, true)
	for _, dir := range []string{copyDir, testDir} {
		if err := vfs.MkdirSync(fsys, copyDir, dirPerm); err != nil {
			t.Fatal(err)
		}
		if dir == copyDir {
			if err := vfs.WriteFileSync(fsys, filepath.Join(copyDir, "notes"), nil, filePerm); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := copyJournal(fsys, dir, testDir, nil); err == nil || !strings.Contains(err.Error(), dir+" is not empty") {
			t.Errorf("copy to %s: %v", dir, err)
		}
	}
	const fresh = "fresh/journal"
	if err := fsys.MkdirAll(fresh, dirPerm); err != nil {
		t.Fatal(err)
	}
	if _, err := copyJournal(fsys, fresh, "nowhere", nil); !errors.Is(err, ErrNoJournal) {
		t.Errorf("copy of nothing: %v", err)
	}
	name := filepath.Join(testDir, segmentName(1))
	b, err := vfs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	b[60] ^= 4
	if err := vfs.WriteFileSync(fsys, name, b, filePerm); err != nil {
		t.Fatal(err)
	}
	_, err = copyJournal(fsys, fresh, testDir, nil)
	if corrupt, ok := errors.AsType[*CorruptError](err); !ok || corrupt.File != name {
		t.Errorf("copy of a damaged journal: %v", err)
	}
}

// TestCopyDiskErrors has the disk fail at each operation on the copy, once: the copy says so and is not what a journal is, or, when the error
// came while it was verified, is one.
func TestCopyDiskErrors(t *testing.T) {
	for step := 1; ; step++ {
		fsys := memJournal(t, 12, true)
		if err := vfs.MkdirSync(fsys, copyDir, dirPerm); err != nil {
			t.Fatal(err)
		}
		n := 0
		faulty := vfs.NewFaulty(fsys, func(op vfs.Op) error {
			if strings.HasPrefix(op.Name, copyDir) {
				if n++; n == step {
					return vfs.ErrInjected
				}
			}
			return nil
		})
		_, err := copyJournal(faulty, copyDir, testDir, nil)
		if n < step {
			if err != nil {
				t.Fatalf("without an error: %v", err)
			}
			if step < 30 {
				t.Errorf("only %d operations were made to fail", step-1)
			}
			return
		}
		if !errors.Is(err, vfs.ErrInjected) {
			t.Fatalf("operation %d fails: %v", step, err)
		}
	}
}

// TestCopyBesideWriter copies a journal again and again while it is written and its old segments are removed: every copy is whole and reaches
// to what was durable when it began.
func TestCopyBesideWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	w, err := Open(dir, Options{SegmentBytes: 3000})
	if err != nil {
		t.Fatal(err)
	}
	var durable atomic.Uint64
	var stop atomic.Bool
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 1; !stop.Load(); n++ {
			f := testFrame(n)
			if err := errors.Join(w.Append(&f), w.Sync()); err != nil {
				t.Error(err)
				return
			}
			durable.Store(f.LastSeq())
			if n%50 == 0 {
				keep := testFrame(n - 40)
				if err := w.RemoveBefore(keep.FirstSeq); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	removed := 0
	for n := range 60 {
		dst := filepath.Join(t.TempDir(), strconv.Itoa(n))
		if err := os.Mkdir(dst, dirPerm); err != nil {
			t.Fatal(err)
		}
		least := durable.Load()
		report, err := Copy(dst, dir, nil)
		if err != nil {
			t.Fatalf("copy %d: %v", n, err)
		}
		if report.LastSeq < least || !report.Clean {
			t.Fatalf("copy %d ends with %d, %d was durable: %+v", n, report.LastSeq, least, report)
		}
		if report.FirstSeq > 1 {
			removed++
		}
		if _, err := Verify(dst, nil); err != nil {
			t.Fatalf("copy %d: %v", n, err)
		}
	}
	stop.Store(true)
	writing.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if removed == 0 {
		t.Error("no copy was of a journal that had lost segments")
	}
}

// TestOutline holds the beginnings of the segments against what reading everything says of them.
func TestOutline(t *testing.T) {
	for _, n := range []int{0, 1, 40} {
		fsys := memJournal(t, n, n != 1)
		starts, err := Outline(fsys, testDir)
		if err != nil {
			t.Fatal(err)
		}
		report, err := verify(fsys, testDir, nil, true)
		if err != nil || len(starts) != len(report.Segments) {
			t.Fatalf("%d segments, want %d, %v", len(starts), len(report.Segments), err)
		}
		for i, s := range report.Segments {
			if want := (SegmentStart{s.Name, s.Bytes, s.FirstSeq, s.FirstTime}); starts[i] != want {
				t.Errorf("%+v, want %+v", starts[i], want)
			}
		}
	}
}
