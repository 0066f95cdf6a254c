// Package ring is a bounded ring buffer with many producers and one consumer.
//
// It is the door of the engine: every goroutine that holds a command puts it
// here, and one goroutine takes whatever has gathered. A full ring refuses at
// once, so that "busy" is an answer and never a wait, and the memory between
// the outside and the engine has a bound that was chosen at start. A share of
// the slots can be kept back for puts that must still get through when the
// others are refused; the exchange keeps it for cancels.
//
// # Who owns what
//
// Every slot has a turn. Position p (0, 1, 2, ... without end) lives in slot
// p mod size, and the slot passes round like this:
//
//	                        turn       owner
//	free for position p     not p+1    nobody, until a producer moves head from p to p+1
//	claimed                 not p+1    that producer, which copies its value in
//	filled                  p+1        the consumer, from the instant turn.Store(p+1)
//	taken                   p+1        nobody, from the instant tail.Store moves past p;
//	                                   now it is free for position p+size
//
// The consumer writes no turn: p+1 is not p+size+1, so a taken slot already
// reads as not filled for its next position, and tail alone tells producers
// how far they may go. So the consumer only reads the slots, and the lines
// that producers fill next are not dirtied by it.
//
// Values are copied in and copied out; the ring never hands out a pointer into
// itself, and keeps none of those it was given. A taken value is not zeroed in
// its slot: if T holds pointers, what they point to stays reachable until the
// slot is filled again, at most size positions later.
package ring

import (
	"fmt"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// MaxSize is the largest number of slots of a ring. It is far above any use,
// and keeps sizes of slots in 32 bits.
const MaxSize = 1 << 24

// closed is the bit of head that Close sets. Positions are below it: at one
// put a nanosecond they reach it after 292 years.
const closed = 1 << 63

// padBytes keeps words that different goroutines write on different cache
// lines. It is two lines of 64 bytes, because amd64 fetches them in pairs and
// some arm64 have lines of 128.
const padBytes = 128

// A slot holds one value. It is not padded: with values of 200 bytes and more
// the lines that two neighbors share are few, and a ring twice as large in
// memory costs more than they do.
type slot[T any] struct {
	turn  atomic.Uint64 // position+1 of the value it holds; written by the producer that claimed it
	value T             // owned as turn and tail say; see the package comment
}

// Ring is a bounded queue of values of type T. Any number of goroutines may
// call Put, PutReserved, Close, Len and Cap; Take, Wait, Return and Wake belong to
// one goroutine at a time, the consumer. Use New to make one.
type Ring[T any] struct {
	slots    []slot[T]     // its length is a power of two; the header never changes
	mask     uint64        // len(slots) - 1
	open     uint64        // how many slots Put may fill: len(slots) less the reserved share
	nanotime func() int64  // clock that bounds the consumer's spinning; it may be set, see within
	wake     chan struct{} // one token from whoever clears parked to the consumer
	lend     func()        // called instead of that; see Lend

	_    [padBytes]byte
	head atomic.Uint64 // next position to fill, and the closed bit; claimed by producers with CAS
	_    [padBytes]byte
	tail atomic.Uint64 // next position to take; written only by the consumer, once for each Take
	spin bool          // whether the next Wait may spin; touched only by the consumer
	_    [padBytes]byte
	// parked is set by the consumer before it looks for the last time and
	// sleeps, and cleared by whoever takes on to wake it: that one owes exactly
	// one token on wake, or takes the consumer's place and sets it again. Producers
	// read it after each put; it changes only when the consumer goes to sleep, so
	// that the line stays shared.
	parked atomic.Bool
	_      [padBytes]byte
}

// New returns an empty ring of size slots, of which only PutReserved may use
// the last reserved ones. It panics unless size is a power of two from 1 to
// MaxSize and reserved is from 0 to size-1: both are chosen by the program,
// and a caller that takes them from its user has to check them first.
func New[T any](size, reserved int) *Ring[T] {
	if size < 1 || size > MaxSize || size&(size-1) != 0 {
		panic(fmt.Sprintf("ring: size %d is not a power of two from 1 to %d", size, MaxSize))
	}
	if reserved < 0 || reserved >= size {
		panic(fmt.Sprintf("ring: %d reserved slots in a ring of %d", reserved, size))
	}
	return &Ring[T]{
		slots:    make([]slot[T], size),
		mask:     uint64(size - 1),
		open:     uint64(size - reserved),
		nanotime: systemNanotime,
		wake:     make(chan struct{}, 1),
		spin:     true,
	}
}

// Put copies *v into the ring and reports whether it did. It never waits:
// false means that all slots but the reserved ones are taken, or that the ring
// is closed. Values of one goroutine are taken in the order of its puts.
func (r *Ring[T]) Put(v *T) bool {
	return r.put(v, r.open)
}

// PutReserved is Put with the reserved share: it is refused only when every
// slot is taken, or the ring is closed.
func (r *Ring[T]) PutReserved(v *T) bool {
	return r.put(v, uint64(len(r.slots)))
}

// put fills the next position if fewer than limit are in use.
//
// The answer is exact, in both directions, because tail is read after head:
// when it refuses, at least limit slots were in use at the instant tail was
// read (head can only have grown since); when the CAS succeeds head had not
// moved, and tail can only have grown.
func (r *Ring[T]) put(v *T, limit uint64) bool {
	for {
		head := r.head.Load()
		if head&closed != 0 {
			return false
		}
		// Signed, because tail may have passed a head that is already stale;
		// then the CAS fails and the next round sees the new one.
		if used := int64(head - r.tail.Load()); used >= int64(limit) && planted.Bug != planted.RingOverwrites {
			return false
		}
		if r.head.CompareAndSwap(head, head+1) {
			s := &r.slots[head&r.mask]
			s.value = *v
			s.turn.Store(head + 1) // hands the slot to the consumer
			if r.parked.Load() {
				r.wakeConsumer()
			}
			return true
		}
	}
}

// Take moves what is there into dst, at most len(dst) values, and returns how
// many, without waiting. The values in dst are the caller's; the slots they
// came from are free for producers when Take returns. Only the consumer may
// call it.
//
// A value whose producer has claimed its slot and not yet filled it ends the
// batch, also when later ones are complete: order is the order of claims.
func (r *Ring[T]) Take(dst []T) int {
	tail := r.tail.Load()
	n := 0
	for n < len(dst) {
		s := &r.slots[tail&r.mask]
		if s.turn.Load() != tail+1 {
			break
		}
		dst[n] = s.value
		n++
		tail++
	}
	if n > 0 {
		r.tail.Store(tail) // hands all n slots back to the producers
	}
	return n
}

// Close makes every later put refuse and wakes the consumer, which still gets
// what was put before. It may be called by any goroutine, more than once.
//
// The bit is in head itself, so that a put either claimed its slot before the
// close, and is taken, or is refused: head does not move again.
func (r *Ring[T]) Close() {
	r.head.Or(closed)
	if r.claim() {
		r.Wake()
	}
}

// Len returns the number of slots in use, those included that a producer has
// claimed and not yet filled. With other goroutines at work it is a number
// that was true a moment ago.
func (r *Ring[T]) Len() int {
	tail := r.tail.Load() // before head, so that the difference is not negative
	used := r.head.Load()&^closed - tail
	return int(min(used, uint64(len(r.slots))))
}

// Cap returns the number of slots, the reserved ones included.
func (r *Ring[T]) Cap() int {
	return len(r.slots)
}
