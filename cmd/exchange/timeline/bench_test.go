package timeline

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// benchCommands is how long the journal is in which the benchmarks go about.
const benchCommands = 2_000_000

// shapedDay makes a data directory of a long flow.
func shapedDay(tb testing.TB, commands int) string {
	tb.Helper()
	dir := tb.TempDir()
	const accounts = 1000
	flow := enginetest.NewShaped(1, accounts)
	write(tb, dir, 0, func(put func(*msg.Command)) {
		setup := flow.Setup(msg.Balances)
		for i := range setup {
			put(&setup[i])
		}
		for range commands - len(setup) {
			var c msg.Command
			flow.Next(&c)
			put(&c)
		}
	})
	return dir
}

// deepDay makes a data directory of a flow that opens so many orders of 1000 accounts
// at 8192 prices and then cancels one after another, in random order, and places it
// anew: the worst there is for what is kept, because no part of the state stays as it
// is.
func deepDay(tb testing.TB, commands, open int) string {
	tb.Helper()
	dir := tb.TempDir()
	const accounts, prices, mid = 1000, 4096, 33_504
	setup := enginetest.NewShaped(1, accounts).Setup(msg.Balances)
	random := rand.New(rand.NewPCG(uint64(open), 1))
	var resting []msg.Command // with their order ids
	write(tb, dir, 0, func(put func(*msg.Command)) {
		for i := range setup {
			put(&setup[i])
		}
		for seq := len(setup) + 1; seq <= commands; {
			i := len(resting)
			if i == open {
				i = random.IntN(open)
				x := &resting[i]
				put(&msg.Command{Kind: msg.Cancel, Account: x.Account, Symbol: 1, Order: x.Order})
				if seq++; seq > commands {
					return
				}
			} else {
				resting = append(resting, msg.Command{})
			}
			c := msg.Command{Account: 1 + msg.AccountID(random.IntN(accounts)), Qty: 1 + msg.Qty(random.IntN(100))}
			c.Kind, c.Symbol, c.Side, c.Price = msg.Place, 1, msg.Side(random.IntN(2)), mid-1-msg.Price(random.IntN(prices))
			if c.Side == msg.Sell {
				c.Price = mid + msg.Price(random.IntN(prices))
			}
			resting[i] = c
			resting[i].Order = msg.OrderID(seq)
			put(&c)
			seq++
		}
	})
	return dir
}

// days are what the benchmarks go about in.
func days(b *testing.B, bench func(b *testing.B, dir string)) {
	b.Helper()
	b.Run("shaped", func(b *testing.B) { bench(b, shapedDay(b, benchCommands)) })
	deep := []int{300_000}
	if os.Getenv("EXCHANGE_LONG") != "" {
		deep = append(deep, 1_000_000) // a minute for each benchmark
	}
	for _, open := range deep {
		b.Run(fmt.Sprintf("%d open orders", open), func(b *testing.B) { bench(b, deepDay(b, benchCommands, open)) })
	}
}

// BenchmarkOpen measures the first pass.
func BenchmarkOpen(b *testing.B) {
	days(b, func(b *testing.B, dir string) {
		b.ResetTimer()
		for b.Loop() {
			line := open(b, dir, Options{})
			states, bytes := line.Kept()
			b.ReportMetric(float64(states), "states")
			b.ReportMetric(float64(bytes)/(1<<20), "kept-MiB")
		}
		b.ReportMetric(benchCommands*float64(b.N)/b.Elapsed().Seconds(), "commands/s")
	})
}

// BenchmarkGoto goes to random commands of 2 million, and two steps back from each. The
// slowest of all is reported too, also in time of the processor, which says more on a machine
// that is busy: 100 ms is what it may take.
func BenchmarkGoto(b *testing.B) {
	days(b, func(b *testing.B, dir string) {
		benchGoto(b, open(b, dir, Options{}))
	})
}

// benchGoto goes about in one day.
func benchGoto(b *testing.B, line *Timeline) {
	random := rand.New(rand.NewPCG(1, 2))
	last, _ := line.Last()
	var slowest, computed [3]time.Duration
	b.ResetTimer()
	for b.Loop() {
		for i, move := range []func() error{
			func() error { return line.Goto(msg.Seq(2 + random.Uint64N(uint64(last)-1))) },
			func() error { return line.Step(-1) },
			func() error { return line.Step(-1) },
		} {
			began, cpu := time.Now(), cpuTime()
			if err := move(); err != nil {
				b.Fatal(err)
			}
			slowest[i], computed[i] = max(slowest[i], time.Since(began)), max(computed[i], cpuTime()-cpu)
		}
	}
	states, bytes := line.Kept()
	b.ReportMetric(float64(states), "states")
	b.ReportMetric(float64(bytes)/(1<<20), "kept-MiB")
	for i, move := range []string{"goto", "back", "again"} {
		b.ReportMetric(float64(slowest[i])/1e6, "max-"+move+"-ms")
		b.ReportMetric(float64(computed[i])/1e6, "max-"+move+"-cpu-ms")
	}
}
