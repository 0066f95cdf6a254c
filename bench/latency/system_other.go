//go:build !linux

package latency

import (
	"os"
	"time"
)

// datasync makes what was appended to a file durable.
func datasync(f *os.File) error {
	return f.Sync() //nolint:wrapcheck // it says all there is
}

// ticker ticks as exactly as timers of Go do.
type ticker struct{ ticks *time.Ticker }

func newTicker(every time.Duration) (*ticker, error) { return &ticker{time.NewTicker(every)}, nil }

// wait returns at the next tick, or at once when there were some since the last.
func (t *ticker) wait() error {
	<-t.ticks.C
	return nil
}

func (t *ticker) close() error {
	t.ticks.Stop()
	return nil
}
