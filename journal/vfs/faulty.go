package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// ErrInjected is the error of an operation that Faulty made fail.
var ErrInjected = errors.New("injected fault")

// Op is one operation on a file system.
type Op struct {
	N int // from 1, in order
	// Kind is "open", "rename", "remove", "readdir", "mkdir", "stat" or "syncdir", and of an open file "read", "write", "sync",
	// "truncate", "stat", "lock" or "close".
	Kind  string
	Name  string // the file or directory; of a rename the old name
	To    string // of a rename the new name
	Flag  int    // of an open
	Bytes int    // of a write
}

// Changes reports whether the operation can change what is, or what is durable: a power cut before it and one after it can leave
// different things.
func (o *Op) Changes() bool {
	switch o.Kind {
	case "open":
		return o.Flag&(os.O_CREATE|os.O_TRUNC) != 0
	case "rename", "remove", "mkdir", "syncdir", "write", "sync", "truncate":
		return true
	}
	return false
}

// A ShortWrite is the error of a write that writes its first bytes.
type ShortWrite struct {
	Bytes int
	Err   error
}

// Error implements error.
func (e *ShortWrite) Error() string { return fmt.Sprintf("%v after %d bytes", e.Err, e.Bytes) }

// Unwrap returns why the rest was not written.
func (e *ShortWrite) Unwrap() error { return e.Err }

// Faulty is a file system whose operations fail when told to. A failing write writes the first half of its bytes, or as many as
// its *ShortWrite says; every other failing operation does nothing, and a failing close still closes. A failing sync of a file of
// a Mem puts in doubt what it was about, also after a later one that succeeds.
type Faulty struct {
	fs   FS
	fail func(Op) error

	mu sync.Mutex // guards n
	n  int
}

// NewFaulty wraps fsys. Fail is asked before each operation and returns the error it shall have, or nil.
func NewFaulty(fsys FS, fail func(Op) error) *Faulty { return &Faulty{fs: fsys, fail: fail} }

// FailOnce makes operation n fail, counted from 1.
func FailOnce(n int) func(Op) error {
	return func(op Op) error {
		if op.N == n {
			return ErrInjected
		}
		return nil
	}
}

// FailFrom makes operation n and all after it fail.
func FailFrom(n int) func(Op) error {
	return func(op Op) error {
		if op.N >= n {
			return ErrInjected
		}
		return nil
	}
}

// Ops returns how many operations there have been.
func (f *Faulty) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func (f *Faulty) step(kind, name string) error { return f.ask(Op{Kind: kind, Name: name}) }

func (f *Faulty) ask(op Op) error {
	f.mu.Lock()
	f.n++
	op.N = f.n
	f.mu.Unlock()
	if err := f.fail(op); err != nil {
		return &fs.PathError{Op: op.Kind, Path: op.Name, Err: err}
	}
	return nil
}

// OpenFile implements FS.
func (f *Faulty) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if err := f.ask(Op{Kind: "open", Name: name, Flag: flag}); err != nil {
		return nil, err
	}
	file, err := f.fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file: file, fs: f, name: name}, nil
}

// Rename implements FS.
func (f *Faulty) Rename(oldName, newName string) error {
	if err := f.ask(Op{Kind: "rename", Name: oldName, To: newName}); err != nil {
		return err
	}
	return f.fs.Rename(oldName, newName)
}

// Remove implements FS.
func (f *Faulty) Remove(name string) error {
	if err := f.step("remove", name); err != nil {
		return err
	}
	return f.fs.Remove(name)
}

// ReadDir implements FS.
func (f *Faulty) ReadDir(name string) ([]string, error) {
	if err := f.step("readdir", name); err != nil {
		return nil, err
	}
	return f.fs.ReadDir(name)
}

// MkdirAll implements FS.
func (f *Faulty) MkdirAll(name string, perm fs.FileMode) error {
	if err := f.step("mkdir", name); err != nil {
		return err
	}
	return f.fs.MkdirAll(name, perm)
}

// Stat implements FS.
func (f *Faulty) Stat(name string) (fs.FileInfo, error) {
	if err := f.step("stat", name); err != nil {
		return nil, err
	}
	return f.fs.Stat(name)
}

// SyncDir implements FS.
func (f *Faulty) SyncDir(name string) error {
	if err := f.step("syncdir", name); err != nil {
		return err
	}
	return f.fs.SyncDir(name)
}

type faultyFile struct {
	file File
	fs   *Faulty
	name string
}

func (f *faultyFile) Read(p []byte) (int, error) {
	if err := f.fs.step("read", f.name); err != nil {
		return 0, err
	}
	return f.file.Read(p)
}

func (f *faultyFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.step("read", f.name); err != nil {
		return 0, err
	}
	return f.file.ReadAt(p, off)
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.fs.ask(Op{Kind: "write", Name: f.name, Bytes: len(p)}); err != nil {
		fits := len(p) / 2
		if short, ok := errors.AsType[*ShortWrite](err); ok {
			fits = min(short.Bytes, len(p))
		}
		n, werr := f.file.Write(p[:fits])
		return n, errors.Join(err, werr)
	}
	return f.file.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.fs.step("sync", f.name); err != nil {
		if m, ok := f.file.(*memFile); ok {
			m.syncFailed()
		}
		return err
	}
	return f.file.Sync()
}

func (f *faultyFile) Truncate(size int64) error {
	if err := f.fs.step("truncate", f.name); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

func (f *faultyFile) Close() error {
	return errors.Join(f.fs.step("close", f.name), f.file.Close())
}

func (f *faultyFile) Stat() (fs.FileInfo, error) {
	if err := f.fs.step("stat", f.name); err != nil {
		return nil, err
	}
	return f.file.Stat()
}

func (f *faultyFile) TryLock() error {
	l, ok := f.file.(Locker)
	if !ok {
		return errors.New("vfs: the wrapped file cannot be locked")
	}
	if err := f.fs.step("lock", f.name); err != nil {
		return err
	}
	return l.TryLock()
}
