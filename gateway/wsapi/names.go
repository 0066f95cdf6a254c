package wsapi

import "github.com/seed-7d4c2414/exchange/engine/msg"

// The names that the wire format has for what the exchange counts.

func sideName(s msg.Side) string {
	if s == msg.Buy {
		return "BUY"
	}
	return "SELL"
}

func typeName(t msg.OrderType) string {
	switch t {
	case msg.Limit:
		return "LIMIT"
	case msg.Market:
		return "MARKET"
	case msg.LimitMaker:
		return "LIMIT_MAKER"
	default:
		panic("wsapi: an order of type " + t.String())
	}
}

func tifName(f msg.TimeInForce) string {
	switch f {
	case msg.GTC:
		return "GTC"
	case msg.IOC:
		return "IOC"
	case msg.FOK:
		return "FOK"
	default:
		panic("wsapi: an order in force " + f.String())
	}
}

func preventionName(p msg.Prevention) string {
	switch p {
	case msg.NoPrevention:
		return "NONE"
	case msg.ExpireTaker:
		return "EXPIRE_TAKER"
	case msg.ExpireMaker:
		return "EXPIRE_MAKER"
	case msg.ExpireBoth:
		return "EXPIRE_BOTH"
	case msg.Decrement:
		return "DECREMENT"
	default:
		panic("wsapi: an order with prevention " + p.String())
	}
}

func expiryName(r msg.Reason) string {
	switch r {
	case msg.RestOfIOC:
		return "UNFILLED_IOC_QUANTITY_EXPIRED"
	case msg.UnfilledFOK:
		return "UNFILLED_FOK_ORDER_EXPIRED"
	case msg.OutOfMakers:
		return "INSUFFICIENT_LIQUIDITY"
	default:
		return "NONE"
	}
}

// refusalName returns the name of a reason for which a new order is refused. Most
// have none.
func refusalName(r msg.Reason) string {
	switch r {
	case msg.InsufficientBalance:
		return "INSUFFICIENT_BALANCES"
	case msg.WouldTake:
		return "WOULD_MATCH_IMMEDIATELY"
	default:
		return "NONE"
	}
}
