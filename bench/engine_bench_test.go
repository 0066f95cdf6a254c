package bench

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/marketview"
)

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
