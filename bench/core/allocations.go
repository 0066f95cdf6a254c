package core

import (
	"context"
	"fmt"
	"runtime"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
)

// allocations adds how often memory was asked for in a whole run, everything on and
// with client ids.
func (m *measuring) allocations(ctx context.Context) error {
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
		f := m.Count(sectionEngine, "allocations, "+l.name+", everything on", "allocations", float64(n), &result.Goal{AtMost: 1, Strict: true})
		f.Note = fmt.Sprintf("in %d commands with client ids, in memory of an equal lap", load.Len())
	}
	return nil
}

// allocations returns how many there are in the third lap of a load, when the first
// has grown all tables to what is needed.
func (s *stand) allocations(load *workload.Load) (uint64, error) {
	s.engine = prepared(load)
	s.through(load, load.Prefill, load.Len()-load.Prefill, all())
	_, second := s.through(load, load.Len(), load.Len(), all())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, third := s.through(load, 2*load.Len(), load.Len(), all())
	runtime.ReadMemStats(&after)
	if second != third {
		return 0, fmt.Errorf("%s: %d events in the second lap, %d in the third", load.Name, second, third)
	}
	return after.Mallocs - before.Mallocs, nil
}
