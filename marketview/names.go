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
		n.grow(2 * len(n.buckets))
	}
	n.insert(n.bucket(a, name), a, name, order)
}

// addNew is add unless an open order of the account has the name: then it returns false.
func (n *names) addNew(a msg.AccountID, name *msg.Name, order slot) bool {
	at := n.place(a, name)
	if *at != 0 {
		return false
	}
	n.insert(at, a, name, order)
	return true
}

// insert makes at, which is a link in the bucket of the name, lead to a record of it.
func (n *names) insert(at *slot, a msg.AccountID, name *msg.Name, order slot) {
	s := n.records.take()
	*n.records.at(s) = named{name: *name, account: a, order: order, next: *at}
	*at = s
}

// reserve makes room for so many names more.
func (n *names) reserve(more int) {
	buckets := len(n.buckets)
	for buckets < n.records.used()+more {
		buckets *= 2
	}
	if buckets > len(n.buckets) {
		n.grow(buckets)
	}
}

// remove forgets a name that is there.
func (n *names) remove(a msg.AccountID, name *msg.Name) {
	at := n.place(a, name)
	s := *at
	*at = n.records.at(s).next
	n.records.give(s)
}

// grow makes as many buckets, a power of two.
func (n *names) grow(buckets int) {
	old := n.buckets
	n.buckets = make([]slot, buckets)
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
