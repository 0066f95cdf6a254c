package api

import (
	"crypto/rand"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The names that the wire format has for the enumerations of an order.
var (
	sideNames       = [...]string{msg.Buy: "BUY", msg.Sell: "SELL"}
	typeNames       = [...]string{msg.Limit: "LIMIT", msg.Market: "MARKET", msg.LimitMaker: "LIMIT_MAKER"}
	tifNames        = [...]string{msg.GTC: "GTC", msg.IOC: "IOC", msg.FOK: "FOK"}
	preventionNames = [...]string{
		msg.NoPrevention: "NONE", msg.ExpireTaker: "EXPIRE_TAKER", msg.ExpireMaker: "EXPIRE_MAKER",
		msg.ExpireBoth: "EXPIRE_BOTH", msg.Decrement: "DECREMENT",
	}
)

// SideName returns the name of a side.
func SideName(s msg.Side) string { return sideNames[s] }

// TypeName returns the name of an order type.
func TypeName(t msg.OrderType) string { return typeNames[t] }

// TimeInForceName returns the name of a time in force.
func TimeInForceName(f msg.TimeInForce) string { return tifNames[f] }

// PreventionName returns the name of a mode of self-trade prevention.
func PreventionName(p msg.Prevention) string { return preventionNames[p] }

// transferMode is the mode of self-trade prevention that no symbol allows.
const transferMode = "TRANSFER"

// ExpiryName returns the name of the reason for which an order expired, empty when
// there is none to tell.
func ExpiryName(r msg.Reason) string {
	switch r {
	case msg.RestOfIOC:
		return "UNFILLED_IOC_QUANTITY_EXPIRED"
	case msg.UnfilledFOK:
		return "UNFILLED_FOK_ORDER_EXPIRED"
	case msg.OutOfMakers:
		return "INSUFFICIENT_LIQUIDITY"
	default:
		return ""
	}
}

// indexOf returns which of names a value is, and 0 when it is none of them: what a
// parameter of kind Enum may not be was refused before.
func indexOf(names []string, value []byte) uint8 {
	for i, name := range names {
		if string(value) == name {
			return uint8(i)
		}
	}
	return 0
}

// generatedLen is the length of the client order ids that are generated: 62^22 of
// them are 2^130, so that none comes again, not after a restart either.
const generatedLen = 22

// idSource generates client order ids.
type idSource struct {
	random [128]byte
	left   int // bytes of random that were not used yet, its last ones
}

func (s *idSource) next() (name msg.Name) {
	const (
		alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		fair     = 256 - 256%len(alphabet) // bytes from here on would favour the first letters
	)
	for i := 0; i < generatedLen; {
		if s.left == 0 {
			_, _ = rand.Read(s.random[:]) // it never fails
			s.left = len(s.random)
		}
		b := s.random[len(s.random)-s.left]
		s.left--
		if int(b) < fair {
			name[i] = alphabet[int(b)%len(alphabet)]
			i++
		}
	}
	return name
}

// clientID returns a parameter of kind ClientID; ok is false when it was not sent.
func (p *Params) clientID(name string) (id msg.Name, ok bool) {
	text, ok := p.Find(name)
	copy(id[:], text)
	return id, ok
}

// clientIDOr returns a parameter of kind ClientID, generated when it was not sent.
func (c *Call) clientIDOr(name string) msg.Name {
	if id, ok := c.Params.clientID(name); ok {
		return id
	}
	return c.scratch.ids.next()
}
