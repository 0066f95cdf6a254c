package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The aggregate trades section: by symbol, the last id, the last trade and the
// aggregate trades kept. Their ids and those of their trades have no gaps.

func (a *aggTrades) appendState(dst []byte) []byte {
	n := 0
	for i := range a.tapes {
		if a.tapes[i].last > 0 {
			n++
		}
	}
	dst = appendUint(dst, n)
	for i := range a.tapes {
		p := &a.tapes[i]
		if p.last == 0 {
			continue
		}
		dst = appendUint(dst, i)
		dst = appendUint(dst, p.last)
		dst = p.appendState(dst)
	}
	return dst
}

func (p *aggTape) appendState(dst []byte) []byte {
	n := p.ring.len()
	dst = appendUint(dst, n)
	if n == 0 {
		return dst
	}
	dst = appendUint(dst, p.ring.at(0).First)
	var last AggTrade
	for i := range n {
		r := p.ring.at(i)
		dst = appendInt(dst, r.Time-last.Time)
		dst = appendInt(dst, r.Price-last.Price)
		side := uint64(0)
		if r.BuyerMaker {
			side = 1
		}
		dst = appendUint(dst, uint64(r.Qty)<<1|side)
		dst = appendUint(dst, r.Last-r.First)
		last = *r
	}
	return dst
}

func (a *aggTrades) restore(d *decoder, m *market) {
	if len(a.tapes) != 0 {
		d.fail(ErrUsed)
	}
	for id := range d.symbols(m, 3) {
		a.tape(id).restore(d, a.keep)
	}
}

// restore reads the aggregate trades kept of one symbol. Where this set keeps
// fewer, the oldest go.
func (p *aggTape) restore(d *decoder, keep int) {
	p.last = d.uint()
	n := d.count(4)
	d.must(p.last > 0 && uint64(n) <= p.last, ErrRange)
	if n == 0 || d.err != nil {
		return
	}
	r := AggTrade{ID: p.last - uint64(n), Last: msg.TradeID(d.positive()) - 1}
	for ; n > 0; n-- {
		r.ID++
		last := r.Time
		r.Time += d.int()
		r.Price += msg.Price(d.int())
		q := d.upTo(uint64(msg.MaxQty)<<1 | 1)
		r.Qty, r.BuyerMaker = msg.Qty(q>>1), q&1 == 1
		r.First = r.Last + 1
		r.Last = r.First + msg.TradeID(d.positive())
		d.must(r.Price > 0 && r.Price <= msg.MaxPrice && r.Qty > 0 && r.First > 0 && r.First <= r.Last && r.Last <= maxTradeID, ErrRange)
		d.must(r.Time >= last, ErrOrder)
		if d.err != nil {
			return
		}
		if row := p.ring.push(keep); row != nil {
			*row = r
		}
	}
}
