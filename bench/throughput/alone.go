package throughput

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/engine/ring"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// part is a part of the pipeline's work.
type part int

const (
	handOver part = iota
	execute
	encode
	write // and compress
	syncing
	fold
	parts
)

// step is how many commands the pipeline's engine executes before it asks for the
// digest.
const step = 256

// apart is what some commands took, and led to.
type apart struct {
	took   [parts]time.Duration
	events int
	digest uint64
}

// alone does the work of the pipeline one part at a time.
type alone struct {
	load   *workload.Load
	engine *engine.Engine
	log    *journal.Writer
	views  *marketview.Views

	batch   []msg.Command
	events  []msg.Event
	ends    []int // events of command i end here
	encoder msg.Encoder
	raw     []byte
}

func newAlone(dir string, load *workload.Load) (*alone, error) {
	log, err := journal.Open(filepath.Join(dir, "alone"), journal.Options{})
	if err != nil {
		return nil, fmt.Errorf("open the journal of the stages alone: %w", err)
	}
	a := &alone{
		load: load, engine: engine.New(load.Room), log: log, views: marketview.New(marketview.Limits{}),
		batch: make([]msg.Command, 0, pipeline.DefaultBatch),
	}
	var setup apart
	for c := range load.Setup() {
		a.batch = append(a.batch, *c)
		if len(a.batch) == cap(a.batch) {
			if err := a.work(&setup); err != nil {
				return nil, err
			}
			a.batch = a.batch[:0]
		}
	}
	if len(a.batch) > 0 {
		if err := a.work(&setup); err != nil {
			return nil, err
		}
	}
	return a, a.through(&setup, 0, load.Prefill)
}

// pass does everything with commands of the load, counted from the first that is to be
// measured.
func (a *alone) pass(from, commands int) (took apart, err error) {
	took.took[handOver] = through(commands)
	return took, a.through(&took, a.load.Prefill+from, commands)
}

func (a *alone) through(into *apart, from, commands int) error {
	for end := from + commands; from < end; from += len(a.batch) {
		a.batch = a.batch[:min(cap(a.batch), end-from)]
		a.load.Fill(a.batch, from)
		if err := a.work(into); err != nil {
			return err
		}
	}
	return nil
}

// work does everything with the batch.
func (a *alone) work(into *apart) error {
	at := time.Now()
	lap := func(p part) {
		now := time.Now()
		into.took[p] += now.Sub(at)
		at = now
	}
	a.execute()
	lap(execute)
	first, last := &a.batch[0], &a.batch[len(a.batch)-1]
	a.encode()
	lap(encode)
	into.digest = a.engine.Digest()
	into.events += len(a.events)
	err := a.log.Append(&journal.Frame{
		FirstSeq: uint64(first.Seq), Commands: uint32(len(a.batch)), Events: uint32(len(a.events)),
		FirstTime: first.Time, LastTime: last.Time, Digest: into.digest, Raw: a.raw,
	})
	if err != nil {
		return fmt.Errorf("append to the journal of the stages alone: %w", err)
	}
	lap(write)
	if err := a.log.Sync(); err != nil {
		return fmt.Errorf("sync the journal of the stages alone: %w", err)
	}
	lap(syncing)
	from := 0
	for i, end := range a.ends {
		a.views.Apply(&a.batch[i], a.events[from:end])
		from = end
	}
	lap(fold)
	return nil
}

func (a *alone) execute() {
	a.events, a.ends = a.events[:0], a.ends[:0]
	for i := range a.batch {
		a.events = a.engine.Execute(&a.batch[i], a.events)
		a.ends = append(a.ends, len(a.events))
		if i%step == step-1 {
			a.engine.Digest()
		}
	}
	a.engine.Digest()
}

func (a *alone) encode() {
	a.raw = a.raw[:0]
	a.encoder.Reset(a.batch[0].Seq, a.batch[0].Time)
	from := 0
	for i, end := range a.ends {
		a.raw = a.encoder.Append(a.raw, &a.batch[i], a.events[from:end])
		from = end
	}
}

func (a *alone) close() error {
	if err := a.log.Close(); err != nil {
		return fmt.Errorf("close the journal of the stages alone: %w", err)
	}
	return nil
}

// carried is as large as what the pipeline's ring carries for a command.
type carried [10]uint64

// through moves values through a ring, from one goroutine to another.
func through(n int) time.Duration {
	r := ring.New[carried](ringCommands, 0)
	taken := make([]carried, step)
	began := time.Now()
	go func() {
		var v carried
		for range n {
			for v[0]++; !r.Put(&v); {
				time.Sleep(pause)
			}
		}
		r.Close()
	}()
	for want := uint64(1); r.Wait(); {
		for _, v := range taken[:r.Take(taken)] {
			if v[0] != want {
				panic("throughput: the ring has lost something")
			}
			want++
		}
	}
	return time.Since(began)
}
