package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The types of a report line. Within one row lines are sorted by type, and
// trades keep their order.
const (
	reportAccepted        = '0' // 0,seq,side,id,price,qty
	reportTrade           = '1' // 1,seq,price,qty,makerId,takerId
	reportCanceled        = '2' // 2,seq,side,id,price; also the rest of an IOC
	reportReplaced        = '3' // 3,seq,side,id,price,qty; also reduced
	reportCancelRejected  = '4' // 4,seq,id
	reportReplaceRejected = '5' // 5,seq,id; also a refused reduce
)

// reportBytes is how much of the stream is gathered before it is hashed.
const reportBytes = 64 << 10

// report hashes the report stream: lines joined by newlines, none at the end. The
// number seq is the row, counted from 0; side is 0 for buy and 1 for sell. What
// has no type is left out: phases, the end of an auction, a refused limit order.
type report struct {
	plan *Plan
	hash hash.Hash
	buf  []byte
	any  bool // a line was written
}

func newReport(p *Plan) *report {
	return &report{plan: p, hash: sha256.New(), buf: make([]byte, 0, reportBytes+1<<10)}
}

// sum returns the hash of all lines so far.
func (r *report) sum() string {
	r.flush()
	return hex.EncodeToString(r.hash.Sum(nil))
}

func (r *report) flush() {
	r.hash.Write(r.buf) // a hash never returns an error
	r.buf = r.buf[:0]
}

// transaction appends the lines of a row.
func (r *report) transaction(row int, events []msg.Event) {
	done := false // the new order was accepted, or the old one changed or canceled
	for i := range events {
		switch v := &events[i]; v.Kind {
		case msg.Accepted:
			done = true
			if r.plan.steps[row].kind == msg.Place {
				r.order(reportAccepted, row, row, true)
			}
		case msg.Canceled:
			done = r.plan.steps[row].kind == msg.Cancel
		case msg.Amended:
			done = true
		case msg.Traded:
			r.trade(row, v)
		default: // an expiry comes last and has its line below
		}
	}
	r.outcome(row, events, done)
	if len(r.buf) >= reportBytes {
		r.flush()
	}
}

// outcome appends the line that comes after a row's trades.
func (r *report) outcome(row int, events []msg.Event, done bool) {
	s := &r.plan.steps[row]
	switch s.kind {
	case msg.Place:
		if n := len(events); n > 0 && events[n-1].Kind == msg.Expired {
			r.order(reportCanceled, row, row, false)
		}
	case msg.Cancel:
		if done {
			r.order(reportCanceled, row, int(s.target)-1, false)
		} else {
			r.refused(reportCancelRejected, row)
		}
	case msg.CancelReplace:
		if done {
			r.order(reportReplaced, row, row, true)
		} else {
			r.refused(reportReplaceRejected, row)
		}
	case msg.Amend:
		if done {
			r.order(reportReplaced, row, int(s.target)-1, false)
			r.number(int64(s.qty))
		} else {
			r.refused(reportReplaceRejected, row)
		}
	default: // phases and the end of an auction have no line
	}
}

// line starts a line.
func (r *report) line(kind byte, row int) {
	if r.any {
		r.buf = append(r.buf, '\n')
	}
	r.any = true
	r.buf = strconv.AppendInt(append(r.buf, kind, ','), int64(row), 10)
}

// order appends a line about the order that another row has placed.
func (r *report) order(kind byte, row, placed int, quantity bool) {
	s := &r.plan.steps[placed]
	r.line(kind, row)
	r.buf = append(r.buf, ',', '0'+byte(s.side), ',')
	r.buf = append(r.buf, r.id(placed)...)
	r.price(s.price)
	if quantity {
		r.number(int64(s.qty))
	}
}

func (r *report) trade(row int, v *msg.Event) {
	r.line(reportTrade, row)
	r.price(v.Price)
	r.number(int64(v.Qty))
	r.buf = append(append(r.buf, ','), r.id(r.plan.row(v.Order))...)
	r.buf = append(append(r.buf, ','), r.id(r.plan.row(v.Taker))...)
}

func (r *report) refused(kind byte, row int) {
	r.line(kind, row)
	r.buf = append(append(r.buf, ','), r.id(row)...)
}

func (r *report) id(row int) []byte { return r.plan.flow.ids.text(r.plan.flow.Rows[row].ID) }

func (r *report) price(p msg.Price) {
	r.buf = r.plan.price.append(append(r.buf, ','), int64(p))
}

func (r *report) number(qty int64) {
	r.buf = r.plan.qty.append(append(r.buf, ','), qty)
}
