package flow

import (
	"bytes"
	"errors"
	"fmt"
	"math"
)

// maxIDBytes is the longest id.
const maxIDBytes = 255

// names holds texts by number, from 1; number 0 is the empty one. Two million
// strings would cost the garbage collector two million pointers; this has none.
type names struct {
	all  []byte
	ends []uint32
}

func (n *names) text(number uint32) []byte {
	if number == 0 {
		return nil
	}
	start := uint32(0)
	if number > 1 {
		start = n.ends[number-2]
	}
	return n.all[start:n.ends[number-1]]
}

// nameTable finds the numbers of names. It is open addressing over their hashes,
// needed only while a file is read.
type nameTable struct {
	names
	slots []uint32 // numbers, 0 = free; a power of two, at most half full
}

var (
	errIDLength = fmt.Errorf("an id has 1 to %d bytes", maxIDBytes)
	errIDBytes  = errors.New("an id has no quote, semicolon or control character")
	errIDsFull  = errors.New("the ids of the file exceed 4 GB")
)

// number returns the number of a name and gives it the next one if it is new.
func (t *nameTable) number(name []byte) (uint32, error) {
	if 2*len(t.ends) >= len(t.slots) {
		t.grow()
	}
	mask := uint64(len(t.slots) - 1)
	i := nameHash(name) & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if bytes.Equal(t.text(t.slots[i]), name) {
			return t.slots[i], nil
		}
	}
	if err := checkID(name); err != nil {
		return 0, err
	}
	if uint64(len(t.all)+len(name)) > math.MaxUint32 {
		return 0, errIDsFull
	}
	t.all = append(t.all, name...)
	t.ends = append(t.ends, uint32(len(t.all)))
	t.slots[i] = uint32(len(t.ends))
	return t.slots[i], nil
}

func (t *nameTable) grow() {
	t.slots = make([]uint32, max(1<<10, 2*len(t.slots)))
	mask := uint64(len(t.slots) - 1)
	for n := range t.ends {
		number := uint32(n) + 1
		i := nameHash(t.text(number)) & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = number
	}
}

func checkID(name []byte) error {
	if len(name) == 0 || len(name) > maxIDBytes {
		return errIDLength
	}
	for _, c := range name {
		if c < ' ' || c == 0x7f || c == '"' || c == ';' || c == ',' {
			return errIDBytes
		}
	}
	return nil
}

// nameHash is FNV-1a, mixed so that low and high bits depend on every byte. It
// decides which account an order belongs to: changing it changes every digest.
func nameHash(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h ^= h >> 32
	h *= 0x9fb21c651e98df25
	return h ^ h>>29
}
