package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Report is what one event did to one order, with the order as it was right after
// it: what its owner is told. A trade gives two, the maker's first; a prevention
// one for each side that lost quantity, the maker's first. Of refusals there is one
// that gives a report: that of a new order whose cancel-replace has canceled the old
// one. It tells the order as it was asked for, under an id that no order gets.
type Report struct {
	Kind        msg.EventKind // Accepted, Traded, Canceled, Expired, Amended, Prevented or Rejected
	Maker       bool          // Traded, Prevented: the order that rested longer
	Resting     bool          // open, and on the book or, while it arrives, of those that come to rest there
	ExecutionID uint64        // by symbol, gap-free from 1
	Order       Order
	PrevName    msg.Name // Amended: the name before it, which may be the same

	// Traded: the part that traded. Prevented: the part that was taken off, at the
	// maker's price, and the order on the other side.
	Qty      msg.Qty
	Price    msg.Price
	Quote    msg.Amount // Traded: what it cost, in quote units
	Trade    msg.TradeID
	Fee      msg.Amount // Traded: on what the order received, in FeeAsset
	FeeAsset msg.AssetID
	Other    msg.OrderID // Traded, Prevented
}

// report appends the report of the symbol's last execution id: what an event of
// this kind has made of the order at s, which was open until now. It returns nil while
// nobody wants reports.
func (o *orders) report(kind msg.EventKind, s slot) *Report {
	if !o.reports {
		return nil
	}
	return o.appendReport(kind, s, o.symbol.ExecutionID)
}

func (o *orders) appendReport(kind msg.EventKind, s slot, id uint64) *Report {
	r := o.records.at(s)
	rests := r.status.isOpen() && r.terms.kind() != msg.Market && r.terms.tif() == msg.GTC
	o.out.Reports = append(o.out.Reports, Report{Kind: kind, Resting: rests, ExecutionID: id, Order: o.openRow(s)})
	return &o.out.Reports[len(o.out.Reports)-1]
}

// reportFill reports a trade to both sides, whose execution ids are the last two.
func (o *orders) reportFill(f *Fill, maker, taker slot) {
	last := o.symbol.ExecutionID
	m := o.appendReport(msg.Traded, maker, last-1)
	m.Maker, m.Other = true, o.records.at(taker).id
	o.fillIn(m, f)
	t := o.appendReport(msg.Traded, taker, last)
	t.Other = o.records.at(maker).id
	o.fillIn(t, f)
}

// fillIn says what the order of p had of a trade.
func (o *orders) fillIn(p *Report, f *Fill) {
	p.Qty, p.Price, p.Quote, p.Trade = f.Qty, f.Price, f.Quote, f.Trade
	p.Fee, p.FeeAsset = f.Parties[p.Order.Side].Fee, o.symbol.received(p.Order.Side)
}

// reportPrevented reports the lots that a prevention took off one side.
func (o *orders) reportPrevented(e *msg.Event, s slot, q msg.Qty) {
	p := o.report(msg.Prevented, s)
	if p == nil {
		return
	}
	p.Maker, p.Other, p.Price, p.Qty = p.Order.ID == e.Order, e.Taker, e.Price, q
	if !p.Maker {
		p.Other = e.Order
	}
}

// refused reports the new order of a cancel-replace that was refused when the old
// one was canceled already.
func (o *orders) refused(c *msg.Command, e *msg.Event) {
	o.symbol.ExecutionID++
	if !o.reports {
		return
	}
	o.out.Reports = append(o.out.Reports, Report{
		Kind: e.Kind, ExecutionID: o.symbol.ExecutionID,
		Order: Order{
			ID: msg.OrderID(c.Seq), Account: c.Account, Symbol: c.Symbol, Side: c.Side, Type: c.Type, TIF: c.TIF, STP: c.STP,
			Status: StatusRejected, Reason: e.Reason, Name: c.Name, Price: c.Price, Qty: c.Qty, Quote: c.Quote,
			Time: c.Time, Updated: c.Time, Strategy: c.Strategy,
		},
	})
}
