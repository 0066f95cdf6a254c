package core

import (
	"os"
	"slices"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// BenchmarkExecute runs one load at a time, for profiles: everything on, with client
// ids as well, and matching only. Large markets take seconds to set up and are left
// to the long form.
func BenchmarkExecute(b *testing.B) {
	s := newStand()
	flows := map[string]*measured{} // drawn when they are asked for
	names := []string{"shaped", "std", workload.NASDAQDay, workload.ShanghaiDay}
	if os.Getenv("EXCHANGE_LONG") != "" {
		names = append(names, "std100k", "big1", "sym1k")
	}
	for _, name := range names {
		for _, k := range []struct {
			name   string
			market workload.Market
			asked
		}{
			{"everything on", workload.Market{}, all()},
			{"with client ids", workload.Market{Names: true}, all()},
			{"matching only", workload.Market{Accounting: msg.NoAccounting}, asked{}},
		} {
			b.Run(name+"/"+k.name, func(b *testing.B) {
				if flows[name] == nil {
					flows[name] = named(b, name)
				}
				benchmark(b, s, flows[name], k.market, k.asked)
			})
		}
	}
}

func benchmark(b *testing.B, s *stand, l *measured, m workload.Market, a asked) {
	load, err := l.load(m)
	if err != nil {
		b.Fatal(err)
	}
	r := newRun(l.name, load, Long.commands, a, l.flow)
	var took float64
	n := 0
	for b.Loop() {
		ns, err := s.pass(r)
		if err != nil {
			b.Fatal(err)
		}
		took += ns
		n++
	}
	b.ReportMetric(took/float64(n), "ns/command")
}

// named returns a flow by its name.
func named(b *testing.B, name string) *measured {
	b.Helper()
	if p, err := workload.Find(name); err == nil {
		m := common(workload.Generate(p))
		return &m
	}
	loads, absent, err := Long.loads()
	if err != nil {
		b.Fatal(err)
	}
	if slices.Contains(absent, name) {
		b.Skip(notHere)
	}
	i := slices.IndexFunc(loads, func(l measured) bool { return l.name == name })
	if i < 0 {
		b.Fatalf("there is no flow %s", name)
	}
	return &loads[i]
}
