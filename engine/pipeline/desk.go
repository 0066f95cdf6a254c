package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// patienceBeats is how often the desk looks for requests that have come to the end
// of their patience, in the time of one: what they get is up to that part longer.
const patienceBeats = 8

// Hand hands a command over without waiting, which is when it stands in its place
// among all others: into.Answered is told when its events
// are durable and folded into the views, perhaps before Hand returns. Into is the
// pipeline's until then. An error says that the command was not taken, as Put does;
// then nobody is told. A command that has no answer within Options.Patience is given
// up with context.DeadlineExceeded, which leaves its outcome unknown.
func (p *Pipeline) Hand(c *msg.Command, into *Result) error {
	r := p.desk.take()
	r.born.Store(p.desk.beat.Load())
	ticket := r.open(into)
	err := p.put(c, r, ticket, into.Folded != nil)
	if err != nil && r.settle(ticket) {
		p.desk.giveBack(r)
		return err
	}
	return nil // if it was not taken, the end of the pipeline has told so already
}

// desk keeps the replies to commands that were handed over by Hand: nobody waits for
// them, so it is the desk that gives them up.
type desk struct {
	beat atomic.Uint32

	mu   sync.Mutex
	all  []*reply // that there are; as many as were ever under way at a time
	free []*reply
}

// take returns a reply that is free.
func (d *desk) take() *reply {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.free); n > 0 {
		r := d.free[n-1]
		d.free = d.free[:n-1]
		return r
	}
	r := &reply{desk: d}
	d.all = append(d.all, r)
	return r
}

func (d *desk) giveBack(r *reply) {
	r.result = nil
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = append(d.free, r)
}

// end tells whoever handed the command of a settled reply over.
func (d *desk) end(r *reply, err error) {
	answered := r.result.Answered
	d.giveBack(r)
	answered(err)
}

// giveUp ends all requests that were made so many beats ago, or earlier.
func (d *desk) giveUp(beats uint32, why error) {
	d.mu.Lock()
	all := d.all // only ever appended to
	d.mu.Unlock()
	now := d.beat.Load()
	for _, r := range all {
		ticket := r.generation.Load()
		if ticket%2 == 1 && now-r.born.Load() >= beats && r.settle(ticket) {
			r.end(why)
		}
	}
}

// runDesk gives up what waits for too long, and everything when the pipeline has
// ended.
func (p *Pipeline) runDesk() {
	t := time.NewTicker(p.o.Patience / patienceBeats)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			p.desk.beat.Add(1)
			p.desk.giveUp(patienceBeats+1, context.DeadlineExceeded)
		case <-p.done:
			p.desk.giveUp(0, ErrUnknown)
			return
		}
	}
}
