package wsapi

import "github.com/seed-7d4c2414/exchange/engine/msg"

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
