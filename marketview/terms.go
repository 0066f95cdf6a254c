package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// terms are side, type, time in force and prevention of an order in one byte, laid
// out as in the orders section.
type terms uint8

func termsOf(side msg.Side, kind msg.OrderType, tif msg.TimeInForce, stp msg.Prevention) terms {
	return terms(side) | terms(kind)<<1 | terms(tif)<<3 | terms(stp)<<5
}

func (t terms) side() msg.Side { return msg.Side(t & 1) }

func (t terms) kind() msg.OrderType { return msg.OrderType(t >> 1 & 3) }

func (t terms) tif() msg.TimeInForce { return msg.TimeInForce(t >> 3 & 3) }

func (t terms) stp() msg.Prevention { return msg.Prevention(t >> 5) }
