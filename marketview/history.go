package marketview

import (
	"cmp"
	"iter"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Order returns an order of an account by id: an open one, or a closed one that
// is still kept.
func (v *Views) Order(a msg.AccountID, id msg.OrderID) (Order, bool) {
	o := &v.orders
	row, ok := o.find(id)
	if !ok || row.Account != a { // which takes as long, whether there is such an order or not
		return o.findClosed(a, func(p position) bool { return o.history.rows.at(p).id == id })
	}
	return row, true
}

// OrderByName returns the order of an account with a client id: the open one,
// else of the closed ones kept the one closed last.
func (v *Views) OrderByName(a msg.AccountID, name msg.Name) (Order, bool) {
	if name.IsZero() {
		return Order{}, false
	}
	o := &v.orders
	if s := o.findNamed(a, &name); s != 0 {
		return o.openRow(s), true
	}
	return o.findClosed(a, func(p position) bool { return o.isCalled(p, &name) })
}

// ClosedByName returns the order of an account in a symbol with a client id that was
// closed last, of those kept.
func (v *Views) ClosedByName(a msg.AccountID, sym msg.SymbolID, name msg.Name) (Order, bool) {
	o := &v.orders
	return o.findClosed(a, func(p position) bool {
		return o.isCalled(p, &name) && o.traders.at(o.history.rows.at(p).trader).symbol == sym
	})
}

// OpenOrders appends the open orders of an account to dst, by id: those in one
// symbol, or in all when sym is zero.
func (v *Views) OpenOrders(a msg.AccountID, sym msg.SymbolID, dst []Order) []Order {
	from := len(dst)
	dst = v.orders.appendOpen(dst, a, sym)
	if sym == 0 {
		sortRows(dst[from:])
	}
	return dst
}

// CountOpen returns the number of open orders of an account in a symbol, or in
// all when sym is zero.
func (v *Views) CountOpen(a msg.AccountID, sym msg.SymbolID) int {
	o, n := &v.orders, 0
	if sym != 0 {
		if t := o.byPair.find(pairKey(uint32(a), uint32(sym))); t != 0 {
			n = int(o.traders.at(t).open)
		}
		return n
	}
	if owner := o.market.byID.find(uint64(a) + 1); owner != 0 {
		for t := o.market.accounts.at(owner).traders; t != 0; t = *o.others.at(t) {
			n += int(o.traders.at(t).open)
		}
	}
	return n
}

// Range chooses rows of a list by id or by time, both ends included; zero means
// no end. With no first end the newest Limit rows are meant, else the oldest.
type Range struct {
	From  msg.OrderID
	Start int64
	End   int64
	Limit int
}

// newest reports whether the last rows are meant where there are too many.
func (r *Range) newest() bool { return r.From == 0 && r.Start == 0 }

// has reports whether an order accepted at a time lies between the ends.
func (r *Range) has(id msg.OrderID, at int64) bool {
	return id >= r.From && at >= r.Start && (r.End == 0 || at <= r.End)
}

// OrderHistory appends orders of an account in a symbol to dst, by id: open
// ones, and of the closed ones those still kept. The time is that of their
// acceptance.
func (v *Views) OrderHistory(a msg.AccountID, sym msg.SymbolID, r Range, dst []Order) []Order {
	from := len(dst)
	dst = v.orders.appendOpenIn(dst, a, sym, &r)
	dst = v.orders.appendClosed(dst, a, sym)
	rows := slices.DeleteFunc(dst[from:], func(o Order) bool { return !r.has(o.ID, o.Time) })
	sortRows(rows)
	if cut := len(rows) - max(r.Limit, 0); cut > 0 {
		if r.newest() {
			copy(rows, rows[cut:])
		}
		rows = rows[:len(rows)-cut]
	}
	return dst[:from+len(rows)]
}

func sortRows(rows []Order) {
	slices.SortFunc(rows, func(a, b Order) int { return cmp.Compare(a.ID, b.ID) })
}

// find returns an open order, or a closed one of the last few thousand.
func (o *orders) find(id msg.OrderID) (Order, bool) {
	if s := o.findOpen(id); s != 0 {
		return o.openRow(s), true
	}
	s := *o.recently(id)
	if s&closedMark == 0 {
		return Order{}, false
	}
	p, ok := o.closedAt(s)
	if !ok || o.history.rows.at(p).id != id {
		return Order{}, false
	}
	return o.closedRow(p), true
}

// openRow makes a row of an open order, or of one that was open until now.
func (o *orders) openRow(s slot) Order {
	name := o.nameOf(s)
	return o.row(o.records.at(s), &name)
}

// closedRow makes a row of a closed order.
func (o *orders) closedRow(p position) Order {
	r := o.history.rows.at(p)
	if r.has&hasName == 0 {
		return o.row(r, nil)
	}
	return o.row(r, o.called.at(p))
}

// row makes a row of a record and the name that lies beside it, if it has one.
func (o *orders) row(r *order, name *msg.Name) Order {
	t := o.traders.at(r.trader)
	row := Order{
		ID: r.id, Account: t.account, Symbol: t.symbol, Side: r.terms.side(), Type: r.terms.kind(), TIF: r.terms.tif(), STP: r.terms.stp(),
		Status: r.status, Reason: r.reason, Price: r.price, Qty: r.qty, Executed: r.qty - r.open,
		Spent: r.spent, Time: r.time, Updated: r.updated, Working: r.time,
	}
	if r.has&hasName != 0 {
		row.Name = *name
	}
	if r.has&hasExtra != 0 {
		x := o.extras.of(r.id)
		row.Executed -= x.prevented
		row.Prevented, row.Quote, row.Strategy = x.prevented, x.quote, x.strategy
	}
	return row
}

// appendOpen appends the open orders of an account in one symbol, or in all,
// symbol by symbol, when sym is zero.
func (o *orders) appendOpen(dst []Order, a msg.AccountID, sym msg.SymbolID) []Order {
	if sym != 0 {
		return o.appendTrader(dst, o.byPair.find(pairKey(uint32(a), uint32(sym))))
	}
	owner := o.market.byID.find(uint64(a) + 1)
	if owner == 0 {
		return dst
	}
	for t := o.market.accounts.at(owner).traders; t != 0; t = *o.others.at(t) {
		dst = o.appendTrader(dst, t)
	}
	return dst
}

// appendOpenIn appends the open orders of an account in a symbol that a range may
// choose, in no order. Who has very many of them does not hold up others by asking
// for a few.
func (o *orders) appendOpenIn(dst []Order, a msg.AccountID, sym msg.SymbolID, r *Range) []Order {
	t := o.byPair.find(pairKey(uint32(a), uint32(sym)))
	if t == 0 {
		return dst
	}
	s := o.traders.at(t).first
	if r.newest() {
		s = o.traders.at(t).last
	}
	for left := r.Limit; s != 0 && left > 0; {
		k := o.records.at(s)
		if r.has(k.id, k.time) {
			dst = append(dst, o.openRow(s))
			left--
		}
		l := o.links.at(s)
		if s = l.next; r.newest() {
			s = l.prev
		}
	}
	return dst
}

func (o *orders) appendTrader(dst []Order, t slot) []Order {
	if t == 0 {
		return dst
	}
	for s := o.traders.at(t).first; s != 0; s = o.links.at(s).next {
		dst = append(dst, o.openRow(s))
	}
	return dst
}

// appendClosed appends the closed orders kept of an account in a symbol.
func (o *orders) appendClosed(dst []Order, a msg.AccountID, sym msg.SymbolID) []Order {
	for p := range o.closed(a) {
		if o.traders.at(o.history.rows.at(p).trader).symbol == sym {
			dst = append(dst, o.closedRow(p))
		}
	}
	return dst
}

// closed runs through the closed orders kept of an account, the one closed last first.
func (o *orders) closed(a msg.AccountID) iter.Seq[position] {
	return o.history.newestFirst(o.market.byID.find(uint64(a) + 1))
}

// findClosed returns the order closed last of those that are meant.
func (o *orders) findClosed(a msg.AccountID, meant func(position) bool) (Order, bool) {
	for p := range o.closed(a) {
		if meant(p) {
			return o.closedRow(p), true
		}
	}
	return Order{}, false
}

// isCalled reports whether a closed order had a name.
func (o *orders) isCalled(p position, name *msg.Name) bool {
	return o.history.rows.at(p).has&hasName != 0 && *o.called.at(p) == *name
}
