package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// fullDisk is a small file system that tests fill up.
type fullDisk struct {
	t  *testing.T
	at string
}

// fullDiskBytes is how large it is, and fullDiskFiles how many files it can have.
const (
	fullDiskBytes = 96 << 20
	fullDiskFiles = 2048
)

// newFullDisk makes one, ext4 on a loop device or tmpfs, and mounts it. Nothing of it is
// kept for root, who runs these tests: it is full for all. In the end it is unmounted,
// whatever has happened.
func newFullDisk(t *testing.T, kind string) *fullDisk {
	t.Helper()
	dir := t.TempDir()
	d := &fullDisk{t: t, at: filepath.Join(dir, "mount")}
	err := os.Mkdir(d.at, 0o700)
	if err == nil && kind == "tmpfs" {
		err = syscall.Mount("tmpfs", d.at, "tmpfs", 0, fmt.Sprintf("size=%d,nr_inodes=%d,mode=700", fullDiskBytes, fullDiskFiles))
	}
	if err == nil && kind == "ext4" {
		image := filepath.Join(dir, "image")
		err = errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, fullDiskBytes)) // it is sparse
		if err == nil {
			err = runTool("mkfs.ext4", "-q", "-F", "-m", "0", "-N", strconv.Itoa(fullDiskFiles), image)
		}
		if err == nil {
			err = runTool("mount", "-o", "loop", image, d.at)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if syscall.Unmount(d.at, 0) != nil {
			_ = syscall.Unmount(d.at, syscall.MNT_DETACH) // something holds it
		}
	})
	return d
}

func (d *fullDisk) filler() string { return filepath.Join(d.at, "filler") }

// fill takes all bytes that are free now, by writing or at once, and none of those that
// become free meanwhile. It returns how many it took.
func (d *fullDisk) fill(byWriting bool) (taken int64) {
	d.t.Helper()
	s := d.stat()
	want := int64(s.Bavail * uint64(s.Bsize))
	f, err := os.OpenFile(d.filler(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // a write that fails is what is wanted
	info, err := f.Stat()
	if err != nil {
		d.t.Fatal(err)
	}
	before := info.Size()
	buf := make([]byte, 1<<20)
	for size := int64(len(buf)); size >= 4<<10 && taken < want; {
		if !byWriting {
			if err := allocateMore(f, size); err == nil {
				taken += size
				continue
			}
		} else if n, err := f.Write(buf[:size]); err == nil {
			taken += int64(n)
			continue
		}
		size /= 4
	}
	if info, err = f.Stat(); err != nil {
		d.t.Fatal(err)
	}
	return info.Size() - before
}

// allocateMore makes a file longer by so many bytes.
func allocateMore(f *os.File, size int64) error {
	info, err := f.Stat()
	for err == nil {
		if err = syscall.Fallocate(int(f.Fd()), 0, info.Size(), size); !errors.Is(err, syscall.EINTR) {
			return err
		}
		err = nil
	}
	return err
}

func (d *fullDisk) stat() (s syscall.Statfs_t) {
	d.t.Helper()
	if err := syscall.Statfs(d.at, &s); err != nil {
		d.t.Fatal(err)
	}
	return s
}

// fillFiles takes all files that can be made now.
func (d *fullDisk) fillFiles() (taken uint64) {
	d.t.Helper()
	s := d.stat()
	if err := os.MkdirAll(d.filler(), 0o700); err != nil {
		d.t.Fatal(err)
	}
	for ; taken < s.Ffree; taken++ {
		f, err := os.OpenFile(filepath.Join(d.filler(), strconv.FormatInt(time.Now().UnixNano(), 10)), os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return taken
		}
		_ = f.Close()
	}
	return taken
}

// grab takes what becomes free again and again, as a program does that tries to go on.
func (d *fullDisk) grab(length time.Duration) {
	d.t.Helper()
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(time.Millisecond) {
		d.fill(false)
	}
}

// free gives back what was taken.
func (d *fullDisk) free() {
	d.t.Helper()
	if err := os.RemoveAll(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}
