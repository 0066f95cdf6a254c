package pipeline

// smallBatch is up to how many commands a batch is small: a goroutine that sleeps is
// not woken to execute or to publish it, because that would take longer than to do it.
const smallBatch = 128

// serve is called by whoever has put something into the ring while the engine's
// goroutine slept. It executes what waits in its place, as long as the batch that it
// goes into is small and nobody has to be waited for.
func (p *Pipeline) serve() {
	for {
		b := p.hand.tryClaim(smallBatch)
		if b == nil {
			break
		}
		if p.broken = !p.fill(b); p.broken {
			break
		}
		if p.ring.Return() {
			return
		}
	}
	p.ring.Wake()
}

// show publishes a durable batch in the place of the publisher, if it is small and the
// publisher has nothing to do; else it is for the publisher. It returns the error by
// which publishing has ended the pipeline.
func (p *Pipeline) show(b *Batch) error {
	if !p.direct || b.n > smallBatch || !p.publishing.CompareAndSwap(0, 1) {
		p.publishing.Add(1)
		p.durable <- b
		return nil
	}
	defer p.publishing.Add(-1)
	if !p.finish(b) {
		return p.Err()
	}
	return nil
}
