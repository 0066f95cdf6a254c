package latency

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// datasync makes what was appended to a file durable, and of what is known about
// the file only what is needed to read it.
func datasync(f *os.File) error {
	return os.NewSyscallError("fdatasync", unix.Fdatasync(int(f.Fd())))
}

// ticker is a timer of the kernel that is read like a socket. Those of Go come up to a
// millisecond late, and a thread that sleeps in a system call keeps the scheduler of
// Go from giving its processor to another goroutine.
type ticker struct{ file *os.File }

func newTicker(every time.Duration) (*ticker, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	t := &ticker{os.NewFile(uintptr(fd), "timer")}
	tick := unix.NsecToTimespec(int64(every))
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: tick, Value: tick}, nil); err != nil {
		return nil, os.NewSyscallError("timerfd_settime", err) // its finalizer closes the file
	}
	return t, nil
}

// wait returns at the next tick, or at once when there were some since the last.
func (t *ticker) wait() error {
	var ticks [8]byte
	_, err := t.file.Read(ticks[:])
	return err //nolint:wrapcheck // it says all there is
}

func (t *ticker) close() error {
	return t.file.Close() //nolint:wrapcheck // it says all there is
}
