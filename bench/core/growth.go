package core

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// growth adds how the time of a command grows: with resting orders, symbols,
// accounts, and the commands between two digests.
func (m *measuring) growth(ctx context.Context) error {
	for _, grow := range []func(context.Context, *Size) (result.Curve, error){
		overOrders, overSymbols, overAccounts, overBatches,
	} {
		c, err := grow(ctx, &m.Size)
		if err != nil {
			return err
		}
		c.Y, c.LogX = "ns per command", true
		m.Curves = append(m.Curves, c)
	}
	return nil
}

// overOrders has ever more orders rest, over ever more prices.
func overOrders(ctx context.Context, size *Size) (result.Curve, error) {
	c := result.Curve{Name: "engine-orders", Title: "Execution against resting orders", X: "resting orders"}
	return c, both(ctx, &c, size.orders, func(n int) workload.Params {
		p := workload.Std()
		p.Timed, p.Target = size.growthTimed, n
		p.Den = min(max(n/1000, p.Den), workload.Big1().Den)
		p.MaxDist = min(max(n/100, p.MaxDist), workload.Big1().MaxDist)
		return p
	}, func(int) workload.Market { return workload.Market{} })
}

// overSymbols spreads the same number of orders over ever more symbols.
func overSymbols(ctx context.Context, size *Size) (result.Curve, error) {
	c := result.Curve{
		Name: "engine-symbols", X: "symbols",
		Title: fmt.Sprintf("Execution against symbols, %d resting orders in all", size.growthResting),
	}
	return c, both(ctx, &c, size.symbols, func(n int) workload.Params {
		p := workload.Std()
		p.Timed, p.Target, p.Symbols = size.growthTimed, size.growthResting, n
		return p
	}, func(int) workload.Market { return workload.Market{Bases: 1} })
}

// overAccounts spreads the workload std over ever more accounts.
func overAccounts(ctx context.Context, size *Size) (result.Curve, error) {
	c := result.Curve{Name: "engine-accounts", Title: "Execution against accounts, 5,000 resting orders", X: "accounts"}
	return c, both(ctx, &c, size.accounts, func(int) workload.Params {
		p := workload.Std()
		p.Timed = size.growthTimed
		return p
	}, func(n int) workload.Market { return workload.Market{Accounts: n} })
}

// both adds the lines of a curve, everything on and matching only.
func both(
	ctx context.Context, c *result.Curve, over []int, params func(n int) workload.Params, market func(n int) workload.Market,
) error {
	full, bare := result.Line{Name: "everything on"}, result.Line{Name: "matching only"}
	for _, n := range over {
		p := params(n)
		flow := workload.Generate(p)
		m := market(n)
		for _, k := range []struct {
			line       *result.Line
			accounting msg.Accounting
			asked
		}{{&full, msg.Balances, all()}, {&bare, msg.NoAccounting, asked{}}} {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			m.Accounting = k.accounting
			s, run := newStand(), newRun(fmt.Sprint(c.X, " ", n), flow.Load(m), p.Timed, k.asked, nil)
			s.engine = run.from // which is not needed again, and may be gigabytes
			ns, err := s.typical(run, batchSize)
			if err != nil {
				return err
			}
			k.line.Points = append(k.line.Points, [2]float64{float64(n), ns})
			runtime.GC()
		}
		debug.FreeOSMemory()
	}
	c.Lines = []result.Line{full, bare}
	return nil
}

// overBatches asks for the digest after ever more commands.
func overBatches(ctx context.Context, size *Size) (result.Curve, error) {
	c := result.Curve{Name: "engine-batches", Title: "Execution against commands between two digests", X: "commands"}
	flow := size.common(workload.Std())
	run := newRun("batches", flow.Load(workload.Market{}), size.growthTimed, all(), nil)
	s := newStand()
	line := result.Line{Name: "everything on, std"}
	for every := 1; every <= chunk; every *= 2 {
		if err := ctx.Err(); err != nil {
			return c, context.Cause(ctx)
		}
		s.engine.CopyFrom(run.from)
		ns, err := s.typical(run, every)
		if err != nil {
			return c, err
		}
		line.Points = append(line.Points, [2]float64{float64(every), ns})
	}
	c.Lines = []result.Line{line}
	return c, nil
}

// chunk is how many commands are timed together for a point of a curve.
const chunk = 4096

// typical executes a run on the engine once, in batches, and returns what a command took in the
// chunk in the middle when they are ordered by that. So one run is enough, however
// long it took to prepare.
func (s *stand) typical(r *run, batch int) (float64, error) {
	commands := make([]msg.Command, chunk)
	var took []float64
	made := 0
	for n := 0; n+chunk <= r.commands; n += chunk {
		r.load.Fill(commands, r.load.Prefill+n)
		start := time.Now()
		for part := range slices.Chunk(commands, batch) {
			made += s.execute(part, r.asked)
		}
		took = append(took, float64(time.Since(start).Nanoseconds())/chunk)
	}
	if len(took) == 0 {
		return 0, fmt.Errorf("%s: %d commands are less than a chunk of %d", r.name, r.commands, chunk)
	}
	return result.Median(took), r.same(s.engine, made)
}
