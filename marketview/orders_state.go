package marketview

import (
	"cmp"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The orders section: open orders by id; then, by account, the closed ones kept
// in the order of closing.

func (o *orders) appendState(dst []byte) []byte {
	open := o.openSlots()
	dst = appendUint(dst, len(open))
	last := msg.OrderID(0)
	for _, s := range open {
		dst = o.appendOrder(dst, s, last)
		last = o.records.at(s).ID
	}
	owners := o.closedOwners()
	dst = appendUint(dst, len(owners))
	for _, s := range owners {
		a := o.market.accounts.at(s)
		dst = appendUint(dst, uint32(a.ID))
		dst = appendUint(dst, int(a.closed))
		last = 0
		for s := a.first; s != 0; s = o.records.at(s).next {
			dst = o.appendOrder(dst, s, last)
			last = o.records.at(s).ID
		}
	}
	return dst
}

// openSlots returns the slots of all open orders, by id.
func (o *orders) openSlots() []slot {
	var open []slot
	for t := slot(1); t < o.traders.end; t++ { // traders are never given back
		for s := o.traders.at(t).first; s != 0; s = o.records.at(s).next {
			open = append(open, s)
		}
	}
	slices.SortFunc(open, func(a, b slot) int { return cmp.Compare(o.records.at(a).ID, o.records.at(b).ID) })
	return open
}

// closedOwners returns the slots of all accounts with closed orders, by number.
func (o *orders) closedOwners() []slot {
	accounts := &o.market.accounts
	var owners []slot
	for s := slot(1); s < accounts.end; s++ { // accounts are never given back
		if accounts.at(s).closed > 0 {
			owners = append(owners, s)
		}
	}
	slices.SortFunc(owners, func(a, b slot) int { return cmp.Compare(accounts.at(a).ID, accounts.at(b).ID) })
	return owners
}

// appendOrder appends one order; last is the id of the one before.
func (o *orders) appendOrder(dst []byte, s slot, last msg.OrderID) []byte {
	r := o.records.at(s)
	dst = appendInt(dst, int64(r.ID-last))
	dst = appendUint(dst, uint32(r.Account))
	dst = appendUint(dst, uint32(r.Symbol))
	dst = append(dst, byte(r.Side)|byte(r.Type)<<1|byte(r.TIF)<<3|byte(r.STP)<<5, byte(r.Status), byte(r.Reason))
	dst = appendUint(dst, r.Price)
	dst = appendUint(dst, r.Qty)
	dst = appendUint(dst, r.Executed)
	dst = appendUint(dst, r.Prevented)
	dst = appendUint(dst, r.Spent)
	dst = appendUint(dst, r.Quote)
	dst = appendInt(dst, r.Time)
	dst = appendInt(dst, r.Updated-r.Time)
	dst = appendInt(dst, r.Working-r.Time)
	if r.name == 0 {
		return append(dst, 0)
	}
	return appendName(dst, &o.names.records.at(r.name).name)
}

// orderSize is the least number of bytes of an order.
const orderSize = 16

func (o *orders) restore(d *decoder) {
	if o.records.end != 0 {
		d.fail(ErrUsed)
	}
	open := o.restoreOpen(d)
	for last, n := -1, d.count(2); n > 0 && d.err == nil; n-- {
		id := d.upTo(1<<32 - 1)
		d.must(int(id) > last, ErrOrder)
		last = int(id)
		o.restoreClosed(d, msg.AccountID(id))
	}
	// An open order comes behind the closed ones of its name.
	for i := range open {
		o.named(open[i].slot, &open[i].name)
	}
}

type openName struct {
	slot slot
	name msg.Name
}

// restoreOpen reads the open orders and returns those with a name.
func (o *orders) restoreOpen(d *decoder) []openName {
	var withName []openName
	last := msg.OrderID(0)
	for n := d.count(orderSize); n > 0; n-- {
		t, name := o.decodeOrder(d, last)
		d.must(t.IsOpen() && t.Open() > 0 && t.Type != msg.Market && t.TIF == msg.GTC && t.Reason == 0, ErrRange)
		d.must(t.ID > last, ErrOrder)
		last = t.ID
		if d.err != nil {
			break
		}
		s := o.put(&t)
		o.enlist(s, o.records.at(s))
		if !name.IsZero() {
			withName = append(withName, openName{s, name})
		}
	}
	return withName
}

// restoreClosed reads the closed orders of one account. Where this set keeps
// fewer, the oldest go.
func (o *orders) restoreClosed(d *decoder, a msg.AccountID) {
	n := d.count(orderSize)
	d.must(n > 0, ErrRange)
	last := msg.OrderID(0)
	for ; n > 0; n-- {
		t, name := o.decodeOrder(d, last)
		d.must(!t.IsOpen() && t.Account == a, ErrRange)
		last = t.ID
		if d.err != nil {
			return
		}
		s := o.put(&t)
		o.named(s, &name)
		o.retire(s, o.records.at(s))
	}
}

// put makes a record of t and makes it findable, if it is open or of the newest.
func (o *orders) put(t *Terms) slot {
	s := o.records.take()
	*o.records.at(s) = order{Terms: *t, trader: o.traderOf(t.Account, t.Symbol)}
	at := &o.recent[t.ID%recentLen]
	mark := slot(0)
	if !t.IsOpen() {
		mark = closedMark
	}
	if old := *at &^ closedMark; old != 0 && o.records.at(old).ID > t.ID {
		if mark == 0 {
			o.older.put(uint64(t.ID), s)
		}
		return s
	}
	if old := *at; old != 0 && old&closedMark == 0 {
		o.older.put(uint64(o.records.at(old).ID), old)
	}
	*at = s | mark
	return s
}

// named gives the order at s its name, if it has one.
func (o *orders) named(s slot, name *msg.Name) {
	if r := o.records.at(s); !name.IsZero() {
		r.name = o.names.add(r.Account, name, s)
	}
}

func (o *orders) decodeOrder(d *decoder, last msg.OrderID) (t Terms, name msg.Name) {
	t.ID = last + msg.OrderID(d.int())
	t.Account, t.Symbol = msg.AccountID(d.upTo(1<<32-1)), msg.SymbolID(d.upTo(1<<32-1))
	b := d.byte()
	t.Side, t.Type, t.TIF, t.STP = msg.Side(b&1), msg.OrderType(b>>1&3), msg.TimeInForce(b>>3&3), msg.Prevention(b>>5)
	t.Status, t.Reason = OrderStatus(d.enum(byte(maxOrderStatus))), msg.Reason(d.byte())
	t.Price, t.Qty = msg.Price(d.upTo(uint64(msg.MaxPrice))), msg.Qty(d.upTo(uint64(msg.MaxQty)))
	t.Executed, t.Prevented = msg.Qty(d.upTo(uint64(t.Qty))), msg.Qty(d.upTo(uint64(t.Qty)))
	t.Spent, t.Quote = msg.Amount(d.positive()), msg.Amount(d.positive())
	t.Time = d.int()
	t.Updated, t.Working = t.Time+d.int(), t.Time+d.int()
	name = d.name()
	d.must(t.Type <= msg.LimitMaker && t.TIF <= msg.FOK && t.STP <= msg.Decrement, ErrRange)
	d.must((t.Price == 0) == (t.Type == msg.Market) && t.Qty > 0 && t.Open() >= 0, ErrRange)
	d.must(t.ID > 0, ErrOrder)
	if !o.market.has(t.Symbol) {
		d.fail(ErrUnknown)
		return t, name
	}
	d.must(o.market.takes(&t), ErrUnknown)
	return t, name
}

// takes reports whether an order's account may have orders in its symbol, and
// what it locks fits 63 bits.
func (m *market) takes(t *Terms) bool {
	s := &m.symbols[t.Symbol]
	notional, ok := msg.Mul(int64(t.Price), int64(t.Qty))
	if ok {
		_, ok = msg.Mul(notional, int64(s.Unit))
	}
	_, fits := msg.Mul(int64(t.Qty), int64(s.Spec.Lot))
	return ok && fits && (s.Spec.Accounting != msg.Balances || t.Account != msg.FeeAccount && int(t.Account) < m.created)
}
