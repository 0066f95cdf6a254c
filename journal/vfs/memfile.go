package vfs

import (
	"io"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"
)

// memFile is an open file of a Mem.
type memFile struct {
	fs       *Mem
	node     *node
	name     string
	at       int64
	atEnd    bool // every write goes to the end
	hasLock  bool
	isClosed bool
}

// check returns the error of an operation on a closed file.
func (f *memFile) check(op string) error {
	if f.isClosed {
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrClosed}
	}
	return nil
}

func (f *memFile) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil // the end is told by the next call
	}
	return n, err
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("read"); err != nil {
		return 0, err
	}
	if f.node.dir {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrInvalid}
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) Write(p []byte) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("write"); err != nil {
		return 0, err
	}
	if f.atEnd {
		f.at = int64(len(f.node.data))
	}
	fits := f.room(p)
	f.node.write(int(f.at), p[:fits])
	f.at += int64(fits)
	if fits < len(p) {
		return fits, &fs.PathError{Op: "write", Path: f.name, Err: syscall.ENOSPC}
	}
	return fits, nil
}

// room returns how many bytes of p there is space for.
func (f *memFile) room(p []byte) int {
	if f.fs.limit == 0 {
		return len(p)
	}
	have := int64(len(f.node.data))
	free := max(0, f.fs.limit-f.fs.root.bytes())
	return int(max(0, min(int64(len(p)), have+free-f.at)))
}

func (f *memFile) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("truncate"); err != nil {
		return err
	}
	f.node.resize(int(size))
	return nil
}

func (f *memFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("sync"); err != nil {
		return err
	}
	f.node.sync()
	return nil
}

// syncFailed is a Sync that the disk refused.
func (f *memFile) syncFailed() {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.node.syncFailed()
}

func (f *memFile) Close() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("close"); err != nil {
		return err
	}
	f.isClosed = true
	if f.hasLock {
		f.node.locked = false
	}
	return nil
}

func (f *memFile) TryLock() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.node.locked {
		return ErrLocked
	}
	f.node.locked, f.hasLock = true, true
	return nil
}

func (f *memFile) Stat() (fs.FileInfo, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return f.node.info(f.name), f.check("stat")
}

func (n *node) info(name string) fs.FileInfo {
	return memInfo{name: filepath.Base(name), size: int64(len(n.data)), dir: n.dir}
}

type memInfo struct {
	name string
	size int64
	dir  bool
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }

func (i memInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
