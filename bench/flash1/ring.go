package main

import (
	"runtime"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/bench/flash1/ahead"
)

// publishEvery is how many reports are written before they are shown to the reader
// together. Each showing costs a cache line that travels between two cores, and a reader
// close behind the writer fetches lines ahead that are still being written.
const publishEvery = 256

// lookAhead is how many slots before its turn a line is asked for. The ring is larger than
// the nearer caches and the reader had the line last, so that it is far away: without
// asking, the writes of a report wait for it in front of all that follow.
const lookAhead = 64

// ring is the writer's end of the reports' way to the benchmark's thread. It has
// one writer and one reader. A slot belongs to the writer from the moment that read
// has passed it until published does, and to the reader in between.
type ring struct {
	slots     []report // a power of two
	next      uint64   // the slot to write, modulo their number
	free      uint64   // the first slot that may still be the reader's
	shown     uint64   // what published was set to
	published *atomic.Uint64
	read      *atomic.Uint64
}

// newRing returns the end of a ring that was not written to.
func newRing(slots []report, published, read *atomic.Uint64) ring {
	return ring{slots: slots, free: uint64(len(slots)), published: published, read: read}
}

// claim waits until a slot is the writer's.
func (r *ring) claim() {
	if r.next == r.free {
		r.wait()
	}
}

// slot returns the claimed slot. All fields hold what they held a round ago.
func (r *ring) slot() *report {
	last := uint64(len(r.slots) - 1)
	ahead.Own(&r.slots[(r.next+lookAhead)&last].side)
	s := &r.slots[r.next&last]
	r.next++
	return s
}

// wait returns when the reader has given back a slot.
func (r *ring) wait() {
	r.publish()
	for r.next == r.free {
		r.free = r.read.Load() + uint64(len(r.slots))
		if r.next == r.free {
			runtime.Gosched()
		}
	}
}

// publish shows all that was written to the reader. The last slot that was returned
// must have been filled.
func (r *ring) publish() {
	if r.shown != r.next {
		r.shown = r.next
		r.published.Store(r.next)
	}
}
