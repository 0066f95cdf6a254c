package core

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
)

// allocations adds how often memory was asked for in a whole run, everything on and
// with client ids.
func (m *measuring) allocations(ctx context.Context) error {
	const unit = "allocations"
	none := &result.Goal{AtMost: 1, Strict: true}
	name := func(load string) string { return "allocations, " + load + ", everything on" }
	for _, l := range m.loads {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		load, err := l.load(workload.Market{Names: true})
		if err != nil {
			return err
		}
		load.Repeat()
		n, err := newStand().allocations(load)
		if err != nil {
			return err
		}
		f := m.Count(sectionEngine, name(l.name), unit, float64(n), none)
		f.Note = fmt.Sprintf("in %d commands with client ids, in memory of an equal lap", load.Len())
	}
	for _, day := range m.absent {
		m.Missing(sectionEngine, name(day), unit, notHere, none)
	}
	return nil
}

// allocations returns how many there are in a lap of a load, when the first has grown
// all tables to what is needed. It is the least of some laps: the runtime allocates now
// and then as well.
func (s *stand) allocations(load *workload.Load) (uint64, error) {
	const laps = 3
	s.engine = prepared(load)
	s.through(load, load.Prefill, load.Len()-load.Prefill, all())
	_, second := s.through(load, load.Len(), load.Len(), all())
	least := uint64(math.MaxUint64)
	for lap := 2; lap < 2+laps; lap++ {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, made := s.through(load, lap*load.Len(), load.Len(), all())
		runtime.ReadMemStats(&after)
		if made != second {
			return 0, fmt.Errorf("%s: %d events in the second lap, %d in lap %d", load.Name, second, made, lap+1)
		}
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return least, nil
}
