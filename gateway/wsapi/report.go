package wsapi

import (
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// teller writes the events of one transaction.
type teller struct {
	views   *marketview.Views
	command *msg.Command
	micro   bool // times in microseconds

	report  *marketview.Report // that is told
	market  *wire.Market       // of its order
	account msg.AccountID      // whose position is told
	assets  []msg.AssetID      // of the position
}

// execution is what an executionReport says beside what its order does.
type execution struct {
	kind     string   // x
	status   string   // X
	name     msg.Name // c
	origName msg.Name // C
	refusal  string   // r
	onBook   bool     // w
	traded   bool
}

// execution returns what a report says, by the kind of its event.
func (t *teller) execution(r *marketview.Report) execution {
	x := execution{status: r.Order.Status.String(), name: r.Order.Name, refusal: "NONE"}
	switch r.Kind {
	case msg.Accepted:
		x.kind, x.onBook = "NEW", true // for a moment even that which never rests
	case msg.Traded:
		x.kind, x.onBook, x.traded = "TRADE", r.Resting, true
	case msg.Canceled:
		x.kind, x.name, x.origName = "CANCELED", t.command.CancelName, r.Order.Name
	case msg.Expired:
		x.kind = "EXPIRED"
	case msg.Amended:
		x.kind, x.origName, x.onBook = "REPLACED", r.PrevName, true
	case msg.Prevented:
		x.kind, x.onBook = "TRADE_PREVENTION", r.Resting
	case msg.Rejected:
		x.kind, x.refusal = "REJECTED", refusalName(r.Order.Reason)
	default:
		panic("wsapi: a report of an event " + r.Kind.String())
	}
	return x
}

// appendReport appends an executionReport.
func (t *teller) appendReport(dst []byte) []byte {
	r := t.report
	x := t.execution(r)
	dst = t.appendOrder(dst, &r.Order, &x)
	dst = t.appendLast(dst, r, &x)
	dst = t.appendPlace(dst, r, &x)
	switch {
	case r.Kind == msg.Prevented:
		dst = t.appendPrevention(dst, r)
	case r.Order.Status == marketview.StatusExpired:
		dst = append(dst, `,"eR":"`...)
		dst = append(dst, api.ExpiryName(r.Order.Reason)...)
		dst = append(dst, '"')
	}
	if s := &r.Order.Strategy; s.HasID {
		dst = append(dst, `,"j":`...)
		dst = strconv.AppendInt(dst, s.ID, 10)
	}
	if s := &r.Order.Strategy; s.Type != 0 {
		dst = append(dst, `,"J":`...)
		dst = strconv.AppendInt(dst, int64(s.Type), 10)
	}
	return append(dst, '}')
}

// appendOrder appends what the order is: the fields up to its id.
func (t *teller) appendOrder(dst []byte, o *marketview.Order, x *execution) []byte {
	dst = append(dst, `{"e":"executionReport","E":`...)
	dst = wire.AppendTime(dst, t.command.Time, t.micro)
	dst = append(dst, `,"s":"`...)
	dst = append(dst, t.market.Name()...)
	dst = append(dst, `","c":`...)
	dst = wire.AppendName(dst, x.name[:x.name.Len()])
	dst = append(dst, `,"S":"`...)
	dst = append(dst, api.SideName(o.Side)...)
	dst = append(dst, `","o":"`...)
	dst = append(dst, api.TypeName(o.Type)...)
	dst = append(dst, `","f":"`...)
	dst = append(dst, api.TimeInForceName(o.TIF)...)
	dst = append(dst, `","q":"`...)
	dst = t.market.AppendQty(dst, o.Qty)
	dst = append(dst, `","p":"`...)
	dst = t.market.AppendPrice(dst, o.Price)
	dst = append(dst, `","P":"0.00000000","F":"0.00000000","g":-1,"C":`...)
	dst = wire.AppendName(dst, x.origName[:x.origName.Len()])
	dst = append(dst, `,"x":"`...)
	dst = append(dst, x.kind...)
	dst = append(dst, `","X":"`...)
	dst = append(dst, x.status...)
	dst = append(dst, `","r":"`...)
	dst = append(dst, x.refusal...)
	dst = append(dst, `","i":`...)
	return strconv.AppendUint(dst, uint64(o.ID), 10)
}

// appendLast appends what traded last: the fields up to the trade's id.
func (t *teller) appendLast(dst []byte, r *marketview.Report, x *execution) []byte {
	var last marketview.Report
	if x.traded {
		last = *r
	}
	dst = append(dst, `,"l":"`...)
	dst = t.market.AppendQty(dst, last.Qty)
	dst = append(dst, `","z":"`...)
	dst = t.market.AppendQty(dst, r.Order.Executed)
	dst = append(dst, `","L":"`...)
	dst = t.market.AppendPrice(dst, last.Price)
	dst = append(dst, `","n":"`...)
	if a, ok := t.views.Asset(last.FeeAsset); ok {
		dst = wire.AppendAmount(dst, last.Fee, a.Scale)
		dst = append(dst, `","N":`...)
		dst = wire.AppendName(dst, a.Name[:a.Name.Len()])
	} else {
		dst = append(dst, `0","N":null`...)
	}
	dst = append(dst, `,"T":`...)
	dst = wire.AppendTime(dst, t.command.Time, t.micro)
	if x.traded {
		dst = append(dst, `,"t":`...)
		return strconv.AppendUint(dst, uint64(last.Trade), 10)
	}
	return append(dst, `,"t":-1`...)
}

// appendPlace appends where the order stands: the fields that are always there up
// to the last.
func (t *teller) appendPlace(dst []byte, r *marketview.Report, x *execution) []byte {
	o := &r.Order
	if r.Kind == msg.Prevented {
		dst = append(dst, `,"v":`...)
		dst = strconv.AppendUint(dst, preventedID(r), 10)
	}
	dst = append(dst, `,"I":`...)
	dst = strconv.AppendUint(dst, r.ExecutionID, 10)
	dst = append(dst, `,"w":`...)
	dst = strconv.AppendBool(dst, x.onBook)
	dst = append(dst, `,"m":`...)
	dst = strconv.AppendBool(dst, x.traded && r.Maker)
	dst = append(dst, `,"M":`...)
	dst = strconv.AppendBool(dst, x.traded)
	dst = append(dst, `,"O":`...)
	dst = wire.AppendTime(dst, o.Time, t.micro)
	dst = append(dst, `,"Z":"`...)
	dst = t.market.AppendQuote(dst, o.Spent)
	dst = append(dst, `","Y":"`...)
	dst = t.market.AppendQuote(dst, r.Quote)
	dst = append(dst, `","Q":"`...)
	dst = t.market.AppendQuote(dst, o.Quote)
	dst = append(dst, '"')
	if o.Working != 0 {
		dst = append(dst, `,"W":`...)
		dst = wire.AppendTime(dst, o.Working, t.micro)
	}
	dst = append(dst, `,"V":"`...)
	dst = append(dst, api.PreventionName(o.STP)...)
	return append(dst, '"')
}

// appendPrevention appends what self-trade prevention took off the order.
func (t *teller) appendPrevention(dst []byte, r *marketview.Report) []byte {
	dst = append(dst, `,"A":"`...)
	dst = t.market.AppendQty(dst, r.Order.Prevented)
	dst = append(dst, `","B":"`...)
	dst = t.market.AppendQty(dst, r.Qty)
	dst = append(dst, `","U":`...)
	dst = strconv.AppendUint(dst, uint64(r.Other), 10)
	dst = append(dst, `,"Cs":"`...)
	dst = append(dst, t.market.Name()...)
	dst = append(dst, `","pl":"`...)
	dst = t.market.AppendQty(dst, r.Qty)
	dst = append(dst, `","pL":"`...)
	dst = t.market.AppendPrice(dst, r.Price)
	dst = append(dst, `","pY":"`...)
	dst = t.market.AppendQuote(dst, worth(r.Price, r.Qty, t.market.Unit))
	return append(dst, '"')
}

// worth returns price × quantity in quote units, or the largest amount: a taker
// need not be able to pay what it is prevented from trading.
func worth(p msg.Price, q msg.Qty, unit msg.Amount) msg.Amount {
	if lots, ok := msg.Mul(int64(p), int64(q)); ok {
		if quote, ok := msg.Mul(lots, int64(unit)); ok {
			return msg.Amount(quote)
		}
	}
	return msg.MaxAmount
}

// preventedID returns the id of a prevention, which both its sides share: the
// execution id of its first report.
func preventedID(r *marketview.Report) uint64 {
	if mode := r.Order.STP; !r.Maker && (mode == msg.ExpireBoth || mode == msg.Decrement) {
		return r.ExecutionID - 1
	}
	return r.ExecutionID
}
