package engine

import "github.com/seed-7d4c2414/exchange/engine/msg"

// symbolOrders reads the orders of a symbol.
func (r *restoring) symbolOrders(s *symbol) {
	queue, n := uint64(0), r.count(1<<32)
	room := min(n, len(r.b)/orderImageBytes)
	r.e.orders.grow(andMore(room))
	r.hashes = withRoom(r.hashes, room)
	for ; n > 0 && r.err == nil; n-- {
		queue = r.order(s, queue)
	}
}

// andMore returns for how many orders there is to be room where n are restored: with
// less, the first ones that come would have all copied to where there is.
func andMore(n int) int { return n + n/4 }

// orderImageBytes is the least that an order takes in an image.
const orderImageBytes = 9

// order reads an order and puts it at the end of its queue and of its position's list,
// as far as that can be told there: what is behind it comes later. It returns the
// order's queue number.
func (r *restoring) order(s *symbol, queue uint64) uint64 {
	id, a := msg.OrderID(r.uint()), msg.AccountID(r.upTo(1<<32-1))
	o := order{id: id, side: msg.Side(r.upTo(1))}
	price := msg.Price(r.upTo(uint64(msg.MaxPrice)))
	o.qty, o.open, o.queue = msg.Qty(r.upTo(uint64(msg.MaxQty))), msg.Qty(r.upTo(uint64(msg.MaxQty))), r.uint()
	o.amends = uint16(r.upTo(1<<16 - 1))
	flags := r.upTo(orderFlags)
	o.named = flags&orderNamed != 0
	o.traded = uint8(flags / orderTraded)
	var name msg.Name
	if o.named {
		name = r.name()
	}
	if why := r.orderRule(s, &o, a, price, queue); why != "" {
		r.fail(why)
	}
	if r.err != nil {
		return queue
	}
	e := r.e
	o.pos, o.level = e.position(a, s), s.sides[o.side].level(&e.pool, price)
	slot := e.orders.append(name)
	v, p := &e.pool.levels[o.level], &e.positions.pool[o.pos]
	o.prev, v.tail = v.tail, slot
	o.older, p.newest = p.newest, slot
	e.orders.pool[slot] = o
	r.sum(s, slot)
	return o.queue
}

// sum adds an order to all that it is a part of.
func (r *restoring) sum(s *symbol, slot uint32) {
	e := r.e
	o := &e.orders.pool[slot]
	v, p := &e.pool.levels[o.level], &e.positions.pool[o.pos]
	s.sides[o.side].total += o.open
	v.qty += o.open
	v.count++
	p.open++
	at, cost := p.base, s.amount(o.open)
	if o.side == msg.Buy {
		p.bids += o.open
		at, cost = p.quote, s.value(v.price, o.open)
	}
	if s.Accounting == msg.Balances {
		r.lock(at, cost)
	}
	hash := e.nameMix(slot)
	if o.named {
		r.hashes = append(r.hashes, nameEntry{uint32(hash), slot})
	}
	r.digest += e.orderMixNamed(slot, hash)
}

// lock adds what an order can cost to what a balance has to have locked.
func (r *restoring) lock(balance uint32, cost msg.Amount) {
	if n := len(r.e.balances.pool) - len(r.locked); n > 0 { // an order of an account that has nothing makes one
		r.locked = append(r.locked, make([]msg.Amount, n)...)
	}
	if cost > msg.MaxAmount-r.locked[balance] {
		r.fail("an order can cost more, with the account's others, than fits")
		return
	}
	r.locked[balance] += cost
}

// orderRule says why an order cannot be the next of a symbol, or nothing. queue is the
// number of the one before it.
func (r *restoring) orderRule(s *symbol, o *order, a msg.AccountID, price msg.Price, queue uint64) string {
	_, fits := s.notional(price, o.qty)
	_, fitsBase := msg.Mul(int64(o.qty), int64(s.Lot))
	switch {
	case o.id == 0 || uint64(o.id) > uint64(r.e.seq):
		return "an order's id was never given"
	case o.queue <= queue || o.queue > s.queue:
		return "an order is out of its queue"
	case price < 1 || o.open < 1 || o.open > o.qty:
		return "an order is at no price or has nothing open"
	case o.traded == 1 && o.open == o.qty:
		return "an order has traded nothing"
	case !fits || !fitsBase || o.open > msg.Qty(msg.MaxAmount)-s.sides[o.side].total:
		return "an order is too large"
	case s.Accounting == msg.Balances && !r.e.trader(a) || a > msg.MaxAccounts:
		return "an order is of nobody"
	}
	return ""
}

// orders ends what can be told of the orders only when all are there.
func (r *restoring) orders() {
	r.linkBehind()
	r.index()
	r.nameAll()
	r.lock(0, 0)
	if err := r.e.checkBalances(r.locked); err != nil {
		r.fail(err.Error())
	}
}

// linkBehind links each order to those behind it. They are met from the last one on,
// so that the first one of each queue and of each list is the one that was met last.
func (r *restoring) linkBehind() {
	e := r.e
	for i := len(e.orders.pool) - 1; i > 0; i-- {
		o := &e.orders.pool[i]
		v, p := &e.pool.levels[o.level], &e.positions.pool[o.pos]
		o.next, v.head = v.head, uint32(i)
		o.newer, p.oldest = p.oldest, uint32(i)
	}
}

// index makes the orders findable by id, none of which there may be twice.
func (r *restoring) index() {
	o := &r.e.orders
	places := len(o.recent)
	for places < 2*o.open { // so that as many may come before they take places of those that are there
		places *= 2
	}
	o.recent = written[uint32](places)
	for i := 1; i < len(o.pool); i++ {
		id := o.pool[i].id
		o.newest = max(o.newest, id)
		place := &o.recent[id&msg.OrderID(places-1)]
		if *place == 0 {
			*place = uint32(i)
			continue
		}
		if o.slot(id) != 0 {
			r.fail("an order appears twice")
			return
		}
		o.old.put(uint64(id), uint32(i))
	}
}

// written returns a slice for what will be looked for before it is put there. It is
// cleared, although it is clear: a page of memory that is new to the process, and read
// before it is written to, is mapped twice, and the second time all other processors
// have to be told.
func written[T any](n int) []T {
	s := make([]T, n)
	clear(s)
	return s
}

// nameAll makes the orders findable by name, of which no account may have one twice. This
// is a loop of its own, and a short one, because the places in the table are anywhere: so
// the processor fetches many of them at a time.
func (r *restoring) nameAll() {
	e := r.e
	t := &e.orders.named
	t.entries = written[nameEntry](tableSize(andMore(len(r.hashes))))
	mask := len(t.entries) - 1
	for _, x := range r.hashes {
		i := int(x.hash) & mask
		for ; t.entries[i].slot != 0; i = (i + 1) & mask {
			if t.entries[i].hash == x.hash && e.sameName(t.entries[i].slot, x.slot) {
				r.fail("an account has a name twice")
				return
			}
		}
		t.entries[i] = x
	}
	t.used = len(r.hashes)
}

// sameName reports whether two orders have the same name, of the same account.
func (e *Engine) sameName(a, b uint32) bool {
	account := func(slot uint32) msg.AccountID { return e.positions.pool[e.orders.pool[slot].pos].account }
	return e.orders.names[a] == e.orders.names[b] && account(a) == account(b)
}
