package counted

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// executed is a flow with its events.
type executed struct {
	commands []msg.Command
	events   []msg.Event
	ends     []int // of the events of each command
	counted  int   // number of the first command that is counted
	digest   uint64
}

// execute executes a flow: its setup, and what is to warm up, before what is counted.
func execute(load *workload.Load) *executed {
	x := &executed{}
	for c := range load.Setup() {
		x.commands = append(x.commands, *c)
	}
	setup := len(x.commands)
	x.commands = slices.Grow(x.commands, load.Len())[:setup+load.Len()]
	load.Fill(x.commands[setup:], 0)
	x.counted = len(x.commands) - commands
	e := engine.New(load.Room)
	for i := range x.commands {
		x.events = e.Execute(&x.commands[i], x.events)
		x.ends = append(x.ends, len(x.events))
	}
	x.digest = e.Digest()
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
