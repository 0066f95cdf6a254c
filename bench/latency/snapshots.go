package latency

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// snapshotSection is where the cost of snapshots stands.
const snapshotSection = "recovery and snapshots"

// measureSnapshots adds what a snapshot in the background costs at half of the
// throughput, and how far the newest one lags behind at all of it.
func measureSnapshots(ctx context.Context, r *result.Run, z *size, dir string) error {
	if err := measurePauses(ctx, r, z, filepath.Join(dir, "half")); err != nil {
		return err
	}
	return measureLag(ctx, r, z, filepath.Join(dir, "flat"))
}

// load is what a round at half of the throughput came to.
type load struct {
	longest time.Duration // that a command waited
	rate    float64
}

// measurePauses compares rounds in which a snapshot is under way with rounds in which
// none is.
func measurePauses(ctx context.Context, r *result.Run, z *size, dir string) (err error) {
	x, err := newExchange(dir, snapshot.Policy{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.stop()) }()
	rate, err := x.halfRate(z.flat)
	if err != nil {
		return err
	}
	s := lasting(rate, z.round)
	into := make([]time.Duration, s.n)
	run := func() (load, error) {
		if ctx.Err() != nil {
			return load{}, context.Cause(ctx)
		}
		got, err := x.run(s, into)
		return load{slices.Max(into), float64(s.n) / got.took.Seconds()}, err
	}
	var idle []time.Duration
	var without, with []load
	for range z.rounds {
		nothing(s, into)
		idle = append(idle, slices.Max(into))
		during, n, err := x.underSnapshot(run)
		if err != nil {
			return err
		}
		with = append(with, during)
		// The longest wait of as much time, for the longer one looks the longer it gets.
		var worst load
		for range n {
			l, err := run()
			if err != nil {
				return err
			}
			worst.with(l)
		}
		without = append(without, worst)
	}
	reportPauses(r, rate, idle, without, with)
	return nil
}

// halfRate returns half of the throughput, in whole thousands.
func (x *exchange) halfRate(commands int) (int, error) {
	into := make([]time.Duration, commands)
	var got round
	var err error
	for range 2 { // the first warms up
		if got, err = x.run(schedule{n: commands}, into); err != nil {
			return 0, err
		}
	}
	return max(1000, int(float64(commands)/got.took.Seconds()/2)/1000*1000), nil
}

// with takes what is worse of another round.
func (l *load) with(other load) {
	l.longest = max(l.longest, other.longest)
	if l.rate == 0 || other.rate < l.rate {
		l.rate = other.rate
	}
}

// underSnapshot runs rounds until a snapshot that is begun with the first is done, and
// returns the worst of each, and how many there were.
func (x *exchange) underSnapshot(run func() (load, error)) (worst load, rounds int, err error) {
	done := make(chan error, 1)
	go func() {
		_, err := x.p.TakeSnapshot()
		done <- err
	}()
	for {
		l, err := run()
		if err != nil {
			return load{}, 0, errors.Join(err, <-done)
		}
		worst.with(l)
		rounds++
		select {
		case err := <-done:
			if err != nil {
				return load{}, 0, fmt.Errorf("take a snapshot: %w", err)
			}
			return worst, rounds, nil
		default:
		}
	}
}

func reportPauses(r *result.Run, rate int, idle []time.Duration, without, with []load) {
	const at = "at half load"
	var nothings, waits, snapshotWaits, added, rates, snapshotRates []float64
	for i := range with {
		nothings = append(nothings, inMicros(idle[i]))
		waits = append(waits, inMicros(without[i].longest))
		snapshotWaits = append(snapshotWaits, inMicros(with[i].longest))
		added = append(added, inMicros(with[i].longest-without[i].longest))
		rates, snapshotRates = append(rates, without[i].rate), append(snapshotRates, with[i].rate)
	}
	const during, beside = "a snapshot under way", "no snapshot"
	r.Time(snapshotSection, "longest wait "+at+", nothing", "µs", nothings, nil).Note = perSecond(rate)
	r.Time(snapshotSection, "longest wait "+at+", "+beside, "µs", waits, nil)
	r.Time(snapshotSection, "longest wait "+at+", "+during, "µs", snapshotWaits, nil)
	r.Time(snapshotSection, "a snapshot adds to the longest wait", "µs", added, &result.Goal{AtMost: 1000})
	r.Time(snapshotSection, "throughput "+at+", "+beside, "commands/s", rates, nil)
	r.Time(snapshotSection, "throughput "+at+", "+during, "commands/s", snapshotRates,
		&result.Goal{AtLeast: 0.95, Beside: "throughput " + at + ", " + beside})
}

// lagLook is how often it is looked how far the newest snapshot lags behind.
const lagLook = 5 * time.Millisecond

// lagBound is how far the newest snapshot may lag behind flat out, in distances from
// one to the next: one that is filled, one that is folded, and what comes while it is.
// A batch that goes beyond is still written.
const lagBound = 3

// measureLag runs flat out with a snapshot becoming due again and again.
func measureLag(ctx context.Context, r *result.Run, z *size, dir string) (err error) {
	x, err := newExchange(dir, snapshot.Policy{Commands: uint64(z.snapshots), Lag: uint64(lagBound * z.snapshots)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.stop()) }()
	var lags []float64
	s := schedule{n: z.flat}
	into := make([]time.Duration, s.n)
	for range z.rounds {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		quit, worst := make(chan struct{}), make(chan msg.Seq, 1)
		go func() { worst <- x.watchLag(filepath.Clean(dir), quit) }()
		_, err := x.run(s, into)
		close(quit)
		lag := <-worst
		if err != nil {
			return err
		}
		lags = append(lags, float64(lag))
	}
	r.Time(snapshotSection, "commands after the newest snapshot flat out, at most", "commands", lags,
		&result.Goal{AtMost: float64(lagBound*z.snapshots + pipeline.DefaultBatch)}).Note = fmt.Sprintf("a snapshot is due each %d commands", z.snapshots)
	return nil
}

// watchLag returns how many durable commands there were after the newest snapshot, or
// in all while there is none, at most, until quit is closed.
func (x *exchange) watchLag(dir string, quit <-chan struct{}) (worst msg.Seq) {
	t := time.NewTicker(lagLook)
	defer t.Stop()
	for {
		durable := x.p.Durable().Seq // before the snapshots, which may be newer than it
		if infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(dir)); err == nil {
			newest := msg.Seq(0)
			if len(infos) > 0 {
				newest = msg.Seq(infos[0].Seq)
			}
			if durable > newest {
				worst = max(worst, durable-newest)
			}
		}
		select {
		case <-t.C:
		case <-quit:
			return worst
		}
	}
}
