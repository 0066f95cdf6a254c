package core

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The goals of throughput.
const (
	goalCommands = 8_000_000 // a second, everything on
	goalLarge    = 1. / 3    // of that on std, with a million resting orders
)

// throughput adds commands a second, everything on and matching only.
func (m *measuring) throughput(ctx context.Context) error {
	loads := append(slices.Clip(m.loads), common(m.common(workload.Big1())), common(m.common(workload.Sym1k())))
	var runs []*run
	for _, l := range loads {
		for _, k := range []struct {
			name   string
			market workload.Market
			asked
		}{{"everything on", workload.Market{}, all()}, {"matching only", workload.Market{Accounting: msg.NoAccounting}, asked{}}} {
			load, err := l.load(k.market)
			if err != nil {
				return err
			}
			runs = append(runs, newRun(l.name+", "+k.name, load, m.commands, k.asked, l.flow))
		}
	}
	ns, err := newStand().alternate(ctx, m.samples, runs...)
	if err != nil {
		return err
	}
	for i, l := range loads {
		goal := &result.Goal{AtLeast: goalCommands}
		if i >= len(m.loads) {
			goal = &result.Goal{AtLeast: goalLarge, Beside: "std, everything on"}
		}
		full, bare := runs[2*i], runs[2*i+1]
		note := fmt.Sprintf("%s, %d commands, %d events, state digest %016x", l.note, full.commands, full.made, full.end)
		m.Time(sectionEngine, full.name, "commands/s", perSecond(ns[2*i]), goal).Note = note
		m.Time(sectionEngine, bare.name, "commands/s", perSecond(ns[2*i+1]), nil).Note = fmt.Sprintf("%d events", bare.made)
	}
	for _, day := range m.absent {
		m.Missing(sectionEngine, day+", everything on", "commands/s", "the recording is not on this machine", &result.Goal{AtLeast: goalCommands})
	}
	return nil
}
