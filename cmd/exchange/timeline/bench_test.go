package timeline

import (
	"context"
	"math/rand/v2"
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

// BenchmarkOpen measures the first pass.
func BenchmarkOpen(b *testing.B) {
	dir := shapedDay(b, benchCommands)
	b.ResetTimer()
	for b.Loop() {
		line, err := Open(context.Background(), dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		images, bytes := line.Kept()
		b.ReportMetric(float64(images), "images")
		b.ReportMetric(float64(bytes)/(1<<20), "image-MiB")
		if err := line.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(benchCommands*float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

// BenchmarkGoto goes to random commands of 2 million, and a step back from each. The
// slowest of all is reported too: 100 ms is what it may take.
func BenchmarkGoto(b *testing.B) {
	line := open(b, shapedDay(b, benchCommands), Options{})
	random := rand.New(rand.NewPCG(1, 2))
	var longest, longestBack time.Duration
	b.ResetTimer()
	for b.Loop() {
		seq := msg.Seq(1 + random.IntN(benchCommands))
		began := time.Now()
		if err := line.Goto(seq); err != nil {
			b.Fatal(err)
		}
		there := time.Now()
		if err := line.Step(-1); err != nil {
			b.Fatal(err)
		}
		longest, longestBack = max(longest, there.Sub(began)), max(longestBack, time.Since(there))
	}
	b.ReportMetric(float64(longest)/1e6, "max-ms")
	b.ReportMetric(float64(longestBack)/1e6, "max-back-ms")
}
