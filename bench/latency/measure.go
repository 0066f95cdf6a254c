package latency

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

// size is how much is measured.
type size struct {
	rounds    int
	round     time.Duration // of each contender at each rate
	flat      int           // commands of a round flat out
	snapshots int           // commands from one snapshot to the next
}

// Measure adds the durable latency beside that of a bare group commit, what snapshots
// in the background cost, and how latency grows with throughput. The short form
// checks that all of it runs.
func Measure(ctx context.Context, r *result.Run, short bool) error {
	z := size{rounds: 6, round: 600 * time.Millisecond, flat: 1_500_000, snapshots: 500_000}
	if short {
		z = size{rounds: 2, round: 30 * time.Millisecond, flat: 20_000, snapshots: 5000}
	}
	for _, part := range []func(context.Context, *result.Run, *size, string) error{measureDurable, measureSnapshots, measureCurve} {
		dir, err := os.MkdirTemp("", "latency")
		if err != nil {
			return fmt.Errorf("measure latency: %w", err)
		}
		err = part(ctx, r, &z, dir)
		if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
			return fmt.Errorf("measure latency: %w", err)
		}
	}
	return nil
}
