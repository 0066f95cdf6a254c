package main

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// liveClock stamps commands: the real one, or a simulated one, which stands until it
// is told to advance.
type liveClock struct {
	simulated bool
	at        atomic.Int64 // of the simulated one, in nanoseconds since the epoch
}

// now returns the time in nanoseconds since the epoch.
func (k *liveClock) now() int64 {
	if k.simulated {
		return k.at.Load()
	}
	return time.Now().UnixNano()
}

// notBefore has a simulated clock show at least this time.
func (k *liveClock) notBefore(t int64) {
	if k.simulated {
		k.at.Store(max(k.at.Load(), t))
	}
}

// goOnFrom has a simulated clock go on from the time of the last command. One that
// was given no time begins, where there was no command yet, with the real one.
func (k *liveClock) goOnFrom(last int64) {
	k.notBefore(last)
	if k.at.Load() == 0 {
		k.notBefore(time.Now().UnixNano())
	}
}

// advance moves a simulated clock forward and returns its time.
func (k *liveClock) advance(by int64) (int64, error) {
	for {
		at := k.at.Load()
		if by < 0 || by > math.MaxInt64-at {
			return 0, fmt.Errorf("advance the clock by %d ns from %d: %w", by, at, errClockRange)
		}
		if k.at.CompareAndSwap(at, at+by) {
			return at + by, nil
		}
	}
}

var errClockRange = errors.New("it goes forward only, and time ends in the year 2262")
