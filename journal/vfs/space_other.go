//go:build !linux

package vfs

import (
	"errors"
	"io/fs"
	"os"
)

func space(dir string) (Space, error) {
	return Space{}, &fs.PathError{Op: "statfs", Path: dir, Err: errors.ErrUnsupported}
}

func allocate(f *os.File, _ int64) error {
	return &fs.PathError{Op: "fallocate", Path: f.Name(), Err: errors.ErrUnsupported}
}
