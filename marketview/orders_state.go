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
		row := o.openRow(s)
		dst = appendOrder(dst, &row, last)
		last = row.ID
	}
	all := o.history.byOwner(o.market)
	dst = appendUint(dst, len(all))
	for i := range all {
		dst = appendUint(dst, uint32(all[i].account))
		dst = appendUint(dst, len(all[i].rows))
		last := msg.OrderID(0)
		for _, p := range all[i].rows {
			row := o.closedRow(p)
			dst = appendOrder(dst, &row, last)
			last = row.ID
		}
	}
	return dst
}

// openSlots returns the slots of all open orders, by id. It goes through the records
// as they lie: a place that was given back holds an order that is closed.
func (o *orders) openSlots() []slot {
	type opened struct {
		id   msg.OrderID
		slot slot
	}
	open := make([]opened, 0, o.records.used())
	for s := slot(1); s < o.records.end; s++ {
		if r := o.records.at(s); r.status.isOpen() {
			open = append(open, opened{r.id, s})
		}
	}
	slices.SortFunc(open, func(a, b opened) int { return cmp.Compare(a.id, b.id) })
	slots := make([]slot, len(open))
	for i := range open {
		slots[i] = open[i].slot
	}
	return slots
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
func appendOrder(dst []byte, r *Order, last msg.OrderID) []byte {
	dst = appendInt(dst, int64(r.ID-last))
	dst = appendUint(dst, uint32(r.Account))
	dst = appendUint(dst, uint32(r.Symbol))
	status := byte(r.Status)
	if r.Strategy != (msg.Strategy{}) {
		status |= isStrategic
	}
	dst = append(dst, byte(termsOf(r.Side, r.Type, r.TIF, r.STP)), status, byte(r.Reason))
	dst = appendUint(dst, r.Price)
	dst = appendUint(dst, r.Qty)
	dst = appendUint(dst, r.Executed)
	dst = appendUint(dst, r.Prevented)
	dst = appendUint(dst, r.Spent)
	dst = appendUint(dst, r.Quote)
	dst = appendInt(dst, r.Time)
	dst = appendInt(dst, r.Updated-r.Time)
	dst = appendName(dst, &r.Name)
	if r.Strategy != (msg.Strategy{}) {
		dst = appendStrategy(dst, r.Strategy)
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
	if o.records.end != 0 || len(o.history.runs) != 0 {
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
	places := len(o.recent)
	for places < n {
		places *= 2
	}
	o.widen(places)
	for ; n > 0; n-- {
		r, name := o.decodeOrder(d, last)
		d.must(r.status.isOpen() && r.open > 0 && r.terms.kind() != msg.Market && r.terms.tif() == msg.GTC && r.reason == 0, ErrRange)
		d.must(r.id > last, ErrOrder)
		last = r.id
		if d.err != nil {
			return
		}
		s := o.records.take()
		*o.records.at(s) = r
		o.enlist(s, &r)
		if r.has&hasName != 0 && !o.rename(s, &r, &name) {
			d.fail(ErrOrder)
			return
		}
		o.reclaim(&r, s)
	}
}

// rename gives a restored order its name; it returns false if another open order of
// its account has it.
func (o *orders) rename(s slot, r *order, name *msg.Name) bool {
	a := o.traders.at(r.trader).account
	hash := o.names.hash(a, name)
	if o.findHashed(hash, a, name) != 0 {
		return false
	}
	o.names.put(s, hash, name)
	return true
}

// restoreClosed reads the closed orders of one account. Where this set keeps
// fewer, the oldest go.
func (o *orders) restoreClosed(d *decoder, a msg.AccountID) {
	n := d.count(orderSize)
	d.must(n > 0, ErrRange)
	last := msg.OrderID(0)
	for ; n > 0; n-- {
		r, name := o.decodeOrder(d, last)
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
		if _, s := o.retire(&r, &name, t.owner); s != 0 {
			o.reclaim(&r, s)
		}
	}
}

func (o *orders) decodeOrder(d *decoder, last msg.OrderID) (r order, name msg.Name) {
	r.id = last + msg.OrderID(d.int())
	account, symbol := msg.AccountID(d.upTo(1<<32-1)), msg.SymbolID(d.upTo(1<<32-1))
	r.terms = terms(d.byte())
	status := d.byte()
	r.status, r.reason = OrderStatus(status&^isStrategic), msg.Reason(d.byte())
	d.must(r.status <= maxOrderStatus, ErrRange)
	r.price, r.qty = msg.Price(d.upTo(uint64(msg.MaxPrice))), msg.Qty(d.upTo(uint64(msg.MaxQty)))
	executed, prevented := msg.Qty(d.upTo(uint64(r.qty))), msg.Qty(d.upTo(uint64(r.qty)))
	r.open = r.qty - executed - prevented
	x := extra{prevented: prevented}
	r.spent, x.quote = msg.Amount(d.positive()), msg.Amount(d.positive())
	r.time = d.int()
	r.updated = r.time + d.int()
	if name = d.name(); !name.IsZero() {
		r.has |= hasName
	}
	if status&isStrategic != 0 {
		x.strategy = d.strategy()
	}
	d.must(r.terms.kind() <= msg.LimitMaker && r.terms.tif() <= msg.FOK && r.terms.stp() <= msg.Decrement, ErrRange)
	d.must((r.price == 0) == (r.terms.kind() == msg.Market) && r.qty > 0 && r.open >= 0, ErrRange)
	d.must(r.id > 0, ErrOrder)
	d.must(o.market.has(symbol), ErrUnknown)
	if d.err == nil {
		d.must(o.market.takes(&r, account, symbol), ErrUnknown)
	}
	if d.err != nil {
		return r, name
	}
	r.trader = o.traderOf(account, symbol)
	if x != (extra{}) {
		r.has |= hasExtra
		o.restoreExtra(d, r.id, x)
	}
	return r, name
}

func (o *orders) restoreExtra(d *decoder, id msg.OrderID, x extra) {
	if o.extras.byOrder.find(uint64(id)) != 0 {
		d.fail(ErrOrder)
		return
	}
	o.extras.add(id, x)
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
	return r.terms.kind() == msg.Market || ok && fits
}
