package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The depth section: by symbol, its update id and the levels of both sides from
// the worst to the best.

func (p *depth) appendState(dst []byte) []byte {
	n := 0
	for i := range p.books {
		if p.books[i].updateID > 0 {
			n++
		}
	}
	dst = appendUint(dst, n)
	for i := range p.books {
		b := &p.books[i]
		if b.updateID == 0 {
			continue
		}
		dst = appendUint(dst, i)
		dst = appendUint(dst, b.updateID)
		for j := range b.sides {
			dst = p.appendSide(dst, &b.sides[j])
		}
	}
	return dst
}

func (p *depth) appendSide(dst []byte, s *side) []byte {
	dst = appendUint(dst, int(s.levels))
	last := int64(0)
	for _, rungs := range s.blocks {
		for _, r := range rungs {
			l := p.levels.at(r.slot)
			dst = appendInt(dst, l.key-last)
			dst = appendUint(dst, l.qty)
			dst = appendUint(dst, int(l.orders))
			last = l.key
		}
	}
	return dst
}

func (p *depth) restore(d *decoder, m *market) {
	if len(p.books) != 0 {
		d.fail(ErrUsed)
	}
	for id := range d.symbols(m, 4) {
		b := p.book(id)
		b.updateID = d.uint()
		d.must(b.updateID > 0, ErrRange)
		p.restoreSide(d, &b.sides[msg.Buy], id, msg.Buy)
		p.restoreSide(d, &b.sides[msg.Sell], id, msg.Sell)
	}
}

func (p *depth) restoreSide(d *decoder, s *side, id msg.SymbolID, which msg.Side) {
	last, total := int64(0), int64(0)
	for n, i := d.count(3), 0; i < n; i++ {
		l := level{key: last + d.int(), qty: msg.Qty(d.positive()), orders: int32(d.upTo(1<<31 - 1)), of: sideOf(id, which)}
		price := sidePrice(which, l.key)
		d.must(price > 0 && price <= msg.MaxPrice && l.qty > 0 && l.orders > 0, ErrRange)
		d.must(i == 0 || l.key > last, ErrOrder)
		total += int64(l.qty)
		d.must(total > 0, ErrRange)
		if d.err != nil {
			return
		}
		last = l.key
		b := max(len(s.blocks)-1, 0)
		at := 0
		if len(s.blocks) > 0 {
			at = len(s.blocks[b])
		}
		slot := p.levels.take()
		*p.levels.at(slot) = l
		p.insert(s, b, at, rung{l.key, slot})
	}
}
