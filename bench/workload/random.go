package workload

// random is the generator splitmix64. Its state is the seed and moves by a constant.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n draws from 0 to k-1, with the upper half of a word.
func (r *random) n(k int) int { return int((r.next() >> 32) * uint64(k) >> 32) }

// geometric draws how often a chance of 1 in den fails before it succeeds, if that
// is less than limit; else it starts again. So it needs no floating point.
func (r *random) geometric(den, limit int) int {
	for {
		for k := range limit {
			if r.n(den) == 0 {
				return k
			}
		}
	}
}
