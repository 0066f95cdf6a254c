package journal

import (
	"errors"
	"testing"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// TestRestartAfterFailedSync has a sync fail once, as a disk does that then works again: the system still shows what was written,
// takes it for clean, and the next sync succeeds without it. The process starts again, sees the frame, builds on it, and the
// power goes. What was acknowledged then must be there.
//
// It shows what the Writer does about it, on a model of a kernel; whether a kernel behaves so is for tests with real devices.
func TestRestartAfterFailedSync(t *testing.T) {
	for _, group := range []int{1, 3} { // frames for a sync
		disk := vfs.NewMem()
		failing := false
		fsys := vfs.NewFaulty(disk, func(op vfs.Op) error {
			if failing && op.Kind == "sync" {
				failing = false
				return vfs.ErrInjected
			}
			return nil
		})
		o := memOptions(fsys)
		o.SegmentBytes = DefaultSegmentBytes
		w, err := Open(testDir, o)
		if err != nil {
			t.Fatal(err)
		}
		appendFrames(t, w, 1, 4)
		for n := 5; n < 5+group; n++ {
			f := testFrame(n)
			if err := w.Append(&f); err != nil {
				t.Fatal(err)
			}
		}
		failing = true
		if err := w.Sync(); !errors.Is(err, vfs.ErrInjected) {
			t.Fatalf("sync: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if n := readFrames(t, disk.CrashClone(nil), testDir); n != 4 {
			t.Fatalf("%d frames are on the disk, want 4", n)
		}

		if w, err = Open(testDir, o); err != nil {
			t.Fatal(err)
		}
		n := int(w.last.index)
		if n != 4+group {
			t.Fatalf("%d frames are found, want %d", n, 4+group)
		}
		if got := readFrames(t, disk.CrashClone(nil), testDir); got != n {
			t.Errorf("after the restart %d frames are on the disk, want %d", got, n)
		}
		appendFrames(t, w, n+1, n+2)
		if got := readFrames(t, disk.CrashClone(nil), testDir); got != n+2 {
			t.Errorf("in the end %d frames are on the disk, want %d", got, n+2)
		}
	}
}
