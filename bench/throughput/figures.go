package throughput

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// partNames are the parts in the table.
var partNames = [parts]string{
	handOver: "from hand to hand through the ring",
	execute:  "execute, with digests",
	encode:   "encode",
	write:    "compress and write",
	syncing:  "sync",
	fold:     "fold into all views",
}

// stages are the parts that one goroutine of the pipeline has.
var stages = [...]struct {
	name  string
	parts []part
}{
	{"ring", []part{handOver}},
	{"engine", []part{execute, encode}},
	{"journal", []part{write, syncing}},
	{"views", []part{fold}},
}

// phases is how many a batch goes through.
const phases = 6

var phaseNames = [phases]string{
	"filled by the engine, while others are in the journal", "compressed and written", "synced", "waiting for the publisher", "folded", "published",
}

// phases returns what the batches of a round took.
func (r *round) phases() [phases]time.Duration {
	s := &r.stages
	return [phases]time.Duration{s.Gather, s.Append, s.Sync, s.Queue, s.Fold, s.Publish}
}

// stage returns what a stage alone took for a command in each round.
func (m *measured) stage(of []part) []float64 {
	ns := make([]float64, len(m.whole))
	for _, p := range of {
		for i, v := range m.alone[p] {
			ns[i] += v
		}
	}
	return ns
}

// slowest returns the stage that takes longest alone.
func (m *measured) slowest() (name string, ns []float64) {
	for _, s := range stages {
		if took := m.stage(s.parts); ns == nil || result.Median(took) > result.Median(ns) {
			name, ns = s.name, took
		}
	}
	return name, ns
}

// report adds the figures of a flow.
func (m *measured) report(r *result.Run, flow string, commands int, detail bool) {
	whole, slowest := "whole pipeline, "+flow, "slowest stage alone, "+flow
	r.Time(section, whole, "commands/s", perSecond(m.whole), &result.Goal{AtLeast: goalCommands}).Note = fmt.Sprintf(
		"%d processors; rounds of %d commands, %d events in all, state digest %016x, %.1f bytes a command in the journal",
		processors(), commands, m.events, m.digest, m.bytes)
	r.Time(section, whole+", beside its slowest stage", "commands/s", perSecond(m.whole), &result.Goal{AtLeast: goalSlowest, Beside: slowest})
	name, ns := m.slowest()
	r.Time(section, slowest, "commands/s", perSecond(ns), nil).Note = "it is the " + name
	if !detail {
		return
	}
	r.Time(section, "one command, whole pipeline", "ns", m.whole, nil)
	for p, name := range partNames {
		r.Time(section, "alone: "+name, "ns", m.alone[p], nil).Note = "for a command; stage " + stageOf(part(p))
	}
	for i, name := range phaseNames {
		r.Time(section, "in the pipeline: "+name, "ns", m.inside[i], nil).Note = "for a command; goroutines that share processors"
	}
	bound := pipeline.DefaultBatch * pipeline.DefaultBatches
	r.Time(section, "publish lag at full speed", "commands", m.lag, &result.Goal{AtMost: float64(bound)}).Note = fmt.Sprintf(
		"the most taken by the engine and not published; by design %d batches of %d, before them a ring of %d that says busy",
		pipeline.DefaultBatches, pipeline.DefaultBatch, ringCommands)
	r.Time(section, "publish lag at full speed, in time", "ms", m.delay, nil).Note = "the longest, from the first command of a batch taken to all of it published"
}

// stageOf returns the name of the stage that has a part.
func stageOf(p part) string {
	for _, s := range stages {
		if slices.Contains(s.parts, p) {
			return s.name
		}
	}
	panic(fmt.Sprintf("throughput: part %d is in no stage", p))
}
