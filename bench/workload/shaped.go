package workload

import (
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The shaped load: its seed, and how many orders rest, roughly and at most.
const (
	shapedSeed   = 23
	shapedOrders = 1 << 16
)

// Shaped returns n commands with the shape of the public benchmark's "normal"
// workload, in which orders are canceled young.
func Shaped(n int, m Market) *Load {
	m = m.completed()
	s := enginetest.NewShaped(shapedSeed, m.Accounts)
	l := &Load{
		Name: "shaped", listed: s.Setup(m.Accounting), market: m, rows: make([]row, n),
		Room: engine.Capacity{Orders: shapedOrders, Accounts: m.Accounts, Balances: 2 * m.Accounts},
	}
	var c msg.Command
	for i := range l.rows {
		s.Next(&c)
		l.rows[i] = pack(&c, target(c.Order, l.First()))
	}
	return l
}

// target returns which row, from 1, brings an order, when the first row has a
// sequence. An order of the setup is none and needs no row.
func target(id msg.OrderID, first msg.Seq) uint32 {
	if id < msg.OrderID(first) {
		return 0
	}
	return uint32(id-msg.OrderID(first)) + 1
}
