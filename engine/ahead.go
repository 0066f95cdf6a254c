package engine

import "github.com/seed-7d4c2414/exchange/engine/msg"

const (
	// aheadCommands is how many commands are looked at together: enough for what they wait
	// for to come at the same time, and so few that it is still in the nearest caches when
	// they are carried out.
	aheadCommands = 256

	// aheadRecords is how many orders and positions there are at least for looking ahead
	// to be worth its time. Fewer are in a processor's cache anyway.
	aheadRecords = 1 << 14
)

// large reports whether there is so much that looking ahead is worth its time.
func (e *Engine) large() bool { return e.orders.open+len(e.positions.pool) >= aheadRecords }

// Ahead fetches what the next n commands are about from memory, and changes nothing. In a
// large book a command waits for a dozen places that may be anywhere, and most of which
// are known only from another one: from an id to its slot, from there to the order, from
// there to its neighbours, its position and its name, and from these to a balance and to
// a place in a table. Here each step is made for many commands, one after the other, so
// that the processor fetches as many places at a time as it can.
//
// Whoever has several commands at hand may ask for it before carrying them out. Each is
// asked for once, and not kept. The sum of what was looked at means nothing; it is there
// so that nothing can be left out.
func (e *Engine) Ahead(n int, command func(i int) *msg.Command) (sum uint64) {
	if n < 2 || !e.large() {
		return 0
	}
	return e.lookAhead(n, command)
}

func (e *Engine) lookAhead(n int, command func(i int) *msg.Command) uint64 {
	if e.looking == nil {
		e.looking = &ahead{}
	}
	a := e.looking
	a.sum = 0
	for i := range n {
		if i%aheadCommands == 0 {
			a.fetch(e)
		}
		a.note(e, command(i))
	}
	a.fetch(e)
	return a.sum
}

// ahead are the places that some commands are about. Each step first finds where the next
// places are and puts that down, and then looks at all of them in a loop that does nothing
// else: a processor goes on past what it waits for by a few hundred instructions only, so
// that the fewer there are for a place, the more places are on their way at a time.
type ahead struct {
	orders, called, comers, names int

	order [aheadCommands]uint32 // that are meant: the place of their id, and then their slot
	call  [aheadCommands]uint64 // hashes of names by which orders are meant
	comer [aheadCommands]comer  // orders that come
	name  [aheadCommands]uint64 // hashes of names that are given

	places [aroundOrder * aheadCommands]uint32 // to look at next
	more   [aheadCommands]uint32               // of another kind
	sum    uint64                              // of all that was looked at
}

// aroundOrder is how many places are looked at around an order at most: its neighbours.
const aroundOrder = 4

// comer is an order that comes, and what it will meet.
type comer struct {
	s        *symbol
	account  msg.AccountID
	price    msg.Price
	side     msg.Side
	market   bool
	home     uint32 // the place of its position in the table
	position uint32
	level    uint32 // that it is to stand at
	maker    uint32 // that it will trade with first
}

// note puts down what is known from the command alone.
func (a *ahead) note(e *Engine, c *msg.Command) {
	switch {
	case c.Order != 0:
		a.order[a.orders] = uint32(int(c.Order) & (len(e.orders.recent) - 1))
		a.orders++
	case !c.OrigName.IsZero():
		a.call[a.called] = hashName(c.Account, &c.OrigName)
		a.called++
	}
	if c.Kind != msg.Place && c.Kind != msg.CancelReplace {
		return
	}
	if !c.Name.IsZero() {
		a.name[a.names] = hashName(c.Account, &c.Name)
		a.names++
	}
	if s := e.symbol(c.Symbol); s != nil {
		x := &a.comer[a.comers]
		a.comers++
		x.s, x.account, x.price, x.side, x.market = s, c.Account, c.Price, c.Side&1, c.Type == msg.Market
		x.home = uint32(e.positions.slot.home(positionKey(c.Account, s)))
	}
}

// fetch takes the steps of all commands that were noted, and forgets them.
func (a *ahead) fetch(e *Engine) {
	orders, comers := a.order[:a.orders], a.comer[:a.comers]
	for i := range comers {
		a.sum += e.positions.slot.entries[comers[i].home].key
	}
	for i, at := range orders {
		orders[i] = e.orders.recent[at]
	}
	for _, h := range a.call[:a.called] {
		orders = append(orders, e.orders.named.home(h).slot)
	}
	for _, i := range orders {
		a.sum += uint64(e.orders.pool[i].newer)
	}
	for i := range comers {
		e.meet(&comers[i])
	}
	for i := range comers {
		a.sum += e.positions.look(comers[i].position) + uint64(e.orders.pool[comers[i].maker].newer)
	}
	for i := range orders {
		a.sum += e.positions.look(e.orders.pool[orders[i]].pos)
	}
	a.fetchNeighbors(e, orders)
	a.fetchEnds(e, comers)
	a.fetchBalances(e, orders, comers)
	a.fetchMakers(e, comers)
	a.fetchNames(e, orders)
	a.orders, a.called, a.comers, a.names = 0, 0, 0, 0
}

// meet finds the position of an order that comes, its level, and the order that it
// trades with.
func (e *Engine) meet(x *comer) {
	x.position = e.positions.slot.get(positionKey(x.account, x.s))
	x.level = x.s.sides[x.side].find(&e.pool, x.price)
	x.maker = 0
	if o := &x.s.sides[x.side.Opposite()&1]; x.market || o.front <= o.rank(x.price) {
		x.maker = e.pool.levels[o.best].head
	}
}

// fetchNeighbors fetches the levels of orders and the orders beside them.
func (a *ahead) fetchNeighbors(e *Engine, slots []uint32) {
	places := a.places[:0]
	for _, i := range slots {
		x := &e.orders.pool[i]
		a.sum += uint64(e.pool.levels[x.level].tail)
		places = append(places, x.next, x.prev, x.newer, x.older)
	}
	a.sum += e.orders.look(places)
}

// fetchEnds fetches the orders behind which those that come are to stand.
func (a *ahead) fetchEnds(e *Engine, comers []comer) {
	places := a.places[:0]
	for i := range comers {
		x := &comers[i]
		places = append(places, e.positions.pool[x.position].newest, e.pool.levels[x.level].tail)
	}
	a.sum += e.orders.look(places)
}

// fetchBalances fetches what orders are paid from, and for those that will trade the base.
func (a *ahead) fetchBalances(e *Engine, slots []uint32, comers []comer) {
	for i := range comers {
		if x := &comers[i]; x.position == 0 && x.s.Accounting != msg.NoAccounting {
			a.sum += e.balances.slot.entries[e.balances.slot.home(balanceKey(x.account, x.s.Base))].key
		}
	}
	places := a.places[:0]
	for _, i := range slots {
		x := &e.orders.pool[i]
		p := &e.positions.pool[x.pos]
		paying := p.quote
		if x.side == msg.Sell {
			paying = p.base
		}
		places = append(places, paying)
	}
	for i := range comers {
		x := &comers[i]
		p := &e.positions.pool[x.position]
		paying := p.quote
		if x.side == msg.Sell || x.maker != 0 {
			paying = p.base
		}
		if x.position == 0 && x.s.Accounting != msg.NoAccounting {
			paying = e.balances.find(x.account, x.s.Base)
		}
		places = append(places, paying)
	}
	a.sum += e.balances.look(places)
}

// fetchMakers fetches the positions, the balances and the neighbours of orders that will be
// traded with.
func (a *ahead) fetchMakers(e *Engine, comers []comer) {
	makers := a.more[:0]
	for i := range comers {
		if m := comers[i].maker; m != 0 {
			makers = append(makers, m)
		}
	}
	places := a.places[:0]
	for _, i := range makers {
		x := &e.orders.pool[i]
		a.sum += e.positions.look(x.pos)
		places = append(places, x.next, x.newer, x.older)
	}
	a.sum += e.orders.look(places)
	places = a.places[:0]
	for _, i := range makers {
		p := &e.positions.pool[e.orders.pool[i].pos]
		places = append(places, p.base, p.quote)
	}
	a.sum += e.balances.look(places)
}

// fetchNames fetches the names of orders, and the places in their table of those and of
// the names that are given.
func (a *ahead) fetchNames(e *Engine, slots []uint32) {
	t := &e.orders.named
	if t.used == 0 && a.names == 0 {
		return
	}
	for _, i := range slots {
		n := &e.orders.names[i]
		a.sum += uint64(n[0]) + uint64(n[msg.NameLen-1]) // it may lie across the border of two lines
	}
	for _, h := range a.name[:a.names] {
		a.sum += uint64(t.home(h).slot)
	}
	for _, i := range slots {
		if e.orders.pool[i].named {
			a.sum += uint64(t.home(e.nameMix(i)).slot)
		}
	}
}

func (o *orders) look(slots []uint32) (sum uint64) {
	for _, i := range slots {
		sum += uint64(o.pool[i].level)
	}
	return sum
}

func (b *balances) look(slots []uint32) (sum uint64) {
	for _, i := range slots {
		sum += uint64(b.pool[i].asset)
	}
	return sum
}

// look looks at both ends of a position, which may lie across the border of two lines.
func (p *positions) look(slot uint32) uint64 {
	x := &p.pool[slot]
	return uint64(x.account) + uint64(x.open)
}

// home returns the place from which on a name is looked for.
func (t *nameTable) home(hash uint64) nameEntry {
	return t.entries[int(uint32(hash))&(len(t.entries)-1)]
}
