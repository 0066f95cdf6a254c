package pipeline

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
)

// Batch is the commands that go into one frame, with their events. Whoever is
// given one may read it until the call returns.
type Batch struct {
	requests []request // the first n are executed commands in sequence
	n        int
	asked    []int32 // those of the requests that somebody waits for
	rests    []int32 // those with a command that has a place of its own
	events   []msg.Event
	ends     []int // events of command i end here
	raw      []byte
	digest   uint64 // of the state after the batch
	encoder  msg.Encoder
	frame    journal.Frame
	watch    stopwatch
	shown    msg.Command // what Transaction has returned last
}

// The bounds of a batch. A frame is closed once its encoding has reached
// batchBytes, and what a very large command made grow beyond keepEvents is given
// back.
const (
	batchBytes = 1 << 20
	keepEvents = 1 << 16
)

func newBatch(limit int) *Batch {
	b := &Batch{requests: make([]request, limit), ends: make([]int, 0, limit)}
	b.makeBuffers()
	return b
}

func (b *Batch) makeBuffers() {
	limit := len(b.requests)
	b.events = make([]msg.Event, 0, 2*limit)
	b.raw = make([]byte, 0, 32*limit)
}

// reset empties the batch for new commands.
func (b *Batch) reset() {
	if cap(b.events) > max(keepEvents, 8*len(b.requests)) {
		b.makeBuffers()
	}
	b.n = 0
	b.events, b.ends, b.raw = b.events[:0], b.ends[:0], b.raw[:0]
	b.asked, b.rests = b.asked[:0], b.rests[:0]
}

// note notes what will be due to the request that was executed last.
func (b *Batch) note(q *request) {
	if q.reply != nil {
		b.asked = append(b.asked, int32(b.n))
	}
	if q.rest != nil {
		b.rests = append(b.rests, int32(b.n))
	}
}

// full reports whether the batch takes no more commands.
func (b *Batch) full() bool { return b.n == len(b.requests) || len(b.raw) >= batchBytes }

// Len returns the number of commands.
func (b *Batch) Len() int { return b.n }

// Transaction returns command i, 0 to Len less 1, and its events. The command is valid
// until the next call.
func (b *Batch) Transaction(i int) (*msg.Command, []msg.Event) {
	from := 0
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.requests[i].command(&b.shown), b.events[from:b.ends[i]]
}

// Digest returns the fingerprint of the state after the batch.
func (b *Batch) Digest() uint64 { return b.digest }

func (b *Batch) first() *request { return &b.requests[0] }
func (b *Batch) last() *request  { return &b.requests[b.n-1] }

// toFrame fills the journal's frame, which borrows the encoding.
func (b *Batch) toFrame() *journal.Frame {
	b.frame = journal.Frame{
		FirstSeq: uint64(b.first().seq), Commands: uint32(b.n), Events: uint32(len(b.events)),
		FirstTime: b.first().time, LastTime: b.last().time, Digest: b.digest, Raw: b.raw,
	}
	return &b.frame
}

// disappoint tells those callers that were promised an answer that there is none.
func (b *Batch) disappoint() {
	for _, i := range b.asked {
		if q := &b.requests[i]; q.claimed {
			q.answer(nil, ErrUnknown)
		}
	}
}
