package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// What is shown of a ladder unless more is asked for.
const (
	ladderLevels = 10 // of each side
	ladderQueue  = 5  // orders of a level
)

// queuedJSON is an order in its queue.
type queuedJSON struct {
	Order    msg.OrderID   `json:"order"`
	Account  msg.AccountID `json:"account"`
	Open     string        `json:"open"`
	Quantity string        `json:"quantity"`
	Age      int64         `json:"age_ns"` // -1: from before what is shown
	Name     string        `json:"name,omitempty"`
}

// ladderLevel is a level with the beginning of its queue.
type ladderLevel struct {
	Price    string       `json:"price"`
	Quantity string       `json:"quantity"`
	Orders   int          `json:"orders"`
	Queue    []queuedJSON `json:"queue"`
}

// ladderJSON is the book of a symbol, best levels first.
type ladderJSON struct {
	Symbol string        `json:"symbol"`
	Phase  string        `json:"phase"`
	Bids   []ladderLevel `json:"bids"`
	Asks   []ladderLevel `json:"asks"`
}

// ladder reads the best levels of both sides.
func (d *debugger) ladder(m *market, levels, queue int) ladderJSON {
	return ladderJSON{
		Symbol: m.Spec.Name.String(), Phase: m.Phase.String(),
		Bids: d.side(m, msg.Buy, levels, queue), Asks: d.side(m, msg.Sell, levels, queue),
	}
}

// side reads the best levels of a side with the beginnings of their queues.
func (d *debugger) side(m *market, side msg.Side, levels, queue int) []ladderLevel {
	all, prices := []ladderLevel{}, []msg.Price{}
	e := d.line.Engine()
	e.EachLevel(m.id, side, func(p msg.Price, qty msg.Qty, orders int) bool {
		if len(all) == levels {
			return false
		}
		all = append(all, ladderLevel{m.price.text(int64(p)), m.qty.text(int64(qty)), orders, []queuedJSON{}})
		prices = append(prices, p)
		return true
	})
	at := 0
	e.EachOrder(m.id, side, func(o engine.Order) bool {
		for at < len(all) && prices[at] != o.Price {
			at++
		}
		if at == len(all) {
			return false
		}
		if l := &all[at]; len(l.Queue) < queue {
			l.Queue = append(l.Queue, d.queued(m, &o))
		}
		return true
	})
	return all
}

func (d *debugger) queued(m *market, o *engine.Order) queuedJSON {
	q := queuedJSON{
		Order: o.ID, Account: o.Account, Open: m.qty.text(int64(o.Open)), Quantity: m.qty.text(int64(o.Qty)), Age: -1, Name: o.Name.String(),
	}
	if born, ok := d.line.Born(o.ID); ok {
		q.Age = d.line.Engine().Time() - born
	}
	return q
}

// ageText writes an age with three digits or so.
func ageText(nanos int64) string {
	if nanos < 0 {
		return "?"
	}
	age := time.Duration(nanos)
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if age >= 100*unit {
			return age.Round(unit).String()
		}
		if age >= unit {
			return age.Round(unit / 100).String()
		}
	}
	return age.String()
}

// text writes the order as it stands in a ladder.
func (q *queuedJSON) text() string {
	return fmt.Sprintf("#%d a%d %s %s", q.Order, q.Account, q.Open, ageText(q.Age))
}

// queueText writes the beginning of a queue.
func (l *ladderLevel) queueText() string {
	parts := make([]string, 0, len(l.Queue)+1)
	for i := range l.Queue {
		parts = append(parts, l.Queue[i].text())
	}
	if more := l.Orders - len(l.Queue); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}

func (d *debugger) printBook(rest string) (finding, error) {
	levels := ladderLevels
	if rest != "" {
		var err error
		if levels, err = countOf(rest); err != nil {
			return finding{}, err
		}
	}
	m, err := d.market()
	if err != nil {
		return finding{}, err
	}
	l := d.ladder(&m, levels, ladderQueue)
	rows := []string{"SIDE\tPRICE\tQUANTITY\tORDERS\tQUEUE: order, account, open, age"}
	row := func(side string, v *ladderLevel) {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%d\t%s", side, v.Price, v.Quantity, v.Orders, v.queueText()))
	}
	for i := range slices.Backward(l.Asks) {
		row("ask", &l.Asks[i])
	}
	for i := range l.Bids {
		row("bid", &l.Bids[i])
	}
	text := fmt.Sprintf("book of %s, %s\n%s", l.Symbol, l.Phase, columns(rows))
	if d.line.Position().HalfDone() {
		text += "the command is half done\n"
	}
	return finding{text, l}, nil
}

var errQueue = errors.New("say which queue: bid, ask, or a price")

// queueJSON is the queue at a price.
type queueJSON struct {
	Symbol   string       `json:"symbol"`
	Side     string       `json:"side,omitempty"` // with the next two: of orders that are there
	Price    string       `json:"price,omitempty"`
	Quantity string       `json:"quantity,omitempty"`
	Queue    []queuedJSON `json:"queue"`
}

// printQueue tells all orders at a price.
func (d *debugger) printQueue(rest string) (finding, error) {
	if _, err := msg.Decimals(rest); err != nil && rest != bidQueue && rest != askQueue {
		return finding{}, errQueue
	}
	m, err := d.market()
	if err != nil {
		return finding{}, err
	}
	q := queueJSON{Symbol: m.Spec.Name.String(), Queue: []queuedJSON{}}
	side, at, ok := d.queueAt(&m, rest)
	if !ok {
		what := "orders at " + rest
		if rest == bidQueue || rest == askQueue {
			what = rest + "s"
		}
		return finding{fmt.Sprintf("there are no %s in %s\n", what, q.Symbol), q}, nil
	}
	rows, sum := []string{"PLACE\tORDER\tACCOUNT\tOPEN\tQUANTITY\tAHEAD\tAGE\tNAME"}, msg.Qty(0)
	d.line.Engine().EachOrder(m.id, side, func(o engine.Order) bool {
		if o.Price != at {
			return len(q.Queue) == 0
		}
		x := d.queued(&m, &o)
		q.Queue = append(q.Queue, x)
		rows = append(rows, fmt.Sprintf("%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s", len(q.Queue), x.Order, x.Account, x.Open, x.Quantity, m.qty.text(int64(sum)), ageText(x.Age), x.Name))
		sum += o.Open
		return true
	})
	q.Side, q.Price, q.Quantity = side.String(), m.price.text(int64(at)), m.qty.text(int64(sum))
	waiting := [...]string{msg.Buy: bidQueue, msg.Sell: askQueue}[side]
	text := fmt.Sprintf("queue of %s, %ss at %s: %s in %s\n", q.Symbol, waiting, q.Price, q.Quantity, countText(len(q.Queue), "order"))
	return finding{text + columns(rows), q}, nil
}

// The queues at the best prices, as print queue is told.
const (
	bidQueue = "bid"
	askQueue = "ask"
)

// queueAt returns the side and the price that are meant, if there are orders.
func (d *debugger) queueAt(m *market, text string) (side msg.Side, at msg.Price, ok bool) {
	for side, best := range []string{msg.Buy: bidQueue, msg.Sell: askQueue} {
		if text != best && (text == bidQueue || text == askQueue) {
			continue
		}
		d.line.Engine().EachLevel(m.id, msg.Side(side), func(p msg.Price, _ msg.Qty, _ int) bool {
			if text == best || samePrice(text, m.price.text(int64(p))) {
				at = p
			}
			return at == 0
		})
		if at != 0 {
			return msg.Side(side), at, true
		}
	}
	return 0, 0, false
}

// samePrice compares decimals, which may end in zeros.
func samePrice(a, b string) bool {
	trim := func(s string) string {
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	return trim(a) == trim(b)
}
