package journal

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// TestDiskFull fills a real disk, frees it, and expects that the writer does not go on, although tidwall/wal would.
func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("cannot mount a small disk, which needs root: %v", err)
	}
	t.Cleanup(func() {
		// After an error the log stays open until the process ends, so the disk is busy.
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 64<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(disk, "journal")
	w, err := Open(dir, Options{SegmentBytes: 32 << 10})
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	var full error
	for n := 1; full == nil && n < 10_000; n++ {
		f := testFrame(n)
		if full = errors.Join(w.Append(&f), w.Sync()); full == nil {
			acknowledged = n
		}
	}
	if !errors.Is(full, syscall.ENOSPC) || acknowledged < 100 {
		t.Fatalf("after %d frames: %v", acknowledged, full)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	f := testFrame(acknowledged + 1)
	if err := w.Append(&f); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("append after space came back: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("close after space came back: %v", err)
	}
	if w, err = Open(dir, Options{SegmentBytes: 32 << 10}); err != nil {
		t.Fatal(err)
	}
	got := int(w.Frames())
	if got < acknowledged || got > acknowledged+1 {
		t.Errorf("%d frames after %d were acknowledged", got, acknowledged)
	}
	appendFrames(t, w, got+1, got+10)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := readFrames(t, vfs.OS(), dir); n != got+10 {
		t.Errorf("%d frames, want %d", n, got+10)
	}
}
