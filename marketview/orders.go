package marketview

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// OrderStatus says how far an order has come. The values are part of the format
// of the orders section. Append only.
type OrderStatus uint8

// The statuses. The first two are those of open orders.
const (
	StatusNew             OrderStatus = 0
	StatusPartiallyFilled OrderStatus = 1
	StatusFilled          OrderStatus = 2
	StatusCanceled        OrderStatus = 3
	StatusExpired         OrderStatus = 4 // Reason says why
	StatusExpiredInMatch  OrderStatus = 5 // by self-trade prevention
	StatusRejected        OrderStatus = 6 // of a report, never of an order that is kept

	maxOrderStatus = StatusExpiredInMatch // of those in the section
)

// String returns the status as the wire format writes it.
func (s OrderStatus) String() string {
	names := [...]string{"NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH", "REJECTED"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// Order is a row about one order.
type Order struct {
	ID        msg.OrderID
	Account   msg.AccountID
	Symbol    msg.SymbolID
	Side      msg.Side
	Type      msg.OrderType
	TIF       msg.TimeInForce
	STP       msg.Prevention
	Status    OrderStatus
	Reason    msg.Reason // of an expiry or a refusal
	Name      msg.Name
	Price     msg.Price  // zero for a market order
	Qty       msg.Qty    // as asked or as last amended; market by quote amount: as the engine determined
	Executed  msg.Qty    //
	Prevented msg.Qty    // taken off by self-trade prevention
	Quote     msg.Amount // market by quote amount: the amount asked
	Spent     msg.Amount // quote units of all fills; stays at msg.MaxAmount when it would exceed it
	Time      int64      // accepted
	Updated   int64      // changed last
	Working   int64      // on the book, or trading, since
	Strategy  msg.Strategy
}

// Open returns the lots that may still trade.
func (o *Order) Open() msg.Qty { return o.Qty - o.Executed - o.Prevented }

// IsOpen reports whether the order is open: on the book, or still arriving.
func (o *Order) IsOpen() bool { return o.Status.isOpen() }

func (s OrderStatus) isOpen() bool { return s <= StatusPartiallyFilled }

// order is a record of the order table: a row without what its trader says and what
// few orders have, in one cache line. The working time is the time, as long as no
// order waits for a trigger.
type order struct {
	id      msg.OrderID
	price   msg.Price
	qty     msg.Qty
	open    msg.Qty // may still trade, or could have
	spent   msg.Amount
	time    int64
	updated int64
	trader  slot
	terms   terms
	status  OrderStatus
	reason  msg.Reason
	has     traits
}

// traits say what an order has that does not lie in its record.
type traits uint8

const (
	hasName  traits = 1 << iota // beside its record
	hasExtra                    // by its id
)

// locks reports whether r has locked what it can cost; a market buy pays each
// trade from what is free.
func (r *order) locks() bool { return r.terms.kind() != msg.Market || r.terms.side() == msg.Sell }

// orderLinks are the neighbours of an open order, and its level.
type orderLinks struct {
	next  slot // in its trader's list of open orders
	prev  slot
	level slot // in the depth, once it was looked up
}

// trader is an account in one symbol.
type trader struct {
	account msg.AccountID
	symbol  msg.SymbolID
	owner   slot // the account's record
	first   slot // its open orders, by id
	last    slot
	open    int32
	base    slot // its account's balances of the symbol's assets; 0 is not looked up yet
	quote   slot
}

// orders is the order table. Between transactions
//  1. every open order rests, stands in its trader's list, and ids ascend there,
//  2. every open order is found by its id, in recent, else in older, and by its
//     name if it has one,
//  3. every closed order that is kept stands in the history, in the order of closing,
//  4. every order that has an extra finds it by its id, and there are no others but
//     those of orders that the history no longer keeps and has not left behind.
//
// A closed order is moved to the history: the open ones stay together in the cache.
type orders struct {
	market   *market
	balances *balances
	depth    *depth

	records pool[order] // the open ones
	links   column[orderLinks]
	history accountLog[order] // the closed ones
	called  window[msg.Name]  // the names of these
	traders pool[trader]
	others  column[slot] // of a trader: the next one of its account
	byPair  index        // account and symbol to trader
	recent  []slot
	older   index // open orders whose place in recent a newer order took
	names   names
	extras  extras
	reports bool // transactions are resolved into reports too

	// The transaction being folded.
	now    int64
	seq    msg.Seq
	symbol *Symbol
	taker  slot // the order that arrived, until it is closed
	out    *Resolved
}

func newOrders(m *market, b *balances, d *depth, keep int32) orders {
	return orders{market: m, balances: b, depth: d, recent: make([]slot, firstRecent), names: newNames(), history: accountLog[order]{keep: keep}}
}

// fold resolves a transaction about orders into out.
func (o *orders) fold(c *msg.Command, events []msg.Event, out *Resolved) {
	if events[0].Kind == msg.Rejected { // and it is the only one
		return
	}
	o.now, o.seq, o.symbol, o.taker, o.out = c.Time, c.Seq, o.market.symbol(c.Symbol), 0, out
	if len(o.extras.left) > 0 {
		o.extras.sweep()
	}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case msg.Accepted:
			o.accepted(c, e)
		case msg.Traded:
			o.traded(e)
		case msg.Canceled:
			o.canceled(e)
		case msg.Expired:
			o.expired(e)
		case msg.Amended:
			o.amended(c, e)
		case msg.Prevented:
			o.prevented(e)
		case msg.Uncrossed:
			o.symbol.Phase = msg.Trading
		case msg.Rejected:
			if events[0].Kind == msg.Canceled {
				o.refused(c, e)
			}
		default: // a refused cancel changes nothing
		}
	}
	if o.taker != 0 { // what is left of the arriving order rests
		r := o.records.at(o.taker)
		o.level(o.taker, r, r.open, 1)
	}
}

func (o *orders) accepted(c *msg.Command, e *msg.Event) {
	qty := c.Qty
	if e.Qty != 0 {
		qty = e.Qty
	}
	s := o.records.take()
	r := o.records.at(s)
	// Field by field, here and wherever rows are made: a record that is put together
	// elsewhere is copied in wider pieces than it was written in, and waits for these.
	r.id, r.price, r.qty, r.open, r.spent = e.Order, c.Price, qty, qty, 0
	r.time, r.updated = o.now, o.now
	r.trader, r.terms = o.traderOf(c.Account, c.Symbol), termsOf(c.Side, c.Type, c.TIF, c.STP)
	r.status, r.reason, r.has = StatusNew, 0, 0
	o.enlist(s, r)
	if !c.Name.IsZero() {
		o.name(s, r, c.Account, &c.Name)
	}
	if c.Quote != 0 || c.Strategy != (msg.Strategy{}) {
		r.has |= hasExtra
		o.extras.add(r.id, extra{strategy: c.Strategy, quote: c.Quote})
	}
	o.claim(s, r)
	o.taker = s
	o.symbol.ExecutionID++
	o.hold(r, qty)
	o.report(e.Kind, s)
}

// name gives a name to an order that has none. No open order of its account has it.
func (o *orders) name(s slot, r *order, a msg.AccountID, name *msg.Name) {
	r.has |= hasName
	o.names.put(s, o.names.hash(a, name), name)
}

// unname takes the name of an order away.
func (o *orders) unname(s slot, r *order) {
	r.has &^= hasName
	o.names.remove(s)
}

// nameOf returns the name of an open order, or of one that was open until now.
func (o *orders) nameOf(s slot) (n msg.Name) {
	if o.records.at(s).has&hasName != 0 {
		n = o.names.records.at(s).name
	}
	return n
}

func (o *orders) traded(e *msg.Event) {
	sym := o.symbol
	ms, ts := o.open(e.Order), o.open(e.Taker)
	maker, taker := o.records.at(ms), o.records.at(ts)
	quote := msg.Amount(e.Price) * msg.Amount(e.Qty) * sym.Unit
	f := next(&o.out.Fills)
	f.Symbol, f.MakerSide, f.Settles = sym.ID, maker.terms.side(), sym.Spec.Accounting == msg.Balances
	f.Trade, f.Price, f.Qty, f.Base, f.Quote = e.Trade, e.Price, e.Qty, msg.Amount(e.Qty)*sym.Spec.Lot, quote
	o.party(f, maker, true)
	o.party(f, taker, false)
	sym.ExecutionID += 2
	o.fill(ms, maker, e.Qty, quote)
	o.fill(ts, taker, e.Qty, quote)
	if o.reports {
		o.reportFill(f, ms, ts)
	}
}

// party fills in one side of f. The order that rested longer pays maker.
func (o *orders) party(f *Fill, r *order, isMaker bool) {
	t := o.traders.at(r.trader)
	side := r.terms.side()
	p := &f.Parties[side]
	p.Order, p.Account, p.owner = r.id, t.account, t.owner
	p.Fee, p.Held = 0, 0
	if !f.Settles {
		return
	}
	o.openWallet(t)
	p.base, p.quote = t.base, t.quote
	a := o.market.accounts.at(t.owner)
	rate, standard := a.Taker, o.symbol.Spec.Taker
	if isMaker {
		rate, standard = a.Maker, o.symbol.Spec.Maker
	}
	if rate == msg.NoRate {
		rate = standard
	}
	got := f.Base
	if side == msg.Sell {
		got = f.Quote
	}
	p.Fee = msg.Fee(got, rate)
	if r.locks() {
		p.Held = o.symbol.worth(side, r.price, f.Qty)
	}
}

// fill lowers one order by a trade.
func (o *orders) fill(s slot, r *order, q msg.Qty, quote msg.Amount) {
	r.open -= q
	if r.spent += quote; r.spent < 0 {
		r.spent = msg.MaxAmount
	}
	r.status = StatusPartiallyFilled
	o.lower(s, r, q, StatusFilled)
}

func (o *orders) canceled(e *msg.Event) {
	s := o.open(e.Order)
	r := o.records.at(s)
	o.symbol.ExecutionID++
	o.drop(s, r, StatusCanceled)
	o.report(e.Kind, s)
}

func (o *orders) expired(e *msg.Event) {
	s := o.open(e.Order)
	r := o.records.at(s)
	o.symbol.ExecutionID++
	r.reason = e.Reason
	o.drop(s, r, StatusExpired)
	o.report(e.Kind, s)
}

// drop closes an order that has something open.
func (o *orders) drop(s slot, r *order, status OrderStatus) {
	o.hold(r, -r.open)
	if s != o.taker {
		o.level(s, r, -r.open, -1)
	}
	o.close(s, r, status)
}

func (o *orders) amended(c *msg.Command, e *msg.Event) {
	s := o.open(e.Order)
	r := o.records.at(s)
	cut := r.qty - c.Qty
	if cut <= 0 || cut >= r.open {
		panic(fmt.Sprintf("marketview: command %d: order %d with %d of %d lots open is amended to %d", o.seq, r.id, r.open, r.qty, c.Qty))
	}
	o.symbol.ExecutionID++
	o.hold(r, -cut)
	o.level(s, r, -cut, 0)
	r.qty = c.Qty
	r.open -= cut
	r.updated = o.now
	before := o.nameOf(s)
	if !c.Name.IsZero() && c.Name != before {
		if r.has&hasName != 0 {
			o.unname(s, r)
		}
		o.name(s, r, c.Account, &c.Name)
	}
	t := o.traders.at(r.trader)
	o.out.Amendments = append(o.out.Amendments, Owned[Amendment]{t.account, t.owner, Amendment{
		Symbol: t.symbol, Order: r.id, ExecutionID: o.symbol.ExecutionID,
		OrigName: before, NewName: o.nameOf(s), OrigQty: r.qty + cut, NewQty: r.qty, Time: o.now,
	}})
	if p := o.report(e.Kind, s); p != nil {
		p.PrevName = before
	}
}

func (o *orders) prevented(e *msg.Event) {
	ms, ts := o.open(e.Order), o.open(e.Taker)
	maker, taker := o.records.at(ms), o.records.at(ts)
	t := o.traders.at(taker.trader)
	o.out.Preventions = append(o.out.Preventions, Owned[Prevention]{t.account, t.owner, Prevention{
		Symbol: t.symbol, ID: o.symbol.ExecutionID + 1, Taker: taker.id, Maker: maker.id, Mode: taker.terms.stp(),
		Price: e.Price, TakerQty: e.TakerQty, MakerQty: e.Qty, Time: o.now,
	}})
	if e.Qty != 0 {
		o.prevent(ms, maker, e.Qty)
		o.reportPrevented(e, ms, e.Qty)
	}
	if e.TakerQty != 0 {
		o.prevent(ts, taker, e.TakerQty)
		o.reportPrevented(e, ts, e.TakerQty)
	}
}

// prevent takes lots off one order by self-trade prevention.
func (o *orders) prevent(s slot, r *order, q msg.Qty) {
	o.symbol.ExecutionID++
	o.hold(r, -q)
	r.open -= q
	if r.has&hasExtra == 0 {
		r.has |= hasExtra
		o.extras.add(r.id, extra{})
	}
	o.extras.of(r.id).prevented += q
	o.lower(s, r, q, StatusExpiredInMatch)
}

// lower resolves q lots, which r has already lost, off r's level, if it rests,
// and closes r when it has nothing left.
func (o *orders) lower(s slot, r *order, q msg.Qty, end OrderStatus) {
	r.updated = o.now
	left, gone := r.open, int8(0)
	if left < 0 {
		panic(fmt.Sprintf("marketview: command %d: order %d of %d lots loses %d too many", o.seq, r.id, r.qty, -left))
	}
	if left == 0 {
		gone = -1
	}
	if s != o.taker {
		o.level(s, r, -q, gone)
	}
	if left == 0 {
		o.close(s, r, end)
	}
}

// level changes the level of the order at s.
func (o *orders) level(s slot, r *order, delta msg.Qty, count int8) {
	c := next(&o.out.Changes)
	c.Symbol, c.Side, c.Price, c.Delta, c.Orders = o.symbol.ID, r.terms.side(), r.price, delta, count
	l := o.links.at(s)
	l.level = o.depth.change(c, l.level)
}

// hold locks what q lots of r can cost, or frees it when q is negative.
func (o *orders) hold(r *order, q msg.Qty) {
	if o.symbol.Spec.Accounting != msg.Balances || !r.locks() {
		return
	}
	t := o.traders.at(r.trader)
	o.openWallet(t)
	side, s := r.terms.side(), t.quote
	if side == msg.Sell {
		s = t.base
	}
	amount := o.symbol.worth(side, r.price, q)
	o.balances.add(s, o.now, -amount, amount)
}

// openWallet looks up the balances of a trader, once.
func (o *orders) openWallet(t *trader) {
	if t.base == 0 {
		t.base, t.quote = o.balances.wallet(t.account, t.symbol)
	}
}

// close moves r from the open orders to its account's closed ones. What r points
// to stays readable until the next order is accepted.
func (o *orders) close(s slot, r *order, status OrderStatus) {
	if s == o.taker {
		o.taker = 0
	}
	t := o.traders.at(r.trader)
	var name *msg.Name
	if r.has&hasName != 0 {
		name = &o.names.records.at(s).name
		o.names.remove(s)
	}
	o.delist(s, t)
	row, kept := o.retire(r, name, t.owner)
	if r.status, r.updated = status, o.now; row != nil {
		row.status, row.updated = status, o.now // here, too: r is not copied right after it was written
	}
	if at := o.recently(r.id); *at == s {
		*at = kept
	} else if !o.older.remove(uint64(r.id)) {
		panic(fmt.Sprintf("marketview: command %d: order %d closes and is not found", o.seq, r.id))
	}
	o.records.give(s)
}

// retire keeps a copy of r, with its name if it has one, as one of the closed orders of
// its account and returns that and its mark, or nil and 0 if none are kept.
func (o *orders) retire(r *order, name *msg.Name, owner slot) (row *order, mark slot) {
	h := &o.history
	if h.keep == 0 {
		if r.has&hasExtra != 0 {
			o.extras.leave(r.id)
		}
		return nil, 0
	}
	p := h.push(owner)
	row = h.rows.at(p)
	*row = *r
	if r.has&hasName != 0 {
		o.called.extend(h.tail, p)
		*o.called.at(p) = *name
	}
	return row, slot(p) | closedMark
}

// moved copies the name of a closed order.
func (o *orders) moved(from, to position) {
	if o.history.rows.at(from).has&hasName != 0 {
		o.called.extend(o.history.tail, to)
		*o.called.at(to) = *o.called.at(from)
	}
}

// gone forgets the extra of a closed order.
func (o *orders) gone(p position) {
	if o.extras.records.used() == 0 {
		return
	}
	if r := o.history.rows.at(p); r.has&hasExtra != 0 {
		o.extras.forget(r.id)
	}
}

// left forgets the names of closed orders.
func (o *orders) left(p position) { o.called.leave(p) }

// closedAt returns the position of a closed order by its mark; ok is false when it is
// no longer kept there.
func (o *orders) closedAt(mark slot) (p position, ok bool) {
	h := &o.history
	back := position((slot(h.head) - mark) &^ closedMark)
	if back == 0 || back > h.head-h.tail {
		return 0, false
	}
	return h.head - back, h.holds(h.head - back)
}

// enlist appends s to the open orders of its trader.
func (o *orders) enlist(s slot, r *order) {
	t := o.traders.at(r.trader)
	*o.links.put(s) = orderLinks{prev: t.last}
	if t.last != 0 {
		o.links.at(t.last).next = s
	} else {
		t.first = s
	}
	t.last = s
	t.open++
}

func (o *orders) delist(s slot, t *trader) {
	l := o.links.at(s)
	if l.prev != 0 {
		o.links.at(l.prev).next = l.next
	} else {
		t.first = l.next
	}
	if l.next != 0 {
		o.links.at(l.next).prev = l.prev
	} else {
		t.last = l.prev
	}
	t.open--
}

// findNamed returns the open order of an account with a name, or 0.
func (o *orders) findNamed(a msg.AccountID, name *msg.Name) slot {
	return o.findHashed(o.names.hash(a, name), a, name)
}

// findHashed is findNamed when the hash is known.
func (o *orders) findHashed(hash uint32, a msg.AccountID, name *msg.Name) slot {
	return o.names.find(hash, name, func(s slot) bool {
		return o.traders.at(o.records.at(s).trader).account == a
	})
}

// open returns the slot of an open order; an event that names another one is a
// broken invariant.
func (o *orders) open(id msg.OrderID) slot {
	if o.taker != 0 && id == msg.OrderID(o.seq) {
		return o.taker
	}
	if s := o.findOpen(id); s != 0 {
		return s
	}
	panic(fmt.Sprintf("marketview: command %d: order %d is not open", o.seq, id))
}

// traderOf returns the trader of an account in a symbol, made if it is new.
func (o *orders) traderOf(a msg.AccountID, sym msg.SymbolID) slot {
	key := pairKey(uint32(a), uint32(sym))
	if s := o.byPair.find(key); s != 0 {
		return s
	}
	owner := o.market.account(a)
	s := o.traders.take()
	*o.traders.at(s) = trader{account: a, symbol: sym, owner: owner}
	*o.others.put(s) = o.market.accounts.at(owner).traders
	o.market.accounts.at(owner).traders = s
	o.byPair.put(key, s)
	return s
}
