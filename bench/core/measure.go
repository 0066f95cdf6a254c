package core

import (
	"context"
	"runtime/debug"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

// The sections of the table.
const (
	sectionEngine   = "engine"
	sectionFeatures = "cost of each feature"
	sectionLong     = "long commands"
)

// measuring is a measurement under way.
type measuring struct {
	*result.Run
	Size
	loads  []measured
	absent []string // recorded days that are not here
	clock  clock
}

// Measure adds all figures and curves of the engine alone.
func Measure(ctx context.Context, r *result.Run, size Size) error {
	// What is measured does not allocate; a collection of what was set up before
	// would fall into it by chance.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	loads, absent, err := size.loads()
	if err != nil {
		return err
	}
	m := &measuring{Run: r, Size: size, loads: loads, absent: absent, clock: newClock()}
	for _, measure := range []func(context.Context) error{
		m.throughput, m.serviceTimes, m.allocations, m.features, m.longCommands, m.growth,
	} {
		if err := measure(ctx); err != nil {
			return err
		}
		debug.FreeOSMemory()
	}
	return nil
}
