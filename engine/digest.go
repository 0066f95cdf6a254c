package engine

import (
	"encoding/binary"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Digest returns a 64-bit fingerprint of the business state: assets, symbols
// with phases and counters, accounts with rates and transfers, balances, open
// orders with their queue numbers and client ids and whether they have traded, and
// time buckets. Sequence and time are not in it. It is a sum of one mixed word per
// record, so it does not depend on any order of records. It stands in every journal
// frame.
//
// It is asked for once for many commands, so a record that changes is not mixed
// anew each time: the first change takes its mix out, and Digest puts in the mixes
// of all records that are out. What came and went in between, as most orders do,
// is never mixed. So Digest, too, is a matter of the engine's one caller.
func (e *Engine) Digest() uint64 {
	e.settleAll()
	return e.digest
}

// maxOut is how many records of a kind are out of the digest at most. Beyond it, each
// that comes out puts that one back in which has been out for the longest, so that
// no command pays for others.
const maxOut = 1024

// outs is the queue of the slots of those records of a kind that are out of the
// digest. One that is gone stays in it, and so does its slot when it is used again.
type outs struct {
	slots [maxOut]uint32 // 0: none
	next  uint32
}

// add puts a slot into the queue, and returns the one that it has no more room for, or 0.
func (q *outs) add(slot uint32) (longest uint32) {
	at := &q.slots[q.next%maxOut]
	q.next++
	longest, *at = *at, slot
	return longest
}

// each takes all slots from the queue.
func (q *outs) each(settle func(slot uint32)) {
	for i := range min(q.next, maxOut) {
		slot := q.slots[i]
		q.slots[i] = 0
		settle(slot)
	}
	q.next = 0
}

// settleAll puts everything into the digest that is out of it.
func (e *Engine) settleAll() {
	e.outOrders.each(e.settleOrder)
	e.outBalances.each(e.settleBalance)
	e.outSymbols.each(e.settleSymbol)
}

// takeOrder takes the mix of a resting order out of the digest.
func (e *Engine) takeOrder(slot uint32) {
	if e.orders.pool[slot].out {
		return
	}
	e.digest -= e.orderMix(slot)
	e.holdOrder(slot)
}

// holdOrder notes that an order is not in the digest.
func (e *Engine) holdOrder(slot uint32) {
	e.orders.pool[slot].out = true
	if longest := e.outOrders.add(slot); longest != 0 {
		e.settleOrder(longest)
	}
}

func (e *Engine) settleOrder(slot uint32) {
	o := &e.orders.pool[slot]
	o.out = false
	if o.id != 0 {
		e.digest += e.orderMix(slot)
	}
}

// takeBalance takes the mix of a balance out of the digest.
func (e *Engine) takeBalance(slot uint32) {
	b := &e.balances.pool[slot]
	e.digest -= b.mix()
	b.out = true
	if longest := e.outBalances.add(slot); longest != 0 {
		e.settleBalance(longest)
	}
}

func (e *Engine) settleBalance(slot uint32) {
	b := &e.balances.pool[slot]
	b.out = false
	e.digest += b.mix()
}

// takeSymbol takes the mix of a symbol out of the digest.
func (e *Engine) takeSymbol(s *symbol) {
	e.digest -= s.mix
	s.out = true
	if longest := e.outSymbols.add(uint32(s.id)); longest != 0 {
		e.settleSymbol(longest)
	}
}

// settleSymbol puts the mix of a symbol into the digest, and that of its bucket that
// is out.
func (e *Engine) settleSymbol(id uint32) {
	s := e.symbols[id-1]
	s.mix = s.fingerprint()
	s.out = false
	e.digest += s.mix
	e.settleBucket(s)
}

// takeBucket takes the mix of one of a symbol's buckets out of the digest. The symbol
// is out.
func (e *Engine) takeBucket(s *symbol, i int) {
	if s.bucket == i+1 {
		return
	}
	e.settleBucket(s)
	e.digest -= s.minutes[i].mix(s.id)
	s.bucket = i + 1
}

func (e *Engine) settleBucket(s *symbol) {
	if s.bucket != 0 {
		e.digest += s.minutes[s.bucket-1].mix(s.id)
		s.bucket = 0
	}
}

// Each kind of record is mixed under a tag of its own, so that no record can
// stand for one of another kind. A word that holds several fields holds each in
// bits of its own, by the limits that the engine keeps, so that no change of one
// can make up for a change of another.
const (
	tagAsset   = 0x1f83d9abfb41bd6b
	tagAccount = 0x5be0cd19137e2179
	tagSymbol  = 0xcbbb9d5dc1059ed9
	tagBalance = 0x629a292a367cd507
	tagOrder   = 0x9159015a3070dd17
	tagBucket  = 0x152fecd8f70e5939
)

func (e *Engine) assetMix(id msg.AssetID) uint64 {
	a := &e.assets[id-1]
	h := mix(tagAsset^uint64(id), hashName(0, &a.name))
	return mix(h^uint64(a.scale), uint64(a.total))
}

func (e *Engine) accountMix(id msg.AccountID) uint64 { return e.accounts[id].mix(id) }

func (a *account) mix(id msg.AccountID) uint64 {
	h := mix(tagAccount^uint64(id), uint64(a.maker))
	return mix(h^(uint64(a.taker)<<8|uint64(a.status)), uint64(a.transfer))
}

// mix of a balance of nothing is 0: it is no state.
func (b *balance) mix() uint64 {
	if b.free == 0 && b.locked == 0 {
		return 0
	}
	h := mix(tagBalance^(uint64(b.account)<<32|uint64(b.asset)), uint64(b.free))
	return mix(h, uint64(b.locked))
}

func (b *bucket) mix(s msg.SymbolID) uint64 {
	if b.qty == 0 {
		return 0
	}
	h := mix(tagBucket^uint64(s), uint64(b.minute))
	return mix(mix(h^b.hi, b.lo), b.qty)
}

// orderMix mixes a resting order.
func (e *Engine) orderMix(i uint32) uint64 {
	o := &e.orders.pool[i]
	h := e.namelessMix(o)
	if o.named {
		h = mix(h, e.nameMix(i))
	}
	return h
}

// nameMix mixes the name of a resting order, which is nothing when it has none.
func (e *Engine) nameMix(i uint32) uint64 {
	o := &e.orders.pool[i]
	if !o.named {
		return 0
	}
	return hashName(e.positions.pool[o.pos].account, &e.orders.names[i])
}

// orderMixNamed is orderMix when the mix of the name is known.
func (e *Engine) orderMixNamed(i uint32, name uint64) uint64 {
	o := &e.orders.pool[i]
	h := e.namelessMix(o)
	if o.named {
		h = mix(h, name)
	}
	return h
}

// namelessMix mixes all of a resting order but its name. Price, quantity and open
// quantity have 53 bits each; side, amends and whether something was traded stand in
// the bits that they leave free.
func (e *Engine) namelessMix(o *order) uint64 {
	p := &e.positions.pool[o.pos]
	h := mix(tagOrder^uint64(o.id), uint64(p.account)<<32|uint64(p.symbol))
	h = mix(h^(uint64(o.traded)<<63|uint64(e.pool.levels[o.level].price)<<1|uint64(o.side)), o.queue)
	return mix(h^(uint64(o.qty)<<8|uint64(o.amends>>8)), uint64(o.open)<<8|uint64(o.amends&0xff))
}

// fingerprint mixes a symbol's rules, phase and counters.
func (s *symbol) fingerprint() uint64 {
	h := mix(tagSymbol^(uint64(s.id)<<8|uint64(s.phase)), s.specMix)
	h = mix(h^uint64(s.last), uint64(s.trade))
	return mix(mix(h^s.updates, s.reports), s.queue)
}

// specMix mixes a symbol's rules by way of their encoding.
func specMix(s *msg.Symbol) uint64 {
	b := msg.AppendSymbol(nil, s)
	h := mix(tagSymbol, uint64(len(b)))
	for len(b) > 0 {
		var w [8]byte
		n := copy(w[:], b)
		h = mix(h^binary.LittleEndian.Uint64(w[:]), k2)
		b = b[n:]
	}
	return h
}
