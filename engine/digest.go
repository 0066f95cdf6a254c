package engine

import (
	"encoding/binary"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Digest returns a 64-bit fingerprint of the business state: assets, symbols
// with phases and counters, accounts with rates and transfers, balances, open
// orders with their queue numbers and client ids and whether they have traded, and
// time buckets. Sequence and time are not in it. It is a sum of one mixed word per
// record, so it does not depend on any order of records and each change costs one
// subtraction and one addition. It stands in every journal frame.
func (e *Engine) Digest() uint64 { return e.digest }

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

// orderMix mixes a resting order. Price, quantity and open quantity have 53 bits
// each; side, amends and whether something was traded stand in the bits that they
// leave free.
func (e *Engine) orderMix(i uint32) uint64 { return e.orderMixNamed(i, e.nameMix(i)) }

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
	p := &e.positions.pool[o.pos]
	h := mix(tagOrder^uint64(o.id), uint64(p.account)<<32|uint64(p.symbol))
	h = mix(h^(uint64(o.traded)<<63|uint64(e.pool.levels[o.level].price)<<1|uint64(o.side)), o.queue)
	h = mix(h^(uint64(o.qty)<<8|uint64(o.amends>>8)), uint64(o.open)<<8|uint64(o.amends&0xff))
	if o.named {
		h = mix(h, name)
	}
	return h
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
