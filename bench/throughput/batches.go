package throughput

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
)

// Of a point of the curve: rounds, the first of which is not kept, and batches in a
// round, as far as its commands are enough for them.
const (
	pointRounds  = 4
	pointBatches = 400
)

// measureBatches adds how the time of a command grows as batches get smaller: each is
// a frame with a sync.
func (z *size) measureBatches(ctx context.Context, r *result.Run, load *workload.Load) error {
	line := result.Line{Name: "whole pipeline"}
	for _, batch := range z.batches {
		ns, err := z.point(ctx, load, batch)
		if err != nil {
			return fmt.Errorf("measure throughput with batches of %d: %w", batch, err)
		}
		line.Points = append(line.Points, [2]float64{float64(batch), result.Median(ns)})
	}
	r.Curves = append(r.Curves, result.Curve{
		Name: "pipeline-batches", Title: "The whole pipeline against its largest batch, with a sync of each",
		X: "commands in a batch", Y: "ns per command", LogX: true, LogY: true,
		Lines: []result.Line{line},
	})
	return nil
}

// point measures with batches of a size.
func (z *size) point(ctx context.Context, load *workload.Load, batch int) (ns []float64, err error) {
	dir, err := os.MkdirTemp("", "throughput")
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	x, err := newExchange(dir, load, batch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, x.stop()) }()
	commands := min(z.commands, batch*pointBatches)
	for n := range pointRounds {
		got, err := x.run(ctx, n*commands, commands)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			ns = append(ns, float64(got.took.Nanoseconds())/float64(commands))
		}
	}
	return ns, nil
}
