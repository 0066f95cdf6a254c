package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// outcome is what became of a command about orders, as its answer tells it: copied
// when the views have folded the command, so it shows what the command did and
// nothing that came later.
type outcome struct {
	refused   msg.Reason // the command, or the new order of a cancel-replace
	unmatched msg.Reason // the cancel of a cancel-replace
	emptyBook bool       // of a refusal for want of liquidity: there was nothing at all

	placed   bool
	order    marketview.Order // the new order, after all that happened to it
	fills    []fill
	prevents []prevention

	canceled []marketview.Order
	amended  marketview.Report
}

// fill is one trade of the new order.
type fill struct {
	price msg.Price
	qty   msg.Qty
	fee   msg.Amount
	asset msg.AssetID
	trade msg.TradeID
}

// prevention is one trade that did not take place.
type prevention struct {
	id       uint64 // the execution id of its first report
	maker    msg.OrderID
	price    msg.Price
	makerQty msg.Qty
	takerQty msg.Qty
}

func (o *outcome) reset() {
	*o = outcome{fills: o.fills[:0], prevents: o.prevents[:0], canceled: o.canceled[:0]}
}

// See implements gateway.Seer.
func (o *outcome) See(v *marketview.Views, c *msg.Command, events []msg.Event) {
	for i := range events {
		switch e := &events[i]; e.Kind {
		case msg.Rejected:
			o.refused = e.Reason
			if e.Reason == msg.NoLiquidity {
				o.emptyBook = nothingOpposite(v, c)
			}
		case msg.CancelRejected:
			o.unmatched = e.Reason
		default: // the reports tell the rest
		}
	}
	own := msg.OrderID(c.Seq)
	reports := v.Resolved().Reports
	for i := range reports {
		r := &reports[i]
		switch r.Kind {
		case msg.Canceled:
			o.canceled = append(o.canceled, r.Order)
		case msg.Amended:
			o.amended = *r
		case msg.Prevented:
			o.prevented(r)
		case msg.Traded:
			if r.Order.ID == own {
				o.fills = append(o.fills, fill{r.Price, r.Qty, r.Fee, r.FeeAsset, r.Trade})
			}
		default:
		}
		if r.Order.ID == own && r.Kind != msg.Rejected {
			o.placed, o.order = true, r.Order
		}
	}
}

// prevented notes one side of a prevention. The maker's comes first, and the
// taker's is of the same if it is against that maker.
func (o *outcome) prevented(r *marketview.Report) {
	if r.Maker {
		o.prevents = append(o.prevents, prevention{id: r.ExecutionID, maker: r.Order.ID, price: r.Price, makerQty: r.Qty})
		return
	}
	n := len(o.prevents)
	if n == 0 || o.prevents[n-1].maker != r.Other {
		o.prevents = append(o.prevents, prevention{id: r.ExecutionID, maker: r.Other, price: r.Price})
		n++
	}
	o.prevents[n-1].takerQty = r.Qty
}

// nothingOpposite reports whether there is nothing that the order of c could meet.
func nothingOpposite(v *marketview.Views, c *msg.Command) bool {
	top, _ := v.Best(c.Symbol)
	if c.Side == msg.Buy {
		return top.AskQty == 0
	}
	return top.BidQty == 0
}

// refusedOrder returns the refusal of the new order.
func (o *outcome) refusedOrder() *Error {
	if o.emptyBook {
		return OrderError(textEmptyBook)
	}
	return RefusedOrder(o.refused)
}
