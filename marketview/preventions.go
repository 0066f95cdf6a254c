package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Prevention is a row about a trade of an account with itself that did not take
// place.
type Prevention struct {
	Symbol   msg.SymbolID
	ID       uint64 // the execution id of its first report
	Taker    msg.OrderID
	Maker    msg.OrderID
	Mode     msg.Prevention // of the taker, which decides
	Price    msg.Price      // of the maker
	TakerQty msg.Qty        // taken off the taker
	MakerQty msg.Qty        // taken off the maker
	Time     int64
}

// PreventionQuery says which preventions of an account are meant: those in a symbol,
// or in all when it is zero; that with an id, if one is given; those of an order, on
// either side, if one is given; with an id of at least From. Ids are of use with a
// symbol only. With From the oldest of them are meant, else the newest.
type PreventionQuery struct {
	Symbol msg.SymbolID
	ID     uint64
	Order  msg.OrderID
	From   uint64
	Limit  int
}

func (q *PreventionQuery) means(r *Prevention) bool {
	return (q.Symbol == 0 || r.Symbol == q.Symbol) && (q.ID == 0 || r.ID == q.ID) && (q.Order == 0 || r.Taker == q.Order || r.Maker == q.Order) && r.ID >= q.From
}

// Preventions appends the preventions of an account that are kept and meant to dst,
// oldest first.
func (v *Views) Preventions(a msg.AccountID, q PreventionQuery, dst []Prevention) []Prevention {
	return appendRows(dst, &v.preventions, &v.market, a, q.Limit, q.From != 0, q.means, func(r *Prevention) Prevention { return *r })
}

// The preventions section: by account, the preventions kept, oldest first.

const preventionSize = 9 // bytes of a prevention, at least

func appendPrevention(dst []byte, r, last *Prevention) []byte {
	dst = append(dst, byte(r.Mode))
	dst = appendUint(dst, uint32(r.Symbol))
	dst = appendUint(dst, r.ID)
	dst = appendInt(dst, int64(r.Taker-last.Taker))
	dst = appendInt(dst, int64(r.Maker-r.Taker))
	dst = appendInt(dst, r.Time-last.Time)
	dst = appendInt(dst, r.Price-last.Price)
	dst = appendUint(dst, r.TakerQty)
	return appendUint(dst, r.MakerQty)
}

func (m *market) restorePrevention(d *decoder, a msg.AccountID, last *Prevention) (r Prevention) {
	r.Mode = msg.Prevention(d.enum(byte(msg.Decrement)))
	r.Symbol = msg.SymbolID(d.upTo(1<<32 - 1))
	r.ID = uint64(d.positive())
	r.Taker = last.Taker + msg.OrderID(d.int())
	r.Maker = r.Taker + msg.OrderID(d.int())
	r.Time = last.Time + d.int()
	r.Price = last.Price + msg.Price(d.int())
	r.TakerQty, r.MakerQty = msg.Qty(d.upTo(uint64(msg.MaxQty))), msg.Qty(d.upTo(uint64(msg.MaxQty)))
	d.must(r.Mode != msg.NoPrevention && r.ID > 0 && r.Taker > 0 && r.Maker > 0 && r.Taker != r.Maker, ErrRange)
	d.must(r.Price > 0 && r.Price <= msg.MaxPrice && r.TakerQty|r.MakerQty != 0, ErrRange)
	d.must(r.Time >= last.Time, ErrOrder)
	d.must(m.has(r.Symbol) && m.trades(a, r.Symbol), ErrUnknown)
	return r
}

func (v *Views) checkPreventions() error {
	return v.preventions.checkReported(&v.market, "preventions", func(r *Prevention) (msg.SymbolID, uint64) { return r.Symbol, r.ID })
}
