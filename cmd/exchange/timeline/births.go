package timeline

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// birth is when an order that rested came in. The engine does not keep it.
type birth struct {
	id   msg.OrderID
	time int64
}

const (
	// sealedBirths is how many births are sealed together: to find one they are gone
	// through.
	sealedBirths = 256
	// pruneSlack is how many orders that are gone are remembered for nothing.
	pruneSlack = 1 << 16
)

// births knows when the open orders of a state came in: those of the mark that it
// started from, which are shared and never written, and those that came since. Both
// rise by id and by time. Orders that are gone stay until they are as many as those
// that are open.
type births struct {
	sealed []seal
	count  int // of those that are sealed
	since  []birth
}

// seal holds births in little memory: what id and time have more than those before.
type seal struct {
	first birth
	more  []byte
}

const (
	birthBytes = 16
	sealBytes  = birthBytes + 24
)

// note takes a command that was folded into the state.
func (b *births) note(e *engine.Engine, c *msg.Command) {
	if c.Kind != msg.Place && c.Kind != msg.CancelReplace {
		return
	}
	id := msg.OrderID(c.Seq)
	if _, rests := e.Order(id); !rests {
		return
	}
	b.since = append(b.since, birth{id, c.Time})
	if b.most(e) < len(b.since) {
		b.prune(e)
	}
}

// most is how many may be remembered. Those that are sealed count only when more are:
// to go through all of them takes longer than going somewhere should.
func (b *births) most(e *engine.Engine) int { return 2*e.OpenOrders() + pruneSlack }

// prune forgets the orders that are gone.
func (b *births) prune(e *engine.Engine) {
	open := make([]birth, 0, e.OpenOrders())
	keep := func(x birth) {
		if _, is := e.Order(x.id); is {
			open = append(open, x)
		}
	}
	for i := range b.sealed {
		b.sealed[i].each(keep)
	}
	for _, x := range b.since {
		keep(x)
	}
	*b = births{since: open}
}

// of returns when an open order came in, if that is known: orders of a snapshot that
// the journal no longer reaches back to have none.
func (b *births) of(id msg.OrderID) (nanos int64, ok bool) {
	if i, ok := slices.BinarySearchFunc(b.since, id, func(x birth, id msg.OrderID) int { return cmp.Compare(x.id, id) }); ok {
		return b.since[i].time, true
	}
	i, ok := slices.BinarySearchFunc(b.sealed, id, func(s seal, id msg.OrderID) int { return cmp.Compare(s.first.id, id) })
	if ok {
		return b.sealed[i].first.time, true
	}
	if i == 0 {
		return 0, false
	}
	b.sealed[i-1].each(func(x birth) {
		if x.id == id {
			nanos, ok = x.time, true
		}
	})
	return nanos, ok
}

// settle seals what came since, and returns all in a form that may be kept and shared.
func (b *births) settle(e *engine.Engine) births {
	if b.most(e) < b.count+len(b.since) {
		b.prune(e)
	}
	for part := range slices.Chunk(b.since, sealedBirths) {
		s := seal{first: part[0]}
		for i, x := range part[1:] {
			s.more = binary.AppendUvarint(s.more, uint64(x.id-part[i].id))
			s.more = binary.AppendUvarint(s.more, uint64(x.time-part[i].time))
		}
		s.more = append(make([]byte, 0, len(s.more)), s.more...) // without room for more
		b.sealed = append(b.sealed, s)
	}
	b.count += len(b.since)
	b.since = b.since[:0]
	return births{sealed: slices.Clip(b.sealed), count: b.count}
}

// each visits all births that are sealed.
func (s *seal) each(visit func(birth)) {
	x, more := s.first, s.more
	visit(x)
	for len(more) > 0 {
		id, n := binary.Uvarint(more)
		time, m := binary.Uvarint(more[n:])
		more = more[n+m:]
		x = birth{x.id + msg.OrderID(id), x.time + int64(time)}
		visit(x)
	}
}

// bytes returns the memory that settled births take beside what they share with those
// of a mark before.
func (b *births) bytes(before *births) int64 {
	n := 0
	for i := range b.sealed {
		if i >= len(before.sealed) || !b.sealed[i].is(&before.sealed[i]) {
			n += sealBytes + len(b.sealed[i].more)
		}
	}
	return int64(n)
}

// is reports whether both are the same memory.
func (s *seal) is(o *seal) bool {
	return s.first == o.first && len(s.more) == len(o.more) && (len(s.more) == 0 || &s.more[0] == &o.more[0])
}
