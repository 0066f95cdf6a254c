package main

import (
	"fmt"
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// orders translates between the ids of the trader and those of the engine, which
// are sequences of commands. It knows all orders that there ever were, so its memory
// grows with the commands, and whether one is open only the engine can say.
type orders struct {
	dense  []uint32          // the newest order of a trader's id below denseIDs; 0 = none
	sparse map[uint64]uint32 // the same for ids from there on
	placed []placed          // by the engine's id
}

// placed is what is known of an order beside what the engine keeps of it.
type placed struct {
	id    uint64
	terms uint64 // price and side
}

// The limits of the translation.
const (
	denseIDs  = 1 << 22        // ids below have an array
	maxOrders = uint64(math.MaxUint32) // so that the engine's ids fit the array
)

// newOrders returns a translation with room for so many commands.
func newOrders(commands int) orders {
	o := orders{dense: make([]uint32, denseIDs), sparse: map[uint64]uint32{}, placed: make([]placed, commands)}
	// Every page is written to, so that none is fetched when the first order comes.
	clear(o.dense)
	clear(o.placed)
	return o
}

// find returns the engine's id of the newest order of a trader's id, or 0.
func (o *orders) find(id uint64) msg.OrderID {
	if id < denseIDs {
		return msg.OrderID(o.dense[id])
	}
	return msg.OrderID(o.sparse[id])
}

// put makes an order the newest of its trader's id.
func (o *orders) put(order msg.OrderID, id uint64, side msg.Side, price msg.Price) {
	if uint64(order) >= uint64(len(o.placed)) {
		o.grow(order)
	}
	o.placed[order] = placed{id: id, terms: uint64(price)<<1 | uint64(side)}
	if id < denseIDs {
		o.dense[id] = uint32(order)
	} else {
		o.sparse[id] = uint32(order)
	}
}

// grow makes room for an order and as many more as there are.
func (o *orders) grow(order msg.OrderID) {
	if uint64(order) > maxOrders {
		panic(fmt.Sprintf("flash1: order %d is beyond the limit of %d commands", order, maxOrders))
	}
	o.placed = append(o.placed, make([]placed, max(len(o.placed), int(order)))...)
}

func (p *placed) side() msg.Side   { return msg.Side(p.terms & 1) }
func (p *placed) price() msg.Price { return msg.Price(p.terms >> 1) }
