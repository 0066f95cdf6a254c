package pipeline

import (
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Result is the answer to a command, given after its events were durable and
// folded into the views.
type Result struct {
	Seq    msg.Seq
	Time   int64
	Events []msg.Event // appended to the caller's slice

	// Folded, if set, is called by the publisher right after the views have folded
	// the command, and before they fold any later one. It copies what it needs and
	// returns. It is not called when the caller has given up.
	Folded func(c *msg.Command, events []msg.Event)
	// Answered is required by Hand, and called once for each command that it takes,
	// when all else here is as it will be, or with why there is no answer. It is
	// called by a goroutine for which everybody waits, so it must not wait itself.
	Answered func(err error)
}

// reply is a place for one answer at a time. Its generation goes up by one when
// a request is made and by one when the request is settled: by the publisher,
// which then owns result until it signals, or by the caller, who gives up. Only
// one of them can settle a ticket, so an answer that comes too late finds its
// ticket gone, and cannot reach whoever uses the place next.
type reply struct {
	generation atomic.Uint64 // even: free; odd: a request is under way
	signal     chan struct{}
	result     *Result
	err        error

	desk *desk         // of Hand, where nobody waits for the signal; else nil
	born atomic.Uint32 // the beat of the desk in which the request was made
}

func newReply() *reply { return &reply{signal: make(chan struct{}, 1)} }

// open begins a request and returns its ticket.
func (r *reply) open(into *Result) uint64 {
	r.result, r.err = into, nil
	return r.generation.Add(1)
}

// settle ends a request; false means that the other side has done so.
func (r *reply) settle(ticket uint64) bool { return r.generation.CompareAndSwap(ticket, ticket+1) }

// abandon gives a request up, unless its answer has come in this moment.
func (r *reply) abandon(ticket uint64, why error) error {
	if r.settle(ticket) {
		return why
	}
	<-r.signal
	return r.err
}

// claim settles the request before it is answered, if its caller still waits.
func (q *request) claim() bool {
	if q.reply == nil || q.claimed {
		return q.claimed
	}
	q.claimed = q.reply.settle(q.ticket)
	return q.claimed
}

// fold shows the caller the views as of its command.
func (q *request) fold(c *msg.Command, events []msg.Event) {
	if q.watches && q.claim() {
		q.reply.result.Folded(c, events)
	}
}

// answer gives the caller its result, or the error why there is none, if it
// still waits.
func (q *request) answer(events []msg.Event, err error) {
	if !q.claim() {
		return
	}
	q.claimed = false
	r := q.reply
	if err == nil {
		r.result.Seq, r.result.Time = q.seq, q.time
		r.result.Events = append(r.result.Events[:0], events...)
	}
	r.end(err)
}

// end tells the caller of a settled request that it has ended.
func (r *reply) end(err error) {
	if r.desk != nil {
		r.desk.end(r, err)
		return
	}
	r.err = err
	r.signal <- struct{}{}
}
