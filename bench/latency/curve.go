package latency

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// curveRates are the points of the curve.
var curveRates = [...]int{50_000, 100_000, 200_000, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000, 3_000_000}

// measureCurve adds how latency grows with throughput. Where more is offered than the
// exchange takes in, it grows with the length of a round.
func measureCurve(ctx context.Context, r *result.Run, z *size, dir string) (err error) {
	x, err := newExchange(dir, snapshot.Policy{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.stop()) }()
	b, err := newBare(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	var lines [4]result.Line
	for i, name := range [...]string{"exchange, p50", "exchange, p99", groupCommit + ", p50", groupCommit + ", p99"} {
		lines[i].Name = name
	}
	for _, rate := range curveRates {
		s := lasting(rate, z.round/2)
		into := make([]time.Duration, s.n)
		var ours, bares []percentiles
		for range min(3, z.rounds) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			got, err := x.run(s, into)
			if err != nil {
				return err
			}
			ours = append(ours, percentilesOf(into))
			b.perThousand = int(got.bytes * 1000 / int64(s.n))
			if _, err := b.driven(s, into); err != nil {
				return err
			}
			bares = append(bares, percentilesOf(into))
		}
		for i, of := range [...][]percentiles{ours, ours, bares, bares} {
			y := result.Median(micros(of, [...]int{p50, p99}[i%2]))
			lines[i].Points = append(lines[i].Points, [2]float64{float64(rate), y})
		}
	}
	r.Curves = append(r.Curves, result.Curve{
		Name: "latency", Title: "Durable latency, open loop from the intended time", X: "offered commands/s", Y: "µs", LogX: true, LogY: true,
		Lines: lines[:],
	})
	return nil
}
