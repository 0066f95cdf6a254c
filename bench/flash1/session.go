package main

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The one market of a session.
const (
	market msg.SymbolID  = 1
	trader msg.AccountID = 1 // without accounting a number is enough

	// nothing is a command of the opening, so no order has it for an id.
	nothing msg.OrderID = 1
)

// session is an engine and the translation to and from it. It has one caller.
type session struct {
	engine  *engine.Engine
	orders  orders
	reports ring
	seq     msg.Seq

	// One of each, of which every message changes a few fields.
	place, cancel, replace msg.Command
	events                 []msg.Event // reused by every message
}

// room is what a session makes room for at the start. Nothing is refused beyond.
type room struct {
	resting  int
	commands int
}

// Room for the benchmark's flows, which rest at most 42,000 orders and have
// 2 million messages.
var sized = room{resting: 1 << 16, commands: 1 << 22}

// newSession returns a session with an empty book.
func newSession(room room, reports ring) *session {
	s := &session{
		engine:  engine.New(engine.Capacity{Orders: room.resting}),
		orders:  newOrders(room.commands),
		reports: reports,
		place:   msg.Command{Kind: msg.Place, Symbol: market, Account: trader},
		cancel:  msg.Command{Kind: msg.Cancel, Symbol: market, Account: trader},
		replace: msg.Command{Kind: msg.CancelReplace, Symbol: market, Account: trader, Mode: msg.StopOnFailure},
		events:  make([]msg.Event, 0, 1<<13),
	}
	s.open()
	return s
}

// open makes the market. A tick and a lot are the smallest units of their assets.
func (s *session) open() {
	base, quote, symbol := name("BASE"), name("QUOTE"), name("MARKET")
	for _, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: base},
		{Kind: msg.AddAsset, Name: quote},
		{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: symbol, Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}},
	} {
		if v := s.execute(&c); v[0].Kind == msg.Rejected {
			panic(fmt.Sprintf("flash1: command %d of the opening is refused: %v", c.Seq, v[0].Reason))
		}
	}
}

// name returns a name that is known to be one.
func name(text string) msg.Name {
	n, err := msg.ParseName(text)
	if err != nil {
		panic(fmt.Sprintf("flash1: %q: %v", text, err))
	}
	return n
}

// execute gives the engine its next command. The messages carry no time, so none
// passes.
func (s *session) execute(c *msg.Command) []msg.Event {
	s.seq++
	c.Seq = s.seq
	s.events = s.engine.Execute(c, s.events[:0])
	return s.events
}

// batch handles messages one after the other, and shows what they caused.
func (s *session) batch(messages []message) {
	for i := range messages {
		s.handle(&messages[i])
		if s.reports.next-s.reports.shown >= publishEvery {
			s.reports.publish()
		}
	}
	s.reports.publish()
}

// handle translates one message. Of an unknown kind there is nothing to report.
func (s *session) handle(m *message) {
	switch m.kind {
	case newOrder:
		s.onOrder(m)
	case cancel:
		s.onCancel(m)
	case modify:
		s.onModify(m)
	}
}

// onOrder places an order. For one that the engine refuses, without a price or a
// quantity, there is no report.
func (s *session) onOrder(m *message) {
	c := &s.place
	c.Side, c.TIF, c.Price, c.Qty = msg.Side(m.side), msg.GTC, msg.Price(m.price), msg.Qty(m.quantity)
	if m.ioc != 0 {
		c.TIF = msg.IOC
	}
	events := s.execute(c)
	if events[0].Kind != msg.Accepted {
		return
	}
	s.tell(accepted, m, c.Side, m.price, m.quantity)
	left := m.quantity
	for i := 1; i < len(events); i++ {
		if events[i].Kind == msg.Traded {
			left -= s.tellTrade(m, &events[i])
		} else { // what is left of it expired
			s.tell(canceled, m, c.Side, m.price, 0)
			left = 0
		}
	}
	if left > 0 {
		s.orders.add(msg.OrderID(c.Seq), m.order, c.Side, c.Price)
	}
}

// onCancel takes an order off the book.
func (s *session) onCancel(m *message) {
	c := &s.cancel
	slot := s.orders.find(m.order)
	o := &s.orders.pool[slot]
	c.Order = max(o.order, nothing)
	if s.execute(c)[0].Kind != msg.Canceled {
		s.tell(cancelRejected, m, 0, 0, 0)
		return
	}
	s.tell(canceled, m, o.side(), int64(o.price()), 0)
	s.orders.remove(slot)
}

// onModify takes an order off the book and places one of the same side and id, in
// one command. When the engine refuses any of it, nothing has changed.
func (s *session) onModify(m *message) {
	c := &s.replace
	slot := s.orders.find(m.order)
	o := &s.orders.pool[slot]
	c.Order, c.Side, c.Price, c.Qty = max(o.order, nothing), o.side(), msg.Price(m.price), msg.Qty(m.quantity)
	events := s.execute(c)
	if events[0].Kind != msg.Canceled {
		s.tell(modifyRejected, m, 0, 0, 0)
		return
	}
	left := m.quantity
	for i := 2; i < len(events); i++ { // behind the cancel and the acceptance
		left -= s.tellTrade(m, &events[i])
	}
	s.tell(modified, m, c.Side, m.price, m.quantity)
	if left > 0 {
		s.orders.set(slot, msg.OrderID(c.Seq), c.Side, c.Price)
	} else {
		s.orders.remove(slot)
	}
}

// tell reports something about the message's own order. A report of a cancel needs
// no quantity, and a refusal not even side and price.
func (s *session) tell(kind reportKind, m *message, side msg.Side, price int64, quantity uint32) {
	s.reports.claim()
	r := s.reports.slot()
	r.kind, r.side = kind, uint8(side)
	r.sequence, r.order = m.sequence, m.order
	r.price, r.quantity = price, quantity
	r.maker, r.taker = 0, 0
}

// tellTrade reports a trade of the message's order, and returns its quantity. The
// maker's id is free when that was all of it.
func (s *session) tellTrade(m *message, v *msg.Event) uint32 {
	slot := s.orders.slots[v.Order]
	maker := s.orders.pool[slot].id
	s.reports.claim()
	r := s.reports.slot()
	r.kind, r.side = traded, m.side
	r.sequence, r.order = m.sequence, maker
	r.price, r.quantity = int64(v.Price), uint32(v.Qty)
	r.maker, r.taker = maker, m.order
	if _, open := s.engine.Order(v.Order); !open {
		s.orders.remove(slot)
	}
	return uint32(v.Qty)
}

// best returns the best price of a side, or none when it is empty.
func (s *session) best(side msg.Side, none int64) int64 {
	if p, ok := s.engine.Best(market, side); ok {
		return int64(p)
	}
	return none
}
