package pipeline

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// engineStep bounds how many commands are executed before the journal may take
// the batch they went into.
const engineStep = 256

// runEngine takes what waits in the ring and executes it into the open batch,
// until the ring is closed and empty.
func (p *Pipeline) runEngine() {
	defer p.stages.Done()
	defer close(p.hand.ready)
	for p.ring.Wait() {
		if p.broken || !p.gather() {
			return
		}
	}
}

// gather takes what waits in the ring, as far as the open batch has room, and
// executes it. It returns false when the pipeline has ended.
func (p *Pipeline) gather() (ok bool) {
	b := p.hand.claim()
	return b != nil && p.fill(b)
}

// fill executes what waits in the ring into b, which was claimed, as far as it has
// room, and releases it. It returns false after a panic, which is fatal.
func (p *Pipeline) fill(b *Batch) (ok bool) {
	taken := p.ring.Take(b.requests[b.n:min(b.n+engineStep, len(b.requests))])
	ok = p.execute(b, taken)
	p.hand.release()
	return ok
}

// execute stamps, decides and encodes the requests that were just taken into b.
// It returns false after a panic, which is fatal.
func (p *Pipeline) execute(b *Batch, taken int) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			p.crash(b, r, debug.Stack())
		}
	}()
	now := p.o.Clock()
	waiting := b.requests[b.n : b.n+taken]
	p.engine.Ahead(taken, func(i int) *msg.Command { return waiting[i].command(p.command) })
	for i, end := b.n, b.n+taken; i < end; i++ {
		if i != b.n {
			b.requests[b.n] = b.requests[i] // those before were refused
		}
		q := &b.requests[b.n]
		if p.overfull(q) {
			q.answer(nil, ErrFull)
			p.rests.giveBack(q)
			continue
		}
		if q.time == 0 {
			q.time = now
		}
		q.stamp(p.engine.Seq()+1, max(q.time, p.engine.Time()))
		c := q.command(p.command)
		if b.n == 0 {
			b.encoder.Reset(c.Seq, c.Time)
			p.o.begin(b)
		}
		from := len(b.events)
		b.events = p.o.execute(p.engine, c, b.events)
		b.ends = append(b.ends, len(b.events))
		b.raw = b.encoder.Append(b.raw, c, b.events[from:])
		b.note(q)
		b.n++
	}
	b.digest = p.engine.Digest()
	return true
}

// overfull reports whether a command would take the book beyond its bound.
func (p *Pipeline) overfull(q *request) bool {
	if p.o.MaxOrders < 0 || p.engine.OpenOrders() < p.o.MaxOrders {
		return false
	}
	// A replacement that needs its cancel to succeed adds no order.
	return q.kind == msg.Place || q.kind == msg.CancelReplace && q.rest != nil && q.rest.Mode == msg.AllowFailure
}

// runJournal commits what the engine has executed, until the engine has ended.
func (p *Pipeline) runJournal() {
	defer p.stages.Done()
	defer close(p.durable)
	tick, stop := p.syncTicks()
	defer stop()
	for open := true; open; {
		due := p.o.Sync.Mode == SyncAlways
		var asked chan<- error
		ready, held := p.hand.ready, p.snapshots.behind(p.written)
		if held {
			ready = nil // until a snapshot is there; everything else goes on
		}
		select {
		case _, open = <-ready:
			if p.hand.isSmall() {
				runtime.Gosched() // whoever is about to hand something over comes into this sync
			}
		case <-tick:
			due = true
		case asked = <-p.syncNow:
			due = true
		case r := <-p.removals:
			if err := p.remove(r); err != nil {
				p.fail(err)
				return
			}
			continue
		case <-p.snapshots.folded:
			continue
		}
		var b *Batch
		if !held {
			b = p.hand.take()
		}
		err := p.commit(b, due || !open)
		if asked != nil {
			asked <- err
		}
		if err != nil {
			p.fail(err)
			return
		}
	}
}

// syncTicks returns when SyncInterval syncs; with the other modes never.
func (p *Pipeline) syncTicks() (tick <-chan time.Time, stop func()) {
	if p.o.Sync.Mode != SyncInterval {
		return nil, func() {}
	}
	t := time.NewTicker(p.o.Sync.Interval)
	return t.C, t.Stop
}

// commit is the one place that decides the order of things: append, sync, and
// only then let anything be seen. A sync is always due with SyncAlways; with the
// other modes also when a snapshot is, which holds only what is durable. b is
// nil when there is nothing new.
func (p *Pipeline) commit(b *Batch, due bool) error {
	if b != nil {
		p.o.lap(b, &b.watch.timing.Gather)
		if err := p.storage.await(len(b.raw), p.closing.Load); err != nil {
			return fmt.Errorf("append through command %d: %w", b.last().seq, err)
		}
		if err := p.log.Append(b.toFrame()); err != nil {
			return fmt.Errorf("append through command %d: %w", b.last().seq, err)
		}
		p.o.lap(b, &b.watch.timing.Append)
		p.written = Position{
			Seq: b.last().seq, Time: b.last().time, Digest: b.digest, Epoch: p.log.Epoch(), Frame: b.frame.Index, Bytes: p.log.Bytes(),
		}
	}
	if planted.Bug == planted.PublishBeforeFsync && b != nil && p.o.Publish != nil {
		p.o.Publish(b)
	}
	if planted.Bug == planted.AckBeforeFsync && b != nil {
		if err := p.show(b); err != nil {
			return err
		}
		b = nil
	}
	snapshot := p.snapshots.due(p.written)
	if (due || snapshot) && p.written.Seq > p.Durable().Seq {
		if err := p.log.Sync(); err != nil {
			return fmt.Errorf("sync through command %d: %w", p.written.Seq, err)
		}
		at := p.written
		p.synced.Store(&at)
	}
	if snapshot {
		token(p.snapshots.wake)
	}
	if b != nil {
		p.o.lap(b, &b.watch.timing.Sync)
		return p.show(b) // nothing above this line is visible outside
	}
	return nil
}

// runPublisher folds and answers what is durable, and gives the batches back.
func (p *Pipeline) runPublisher() {
	defer p.stages.Done()
	for b := range p.durable {
		if !p.finish(b) {
			return
		}
		p.publishing.Add(-1)
	}
}

// finish publishes a batch and gives it back. It returns false after a panic.
func (p *Pipeline) finish(b *Batch) (ok bool) {
	if !p.publish(b) {
		return false
	}
	for _, i := range b.rests {
		p.rests.giveBack(&b.requests[i])
	}
	p.hand.free <- b
	return true
}

// publish folds the batch into the views, then lets streams and answers leave,
// so that a read after an answer always sees it. It returns false after a panic,
// which is fatal: a view that cannot fold must not be read.
func (p *Pipeline) publish(b *Batch) (ok bool) {
	at := 0 // the command that is folded
	defer func() {
		if r := recover(); r != nil {
			p.crashPublished(b, at, r, debug.Stack())
			b.disappoint()
		}
	}()
	p.o.lap(b, &b.watch.timing.Queue)
	for ; at < b.n; at++ {
		c, events := b.Transaction(at)
		if p.views != nil {
			p.views.Apply(c, events)
		}
		b.requests[at].fold(c, events)
	}
	p.o.lap(b, &b.watch.timing.Fold)
	p.published.Store(uint64(b.last().seq))
	if p.o.Publish != nil {
		p.o.Publish(b)
	}
	for _, i := range b.asked {
		_, events := b.Transaction(int(i))
		b.requests[i].answer(events, nil)
	}
	p.o.lap(b, &b.watch.timing.Publish)
	p.o.observe(b)
	return true
}
