package main

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// lifeJSON is what explain tells. The keys of the JSON object are promised.
type lifeJSON struct {
	Order    msg.OrderID   `json:"order"`
	Command  fieldList     `json:"command"`
	Time     int64         `json:"time"`
	Account  msg.AccountID `json:"account"`
	Symbol   string        `json:"symbol"`
	Quantity string        `json:"quantity"` // as asked for or as last amended
	Traded   string        `json:"traded"`
	Open     string        `json:"open"`
	Average  string        `json:"average,omitempty"` // price of the fills, rounded down to six decimals more than prices have
	Phase    string        `json:"phase"`             // of the symbol when it came
	Bid      *levelJSON    `json:"bid,omitempty"`     // the best ones when it came
	Ask      *levelJSON    `json:"ask,omitempty"`
	Queue    *aheadJSON    `json:"queue,omitempty"` // when it came to rest
	Steps    []stepJSON    `json:"steps"`
	Status   string        `json:"status"` // open, filled, canceled, expired, prevented, refused
	Why      []string      `json:"why"`
	Until    msg.Seq       `json:"until"` // the last command that was looked at
}

// aheadJSON is what stood in front of the order.
type aheadJSON struct {
	Place          int     `json:"place"` // from 1, all better prices counted
	Ahead          int     `json:"ahead"` // orders at its price
	AheadQuantity  string  `json:"ahead_quantity"`
	Better         int     `json:"better"` // orders at better prices
	BetterQuantity string  `json:"better_quantity"`
	Filled         string  `json:"filled"` // of those at its price
	Gone           string  `json:"gone"`   // of them: canceled, amended away, prevented
	LeftOrders     int     `json:"left_orders"`
	Left           string  `json:"left"`
	Later          int     `json:"later"` // orders that came to rest at better prices afterwards
	NearestPrice   string  `json:"nearest_price,omitempty"`
	NearestSeq     msg.Seq `json:"nearest_seq,omitempty"`
	Touched        string  `json:"touched"` // traded by others at its price
}

// stepJSON is one thing that happened to the order.
type stepJSON struct {
	Seq      msg.Seq       `json:"seq"`
	Time     int64         `json:"time"`
	What     string        `json:"what"`
	Price    string        `json:"price,omitempty"`
	Quantity string        `json:"quantity,omitempty"`
	Left     string        `json:"left"`
	Trade    msg.TradeID   `json:"trade,omitempty"`
	Other    msg.OrderID   `json:"other_order,omitempty"`
	Account  msg.AccountID `json:"other_account,omitempty"`
	Role     string        `json:"role,omitempty"` // maker or taker
	Reason   string        `json:"reason,omitempty"`
}

func (l *life) price(p msg.Price) string { return l.market.price.text(int64(p)) }

func (l *life) lots(q msg.Qty) string { return l.market.qty.text(int64(q)) }

// json returns the life for printing.
func (l *life) json(fields fieldList) *lifeJSON {
	j := &lifeJSON{
		Order: l.id(), Command: fields, Time: l.command.Time, Account: l.command.Account, Symbol: l.market.Spec.Name.String(),
		Quantity: l.lots(l.qty), Traded: l.lots(l.traded), Open: l.lots(l.stillOpen()), Average: l.average(),
		Steps: []stepJSON{}, Phase: l.market.Phase.String(), Status: l.status(), Why: l.why(), Until: l.last,
	}
	for _, side := range []struct {
		q   quoted
		dst **levelJSON
	}{{l.bids, &j.Bid}, {l.asks, &j.Ask}} {
		if side.q.price != 0 {
			*side.dst = &levelJSON{l.price(side.q.price), l.lots(side.q.qty), side.q.orders}
		}
	}
	for i := range l.steps {
		s := &l.steps[i]
		k := stepJSON{Seq: s.seq, Time: s.time, What: s.what.String(), Left: l.lots(s.left), Quantity: l.lots(s.qty)}
		if s.other != 0 {
			k.Price, k.Trade, k.Other, k.Account, k.Role = l.price(s.price), s.trade, s.other, s.account, roleOf(s.maker)
		}
		if s.reason != msg.NoReason {
			k.Reason = s.reason.String()
		}
		j.Steps = append(j.Steps, k)
	}
	if l.rests {
		j.Queue = l.aheadJSON()
	}
	return j
}

func (l *life) aheadJSON() *aheadJSON {
	q := &l.queue
	orders, left := q.left()
	j := &aheadJSON{
		Place: q.orders + q.better + 1, Ahead: q.orders, AheadQuantity: l.lots(q.qty), Better: q.better, BetterQuantity: l.lots(q.betterQty),
		Filled: l.lots(q.filled), Gone: l.lots(q.gone), LeftOrders: orders, Left: l.lots(left), Later: q.later, Touched: l.lots(l.nearer.touched),
	}
	if l.nearer.price != 0 {
		j.NearestPrice, j.NearestSeq = l.price(l.nearer.price), l.nearer.seq
	}
	return j
}

func roleOf(maker bool) string {
	if maker {
		return "maker"
	}
	return "taker"
}

// stillOpen returns what is left to trade.
func (l *life) stillOpen() msg.Qty {
	if l.ended || l.refused != msg.NoReason {
		return 0
	}
	return l.open
}

// average returns the average price of the fills, or nothing.
func (l *life) average() string {
	if l.traded == 0 {
		return ""
	}
	const more = 6
	scale := int(l.market.price.scale) + more
	units := new(big.Int).Mul(&l.value, big.NewInt(l.market.price.size))
	units.Mul(units, big.NewInt(msg.Pow10(more)))
	digits := fmt.Sprintf("%0*s", scale+1, units.Quo(units, big.NewInt(int64(l.traded))))
	return strings.TrimRight(strings.TrimRight(digits[:len(digits)-scale]+"."+digits[len(digits)-scale:], "0"), ".")
}

// status says in a word how the order stands.
func (l *life) status() string {
	if l.refused != msg.NoReason {
		return "refused"
	}
	if !l.ended {
		return "open"
	}
	switch l.steps[len(l.steps)-1].what {
	case msg.Canceled:
		return "canceled"
	case msg.Expired:
		return "expired"
	case msg.Prevented:
		return "prevented"
	default:
		return "filled"
	}
}

// text prints the life.
func (l *life) text(c *console, fields fieldList) {
	c.printf("order %d: %s\n", l.id(), fields.text())
	c.printf("came      command %d at @%d (%s), in %v; best bid %s, best ask %s\n",
		l.command.Seq, l.command.Time, clock(l.command.Time), l.market.Phase, l.quotedText(l.bids), l.quotedText(l.asks))
	if l.rests {
		c.printf("queue     %s\n", l.queueText())
	}
	if len(l.steps) > 0 {
		c.printf("\n")
		t := c.table("SEQUENCE\tAFTER\tWHAT\tQUANTITY\tPRICE\tLEFT\tBY")
		for i := range l.steps {
			l.stepRow(t, &l.steps[i])
		}
		t.end()
	}
	c.printf("\n")
	for _, line := range l.why() {
		c.printf("%s\n", line)
	}
}

func (l *life) quotedText(q quoted) string {
	if q.price == 0 {
		return "none"
	}
	return fmt.Sprintf("%s with %s of %s", l.price(q.price), l.lots(q.qty), count(uint64(q.orders), "order", "s"))
}

func (l *life) stepRow(t table, s *lifeStep) {
	price, by := "", ""
	if s.other != 0 {
		price = l.price(s.price)
		by = fmt.Sprintf("%s, against order %d of account %d", roleOf(s.maker), s.other, s.account)
	}
	switch {
	case s.reason != msg.NoReason:
		by = s.reason.String()
	case s.what == msg.Canceled || s.what == msg.Amended:
		by = fmt.Sprintf("a %v of account %d", s.by, l.command.Account)
	}
	t.row("%d\t%v\t%v\t%s\t%s\t%s\t%s", s.seq, time.Duration(s.time-l.command.Time), s.what, l.lots(s.qty), price, l.lots(s.left), by)
}

// queueText says what stood in front of the order when it came to rest.
func (l *life) queueText() string {
	q := &l.queue
	if q.orders+q.better == 0 {
		return "it came to rest with nothing in front of it"
	}
	return fmt.Sprintf("it came to rest behind %s with %s at its price and %s with %s at better prices: number %d",
		count(uint64(q.orders), "order", "s"), l.lots(q.qty), count(uint64(q.better), "order", "s"), l.lots(q.betterQty), q.orders+q.better+1)
}
