package core

import (
	"context"
	"fmt"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// features adds what each feature costs: the engine with none of them, and then with
// one more at a time.
func (m *measuring) features(ctx context.Context) error {
	for _, l := range m.loads[:2] { // shaped and std
		var runs []*run
		for _, k := range []struct {
			name   string
			market workload.Market
			asked
		}{
			{"matching only", workload.Market{Accounting: msg.NoAccounting}, asked{}},
			{"+ events", workload.Market{Accounting: msg.NoAccounting}, asked{events: true}},
			{"+ client ids", workload.Market{Accounting: msg.NoAccounting, Names: true}, asked{events: true}},
			{"+ accounts and fees", workload.Market{Names: true}, asked{events: true}},
			{"+ digest", workload.Market{Names: true}, all()},
		} {
			load, err := l.load(k.market)
			if err != nil {
				return err
			}
			runs = append(runs, newRun(l.name+": "+k.name, load, m.commands/2, k.asked, l.flow))
		}
		ns, err := newStand().alternate(ctx, m.samples, runs...)
		if err != nil {
			return err
		}
		for i, run := range runs {
			f := m.Time(sectionFeatures, run.name, "ns/command", ns[i], nil)
			if i > 0 {
				f.Note = fmt.Sprintf("%+.1f ns", result.Median(ns[i])-result.Median(ns[i-1]))
			}
		}
	}
	return nil
}
