package engine

import (
	"encoding/binary"
	"math/bits"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// nameTable finds open orders by account and client order id. It holds slots
// and the hash of what is there; the names themselves lie with the orders, and
// a hit is compared in full, so equal hashes do no harm. The hash has no secret, so
// that an account can search names that fall into one run; a run is never longer
// than the number of open orders with such names, which MAX_NUM_ORDERS bounds, in
// each symbol, and no other account can lengthen it but with open orders of its own.
type nameTable struct {
	entries []nameEntry
	used    int
}

type nameEntry struct {
	hash uint32
	slot uint32
}

func (t *nameTable) init() { t.entries = make([]nameEntry, minTable) }

// hashName mixes an account and a name.
func hashName(a msg.AccountID, n *msg.Name) uint64 {
	h := mix(uint64(a)+k0, uint64(binary.LittleEndian.Uint32(n[32:]))+k1)
	for i := 0; i < 32; i += 8 {
		if w := binary.LittleEndian.Uint64(n[i:]); w != 0 {
			h = mix(h^w, k2+uint64(i))
		}
	}
	return h
}

// mix folds two words into one, through the 128 bits of their product.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^k3, b^k4)
	return hi ^ lo
}

// Odd constants with well spread bits: the fractional parts of the square roots
// of the first primes.
const (
	k0 = 0x6a09e667f3bcc909
	k1 = 0xbb67ae8584caa73b
	k2 = 0x3c6ef372fe94f82b
	k3 = 0xa54ff53a5f1d36f1
	k4 = 0x510e527fade682d1
)

// put adds an order that is named.
func (t *nameTable) put(hash uint64, slot uint32) {
	if 2*(t.used+1) > len(t.entries) {
		old := t.entries
		t.entries = make([]nameEntry, 2*len(old))
		for _, x := range old {
			if x.slot != 0 {
				t.place(x)
			}
		}
	}
	t.place(nameEntry{uint32(hash), slot})
	t.used++
}

func (t *nameTable) place(x nameEntry) {
	mask := len(t.entries) - 1
	i := int(x.hash) & mask
	for t.entries[i].slot != 0 {
		i = (i + 1) & mask
	}
	t.entries[i] = x
}

// remove deletes the entry of a slot, and moves up those behind it.
func (t *nameTable) remove(hash uint64, slot uint32) {
	mask := len(t.entries) - 1
	i := int(uint32(hash)) & mask
	for t.entries[i].slot != slot {
		i = (i + 1) & mask
	}
	t.used--
	for j := i; ; {
		j = (j + 1) & mask
		x := t.entries[j]
		if x.slot == 0 {
			break
		}
		if (j-int(x.hash))&mask >= (j-i)&mask {
			t.entries[i] = x
			i = j
		}
	}
	t.entries[i] = nameEntry{}
}

// orderNamed returns the slot of the account's open order of this name, or 0.
func (e *Engine) orderNamed(a msg.AccountID, n *msg.Name) uint32 {
	if e.orders.named.used == 0 {
		return 0
	}
	return e.orderHashed(hashName(a, n), a, n)
}

// orderHashed is orderNamed when the hash is known.
func (e *Engine) orderHashed(h uint64, a msg.AccountID, n *msg.Name) uint32 {
	t, hash := &e.orders.named, uint32(h)
	mask := len(t.entries) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		x := t.entries[i]
		if x.slot == 0 {
			return 0
		}
		if x.hash == hash && e.orders.names[x.slot] == *n &&
			e.positions.pool[e.orders.pool[x.slot].pos].account == a {
			return x.slot
		}
	}
}

// setName names an order that has no name.
func (e *Engine) setName(slot uint32, n *msg.Name) {
	o := &e.orders.pool[slot]
	o.named = true
	e.orders.names[slot] = *n
	e.orders.named.put(hashName(e.positions.pool[o.pos].account, n), slot)
}

// dropName takes an order's name away.
func (e *Engine) dropName(slot uint32) {
	o := &e.orders.pool[slot]
	o.named = false
	e.orders.named.remove(hashName(e.positions.pool[o.pos].account, &e.orders.names[slot]), slot)
}
