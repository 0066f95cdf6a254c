package engine

import "math/bits"

// table maps 64-bit keys that are not zero to 32-bit values, by open addressing
// with linear probing at a load of at most one half. A deleted entry's place is
// filled by those behind it, so that nothing piles up.
type table struct {
	entries []entry
	used    int
	shift   uint8 // 64 - log2(len(entries)): the home of a key is the top bits of its hash
}

type entry struct {
	key   uint64
	value uint32
}

const minTable = 16

// newTable returns a table with room for n entries.
func newTable(n int) table {
	size := tableSize(n)
	return table{entries: make([]entry, size), shift: tableShift(size)}
}

// tableSize returns how many places a table has that has room for n entries.
func tableSize(n int) int {
	size := minTable
	for size < 2*n {
		size *= 2
	}
	return size
}

func tableShift(size int) uint8 { return uint8(64 - bits.TrailingZeros(uint(size))) }

// home mixes all of the key into the place: callers choose account numbers, and
// under a plain product numbers at a fixed distance, picked by anyone who reads
// this, would all fall into one run. Keys of which a caller could search enough
// to fill a run of this mix are bounded by MaxAccounts times the symbols.
func (t *table) home(key uint64) int { return int(mix(key^k0, k1) >> t.shift) }

// get returns the value of key, or 0.
func (t *table) get(key uint64) uint32 {
	mask := len(t.entries) - 1
	for i := t.home(key); ; i = (i + 1) & mask {
		x := &t.entries[i&mask]
		if x.key == key {
			return x.value
		}
		if x.key == 0 {
			return 0
		}
	}
}

// put adds key, which must not be there.
func (t *table) put(key uint64, value uint32) {
	if 2*(t.used+1) > len(t.entries) {
		t.grow()
	}
	mask := len(t.entries) - 1
	i := t.home(key)
	for t.entries[i].key != 0 {
		i = (i + 1) & mask
	}
	t.entries[i] = entry{key, value}
	t.used++
}

func (t *table) grow() {
	old := t.entries
	*t = newTable(len(old))
	for _, x := range old {
		if x.key != 0 {
			t.put(x.key, x.value)
		}
	}
}

// remove deletes key, which must be there.
func (t *table) remove(key uint64) {
	mask := len(t.entries) - 1
	i := t.home(key)
	for t.entries[i].key != key {
		i = (i + 1) & mask
	}
	t.used--
	for j := i; ; {
		j = (j + 1) & mask
		x := t.entries[j]
		if x.key == 0 {
			break
		}
		// x may move to i unless its home lies cyclically in (i, j].
		if (j-t.home(x.key))&mask >= (j-i)&mask {
			t.entries[i] = x
			i = j
		}
	}
	t.entries[i] = entry{}
}
