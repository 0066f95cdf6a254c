package marketview

// ring keeps the newest rows of a list, as many as its owner says.
type ring[T any] struct {
	rows []T // its place 0 is the oldest until it is full
	next int // the place of the oldest and of the next row, once it is full
}

// push appends a row; of more than keep, the oldest goes.
func (r *ring[T]) push(v T, keep int) {
	if len(r.rows) < keep {
		r.rows = append(r.rows, v)
		return
	}
	if keep == 0 {
		return
	}
	r.rows[r.next] = v
	if r.next++; r.next == keep {
		r.next = 0
	}
}

func (r *ring[T]) len() int { return len(r.rows) }

// at returns row i, counted from the oldest.
func (r *ring[T]) at(i int) *T {
	if i += r.next; i >= len(r.rows) {
		i -= len(r.rows)
	}
	return &r.rows[i]
}
