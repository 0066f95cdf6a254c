package core

import (
	"math"
	"time"
)

// clock turns differences of ticks into nanoseconds.
type clock struct {
	tick float64 // nanoseconds
	read int64   // ticks between two readings with nothing between them, at least
}

// newClock compares the ticks with the system's clock for a while.
func newClock() clock {
	const while = 50 * time.Millisecond
	c := clock{read: math.MaxInt64}
	start, from := time.Now(), ticks()
	for last := from; ; {
		now := ticks()
		c.read = min(c.read, now-last)
		if took := time.Since(start); took >= while {
			c.tick = float64(took.Nanoseconds()) / float64(ticks()-from)
			return c
		}
		last = ticks()
	}
}

// nanoseconds is what lay between two readings, without the reading.
func (c *clock) nanoseconds(difference uint32) float64 {
	return float64(max(0, int64(difference)-c.read)) * c.tick
}
