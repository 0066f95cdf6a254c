package latency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// durableSection is where the durable latency stands.
const durableSection = "durable latency"

// goalRates are those at which the durable latency has a goal.
var goalRates = [...]int{100_000, 1_000_000}

// goals are what the exchange's percentiles may be of those of the group commit.
var goals = [len(quantiles)]float64{p50: 1.3, p99: 2}

// contender is one of those that take turns.
type contender struct {
	name   string
	run    func(s schedule, into []time.Duration) (commits int, err error)
	rounds []percentiles
	counts []float64 // of commits
}

// groupCommit is the name of the contender that the exchange is held against.
const groupCommit = "bare group commit"

// measureDurable lets the contenders take turns at each rate.
func measureDurable(ctx context.Context, r *result.Run, z *size, dir string) (err error) {
	b, err := newBare(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	x, err := newExchange(dir, snapshot.Policy{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.stop()) }()
	for _, rate := range goalRates {
		ours := func(s schedule, into []time.Duration) (commits int, err error) {
			got, err := x.run(s, into)
			b.perThousand = int(got.bytes * 1000 / int64(s.n))
			return got.batches, err
		}
		all := []*contender{
			{name: "nothing", run: func(s schedule, into []time.Duration) (int, error) {
				nothing(s, into)
				return 0, nil
			}},
			{name: groupCommit + " without the driver", run: b.alone},
			{name: groupCommit, run: b.driven},
			{name: "exchange", run: ours},
		}
		s := lasting(rate, z.round)
		into := make([]time.Duration, s.n)
		if _, err := ours(s, into); err != nil { // warms up, and says what its frames take
			return err
		}
		if err := takeTurns(ctx, all, s, into, z.rounds); err != nil {
			return err
		}
		for _, c := range all {
			c.report(r, rate, float64(b.perThousand)/1000)
		}
	}
	return nil
}

// takeTurns lets each contender have some rounds.
func takeTurns(ctx context.Context, all []*contender, s schedule, into []time.Duration, rounds int) error {
	for range rounds {
		for _, c := range all {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			commits, err := c.run(s, into)
			if err != nil {
				return err
			}
			c.rounds = append(c.rounds, percentilesOf(into))
			c.counts = append(c.counts, float64(commits)*float64(s.rate)/float64(s.n))
		}
	}
	return nil
}

// report adds the figures of a contender.
func (c *contender) report(r *result.Run, rate int, bytes float64) {
	for i, q := range quantiles {
		name := func(who string) string { return fmt.Sprintf("%s at %s, %s", q.name, perSecond(rate), who) }
		var goal *result.Goal
		if c.name == "exchange" && goals[i] != 0 {
			goal = &result.Goal{AtMost: goals[i], Beside: name(groupCommit)}
		}
		f := r.Time(durableSection, name(c.name), "µs", micros(c.rounds, i), goal)
		if commits := result.Median(c.counts); commits > 0 {
			f.Note = fmt.Sprintf("%.0f syncs/s, %.1f bytes a command", commits, bytes)
		}
	}
}

// perSecond writes a rate, which is a number of thousands.
func perSecond(rate int) string {
	if rate%1_000_000 == 0 {
		return fmt.Sprintf("%d M/s", rate/1_000_000)
	}
	return fmt.Sprintf("%d k/s", rate/1000)
}
