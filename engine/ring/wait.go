package ring

import (
	"runtime"
	"time"
)

const (
	// spinNanos bounds one spin. It is what waking a parked thread costs on a
	// small virtual machine: a longer spin costs more than it can save.
	spinNanos = 50_000

	// spinProcessors is how many processors there must be for the consumer to spin.
	// On two, those who would put, and whoever makes the last batch durable, need
	// the one that it would burn: orders over HTTP from clients on the same machine
	// came 1.4 to 1.6 times as fast without, and orders over websockets as fast.
	spinProcessors = 3

	// idleNanos is how long the ring may have been empty for the next wait to
	// spin. When work comes further apart than this, a spin of 50 µs hardly
	// ever meets it, and only burns the processor.
	idleNanos = 1_000_000

	// pauseReadings is how often the clock is read between two looks at the
	// slot, about a microsecond in all. Reading the clock touches no shared
	// memory, while each look takes the line that a producer is about to fill.
	// A producer that puts flat out paid for a value of 64 bytes, and the round
	// trip through two rings took (2 cores):
	//
	//	readings     1     4     16      64
	//	put       101    82     51      23 ns
	//	round trip 0.6   0.7    1.3     3.6 µs
	pauseReadings = 16
)

// Wait blocks until something can be taken, and returns true; when the ring is
// closed and everything has been taken it returns false. Only the consumer may
// call it.
//
// With processors to spare it spins for at most 50 µs; then it parks, in which
// state it costs no processor time and the next put wakes it. If the ring was
// empty for 1 ms or longer the last time that Wait parked, it parks at once.
func (r *Ring[T]) Wait() bool {
	if r.ready() {
		return true
	}
	began := r.nanotime()
	if r.spin && r.spinFrom(began) {
		return true
	}
	more := r.park()
	r.spin = within(idleNanos, began, r.nanotime())
	return more
}

// spinFrom looks for a value until spinNanos after began and reports whether
// one came. On few processors it gives up at once: what it waits for would happen
// no sooner.
func (r *Ring[T]) spinFrom(began int64) bool {
	if runtime.GOMAXPROCS(0) < spinProcessors {
		return false
	}
	for now := began; within(spinNanos, began, now); {
		for range pauseReadings {
			now = r.nanotime()
		}
		if r.ready() {
			return true
		}
	}
	return false
}

// park sleeps until something can be taken (true), or nothing will ever be
// (false).
func (r *Ring[T]) park() bool {
	for !r.ready() {
		if r.drained() {
			return false
		}
		r.sleep()
	}
	return true
}

// sleep returns after a put or a close that the caller has not seen yet. It
// may return early, after another one.
//
// No wake-up is lost: the consumer sets parked and then looks at turn and
// head, a producer sets turn (Close sets head) and then looks at parked, and
// Go's atomics are sequentially consistent; so at least one of the two sees
// the other. The channel has room for the one token that is ever under way,
// because parked is set again only after the token was received.
func (r *Ring[T]) sleep() {
	r.parked.Store(true)
	if (r.ready() || r.drained()) && r.parked.CompareAndSwap(true, false) {
		return // nobody saw it set, so nobody owes a token
	}
	<-r.wake
}

// wakeConsumer wakes the consumer if it is parked, or takes its place if it is lent.
// It is called after each put.
func (r *Ring[T]) wakeConsumer() {
	if !r.claim() {
		return
	}
	if r.lend != nil {
		r.lend()
		return
	}
	r.Wake()
}

// claim makes the caller the consumer if it is parked.
func (r *Ring[T]) claim() bool {
	return r.parked.Load() && r.parked.CompareAndSwap(true, false)
}

// Lend sets what a put calls, when it is done, if it finds the consumer parked. It is
// not woken then, which would take longer than to take a few values: the goroutine
// that has put is the consumer, until it calls Wake, or Return returns true. Lend is
// called before the ring is used.
func (r *Ring[T]) Lend(consume func()) { r.lend = consume }

// Return makes the goroutine in Wait the consumer again, parked as it is. False means
// that there is something to take, and that the caller still is the consumer.
func (r *Ring[T]) Return() bool {
	r.parked.Store(true)
	if !r.ready() && !r.drained() || !r.claim() {
		return true
	}
	if r.ready() {
		return false
	}
	r.Wake() // to return from Wait, since nothing will ever come
	return true
}

// Wake makes the goroutine in Wait the consumer again, and wakes it.
func (r *Ring[T]) Wake() { r.wake <- struct{}{} } // never blocks; see sleep

// ready reports whether the next position is filled. Only for the consumer.
func (r *Ring[T]) ready() bool {
	tail := r.tail.Load()
	return r.slots[tail&r.mask].turn.Load() == tail+1
}

// drained reports whether the ring is closed and all is taken. It is false
// while a producer that came before Close still fills its slot. Only for the
// consumer.
func (r *Ring[T]) drained() bool {
	return r.head.Load() == r.tail.Load()|closed
}

// within reports whether now is less than limit after began. A clock that was
// set back counts as late, so that setting it cannot prolong a spin.
func within(limit, began, now int64) bool {
	return now >= began && now-began < limit
}

// systemNanotime is the wall clock, which may be set: 1970 has no monotonic
// reading, without which time.Since subtracts wall times. A jump of the clock
// costs a spin or part of one; nothing else depends on it.
func systemNanotime() int64 {
	return time.Since(time.Unix(0, 0)).Nanoseconds()
}
