package main

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// orders translates between the ids of the trader, which may be any, and those of the
// engine, which are sequences of commands. It knows the orders that rest, so what it
// touches is as small as the book: an array by the trader's ids would have a cache line
// of its own for almost every order that comes, which costs more than all matching.
type orders struct {
	pool  []resting
	free  uint32 // chained by next
	used  int
	heads []uint32 // by hash: the first of a chain in the pool; a power of two
	shift uint8    // of a hash, to its head
	slots []uint32 // by the engine's id; of orders that do not rest, garbage
}

// resting is an order that rests. In its chain it stands before older ones, so of
// several with one id the newest is found.
type resting struct {
	id    uint64
	order msg.OrderID
	terms uint64 // price and side
	next  uint32 // 0: none
}

// The limits of the translation.
const (
	minHeads    = 1 << 10
	maxCommands = uint64(math.MaxUint32) // 4 bytes of slots for each
)

// newOrders returns a translation with room for so many commands.
func newOrders(commands int) orders {
	o := orders{pool: make([]resting, 1, minHeads), slots: make([]uint32, commands)}
	clear(o.slots) // so that no page is fetched when the first order comes
	o.spread(minHeads)
	return o
}

// spread makes so many heads.
func (o *orders) spread(heads int) {
	old := o.heads
	o.heads = make([]uint32, heads)
	o.shift = uint8(64 - bits.TrailingZeros(uint(heads)))
	for _, i := range old {
		o.relink(i)
	}
}

// relink puts the orders of an old chain into theirs, the last one first, so that the
// newest is again before the others.
func (o *orders) relink(i uint32) {
	if i == 0 {
		return
	}
	o.relink(o.pool[i].next)
	head := o.head(o.pool[i].id)
	o.pool[i].next = *head
	*head = i
}

// head returns the head of an id's chain. The factor makes the high bits depend on
// all of the id.
func (o *orders) head(id uint64) *uint32 { return &o.heads[id*0x9e3779b97f4a7c15>>o.shift] }

// find returns the slot of the newest order of a trader's id, or 0.
func (o *orders) find(id uint64) uint32 {
	i := *o.head(id)
	for i != 0 && o.pool[i].id != id {
		i = o.pool[i].next
	}
	return i
}

// add notes an order that rests.
func (o *orders) add(order msg.OrderID, id uint64, side msg.Side, price msg.Price) {
	i := o.free
	if i == 0 {
		i = uint32(len(o.pool))
		o.pool = append(o.pool, resting{})
	} else {
		o.free = o.pool[i].next
	}
	if o.used++; o.used > len(o.heads) {
		o.spread(2 * len(o.heads))
	}
	head := o.head(id)
	o.pool[i] = resting{id: id, next: *head}
	*head = i
	o.set(i, order, side, price)
}

// set makes the order in a slot another one of the same id.
func (o *orders) set(i uint32, order msg.OrderID, side msg.Side, price msg.Price) {
	if uint64(order) >= uint64(len(o.slots)) {
		o.grow(order)
	}
	o.slots[order] = i
	r := &o.pool[i]
	r.order, r.terms = order, uint64(price)<<1|uint64(side)
}

// grow makes room for the commands up to one, and for as many more.
func (o *orders) grow(order msg.OrderID) {
	if uint64(order) > maxCommands {
		panic(fmt.Sprintf("flash1: command %d is beyond the limit of %d", order, maxCommands))
	}
	o.slots = append(o.slots, make([]uint32, max(len(o.slots), int(order)))...)
}

// remove forgets the order in a slot, which rests no more.
func (o *orders) remove(i uint32) {
	r := &o.pool[i]
	at := o.head(r.id)
	for *at != i {
		at = &o.pool[*at].next
	}
	*at = r.next
	r.next = o.free
	o.free = i
	o.used--
}

func (r *resting) side() msg.Side   { return msg.Side(r.terms & 1) }
func (r *resting) price() msg.Price { return msg.Price(r.terms >> 1) }
