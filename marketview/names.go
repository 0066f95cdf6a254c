package marketview

import (
	"hash/maphash"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// names finds the orders that an account gave a client id. Every order kept
// that has a name has one record here, open or closed. Names are of a caller's
// choice, so their hash has a random seed; no answer depends on it.
type names struct {
	records pool[named]
	buckets []slot // a power of two
	seed    maphash.Seed
}

// named is one order's name. Of several orders of the same name, of which one
// at most is open, the one that took it last comes first in its bucket.
type named struct {
	name    msg.Name
	account msg.AccountID
	order   slot
	next    slot
}

const firstNameBuckets = 64

func newNames() names {
	return names{seed: maphash.MakeSeed(), buckets: make([]slot, firstNameBuckets)}
}

func (n *names) bucket(a msg.AccountID, name *msg.Name) *slot {
	h := maphash.Bytes(n.seed, name[:]) ^ uint64(a)*spread
	return &n.buckets[h&uint64(len(n.buckets)-1)]
}

// find returns the order that took the name last, or 0.
func (n *names) find(a msg.AccountID, name *msg.Name) slot {
	for s := *n.bucket(a, name); s != 0; {
		r := n.records.at(s)
		if r.account == a && r.name == *name {
			return r.order
		}
		s = r.next
	}
	return 0
}

// add gives an order a name and returns the slot of its record.
func (n *names) add(a msg.AccountID, name *msg.Name, order slot) slot {
	if n.records.used() >= len(n.buckets) {
		n.grow()
	}
	s := n.records.take()
	b := n.bucket(a, name)
	*n.records.at(s) = named{name: *name, account: a, order: order, next: *b}
	*b = s
	return s
}

// remove forgets a record.
func (n *names) remove(s slot) {
	r := n.records.at(s)
	at := n.bucket(r.account, &r.name)
	for *at != s {
		at = &n.records.at(*at).next
	}
	*at = r.next
	n.records.give(s)
}

// grow doubles the buckets. Records of one bucket keep their order: they are
// appended to the new buckets, first to last.
func (n *names) grow() {
	old := n.buckets
	n.buckets = make([]slot, 2*len(old))
	for _, s := range old {
		for s != 0 {
			r := n.records.at(s)
			next := r.next
			r.next = 0
			at := n.bucket(r.account, &r.name)
			for *at != 0 {
				at = &n.records.at(*at).next
			}
			*at = s
			s = next
		}
	}
}
