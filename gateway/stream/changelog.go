package stream

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// changeLog knows of each level of a book that was touched lately what is left at
// it and the update id of the last change. So it can tell, for any update id that
// is not too old, which levels have been touched since, each once and with its
// final quantity: what a connection gets that has fallen behind costs no more
// memory than the levels themselves.
//
// Between two changes:
//  1. the list goes from the level touched longest ago to the one touched last,
//  2. each level is in it once, and at finds it,
//  3. every level touched after the floor is in it.
type changeLog struct {
	on     bool
	u      uint64 // id of the last change
	begun  uint64 // changes up to here came before it
	floor  uint64 // what was touched up to here may be forgotten
	at     map[levelKey]int32
	nodes  []touched // node 0 is the head of the list
	unused []int32
}

// levelKey is a price with its side in the lowest bit.
type levelKey uint64

func keyOf(s msg.Side, p msg.Price) levelKey { return levelKey(p)<<1 | levelKey(s) }

func (k levelKey) side() msg.Side   { return msg.Side(k & 1) }
func (k levelKey) price() msg.Price { return msg.Price(k >> 1) }

// touched is a level as its last change left it.
type touched struct {
	key        levelKey
	qty        msg.Qty
	id         uint64
	prev, next int32
}

// maxTouched bounds the levels in a log. A subscriber that is further behind than
// they reach is closed; streams are sent before their pace when it is half full, so
// that none is who takes what it gets.
const maxTouched = 1 << 16

// begin starts the log at an update id.
func (l *changeLog) begin(u uint64) {
	*l = changeLog{on: true, u: u, begun: u, floor: u, at: make(map[levelKey]int32), nodes: make([]touched, 1)}
}

// add takes the next change.
func (l *changeLog) add(c *marketview.Change) {
	if c.UpdateID != l.u+1 {
		panic(fmt.Sprintf("stream: change %d of symbol %d follows %d", c.UpdateID, c.Symbol, l.u))
	}
	l.u = c.UpdateID
	key := keyOf(c.Side, c.Price)
	i, ok := l.at[key]
	if ok {
		l.unlink(i)
	} else {
		i = l.node()
		l.at[key] = i
	}
	last := l.nodes[0].prev
	l.nodes[i] = touched{key: key, qty: c.Qty, id: c.UpdateID, prev: last}
	l.nodes[last].next = i
	l.nodes[0].prev = i
	if len(l.at) > maxTouched {
		l.drop(l.nodes[0].next)
	}
}

// node returns a free node.
func (l *changeLog) node() int32 {
	if n := len(l.unused); n > 0 {
		i := l.unused[n-1]
		l.unused = l.unused[:n-1]
		return i
	}
	l.nodes = append(l.nodes, touched{})
	return int32(len(l.nodes) - 1)
}

func (l *changeLog) unlink(i int32) {
	n := l.nodes[i]
	l.nodes[n.prev].next = n.next
	l.nodes[n.next].prev = n.prev
}

// drop forgets the level touched longest ago, which is node i.
func (l *changeLog) drop(i int32) {
	l.floor = l.nodes[i].id
	delete(l.at, l.nodes[i].key)
	l.unlink(i)
	l.unused = append(l.unused, i)
}

// trim forgets what was touched up to an update id that nobody asks about.
func (l *changeLog) trim(u uint64) {
	for i := l.nodes[0].next; i != 0 && l.nodes[i].id <= u; i = l.nodes[0].next {
		l.drop(i)
	}
	l.floor = max(l.floor, u)
}

// crowded reports whether the streams should be sent at once.
func (l *changeLog) crowded() bool { return len(l.at) >= maxTouched/2 }

// levelChange is a level in an event.
type levelChange struct {
	price msg.Price
	qty   msg.Qty
}

// since appends the levels of both sides touched after an update id, best prices
// first. They are complete when it is not below the floor.
func (l *changeLog) since(u uint64, bids, asks []levelChange) (b, a []levelChange) {
	for i := l.nodes[0].prev; i != 0 && l.nodes[i].id > u; i = l.nodes[i].prev {
		n := &l.nodes[i]
		c := levelChange{n.key.price(), n.qty}
		if n.key.side() == msg.Buy {
			bids = append(bids, c)
		} else {
			asks = append(asks, c)
		}
	}
	slices.SortFunc(bids, func(a, b levelChange) int { return cmp.Compare(b.price, a.price) })
	slices.SortFunc(asks, func(a, b levelChange) int { return cmp.Compare(a.price, b.price) })
	return bids, asks
}
