package throughput

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// section is where everything of the pipeline stands.
const section = "pipeline"

// The goals.
const (
	goalCommands = 4_000_000 // a second
	goalSlowest  = 0.6       // of what the slowest stage does alone
)

// recorded is the public benchmark's "normal" workload, by the folder of its recording.
const recorded = "flash1_normal"

// size is how much is measured.
type size struct {
	rounds   int
	commands int   // of a round
	batches  []int // sizes of batches, for the curve
}

// Measure adds the throughput of the whole pipeline beside that of its stages, what
// each stage takes for a command, how far publishing lags, and how throughput grows
// with the size of a batch. The short form checks that all of it runs.
func Measure(ctx context.Context, r *result.Run, short bool) error {
	z := size{rounds: 9, commands: 1_000_000, batches: []int{16, 64, 256, 1 << 10, 1 << 12, 1 << 14, 1 << 16}}
	if short {
		z = size{rounds: 2, commands: 30_000, batches: []int{64, 1 << 12}}
	}
	load := workload.Shaped(z.commands, workload.Market{Accounting: msg.Balances})
	load.Repeat()
	if err := z.measure(ctx, r, load, true); err != nil {
		return err
	}
	if err := z.measureBatches(ctx, r, load); err != nil {
		return err
	}
	load, err := readRecorded()
	if errors.Is(err, fs.ErrNotExist) {
		r.Missing(section, "whole pipeline, "+recorded, "commands/s", "the recording is not on this machine", &result.Goal{AtLeast: goalCommands})
		return nil
	}
	if err != nil {
		return err
	}
	return z.measure(ctx, r, load, false)
}

func readRecorded() (*workload.Load, error) {
	day, err := workload.ReadDay(recorded)
	if err != nil {
		return nil, fmt.Errorf("measure throughput: %w", err)
	}
	load, err := day.Load(workload.Market{Accounting: msg.Balances})
	if err != nil {
		return nil, fmt.Errorf("measure throughput: %w", err)
	}
	return load, nil
}

// measured is what came of a flow, a sample of each round.
type measured struct {
	whole  []float64         // nanoseconds a command
	alone  [parts][]float64  // the same, of each part alone
	inside [phases][]float64 // the same, between two events in the life of a batch
	lag    []float64         // commands, the most of the round
	delay  []float64         // milliseconds, the longest of the round
	events int
	digest uint64
	bytes  float64 // of the journal for a command
}

// measure adds the figures of a flow; in detail, if that is asked for.
func (z *size) measure(ctx context.Context, r *result.Run, load *workload.Load, detail bool) error {
	m, err := z.run(ctx, load)
	if err != nil {
		return fmt.Errorf("measure throughput of %s: %w", load.Name, err)
	}
	m.report(r, load.Name, z.commands, detail)
	return nil
}

// run lets the pipeline and its stages take turns.
func (z *size) run(ctx context.Context, load *workload.Load) (m *measured, err error) {
	dir, err := os.MkdirTemp("", "throughput")
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	x, err := newExchange(dir, load, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, x.stop()) }()
	a, err := newAlone(dir, load)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	m = &measured{}
	for n := range z.rounds + 1 {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		got, err := x.run(ctx, n*z.commands, z.commands)
		if err != nil {
			return nil, err
		}
		want, err := a.pass(n*z.commands, z.commands)
		if err != nil {
			return nil, err
		}
		if got.events != want.events || got.digest != want.digest {
			return nil, fmt.Errorf("round %d: the pipeline made %d events to digest %016x, the engine alone %d to %016x",
				n, got.events, got.digest, want.events, want.digest)
		}
		if n > 0 {
			m.note(&got, &want, float64(z.commands))
		}
	}
	debug.FreeOSMemory()
	return m, nil
}

// note keeps what came of a round.
func (m *measured) note(got *round, want *apart, commands float64) {
	m.whole = append(m.whole, float64(got.took.Nanoseconds())/commands)
	for i, t := range want.took {
		m.alone[i] = append(m.alone[i], float64(t.Nanoseconds())/commands)
	}
	for i, t := range got.phases() {
		m.inside[i] = append(m.inside[i], float64(t.Nanoseconds())/commands)
	}
	m.lag = append(m.lag, float64(got.lag))
	m.delay = append(m.delay, float64(got.delay.Microseconds())/1000)
	m.events += got.events
	m.digest = got.digest
	m.bytes = float64(got.bytes) / commands
}

// perSecond turns nanoseconds a command into commands a second.
func perSecond(ns []float64) []float64 {
	rates := make([]float64, len(ns))
	for i := range ns {
		rates[i] = 1e9 / ns[i]
	}
	return rates
}

// processors says how many there are for the goroutines of the pipeline.
func processors() int { return runtime.GOMAXPROCS(0) }
