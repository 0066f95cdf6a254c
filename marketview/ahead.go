package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

const (
	// aheadCommands is how many commands are looked at together: enough for what they wait
	// for to come at the same time, and so few that it is still in the nearest cache when
	// they are folded.
	aheadCommands = 64

	// aheadOrders is how many open orders there are at least for looking ahead to be worth
	// its time. Fewer are in a processor's cache anyway.
	aheadOrders = 1 << 14
)

// Ahead fetches what the next commands are about from memory, and changes nothing. Among
// very many open orders a fold waits for places that may be anywhere, one after the
// other; here the processor fetches those of many commands at a time. Whoever has several
// at hand may ask for it before they are folded. The sum of what was looked at means
// nothing; it is there so that nothing can be left out.
func (v *Views) Ahead(commands []msg.Command) (sum uint64) {
	o := &v.orders
	if o.records.used() < aheadOrders {
		return 0
	}
	for len(commands) > 0 {
		n := min(len(commands), aheadCommands)
		sum += o.aheadMeant(commands[:n]) + o.aheadPlaced(commands[:n])
		commands = commands[n:]
	}
	return sum
}

// aheadMeant fetches the open orders that commands mean, with their neighbours, levels and
// names.
func (o *orders) aheadMeant(commands []msg.Command) (sum uint64) {
	for i := range commands {
		if id := commands[i].Order; id != 0 {
			sum += uint64(*o.recently(id)) + o.older.fetch(uint64(id))
		}
	}
	var room [aheadCommands]slot
	meant := room[:0]
	for i := range commands {
		if id := commands[i].Order; id != 0 {
			if s := o.findOpen(id); s != 0 {
				meant = append(meant, s)
			}
		}
	}
	for _, s := range meant {
		sum += uint64(o.records.at(s).price) + uint64(o.links.at(s).next)
	}
	for _, s := range meant {
		if o.records.at(s).has&hasName != 0 {
			sum += uint64(o.names.records.at(s).next)
		}
	}
	for _, s := range meant {
		l := o.links.at(s)
		sum += o.fetchLinks(l.next) + o.fetchLinks(l.prev)
		if l.level != 0 {
			sum += uint64(o.depth.levels.at(l.level).qty)
		}
		if o.records.at(s).has&hasName != 0 {
			sum += uint64(*o.names.bucket(o.names.records.at(s).hash))
		}
	}
	return sum
}

func (o *orders) fetchLinks(s slot) uint64 {
	if s == 0 {
		return 0
	}
	return uint64(o.links.at(s).next)
}

// aheadPlaced fetches the places where the orders that commands place will be found.
func (o *orders) aheadPlaced(commands []msg.Command) (sum uint64) {
	for i := range commands {
		c := &commands[i]
		if !c.Name.IsZero() {
			sum += uint64(*o.names.bucket(o.names.hash(c.Account, &c.Name)))
		}
		if old := *o.recently(msg.OrderID(c.Seq)); old != 0 && old&closedMark == 0 {
			sum += uint64(o.records.at(old).id)
		}
	}
	for i := range commands {
		if old := *o.recently(msg.OrderID(commands[i].Seq)); old != 0 && old&closedMark == 0 {
			sum += o.older.fetch(uint64(o.records.at(old).id))
		}
	}
	return sum
}

// fetch fetches the place from which on a key is looked for.
func (x *index) fetch(key uint64) uint64 {
	if x.n == 0 {
		return 0
	}
	return x.entries[x.home(key)].key
}
