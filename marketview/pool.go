package marketview

// slot is the place of a record in its pool; zero is none.
type slot = uint32

// Pages are never moved, so growing costs no copy of what is there.
const (
	pageBits = 9
	pageLen  = 1 << pageBits
)

// pool holds records of one kind in pages. Given back places are used again,
// the last one first: it is the one most likely still in the cache.
type pool[T any] struct {
	pages []*[pageLen]T
	free  []slot
	end   slot // the first place never used; 0 only before the first take
}

// at returns the record at s.
func (p *pool[T]) at(s slot) *T { return &p.pages[s>>pageBits][s%pageLen] }

// take returns a place that is not in use. Its content is whatever it was.
func (p *pool[T]) take() slot {
	if n := len(p.free); n > 0 {
		s := p.free[n-1]
		p.free = p.free[:n-1]
		return s
	}
	if p.end == 0 {
		p.end = 1 // slot 0 means none
	}
	s := p.end
	p.end++
	if int(s>>pageBits) == len(p.pages) {
		p.pages = append(p.pages, new([pageLen]T))
	}
	return s
}

// give returns a place to the pool.
func (p *pool[T]) give(s slot) { p.free = append(p.free, s) }

// used returns the number of records in use.
func (p *pool[T]) used() int { return max(int(p.end)-1, 0) - len(p.free) }
