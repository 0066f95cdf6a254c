package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// cutDisk is a file system in a file, of which the power can be cut.
type cutDisk struct {
	kind  cutDiskKind
	image string
	at    string // where it is mounted
}

// cutDiskKind is a file system and how it is mounted.
type cutDiskKind struct {
	name    string
	make    []string // the command that makes it, without the file
	options string   // of the mount
	bytes   int64
	honest  bool // a sync during a cut after the log never returns as if it had been made
}

// cutDiskKinds returns the file systems that are tried. Between two commits of
// ext4's journal lies a second or a quarter of an hour: the latter is sure to keep
// nothing that was not synced.
func cutDiskKinds() []cutDiskKind {
	ext4 := []string{"mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1"}
	return []cutDiskKind{
		{"ext4 data=ordered commit=1", ext4, "data=ordered,commit=1", 320 << 20, false},
		{"ext4 data=writeback commit=1000", ext4, "data=writeback,commit=1000", 320 << 20, false},
		{"ext4 nodelalloc commit=1000", ext4, "nodelalloc,commit=1000", 320 << 20, false},
		{"xfs", []string{"mkfs.xfs", "-q", "-f"}, "noquota", 320 << 20, true},
	}
}

// known reports whether this machine can make such a file system, and says so if not.
func (k *cutDiskKind) known(t *testing.T) bool {
	t.Helper()
	_, err := exec.LookPath(k.make[0])
	if err != nil {
		t.Logf("%s is not tried: there is no %s", k.name, k.make[0])
	}
	return err == nil
}

// newCutDisk makes a file system in a directory and mounts it. In the end it is
// unmounted, whatever has happened.
func newCutDisk(t *testing.T, kind cutDiskKind, dir string) *cutDisk {
	t.Helper()
	d := &cutDisk{kind: kind, image: filepath.Join(dir, "image"), at: filepath.Join(dir, "mount")}
	err := os.Mkdir(d.at, 0o700)
	if err == nil {
		err = os.WriteFile(d.image, nil, 0o600)
	}
	if err == nil {
		err = os.Truncate(d.image, kind.bytes) // it is sparse
	}
	if err == nil {
		err = runTool(append(kind.make, d.image)...)
	}
	if err == nil {
		err = d.mount()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if syscall.Unmount(d.at, 0) != nil {
			_ = syscall.Unmount(d.at, syscall.MNT_DETACH) // it is not mounted, or something holds it
		}
	})
	return d
}

// memoryDir returns a directory in memory: what lies under the file systems whose
// power is cut is not cut, and need not be slow.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2g,mode=700"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func runTool(args ...string) error {
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// mount mounts it over a loop device, which ends with the mount.
func (d *cutDisk) mount() error {
	return runTool("mount", "-o", "loop,"+d.kind.options, d.image, d.at)
}

// What the shutdown of a file system does first.
const (
	cutAfterLog  = 1 // the journal of the file system is written out
	cutWithNoLog = 2 // nothing is
)

// cut has the file system stop at once, as when the power fails: what is not on the
// disk by then never will be, and every call from now on fails.
func (d *cutDisk) cut(flag uint32) error {
	const shutdown = 0x8004587D // EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN
	f, err := os.Open(d.at)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flag))); errno != 0 {
		return fmt.Errorf("shut %s down: %w", d.at, errno)
	}
	return nil
}

// restore has the power come back. Nobody may use the file system any more.
func (d *cutDisk) restore() error {
	// A process that is being started elsewhere has our files until it runs its program.
	const tries, pause = 100, 10 * time.Millisecond
	err := syscall.Unmount(d.at, 0)
	for n := 0; errors.Is(err, syscall.EBUSY) && n < tries; n++ {
		time.Sleep(pause)
		err = syscall.Unmount(d.at, 0)
	}
	if err != nil {
		return fmt.Errorf("unmount %s: %w", d.at, err)
	}
	return d.mount()
}
