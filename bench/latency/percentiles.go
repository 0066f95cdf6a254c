package latency

import (
	"slices"
	"time"
)

// quantiles are the shares of commands of which is said what latency they did not
// exceed.
var quantiles = [...]struct {
	name       string
	perMillion int
}{{"p50", 500_000}, {"p99", 990_000}, {"p99.9", 999_000}}

// Places in quantiles.
const (
	p50 = 0
	p99 = 1
)

// percentiles are the latencies that belong to quantiles.
type percentiles [len(quantiles)]time.Duration

// percentilesOf sorts the latencies, of which there is one at least.
func percentilesOf(latencies []time.Duration) (p percentiles) {
	slices.Sort(latencies)
	for i, q := range quantiles {
		p[i] = latencies[rank(len(latencies), q.perMillion)]
	}
	return p
}

// rank returns the place, among n in ascending order, of the smallest that is not
// exceeded by so many in a million.
func rank(n, perMillion int) int {
	return max(0, (n*perMillion+999_999)/1_000_000-1)
}

// micros returns one percentile of all rounds.
func micros(rounds []percentiles, quantile int) []float64 {
	var all []float64
	for _, p := range rounds {
		all = append(all, inMicros(p[quantile]))
	}
	return all
}

func inMicros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
