package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// The ballast is room on the disk that was taken in advance: a directory of files
// that nobody reads. They are several, because each also holds one of the files that
// a file system can have. Nothing of it is synced: room is taken when it is taken, and
// after a power cut what is missing is built again.
const (
	ballastDir   = "ballast"
	ballastFiles = 32
	ballastPerm  = 0o600
)

// errUnwanted says that the ballast was not built, because its room is needed.
var errUnwanted = errors.New("pipeline: the ballast is not wanted any more")

// BallastDir returns where a data directory keeps its ballast.
func BallastDir(data string) string { return filepath.Join(data, ballastDir) }

// DropBallast removes the ballast of a data directory, if it has any. Nobody may use
// the directory meanwhile.
func DropBallast(data string) error { return dropBallast(vfs.OS(), data) }

func ballastFile(data string, i int) string { return filepath.Join(BallastDir(data), strconv.Itoa(i)) }

// hasBallast reports whether there is anything of a ballast.
func hasBallast(fsys vfs.FS, data string) (bool, error) {
	names, err := fsys.ReadDir(BallastDir(data))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the ballast: %w", err)
	}
	return len(names) > 0, nil
}

// buildBallast takes the room, or what of it is missing. After an error there is no
// ballast.
func buildBallast(fsys vfs.FS, data string, size int64, unwanted func() bool) error {
	err := fsys.MkdirAll(BallastDir(data), 0o700)
	for i := 0; err == nil && i < ballastFiles; i++ {
		if err = errUnwanted; !unwanted() {
			err = buildOne(fsys, ballastFile(data, i), (size+ballastFiles-1)/ballastFiles)
		}
	}
	if err != nil {
		return errors.Join(err, dropBallast(fsys, data))
	}
	return nil
}

// buildOne makes one file take so much room.
func buildOne(fsys vfs.FS, name string, size int64) (err error) {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE, ballastPerm)
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	if info.Size() > size { // of a larger reserve
		if err := f.Truncate(size); err != nil {
			return err //nolint:wrapcheck // it names the file
		}
	}
	if a, ok := f.(vfs.Allocator); ok {
		if err := a.Allocate(size); !errors.Is(err, errors.ErrUnsupported) {
			return err //nolint:wrapcheck // it names the file
		}
	}
	if info.Size() == size { // written before
		return nil
	}
	return fill(f, size)
}

// fill writes what cannot be compressed, for file systems that would, and syncs it for
// those that find room for it only then.
func fill(f vfs.File, size int64) error {
	if err := f.Truncate(0); err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	noise := rand.NewChaCha8([32]byte{})
	buf := make([]byte, 64<<10)
	for left := size; left > 0; {
		n := min(left, int64(len(buf)))
		_, _ = noise.Read(buf[:n]) // never fails
		if _, err := f.Write(buf[:n]); err != nil {
			return err //nolint:wrapcheck // it names the file
		}
		left -= n
	}
	return f.Sync() //nolint:wrapcheck // it names the file
}

// dropBallast gives the room back. Files are cut before they are removed, because some
// file systems give back what a removed file had only some time later.
func dropBallast(fsys vfs.FS, data string) error {
	names, err := fsys.ReadDir(BallastDir(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the ballast: %w", err)
	}
	var failed error
	for _, name := range names {
		name = filepath.Join(BallastDir(data), name)
		if f, err := fsys.OpenFile(name, os.O_RDWR, 0); err == nil {
			failed = errors.Join(failed, f.Truncate(0), f.Close())
		}
		failed = errors.Join(failed, fsys.Remove(name))
	}
	return errors.Join(failed, fsys.Remove(BallastDir(data)))
}

// sparing is a file system that refuses to write what would leave less free than the
// low mark: snapshots are written through it, since they can wait.
type sparing struct {
	vfs.FS

	storage *storage
}

// spare returns the file system for what must not take the last room.
func (s *storage) spare(fsys vfs.FS) vfs.FS {
	if s == nil {
		return fsys
	}
	return sparing{fsys, s}
}

// room returns an error when so many bytes, and a file, would leave too little.
func (s *storage) room(bytes int) error {
	mark := s.marks.low
	mark.Bytes += int64(bytes)
	if free, err := s.disk.Space(s.dir); err == nil && free.Below(mark) {
		return fmt.Errorf("%w: %d bytes would leave too little of %d", ErrStorage, bytes, free.Bytes)
	}
	return nil
}

// MkdirAll makes a directory if there is room.
func (s sparing) MkdirAll(name string, perm fs.FileMode) error {
	if err := s.storage.room(0); err != nil {
		return err
	}
	return s.FS.MkdirAll(name, perm) //nolint:wrapcheck // it is the wrapped file system's
}

// OpenFile opens a file that refuses writes for which there is too little room, and
// makes none where there is too little already.
func (s sparing) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	if flag&os.O_CREATE != 0 {
		if err := s.storage.room(0); err != nil {
			return nil, err
		}
	}
	f, err := s.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is the wrapped file system's
	}
	return sparingFile{f, s.storage}, nil
}

type sparingFile struct {
	vfs.File

	storage *storage
}

func (f sparingFile) Write(b []byte) (int, error) {
	if err := f.storage.room(len(b)); err != nil {
		return 0, err
	}
	return f.File.Write(b) //nolint:wrapcheck // it is the wrapped file's
}
