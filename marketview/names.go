package marketview

import (
	"hash/maphash"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// names finds the open order that an account gave a client id. Names are of a
// caller's choice, so their hash has a random seed; no answer depends on it.
type names struct {
	records pool[named]
	buckets []slot // a power of two, at least as many as records
	seed    maphash.Seed
}

type named struct {
	name    msg.Name
	account msg.AccountID
	order   slot
	next    slot // in its bucket
}

const firstNameBuckets = 64

func newNames() names {
	return names{seed: maphash.MakeSeed(), buckets: make([]slot, firstNameBuckets)}
}

func (n *names) bucket(a msg.AccountID, name *msg.Name) *slot {
	h := maphash.Bytes(n.seed, name[:]) ^ uint64(a)*spread
	return &n.buckets[h&uint64(len(n.buckets)-1)]
}

// place returns the link that leads to the record of a name, or to nothing.
func (n *names) place(a msg.AccountID, name *msg.Name) *slot {
	at := n.bucket(a, name)
	for *at != 0 {
		r := n.records.at(*at)
		if r.account == a && r.name == *name {
			break
		}
		at = &r.next
	}
	return at
}

// find returns the open order of a name, or 0.
func (n *names) find(a msg.AccountID, name *msg.Name) slot {
	if s := *n.place(a, name); s != 0 {
		return n.records.at(s).order
	}
	return 0
}

// add gives an order a name that no open order of the account has.
func (n *names) add(a msg.AccountID, name *msg.Name, order slot) {
	if n.records.used() >= len(n.buckets) {
		n.grow()
	}
	s := n.records.take()
	b := n.bucket(a, name)
	*n.records.at(s) = named{name: *name, account: a, order: order, next: *b}
	*b = s
}

// remove forgets a name that is there.
func (n *names) remove(a msg.AccountID, name *msg.Name) {
	at := n.place(a, name)
	s := *at
	*at = n.records.at(s).next
	n.records.give(s)
}

// grow doubles the buckets.
func (n *names) grow() {
	old := n.buckets
	n.buckets = make([]slot, 2*len(old))
	for _, s := range old {
		for s != 0 {
			r := n.records.at(s)
			next := r.next
			b := n.bucket(r.account, &r.name)
			r.next = *b
			*b = s
			s = next
		}
	}
}
