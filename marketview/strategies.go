package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// strategies holds what was said of the strategies of orders, by order. Few orders
// have one, so it stands beside the table of orders: those without do not pay for it.
type strategies struct {
	records pool[msg.Strategy]
	byOrder index
	left    []msg.OrderID // of orders that nobody keeps, until the next transaction
}

func (p *strategies) add(id msg.OrderID, s *msg.Strategy) {
	at := p.records.take()
	*p.records.at(at) = *s
	p.byOrder.put(uint64(id), at)
}

// of returns the strategy of an order that has one.
func (p *strategies) of(id msg.OrderID) msg.Strategy {
	return *p.records.at(p.byOrder.find(uint64(id)))
}

func (p *strategies) forget(id msg.OrderID) {
	p.records.give(p.byOrder.find(uint64(id)))
	p.byOrder.remove(uint64(id))
}

// leave forgets the strategy of an order after the transaction that closes it, whose
// reports still tell it.
func (p *strategies) leave(id msg.OrderID) { p.left = append(p.left, id) }

// sweep forgets those that were left.
func (p *strategies) sweep() {
	for _, id := range p.left {
		p.forget(id)
	}
	p.left = p.left[:0]
}
