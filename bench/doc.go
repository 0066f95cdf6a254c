// Package bench measures the exchange. README.md says what is measured where, and how
// results are kept and compared.
//
// What is in this package are benchmarks for profiles and comparisons: the codec, the
// journal, order entry from outside, over HTTP and websockets, beside bare servers,
// and an audience of market data.
//
//	go test ./bench -bench . -run '^$'
//
// Compare figures of one run, as ratios: machines are noisy. What is counted (bytes,
// allocations) is exact.
package bench
