//go:build !linux

package latency

import (
	"os"
	"time"
)

// datasync makes what was appended to a file durable.
func datasync(f *os.File) error { return f.Sync() }

// exactSleep does nothing where sleeping is as exact as it can be.
func exactSleep() (undo func(), err error) { return func() {}, nil }

func sleep(d time.Duration) { time.Sleep(d) }
