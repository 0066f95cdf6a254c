package main

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// orders translates between the ids of the trader, which may be any, and those of the
// engine, which are sequences of commands.
//
// Only orders that rest are in the table, so it is as small as the book, and not as
// wide as the ids: an array by id has a cache line of its own for almost every order
// that comes, which costs more than all matching.
//
// The table is open addressing with linear probing, at most half full. An entry is
// the hash of an id above the engine's id; an entry of 0 is free.
type orders struct {
	entries []uint64 // a power of two
	shift   uint8    // of a hash, to its place
	used    int
	placed  []placed // by the engine's id
}

// placed is what is known of an order beside what the engine keeps of it. It stays
// there when the order is closed.
type placed struct {
	id    uint64
	terms uint64 // price and side
}

// The limits of the translation.
const (
	minEntries  = 1 << 10
	maxCommands = uint64(math.MaxUint32) // so that the engine's ids fit the entries
)

// newOrders returns a translation with room for so many commands.
func newOrders(commands int) orders {
	o := orders{placed: make([]placed, commands)}
	clear(o.placed) // so that no page is fetched when the first order comes
	o.resize(minEntries)
	return o
}

// resize moves all entries into a table of another size.
func (o *orders) resize(size int) {
	old := o.entries
	o.entries = make([]uint64, size)
	o.shift = uint8(32 - bits.TrailingZeros(uint(size)))
	for _, e := range old {
		if e != 0 {
			o.entries[o.end(uint32(e>>32))] = e
		}
	}
}

// hash mixes an id so that its high bits depend on all of it.
func hash(id uint64) uint32 { return uint32(id * 0x9e3779b97f4a7c15 >> 32) }

// end returns the free place at the end of a hash's probes.
func (o *orders) end(h uint32) uint32 {
	i := h >> o.shift
	for o.entries[i] != 0 {
		i = (i + 1) & uint32(len(o.entries)-1)
	}
	return i
}

// find returns the place of a trader's id in the table; ok is false when no resting
// order has it.
func (o *orders) find(id uint64) (at uint32, ok bool) {
	h := hash(id)
	at = h >> o.shift
	for {
		e := o.entries[at]
		if e == 0 {
			return 0, false
		}
		if uint32(e>>32) == h && o.placed[uint32(e)].id == id {
			return at, true
		}
		at = (at + 1) & uint32(len(o.entries)-1)
	}
}

// order returns the engine's id of the order at a place.
func (o *orders) order(at uint32) msg.OrderID { return msg.OrderID(uint32(o.entries[at])) }

// put makes an order that rests the one that its trader's id means.
func (o *orders) put(order msg.OrderID, id uint64, side msg.Side, price msg.Price) {
	if uint64(order) >= uint64(len(o.placed)) {
		o.grow(order)
	}
	o.placed[order] = placed{id: id, terms: uint64(price)<<1 | uint64(side)}
	at, ok := o.find(id)
	if !ok {
		if o.used++; o.used > len(o.entries)/2 {
			o.resize(2 * len(o.entries))
		}
		at = o.end(hash(id))
	}
	o.entries[at] = uint64(hash(id))<<32 | uint64(order)
}

// grow makes room for an order and for as many more as there are.
func (o *orders) grow(order msg.OrderID) {
	if uint64(order) > maxCommands {
		panic(fmt.Sprintf("flash1: order %d is beyond the limit of %d commands", order, maxCommands))
	}
	o.placed = append(o.placed, make([]placed, max(len(o.placed), int(order)))...)
}

// remove takes out the entry at a place. Those behind it that it kept from their
// places move up.
func (o *orders) remove(at uint32) {
	mask := uint32(len(o.entries) - 1)
	o.used--
	for next := (at + 1) & mask; ; next = (next + 1) & mask {
		e := o.entries[next]
		if e == 0 {
			o.entries[at] = 0
			return
		}
		// It may move when its home is not behind the gap.
		if home := uint32(e>>32) >> o.shift; (next-home)&mask >= (next-at)&mask {
			o.entries[at] = e
			at = next
		}
	}
}

func (p *placed) side() msg.Side   { return msg.Side(p.terms & 1) }
func (p *placed) price() msg.Price { return msg.Price(p.terms >> 1) }
