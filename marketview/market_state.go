package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The market section: sequence, time, assets, symbols, accounts.

func (v *Views) appendMarket(dst []byte) []byte {
	dst = appendUint(dst, v.seq)
	dst = appendInt(dst, v.time)
	m := &v.market
	dst = appendUint(dst, len(m.assets)-1)
	for i := range m.assets[1:] {
		a := &m.assets[1+i]
		dst = append(appendName(dst, &a.Name), a.Scale)
	}
	dst = appendUint(dst, len(m.symbols)-1)
	for i := range m.symbols[1:] {
		s := &m.symbols[1+i]
		dst = msg.AppendSymbol(dst, &s.Spec)
		dst = append(dst, byte(s.Phase))
		dst = appendUint(dst, s.ExecutionID)
	}
	dst = appendUint(dst, m.created)
	for id := range m.created {
		a := m.known(msg.AccountID(id))
		dst = append(appendName(dst, &a.Name), byte(a.Status))
		dst = appendInt(dst, a.Maker)
		dst = appendInt(dst, a.Taker)
		dst = appendInt(dst, a.Transfer)
	}
	return dst
}

func (v *Views) restoreMarket(d *decoder) {
	m := &v.market
	if v.seq != 0 || m.created != 1 {
		d.fail(ErrUsed)
	}
	v.seq = msg.Seq(d.uint())
	v.time = d.int()
	for range d.count(2) {
		name, scale := d.name(), d.enum(msg.MaxScale)
		if d.err != nil {
			return
		}
		m.addAsset(uint32(len(m.assets)), &name, scale)
	}
	for range d.count(15) {
		m.restoreSymbol(d)
	}
	accounts := d.count(4)
	d.must(accounts > 0, ErrRange)
	for id := range accounts {
		m.restoreAccount(d, msg.AccountID(id))
	}
}

func (m *market) restoreSymbol(d *decoder) {
	spec, rest, err := msg.DecodeSymbol(d.b)
	if err != nil {
		d.fail(err)
		return
	}
	d.b = rest
	phase, executions := msg.Phase(d.enum(byte(msg.CancelOnly))), d.uint()
	if spec.Base == 0 || int64(spec.Base) >= int64(len(m.assets)) || spec.Quote == 0 || int64(spec.Quote) >= int64(len(m.assets)) {
		d.fail(ErrUnknown)
		return
	}
	if _, ok := spec.Unit(m.assets[spec.Base].Scale); !ok || !spec.Valid() {
		d.fail(ErrRange)
		return
	}
	m.addSymbol(uint32(len(m.symbols)), &spec)
	s := &m.symbols[len(m.symbols)-1]
	s.Phase, s.ExecutionID = phase, executions
}

func (m *market) restoreAccount(d *decoder, id msg.AccountID) {
	name := d.name()
	status := msg.Status(d.enum(byte(msg.Disabled)))
	maker, taker, transfer := msg.Rate(d.int()), msg.Rate(d.int()), d.int()
	d.must(validRate(maker) && validRate(taker), ErrRange)
	if d.err != nil {
		return
	}
	if id != msg.FeeAccount { // which is there from the start
		m.create(id, &name)
	}
	a := m.known(id)
	a.Name, a.Status, a.Maker, a.Taker, a.Transfer = name, status, maker, taker, transfer
}

func validRate(r msg.Rate) bool { return r >= msg.NoRate && r <= msg.RateUnit }
