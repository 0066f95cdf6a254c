package counted

import (
	"context"
	"fmt"

	"github.com/seed-7d4c2414/exchange/bench/readme"
	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

const section = "counted"

// commands are how many are counted of each flow, after as many for warming up.
const commands = 100 * frameCommands

// Measure adds what a command costs. There is no longer form of it.
func Measure(ctx context.Context, r *result.Run) error {
	if err := counts(ctx, r); err != nil {
		return err
	}
	return instructions(ctx, r, looped)
}

// counts adds allocations and bytes.
func counts(ctx context.Context, r *result.Run) error {
	for _, f := range flows() {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		x := execute(f.load())
		note := fmt.Sprintf("%s commands, digest %016x", readme.Grouped(commands), x.digest)
		if err := journalled(r, f.name, note, x); err != nil {
			return err
		}
		if !f.allocates {
			continue
		}
		if err := allocations(r, f.name, note, x); err != nil {
			return err
		}
	}
	return nil
}

// flow is one on which is counted.
type flow struct {
	name      string
	load      func() *workload.Load
	allocates bool // allocations are counted on it too
}

// flows are drawn from seeds, so that they are the same everywhere.
func flows() []flow {
	market := workload.Market{Accounting: msg.Balances}
	named := market
	named.Names = true
	return []flow{
		{"shaped", func() *workload.Load { return workload.Shaped(2*commands, market) }, false},
		{"shaped with client order ids", func() *workload.Load { return workload.Shaped(2*commands, named) }, true},
		{"std", func() *workload.Load {
			p := workload.Std()
			p.Timed = 2 * commands
			return workload.Generate(p).Load(market)
		}, false},
	}
}
