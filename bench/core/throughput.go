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
	big, many := common(m.common(workload.Big1())), common(m.common(workload.Sym1k()))
	few := many
	few.name += ", 10 symbols an account"
	few.market = workload.Market{Symbols: 10}
	loads := append(slices.Clip(m.loads), big, many, few)
	var runs []*run
	for i, l := range loads {
		commands := m.commands
		if i >= len(m.loads) {
			commands /= 2
		}
		pair, err := l.pair(commands)
		if err != nil {
			return err
		}
		runs = append(runs, pair...)
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
		if full.made != bare.made {
			return fmt.Errorf("%s: %d events with accounts and %d without: somebody ran out of money", l.name, full.made, bare.made)
		}
		note := fmt.Sprintf("%s; %d commands, %d events, state digest %016x", l.note, full.commands, full.made, full.end)
		m.Time(sectionEngine, full.name, "commands/s", perSecond(ns[2*i]), goal).Note = note
		m.Time(sectionEngine, bare.name, "commands/s", perSecond(ns[2*i+1]), nil)
	}
	for _, day := range m.absent {
		m.Missing(sectionEngine, day+", everything on", "commands/s", notHere, &result.Goal{AtLeast: goalCommands})
	}
	return nil
}

// notHere is why a recorded day is not measured.
const notHere = "the recording is not on this machine"

// pair returns the runs of a flow with everything on and with matching only.
func (l *measured) pair(commands int) (runs []*run, err error) {
	full, bare := l.market, l.market
	bare.Accounting = msg.NoAccounting
	for _, k := range []struct {
		name   string
		market workload.Market
		asked
	}{{"everything on", full, all()}, {"matching only", bare, asked{}}} {
		load, err := l.load(k.market)
		if err != nil {
			return nil, err
		}
		runs = append(runs, newRun(l.name+", "+k.name, load, commands, k.asked, l.flow))
	}
	return runs, nil
}
