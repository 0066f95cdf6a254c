package vfs

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"syscall"
)

func space(dir string) (Space, error) {
	var s syscall.Statfs_t
	for {
		err := syscall.Statfs(dir, &s)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return Space{}, &fs.PathError{Op: "statfs", Path: dir, Err: err}
		}
		break
	}
	block := uint64(max(s.Frsize, 1))
	if s.Frsize == 0 {
		block = uint64(max(s.Bsize, 1))
	}
	room := Space{Bytes: inBytes(s.Bavail, block), Size: inBytes(s.Blocks, block), Files: -1}
	if s.Files > 0 { // else it makes them as they are needed
		room.Files = int64(min(s.Ffree, math.MaxInt64))
	}
	return room, nil
}

// inBytes returns the size of some blocks, as far as it can be told.
func inBytes(blocks, block uint64) int64 {
	if blocks >= math.MaxInt64/block {
		return math.MaxInt64
	}
	return int64(blocks * block)
}

func allocate(f *os.File, size int64) error {
	for {
		err := syscall.Fallocate(int(f.Fd()), 0, 0, size)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR): // tmpfs gives up for any signal
			continue
		case errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOSYS):
			err = errors.ErrUnsupported
		}
		return &fs.PathError{Op: "fallocate", Path: f.Name(), Err: err}
	}
}
