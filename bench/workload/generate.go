package workload

import (
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The mid price of a symbol starts in the middle and is turned back at its ends.
const (
	firstMid = 8_000
	lowMid   = 6_000
	highMid  = 10_000
	// maxThrough is how far beyond the best price an immediate order goes, at most.
	maxThrough = 2
)

// Flow is a generated workload with what it must lead to.
type Flow struct {
	Params  Params
	Records []Record
	Prefill int // how many of the records come before the timed ones
	MaxID   uint64
	Outcome Outcome

	// How many of the timed records are what. A replace is a cancel and an add,
	// counted here and not there.
	Adds, Cancels, IOCs, Replaces int
	Crossing                      int // adds, without those of replaces, that traded as they came
	MinResting, MaxResting        int // after any timed record
	Levels                        int // at the end
}

// Generate draws the workload.
func Generate(p Params) *Flow {
	g := &generator{
		Params: p, random: random(p.Seed), mids: make([]int, p.Symbols),
		flow: &Flow{Params: p, Records: make([]Record, 0, p.Target+p.Timed), Outcome: NewOutcome(), MinResting: math.MaxInt},
	}
	g.pool = make([]order, 1, p.Target+p.Target/8+2)
	for i := range g.mids {
		g.mids[i] = firstMid
		g.symbols = append(g.symbols, book{best: [2]int{noPrice, noPrice}})
	}
	f := g.flow
	for len(g.live) < p.Target {
		g.add(g.n(p.Symbols), msg.Side(g.n(2)))
	}
	f.Prefill = len(f.Records)
	for len(f.Records) < f.Prefill+p.Timed {
		g.draw(f.Prefill + p.Timed - len(f.Records))
		f.MinResting, f.MaxResting = min(f.MinResting, len(g.live)), max(f.MaxResting, len(g.live))
	}
	f.Outcome.Resting, f.Outcome.RestingQty = uint64(len(g.live)), g.open
	f.Levels = g.levels()
	return f
}

type generator struct {
	Params
	random
	books
	mids []int
	flow *Flow
}

// draw draws one command, or the two of a replace if so many are left.
func (g *generator) draw(left int) {
	symbol := g.n(g.Symbols)
	if g.n(g.Step) == 0 {
		g.move(symbol)
	}
	switch k := g.n(1000); {
	case k < 80:
		g.flow.IOCs++
		g.immediate(symbol)
	case k < 90 && left >= 2:
		g.flow.Replaces++
		g.replace()
	case g.n(1000) < g.adding():
		g.flow.Adds++
		g.add(symbol, msg.Side(g.n(2)))
	default:
		g.flow.Cancels++
		g.cancel(g.anyone())
	}
}

// move moves a mid by one tick.
func (g *generator) move(symbol int) {
	m := &g.mids[symbol]
	if g.n(2) == 0 {
		*m++
	} else {
		*m--
	}
	if *m > highMid {
		*m = highMid - 1
	}
	if *m < lowMid {
		*m = lowMid + 1
	}
}

// adding returns how many in a thousand of the plain commands add: the fewer orders
// rest than should, the more.
func (g *generator) adding() int {
	t := 5000 * int64(g.Target-len(g.live)) / int64(g.Target)
	return 500 + 400*int(max(-1000, min(1000, t)))/1000
}

// price draws the price of an order that is meant to rest.
func (g *generator) price(symbol int, s msg.Side) int {
	return g.mids[symbol] + (1+g.geometric(g.Den, g.MaxDist))*away(s)
}

// add draws price and quantity of an order that is meant to rest.
func (g *generator) add(symbol int, s msg.Side) {
	price, qty := g.price(symbol, s), g.quantity()
	if g.limit(symbol, s, price, qty) < qty {
		g.flow.Crossing++
	}
}

func (g *generator) quantity() uint32 { return 1 + uint32(g.n(100)) }

// limit lets an order trade and rest. It returns what of it rests.
func (g *generator) limit(symbol int, s msg.Side, price int, qty uint32) (left uint32) {
	o := g.arrive(Add, symbol, s, price, qty)
	left = g.match(&o, &g.flow.Outcome)
	if left > 0 {
		o.open = left
		g.rest(o)
	}
	return left
}

// immediate draws an order that takes the best price or up to two behind it.
func (g *generator) immediate(symbol int) {
	s := msg.Side(g.n(2))
	qty, through := g.quantity(), g.n(maxThrough+1)
	opposite := s.Opposite()
	price := g.mids[symbol]
	if b := &g.symbols[symbol]; !b.empty(opposite) {
		price = b.best[opposite] + through*away(opposite)
	}
	o := g.arrive(IOC, symbol, s, price, qty)
	g.match(&o, &g.flow.Outcome)
}

// replace takes an order off and puts one of the same side and open quantity in,
// at another price.
func (g *generator) replace() {
	at := g.anyone()
	o := g.pool[at]
	g.cancel(at)
	g.limit(o.symbol, o.side, g.price(o.symbol, o.side), o.open)
}

// anyone draws one of all resting orders.
func (g *generator) anyone() uint32 { return g.live[g.n(len(g.live))] }

func (g *generator) cancel(at uint32) {
	o := &g.pool[at]
	g.emit(Cancel, o)
	g.remove(at)
}

// arrive gives an order the next id and writes its record.
func (g *generator) arrive(t Type, symbol int, s msg.Side, price int, qty uint32) order {
	g.flow.MaxID++
	o := order{id: g.flow.MaxID, symbol: symbol, side: s, price: price, open: qty}
	g.emit(t, &o)
	return o
}

func (g *generator) emit(t Type, o *order) {
	g.flow.Records = append(g.flow.Records, Record{
		ID: o.id, Price: uint32(o.price), Qty: o.open, Type: t, Side: o.side, Symbol: uint32(o.symbol),
	})
}
