package marketview

import (
	"hash/maphash"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// names finds the open order that an account gave a client id. Names are of a
// caller's choice, so their hash has a random seed; no answer depends on it.
type names struct {
	records column[named] // of the orders that have a name
	buckets []slot        // of orders; a power of two, at least as many as names
	n       int
	seed    maphash.Seed
}

type named struct {
	name msg.Name
	hash uint32 // of the account and the name
	next slot   // in its bucket
}

const firstNameBuckets = 64

func newNames() names {
	return names{seed: maphash.MakeSeed(), buckets: make([]slot, firstNameBuckets)}
}

func (n *names) hash(a msg.AccountID, name *msg.Name) uint32 {
	return uint32(maphash.Bytes(n.seed, name[:]) ^ uint64(a)*spread>>32)
}

func (n *names) bucket(hash uint32) *slot { return &n.buckets[int(hash)&(len(n.buckets)-1)] }

// find returns the order of a hash and name that is the one meant, or 0.
func (n *names) find(hash uint32, name *msg.Name, meant func(slot) bool) slot {
	for s := *n.bucket(hash); s != 0; {
		r := n.records.at(s)
		if r.hash == hash && r.name == *name && meant(s) {
			return s
		}
		s = r.next
	}
	return 0
}

// put gives an order a name.
func (n *names) put(s slot, hash uint32, name *msg.Name) {
	n.reserve(1)
	r, at := n.records.put(s), n.bucket(hash)
	r.name, r.hash, r.next = *name, hash, *at
	*at = s
	n.n++
}

// remove takes away the name of an order, which stays readable.
func (n *names) remove(s slot) {
	r := n.records.at(s)
	at := n.bucket(r.hash)
	for *at != s {
		at = &n.records.at(*at).next
	}
	*at = r.next
	n.n--
}

// reserve makes room for so many names more.
func (n *names) reserve(more int) {
	size := len(n.buckets)
	for size < n.n+more {
		size *= 2
	}
	if size == len(n.buckets) {
		return
	}
	old := n.buckets
	n.buckets = make([]slot, size)
	clear(n.buckets) // by writing: a page that is read before it is written to is mapped twice
	for _, s := range old {
		for s != 0 {
			r := n.records.at(s)
			next, at := r.next, n.bucket(r.hash)
			r.next, *at = *at, s
			s = next
		}
	}
}
