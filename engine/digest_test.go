package engine

import (
	"fmt"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// fieldBits is a field whose bits can be flipped one by one.
type fieldBits struct {
	name string
	n    int
	flip func(bit int)
}

func flipper[T ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int64](name string, n int, v *T) fieldBits {
	return fieldBits{name, n, func(bit int) { *v ^= T(1) << bit }}
}

// No record has the mix of one that differs in one bit or in two, of the same
// field or of two fields: nothing in a word stands where something else does.
func TestRecordsThatDifferInTwoBits(t *testing.T) {
	e := New(Capacity{})
	a := account{maker: 10, taker: 20, transfer: 5}
	accountID := msg.AccountID(3)
	b := balance{account: 7, asset: 2, free: 1 << 40, locked: 1 << 30}
	u := bucket{minute: 28_000_000, qty: 7 << 20, hi: 9, lo: 1 << 50}
	bucketOf := msg.SymbolID(1)
	s := symbol{id: 1, specMix: 0x123456789abcdef0, last: 100, trade: 3, updates: 9, reports: 8, queue: 7}
	as := asset{name: msg.Name{'B'}, scale: 8, total: 1 << 40}
	e.assets = []asset{as}
	e.positions.pool = append(e.positions.pool, position{account: 3, symbol: 1})
	e.pool.levels = append(e.pool.levels, level{price: 100})
	e.orders.pool = append(e.orders.pool, order{id: 9, qty: 100, open: 60, queue: 5, amends: 1, level: 1, pos: 1})
	e.orders.names = append(e.orders.names, msg.Name{'n'})
	o := &e.orders.pool[1]
	for name, x := range map[string]struct {
		mix    func() uint64
		fields []fieldBits
	}{
		"asset": {func() uint64 { return e.assetMix(1) }, []fieldBits{
			flipper("scale", 5, &e.assets[0].scale), flipper("total", 63, &e.assets[0].total), flipper("name", 7, &e.assets[0].name[0]),
		}},
		"account": {func() uint64 { return a.mix(accountID) }, []fieldBits{
			flipper("id", 25, &accountID), flipper("status", 2, &a.status), flipper("maker", 28, &a.maker), flipper("taker", 28, &a.taker),
			flipper("transfer", 63, &a.transfer),
		}},
		"balance": {b.mix, []fieldBits{
			flipper("account", 32, &b.account), flipper("asset", 32, &b.asset), flipper("free", 63, &b.free), flipper("locked", 63, &b.locked),
		}},
		"bucket": {func() uint64 { return u.mix(bucketOf) }, []fieldBits{
			flipper("symbol", 21, &bucketOf), flipper("minute", 40, &u.minute), flipper("qty", 57, &u.qty), flipper("hi", 57, &u.hi), flipper("lo", 64, &u.lo),
		}},
		"symbol": {s.fingerprint, []fieldBits{
			flipper("id", 21, &s.id), flipper("spec", 64, &s.specMix), flipper("phase", 2, &s.phase), flipper("last", 53, &s.last),
			flipper("trade", 63, &s.trade), flipper("updates", 63, &s.updates), flipper("reports", 63, &s.reports), flipper("queue", 63, &s.queue),
		}},
		"order": {func() uint64 { return e.orderMix(1) }, []fieldBits{
			flipper("id", 63, &o.id), flipper("account", 32, &e.positions.pool[1].account), flipper("symbol", 21, &e.positions.pool[1].symbol),
			flipper("price", 53, &e.pool.levels[1].price), flipper("side", 1, &o.side), flipper("qty", 53, &o.qty), flipper("open", 53, &o.open),
			flipper("queue", 64, &o.queue), flipper("amends", 16, &o.amends),
			flipper("traded", 1, &o.traded),
		}},
	} {
		checkTwoBits(t, name, x.mix, x.fields)
	}
}

func checkTwoBits(t *testing.T, record string, mix func() uint64, fields []fieldBits) {
	t.Helper()
	type flip struct{ field, bit int }
	var flips []flip
	for f := range fields {
		for bit := range fields[f].n {
			flips = append(flips, flip{f, bit})
		}
	}
	seen := map[uint64]string{mix(): "as it is"}
	note := func(who string) {
		if other, twice := seen[mix()]; twice {
			t.Fatalf("%s: %s has the mix of the one %s", record, who, other)
		}
		seen[mix()] = who
	}
	for i, x := range flips {
		fields[x.field].flip(x.bit)
		note(fmt.Sprintf("%s bit %d", fields[x.field].name, x.bit))
		for _, y := range flips[i+1:] {
			fields[y.field].flip(y.bit)
			note(fmt.Sprintf("%s bit %d and %s bit %d", fields[x.field].name, x.bit, fields[y.field].name, y.bit))
			fields[y.field].flip(y.bit)
		}
		fields[x.field].flip(x.bit)
	}
}
