package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// extra is what few orders have: those without one do not pay for it.
type extra struct {
	strategy  msg.Strategy
	quote     msg.Amount // market by quote amount: the amount asked
	prevented msg.Qty    // taken off by self-trade prevention
}

// extras holds the extra of each order that has one, by order, beside the table.
type extras struct {
	records pool[extra]
	byOrder index
	left    []msg.OrderID // of orders that nobody keeps, until the next transaction
}

func (x *extras) add(id msg.OrderID, e extra) {
	at := x.records.take()
	*x.records.at(at) = e
	x.byOrder.put(uint64(id), at)
}

// of returns the extra of an order that has one.
func (x *extras) of(id msg.OrderID) *extra { return x.records.at(x.byOrder.find(uint64(id))) }

func (x *extras) forget(id msg.OrderID) {
	x.records.give(x.byOrder.find(uint64(id)))
	x.byOrder.remove(uint64(id))
}

// leave forgets the extra of an order after the transaction that closes it, whose
// reports still tell it.
func (x *extras) leave(id msg.OrderID) { x.left = append(x.left, id) }

// sweep forgets those that were left.
func (x *extras) sweep() {
	for _, id := range x.left {
		x.forget(id)
	}
	x.left = x.left[:0]
}
