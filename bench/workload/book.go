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

// book is the market of one symbol: a queue for each price that there can be. A
// price has orders of one side only. It looks for the next best price by trying one
// after the other, which is slow and plainly right.
type book struct {
	low    int // the price of queues[0]
	queues []queue
	best   [2]int // of a side; beyond the last price when the side is empty
}

func newBook(low, high int) book {
	return book{low: low, queues: make([]queue, high-low+1), best: [2]int{low - 1, high + 1}}
}

func (b *book) at(price int) *queue { return &b.queues[price-b.low] }

func (b *book) empty(s msg.Side) bool { return b.best[s] < b.low || b.best[s] >= b.low+len(b.queues) }

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
	for p := s.best[o.side]; p == o.price && q.first == 0; {
		for p += away(o.side); p >= s.low && p < s.low+len(s.queues) && s.at(p).first == 0; {
			p += away(o.side)
		}
		s.best[o.side] = p
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
