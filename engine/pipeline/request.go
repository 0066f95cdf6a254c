package pipeline

import (
	"sync"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// request is a command on its way through ring and batch, with the place its answer
// goes to. What most commands of a market have stands in the request itself, in a third
// of the memory of a msg.Command: on its way a command goes from one processor's cache
// to another's three times, and that costs more than filling one in again where it is
// looked at. A command that has more keeps all of it in rest.
type request struct {
	seq     msg.Seq
	time    int64
	price   msg.Price
	qty     msg.Qty
	order   msg.OrderID
	account msg.AccountID
	symbol  msg.SymbolID
	kind    msg.Kind
	side    msg.Side
	typ     msg.OrderType
	tif     msg.TimeInForce
	stp     msg.Prevention
	watches bool // wants to see the views as of its command
	claimed bool // settled by the publisher, and not yet answered

	rest   *msg.Command // the whole command; nil when it has no more than is here
	reply  *reply       // nil when nobody waits
	ticket uint64       // of reply, when the request was made
}

// newRequest returns the request of a command that has passed Check. Rest is where
// there is room for a command that has more than a request holds.
func newRequest(c *msg.Command, rests *rests) request {
	q := request{
		time: c.Time, price: c.Price, qty: c.Qty, order: c.Order, account: c.Account, symbol: c.Symbol,
		kind: c.Kind, side: c.Side, typ: c.Type, tif: c.TIF, stp: c.STP,
	}
	if hasMore(c) {
		q.rest = rests.take()
		*q.rest = *c
	}
	return q
}

// hasMore reports whether a command that has passed Check has something that a request
// does not hold.
func hasMore(c *msg.Command) bool {
	// Numbers and first characters are taken together: frequent commands have none.
	numbers := uint64(c.Asset) | uint64(c.Quote) | uint64(c.Amount) | uint64(c.Transfer) | uint64(c.Maker) | uint64(c.Taker) |
		uint64(c.Strategy.ID) | uint64(c.Strategy.Type)
	small := uint8(c.Mode) | uint8(c.Only) | uint8(c.Status) | uint8(c.Phase) | c.Scale | c.Name[0] | c.OrigName[0] | c.CancelName[0]
	return numbers|uint64(small) != 0 || c.Strategy.HasID || c.Spec != nil
}

// command returns the command, which stands in into unless it has a place of its own.
// All fields of into that a request does not hold are zero, and stay so.
func (q *request) command(into *msg.Command) *msg.Command {
	if q.rest != nil {
		return q.rest
	}
	into.Seq, into.Time = q.seq, q.time
	into.Kind, into.Side, into.Type, into.TIF, into.STP = q.kind, q.side, q.typ, q.tif, q.stp
	into.Account, into.Symbol = q.account, q.symbol
	into.Price, into.Qty, into.Order = q.price, q.qty, q.order
	return into
}

// stamp gives the command its place.
func (q *request) stamp(seq msg.Seq, time int64) {
	q.seq, q.time = seq, time
	if q.rest != nil {
		q.rest.Seq, q.rest.Time = seq, time
	}
}

// rests are the places of commands that have more than a request holds: no more than
// ring and batches together hold commands.
type rests struct{ pool sync.Pool }

func (r *rests) take() *msg.Command {
	if c, ok := r.pool.Get().(*msg.Command); ok {
		return c
	}
	return new(msg.Command)
}

// giveBack takes the place of a request's command back, if it has one.
func (r *rests) giveBack(q *request) {
	if q.rest != nil {
		r.pool.Put(q.rest)
		q.rest = nil
	}
}
