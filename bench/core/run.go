package core

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// batchSize is how many commands the pipeline's engine executes, at most, before it
// asks for the digest.
const batchSize = 256

// asked is what is asked of an engine beside its decisions.
type asked struct {
	events bool // kept for a batch and copied out of it; else counted and overwritten
	digest bool // after every batch
}

// all is what the pipeline asks for.
func all() asked { return asked{events: true, digest: true} }

// run is a load on an engine.
type run struct {
	asked
	name     string
	load     *workload.Load
	from     *engine.Engine // with the setup and what is not measured behind it
	commands int
	trades   int // that there must be in all; 0: not known

	seen bool // there was an earlier pass, to which any other must be equal:
	made int  // events
	end  uint64
}

// newRun sets a market up. flow is what the load was made of, if it was a common
// workload, and tells what the run must lead to if it is executed whole.
func newRun(name string, load *workload.Load, commands int, a asked, flow *workload.Flow) *run {
	r := &run{asked: a, name: name, load: load, from: prepared(load), commands: commands}
	if !load.Endless() {
		r.commands = min(commands, load.Len()-load.Prefill)
	}
	if flow != nil && r.commands == load.Len()-load.Prefill {
		r.trades = int(flow.Outcome.Trades)
	}
	return r
}

// prepared returns an engine that has executed what of a load is not measured.
func prepared(load *workload.Load) *engine.Engine {
	e := engine.New(load.Room)
	var events []msg.Event
	for c := range load.Setup() {
		events = e.Execute(c, events[:0])
	}
	batch := make([]msg.Command, batchSize)
	for from := 0; from < load.Prefill; from += len(batch) {
		batch = batch[:min(len(batch), load.Prefill-from)]
		load.Fill(batch, from)
		for i := range batch {
			events = e.Execute(&batch[i], events[:0])
		}
		e.Digest()
	}
	return e
}

// stand is where runs are measured. Its memory is used by all of them.
type stand struct {
	engine *engine.Engine
	batch  []msg.Command
	events []msg.Event
	out    []msg.Event
}

func newStand() *stand {
	const events = 1 << 14
	return &stand{
		engine: engine.New(engine.Capacity{}), batch: make([]msg.Command, batchSize),
		events: make([]msg.Event, 0, events), out: make([]msg.Event, events),
	}
}

// pass executes a run once and returns what a command took, in nanoseconds.
func (s *stand) pass(r *run) (float64, error) {
	s.engine.CopyFrom(r.from)
	took, made := s.through(r.load, r.load.Prefill, r.commands, r.asked)
	if err := r.same(s.engine, made); err != nil {
		return 0, err
	}
	return float64(took.Nanoseconds()) / float64(r.commands), nil
}

// through executes commands of a load on the engine, from one of them on. It returns
// what that took, and the number of events.
func (s *stand) through(load *workload.Load, from, commands int, a asked) (took time.Duration, made int) {
	for n := 0; n < commands; n += batchSize {
		batch := s.batch[:min(batchSize, commands-n)]
		load.Fill(batch, from+n)
		start := time.Now()
		made += s.execute(batch, a)
		took += time.Since(start)
	}
	return took, made
}

// execute is what is measured. It returns the number of events.
func (s *stand) execute(batch []msg.Command, a asked) (made int) {
	e, events := s.engine, s.events[:0]
	e.Ahead(len(batch), func(i int) *msg.Command { return &batch[i] }) // as the pipeline does
	if !a.events {
		for i := range batch {
			events = e.Execute(&batch[i], events[:0])
			made += len(events)
		}
	} else {
		for i := range batch {
			events = e.Execute(&batch[i], events)
		}
		made = copy(s.out, events)
	}
	if a.digest {
		e.Digest()
	}
	s.events = events[:0]
	return made
}

// same holds a pass against the one before it, and the first against what its
// workload must lead to.
func (r *run) same(e *engine.Engine, made int) error {
	end := e.Digest()
	if r.seen && (made != r.made || end != r.end) {
		return fmt.Errorf("%s: %d events to digest %016x, and before %d to %016x", r.name, made, end, r.made, r.end)
	}
	r.seen, r.made, r.end = true, made, end
	if trades := allTrades(e); r.trades != 0 && trades != r.trades {
		return fmt.Errorf("%s: %d trades, and the workload has %d", r.name, trades, r.trades)
	}
	return nil
}

// allTrades returns how many trades there were in all symbols.
func allTrades(e *engine.Engine) (n int) {
	for i := range e.Symbols() {
		s, _ := e.Symbol(msg.SymbolID(i + 1))
		n += int(s.Trade)
	}
	return n
}

// alternate measures runs in turns and returns for each what a command took in each
// round. What the first round takes is not kept: it meets memory that was never
// touched.
func (s *stand) alternate(ctx context.Context, rounds int, runs ...*run) (ns [][]float64, err error) {
	ns = make([][]float64, len(runs))
	for round := range rounds + 1 {
		for i, r := range runs {
			if err := ctx.Err(); err != nil {
				return nil, context.Cause(ctx)
			}
			took, err := s.pass(r)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				ns[i] = append(ns[i], took)
			}
		}
	}
	runtime.GC() // before whatever is next, since nothing collects on its own
	return ns, nil
}

// perSecond turns nanoseconds a command into commands a second.
func perSecond(ns []float64) []float64 {
	rates := make([]float64, len(ns))
	for i := range ns {
		rates[i] = 1e9 / ns[i]
	}
	return rates
}
