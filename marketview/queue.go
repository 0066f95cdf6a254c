package marketview

import "iter"

// queue holds the slots of the closed orders of an account, first in first out,
// in chunks of a cache line: neither end looks at an order.
type queue struct {
	first slot // chunks
	last  slot
	head  uint8 // slots of the first chunk that are taken out
	tail  uint8 // slots of the last chunk that are filled
	n     int32
}

const chunkLen = 14

type chunk struct {
	slots [chunkLen]slot
	next  slot
	prev  slot
}

func (q *queue) push(p *pool[chunk], s slot) {
	if q.last == 0 || q.tail == chunkLen {
		q.extend(p)
	}
	p.at(q.last).slots[q.tail] = s
	q.tail++
	q.n++
}

func (q *queue) extend(p *pool[chunk]) {
	c := p.take()
	*p.at(c) = chunk{prev: q.last}
	if q.last != 0 {
		p.at(q.last).next = c
	} else {
		q.first, q.head = c, 0
	}
	q.last, q.tail = c, 0
}

// pop takes out the oldest; there must be one.
func (q *queue) pop(p *pool[chunk]) slot {
	c := p.at(q.first)
	s := c.slots[q.head]
	q.head++
	q.n--
	switch {
	case q.n == 0:
		p.give(q.first)
		*q = queue{}
	case q.head == chunkLen:
		p.give(q.first)
		q.first, q.head = c.next, 0
		p.at(q.first).prev = 0
	}
	return s
}

// newestFirst runs through the queue, from the last pushed on.
func (q *queue) newestFirst(p *pool[chunk]) iter.Seq[slot] {
	return func(yield func(slot) bool) {
		c, i := q.last, int(q.tail)
		for range q.n {
			if i == 0 {
				c, i = p.at(c).prev, chunkLen
			}
			i--
			if !yield(p.at(c).slots[i]) {
				return
			}
		}
	}
}
