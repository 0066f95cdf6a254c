package main

import (
	"sync"
	"testing"
	"time"
)

// lagMeter knows how late a machine is that has too much to do: a thread that asks to
// be woken every millisecond is woken later by as much as others had to wait too.
type lagMeter struct {
	mu    sync.Mutex
	slips []slip
}

// slip is a wake-up that came late.
type slip struct {
	at time.Time
	by time.Duration
}

// lagTick is how often the meter looks.
const lagTick = time.Millisecond

// newLagMeter measures until the test ends.
func newLagMeter(t *testing.T) *lagMeter {
	l := &lagMeter{}
	quit := make(chan struct{})
	var meter sync.WaitGroup
	meter.Go(func() {
		for {
			began := time.Now()
			select {
			case <-quit:
				return
			case <-time.After(lagTick):
			}
			now := time.Now()
			l.mu.Lock()
			l.slips = append(l.slips, slip{now, now.Sub(began) - lagTick})
			l.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		close(quit)
		meter.Wait()
	})
	return l
}

// during returns for how long the machine was late between two times.
func (l *lagMeter) during(from, to time.Time) (sum time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.slips {
		if s.at.After(from) && s.at.Add(-s.by).Before(to) {
			sum += s.by
		}
	}
	return min(sum, to.Sub(from))
}

// longest returns the latest wake-up up to now.
func (l *lagMeter) longest() (most time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.slips {
		most = max(most, s.by)
	}
	return most
}
