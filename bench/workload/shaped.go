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
		Name: "shaped", Setup: s.Setup(m.Accounting), market: m, rows: make([]row, n),
		Room: engine.Capacity{Orders: shapedOrders, Accounts: m.Accounts, Balances: 2 * m.Accounts},
	}
	var c msg.Command
	for i := range l.rows {
		s.Next(&c)
		l.rows[i] = pack(&c, l.row(c.Order))
	}
	return l
}

// row returns which row, from 1, brings an order. An order of the setup is none
// and needs no row.
func (l *Load) row(id msg.OrderID) uint32 {
	if id < msg.OrderID(l.First()) {
		return 0
	}
	return uint32(id-msg.OrderID(l.First())) + 1
}
