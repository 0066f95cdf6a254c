package bench

import (
	"encoding/binary"
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// plainEncoder is the plain row codec that the journal's encoding is measured
// against: every event is written out, numbers are told against the last ones of
// their kind only, and no command of the frame is remembered. It knows the kinds of
// command and event that recorded flows have, and one symbol.
type plainEncoder struct {
	seq     msg.Seq
	time    int64
	symbol  msg.SymbolID
	account msg.AccountID
	price   [2]msg.Price
	last    msg.Price
	trade   msg.TradeID
}

func (e *plainEncoder) reset(first msg.Seq, time int64) {
	*e = plainEncoder{seq: first - 1, time: time}
}

func (e *plainEncoder) append(dst []byte, c *msg.Command, events []msg.Event) []byte {
	e.seq++
	dst = e.appendCommand(dst, c)
	for i := range events {
		last := byte(0)
		if i == len(events)-1 {
			last = 0x80
		}
		dst = e.appendEvent(dst, c, &events[i], last)
	}
	return dst
}

func (e *plainEncoder) appendCommand(dst []byte, c *msg.Command) []byte {
	head := byte(c.Kind)
	if c.Symbol == e.symbol {
		head |= 0x20
	}
	if c.Account == e.account {
		head |= 0x40
	}
	d := c.Time - e.time
	if dst = append(dst, head); d%1_000_000 == 0 {
		dst = plainUint(dst, uint64(d/1_000_000)<<1|1)
	} else {
		dst = plainUint(dst, uint64(d)<<1)
	}
	if e.time = c.Time; head&0x20 == 0 {
		dst = plainUint(dst, uint64(c.Symbol))
	}
	if head&0x40 == 0 {
		dst = plainUint(dst, uint64(c.Account))
	}
	e.symbol, e.account = c.Symbol, c.Account
	switch c.Kind {
	case msg.Place, msg.CancelReplace:
		if c.Kind == msg.CancelReplace {
			dst = plainUint(dst, uint64(c.Seq)-uint64(c.Order))
		}
		dst = append(dst, byte(c.Side)|byte(c.Type)<<1|byte(c.TIF)<<3|byte(c.STP)<<5)
		if c.Type != msg.Market {
			dst = plainInt(dst, int64(c.Price-e.price[c.Side]))
			e.price[c.Side] = c.Price
		}
		return plainUint(dst, uint64(c.Qty))
	case msg.Cancel:
		return plainUint(dst, uint64(c.Seq)-uint64(c.Order))
	case msg.Amend:
		return plainUint(plainUint(dst, uint64(c.Seq)-uint64(c.Order)), uint64(c.Qty))
	case msg.SetPhase:
		return append(dst, byte(c.Phase))
	case msg.Uncross:
		return dst
	default:
		panic(fmt.Sprintf("bench: recorded flows have no %v", c.Kind))
	}
}

func (e *plainEncoder) appendEvent(dst []byte, c *msg.Command, v *msg.Event, head byte) []byte {
	head |= byte(v.Kind)
	switch v.Kind {
	case msg.Accepted:
		return append(dst, head)
	case msg.Traded:
		return e.appendTraded(dst, c, v, head)
	case msg.Canceled, msg.Amended:
		return plainRef(dst, c, head, v.Order, c.Order)
	case msg.Expired:
		return append(plainRef(dst, c, head, v.Order, msg.OrderID(c.Seq)), byte(v.Reason))
	case msg.Rejected, msg.CancelRejected:
		return append(dst, head, byte(v.Reason))
	case msg.PhaseChanged:
		return append(dst, head)
	case msg.Uncrossed:
		return plainUint(plainUint(append(dst, head), uint64(v.Price)), uint64(v.Qty))
	default:
		panic(fmt.Sprintf("bench: recorded flows have no %v", v.Kind))
	}
}

func (e *plainEncoder) appendTraded(dst []byte, c *msg.Command, v *msg.Event, head byte) []byte {
	if v.Trade != e.trade+1 {
		head |= 0x40
	}
	dst = plainRef(dst, c, head, v.Taker, msg.OrderID(c.Seq))
	if head&0x40 != 0 {
		dst = plainUint(dst, uint64(v.Trade))
	}
	dst = plainUint(dst, uint64(c.Seq)-uint64(v.Order))
	dst = plainInt(dst, int64(v.Price-e.last))
	e.trade, e.last = v.Trade, v.Price
	return plainUint(dst, uint64(v.Qty))
}

func plainRef(dst []byte, c *msg.Command, head byte, id, predicted msg.OrderID) []byte {
	if id == predicted {
		return append(dst, head)
	}
	return plainUint(append(dst, head|0x20), uint64(c.Seq)-uint64(id))
}

func plainUint(dst []byte, v uint64) []byte {
	if v < 0x80 {
		return append(dst, byte(v))
	}
	return binary.AppendUvarint(dst, v)
}

func plainInt(dst []byte, v int64) []byte { return plainUint(dst, uint64(v)<<1^uint64(v>>63)) }
