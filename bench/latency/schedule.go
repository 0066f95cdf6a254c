package latency

import (
	"errors"
	"fmt"
	"time"
)

// schedule is when commands are meant to come: n of them, evenly, the first at once.
type schedule struct {
	rate int // commands a second; zero: as soon as they are taken
	n    int
}

// lasting returns the schedule of a rate for some time.
func lasting(rate int, d time.Duration) schedule {
	return schedule{rate, int(int64(rate) * int64(d) / int64(time.Second))}
}

// at returns the time of command i, 0 to n less 1, since the beginning.
func (s schedule) at(i int) time.Duration {
	if s.rate == 0 {
		return 0
	}
	return time.Duration(int64(i) * int64(time.Second) / int64(s.rate))
}

// due returns how many commands have come by a time since the beginning.
func (s schedule) due(now time.Duration) int {
	if s.rate == 0 {
		return s.n
	}
	const second = int64(time.Second)
	return min(s.n, int(((int64(now)+1)*int64(s.rate)+second-1)/second))
}

// note writes down the latencies of commands from to to-1, which have ended now.
func (s schedule) note(into []time.Duration, from, to int, now time.Duration) {
	for i := from; i < to; i++ {
		into[i] = now - s.at(i)
	}
}

// driverPause is how often the driver looks at the clock.
const driverPause = 50 * time.Microsecond

// drive hands commands over as they become due. Put is given the next one, and says
// whether it was taken; one that was not is offered again, and those after it come
// late, which counts as their latency.
func (s schedule) drive(clock func() time.Duration, put func(i int) (taken bool, err error)) (err error) {
	t, err := newTicker(driverPause)
	if err != nil {
		return fmt.Errorf("begin to drive: %w", err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	for i := 0; i < s.n; {
		for due := s.due(clock()); i < due; i++ {
			taken, err := put(i)
			if err != nil {
				return err
			}
			if !taken {
				break
			}
		}
		if err := t.wait(); err != nil {
			return fmt.Errorf("drive: %w", err)
		}
	}
	return nil
}

// stopwatch returns a clock that begins now.
func stopwatch() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}
