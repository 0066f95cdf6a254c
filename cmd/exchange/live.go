package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// live is the running exchange as its edge sees it: a pipeline, and the views
// that it folds into, locked for whoever reads them.
type live struct {
	pipeline  *pipeline.Pipeline
	clock     *liveClock
	followers []*follower
	calls     sync.Pool // of *asked

	mu      sync.RWMutex // held for writing from the first Apply of a batch to its end
	views   *marketview.Views
	folding bool // mu is held by the publisher, whose field this is
}

// liveOptions are what a live exchange is started with.
type liveOptions struct {
	pipeline pipeline.Options // without clock, views and publish
	limits   marketview.Limits
	clock    *liveClock
}

// follower is a feed that follows a live exchange.
type follower struct {
	name string
	feed gateway.Feed
	seq  atomic.Uint64 // of the last command of the last batch that it was flushed with
}

// startLive recovers the exchange of a data directory. Whoever follows it does so
// before the first command is handed over.
func startLive(o *liveOptions) (*live, error) {
	l := &live{clock: o.clock}
	l.calls.New = func() any { return newAsked(l) }
	fresh := func() views {
		return views{marketview.New(o.limits)}
	}
	// Those that are asked for until the pipeline has started are for its recovery,
	// which goes on with the last of them; all later ones are for snapshots.
	recovering := true
	var last *liveViews
	o.pipeline.Views = func() pipeline.Views {
		if !recovering {
			return fresh()
		}
		last = &liveViews{views: fresh()}
		return last
	}
	o.pipeline.Publish = l.publish
	o.pipeline.Clock = o.clock.now
	p, err := pipeline.Start(o.pipeline)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the directory
	}
	recovering = false
	l.pipeline, l.views, last.live = p, last.Views, l
	l.views.Report(true)
	o.clock.goOnFrom(p.Durable().Time)
	return l, nil
}

// follow has a feed follow the exchange, after those that do so already.
func (l *live) follow(name string, f gateway.Feed) {
	w := &follower{name: name, feed: f}
	w.seq.Store(uint64(l.views.Seq()))
	l.followers = append(l.followers, w)
}

// Do hands a command over and waits until it is durable and folded.
func (l *live) Do(ctx context.Context, c *msg.Command, into *gateway.Result, seen gateway.Seer) error {
	k := l.calls.Get().(*asked)
	k.seen = seen
	k.result.Events, k.result.Folded = into.Events[:0], nil
	if seen != nil {
		k.result.Folded = k.folded
	}
	err := l.pipeline.Do(ctx, c, &k.result)
	if err == nil {
		into.Seq, into.Time, into.Events = k.result.Seq, k.result.Time, k.result.Events
	}
	k.giveBack()
	return edgeError(err)
}

// Hand hands a command over and has somebody told of its answer.
func (l *live) Hand(c *msg.Command, into *gateway.Result, seen gateway.Seer, answered func(error)) error {
	k := l.calls.Get().(*asked)
	k.seen, k.into, k.answered = seen, into, answered
	k.result.Events, k.result.Folded, k.result.Answered = into.Events[:0], nil, k.told
	if seen != nil {
		k.result.Folded = k.folded
	}
	if err := l.pipeline.Hand(c, &k.result); err != nil {
		k.giveBack()
		return edgeError(err)
	}
	return nil
}

// asked is a Do or a Hand under way. It is used again.
type asked struct {
	live   *live
	result pipeline.Result
	seen   gateway.Seer
	folded func(c *msg.Command, events []msg.Event) // see, made once

	into     *gateway.Result // of Hand
	answered func(error)     // of Hand
	told     func(error)     // tell, made once
}

func newAsked(l *live) *asked {
	k := &asked{live: l}
	k.folded, k.told = k.see, k.tell
	return k
}

// tell tells whoever has handed a command over what became of it.
func (k *asked) tell(err error) {
	into, answered := k.into, k.answered
	if err == nil {
		into.Seq, into.Time, into.Events = k.result.Seq, k.result.Time, k.result.Events
	}
	k.giveBack()
	answered(edgeError(err))
}

func (k *asked) giveBack() {
	k.result.Events, k.result.Answered = nil, nil
	k.seen, k.into, k.answered = nil, nil, nil
	k.live.calls.Put(k)
}

func (k *asked) see(c *msg.Command, events []msg.Event) { k.seen.See(k.live.views, c, events) }

// edgeError says in the words of the edge why a command got no answer.
func edgeError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pipeline.ErrBusy):
		return gateway.ErrBusy
	case errors.Is(err, pipeline.ErrFull):
		return gateway.ErrFull
	case errors.Is(err, pipeline.ErrStorage):
		return gateway.ErrStorage
	case errors.Is(err, pipeline.ErrBarred):
		return gateway.ErrBarred
	case errors.Is(err, pipeline.ErrStopped):
		return gateway.ErrStopped
	case errors.Is(err, pipeline.ErrUnknown):
		return gateway.ErrUnknown
	default:
		return fmt.Errorf("hand a command over: %w", err)
	}
}

// BeginRead returns the views, which stay as they are until EndRead.
func (l *live) BeginRead() *marketview.Views {
	l.mu.RLock()
	return l.views
}

// EndRead lets the fold go on.
func (l *live) EndRead() { l.mu.RUnlock() }

// Now returns the time of the clock that stamps commands.
func (l *live) Now() int64 { return l.clock.now() }

// fold folds a transaction of the running exchange, and shows it to the feeds.
func (l *live) fold(c *msg.Command, events []msg.Event) {
	if !l.folding {
		l.mu.Lock()
		l.folding = true
	}
	l.views.Apply(c, events)
	for _, w := range l.followers {
		w.feed.Fold(l.views, c, events)
	}
}

// publish ends a batch: it may be read, then streams leave, then answers.
func (l *live) publish(*pipeline.Batch) {
	seq := uint64(l.views.Seq())
	l.folding = false
	l.mu.Unlock()
	for _, w := range l.followers {
		w.feed.Flush()
		w.seq.Store(seq)
	}
}

// liveViews are the views of the running exchange as its pipeline folds them.
type liveViews struct {
	views
	live *live // nil until the state is recovered: nobody reads and follows yet
}

// Apply folds a transaction.
func (v *liveViews) Apply(c *msg.Command, events []msg.Event) {
	if v.live == nil {
		v.Views.Apply(c, events)
		return
	}
	v.live.fold(c, events)
}
