package timeline

import (
	"cmp"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// mark is a moment whose state is kept.
type mark struct {
	seq    msg.Seq
	time   int64
	state  *engine.Packed
	births births // settled
}

// bytes returns the memory that a mark takes beside what it shares with the one before
// it, nil for the first.
func (m *mark) bytes(before *mark) int64 {
	if before == nil {
		return m.state.Bytes(nil) + m.births.bytes(&births{})
	}
	return m.state.Bytes(before.state) + m.births.bytes(&before.births)
}

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
	k.bytes += m.bytes(k.last())
	k.list = append(k.list, m)
	for k.bytes > k.limit && len(k.list) > 1 {
		k.thin()
	}
}

func (k *marks) thin() {
	kept := k.list[:1]
	k.bytes = k.list[0].bytes(nil)
	for i := 2; i < len(k.list); i += 2 {
		k.bytes += k.list[i].bytes(&kept[len(kept)-1])
		kept = append(kept, k.list[i])
	}
	clear(k.list[len(kept):])
	k.list = kept
	k.spacing *= 2
}

// last returns the last mark, or nil.
func (k *marks) last() *mark {
	if len(k.list) == 0 {
		return nil
	}
	return &k.list[len(k.list)-1]
}

// before returns the index of the last mark before a sequence, or of the first one.
func (k *marks) before(seq msg.Seq) int {
	i, _ := slices.BinarySearchFunc(k.list, seq, func(m mark, seq msg.Seq) int { return cmp.Compare(m.seq, seq) })
	return max(0, i-1)
}
