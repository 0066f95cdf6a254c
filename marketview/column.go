package marketview

// column holds one more thing of the records of a pool, at their slots. A page of it
// takes memory once something is put there.
type column[T any] struct {
	pages []*[pageLen]T
}

// at returns what lies at s, where something was put.
func (c *column[T]) at(s slot) *T { return &c.pages[s>>pageBits][s%pageLen] }

// put returns the place at s, where something is about to be put.
func (c *column[T]) put(s slot) *T {
	if page := int(s >> pageBits); page >= len(c.pages) || c.pages[page] == nil {
		c.extend(page)
	}
	return c.at(s)
}

func (c *column[T]) extend(page int) {
	for page >= len(c.pages) {
		c.pages = append(c.pages, nil)
	}
	c.pages[page] = new([pageLen]T)
}
