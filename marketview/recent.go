package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The recent ones find an order by the low bits of its id: most commands mean an order
// of the last few thousand. There stands the slot of an open order or, marked, the low
// bits of the position of a closed one. If it is no longer there, the id tells. An open
// order whose place a newer one took is found in a hash. When too many are, there are
// twice as many places, so most orders are found by one look however many are open.
const (
	firstRecent = 1 << 16
	closedMark  = 1 << 31
	olderPart   = 4 // no more than one older order for so many places
)

// recently returns the place of an id.
func (o *orders) recently(id msg.OrderID) *slot { return &o.recent[id&msg.OrderID(len(o.recent)-1)] }

// claim makes the newest order findable. An open order that stood in its place
// goes to the hash, a closed one is found through its account from now on.
func (o *orders) claim(s slot, r *order) {
	at := o.recently(r.id)
	old := *at
	*at = s
	if old != 0 && old&closedMark == 0 {
		o.outdate(old)
	}
}

// reclaim makes a restored order findable: the newest one has its place, an older open
// one goes to the hash.
func (o *orders) reclaim(r *order, s slot) {
	at := o.recently(r.id)
	old := *at
	isOpen := old != 0 && old&closedMark == 0
	var id msg.OrderID // of the order that has the place now
	if isOpen {
		id = o.records.at(old).id
	} else if p, ok := o.closedAt(old); ok && old != 0 {
		id = o.history.rows.at(p).id
	}
	switch {
	case id < r.id:
		*at = s
		if isOpen {
			o.outdate(old)
		}
	case s&closedMark == 0:
		o.outdate(s)
	}
}

// outdate has an open order found in the hash.
func (o *orders) outdate(s slot) {
	o.older.put(uint64(o.records.at(s).id), s)
	if o.older.n > len(o.recent)/olderPart {
		o.widen(2 * len(o.recent))
	}
}

// widen makes more places, a power of two. Closed orders lose theirs.
func (o *orders) widen(places int) {
	recent, older := o.recent, o.older.entries
	o.recent, o.older = make([]slot, places), index{}
	clear(o.recent) // by writing: a page that is read before it is written to is mapped twice
	for _, s := range recent {
		if s&closedMark == 0 && s != 0 {
			*o.recently(o.records.at(s).id) = s
		}
	}
	for _, e := range older {
		if e.slot == 0 {
			continue
		}
		if at := o.recently(msg.OrderID(e.key)); *at == 0 {
			*at = e.slot
		} else {
			o.older.put(e.key, e.slot)
		}
	}
}

// findOpen returns the slot of an open order, or 0.
func (o *orders) findOpen(id msg.OrderID) slot {
	if s := *o.recently(id); s != 0 && s&closedMark == 0 && o.records.at(s).id == id {
		return s
	}
	return o.older.find(uint64(id))
}
