package pipeline

import "time"

// Timing says how a batch went through the stages. The times follow each other
// without a gap from the moment its first command was taken from the ring.
type Timing struct {
	Commands int
	Events   int
	Bytes    int // encoded, before compression

	Gather  time.Duration // until the journal took it: the engine executed it, maybe while the batch before was synced
	Append  time.Duration // compress, checksum, write
	Sync    time.Duration // zero when it was not synced by itself
	Queue   time.Duration // until the publisher took it
	Fold    time.Duration // into the views
	Publish time.Duration // streams and answers
}

// stopwatch takes the times of a batch. Only Options.Observe needs them.
type stopwatch struct {
	timing Timing
	last   time.Duration
}

// lap adds what has passed since the last one to a part of the timing.
func (o *Options) lap(b *Batch, part *time.Duration) {
	if o.Observe == nil {
		return
	}
	now := o.Elapsed()
	*part += now - b.watch.last
	b.watch.last = now
}

// begin starts the stopwatch with the first command of a batch.
func (o *Options) begin(b *Batch) {
	if o.Observe != nil {
		b.watch = stopwatch{last: o.Elapsed()}
	}
}

// observe tells about a batch that has gone through all stages.
func (o *Options) observe(b *Batch) {
	if o.Observe == nil {
		return
	}
	t := &b.watch.timing
	t.Commands, t.Events, t.Bytes = b.n, len(b.events), len(b.raw)
	o.Observe(t)
}

// Waiting returns the number of commands in the ring.
func (p *Pipeline) Waiting() int { return p.ring.Len() }
