package bench

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// BenchmarkEngine executes the shaped flow with everything on: accounts, fees,
// events, digest; and, beside it, without accounts.
func BenchmarkEngine(b *testing.B) {
	for _, a := range []msg.Accounting{msg.Balances, msg.NoAccounting} {
		b.Run("accounting="+a.String(), func(b *testing.B) {
			const n = 500_000
			setup, flow := recorded(n, a)
			b.ReportAllocs()
			commands := 0
			events := make([]msg.Event, 0, 1024)
			for b.Loop() {
				b.StopTimer()
				e := engine.New(room)
				for i := range setup {
					events = e.Execute(&setup[i], events[:0])
				}
				b.StartTimer()
				for i := range flow {
					events = e.Execute(&flow[i], events[:0])
				}
				commands += n
			}
			perCommand(b, commands)
		})
	}
}

// BenchmarkFold folds the events of the same flow: what a restart does for each
// command, the engine and the views apart.
func BenchmarkFold(b *testing.B) {
	x := execute(500_000)
	b.Run("engine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e := engine.New(room)
			for i := range x.commands {
				c, events := x.transaction(i)
				e.Apply(c, events)
			}
		}
		perCommand(b, b.N*len(x.commands))
	})
	b.Run("views", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v := marketview.New(marketview.Limits{})
			for i := range x.commands {
				v.Apply(x.transaction(i))
			}
		}
		perCommand(b, b.N*len(x.commands))
	})
}
