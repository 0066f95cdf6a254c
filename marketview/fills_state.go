package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The fills section: by account, the fills kept, oldest first.

const fillSize = 8 // bytes of a fill, at least

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
		d.must(m.trades(a, f.symbol), ErrUnknown)
		d.must(settles || f.fee == 0, ErrRange)
	}
	return f
}
