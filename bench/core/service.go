package core

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/workload"
)

// goalService is what 999 of 1,000 commands take less than, in nanoseconds.
const goalService = 2_000

// quantiles are those of service times that are shown.
var quantiles = [...]struct {
	name string
	part float64
	goal *result.Goal
}{
	{"p50", 0.5, nil},
	{"p99", 0.99, nil},
	{"p99.9", 0.999, &result.Goal{AtMost: goalService, Strict: true}},
	{"p99.99", 0.9999, nil},
}

// serviceTimes adds how long one command takes, everything on, the next one coming
// when it is done. The digest of a batch is asked for between commands, as the
// pipeline does, and has figures of its own.
func (m *measuring) serviceTimes(ctx context.Context) error {
	c := &m.clock
	note := fmt.Sprintf("a reading of the clock, %.0f ns, is taken off; its steps are of %.1f ns", float64(c.read)*c.tick, c.tick)
	s := newStand()
	for _, l := range m.loads {
		load, err := l.load(workload.Market{})
		if err != nil {
			return err
		}
		run := newRun(l.name, load, m.commands/2, all(), l.flow)
		var commands, digests [len(quantiles)][]float64
		for range m.samples {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			each, asking, err := s.each(run)
			if err != nil {
				return err
			}
			for i, q := range quantiles {
				commands[i] = append(commands[i], c.nanoseconds(quantile(each, q.part)))
				digests[i] = append(digests[i], c.nanoseconds(quantile(asking, q.part)))
			}
		}
		for i, q := range quantiles {
			m.Time(sectionEngine, "one command of "+l.name+", "+q.name, "ns", commands[i], q.goal).Note = note
		}
		m.Time(sectionEngine, fmt.Sprintf("a digest after %d commands of %s, p50", batchSize, l.name), "ns", digests[0], nil)
	}
	m.idle()
	return nil
}

// idle adds what a command would take that does nothing.
func (m *measuring) idle() {
	var longest []float64
	for range m.samples {
		longest = append(longest, m.clock.nanoseconds(quantile(nothing(m.commands/2), 0.999)))
	}
	m.Time(sectionEngine, "nothing between two readings, p99.9", "ns", longest, nil).Note = "what the machine takes from whoever runs on it"
}

// each executes a run and returns the ticks that each command took, and each
// digest, sorted.
func (s *stand) each(r *run) (commands, digests []uint32, err error) {
	s.engine.CopyFrom(r.from)
	commands, digests = make([]uint32, 0, r.commands), make([]uint32, 0, r.commands/batchSize+1)
	made, e := 0, s.engine
	for n := 0; n < r.commands; n += batchSize {
		batch, events := s.batch[:min(batchSize, r.commands-n)], s.events[:0]
		r.load.Fill(batch, r.load.Prefill+n)
		for i := range batch {
			start := ticks()
			events = e.Execute(&batch[i], events)
			commands = append(commands, short(ticks()-start))
		}
		start := ticks()
		e.Digest()
		digests = append(digests, short(ticks()-start))
		made += len(events)
		s.events = events[:0]
	}
	slices.Sort(commands)
	slices.Sort(digests)
	return commands, digests, r.same(e, made)
}

// nothing returns the ticks between n pairs of readings of the clock, sorted.
func nothing(n int) []uint32 {
	between := make([]uint32, n)
	for i := range between {
		start := ticks()
		between[i] = short(ticks() - start)
	}
	slices.Sort(between)
	return between
}

// short cuts off what is longer than a second or so.
func short(ticks int64) uint32 { return uint32(min(ticks, math.MaxUint32)) }

// quantile returns the smallest value that a part of the sorted values are at or
// below.
func quantile(sorted []uint32, part float64) uint32 {
	return sorted[min(len(sorted)-1, max(0, int(math.Ceil(part*float64(len(sorted))))-1))]
}
