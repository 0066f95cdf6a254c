package marketview

import (
	"cmp"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The fills section: by account, the fills kept, oldest first.

const fillSize = 8 // bytes of a fill, at least

func (v *Views) appendFills(dst []byte) []byte {
	owners := v.fillOwners()
	dst = appendUint(dst, len(owners))
	for _, s := range owners {
		c := &v.fills.chains[s]
		dst = appendUint(dst, uint32(v.market.accounts.at(s).ID))
		dst = appendUint(dst, int(c.n))
		var last fill
		for f := range oldestFirst(c, &v.fills.links) {
			dst = appendFill(dst, f, &last)
			last = *f
		}
	}
	return dst
}

// fillOwners returns the slots of all accounts with fills, by number.
func (v *Views) fillOwners() []slot {
	var owners []slot
	for s := range v.fills.chains {
		if v.fills.chains[s].n > 0 {
			owners = append(owners, slot(s))
		}
	}
	accounts := &v.market.accounts
	slices.SortFunc(owners, func(a, b slot) int { return cmp.Compare(accounts.at(a).ID, accounts.at(b).ID) })
	return owners
}

func appendFill(dst []byte, f, last *fill) []byte {
	flags := byte(f.side)
	if f.maker {
		flags |= 2
	}
	dst = append(dst, flags)
	dst = appendUint(dst, uint32(f.symbol))
	dst = appendInt(dst, int64(f.trade-last.trade))
	dst = appendInt(dst, int64(f.order-last.order))
	dst = appendInt(dst, f.time-last.time)
	dst = appendInt(dst, f.price-last.price)
	dst = appendUint(dst, f.qty)
	return appendUint(dst, f.fee)
}

func (v *Views) restoreFills(d *decoder) {
	if len(v.fills.chains) != 0 {
		d.fail(ErrUsed)
	}
	for n, last := d.count(2+fillSize), -1; n > 0 && d.err == nil; n-- {
		id := d.upTo(1<<32 - 1)
		d.must(int(id) > last, ErrOrder)
		last = int(id)
		v.restoreAccountFills(d, msg.AccountID(id))
	}
}

// restoreAccountFills reads the fills of one account. Where this set keeps
// fewer, the oldest go.
func (v *Views) restoreAccountFills(d *decoder, a msg.AccountID) {
	n := d.count(fillSize)
	d.must(n > 0, ErrRange)
	var f fill
	for ; n > 0; n-- {
		f = v.market.restoreFill(d, a, &f)
		if d.err != nil {
			return
		}
		if v.fills.keep > 0 {
			*v.fills.push(v.market.account(a)) = f
		}
	}
}

// restoreFill reads the fill of an account after last.
func (m *market) restoreFill(d *decoder, a msg.AccountID, last *fill) (f fill) {
	flags := d.enum(3)
	f.side, f.maker = msg.Side(flags&1), flags&2 != 0
	f.symbol = msg.SymbolID(d.upTo(1<<32 - 1))
	f.trade, f.order = last.trade+msg.TradeID(d.int()), last.order+msg.OrderID(d.int())
	f.time = last.time + d.int()
	f.price = last.price + msg.Price(d.int())
	f.qty, f.fee = msg.Qty(d.upTo(uint64(msg.MaxQty))), msg.Amount(d.positive())
	d.must(f.price > 0 && f.price <= msg.MaxPrice && f.qty > 0 && f.order > 0 && f.trade > 0, ErrRange)
	d.must(f.time >= last.time, ErrOrder)
	d.must(m.has(f.symbol), ErrUnknown)
	if d.err == nil {
		settles := m.symbols[f.symbol].Spec.Accounting == msg.Balances
		d.must(!settles || a != msg.FeeAccount && int(a) < m.created, ErrUnknown)
		d.must(settles || f.fee == 0, ErrRange)
	}
	return f
}
