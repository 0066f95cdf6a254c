package marketview

import "iter"

// chain holds records of one owner, first in first out, in links of a pool that
// all owners share.
type chain struct {
	first slot // links
	last  slot
	head  uint8 // records of the first link that are dropped
	tail  uint8 // records of the last link that are filled
	n     int32
}

const linkLen = 9

type link[T any] struct {
	records [linkLen]T
	next    slot
}

// push returns the place of the next record.
func push[T any](c *chain, p *pool[link[T]]) *T {
	if c.last == 0 || c.tail == linkLen {
		s := p.take()
		p.at(s).next = 0
		if c.last != 0 {
			p.at(c.last).next = s
		} else {
			c.first = s
		}
		c.last, c.tail = s, 0
	}
	c.tail++
	c.n++
	return &p.at(c.last).records[c.tail-1]
}

// drop forgets the oldest record; there must be one.
func drop[T any](c *chain, p *pool[link[T]]) {
	c.head++
	c.n--
	switch {
	case c.n == 0:
		p.give(c.first)
		*c = chain{}
	case c.head == linkLen:
		next := p.at(c.first).next
		p.give(c.first)
		c.first, c.head = next, 0
	}
}

// oldestFirst runs through a chain in the order of its records.
func oldestFirst[T any](c *chain, p *pool[link[T]]) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		s, i := c.first, c.head
		for range c.n {
			if i == linkLen {
				s, i = p.at(s).next, 0
			}
			if !yield(&p.at(s).records[i]) {
				return
			}
			i++
		}
	}
}
