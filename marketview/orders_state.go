package marketview

import (
	"cmp"
	"encoding/binary"
	"math"
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
		r := o.records.at(s)
		dst = o.appendOrder(dst, r, last)
		last = r.id
	}
	owners := o.closedOwners()
	dst = appendUint(dst, len(owners))
	var closed []*order
	for _, s := range owners {
		a := o.market.accounts.at(s)
		closed = slices.AppendSeq(closed[:0], o.closed(a.ID))
		slices.Reverse(closed)
		dst = appendUint(dst, uint32(a.ID))
		dst = appendUint(dst, len(closed))
		last := msg.OrderID(0)
		for _, r := range closed {
			dst = o.appendOrder(dst, r, last)
			last = r.id
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
	slices.SortFunc(open, func(a, b slot) int { return cmp.Compare(o.records.at(a).id, o.records.at(b).id) })
	return open
}

// closedOwners returns the slots of all accounts with closed orders, by number.
func (o *orders) closedOwners() []slot {
	accounts := &o.market.accounts
	var owners []slot
	for s := slot(1); s < accounts.end; s++ { // accounts are never given back
		if accounts.at(s).closed.n > 0 {
			owners = append(owners, s)
		}
	}
	slices.SortFunc(owners, func(a, b slot) int { return cmp.Compare(accounts.at(a).ID, accounts.at(b).ID) })
	return owners
}

// isStrategic stands in the byte of an order's status when it has a strategy. What
// is said of that stands at the order's end.
const isStrategic = 0x80

// What can be said of a strategy.
const (
	strategyID   = 1
	strategyType = 2
)

// appendOrder appends an order, its id against that of the one before.
func (o *orders) appendOrder(dst []byte, r *order, last msg.OrderID) []byte {
	t := o.traders.at(r.trader)
	dst = appendInt(dst, int64(r.id-last))
	dst = appendUint(dst, uint32(t.account))
	dst = appendUint(dst, uint32(t.symbol))
	status := byte(r.status)
	if r.strategic {
		status |= isStrategic
	}
	dst = append(dst, byte(r.side)|byte(r.kind)<<1|byte(r.tif)<<3|byte(r.stp)<<5, status, byte(r.reason))
	dst = appendUint(dst, r.price)
	dst = appendUint(dst, r.qty)
	dst = appendUint(dst, r.executed)
	dst = appendUint(dst, r.prevented)
	dst = appendUint(dst, r.spent)
	dst = appendUint(dst, r.quote)
	dst = appendInt(dst, r.time)
	dst = appendInt(dst, r.updated-r.time)
	dst = appendName(dst, &r.name)
	if r.strategic {
		dst = appendStrategy(dst, o.plans.of(r.id))
	}
	return dst
}

func appendStrategy(dst []byte, s msg.Strategy) []byte {
	said, at := byte(0), len(dst)
	dst = append(dst, said)
	if s.HasID {
		said |= strategyID
		dst = binary.AppendVarint(dst, s.ID)
	}
	if s.Type != 0 {
		said |= strategyType
		dst = appendUint(dst, uint32(s.Type))
	}
	dst[at] = said
	return dst
}

// orderSize is the least number of bytes of an order.
const orderSize = 15

func (o *orders) restore(d *decoder) {
	if o.records.end != 0 || o.history.end != 0 {
		d.fail(ErrUsed)
	}
	o.restoreOpen(d)
	for last, n := -1, d.count(2); n > 0 && d.err == nil; n-- {
		id := d.upTo(1<<32 - 1)
		d.must(int(id) > last, ErrOrder)
		last = int(id)
		o.restoreClosed(d, msg.AccountID(id))
	}
}

func (o *orders) restoreOpen(d *decoder) {
	last, n := msg.OrderID(0), d.count(orderSize)
	o.names.reserve(2 * n) // as many again, before the table of those that are there has to grow
	o.older.reserve(max(n-recentLen, 0))
	for ; n > 0; n-- {
		r := o.decodeOrder(d, last)
		d.must(r.status.isOpen() && r.open() > 0 && r.kind != msg.Market && r.tif == msg.GTC && r.reason == 0, ErrRange)
		d.must(r.id > last, ErrOrder)
		last = r.id
		if d.err != nil {
			return
		}
		a := o.traders.at(r.trader).account
		s := o.records.take()
		*o.records.at(s) = r
		if !r.name.IsZero() && !o.names.addNew(a, &r.name, s) {
			d.fail(ErrOrder)
			return
		}
		o.enlist(s, o.records.at(s))
		o.reclaim(&r, s)
	}
}

// restoreClosed reads the closed orders of one account. Where this set keeps
// fewer, the oldest go.
func (o *orders) restoreClosed(d *decoder, a msg.AccountID) {
	n := d.count(orderSize)
	d.must(n > 0, ErrRange)
	last := msg.OrderID(0)
	for ; n > 0; n-- {
		r := o.decodeOrder(d, last)
		d.must(!r.status.isOpen(), ErrRange)
		last = r.id
		if d.err != nil {
			return
		}
		t := o.traders.at(r.trader)
		if t.account != a {
			d.fail(ErrOrder)
			return
		}
		if s := o.retire(&r, t.owner); s != 0 {
			o.reclaim(&r, s)
		}
	}
}

// reclaim makes a restored order findable: the newest one has its place in
// recent, an older open one goes to the hash.
func (o *orders) reclaim(r *order, s slot) {
	at := &o.recent[r.id%recentLen]
	old := *at
	if old == 0 {
		*at = s
		return
	}
	isOpen := old&closedMark == 0
	var id msg.OrderID // of the order that has the place now
	if isOpen {
		id = o.records.at(old).id
	} else {
		id = o.closedAt(old &^ closedMark).id
	}
	switch {
	case id < r.id:
		*at = s
		if isOpen {
			o.older.put(uint64(id), old)
		}
	case s&closedMark == 0:
		o.older.put(uint64(r.id), s)
	}
}

func (o *orders) decodeOrder(d *decoder, last msg.OrderID) (r order) {
	r.id = last + msg.OrderID(d.int())
	account, symbol := msg.AccountID(d.upTo(1<<32-1)), msg.SymbolID(d.upTo(1<<32-1))
	b := d.byte()
	r.side, r.kind, r.tif, r.stp = msg.Side(b&1), msg.OrderType(b>>1&3), msg.TimeInForce(b>>3&3), msg.Prevention(b>>5)
	status := d.byte()
	r.strategic = status&isStrategic != 0
	r.status, r.reason = OrderStatus(status&^isStrategic), msg.Reason(d.byte())
	d.must(r.status <= maxOrderStatus, ErrRange)
	r.price, r.qty = msg.Price(d.upTo(uint64(msg.MaxPrice))), msg.Qty(d.upTo(uint64(msg.MaxQty)))
	r.executed, r.prevented = msg.Qty(d.upTo(uint64(r.qty))), msg.Qty(d.upTo(uint64(r.qty)))
	r.spent, r.quote = msg.Amount(d.positive()), msg.Amount(d.positive())
	r.time = d.int()
	r.updated = r.time + d.int()
	r.name = d.name()
	var plan msg.Strategy
	if r.strategic {
		plan = d.strategy()
		d.must(o.plans.byOrder.find(uint64(r.id)) == 0, ErrOrder)
	}
	d.must(r.kind <= msg.LimitMaker && r.tif <= msg.FOK && r.stp <= msg.Decrement, ErrRange)
	d.must((r.price == 0) == (r.kind == msg.Market) && r.qty > 0 && r.open() >= 0, ErrRange)
	d.must(r.id > 0, ErrOrder)
	d.must(o.market.has(symbol), ErrUnknown)
	if d.err == nil {
		d.must(o.market.takes(&r, account, symbol), ErrUnknown)
	}
	if d.err != nil {
		return r
	}
	r.trader = o.traderOf(account, symbol)
	if r.strategic {
		o.plans.add(r.id, &plan)
	}
	return r
}

func (d *decoder) strategy() (s msg.Strategy) {
	said := d.enum(strategyID | strategyType)
	d.must(said != 0, ErrRange)
	if said&strategyID != 0 {
		s.ID, s.HasID = d.int(), true
	}
	if said&strategyType != 0 {
		s.Type = int32(d.upTo(math.MaxInt32))
		d.must(s.Type != 0, ErrRange)
	}
	d.must(s.Valid(), ErrRange)
	return s
}

// takes reports whether an order's account may have orders in its symbol, and
// what a limit order locks fits 63 bits. (What a market order by quote amount
// comes to is bounded by each of its makers only.)
func (m *market) takes(r *order, a msg.AccountID, sym msg.SymbolID) bool {
	s := &m.symbols[sym]
	if !m.trades(a, sym) {
		return false
	}
	notional, ok := msg.Mul(int64(r.price), int64(r.qty))
	if ok {
		_, ok = msg.Mul(notional, int64(s.Unit))
	}
	_, fits := msg.Mul(int64(r.qty), int64(s.Spec.Lot))
	return r.kind == msg.Market || ok && fits
}
