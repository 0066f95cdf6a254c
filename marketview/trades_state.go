package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The trades section: by symbol, the last id and the trades kept.

func (t *trades) appendState(dst []byte) []byte {
	n := 0
	for i := range t.tapes {
		if t.tapes[i].last > 0 {
			n++
		}
	}
	dst = appendUint(dst, n)
	for i := range t.tapes {
		p := &t.tapes[i]
		if p.last == 0 {
			continue
		}
		dst = appendUint(dst, i)
		dst = appendUint(dst, p.last)
		dst = p.appendState(dst)
	}
	return dst
}

func (p *tape) appendState(dst []byte) []byte {
	dst = appendUint(dst, p.ring.len())
	var last trade
	for id := p.first(); id <= p.last; id++ {
		v := p.at(id)
		dst = appendInt(dst, v.time-last.time)
		dst = appendInt(dst, v.price-last.price)
		side := uint64(0)
		if v.buyerMaker {
			side = 1
		}
		dst = appendUint(dst, uint64(v.qty)<<1|side)
		last = *v
	}
	return dst
}

func (t *trades) restore(d *decoder, m *market) {
	if len(t.tapes) != 0 {
		d.fail(ErrUsed)
	}
	for id := range d.symbols(m, 3) {
		t.tape(id).restore(d, t.keep)
	}
}

// restore reads the trades kept of one symbol. Where this set keeps fewer, the
// oldest go.
func (p *tape) restore(d *decoder, keep int) {
	p.last = msg.TradeID(d.uint())
	n := d.count(3)
	d.must(p.last > 0 && uint64(n) <= uint64(p.last), ErrRange)
	var v trade
	for ; n > 0; n-- {
		v.time += d.int()
		v.price += msg.Price(d.int())
		q := d.upTo(uint64(msg.MaxQty)<<1 | 1)
		v.qty, v.buyerMaker = msg.Qty(q>>1), q&1 == 1
		d.must(v.price > 0 && v.price <= msg.MaxPrice && v.qty > 0, ErrRange)
		if d.err != nil {
			return
		}
		if row := p.ring.push(keep); row != nil {
			*row = v
		}
	}
}
