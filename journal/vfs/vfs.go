// Package vfs is the few file operations that the journal and the snapshots use, as interfaces.
//
// [OS] is the operating system. [Mem] is a file system in memory that knows what a power cut takes: everything that was not
// synced, file contents and directory entries alike. [Faulty] wraps either and makes chosen operations fail.
package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// FS is a file system. Names are paths as package os takes them. Errors wrap the ones of io/fs (fs.ErrNotExist and so on).
type FS interface {
	// OpenFile opens name with the flags of package os. A directory can be opened with os.O_RDONLY, to be locked.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	// Rename replaces newName atomically. It is durable after SyncDir of the directory.
	Rename(oldName, newName string) error
	Remove(name string) error
	// ReadDir returns the base names of a directory's entries in ascending order.
	ReadDir(name string) ([]string, error)
	MkdirAll(name string, perm fs.FileMode) error
	Stat(name string) (fs.FileInfo, error)
	// SyncDir makes the entries of a directory durable: files created, renamed and removed in it.
	SyncDir(name string) error
}

// File is an open file.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.Closer
	// Sync makes the contents durable, but not the directory entry: see FS.SyncDir.
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
}

// Locker is a File that can be locked against every other opening of the same file, in this process and in others. The lock
// ends when the file is closed or the process dies. The files of OS and Mem are Lockers.
type Locker interface {
	// TryLock takes the lock or returns ErrLocked at once. Where there is no such lock the error wraps errors.ErrUnsupported.
	TryLock() error
}

// ErrLocked says that somebody else holds the lock of a file.
var ErrLocked = errors.New("file is locked by another opening")

// OS returns the file system of the operating system.
func OS() FS { return osFS{} }

type osFS struct{}

func (osFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err // not the typed nil that f would be inside a File
	}
	return osFile{f}, nil
}

func (osFS) Rename(oldName, newName string) error         { return os.Rename(oldName, newName) }
func (osFS) Remove(name string) error                     { return os.Remove(name) }
func (osFS) MkdirAll(name string, perm fs.FileMode) error { return os.MkdirAll(name, perm) }
func (osFS) Stat(name string) (fs.FileInfo, error)        { return os.Stat(name) }

func (osFS) ReadDir(name string) ([]string, error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (osFS) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

type osFile struct{ *os.File }

// TryLock uses flock, which belongs to the opening and not to the process: a second opening by the same process is refused too.
func (f osFile) TryLock() error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		case errors.Is(err, syscall.EBADF): // NFS, of a file that is not open for writing
			return &fs.PathError{Op: "flock", Path: f.Name(), Err: errors.ErrUnsupported}
		default:
			return &fs.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
	}
}

// Open opens name for reading.
func Open(fsys FS, name string) (File, error) { return fsys.OpenFile(name, os.O_RDONLY, 0) }

// ReadFile returns the whole contents of name.
func ReadFile(fsys FS, name string) ([]byte, error) {
	f, err := Open(fsys, name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return data, nil
}

// WriteFileSync makes name hold data, durably and at once: whoever looks, also after a power cut, finds the old contents or
// the new ones. It writes name+".tmp", syncs it, renames it and syncs the directory. A left-over temporary file is overwritten.
func WriteFileSync(fsys FS, name string, data []byte, perm fs.FileMode) error {
	tmp := name + ".tmp"
	f, err := fsys.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := fsys.Rename(tmp, name); err != nil {
		return err
	}
	if planted.Bug == planted.NoDirFsync {
		return nil
	}
	return fsys.SyncDir(filepath.Dir(name))
}

// MkdirSync makes the directory name and its missing parents, durably. The entry of one that exists is synced too: whoever made
// it may have been stopped before that.
func MkdirSync(fsys FS, name string, perm fs.FileMode) error {
	parent := filepath.Dir(name)
	if parent == name {
		return nil
	}
	_, err := fsys.Stat(name)
	switch {
	case err == nil:
		err = fsys.SyncDir(parent)
		if errors.Is(err, fs.ErrPermission) {
			return nil // nobody makes a directory where he may not even look
		}
		return err
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := MkdirSync(fsys, parent, perm); err != nil {
		return err
	}
	if err := fsys.MkdirAll(name, perm); err != nil {
		return err
	}
	return fsys.SyncDir(parent)
}
