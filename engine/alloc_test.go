package engine_test

import (
	"runtime"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// After 100,000 commands of a shaped flow no command allocates, with accounts,
// fees, events and digest on.
func TestNoAllocationAfterWarmUp(t *testing.T) {
	flow := enginetest.NewShaped(23, 1000)
	e := engine.New(engine.Capacity{Orders: 1 << 16, Accounts: 1000, Balances: 4000})
	events := make([]msg.Event, 0, 4096)
	for _, c := range flow.Setup(msg.Balances) {
		events = e.Execute(&c, events[:0])
	}
	var c msg.Command
	run := func(n int) (trades int) {
		for range n {
			flow.Next(&c)
			events = e.Execute(&c, events[:0])
			for i := range events {
				if events[i].Kind == msg.Traded {
					trades++
				}
			}
		}
		return trades
	}
	run(100_000)
	least, trades := ^uint64(0), 0
	for range 3 { // the runtime allocates now and then, too: not in every round
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		trades += run(300_000)
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	if least > 5 {
		t.Errorf("%d allocations in 300,000 commands", least)
	}
	if trades < 30_000 || e.OpenOrders() < 500 {
		t.Errorf("the flow trades %d times and rests %d orders: it measures nothing", trades, e.OpenOrders())
	}
	if err := e.Check(); err != nil {
		t.Error(err)
	}
}
