package engine

import (
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// What the engine does in builds that have a bug.

// cancelMapped cancels all orders of a position, in no order at all: MapOrder.
func (e *Engine) cancelMapped(pos uint32, s *symbol) {
	var slots []uint32
	for slot := e.positions.pool[pos].oldest; slot != 0; slot = e.orders.pool[slot].newer {
		slots = append(slots, slot)
	}
	planted.Shuffle(slots)
	for _, slot := range slots {
		e.cancelOrder(slot, s)
	}
}

// sendBack sends an order to the end of its queue: AmendLosesPlace.
func (e *Engine) sendBack(slot uint32, s *symbol) {
	o := &e.orders.pool[slot]
	v := &e.pool.levels[o.level]
	s.queue++
	o.queue = s.queue
	if o.next == 0 {
		return
	}
	e.orders.pool[o.next].prev = o.prev
	if o.prev == 0 {
		v.head = o.next
	} else {
		e.orders.pool[o.prev].next = o.next
	}
	e.orders.pool[v.tail].next = slot
	o.prev, o.next, v.tail = v.tail, 0, slot
}
