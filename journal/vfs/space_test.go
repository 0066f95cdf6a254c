package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What Allocate takes is no longer free, and shows in no other way than by the
// file's length.
func TestAllocateTakesRoom(t *testing.T) {
	dir := t.TempDir()
	m, ok := OS().(Measurer)
	if !ok {
		t.Fatal("OS is no Measurer")
	}
	before, err := m.Space(dir)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || before.Bytes <= 0 || before.Files == 0 || before.Size < before.Bytes {
		t.Fatalf("%+v, %v", before, err)
	}
	f, err := OS().OpenFile(filepath.Join(dir, "ballast"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	const size = 1 << 20
	err = f.(Allocator).Allocate(size)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil || info.Size() != size {
		t.Fatalf("%v, %v", info, err)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Blocks*512 < size {
		t.Errorf("%d blocks of 512 bytes are taken by a file of %d bytes", st.Blocks, size)
	}
	if _, err := m.Space(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the room of a directory that is not there: %v", err)
	}
}

func TestSpaceBelow(t *testing.T) {
	mark := Space{Bytes: 100, Files: 10}
	for s, want := range map[Space]bool{
		{Bytes: 100, Files: 10}: false, {Bytes: 99, Files: 10}: true, {Bytes: 100, Files: 9}: true,
		{Bytes: 100}: true, {Bytes: 100, Files: -1}: false, {Files: -1}: true,
	} {
		if got := s.Below(mark); got != want {
			t.Errorf("%+v below %+v: %v", s, mark, got)
		}
	}
}

func TestNoRoom(t *testing.T) {
	for err, want := range map[error]bool{
		fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}): true,
		syscall.EDQUOT: true,
		syscall.EFBIG:  false,
		syscall.EIO:    false,
	} {
		if got := NoRoom(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
