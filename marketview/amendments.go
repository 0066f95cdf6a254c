package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Amendment is a row about an order that was amended: it became smaller, and may
// have got another name.
type Amendment struct {
	Symbol      msg.SymbolID
	Order       msg.OrderID
	ExecutionID uint64 // of its report
	OrigName    msg.Name
	NewName     msg.Name // the same, unless it got another one
	OrigQty     msg.Qty
	NewQty      msg.Qty
	Time        int64
}

// AmendmentQuery says which amendments of an account are meant: those of an order in
// a symbol, with an execution id of at least From. With From the oldest of them are
// meant, else the newest.
type AmendmentQuery struct {
	Symbol msg.SymbolID
	Order  msg.OrderID
	From   uint64
	Limit  int
}

// Amendments appends the amendments of an account that are kept and meant to dst,
// oldest first.
func (v *Views) Amendments(a msg.AccountID, q AmendmentQuery, dst []Amendment) []Amendment {
	meant := func(r *Amendment) bool {
		return r.Symbol == q.Symbol && r.Order == q.Order && r.ExecutionID >= q.From
	}
	return appendRows(dst, &v.amendments, &v.market, a, q.Limit, q.From != 0, meant, func(r *Amendment) Amendment { return *r })
}

// The amendments section: by account, the amendments kept, oldest first.

const amendmentSize = 8 // bytes of an amendment, at least

func appendAmendment(dst []byte, r, last *Amendment) []byte {
	dst = appendUint(dst, uint32(r.Symbol))
	dst = appendUint(dst, r.ExecutionID)
	dst = appendInt(dst, int64(r.Order-last.Order))
	dst = appendInt(dst, r.Time-last.Time)
	dst = appendUint(dst, r.OrigQty)
	dst = appendUint(dst, r.NewQty)
	dst = appendName(dst, &r.OrigName)
	return appendName(dst, &r.NewName)
}

func (m *market) restoreAmendment(d *decoder, a msg.AccountID, last *Amendment) (r Amendment) {
	r.Symbol = msg.SymbolID(d.upTo(1<<32 - 1))
	r.ExecutionID = uint64(d.positive())
	r.Order = last.Order + msg.OrderID(d.int())
	r.Time = last.Time + d.int()
	r.OrigQty, r.NewQty = msg.Qty(d.upTo(uint64(msg.MaxQty))), msg.Qty(d.upTo(uint64(msg.MaxQty)))
	r.OrigName, r.NewName = d.name(), d.name()
	d.must(r.ExecutionID > 0 && r.Order > 0 && r.NewQty > 0 && r.NewQty < r.OrigQty, ErrRange)
	d.must(r.Time >= last.Time, ErrOrder)
	d.must(m.has(r.Symbol) && m.trades(a, r.Symbol), ErrUnknown)
	return r
}

func (v *Views) checkAmendments() error {
	return v.amendments.checkReported(&v.market, "amendments", func(r *Amendment) (msg.SymbolID, uint64) { return r.Symbol, r.ExecutionID })
}
