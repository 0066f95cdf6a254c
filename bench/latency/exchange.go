package latency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/allviews"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// The flow, of which the same commands come whenever it is begun.
const (
	seed     = 23
	accounts = 1000
)

// room is what the flow needs of the engine.
var room = engine.Capacity{Orders: 1 << 16, Accounts: accounts, Balances: 4 * accounts}

// exchange is a pipeline with all views, and the flow that goes through it.
type exchange struct {
	p    *pipeline.Pipeline
	flow *enginetest.Shaped
	next msg.Command // of the flow, not taken yet

	// Of the round under way; the publisher reads them of batches that came after.
	schedule schedule
	clock    func() time.Duration
	first    msg.Seq // the command that the schedule begins with
	into     []time.Duration
	batches  int
	ended    chan struct{} // is told when the last of the schedule is noted
}

// round is what came of one schedule.
type round struct {
	batches int
	took    time.Duration // until the last was published
	bytes   int64         // of the journal
}

// newExchange starts a pipeline in a directory and makes its market.
func newExchange(dir string, snapshots snapshot.Policy) (*exchange, error) {
	x := &exchange{flow: enginetest.NewShaped(seed, accounts), ended: make(chan struct{}, 1)}
	p, err := pipeline.Start(pipeline.Options{
		Dir: dir, Clock: func() int64 { return 0 }, Capacity: room, MaxOrders: -1,
		Ring: 1 << 15, Views: allviews.New, Snapshots: snapshots, Publish: x.published,
	})
	if err != nil {
		return nil, fmt.Errorf("start the exchange: %w", err)
	}
	x.p = p
	if err := x.makeMarket(); err != nil {
		return nil, errors.Join(fmt.Errorf("make the market: %w", err), p.Stop())
	}
	x.flow.Next(&x.next)
	return x, nil
}

// makeMarket sets the market up, for which the ring has room, and awaits the last answer.
func (x *exchange) makeMarket() error {
	setup := x.flow.Setup(msg.Balances)
	last := len(setup) - 1
	for i := range setup[:last] {
		if err := x.p.Put(&setup[i]); err != nil {
			return err //nolint:wrapcheck // it says all there is
		}
	}
	return x.p.Do(context.Background(), &setup[last], &pipeline.Result{}) //nolint:wrapcheck // it says all there is
}

// published notes the latencies of a batch that has become durable and visible.
func (x *exchange) published(b *pipeline.Batch) {
	first, _ := b.Transaction(0)
	if x.into == nil || first.Seq < x.first {
		return
	}
	from := int(first.Seq - x.first)
	x.schedule.note(x.into, from, from+b.Len(), x.clock())
	x.batches++
	if from+b.Len() == x.schedule.n {
		x.ended <- struct{}{}
	}
}

// put offers the next command.
func (x *exchange) put() (taken bool, err error) {
	switch err := x.p.Put(&x.next); {
	case err == nil:
		return true, nil
	case errors.Is(err, pipeline.ErrBusy):
		return false, nil
	default:
		return false, fmt.Errorf("put command %d: %w", x.next.Seq, err)
	}
}

// run sends a schedule through the exchange and waits for its last answer.
func (x *exchange) run(s schedule, into []time.Duration) (round, error) {
	x.schedule, x.first, x.into, x.batches = s, x.next.Seq, into, 0
	before := x.p.Durable().Bytes
	x.clock = stopwatch()
	err := s.drive(x.clock, func(int) (bool, error) {
		taken, err := x.put()
		if taken {
			x.flow.Next(&x.next)
		}
		return taken, err
	})
	if err != nil {
		return round{}, err
	}
	select {
	case <-x.ended:
	case <-x.p.Done():
		return round{}, fmt.Errorf("run a schedule: %w", x.p.Err())
	}
	return round{batches: x.batches, took: x.clock(), bytes: x.p.Durable().Bytes - before}, nil
}

func (x *exchange) stop() error {
	if err := x.p.Stop(); err != nil {
		return fmt.Errorf("stop the exchange: %w", err)
	}
	return nil
}
