package engine

import "github.com/seed-7d4c2414/exchange/engine/msg"

const (
	// aheadCommands is how many commands are looked at together: enough for what they wait
	// for to come at the same time, and so few that it is still in the nearest caches when
	// they are carried out.
	aheadCommands = 64

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
	var a ahead
	for i := range n {
		if i%aheadCommands == 0 {
			a.fetch(e)
		}
		a.note(e, command(i))
	}
	a.fetch(e)
	return a.sum
}

// ahead are the places that some commands are about.
type ahead struct {
	orders, comers, names int

	order [aheadCommands]uint32 // slots of those that are meant
	comer [aheadCommands]comer  // orders that come
	name  [aheadCommands]uint64 // hashes of those that are given
	sum   uint64                // of all that was looked at
}

// comer is an order that comes, and what it will meet.
type comer struct {
	s        *symbol
	account  msg.AccountID
	price    msg.Price
	side     msg.Side
	market   bool
	position uint32
	level    uint32 // that it is to stand at
	maker    uint32 // that it will trade with first
}

// note takes the first step of a command, which is to places that are known from it.
func (a *ahead) note(e *Engine, c *msg.Command) {
	switch {
	case c.Order != 0:
		a.order[a.orders] = e.orders.recent[int(c.Order)&(len(e.orders.recent)-1)]
		a.orders++
	case !c.OrigName.IsZero():
		a.order[a.orders] = e.orders.named.home(hashName(c.Account, &c.OrigName)).slot
		a.orders++
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
		a.sum += e.positions.slot.look(positionKey(c.Account, s))
	}
}

// fetch takes the other steps of all commands that were noted, and forgets them. What
// comes after a branch that was guessed wrong is not fetched in time, so a step asks
// little of what is fetched by itself.
func (a *ahead) fetch(e *Engine) {
	orders, comers := a.order[:a.orders], a.comer[:a.comers]
	for _, i := range orders {
		a.sum += uint64(e.orders.pool[i].newer)
	}
	for i := range comers {
		a.sum += e.meet(&comers[i])
	}
	a.sum += e.fetchAround(orders) + e.fetchPaying(comers) + e.fetchOwned(orders) + e.fetchMakers(comers)
	for _, h := range a.name[:a.names] {
		a.sum += uint64(e.orders.named.home(h).slot)
	}
	a.orders, a.comers, a.names = 0, 0, 0
}

// meet finds the position of an order that comes, its level, and the order that it
// trades with.
func (e *Engine) meet(x *comer) (sum uint64) {
	x.position = e.positions.slot.get(positionKey(x.account, x.s))
	x.level = x.s.sides[x.side].find(&e.pool, x.price)
	x.maker = 0
	if o := &x.s.sides[x.side.Opposite()&1]; x.market || o.front <= o.rank(x.price) {
		x.maker = e.pool.levels[o.best].head
	}
	if x.position == 0 && x.s.Accounting != msg.NoAccounting {
		sum = e.balances.slot.look(balanceKey(x.account, x.s.Base))
	}
	p := &e.positions.pool[x.position]
	return sum + uint64(p.account) + uint64(p.open) + uint64(e.pool.levels[x.level].tail) + uint64(e.orders.pool[x.maker].newer)
}

// fetchAround fetches what stands around orders: neighbours, level and position.
func (e *Engine) fetchAround(slots []uint32) (sum uint64) {
	pool := e.orders.pool
	for _, i := range slots {
		x := &pool[i]
		sum += uint64(pool[x.next].level) + uint64(pool[x.prev].level) + uint64(pool[x.newer].level) + uint64(pool[x.older].level)
		p := &e.positions.pool[x.pos]
		sum += uint64(e.pool.levels[x.level].tail) + uint64(p.account) + uint64(p.open)
	}
	return sum
}

// fetchOwned fetches what orders are paid from, and their names.
func (e *Engine) fetchOwned(slots []uint32) (sum uint64) {
	for _, i := range slots {
		x := &e.orders.pool[i]
		p := &e.positions.pool[x.pos]
		paying := p.quote
		if x.side == msg.Sell {
			paying = p.base
		}
		sum += uint64(e.balances.pool[paying].asset)
		if x.named {
			n := &e.orders.names[i]
			sum += uint64(n[0]) + uint64(n[msg.NameLen-1]) // it may lie across the border of two lines
			sum += uint64(e.orders.named.home(e.nameMix(i)).slot)
		}
	}
	return sum
}

// fetchPaying fetches behind whom orders that come are to stand, and what they are paid
// from.
func (e *Engine) fetchPaying(comers []comer) (sum uint64) {
	pool := e.orders.pool
	for i := range comers {
		x := &comers[i]
		p := &e.positions.pool[x.position]
		sum += uint64(pool[p.newest].level) + uint64(pool[e.pool.levels[x.level].tail].level)
		paying := p.quote
		if x.side == msg.Sell || x.maker != 0 {
			paying = p.base
		}
		if x.position == 0 && x.s.Accounting != msg.NoAccounting {
			paying = e.balances.find(x.account, x.s.Base)
		}
		sum += uint64(e.balances.pool[paying].asset)
	}
	return sum
}

// fetchMakers fetches the balances and the neighbours of orders that will be traded with.
func (e *Engine) fetchMakers(comers []comer) (sum uint64) {
	pool := e.orders.pool
	for i := range comers {
		if x := &pool[comers[i].maker]; x.id != 0 {
			p := &e.positions.pool[x.pos]
			sum += uint64(e.balances.pool[p.base].asset) + uint64(e.balances.pool[p.quote].asset)
			sum += uint64(pool[x.next].level) + uint64(pool[x.newer].level) + uint64(pool[x.older].level)
		}
	}
	return sum
}

// look fetches the place from which on a key is looked for.
func (t *table) look(key uint64) uint64 { return t.entries[t.home(key)].key }

// home returns the place from which on a name is looked for.
func (t *nameTable) home(hash uint64) nameEntry {
	return t.entries[int(uint32(hash))&(len(t.entries)-1)]
}
