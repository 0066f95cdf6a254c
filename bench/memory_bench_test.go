package bench

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// BenchmarkMemory prints what many symbols with one order each, and one symbol
// with many orders over many prices, take of the heap. Both are counted and not
// timed, so one iteration is exact.
func BenchmarkMemory(b *testing.B) {
	b.Run("symbols=10000,orders=1", func(b *testing.B) {
		memory(b, 10_000, func(i int) (msg.SymbolID, msg.Price) { return msg.SymbolID(i + 1), msg.Price(1 + i*7) }, 10_000)
	})
	b.Run("symbols=1,orders=1000000,prices=100000", func(b *testing.B) {
		memory(b, 1, func(i int) (msg.SymbolID, msg.Price) { return 1, msg.Price(1 + i%100_000) }, 1_000_000)
	})
	b.Run("symbols=1,orders=1000000,prices=1000000,apart=1000", func(b *testing.B) {
		memory(b, 1, func(i int) (msg.SymbolID, msg.Price) { return 1, msg.Price(1 + i*1000) }, 1_000_000)
	})
}

func memory(b *testing.B, symbols int, where func(i int) (msg.SymbolID, msg.Price), orders int) {
	var used uint64
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		e := engine.New(engine.Capacity{Orders: orders})
		events := make([]msg.Event, 0, 8)
		do := func(c msg.Command) {
			c.Seq = e.Seq() + 1
			if events = e.Execute(&c, events[:0]); events[0].Kind == msg.Rejected {
				b.Fatalf("command %d: %v", c.Seq, events[0].Reason)
			}
		}
		do(msg.Command{Kind: msg.AddAsset, Name: msg.Name{'A'}})
		do(msg.Command{Kind: msg.AddAsset, Name: msg.Name{'B'}})
		do(msg.Command{Kind: msg.CreateAccount})
		do(msg.Command{Kind: msg.Credit, Account: 1, Asset: 2, Amount: msg.MaxAmount, Transfer: 1})
		for i := range symbols {
			spec := &msg.Symbol{Base: 1, Quote: 2, Tick: 1, Lot: 1}
			copy(spec.Name[:], fmt.Sprint("S", i))
			do(msg.Command{Kind: msg.AddSymbol, Spec: spec})
		}
		for i := range orders {
			s, p := where(i)
			do(msg.Command{Kind: msg.Place, Account: 1, Symbol: s, Price: p, Qty: 1})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		used = after.HeapAlloc - before.HeapAlloc
		runtime.KeepAlive(e)
	}
	b.ReportMetric(float64(used)/(1<<20), "MiB")
	b.ReportMetric(float64(used)/float64(orders), "bytes/order")
}
