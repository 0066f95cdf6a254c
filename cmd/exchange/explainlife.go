package main

import (
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// life is what became of one order, gathered from the transaction that brought it to
// the one that ended it. Quantities are lots, prices ticks.
type life struct {
	command msg.Command // that brought it
	market  market      // before it came
	qty     msg.Qty     // as asked for, or as the engine determined
	refused msg.Reason  // NoReason when it was accepted

	bids, asks quoted // the best prices when it came

	steps     []lifeStep
	open      msg.Qty // left of it
	traded    msg.Qty
	value     big.Int // Σ price × lots of its fills
	prevented msg.Qty

	rests  bool // it has come to rest
	queue  queueAhead
	nearer nearest
	ended  bool
	last   msg.Seq // the command up to which it was followed
	lastAt int64
}

// quoted is the best price of a side with what stands there.
type quoted struct {
	price  msg.Price // 0: nothing
	qty    msg.Qty
	orders int
}

// lifeStep is one thing that happened to the order.
type lifeStep struct {
	seq  msg.Seq
	time int64
	what msg.EventKind
	by   msg.Kind // the command
	left msg.Qty  // of the order, after it

	price   msg.Price // traded, prevented
	qty     msg.Qty   // traded, prevented, amended: the new quantity
	trade   msg.TradeID
	other   msg.OrderID // traded, prevented: the one on the other side
	account msg.AccountID
	maker   bool
	mode    msg.Prevention // prevented: the taker's
	reason  msg.Reason
}

// queueAhead is what stands in front of a resting order at its price, and what became
// of it. Nothing ever joins it: who comes later stands behind.
type queueAhead struct {
	orders, better       int // when the order came to rest: at its price, at better ones
	qty, betterQty       msg.Qty
	ahead                map[msg.OrderID]msg.Qty // still there, at its price
	filled, gone         msg.Qty                 // of those at its price: traded, taken off otherwise
	filledAt, goneOrders int                     // orders of these that are no longer there
	later                int                     // orders that came to rest at better prices afterwards
	laterQty             msg.Qty
	betterLeft           quoted // at the end: all orders at better prices
}

// nearest is how near the other side has come to the limit of a resting order.
type nearest struct {
	price   msg.Price // the best one seen there, 0 = none
	seq     msg.Seq
	touched msg.Qty // lots of others that were traded at the limit
}

// errNoOrder says that a command made no order.
var errNoOrder = errors.New("orders have the number of the command that placed them")

// follow reads the life of an order. The state before it is that of past.
func follow(past *pipeline.Past, id msg.OrderID, progress func(msg.Seq)) (*life, error) {
	c, events, err := past.Next()
	if err != nil {
		return nil, fmt.Errorf("read command %d: %w", id, err)
	}
	if c.Kind != msg.Place && c.Kind != msg.CancelReplace {
		return nil, fmt.Errorf("command %d (%v) placed no order: %w", id, c.Kind, errNoOrder)
	}
	l := &life{command: *c, queue: queueAhead{ahead: make(map[msg.OrderID]msg.Qty)}}
	l.market, _ = marketOf(past.Engine, c.Symbol)
	l.bids, l.asks = bestOf(past.Engine, c.Symbol, msg.Buy), bestOf(past.Engine, c.Symbol, msg.Sell)
	l.arrive(events)
	for {
		l.events(past.Engine, c, events)
		if err := foldOne(past, c); err != nil {
			return nil, err
		}
		l.after(past.Engine, c)
		if l.ended || l.refused != msg.NoReason {
			return l, nil
		}
		c, events, err = past.Next()
		if errors.Is(err, io.EOF) {
			l.betterNow(past.Engine)
			return l, nil
		}
		if err != nil {
			return nil, err
		}
		if c.Seq%checkEvery == 0 {
			progress(c.Seq)
		}
	}
}

// bestOf returns the best price of a side.
func bestOf(e *engine.Engine, id msg.SymbolID, side msg.Side) (q quoted) {
	e.EachLevel(id, side, func(p msg.Price, qty msg.Qty, orders int) bool {
		q = quoted{p, qty, orders}
		return false
	})
	return q
}

func (l *life) id() msg.OrderID { return msg.OrderID(l.command.Seq) }

// arrive reads whether the order was accepted.
func (l *life) arrive(events []msg.Event) {
	l.qty = l.command.Qty
	for i := range events {
		v := &events[i]
		switch {
		case v.Kind == msg.Accepted && v.Order == l.id():
			if v.Qty != 0 {
				l.qty = v.Qty
			}
			l.open, l.refused = l.qty, msg.NoReason
			return
		case v.Kind == msg.Rejected, v.Kind == msg.CancelRejected:
			l.refused = v.Reason // of a cancel-replace that goes on, Accepted follows
		}
	}
}

// events takes in what a transaction did to the order and to those in front of it.
// The engine is still in the state before it.
func (l *life) events(e *engine.Engine, c *msg.Command, events []msg.Event) {
	l.last, l.lastAt = c.Seq, c.Time
	if c.Symbol != l.command.Symbol {
		return
	}
	for i := range events {
		v := &events[i]
		switch {
		case v.Order == l.id() || v.Taker == l.id():
			l.own(e, c, v)
		case v.Kind == msg.Traded:
			l.touch(c, v)
		case v.Kind == msg.Canceled:
			l.leaves(v.Order, l.queue.ahead[v.Order])
		case v.Kind == msg.Prevented:
			l.leaves(v.Order, v.Qty)
		case v.Kind == msg.Amended:
			if o, ok := e.Order(v.Order); ok {
				l.leaves(v.Order, o.Qty-c.Qty)
			}
		}
	}
}

// own takes in an event of the order itself.
func (l *life) own(e *engine.Engine, c *msg.Command, v *msg.Event) {
	s := lifeStep{seq: c.Seq, time: c.Time, what: v.Kind, by: c.Kind, price: v.Price, qty: v.Qty, trade: v.Trade, mode: c.STP, reason: v.Reason}
	s.maker = v.Order == l.id() && v.Taker != 0
	switch s.other = v.Order; {
	case s.maker:
		s.other = v.Taker
	case v.Taker == 0:
		s.other = 0
	}
	s.account = ownerOf(e, c, s.other)
	switch v.Kind {
	case msg.Accepted:
		s.qty = l.qty
	case msg.Traded:
		l.open -= v.Qty
		l.traded += v.Qty
		l.value.Add(&l.value, new(big.Int).Mul(big.NewInt(int64(v.Price)), big.NewInt(int64(v.Qty))))
	case msg.Prevented:
		if !s.maker {
			s.qty = v.TakerQty
		}
		l.open -= s.qty
		l.prevented += s.qty
	case msg.Amended:
		s.qty = c.Qty
		l.open -= l.qty - c.Qty
		l.qty = c.Qty
	case msg.Canceled, msg.Expired:
		s.qty, l.ended = l.open, true
	default:
		panic(fmt.Sprintf("exchange: command %d: an order has an event %v", c.Seq, v.Kind))
	}
	s.left = l.open
	if v.Kind == msg.Canceled || v.Kind == msg.Expired {
		s.left = 0
	}
	l.ended = l.ended || l.open == 0
	l.steps = append(l.steps, s)
}

// ownerOf returns the account of the order on the other side of an event.
func ownerOf(e *engine.Engine, c *msg.Command, id msg.OrderID) msg.AccountID {
	if o, ok := e.Order(id); ok {
		return o.Account
	}
	return c.Account // it arrives with this command
}

// touch takes in a trade of others. In trading those in front of the order are
// makers; in an uncross either may be.
func (l *life) touch(c *msg.Command, v *msg.Event) {
	if !l.rests {
		return
	}
	if v.Price == l.command.Price && c.Kind != msg.Uncross {
		l.nearer.touched += v.Qty
	}
	for _, id := range []msg.OrderID{v.Order, v.Taker} {
		open, ok := l.queue.ahead[id]
		if !ok {
			continue
		}
		l.queue.filled += v.Qty
		if l.queue.ahead[id] = open - v.Qty; open == v.Qty {
			delete(l.queue.ahead, id)
			l.queue.filledAt++
		}
	}
}

// leaves takes lots off an order in front that were not traded.
func (l *life) leaves(id msg.OrderID, q msg.Qty) {
	open, ok := l.queue.ahead[id]
	if !ok {
		return
	}
	l.queue.gone += q
	if l.queue.ahead[id] = open - q; open == q {
		delete(l.queue.ahead, id)
		l.queue.goneOrders++
	}
}

// after looks at the state after a transaction: whether the order has come to rest,
// who came in front of it, how near the other side is.
func (l *life) after(e *engine.Engine, c *msg.Command) {
	if l.ended || l.refused != msg.NoReason || c.Symbol != l.command.Symbol {
		return
	}
	if !l.rests {
		l.rests = true
		l.settle(e)
	} else if o, ok := e.Order(msg.OrderID(c.Seq)); ok && o.Side == l.command.Side && l.better(o.Price) {
		l.queue.later++
		l.queue.laterQty += o.Open
	}
	if s, _ := e.Symbol(c.Symbol); s.Phase != msg.Trading {
		return // in an auction prices may overlap and mean nothing yet
	}
	best := bestOf(e, c.Symbol, l.command.Side.Opposite()).price
	near := best < l.nearer.price
	if l.command.Side == msg.Sell {
		near = best > l.nearer.price
	}
	if best != 0 && (l.nearer.price == 0 || near) {
		l.nearer.price, l.nearer.seq = best, c.Seq
	}
}

// better reports whether a price of the order's side is better than its own.
func (l *life) better(p msg.Price) bool {
	if l.command.Side == msg.Buy {
		return p > l.command.Price
	}
	return p < l.command.Price
}

// settle counts who stands in front of the order when it comes to rest.
func (l *life) settle(e *engine.Engine) {
	e.EachOrder(l.command.Symbol, l.command.Side, func(o engine.Order) bool {
		switch {
		case o.ID == l.id():
			return false
		case o.Price == l.command.Price:
			l.queue.orders++
			l.queue.qty += o.Open
			l.queue.ahead[o.ID] = o.Open
		default:
			l.queue.better++
			l.queue.betterQty += o.Open
		}
		return true
	})
}

// betterNow counts who stands at better prices at the end.
func (l *life) betterNow(e *engine.Engine) {
	e.EachLevel(l.command.Symbol, l.command.Side, func(p msg.Price, qty msg.Qty, orders int) bool {
		if !l.better(p) {
			return false
		}
		l.queue.betterLeft.qty += qty
		l.queue.betterLeft.orders += orders
		return true
	})
}

// left returns what is still in front at the order's price.
func (q *queueAhead) left() (orders int, qty msg.Qty) {
	for _, open := range q.ahead {
		qty += open
	}
	return len(q.ahead), qty
}
