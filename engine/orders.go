package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// order is a resting order. It stands in the queue of its level and in the list
// of its position. Its client order id, if it has one, lies at the same slot of
// orders.names.
type order struct {
	id    msg.OrderID
	qty   msg.Qty // as asked for, less what amends took off
	open  msg.Qty // still to trade; qty - open is filled or prevented
	queue uint64  // rises within the symbol from order to order

	next, prev   uint32 // in the level's queue; next also chains free slots
	level        uint32
	pos          uint32 // position
	newer, older uint32 // in the position's list: the neighbours there
	amends       uint16
	side         msg.Side
	named        bool
	traded       uint8 // 1 when something of it was traded, not only prevented, else 0
	out          bool  // of the digest, and in the queue of those that are; also of a free slot
}

// orders is the pool of resting orders and the ways to find one.
type orders struct {
	pool  []order
	names []msg.Name
	free  uint32
	open  int

	recent []uint32    // slot by the low bits of the id, for the newest of each
	newest msg.OrderID // the highest id that was added
	old    table       // slot by id, for live orders whose place in recent was claimed
	named  nameTable   // slot by account and name
}

const (
	minRecent = 1 << 12
	// recentRounds is how many places for recent ids there are for an order. Ids are
	// those of commands, and orders that are canceled at random live long now and then:
	// with one place each, a quarter of a steady book would have lost its own.
	recentRounds = 2
)

// init makes room for n open orders. There are more places than that for recent ids, so
// that most lookups are one load: an order loses its place to one that came a whole
// round later.
func (o *orders) init(n int) {
	o.pool = make([]order, 1, n+1)
	o.names = make([]msg.Name, 1, n+1)
	w := minRecent
	for w < recentRounds*n {
		w *= 2
	}
	o.recent = make([]uint32, w)
	o.old = newTable(0)
	o.named.init()
}

// slot returns the slot of an open order, or 0.
func (o *orders) slot(id msg.OrderID) uint32 {
	i := o.recent[int(id)&(len(o.recent)-1)]
	if o.pool[i].id != id { // id 0 is that of slot 0
		i = o.slotOld(id)
	}
	return i
}

func (o *orders) slotOld(id msg.OrderID) uint32 {
	if o.old.used == 0 || id == 0 {
		return 0
	}
	return o.old.get(uint64(id))
}

// slotOf returns the slot of an order that an event names.
func (o *orders) slotOf(id msg.OrderID) uint32 {
	i := o.slot(id)
	if i == 0 {
		panic(fmt.Sprintf("engine: an event names order %d, which is not open", id))
	}
	return i
}

// add gives an order that is about to rest a slot, which has what the last order
// there had, and makes it findable. A live order that had its place among the recent
// ids moves to the table of old ones.
func (o *orders) add(id msg.OrderID) uint32 {
	i := o.free
	if i == 0 {
		i = o.append(msg.Name{})
	} else {
		o.free = o.pool[i].next
		o.open++
	}
	o.pool[i].id = id
	o.newest = id
	place := &o.recent[int(id)&(len(o.recent)-1)]
	if was := *place; was != 0 {
		o.old.put(uint64(o.pool[was].id), was)
	}
	*place = i
	return i
}

// grow makes room for n more orders in the pool.
func (o *orders) grow(n int) {
	o.pool = withRoom(o.pool, n)
	o.names = withRoom(o.names, n)
}

// withRoom returns s with room for n more. Unlike slices.Grow it does not clear the room,
// which is clear as long as nobody had it: so it takes no memory before it is used.
func withRoom[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	grown := make([]T, len(s), max(len(s)+n, cap(s)+cap(s)/4))
	copy(grown, s)
	return grown
}

// append takes the next slot of a pool that has no free ones, for an order that is not
// yet to be found.
func (o *orders) append(name msg.Name) uint32 {
	o.pool = append(o.pool, order{})
	o.names = append(o.names, name)
	o.open++
	return uint32(len(o.pool) - 1)
}
