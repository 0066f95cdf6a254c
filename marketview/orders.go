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

	maxOrderStatus = StatusExpiredInMatch
)

// String returns the status as the wire format writes it.
func (s OrderStatus) String() string {
	names := [...]string{"NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// Terms is what an order is and how far it has come: all that a section holds
// and a row shows, but for its name.
type Terms struct {
	ID        msg.OrderID
	Price     msg.Price  // zero for a market order
	Qty       msg.Qty    // as asked or as last amended; market by quote amount: as the engine determined
	Executed  msg.Qty    //
	Prevented msg.Qty    // taken off by self-trade prevention
	Spent     msg.Amount // quote units of all fills; stays at msg.MaxAmount when it would exceed it
	Account   msg.AccountID
	Symbol    msg.SymbolID
	Side      msg.Side
	Type      msg.OrderType
	TIF       msg.TimeInForce
	STP       msg.Prevention
	Status    OrderStatus
	Reason    msg.Reason // of an expiry
	Quote     msg.Amount // market by quote amount: the amount asked
	Time      int64      // accepted
	Updated   int64      // changed last
	Working   int64      // on the book, or trading, since
}

// Order is a row about one order.
type Order struct {
	Terms
	Name msg.Name
}

// Open returns the lots that may still trade.
func (t *Terms) Open() msg.Qty { return t.Qty - t.Executed - t.Prevented }

// IsOpen reports whether the order is open: on the book, or still arriving.
func (t *Terms) IsOpen() bool { return t.Status <= StatusPartiallyFilled }

// order is a record of the order table. An open order stands in its trader's
// list, a closed one in its account's, where only next is used.
type order struct {
	Terms
	trader slot
	name   slot // its record in names, or 0
	next   slot
	prev   slot
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
//  2. every open order is found by its id: in recent, else in older,
//  3. every closed order kept stands in its account's list, in the order of
//     closing, and no account keeps more than the limit,
//  4. every kept order with a name has one record in names.
type orders struct {
	market  *market
	records pool[order]
	traders pool[trader]
	byPair  index // account and symbol to trader
	recent  []slot
	older   index // open orders whose place in recent a newer order took
	names   names
	keep    int32 // closed orders kept of an account

	// The transaction being folded.
	now    int64
	seq    msg.Seq
	symbol *Symbol
	taker  slot // the order that arrived, until it is closed
	out    *Resolved
}

// recent finds an order by the low bits of its id: most commands mean an order
// of the last few thousand. The place of a closed order is marked, so that a
// newer order takes it without a look at the record.
const (
	recentLen  = 1 << 16
	closedMark = 1 << 31
)

func newOrders(m *market, keep int32) orders {
	return orders{market: m, recent: make([]slot, recentLen), names: newNames(), keep: keep}
}

// fold resolves a transaction about orders into out.
func (o *orders) fold(c *msg.Command, events []msg.Event, out *Resolved) {
	if k := events[len(events)-1].Kind; k == msg.Rejected && len(events) == 1 {
		return
	}
	o.now, o.seq, o.symbol, o.taker, o.out = c.Time, c.Seq, o.market.symbol(c.Symbol), 0, out
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
		default: // a refused leg of a cancel-replace changes nothing
		}
	}
	if o.taker != 0 { // what is left of the arriving order rests
		r := o.records.at(o.taker)
		o.level(r, r.Open(), 1)
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
		Terms: Terms{
			ID: e.Order, Account: c.Account, Symbol: c.Symbol,
			Side: c.Side, Type: c.Type, TIF: c.TIF, STP: c.STP,
			Price: c.Price, Qty: qty, Quote: c.Quote,
			Time: o.now, Updated: o.now, Working: o.now,
		},
		trader: o.traderOf(c.Account, c.Symbol),
	}
	if !c.Name.IsZero() {
		r.name = o.names.add(c.Account, &c.Name, s)
	}
	o.enlist(s, r)
	o.claim(s, r)
	o.taker = s
	o.symbol.ExecutionID++
	o.hold(r, qty)
}

func (o *orders) traded(e *msg.Event) {
	sym := o.symbol
	ms, ts := o.open(e.Order), o.open(e.Taker)
	maker, taker := o.records.at(ms), o.records.at(ts)
	quote := msg.Amount(e.Price) * msg.Amount(e.Qty) * sym.Unit
	o.out.Fills = append(o.out.Fills, Fill{
		Symbol: maker.Symbol, MakerSide: maker.Side, Settles: sym.Spec.Accounting == msg.Balances,
		Trade: e.Trade, Price: e.Price, Qty: e.Qty, Base: msg.Amount(e.Qty) * sym.Spec.Lot, Quote: quote,
	})
	f := &o.out.Fills[len(o.out.Fills)-1]
	o.party(f, maker, true)
	o.party(f, taker, false)
	sym.ExecutionID += 2
	o.fill(ms, maker, e.Qty, quote)
	o.fill(ts, taker, e.Qty, quote)
}

// party fills in one side of f. The order that rested longer pays maker.
func (o *orders) party(f *Fill, r *order, isMaker bool) {
	p := &f.Parties[r.Side]
	p.Order, p.Account, p.trader = r.ID, r.Account, r.trader
	if !f.Settles {
		return
	}
	a := o.market.accounts.at(o.traders.at(r.trader).owner)
	rate, standard := a.Taker, o.symbol.Spec.Taker
	if isMaker {
		rate, standard = a.Maker, o.symbol.Spec.Maker
	}
	if rate == msg.NoRate {
		rate = standard
	}
	got := f.Base
	if r.Side == msg.Sell {
		got = f.Quote
	}
	p.Fee = msg.Fee(got, rate)
	if o.locks(r) {
		p.Held = o.symbol.worth(r.Side, r.Price, f.Qty)
	}
}

// fill lowers one order by a trade.
func (o *orders) fill(s slot, r *order, q msg.Qty, quote msg.Amount) {
	r.Executed += q
	r.Spent += quote
	if r.Spent < 0 {
		r.Spent = msg.MaxAmount
	}
	r.Updated = o.now
	left := r.Open()
	if left < 0 {
		panic(fmt.Sprintf("marketview: command %d: order %d is %d lots overfilled", o.seq, r.ID, -left))
	}
	o.lower(s, r, q)
	if left == 0 {
		o.close(s, r, StatusFilled)
		return
	}
	r.Status = StatusPartiallyFilled
}

func (o *orders) canceled(e *msg.Event) {
	s := o.open(e.Order)
	r := o.records.at(s)
	o.symbol.ExecutionID++
	o.hold(r, -r.Open())
	o.level(r, -r.Open(), -1)
	o.close(s, r, StatusCanceled)
}

func (o *orders) expired(e *msg.Event) {
	s := o.open(e.Order)
	r := o.records.at(s)
	o.symbol.ExecutionID++
	o.hold(r, -r.Open())
	if s != o.taker {
		o.level(r, -r.Open(), -1)
	}
	r.Reason = e.Reason
	o.close(s, r, StatusExpired)
}

func (o *orders) amended(c *msg.Command, e *msg.Event) {
	s := o.open(e.Order)
	r := o.records.at(s)
	cut := r.Qty - c.Qty
	if cut <= 0 || cut >= r.Open() {
		panic(fmt.Sprintf("marketview: command %d: order %d with %d of %d lots open is amended to %d", o.seq, r.ID, r.Open(), r.Qty, c.Qty))
	}
	o.symbol.ExecutionID++
	o.hold(r, -cut)
	o.level(r, -cut, 0)
	r.Qty = c.Qty
	r.Updated = o.now
	if c.Name.IsZero() || r.name != 0 && o.names.records.at(r.name).name == c.Name {
		return
	}
	if r.name != 0 {
		o.names.remove(r.name)
	}
	r.name = o.names.add(r.Account, &c.Name, s)
}

func (o *orders) prevented(e *msg.Event) {
	ms, ts := o.open(e.Order), o.open(e.Taker)
	o.prevent(ms, e.Qty)
	o.prevent(ts, e.TakerQty)
}

// prevent takes lots off one order by self-trade prevention.
func (o *orders) prevent(s slot, q msg.Qty) {
	if q == 0 {
		return
	}
	r := o.records.at(s)
	o.symbol.ExecutionID++
	o.hold(r, -q)
	r.Prevented += q
	r.Updated = o.now
	left := r.Open()
	if left < 0 {
		panic(fmt.Sprintf("marketview: command %d: order %d is prevented %d lots too far", o.seq, r.ID, -left))
	}
	o.lower(s, r, q)
	if left == 0 {
		o.close(s, r, StatusExpiredInMatch)
	}
}

// lower resolves q lots, which r has already lost, off r's level, if it rests.
func (o *orders) lower(s slot, r *order, q msg.Qty) {
	switch {
	case s == o.taker: // it has not come to rest
	case r.Open() == 0:
		o.level(r, -q, -1)
	default:
		o.level(r, -q, 0)
	}
}

func (o *orders) level(r *order, delta msg.Qty, count int8) {
	o.out.Changes = append(o.out.Changes, Change{Symbol: r.Symbol, Side: r.Side, Price: r.Price, Delta: delta, Orders: count})
}

// hold resolves what q lots of r lock, or free when q is negative.
func (o *orders) hold(r *order, q msg.Qty) {
	if o.symbol.Spec.Accounting != msg.Balances || !o.locks(r) {
		return
	}
	o.out.Holds = append(o.out.Holds, Hold{
		Account: r.Account, Symbol: r.Symbol, Side: r.Side, trader: r.trader, Amount: o.symbol.worth(r.Side, r.Price, q),
	})
}

// locks reports whether r has locked what it can cost; a market buy pays each
// trade from what is free.
func (o *orders) locks(r *order) bool { return r.Type != msg.Market || r.Side == msg.Sell }

// close takes r out of the open orders and keeps it as one of the account's
// closed ones. The one closed longest ago makes place.
func (o *orders) close(s slot, r *order, status OrderStatus) {
	r.Status = status
	r.Updated = o.now
	if s == o.taker {
		o.taker = 0
	}
	if at := &o.recent[r.ID%recentLen]; *at == s {
		*at = s | closedMark
	} else if !o.older.remove(uint64(r.ID)) {
		panic(fmt.Sprintf("marketview: command %d: order %d closes and is not found", o.seq, r.ID))
	}
	o.delist(r)
	o.retire(s, r)
}

// retire appends s to the closed orders of its account.
func (o *orders) retire(s slot, r *order) {
	a := o.market.accounts.at(o.traders.at(r.trader).owner)
	r.next, r.prev = 0, 0
	if a.last != 0 {
		o.records.at(a.last).next = s
	} else {
		a.first = s
	}
	a.last = s
	if a.closed++; a.closed > o.keep {
		o.forget(a)
	}
}

// forget drops the order of a that was closed longest ago.
func (o *orders) forget(a *account) {
	s := a.first
	r := o.records.at(s)
	a.first = r.next
	if a.first == 0 {
		a.last = 0
	}
	a.closed--
	if r.name != 0 {
		o.names.remove(r.name)
	}
	if at := &o.recent[r.ID%recentLen]; *at == s|closedMark {
		*at = 0
	}
	o.records.give(s)
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

func (o *orders) delist(r *order) {
	t := o.traders.at(r.trader)
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
	at := &o.recent[r.ID%recentLen]
	if old := *at; old != 0 && old&closedMark == 0 {
		o.older.put(uint64(o.records.at(old).ID), old)
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
	if s := o.recent[id%recentLen]; s != 0 && s&closedMark == 0 && o.records.at(s).ID == id {
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
