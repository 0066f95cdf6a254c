package rivals

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// smallDiskBytes is the size of the disks that are filled.
const smallDiskBytes = 32 << 20

// smallDisk makes a small file system and mounts it, until the test ends.
func smallDisk(t *testing.T, kind string) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "mount")
	err := os.Mkdir(at, 0o700)
	switch {
	case err != nil:
	case kind == "tmpfs":
		err = syscall.Mount("tmpfs", at, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", smallDiskBytes))
	default:
		image := filepath.Join(dir, "image")
		if err = errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, smallDiskBytes)); err != nil {
			break
		}
		for _, args := range [][]string{{"mkfs.ext4", "-q", "-F", image}, {"mount", "-o", "loop", image, at}} {
			if out, cerr := exec.Command(args[0], args[1:]...).CombinedOutput(); cerr != nil && err == nil {
				err = fmt.Errorf("%v: %w: %s", args, cerr, out)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if syscall.Unmount(at, 0) != nil {
			_ = syscall.Unmount(at, syscall.MNT_DETACH) // something holds it
		}
	})
	return at
}

// fillDisk writes a file until there is no room for it to grow.
func fillDisk(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // that there is no room is what is wanted
	for buf := make([]byte, 1<<20); len(buf) >= 512; {
		_, err := f.Write(buf)
		switch {
		case errors.Is(err, syscall.ENOSPC):
			buf = buf[:len(buf)/2]
		case err != nil:
			t.Fatal(err)
		}
	}
}

// await waits for something, for as long as that may take.
func await(t *testing.T, what func() bool) bool {
	t.Helper()
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if what() {
			return true
		}
	}
	return false
}

// fullAndFree has a store append until the disk is full, and go on when there is room
// again; then its process is killed, and the store read. It returns what became of it,
// and how many records were acknowledged after the disk was full.
func fullAndFree(t *testing.T, kind, disk string) (o Outcome, acked, after uint64) {
	t.Helper()
	const some = 50
	dir, filler := filepath.Join(disk, "store"), filepath.Join(disk, "filler")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w := startWriter(t, WriterOptions{Kind: kind, Dir: dir, GoesOn: true})
	if !await(t, func() bool { return w.Acked() > some }) {
		t.Fatal("nothing is acknowledged")
	}
	fillDisk(t, filler)
	if !await(t, func() bool { return len(w.Errors()) > 0 }) {
		t.Fatalf("the disk is full, and %d records are acknowledged", w.Acked())
	}
	at := w.Acked()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return w.Acked() > at+some }) // if it does not go on, that is its answer
	w.Kill()
	if _, err := w.Wait(); err == nil {
		t.Error("it ended by itself")
	}
	acked = w.Acked()
	o, err := ReadApart(kind, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	return o, acked, acked - at
}

// TestPromiseDiskFull has the disk of a store fill up, and frees it again, while a
// program appends that goes on after an error, as one may that sees that there is room
// again. Then all that was acknowledged has to be there.
//
// The stores have no reserve and refuse nothing before the disk is full: what counts
// here is only whether what they acknowledge can be read.
func TestPromiseDiskFull(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			p := promise.BeginOf(t, "D10", kind)
			p.NeedDisks()
			var lost, after uint64
			cycles, refused, silent := promise.Scale(1, 5, 250), 0, 0
			for _, fs := range []string{"ext4", "tmpfs"} {
				disk := smallDisk(t, fs)
				for range cycles {
					o, acked, more := fullAndFree(t, kind, disk)
					lost, after = lost+o.Lost(acked), after+more
					broken := 0
					if o.Broken(acked) {
						broken = 1
						t.Logf("%s: %d acknowledged, %d of them after the disk was full: %v", fs, acked, more, &o)
					}
					if o.Refused != "" {
						refused++
					} else {
						silent += broken
					}
					p.Add(1, broken)
				}
			}
			p.Note(fmt.Sprintf("%d acknowledged records lost, %d were acknowledged after the disk was full; %d times it could not be read any more, %d times that is not told",
				lost, after, refused, silent))
		})
	}
}
