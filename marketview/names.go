package marketview

import (
	"hash/maphash"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// names finds the open order that an account gave a client id. It holds slots and
// the hashes of what is there; the names lie with the orders, where who looks for
// one compares it. Names are of a caller's choice, so their hash has a random seed;
// no answer depends on it.
type names struct {
	entries []nameEntry // a power of two, at most half of them in use; a slot of zero is an empty place
	n       int
	seed    maphash.Seed
}

type nameEntry struct {
	hash uint32
	slot slot
}

const firstNames = 64

func newNames() names {
	return names{seed: maphash.MakeSeed(), entries: make([]nameEntry, firstNames)}
}

func (n *names) hash(a msg.AccountID, name *msg.Name) uint32 {
	return uint32(maphash.Bytes(n.seed, name[:]) ^ uint64(a)*spread)
}

// find returns the slot of a hash that is the one meant, or 0.
func (n *names) find(hash uint32, meant func(slot) bool) slot {
	mask := len(n.entries) - 1
	for i := int(hash); ; i++ {
		e := n.entries[i&mask]
		if e.slot == 0 || e.hash == hash && meant(e.slot) {
			return e.slot
		}
	}
}

// put adds a slot.
func (n *names) put(hash uint32, s slot) {
	n.reserve(1)
	n.place(nameEntry{hash, s})
	n.n++
}

func (n *names) place(e nameEntry) {
	mask := len(n.entries) - 1
	i := int(e.hash)
	for n.entries[i&mask].slot != 0 {
		i++
	}
	n.entries[i&mask] = e
}

// remove forgets a slot that is there. The entries behind it move up, so that no
// search stops at the hole.
func (n *names) remove(hash uint32, s slot) {
	mask := len(n.entries) - 1
	hole := int(hash)
	for n.entries[hole&mask].slot != s {
		hole++
	}
	for i := hole + 1; n.entries[i&mask].slot != 0; i++ {
		e := n.entries[i&mask]
		if (i-int(e.hash))&mask >= (i-hole)&mask {
			n.entries[hole&mask] = e
			hole = i
		}
	}
	n.entries[hole&mask] = nameEntry{}
	n.n--
}

// reserve makes room for so many names more.
func (n *names) reserve(more int) {
	size := len(n.entries)
	for size < 2*(n.n+more) {
		size *= 2
	}
	if size == len(n.entries) {
		return
	}
	old := n.entries
	n.entries = make([]nameEntry, size)
	clear(n.entries) // by writing: a page that is read before it is written to is mapped twice
	for _, e := range old {
		if e.slot != 0 {
			n.place(e)
		}
	}
}
