package vfs

import "io/fs"

// Rot is a byte of a file that reads as another one than was written, as on a disk
// that has forgotten it.
type Rot struct {
	Name  string // of the file, as it is opened
	At    int64
	Value byte
}

// NewRotten returns fsys with a rotten byte: whoever reads it gets Value. What is
// written goes to fsys, and does not heal it.
func NewRotten(fsys FS, r Rot) FS { return &rotten{fsys, r} }

type rotten struct {
	FS
	rot Rot
}

func (r *rotten) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := r.FS.OpenFile(name, flag, perm)
	if err != nil || name != r.rot.Name {
		return f, err
	}
	return &rottenFile{File: f, rot: r.rot}, nil
}

type rottenFile struct {
	File
	rot Rot
	at  int64 // of the next Read
}

func (f *rottenFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(b, at)
	f.put(b[:n], at)
	return n, err
}

func (f *rottenFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	f.put(b[:n], f.at)
	f.at += int64(n)
	return n, err
}

func (f *rottenFile) put(b []byte, at int64) {
	if i := f.rot.At - at; i >= 0 && i < int64(len(b)) {
		b[i] = f.rot.Value
	}
}
