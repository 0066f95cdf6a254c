package throughput

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/allviews"
	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

const (
	// ringCommands holds some milliseconds of work, so that the producer can sleep
	// while the ring is full and the engine never finds it empty.
	ringCommands = 1 << 14
	// pause is how long the producer sleeps then: spinning would take the processor
	// that the engine needs.
	pause = 100 * time.Microsecond
	// chunk is how many commands the producer makes at a time.
	chunk = 256
)

// exchange is a pipeline with all views, through which a load goes.
type exchange struct {
	p      *pipeline.Pipeline
	load   *workload.Load
	most   int          // commands that may be executed and not published
	handed atomic.Int64 // commands put, counted a chunk at a time
	chunk  []msg.Command

	// Of the publisher, but for while no command is under way:
	published int
	until     int
	round     round
	ended     chan struct{} // is told when all are published
}

// round is what came of some commands.
type round struct {
	took   time.Duration // from the first put to the last one published
	stages pipeline.Timing
	delay  time.Duration // the longest of a batch, from the first of it taken to all of it published
	lag    int           // the most commands that were taken out of the ring and not published
	events int
	digest uint64
	bytes  int64 // of the journal
}

// newExchange starts a pipeline in a directory and makes its market. A batch of 0
// commands is one of the default size.
func newExchange(dir string, load *workload.Load, batch int) (*exchange, error) {
	x := &exchange{load: load, ended: make(chan struct{}, 1), chunk: make([]msg.Command, chunk)}
	began := time.Now()
	o := pipeline.Options{
		Dir: filepath.Join(dir, "exchange"), Ring: ringCommands, Batch: batch, Clock: func() int64 { return 0 },
		Capacity: load.Room, MaxOrders: -1, Views: allviews.New,
		Observe: x.observe, Elapsed: func() time.Duration { return time.Since(began) },
	}
	if batch == 0 {
		batch = pipeline.DefaultBatch
	}
	x.most = batch * pipeline.DefaultBatches
	p, err := pipeline.Start(o)
	if err != nil {
		return nil, fmt.Errorf("start the pipeline: %w", err)
	}
	x.p = p
	if err := x.makeMarket(); err != nil {
		return nil, errors.Join(fmt.Errorf("make the market: %w", err), p.Stop())
	}
	return x, nil
}

// makeMarket executes the setup of the load and what of it is not to be measured.
func (x *exchange) makeMarket() error {
	x.until = int(x.load.First()) - 1
	for c := range x.load.Setup() {
		if err := x.put(context.Background(), c); err != nil {
			return err
		}
		x.handed.Add(1)
	}
	if err := x.await(); err != nil || x.load.Prefill == 0 {
		return err
	}
	_, err := x.through(context.Background(), 0, x.load.Prefill)
	return err
}

// run sends commands of the load through the pipeline, counted from the first that is
// to be measured.
func (x *exchange) run(ctx context.Context, from, commands int) (round, error) {
	runtime.GC() // what was made of others is none of this one's business
	return x.through(ctx, x.load.Prefill+from, commands)
}

func (x *exchange) through(ctx context.Context, from, commands int) (round, error) {
	x.round = round{}
	x.until += commands
	before := x.p.Durable().Bytes
	began := time.Now()
	for end := from + commands; from < end; from += len(x.chunk) {
		part := x.chunk[:min(len(x.chunk), end-from)]
		x.load.Fill(part, from)
		for i := range part {
			if err := x.put(ctx, &part[i]); err != nil {
				return round{}, err
			}
		}
		x.handed.Add(int64(len(part)))
	}
	if err := x.await(); err != nil {
		return round{}, err
	}
	x.round.took = time.Since(began)
	at := x.p.Durable()
	if int(at.Seq) != x.until {
		return round{}, fmt.Errorf("through command %d it is durable, and %d were sent", at.Seq, x.until)
	}
	if x.round.lag > x.most {
		return round{}, fmt.Errorf("%d commands were taken and not published, more than the bound of %d", x.round.lag, x.most)
	}
	x.round.digest, x.round.bytes = at.Digest, at.Bytes-before
	return x.round, nil
}

// put hands a command over as soon as there is room.
func (x *exchange) put(ctx context.Context, c *msg.Command) error {
	for {
		err := x.p.Put(c)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, pipeline.ErrBusy):
			return errors.Join(fmt.Errorf("put command %d: %w", c.Seq, err), x.p.Err())
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		time.Sleep(pause)
	}
}

// await waits until everything that was put is published.
func (x *exchange) await() error {
	select {
	case <-x.ended:
		return nil
	case <-x.p.Done():
		return fmt.Errorf("await command %d: %w", x.until, x.p.Err())
	}
}

// observe notes a batch that was published right now. It is not given back yet, so all
// of it still counts as not published.
func (x *exchange) observe(t *pipeline.Timing) {
	// Fewer are counted as taken than are, by those of the chunk that is being put.
	taken := int(x.handed.Load()) - x.p.Waiting()
	r := &x.round
	r.lag = max(r.lag, taken-x.published)
	x.published += t.Commands
	r.events += t.Events
	s := &r.stages
	s.Gather, s.Append, s.Sync = s.Gather+t.Gather, s.Append+t.Append, s.Sync+t.Sync
	s.Queue, s.Fold, s.Publish = s.Queue+t.Queue, s.Fold+t.Fold, s.Publish+t.Publish
	r.delay = max(r.delay, t.Gather+t.Append+t.Sync+t.Queue+t.Fold+t.Publish)
	if x.published == x.until {
		x.ended <- struct{}{}
	}
}

func (x *exchange) stop() error {
	if err := x.p.Stop(); err != nil {
		return fmt.Errorf("stop the pipeline: %w", err)
	}
	return nil
}
