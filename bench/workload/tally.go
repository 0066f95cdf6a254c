package workload

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Tally works out from the events of an engine what the load of a flow has led to.
type Tally struct {
	Outcome // of the trades and refusals; what rests is the engine's to say

	flow  *Flow
	first msg.OrderID
}

// NewTally returns the tally of a load that was made of the flow.
func (f *Flow) NewTally(l *Load) *Tally {
	return &Tally{Outcome: NewOutcome(), flow: f, first: msg.OrderID(l.First())}
}

// Add counts the events of a command.
func (t *Tally) Add(events []msg.Event) {
	for i := range events {
		switch v := &events[i]; v.Kind {
		case msg.Traded:
			t.Trade(t.id(v.Order), t.id(v.Taker), uint32(v.Price), uint32(v.Qty))
		case msg.Rejected:
			t.Refused++
		default: // changes nothing that is counted
		}
	}
}

// id returns the flow's id of an order.
func (t *Tally) id(o msg.OrderID) uint64 { return t.flow.Records[o-t.first].ID }
