package vfs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// An Event is the beginning or the end of an operation that changes something.
type Event struct {
	Op     Op
	Begins bool
	Mem    *Mem // what the model says at this moment; a copy
}

// Shadow is a file system whose operations below a directory are made in a Mem too, so that what a power cut leaves of the real
// one can be held against what the model allows. Operations elsewhere are only passed on.
//
// A power cut during an operation may leave what Mem.Allows of the Event of its beginning or of its end.
type Shadow struct {
	fs   FS
	root string

	mu   sync.Mutex // guards what follows; told is called with it held
	mem  *Mem
	n    int
	told func(Event)
}

// NewShadow wraps fsys for the directory root, of which everything that is there is taken to be durable. Told is called with the
// beginning and the end of each operation that changes something.
func NewShadow(fsys FS, root string, told func(Event)) (*Shadow, error) {
	s := &Shadow{fs: fsys, root: filepath.Clean(root), mem: NewMem(), told: told}
	tree, err := ReadTree(fsys, root)
	if err != nil {
		return nil, err
	}
	for name, data := range tree {
		if strings.HasSuffix(name, "/") {
			err = s.mem.MkdirAll(name, 0)
		} else if err = s.mem.MkdirAll(filepath.Dir(name), 0); err == nil {
			var f File
			if f, err = s.mem.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0); err == nil {
				_, err = f.Write(data)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("shadow %s: %w", root, err)
		}
	}
	s.mem = s.mem.Clone()
	return s, nil
}

// below returns a name as the model has it, and whether the model has it.
func (s *Shadow) below(name string) (string, bool) {
	rel, err := filepath.Rel(s.root, filepath.Clean(name))
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return rel, true
}

// do makes an operation, and then in the model when it has succeeded.
func (s *Shadow) do(op Op, disk, model func() error) error {
	_, in := s.below(op.Name)
	tell := in && op.Changes()
	if tell {
		op.N = s.event(op, true)
	}
	err := disk()
	if in && err == nil {
		if merr := model(); merr != nil {
			panic(fmt.Sprintf("vfs: the model refuses %s of %s: %v", op.Kind, op.Name, merr))
		}
	}
	if tell {
		s.event(op, false)
	}
	return err
}

// event tells about an operation and returns its number.
func (s *Shadow) event(op Op, begins bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if begins {
		s.n++
		op.N = s.n
	}
	s.told(Event{op, begins, s.mem.Fork()})
	return op.N
}

// OpenFile implements FS.
func (s *Shadow) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	var file, twin File
	err := s.do(Op{Kind: "open", Name: name, Flag: flag}, func() (err error) {
		file, err = s.fs.OpenFile(name, flag, perm)
		return err
	}, func() (err error) {
		rel, _ := s.below(name)
		twin, err = s.mem.OpenFile(rel, flag, perm)
		return err
	})
	if err != nil || twin == nil {
		return file, err
	}
	return &shadowFile{file: file, twin: twin.(*memFile), fs: s, name: name}, nil
}

// Rename implements FS.
func (s *Shadow) Rename(oldName, newName string) error {
	return s.do(Op{Kind: "rename", Name: oldName, To: newName},
		func() error { return s.fs.Rename(oldName, newName) },
		func() error {
			from, _ := s.below(oldName)
			to, _ := s.below(newName)
			return s.mem.Rename(from, to)
		})
}

// Remove implements FS.
func (s *Shadow) Remove(name string) error {
	return s.both("remove", name, s.fs.Remove, s.mem.Remove)
}

// MkdirAll implements FS.
func (s *Shadow) MkdirAll(name string, perm fs.FileMode) error {
	return s.both("mkdir", name,
		func(n string) error { return s.fs.MkdirAll(n, perm) },
		func(n string) error { return s.mem.MkdirAll(n, perm) })
}

// SyncDir implements FS.
func (s *Shadow) SyncDir(name string) error {
	return s.both("syncdir", name, s.fs.SyncDir, s.mem.SyncDir)
}

func (s *Shadow) both(kind, name string, disk, model func(string) error) error {
	return s.do(Op{Kind: kind, Name: name}, func() error { return disk(name) }, func() error {
		rel, _ := s.below(name)
		return model(rel)
	})
}

// ReadDir implements FS.
func (s *Shadow) ReadDir(name string) ([]string, error) { return s.fs.ReadDir(name) }

// Stat implements FS.
func (s *Shadow) Stat(name string) (fs.FileInfo, error) { return s.fs.Stat(name) }

// shadowFile is a file below the root.
type shadowFile struct {
	file File
	twin *memFile
	fs   *Shadow
	name string
}

func (f *shadowFile) Read(p []byte) (int, error) {
	n, err := f.file.Read(p)
	f.twin.at += int64(n)
	return n, err
}

func (f *shadowFile) ReadAt(p []byte, off int64) (int, error) { return f.file.ReadAt(p, off) }

func (f *shadowFile) Write(p []byte) (n int, err error) {
	op := Op{Kind: "write", Name: f.name, Bytes: len(p)}
	err = f.fs.do(op, func() (err error) {
		n, err = f.file.Write(p)
		if err != nil { // the model has what was written of it
			_, _ = f.twin.Write(p[:n])
		}
		return err
	}, func() error {
		_, err := f.twin.Write(p)
		return err
	})
	return n, err
}

func (f *shadowFile) Sync() error {
	return f.fs.do(Op{Kind: "sync", Name: f.name}, func() error {
		err := f.file.Sync()
		if err != nil {
			f.twin.syncFailed()
		}
		return err
	}, f.twin.Sync)
}

func (f *shadowFile) Truncate(size int64) error {
	return f.fs.do(Op{Kind: "truncate", Name: f.name},
		func() error { return f.file.Truncate(size) },
		func() error { return f.twin.Truncate(size) })
}

func (f *shadowFile) Close() error {
	return f.fs.do(Op{Kind: "close", Name: f.name}, f.file.Close, f.twin.Close)
}

func (f *shadowFile) Stat() (fs.FileInfo, error) { return f.file.Stat() }

// TryLock implements Locker, where the file that is wrapped does.
func (f *shadowFile) TryLock() error {
	l, ok := f.file.(Locker)
	if !ok {
		return &fs.PathError{Op: "lock", Path: f.name, Err: fs.ErrInvalid}
	}
	return l.TryLock()
}
