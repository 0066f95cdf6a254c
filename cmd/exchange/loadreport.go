package main

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// The range of latencies that are told apart, in microseconds.
const (
	leastLatency  = 1
	mostLatency   = 60_000_000
	latencyDigits = 3
)

// tally counts answers and their latencies.
type tally struct {
	mu        sync.Mutex
	latencies *hdrhistogram.Histogram
	accepted  int64
	rejected  int64
	errors    int64
	unsent    int64 // of the errors
	codes     map[string]int64
	last      error // the last of errors
}

func (t *tally) begin() {
	t.latencies = hdrhistogram.New(leastLatency, mostLatency, latencyDigits)
	t.codes = make(map[string]int64)
}

// add counts one request that took so long from when it was due. Only an answer has
// a latency.
func (t *tally) add(took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		t.accepted++
	case client.Refused(err):
		t.rejected++
		t.codes[strconv.Itoa(client.Code(err))]++
	default:
		t.errors++
		t.last = err
		if errors.Is(err, client.ErrNotSent) {
			t.unsent++
		}
		return
	}
	// It fits the range, so it cannot fail.
	_ = t.latencies.RecordValue(min(max(took.Microseconds(), leastLatency), mostLatency))
}

// loadReport is what a load tells in the end.
type loadReport struct {
	Sent      int64            `json:"sent"`
	Accepted  int64            `json:"accepted"`
	Rejected  int64            `json:"rejected"`
	Errors    int64            `json:"errors"`
	Seconds   float64          `json:"seconds"`
	Rate      float64          `json:"rate"`
	P50       int64            `json:"p50_us"`
	P90       int64            `json:"p90_us"`
	P99       int64            `json:"p99_us"`
	P999      int64            `json:"p999_us"`
	Max       int64            `json:"max_us"`
	Unknown   int64            `json:"unknown"`
	Behind    int64            `json:"behind"`
	Accounts  int              `json:"accounts"`
	Transport string           `json:"transport"`
	Codes     map[string]int64 `json:"codes"`
	LastError string           `json:"last_error,omitempty"`
}

// report returns what came of the requests, of which so many were meant to be sent.
func (r *loadRun) report(seconds float64, meant int64) *loadReport {
	t := &r.tally
	v := &loadReport{
		Sent: t.accepted + t.rejected + t.errors, Accepted: t.accepted, Rejected: t.rejected, Errors: t.errors,
		Unknown: t.errors - t.unsent, Seconds: seconds, Accounts: len(r.plan.accounts), Transport: r.transport.String(), Codes: t.codes,
		P50: t.latencies.ValueAtQuantile(50), P90: t.latencies.ValueAtQuantile(90), P99: t.latencies.ValueAtQuantile(99),
		P999: t.latencies.ValueAtQuantile(99.9), Max: t.latencies.Max(),
	}
	v.Rate = float64(v.Sent) / seconds
	v.Behind = max(0, meant-v.Sent)
	if t.last != nil {
		v.LastError = t.last.Error()
	}
	return v
}

func (v *loadReport) text(c *console) {
	c.printf("sent      %d in %.2f s over %s, %.0f a second\n", v.Sent, v.Seconds, v.Transport, v.Rate)
	c.printf("accepted  %d\nrejected  %d\nerrors    %d", v.Accepted, v.Rejected, v.Errors)
	if v.Errors > 0 {
		c.printf(" (outcome unknown: %d; the last: %s)", v.Unknown, v.LastError)
	}
	c.printf("\n")
	for _, code := range slices.Sorted(maps.Keys(v.Codes)) {
		c.printf("  code %s: %d\n", code, v.Codes[code])
	}
	if v.Behind > 0 {
		c.printf("behind    %d were due and not sent any more: the exchange or the connections are slower than the rate\n", v.Behind)
	}
	c.printf("latency from the intended time, in µs: p50 %d, p90 %d, p99 %d, p99.9 %d, max %d\n", v.P50, v.P90, v.P99, v.P999, v.Max)
}
