// Package bench measures the exchange: the engine alone, the codec, the ring,
// the journal with and without sync, the whole pipeline, recovery, memory, and
// order entry from outside, over HTTP and websockets, beside bare servers.
//
//	go test ./bench -bench . -run '^$'
//
// The flow is that of enginetest.Shaped, so nothing needs to be fetched.
// Compare figures of one run, as ratios: machines are noisy. What is counted
// (bytes, allocations) is exact.
package bench
