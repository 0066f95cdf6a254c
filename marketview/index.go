package marketview

// index finds a record's slot by a number: open addressing with linear
// probing, at most half full. Keys are ids that the engine counts up, not texts
// of a caller's choice, so a fixed multiplication spreads them.
type index struct {
	entries []entry // a power of two; a slot of zero is an empty place
	shift   uint8   // 64 - log2(len(entries))
	n       int
}

type entry struct {
	key  uint64
	slot slot
}

const (
	firstIndexBits = 6
	spread         = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio
)

// pairKey is the key of two ids.
func pairKey(hi, lo uint32) uint64 { return uint64(hi)<<32 | uint64(lo) }

func (x *index) home(key uint64) int { return int(key * spread >> x.shift) }

// find returns the slot stored under key, or 0.
func (x *index) find(key uint64) slot {
	if x.n == 0 {
		return 0
	}
	mask := len(x.entries) - 1
	for i := x.home(key); ; i++ {
		e := &x.entries[i&mask]
		if e.key == key || e.slot == 0 {
			return e.slot
		}
	}
}

// put stores s under key, which must not be there yet.
func (x *index) put(key uint64, s slot) {
	if 2*(x.n+1) > len(x.entries) {
		x.reserve(1)
	}
	x.n++
	mask := len(x.entries) - 1
	i := x.home(key)
	for x.entries[i&mask].slot != 0 {
		i++
	}
	x.entries[i&mask] = entry{key, s}
}

// remove forgets key and reports whether it was there. The entries behind it
// move up, so that no probe stops at the hole.
func (x *index) remove(key uint64) bool {
	if x.find(key) == 0 {
		return false
	}
	mask := len(x.entries) - 1
	hole := x.home(key)
	for x.entries[hole&mask].key != key {
		hole++
	}
	for i := hole + 1; x.entries[i&mask].slot != 0; i++ {
		home := x.home(x.entries[i&mask].key)
		if (i-home)&mask >= (i-hole)&mask {
			x.entries[hole&mask] = x.entries[i&mask]
			hole = i
		}
	}
	x.entries[hole&mask] = entry{}
	x.n--
	return true
}

// reserve makes room for so many entries more.
func (x *index) reserve(more int) {
	bits := uint8(firstIndexBits)
	for 2*(x.n+more) > 1<<bits {
		bits++
	}
	old := x.entries
	if 1<<bits <= len(old) {
		return
	}
	x.entries, x.shift, x.n = make([]entry, 1<<bits), 64-bits, 0
	clear(x.entries) // by writing: a page that is read before it is written to is mapped twice
	for _, e := range old {
		if e.slot != 0 {
			x.put(e.key, e.slot)
		}
	}
}
