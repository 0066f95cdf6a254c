package bench

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// room is what the shaped flow needs.
var room = engine.Capacity{Orders: 1 << 16, Accounts: 1000, Balances: 4000}

// recorded is a flow held in memory, so that drawing it is not measured.
func recorded(n int, a msg.Accounting) (setup, flow []msg.Command) {
	s := enginetest.NewShaped(23, 1000)
	setup = s.Setup(a)
	flow = make([]msg.Command, n)
	for i := range flow {
		s.Next(&flow[i])
	}
	return setup, flow
}

// executed is a recorded flow with its events.
type executed struct {
	commands []msg.Command
	events   []msg.Event
	ends     []int
}

func execute(n int) executed {
	setup, flow := recorded(n, msg.Balances)
	x := executed{commands: append(setup, flow...)}
	e := engine.New(room)
	for i := range x.commands {
		x.events = e.Execute(&x.commands[i], x.events)
		x.ends = append(x.ends, len(x.events))
	}
	return x
}

// transaction returns command i and its events.
func (x *executed) transaction(i int) (*msg.Command, []msg.Event) {
	from := 0
	if i > 0 {
		from = x.ends[i-1]
	}
	return &x.commands[i], x.events[from:x.ends[i]]
}

// perCommand reports what a benchmark that did n commands took for each.
func perCommand(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/command")
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "commands/s")
}
