package timeline

import (
	"cmp"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// mark is a moment whose state is kept.
type mark struct {
	seq    msg.Seq
	time   int64
	digest uint64
	image  []byte // of the engine
	births []birth
}

func (m *mark) bytes() int64 { return int64(len(m.image)) + int64(len(m.births))*birthBytes }

// marks are the kept moments in their order. The first one is where the past begins
// and is never given up.
type marks struct {
	list    []mark
	bytes   int64
	limit   int64
	spacing int // work between two of them, in commands and events
}

// add appends a mark. While they take too much every second one is given up, and the
// next ones will lie twice as far apart.
func (k *marks) add(m mark) {
	k.list = append(k.list, m)
	k.bytes += m.bytes()
	for k.bytes > k.limit && len(k.list) > 1 {
		k.thin()
	}
}

func (k *marks) thin() {
	kept := k.list[:1]
	k.bytes = k.list[0].bytes()
	for i := 2; i < len(k.list); i += 2 {
		kept = append(kept, k.list[i])
		k.bytes += k.list[i].bytes()
	}
	clear(k.list[len(kept):])
	k.list = kept
	k.spacing *= 2
}

// before returns the index of the last mark before a sequence, or of the first one.
func (k *marks) before(seq msg.Seq) int {
	i, _ := slices.BinarySearchFunc(k.list, seq, func(m mark, seq msg.Seq) int { return cmp.Compare(m.seq, seq) })
	return max(0, i-1)
}

// atTime returns the index of the last mark at or before a time, or of the first one.
func (k *marks) atTime(nanos int64) int {
	i, _ := slices.BinarySearchFunc(k.list, nanos, func(m mark, nanos int64) int {
		if m.time <= nanos {
			return -1
		}
		return 1
	})
	return max(0, i-1)
}
