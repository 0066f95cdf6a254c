package pipeline

import "sync"

// handover is where the engine and the journal meet: the open batch, which the
// engine fills until the journal takes it. While the journal syncs one batch the
// next one grows, so that each sync is of one frame that holds all that has come
// in the meantime, and nobody waits in order to batch.
type handover struct {
	mu    sync.Mutex
	open  *Batch        // owned by whoever holds mu
	ready chan struct{} // holds a token when the open batch may have something; closed when the engine has ended
	room  chan struct{} // holds a token when a batch was taken
	free  chan *Batch   // empty ones, from the publisher
	done  <-chan struct{}
}

func newHandover(batches, limit int, done <-chan struct{}) *handover {
	h := &handover{
		open: newBatch(limit), ready: make(chan struct{}, 1), room: make(chan struct{}, 1),
		free: make(chan *Batch, batches), done: done,
	}
	for range batches - 1 {
		h.free <- newBatch(limit)
	}
	return h
}

// claim returns the open batch, which has room, with the lock held; nil without
// the lock when the pipeline has ended.
func (h *handover) claim() *Batch {
	for {
		h.mu.Lock()
		if !h.open.full() {
			return h.open
		}
		h.mu.Unlock()
		select {
		case <-h.room:
		case <-h.done:
			return nil
		}
	}
}

// tryClaim is claim for those who must not wait, and want to add to a batch of less
// than so many commands only; nil without the lock when there is none to be had.
func (h *handover) tryClaim(small int) *Batch {
	if !h.mu.TryLock() {
		return nil
	}
	if h.open.n < small && !h.open.full() {
		return h.open
	}
	h.mu.Unlock()
	return nil
}

// isSmall reports whether the open batch is small: then it is worth a moment to let it
// grow. At full speed that moment is as long as others have work.
func (h *handover) isSmall() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open.n <= smallBatch
}

// release gives the lock back and tells the journal.
func (h *handover) release() {
	h.mu.Unlock()
	token(h.ready)
}

// take returns the open batch and opens another; nil when it is empty, or the
// pipeline has ended by an error: what stands before a command that panicked is
// not journalled.
func (h *handover) take() *Batch {
	h.mu.Lock()
	empty := h.open.n == 0
	h.mu.Unlock()
	if empty {
		return nil
	}
	var fresh *Batch
	select {
	case fresh = <-h.free:
	case <-h.done:
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.done:
		return nil
	default:
	}
	fresh.reset()
	b := h.open
	h.open = fresh
	token(h.room)
	return b
}

// token puts a token into a channel that has room for one.
func token(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
