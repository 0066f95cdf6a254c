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

// lock takes the lock of the file, which it makes if need be. Closing what it returns releases the lock, as does the death of
// the process. The file stays: removing it would let two processes lock two files of one name.
func lock(fsys vfs.FS, name string) (io.Closer, error) {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE, filePerm)
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
