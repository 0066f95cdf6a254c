package latency

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// nothing ends each command at the first look at the clock that finds it due.
func nothing(s schedule, into []time.Duration) {
	clock := stopwatch()
	for done := 0; done < s.n; {
		now := clock()
		due := s.due(now)
		s.note(into, done, due, now)
		done = due
	}
}

// bare is the least that makes commands durable: one goroutine that appends all that
// is due to a file and syncs it.
type bare struct {
	file        *os.File
	bytes       []byte // appended again and again
	perThousand int    // bytes for a thousand commands
}

func newBare(dir string) (*bare, error) {
	f, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		return nil, fmt.Errorf("make the file of the bare group commit: %w", err)
	}
	return &bare{file: f}, nil
}

// alone takes what is due by the clock. It returns the number of commits.
func (b *bare) alone(s schedule, into []time.Duration) (commits int, err error) {
	clock := stopwatch()
	return b.commit(s, into, clock, func() int { return s.due(clock()) })
}

// driven takes what the driver has handed over.
func (b *bare) driven(s schedule, into []time.Duration) (commits int, err error) {
	clock := stopwatch()
	var handed atomic.Int64
	driver := make(chan error, 1)
	go func() {
		driver <- s.drive(clock, func(i int) (bool, error) {
			handed.Store(int64(i) + 1)
			return true, nil
		})
	}()
	commits, err = b.commit(s, into, clock, func() int { return int(handed.Load()) })
	return commits, errors.Join(err, <-driver)
}

// commit makes the commands of a schedule durable. Due says how many have come.
func (b *bare) commit(s schedule, into []time.Duration, clock func() time.Duration, due func() int) (commits int, err error) {
	for done := 0; done < s.n; {
		to := due()
		if to == done {
			continue
		}
		if err := b.append(((to-done)*b.perThousand + 999) / 1000); err != nil {
			return 0, fmt.Errorf("bare group commit: %w", err)
		}
		s.note(into, done, to, clock())
		done = to
		commits++
	}
	return commits, nil
}

// append makes n bytes durable.
func (b *bare) append(n int) error {
	if len(b.bytes) < n {
		b.bytes = make([]byte, 2*n)
	}
	if _, err := b.file.Write(b.bytes[:n]); err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	return datasync(b.file)
}

func (b *bare) close() error {
	if err := b.file.Close(); err != nil {
		return fmt.Errorf("close the file of the bare group commit: %w", err)
	}
	return nil
}
