package marketview

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The balances section: the supply of each asset; then, by account, when something
// was moved last, and what it has of each asset of which it has anything.

func (v *Views) appendBalances(dst []byte) []byte {
	for id := range v.market.assets[1:] {
		dst = appendUint(dst, v.Supply(msg.AssetID(id+1)))
	}
	var rows []Balance
	owners, at := 0, len(dst)
	for a := range v.market.created {
		rows = v.Balances(msg.AccountID(a), rows[:0])
		moved := v.BalanceTime(msg.AccountID(a))
		if len(rows) == 0 && moved == 0 {
			continue
		}
		owners++
		dst = appendUint(dst, a)
		dst = appendInt(dst, moved)
		dst = appendUint(dst, len(rows))
		for i := range rows {
			dst = appendUint(dst, uint32(rows[i].Asset))
			dst = appendUint(dst, rows[i].Free)
			dst = appendUint(dst, rows[i].Locked)
		}
	}
	return slices.Insert(dst, at, appendUint(nil, owners)...)
}

func (v *Views) restoreBalances(d *decoder) {
	b := &v.balances
	if b.records.end != 0 {
		d.fail(ErrUsed)
	}
	for id := range v.market.assets[1:] {
		*b.total(msg.AssetID(id + 1)) = msg.Amount(d.positive())
	}
	last := -1
	for n := d.count(3); n > 0 && d.err == nil; n-- {
		a := int(d.upTo(uint64(v.market.created - 1)))
		d.must(a > last, ErrOrder)
		last = a
		v.restoreAccountBalances(d, msg.AccountID(a))
	}
}

func (v *Views) restoreAccountBalances(d *decoder, a msg.AccountID) {
	moved := d.int()
	rows := d.count(3)
	d.must(moved != 0 || rows > 0, ErrRange)
	if d.err != nil {
		return
	}
	v.balances.holder(a).moved = moved
	last := uint64(0)
	for ; rows > 0; rows-- {
		asset := d.upTo(uint64(len(v.market.assets) - 1))
		d.must(asset > last, ErrOrder)
		last = asset
		free, locked := d.positive(), d.positive()
		if d.err != nil {
			return
		}
		v.balances.add(v.balances.record(a, msg.AssetID(asset)), moved, msg.Amount(free), msg.Amount(locked))
	}
}
