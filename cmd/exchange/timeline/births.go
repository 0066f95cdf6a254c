package timeline

import (
	"cmp"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// birth is when an open order came in. The engine does not keep it.
type birth struct {
	id   msg.OrderID
	time int64
}

const birthBytes = 16

// births knows when the open orders of a state came in: those of the image that it
// started from, which are shared and never written, and those that came since.
type births struct {
	before []birth // by id
	since  map[msg.OrderID]int64
}

// pruneSlack is how many orders that are gone are remembered for nothing.
const pruneSlack = 1 << 16

// note takes a command that was folded into the state.
func (b *births) note(e *engine.Engine, c *msg.Command) {
	if c.Kind != msg.Place && c.Kind != msg.CancelReplace {
		return
	}
	id := msg.OrderID(c.Seq)
	if _, rests := e.Order(id); !rests {
		return
	}
	if b.since == nil {
		b.since = make(map[msg.OrderID]int64)
	}
	b.since[id] = c.Time
	if len(b.since) > 2*e.OpenOrders()+pruneSlack {
		for id := range b.since {
			if _, open := e.Order(id); !open {
				delete(b.since, id)
			}
		}
	}
}

// of returns when an open order came in, if that is known: orders of a snapshot that
// the journal no longer reaches back to have none.
func (b *births) of(id msg.OrderID) (time int64, ok bool) {
	if time, ok = b.since[id]; ok {
		return time, true
	}
	i, ok := slices.BinarySearchFunc(b.before, id, func(x birth, id msg.OrderID) int { return cmp.Compare(x.id, id) })
	if !ok {
		return 0, false
	}
	return b.before[i].time, true
}

// settle returns the births of what is open in a state, and starts anew from them.
func (b *births) settle(e *engine.Engine) []birth {
	all := make([]birth, 0, e.OpenOrders())
	for _, x := range b.before {
		if _, open := e.Order(x.id); open {
			all = append(all, x)
		}
	}
	for id, time := range b.since {
		if _, open := e.Order(id); open {
			all = append(all, birth{id, time})
		}
	}
	slices.SortFunc(all, func(x, y birth) int { return cmp.Compare(x.id, y.id) })
	*b = births{before: all}
	return all
}
