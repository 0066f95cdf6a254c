package marketview

import "sort"

// Span chooses rows of a list by time, both ends included; zero means no end,
// so whoever means the epoch says 1. Of more than Limit rows those next to
// Start are meant, or the newest where there is no Start.
type Span struct {
	Start int64
	End   int64
	Limit int
}

// has reports whether a time lies between the ends.
func (s *Span) has(t int64) bool { return t >= s.Start && (s.End == 0 || t <= s.End) }

// choose returns the first row and the row behind the last of those that s
// means in a list of n rows in the order of time, not looking at those before
// from. Where oldest, Limit cuts the newest rows off even without a Start.
func (s *Span) choose(n, from int, oldest bool, time func(i int) int64) (first, end int) {
	first, end = from, n
	if s.Start != 0 {
		first = max(first, sort.Search(n, func(i int) bool { return time(i) >= s.Start }))
	}
	if s.End != 0 {
		end = sort.Search(n, func(i int) bool { return time(i) > s.End })
	}
	if cut := end - first - max(s.Limit, 0); cut > 0 {
		if oldest || s.Start != 0 {
			return first, end - cut
		}
		first += cut
	}
	return first, max(first, end)
}
