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

// order is a record of the order table: a row without what its trader says, and
// without its strategy, which few have. It fills two cache lines. The working time is the time, as long as no order
// waits for a trigger.
type order struct {
	id        msg.OrderID
	price     msg.Price
	qty       msg.Qty
	executed  msg.Qty
	prevented msg.Qty
	spent     msg.Amount
	updated   int64
	trader    slot
	next      slot // in its trader's list of open orders
	prev      slot
	side      msg.Side
	kind      msg.OrderType
	tif       msg.TimeInForce
	stp       msg.Prevention
	status    OrderStatus
	reason    msg.Reason
	name      msg.Name
	strategic bool // it has a strategy, kept beside the table
	quote     msg.Amount
	time      int64
}

func (r *order) open() msg.Qty { return r.qty - r.executed - r.prevented }

// locks reports whether r has locked what it can cost; a market buy pays each
// trade from what is free.
func (r *order) locks() bool { return r.kind != msg.Market || r.side == msg.Sell }

type closing struct {
	slot  slot
	order order
}

// trader is an account in one symbol.
type trader struct {
	account msg.AccountID
	symbol  msg.SymbolID
	owner   slot // the account's record
	next    slot // the account's next trader
	first   slot // its open orders, by id
	last    slot
	open    int32
}

// orders is the order table. Between transactions
//  1. every open order rests, stands in its trader's list, and ids ascend there,
//  2. every open order is found by its id, in recent, else in older, and by its
//     name if it has one,
//  3. every closed order kept stands in its account's queue, in the order of
//     closing, and no account keeps more than the limit,
//  4. every order that has a strategy finds it by its id, and there are no others
//     but those that a closed order's leaving has not cleared away yet.
//
// A closed order is moved to the history, where folding only ever writes: the
// open ones stay together in the cache.
type orders struct {
	market  *market
	records pool[order] // the open ones
	history pool[order] // the closed ones
	chunks  pool[chunk] // of the queues of closed ones
	traders pool[trader]
	byPair  index // account and symbol to trader
	recent  []slot
	older   index // open orders whose place in recent a newer order took
	names   names
	plans   strategies
	keep    int32 // closed orders kept of an account
	reports bool  // transactions are resolved into reports too

	// The door: closed orders on their way to the history. Their places there are
	// far apart and long out of the cache; the misses of many overlap.
	door    [64]closing
	leaving int

	// The transaction being folded.
	now    int64
	seq    msg.Seq
	symbol *Symbol
	taker  slot // the order that arrived, until it is closed
	out    *Resolved
}

// recent finds an order by the low bits of its id: most commands mean an order
// of the last few thousand. It holds the slot of an open order or, marked, of a
// closed one; if meanwhile another one was written there, the id tells.
const (
	recentLen  = 1 << 16
	closedMark = 1 << 31
)

func newOrders(m *market, keep int32) orders {
	return orders{market: m, recent: make([]slot, recentLen), names: newNames(), keep: keep}
}

// fold resolves a transaction about orders into out.
func (o *orders) fold(c *msg.Command, events []msg.Event, out *Resolved) {
	if events[0].Kind == msg.Rejected { // and it is the only one
		return
	}
	o.now, o.seq, o.symbol, o.taker, o.out = c.Time, c.Seq, o.market.symbol(c.Symbol), 0, out
	if len(o.plans.left) > 0 {
		o.plans.sweep()
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
		o.level(r, r.open(), 1)
	}
}

func (o *orders) accepted(c *msg.Command, e *msg.Event) {
	qty := c.Qty
	if e.Qty != 0 {
		qty = e.Qty
	}
	s := o.records.take()
	r := o.records.at(s)
	*r = order{
		id: e.Order, price: c.Price, qty: qty, quote: c.Quote, time: o.now, updated: o.now,
		side: c.Side, kind: c.Type, tif: c.TIF, stp: c.STP, name: c.Name,
		trader: o.traderOf(c.Account, c.Symbol),
	}
	if !c.Name.IsZero() {
		o.names.add(c.Account, &c.Name, s)
	}
	if c.Strategy != (msg.Strategy{}) {
		r.strategic = true
		o.plans.add(r.id, &c.Strategy)
	}
	o.enlist(s, r)
	o.claim(s, r)
	o.taker = s
	o.symbol.ExecutionID++
	o.hold(r, qty)
	o.report(e.Kind, r)
}

func (o *orders) traded(e *msg.Event) {
	sym := o.symbol
	ms, ts := o.open(e.Order), o.open(e.Taker)
	maker, taker := o.records.at(ms), o.records.at(ts)
	quote := msg.Amount(e.Price) * msg.Amount(e.Qty) * sym.Unit
	o.out.Fills = append(o.out.Fills, Fill{
		Symbol: sym.ID, MakerSide: maker.side, Settles: sym.Spec.Accounting == msg.Balances,
		Trade: e.Trade, Price: e.Price, Qty: e.Qty, Base: msg.Amount(e.Qty) * sym.Spec.Lot, Quote: quote,
	})
	f := &o.out.Fills[len(o.out.Fills)-1]
	o.party(f, maker, true)
	o.party(f, taker, false)
	sym.ExecutionID += 2
	o.fill(ms, maker, e.Qty, quote)
	o.fill(ts, taker, e.Qty, quote)
	if o.reports {
		o.reportFill(f, maker, taker)
	}
}

// party fills in one side of f. The order that rested longer pays maker.
func (o *orders) party(f *Fill, r *order, isMaker bool) {
	t := o.traders.at(r.trader)
	p := &f.Parties[r.side]
	p.Order, p.Account, p.trader, p.owner = r.id, t.account, r.trader, t.owner
	if !f.Settles {
		return
	}
	a := o.market.accounts.at(t.owner)
	rate, standard := a.Taker, o.symbol.Spec.Taker
	if isMaker {
		rate, standard = a.Maker, o.symbol.Spec.Maker
	}
	if rate == msg.NoRate {
		rate = standard
	}
	got := f.Base
	if r.side == msg.Sell {
		got = f.Quote
	}
	p.Fee = msg.Fee(got, rate)
	if r.locks() {
		p.Held = o.symbol.worth(r.side, r.price, f.Qty)
	}
}

// fill lowers one order by a trade.
func (o *orders) fill(s slot, r *order, q msg.Qty, quote msg.Amount) {
	r.executed += q
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
	o.report(e.Kind, r)
}

func (o *orders) expired(e *msg.Event) {
	s := o.open(e.Order)
	r := o.records.at(s)
	o.symbol.ExecutionID++
	r.reason = e.Reason
	o.drop(s, r, StatusExpired)
	o.report(e.Kind, r)
}

// drop closes an order that has something open.
func (o *orders) drop(s slot, r *order, status OrderStatus) {
	o.hold(r, -r.open())
	if s != o.taker {
		o.level(r, -r.open(), -1)
	}
	o.close(s, r, status)
}

func (o *orders) amended(c *msg.Command, e *msg.Event) {
	s := o.open(e.Order)
	r := o.records.at(s)
	cut := r.qty - c.Qty
	if cut <= 0 || cut >= r.open() {
		panic(fmt.Sprintf("marketview: command %d: order %d with %d of %d lots open is amended to %d", o.seq, r.id, r.open(), r.qty, c.Qty))
	}
	o.symbol.ExecutionID++
	o.hold(r, -cut)
	o.level(r, -cut, 0)
	r.qty = c.Qty
	r.updated = o.now
	before := r.name
	if !c.Name.IsZero() && c.Name != r.name {
		o.rename(s, r, c)
	}
	t := o.traders.at(r.trader)
	o.out.Amendments = append(o.out.Amendments, Owned[Amendment]{t.account, t.owner, Amendment{
		Symbol: t.symbol, Order: r.id, ExecutionID: o.symbol.ExecutionID,
		OrigName: before, NewName: r.name, OrigQty: r.qty + cut, NewQty: r.qty, Time: o.now,
	}})
	if p := o.report(e.Kind, r); p != nil {
		p.PrevName = before
	}
}

// rename gives r the name of an amend.
func (o *orders) rename(s slot, r *order, c *msg.Command) {
	if !r.name.IsZero() {
		o.names.remove(c.Account, &r.name)
	}
	r.name = c.Name
	o.names.add(c.Account, &r.name, s)
}

func (o *orders) prevented(e *msg.Event) {
	ms, ts := o.open(e.Order), o.open(e.Taker)
	maker, taker := o.records.at(ms), o.records.at(ts)
	t := o.traders.at(taker.trader)
	o.out.Preventions = append(o.out.Preventions, Owned[Prevention]{t.account, t.owner, Prevention{
		Symbol: t.symbol, ID: o.symbol.ExecutionID + 1, Taker: taker.id, Maker: maker.id, Mode: taker.stp,
		Price: e.Price, TakerQty: e.TakerQty, MakerQty: e.Qty, Time: o.now,
	}})
	if e.Qty != 0 {
		o.prevent(ms, maker, e.Qty)
		o.reportPrevented(e, maker, e.Qty)
	}
	if e.TakerQty != 0 {
		o.prevent(ts, taker, e.TakerQty)
		o.reportPrevented(e, taker, e.TakerQty)
	}
}

// prevent takes lots off one order by self-trade prevention.
func (o *orders) prevent(s slot, r *order, q msg.Qty) {
	o.symbol.ExecutionID++
	o.hold(r, -q)
	r.prevented += q
	o.lower(s, r, q, StatusExpiredInMatch)
}

// lower resolves q lots, which r has already lost, off r's level, if it rests,
// and closes r when it has nothing left.
func (o *orders) lower(s slot, r *order, q msg.Qty, end OrderStatus) {
	r.updated = o.now
	left, gone := r.open(), int8(0)
	if left < 0 {
		panic(fmt.Sprintf("marketview: command %d: order %d of %d lots loses %d too many", o.seq, r.id, r.qty, -left))
	}
	if left == 0 {
		gone = -1
	}
	if s != o.taker {
		o.level(r, -q, gone)
	}
	if left == 0 {
		o.close(s, r, end)
	}
}

func (o *orders) level(r *order, delta msg.Qty, count int8) {
	o.out.Changes = append(o.out.Changes, Change{Symbol: o.symbol.ID, Side: r.side, Price: r.price, Delta: delta, Orders: count})
}

// hold resolves what q lots of r lock, or free when q is negative.
func (o *orders) hold(r *order, q msg.Qty) {
	if o.symbol.Spec.Accounting != msg.Balances || !r.locks() {
		return
	}
	o.out.Holds = append(o.out.Holds, Hold{
		Account: o.traders.at(r.trader).account, Symbol: o.symbol.ID, Side: r.side, trader: r.trader,
		Amount: o.symbol.worth(r.side, r.price, q),
	})
}

// close moves r from the open orders to its account's closed ones. What r points
// to stays readable until the next order is accepted.
func (o *orders) close(s slot, r *order, status OrderStatus) {
	r.status, r.updated = status, o.now
	if s == o.taker {
		o.taker = 0
	}
	t := o.traders.at(r.trader)
	if !r.name.IsZero() {
		o.names.remove(t.account, &r.name)
	}
	o.delist(r, t)
	kept := o.retire(r, t.owner)
	if at := &o.recent[r.id%recentLen]; *at == s {
		*at = kept
	} else if !o.older.remove(uint64(r.id)) {
		panic(fmt.Sprintf("marketview: command %d: order %d closes and is not found", o.seq, r.id))
	}
	o.records.give(s)
}

// retire keeps r as one of the closed orders of its account and returns its
// marked slot, or 0 if none are kept. It takes the place of the order closed
// longest ago, so a slot of the history always holds an order.
func (o *orders) retire(r *order, owner slot) slot {
	q := &o.market.accounts.at(owner).closed
	var s slot
	switch {
	case o.keep == 0:
		if r.strategic {
			o.plans.leave(r.id)
		}
		return 0
	case q.n == o.keep:
		s = q.pop(&o.chunks)
	default:
		s = o.history.take()
	}
	q.push(&o.chunks, s)
	if o.leaving == len(o.door) {
		o.moveOut()
	}
	o.door[o.leaving] = closing{s, *r}
	o.leaving++
	return s | closedMark
}

// moveOut writes the closed orders at the door to the history. The strategies of
// those whose places they take are forgotten only here, where these are at hand.
func (o *orders) moveOut() {
	some := o.plans.records.used() > 0
	for i := range o.door[:o.leaving] {
		at := o.history.at(o.door[i].slot)
		if some && at.strategic {
			o.plans.forget(at.id)
		}
		*at = o.door[i].order
	}
	o.leaving = 0
}

// closedAt returns the closed order at s.
func (o *orders) closedAt(s slot) *order {
	for i := o.leaving - 1; i >= 0; i-- {
		if o.door[i].slot == s {
			return &o.door[i].order
		}
	}
	return o.history.at(s)
}

// enlist appends s to the open orders of its trader.
func (o *orders) enlist(s slot, r *order) {
	t := o.traders.at(r.trader)
	r.next, r.prev = 0, t.last
	if t.last != 0 {
		o.records.at(t.last).next = s
	} else {
		t.first = s
	}
	t.last = s
	t.open++
}

func (o *orders) delist(r *order, t *trader) {
	if r.prev != 0 {
		o.records.at(r.prev).next = r.next
	} else {
		t.first = r.next
	}
	if r.next != 0 {
		o.records.at(r.next).prev = r.prev
	} else {
		t.last = r.prev
	}
	t.open--
}

// claim makes the newest order findable. An open order that stood in its place
// goes to the hash, a closed one is found through its account from now on.
func (o *orders) claim(s slot, r *order) {
	at := &o.recent[r.id%recentLen]
	if old := *at; old != 0 && old&closedMark == 0 {
		o.older.put(uint64(o.records.at(old).id), old)
	}
	*at = s
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

func (o *orders) findOpen(id msg.OrderID) slot {
	if s := o.recent[id%recentLen]; s != 0 && s&closedMark == 0 && o.records.at(s).id == id {
		return s
	}
	return o.older.find(uint64(id))
}

// traderOf returns the trader of an account in a symbol, made if it is new.
func (o *orders) traderOf(a msg.AccountID, sym msg.SymbolID) slot {
	key := pairKey(uint32(a), uint32(sym))
	if s := o.byPair.find(key); s != 0 {
		return s
	}
	owner := o.market.account(a)
	s := o.traders.take()
	*o.traders.at(s) = trader{account: a, symbol: sym, owner: owner, next: o.market.accounts.at(owner).traders}
	o.market.accounts.at(owner).traders = s
	o.byPair.put(key, s)
	return s
}
