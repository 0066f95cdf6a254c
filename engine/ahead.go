package engine

import "github.com/seed-7d4c2414/exchange/engine/msg"

const (
	// aheadCommands is how many commands are looked at together: enough for what they wait
	// for to come at the same time, and so few that it is still in the nearest cache when
	// they are carried out.
	aheadCommands = 64

	// aheadOrders is how many orders there are at least for looking ahead to be worth its
	// time. Fewer are in a processor's cache anyway.
	aheadOrders = 1 << 14
)

// Ahead fetches what the next commands are about from memory, and changes nothing. In a
// large book a command waits for a dozen places that may be anywhere, and most of which
// are known only from another one: from an id to its slot, from there to the order, from
// there to its neighbours and its name, and from that to a place in a table. Here each
// step is made for many commands, one after the other, so that the processor fetches as
// many places at a time as it can.
//
// Whoever has several commands at hand may ask for it before carrying them out. The sum
// of what was looked at means nothing; it is there so that nothing can be left out.
func (e *Engine) Ahead(commands []msg.Command) (sum uint64) {
	if e.orders.open < aheadOrders {
		return 0
	}
	var a ahead
	for len(commands) > 0 {
		n := min(len(commands), aheadCommands)
		a.look(e, commands[:n])
		commands = commands[n:]
	}
	return a.sum
}

// ahead are the slots of orders that some commands are about.
type ahead struct {
	meant [aheadCommands]uint32     // by the commands
	ends  [2 * aheadCommands]uint32 // of queues and lists that an order is to be put behind
	sum   uint64                    // of all that was looked at
}

func (a *ahead) look(e *Engine, commands []msg.Command) {
	meant, ends := a.meant[:0], a.ends[:0]
	for i := range commands {
		if c := &commands[i]; c.Order != 0 {
			meant = append(meant, e.orders.recent[int(c.Order)&(len(e.orders.recent)-1)])
		} else if !c.OrigName.IsZero() {
			meant = append(meant, e.orders.named.home(hashName(c.Account, &c.OrigName)).slot)
		}
	}
	for i := range commands {
		if c := &commands[i]; c.Price != 0 {
			ends = e.appendEnds(ends, c)
		}
	}
	a.sum += e.orders.fetchEnds(ends) + e.orders.fetch(meant) + e.fetchNames(meant, commands)
}

// appendEnds appends the slots of the last orders of the queue and of the list that an
// order is to stand in.
func (e *Engine) appendEnds(ends []uint32, c *msg.Command) []uint32 {
	s := e.symbol(c.Symbol)
	if s == nil {
		return ends
	}
	if v := s.sides[c.Side].find(&e.pool, c.Price); v != 0 {
		ends = append(ends, e.pool.levels[v].tail)
	}
	if p := e.positions.slot.get(uint64(c.Account)<<32 | uint64(s.id)); p != 0 {
		ends = append(ends, e.positions.pool[p].newest)
	}
	return ends
}

func (o *orders) fetchEnds(slots []uint32) (sum uint64) {
	for _, i := range slots {
		sum += uint64(o.pool[i].newer)
	}
	return sum
}

// fetch fetches orders with their names and neighbours.
func (o *orders) fetch(slots []uint32) (sum uint64) {
	for _, i := range slots {
		sum += uint64(o.pool[i].newer)
	}
	for _, i := range slots {
		x := &o.pool[i]
		sum += uint64(o.pool[x.next].level) + uint64(o.pool[x.prev].level) + uint64(o.pool[x.newer].level) + uint64(o.pool[x.older].level)
		sum += uint64(o.names[i][0]) + uint64(o.names[i][msg.NameLen-1]) // it may lie across the border of two lines
	}
	return sum
}

// fetchNames fetches the places of names in their table: of those that orders have, and
// of those that the commands give.
func (e *Engine) fetchNames(slots []uint32, commands []msg.Command) (sum uint64) {
	t := &e.orders.named
	for _, i := range slots {
		if e.orders.pool[i].named {
			sum += uint64(t.home(e.nameMix(i)).slot)
		}
	}
	for i := range commands {
		if c := &commands[i]; !c.Name.IsZero() {
			sum += uint64(t.home(hashName(c.Account, &c.Name)).slot)
		}
	}
	return sum
}

// home returns the place from which on a name is looked for.
func (t *nameTable) home(hash uint64) nameEntry {
	return t.entries[int(uint32(hash))&(len(t.entries)-1)]
}
