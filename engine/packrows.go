package engine

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The numbers of each kind of row, and how they lie in columns. Where one is near
// another, or says little, it is laid so that it takes few bits.
const (
	accountColumns  = 4
	balanceColumns  = 4
	positionColumns = 8
	orderColumns    = 11
	levelColumns    = 6
	nodeColumns     = 3
)

func spreadAccounts(c *columns, from []account) {
	for i := range from {
		a := &from[i]
		c[0][i], c[1][i], c[2][i], c[3][i] = uint64(a.status), uint64(a.maker-msg.NoRate), uint64(a.taker-msg.NoRate), uint64(a.transfer)
	}
}

func gatherAccounts(c *columns, to []account) {
	for i := range to {
		to[i] = account{msg.Status(c[0][i]), msg.Rate(c[1][i]) + msg.NoRate, msg.Rate(c[2][i]) + msg.NoRate, int64(c[3][i])}
	}
}

func spreadBalances(c *columns, from []balance) {
	for i := range from {
		b := &from[i]
		c[0][i], c[1][i], c[2][i], c[3][i] = uint64(b.account), uint64(b.asset), uint64(b.free), uint64(b.locked)
	}
}

func gatherBalances(c *columns, to []balance) {
	for i := range to {
		to[i] = balance{account: msg.AccountID(c[0][i]), asset: msg.AssetID(c[1][i]), free: msg.Amount(c[2][i]), locked: msg.Amount(c[3][i])}
	}
}

func spreadPositions(c *columns, from []position) {
	for i := range from {
		p := &from[i]
		c[0][i], c[1][i], c[2][i], c[3][i] = uint64(p.account), uint64(p.symbol), uint64(p.base), uint64(p.quote)
		c[4][i], c[5][i], c[6][i], c[7][i] = uint64(p.oldest), uint64(p.newest), uint64(p.open), uint64(p.bids)
	}
}

func gatherPositions(c *columns, to []position) {
	for i := range to {
		to[i] = position{
			account: msg.AccountID(c[0][i]), symbol: msg.SymbolID(c[1][i]), base: uint32(c[2][i]), quote: uint32(c[3][i]),
			oldest: uint32(c[4][i]), newest: uint32(c[5][i]), open: uint32(c[6][i]), bids: msg.Qty(c[7][i]),
		}
	}
}

// spreadOrders lays the open quantity as what is gone of it, which is mostly nothing.
// Of a free slot only the next free one is kept.
func spreadOrders(c *columns, from []order) {
	for i := range from {
		o := &from[i]
		if o.id == 0 {
			o = &order{next: o.next}
		}
		flags := uint64(o.amends)<<3 | uint64(o.side)<<2 | uint64(o.traded)<<1
		if o.named {
			flags |= 1
		}
		c[0][i], c[1][i], c[2][i], c[3][i] = uint64(o.id), uint64(o.qty), uint64(o.qty-o.open), o.queue
		c[4][i], c[5][i], c[6][i], c[7][i] = uint64(o.next), uint64(o.prev), uint64(o.newer), uint64(o.older)
		c[8][i], c[9][i], c[10][i] = uint64(o.level), uint64(o.pos), flags
	}
}

func gatherOrders(c *columns, to []order) {
	for i := range to {
		qty, flags := msg.Qty(c[1][i]), c[10][i]
		to[i] = order{
			id: msg.OrderID(c[0][i]), qty: qty, open: qty - msg.Qty(c[2][i]), queue: c[3][i],
			next: uint32(c[4][i]), prev: uint32(c[5][i]), newer: uint32(c[6][i]), older: uint32(c[7][i]),
			level: uint32(c[8][i]), pos: uint32(c[9][i]),
			amends: uint16(flags >> 3), side: msg.Side(flags >> 2 & 1), traded: uint8(flags >> 1 & 1), named: flags&1 != 0,
		}
	}
}

func spreadLevels(c *columns, from []level) {
	for i := range from {
		v := &from[i]
		c[0][i], c[1][i], c[2][i] = uint64(v.price), uint64(v.qty), uint64(v.head)
		c[3][i], c[4][i], c[5][i] = uint64(v.tail), uint64(v.count), uint64(v.leaf)
	}
}

func gatherLevels(c *columns, to []level) {
	for i := range to {
		to[i] = level{
			price: msg.Price(c[0][i]), qty: msg.Qty(c[1][i]), head: uint32(c[2][i]),
			tail: uint32(c[3][i]), count: uint32(c[4][i]), leaf: uint32(c[5][i]),
		}
	}
}

// spreadNodes leaves the children out: how many there are differs from node to node.
func spreadNodes(c *columns, from []node) {
	for i := range from {
		n := &from[i]
		c[0][i], c[1][i], c[2][i] = n.mask, uint64(n.parent), uint64(n.place)
	}
}

func gatherNodes(c *columns, to []node) {
	for i := range to {
		n := &to[i]
		n.mask, n.parent, n.place = c[0][i], uint32(c[1][i]), uint8(c[2][i])
	}
}

func spreadChildren(c *columns, from []uint32) {
	for i, v := range from {
		c[0][i] = uint64(v)
	}
}

func gatherChildren(c *columns, to []uint32) {
	for i := range to {
		to[i] = uint32(c[0][i])
	}
}
