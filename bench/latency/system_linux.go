package latency

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// datasync makes what was appended to a file durable, and of what is known about
// the file only what is needed to read it.
func datasync(f *os.File) error {
	return os.NewSyscallError("fdatasync", unix.Fdatasync(int(f.Fd())))
}

// exactSleep lets the thread sleep as exactly as it can, until undo is called.
func exactSleep() (undo func(), err error) {
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err == nil {
		err = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	}
	if err != nil {
		return nil, os.NewSyscallError("prctl", err)
	}
	return func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack), 0, 0, 0) }, nil
}

// sleep lets the thread sleep for a time, or less when it is interrupted.
func sleep(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil)
}
