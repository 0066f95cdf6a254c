package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// StateVersion is the version of what AppendState writes.
const StateVersion = 1

// The ways in which an image can be refused.
var (
	ErrStateVersion = errors.New("engine: state image of an unknown version")
	ErrState        = errors.New("engine: damaged state image")
)

// AppendState appends an image of the whole state. Equal states give equal
// bytes, whatever commands led to them.
func (e *Engine) AppendState(dst []byte) []byte {
	dst = putUints(dst, StateVersion, uint64(e.seq), uint64(e.time), uint64(len(e.assets)))
	for i := range e.assets {
		a := &e.assets[i]
		dst = append(dst, a.name[:]...)
		dst = putUints(dst, uint64(a.scale), uint64(a.total))
	}
	dst = putUints(dst, uint64(len(e.accounts)))
	for i := range e.accounts {
		a := &e.accounts[i]
		dst = putUints(dst, uint64(a.status), uint64(a.maker), uint64(a.taker), uint64(a.transfer))
	}
	dst = e.appendBalances(dst)
	dst = putUints(dst, uint64(len(e.symbols)))
	for _, s := range e.symbols {
		dst = e.appendSymbol(dst, s)
	}
	return dst
}

func (e *Engine) appendBalances(dst []byte) []byte {
	e.scratch = e.scratch[:0]
	for i := 1; i < len(e.balances.pool); i++ {
		if b := &e.balances.pool[i]; b.free != 0 || b.locked != 0 {
			e.scratch = append(e.scratch, uint32(i))
		}
	}
	key := func(i uint32) uint64 {
		b := &e.balances.pool[i]
		return uint64(b.account)<<32 | uint64(b.asset)
	}
	slices.SortFunc(e.scratch, func(a, b uint32) int {
		if key(a) < key(b) {
			return -1
		}
		return 1
	})
	dst = putUints(dst, uint64(len(e.scratch)))
	for _, i := range e.scratch {
		b := &e.balances.pool[i]
		dst = putUints(dst, uint64(b.account), uint64(b.asset), uint64(b.free), uint64(b.locked))
	}
	return dst
}

func (e *Engine) appendSymbol(dst []byte, s *symbol) []byte {
	dst = msg.AppendSymbol(dst, &s.Symbol)
	dst = putUints(dst, uint64(s.phase), uint64(s.last), uint64(s.trade), s.updates, s.reports, s.queue)
	for i := range s.minutes {
		b := &s.minutes[i]
		dst = putUints(dst, uint64(b.minute), b.qty, b.hi, b.lo)
	}
	return e.appendOrders(dst, s)
}

// appendOrders appends the symbol's orders by queue number: in this order they
// fall into their places in queues and lists again.
func (e *Engine) appendOrders(dst []byte, s *symbol) []byte {
	e.scratch = e.scratch[:0]
	for i := range s.sides {
		l := &s.sides[i]
		for v := l.best; v != 0; v = l.worse(&e.pool, v) {
			for j := e.pool.levels[v].head; j != 0; j = e.orders.pool[j].next {
				e.scratch = append(e.scratch, j)
			}
		}
	}
	slices.SortFunc(e.scratch, func(a, b uint32) int {
		if e.orders.pool[a].queue < e.orders.pool[b].queue {
			return -1
		}
		return 1
	})
	dst = putUints(dst, uint64(len(e.scratch)))
	for _, i := range e.scratch {
		o := &e.orders.pool[i]
		dst = putUints(dst, uint64(o.id), uint64(e.positions.pool[o.pos].account), uint64(o.side),
			uint64(e.pool.levels[o.level].price), uint64(o.qty), uint64(o.open), o.queue, uint64(o.amends))
		flags := o.traded * orderTraded
		if !o.named || planted.Bug == planted.NamesForgotten {
			dst = append(dst, flags)
			continue
		}
		dst = append(dst, flags|orderNamed)
		dst = append(dst, e.orders.names[i][:]...)
	}
	return dst
}

// The flags of an order in an image.
const (
	orderNamed  = 1 // its name follows
	orderTraded = 2
	orderFlags  = orderNamed | orderTraded
)

// putUints appends numbers as varints.
func putUints(dst []byte, vs ...uint64) []byte {
	for _, v := range vs {
		dst = binary.AppendUvarint(dst, v)
	}
	return dst
}

// reader reads an image with a sticky error.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrState, why)
	}
	r.b = nil
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("it ends early")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) upTo(limit uint64) uint64 {
	v := r.uint()
	if v > limit {
		r.fail("a number is out of range")
		return 0
	}
	return v
}

// counter reads a number that goes on from here.
func (r *reader) counter() uint64 { return r.upTo(math.MaxInt64) }

// count reads how many records follow; each has at least one byte.
func (r *reader) count(limit uint64) int {
	n := r.upTo(limit)
	if n > uint64(len(r.b)) {
		r.fail("it ends early")
		return 0
	}
	return int(n)
}

func (r *reader) rate() msg.Rate {
	v := msg.Rate(r.uint())
	if v < msg.NoRate || v > msg.RateUnit {
		r.fail("a rate is out of range")
	}
	return v
}

func (r *reader) name() (n msg.Name) {
	if len(r.b) < len(n) {
		r.fail("it ends early")
		return n
	}
	r.b = r.b[copy(n[:], r.b):]
	if !n.Valid() {
		r.fail("a name has illegal characters")
	}
	return n
}
