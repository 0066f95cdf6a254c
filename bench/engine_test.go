package bench

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

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

// BenchmarkEngine executes the shaped flow with everything on: accounts, fees,
// events, digest.
func BenchmarkEngine(b *testing.B) {
	for _, a := range []msg.Accounting{msg.Balances, msg.NoAccounting} {
		b.Run("accounting="+a.String(), func(b *testing.B) {
			const n = 500_000
			setup, flow := recorded(n, a)
			b.ReportAllocs()
			commands, trades := 0, 0
			events := make([]msg.Event, 0, 1024)
			for b.Loop() {
				b.StopTimer()
				e := engine.New(engine.Capacity{Orders: 1 << 16, Accounts: 1000, Balances: 4000})
				for i := range setup {
					events = e.Execute(&setup[i], events[:0])
				}
				b.StartTimer()
				for i := range flow {
					events = e.Execute(&flow[i], events[:0])
					trades += len(events) - 1
				}
				commands += n
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(commands), "ns/command")
			b.ReportMetric(float64(commands)/b.Elapsed().Seconds(), "commands/s")
			b.ReportMetric(float64(trades)/float64(commands), "extra-events/command")
		})
	}
}
