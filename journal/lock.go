package journal

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// lockName is the file whose lock makes a Writer the only one.
const lockName = "LOCK"

// locks are what a Writer holds against others. Closing them, or the death of the process, releases them.
type locks []io.Closer

// Close implements io.Closer.
func (l locks) Close() error {
	var errs []error
	for _, c := range l {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// lock takes the lock of the file, which it makes if need be, and then that of the directory itself. The file is the one to ask
// who holds the journal, and it stays: removing it would let two processes lock two files of one name. The directory is what
// stops the second one if somebody has removed it all the same.
func lock(fsys vfs.FS, file, dir string) (locks, error) {
	f, err := tryLock(fsys, file, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	d, err := tryLock(fsys, dir, os.O_RDONLY)
	if errors.Is(err, errors.ErrUnsupported) {
		return locks{f}, nil // some network file systems lock what is open for writing, which no directory is
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return locks{f, d}, nil
}

func tryLock(fsys vfs.FS, name string, flag int) (io.Closer, error) {
	f, err := fsys.OpenFile(name, flag, filePerm)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	l, ok := f.(vfs.Locker)
	if !ok {
		return nil, errors.Join(fmt.Errorf("lock %s: the file system has no locks", name), f.Close())
	}
	err = l.TryLock()
	if errors.Is(err, vfs.ErrLocked) {
		err = ErrLocked
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
	}
	return f, nil
}
