package workload

import "github.com/seed-7d4c2414/exchange/engine/msg"

// order is a resting order of the generator's own book, linked to its neighbors at
// its price by their places in the pool. Place 0 is nobody.
type order struct {
	id         uint64
	symbol     int
	side       msg.Side
	price      int
	open       uint32
	live       int // place in the list of all resting orders
	prev, next uint32
}

// queue holds the orders of a price, the oldest first.
type queue struct{ first, last uint32 }

// book is the market of one symbol: a queue for each price of a range that grows as
// far as orders come to rest. A price has orders of one side only. The next best
// price is found by trying one after the other, which is slow and plainly right.
type book struct {
	low    int // the price of queues[0]
	queues []queue
	best   [2]int // of a side; noPrice when it is empty
}

// noPrice stands for the best price of an empty side.
const noPrice = -1

// spare is by how many prices a range grows beyond what is needed.
const spare = 32

func (b *book) at(price int) *queue { return &b.queues[price-b.low] }

// covers reports whether a price is in the range.
func (b *book) covers(price int) bool { return price >= b.low && price < b.low+len(b.queues) }

// cover makes the range reach to a price.
func (b *book) cover(price int) {
	if b.covers(price) {
		return
	}
	low, high := price-spare, price+spare
	if len(b.queues) > 0 {
		low, high = min(low, b.low), max(high, b.low+len(b.queues)-1)
	}
	queues := make([]queue, high-low+1)
	if len(b.queues) > 0 {
		copy(queues[b.low-low:], b.queues)
	}
	b.low, b.queues = low, queues
}

func (b *book) empty(s msg.Side) bool { return b.best[s] == noPrice }

// next returns the best price of a side behind one that has no orders left.
func (b *book) next(s msg.Side, price int) int {
	for price += away(s); b.covers(price); price += away(s) {
		if b.at(price).first != 0 {
			return price
		}
	}
	return noPrice
}

// better reports whether price p of a side is ahead of price q.
func better(s msg.Side, p, q int) bool {
	if s == msg.Buy {
		return p > q
	}
	return p < q
}

// away returns the step from a price of a side to the next worse one.
func away(s msg.Side) int {
	if s == msg.Buy {
		return -1
	}
	return 1
}

// books are those of all symbols, with the one list of all resting orders.
type books struct {
	symbols []book
	pool    []order
	free    []uint32
	live    []uint32 // places in the pool; whoever leaves is replaced by the last
	open    uint64   // quantity of all resting orders
}

func (b *books) rest(o order) {
	at := uint32(len(b.pool))
	if n := len(b.free); n > 0 {
		at, b.free = b.free[n-1], b.free[:n-1]
	} else {
		b.pool = append(b.pool, order{})
	}
	s := &b.symbols[o.symbol]
	s.cover(o.price)
	q := s.at(o.price)
	o.prev, o.next, o.live = q.last, 0, len(b.live)
	if q.last == 0 {
		q.first = at
	} else {
		b.pool[q.last].next = at
	}
	q.last = at
	if s.empty(o.side) || better(o.side, o.price, s.best[o.side]) {
		s.best[o.side] = o.price
	}
	b.pool[at] = o
	b.live = append(b.live, at)
	b.open += uint64(o.open)
}

func (b *books) remove(at uint32) {
	o := &b.pool[at]
	s := &b.symbols[o.symbol]
	q := s.at(o.price)
	if o.prev == 0 {
		q.first = o.next
	} else {
		b.pool[o.prev].next = o.next
	}
	if o.next == 0 {
		q.last = o.prev
	} else {
		b.pool[o.next].prev = o.prev
	}
	if q.first == 0 && s.best[o.side] == o.price {
		s.best[o.side] = s.next(o.side, o.price)
	}
	last := b.live[len(b.live)-1]
	b.live[o.live] = last
	b.pool[last].live = o.live
	b.live = b.live[:len(b.live)-1]
	b.open -= uint64(o.open)
	b.free = append(b.free, at)
}

// match trades an arriving order, taken with its limit price, with the other side
// and returns what is left of it.
func (b *books) match(o *order, out *Outcome) (left uint32) {
	s, opposite := &b.symbols[o.symbol], o.side.Opposite()
	left = o.open
	for left > 0 && !s.empty(opposite) && !better(opposite, o.price, s.best[opposite]) {
		at := s.at(s.best[opposite]).first
		maker := &b.pool[at]
		qty := min(left, maker.open)
		out.Trade(maker.id, o.id, uint32(maker.price), qty)
		left -= qty
		maker.open -= qty
		b.open -= uint64(qty)
		if maker.open == 0 {
			b.remove(at)
		}
	}
	return left
}

// levels counts the prices that have orders.
func (b *books) levels() (n int) {
	for i := range b.symbols {
		for _, q := range b.symbols[i].queues {
			if q.first != 0 {
				n++
			}
		}
	}
	return n
}
