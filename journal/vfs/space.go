package vfs

import (
	"errors"
	"syscall"
)

// Space is the room that a file system has for whoever is no administrator.
type Space struct {
	Bytes int64
	Files int64 // that can still be made; negative where there is no bound
	Size  int64 // of the whole file system, in bytes
}

// Below reports whether there is less than a mark of bytes or of files.
func (s Space) Below(mark Space) bool {
	return s.Bytes < mark.Bytes || s.Files >= 0 && s.Files < mark.Files
}

// Measurer is an FS that knows how much room it has. That of OS is one.
type Measurer interface {
	// Space returns the room of the file system that holds a directory, a quota of that directory included where the system tells
	// of it; a quota of the user is not. Where nothing tells, the error wraps errors.ErrUnsupported.
	Space(dir string) (Space, error)
}

// Allocator is a File that can take its room before it is written. Those of OS are.
type Allocator interface {
	// Allocate makes the file that long, and nobody else can have the room any more. Where the file system cannot do that, the
	// error wraps errors.ErrUnsupported.
	Allocate(size int64) error
}

func (osFS) Space(dir string) (Space, error) { return space(dir) }

func (f osFile) Allocate(size int64) error { return allocate(f.File, size) }

// NoRoom reports whether an error says that there is no room left, or that a quota is used up.
func NoRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
