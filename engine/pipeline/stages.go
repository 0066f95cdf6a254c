package pipeline

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// runEngine takes what waits in the ring, executes it and hands it on, until the
// ring is closed and empty.
func (p *Pipeline) runEngine() {
	defer p.stages.Done()
	defer close(p.full)
	for p.ring.Wait() {
		var b *Batch
		select {
		case b = <-p.free:
		case <-p.done:
			return
		}
		b.reset()
		taken := p.ring.Take(b.requests)
		if !p.execute(b, taken) {
			return
		}
		if b.n == 0 {
			p.free <- b // all were refused
			continue
		}
		p.full <- b
	}
}

// execute stamps, decides and encodes the first taken requests of b. It returns
// false after a panic, which is fatal.
func (p *Pipeline) execute(b *Batch, taken int) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			p.crash(&b.requests[b.n].command, r, debug.Stack())
		}
	}()
	now := p.o.Clock()
	for i := range taken {
		if i != b.n {
			b.requests[b.n] = b.requests[i] // those before were refused
		}
		q := &b.requests[b.n]
		c := &q.command
		if p.o.MaxOrders >= 0 && p.engine.OpenOrders() >= p.o.MaxOrders && (c.Kind == msg.Place || c.Kind == msg.CancelReplace) {
			q.answer(nil, ErrFull)
			continue
		}
		c.Seq = p.engine.Seq() + 1
		if c.Time == 0 {
			c.Time = now
		}
		c.Time = max(c.Time, p.engine.Time())
		if b.n == 0 {
			b.encoder.Reset(c.Seq, c.Time)
		}
		from := len(b.events)
		b.events = p.o.execute(p.engine, c, b.events)
		b.ends = append(b.ends, len(b.events))
		b.raw = b.encoder.Append(b.raw, c, b.events[from:])
		b.n++
	}
	b.digest = p.engine.Digest()
	return true
}

// runJournal commits what the engine hands over, all that has come at once,
// until the engine has ended.
func (p *Pipeline) runJournal() {
	defer p.stages.Done()
	defer close(p.durable)
	tick, stop := p.syncTicks()
	defer stop()
	group := make([]*Batch, 0, p.o.Batches)
	for open := true; open; {
		group = group[:0]
		due := p.o.Sync.Mode == SyncAlways
		var asked chan struct{}
		select {
		case b, ok := <-p.full:
			if ok {
				group = append(group, b)
			}
			open = ok
		case <-tick:
			due = true
		case asked = <-p.syncNow:
			due = true
		}
		if open {
			group, open = p.gather(group)
		}
		err := p.commit(group, due || !open)
		if asked != nil {
			close(asked)
		}
		if err != nil {
			p.fail(err)
			return
		}
	}
}

// gather adds the batches that wait; open is false when there will be no more.
func (p *Pipeline) gather(group []*Batch) (all []*Batch, open bool) {
	for {
		select {
		case b, ok := <-p.full:
			if !ok {
				return group, false
			}
			group = append(group, b)
		default:
			return group, true
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
// only then let anything be seen. A sync is always due with SyncAlways.
func (p *Pipeline) commit(group []*Batch, due bool) error {
	for _, b := range group {
		if err := p.log.Append(b.toFrame()); err != nil {
			return fmt.Errorf("append through command %d: %w", b.last().Seq, err)
		}
		p.written = Position{
			Seq: b.last().Seq, Time: b.last().Time, Digest: b.digest, Epoch: p.log.Epoch(), Frame: b.frame.Index, Bytes: p.log.Bytes(),
		}
	}
	if due {
		if err := p.log.Sync(); err != nil {
			return fmt.Errorf("sync through command %d: %w", p.written.Seq, err)
		}
		at := p.written
		p.synced.Store(&at)
		p.snapshots.progress(at)
	}
	for _, b := range group {
		p.durable <- b // nothing above this line is visible outside
	}
	return nil
}

// runPublisher folds and answers what is durable, and gives the batches back.
func (p *Pipeline) runPublisher() {
	defer p.stages.Done()
	for b := range p.durable {
		p.publish(b)
		p.free <- b
	}
}

// publish folds the batch into the views, then lets streams and answers leave,
// so that a read after an answer always sees it.
func (p *Pipeline) publish(b *Batch) {
	if p.views != nil {
		for i := range b.n {
			p.views.Apply(b.Transaction(i))
		}
	}
	p.published.Store(uint64(b.last().Seq))
	if p.o.Publish != nil {
		p.o.Publish(b)
	}
	for i := range b.n {
		_, events := b.Transaction(i)
		b.requests[i].answer(events, nil)
	}
}
