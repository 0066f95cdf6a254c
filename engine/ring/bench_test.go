package ring

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// Ring and channel in the same run, the same items, the same number of slots.
// The ring's consumer takes batches; a channel has no such thing, so its
// consumer receives one by one.
//
//	go test -run '^$' -bench . -cpu 2 ./engine/ring

const (
	benchSlots = 16_384
	benchBatch = 256
)

type (
	item64  [8]int64
	item256 [32]int64
)

func BenchmarkRing(b *testing.B) {
	for _, producers := range []int{1, 4} {
		b.Run(fmt.Sprintf("producers=%d/bytes=64", producers), func(b *testing.B) { benchRing[item64](b, producers) })
		b.Run(fmt.Sprintf("producers=%d/bytes=256", producers), func(b *testing.B) { benchRing[item256](b, producers) })
	}
}

func BenchmarkChannel(b *testing.B) {
	for _, producers := range []int{1, 4} {
		b.Run(fmt.Sprintf("producers=%d/bytes=64", producers), func(b *testing.B) { benchChannel[item64](b, producers) })
		b.Run(fmt.Sprintf("producers=%d/bytes=256", producers), func(b *testing.B) { benchChannel[item256](b, producers) })
	}
}

func benchRing[T any](b *testing.B, producers int) {
	r := New[T](benchSlots, benchSlots/8)
	dst := make([]T, benchBatch)
	b.ReportAllocs()
	b.ResetTimer()
	startProducers(b, producers, r.Close, func() {
		var v T
		for !r.Put(&v) {
			runtime.Gosched()
		}
	})
	took := 0
	for r.Wait() {
		took += r.Take(dst)
	}
	checkTook(b, took)
}

func benchChannel[T any](b *testing.B, producers int) {
	c := make(chan T, benchSlots)
	b.ReportAllocs()
	b.ResetTimer()
	startProducers(b, producers, func() { close(c) }, func() {
		var v T
		c <- v
	})
	took := 0
	for range c {
		took++
	}
	checkTook(b, took)
}

// startProducers starts producers that call put b.N times in all, then done.
func startProducers(b *testing.B, producers int, done, put func()) {
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for i := p; i < b.N; i += producers {
				put()
			}
		})
	}
	go func() {
		wg.Wait()
		done()
	}()
}

func checkTook(b *testing.B, took int) {
	b.StopTimer()
	if took != b.N {
		b.Errorf("took %d items, want %d", took, b.N)
	}
	b.ReportMetric(float64(b.N)/1e6/b.Elapsed().Seconds(), "M/s")
}

// BenchmarkRoundTrip is the other program: one value at a time through a ring
// whose consumer spins, and back through a second one.
func BenchmarkRoundTrip(b *testing.B) {
	there, back := New[item64](16, 0), New[item64](16, 0)
	go func() {
		dst := make([]item64, 1)
		for there.Wait() {
			there.Take(dst)
			back.Put(&dst[0])
		}
		back.Close()
	}()
	dst := make([]item64, 1)
	for b.Loop() {
		there.Put(&dst[0])
		back.Wait()
		back.Take(dst)
	}
	there.Close()
	for back.Wait() {
		back.Take(dst)
	}
}
