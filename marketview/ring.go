package marketview

// ring keeps the newest rows of a list, as many as its owner says.
type ring[T any] struct {
	rows []T // its place 0 is the oldest until it is full
	next int // the place of the oldest and of the next row, once it is full
}

// push returns the place of the next row; of more than keep, the oldest goes. It returns
// nil when none are kept.
func (r *ring[T]) push(keep int) *T {
	if len(r.rows) < keep {
		return next(&r.rows)
	}
	if keep == 0 {
		return nil
	}
	at := &r.rows[r.next]
	if r.next++; r.next == keep {
		r.next = 0
	}
	return at
}

func (r *ring[T]) len() int { return len(r.rows) }

// at returns row i, counted from the oldest.
func (r *ring[T]) at(i int) *T {
	if i += r.next; i >= len(r.rows) {
		i -= len(r.rows)
	}
	return &r.rows[i]
}
