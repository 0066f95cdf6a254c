package ring

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stepClock is a clock that moves by itself: step nanoseconds at each reading.
type stepClock struct {
	step     int64
	now      int64
	readings int
}

func (c *stepClock) nanotime() int64 {
	c.now += c.step
	c.readings++
	return c.now
}

// newWithClock returns a ring whose consumer reads the given clock.
func newWithClock(size int, nanotime func() int64) *Ring[int] {
	r := New[int](size, 0)
	r.nanotime = nanotime
	return r
}

// needProcessors raises GOMAXPROCS for the test: on fewer processors Wait does not
// spin at all.
func needProcessors(t *testing.T) {
	t.Helper()
	before := runtime.GOMAXPROCS(spinProcessors)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// The consumer spins for 50 µs of its clock, then sleeps without reading the
// clock again; after 1 ms of idleness it does not spin; after work has come
// quickly once it spins again. synctest.Wait returns only when the consumer is
// asleep for good, so a consumer that kept spinning would hang the test.
func TestWaitSpinsThenParks(t *testing.T) {
	needProcessors(t)
	synctest.Test(t, func(t *testing.T) {
		clock := &stepClock{step: 1_000}
		r := newWithClock(4, clock.nanotime)
		dst := make([]int, 4)
		took := 0
		go func() {
			for r.Wait() {
				took += r.Take(dst)
			}
		}()
		// round lets idle nanoseconds pass while the consumer sleeps, and
		// returns how long its next spin was, in readings.
		round := func(idle int64) int {
			clock.now += idle
			before := clock.readings
			mustPut(t, r, 1)
			synctest.Wait()
			return clock.readings - before
		}
		synctest.Wait()
		most := spinNanos/1_000 + 2*pauseReadings
		if got := clock.readings; got < spinNanos/1_000 || got > most {
			t.Errorf("first spin: %d readings of 1 µs, want 50 to %d", got, most)
		}
		if got := round(2_000_000); got > 2 {
			t.Errorf("spin after 2 ms of idleness: %d readings, want at most 2", got)
		}
		if got := round(10_000); got < spinNanos/1_000 || got > most {
			t.Errorf("spin after 10 µs of idleness: %d readings, want 50 to %d", got, most)
		}
		if got := round(-5_000_000); got > 2 {
			t.Errorf("spin after a clock that went back: %d readings, want at most 2", got)
		}
		r.Close()
		synctest.Wait()
		if took != 3 {
			t.Errorf("took %d values, want 3", took)
		}
	})
}

// A clock that stands still bounds nothing, but a spin still ends with the put
// that it waits for.
func TestWaitSeesAPutWhileSpinning(t *testing.T) {
	needProcessors(t)
	var readings atomic.Int64
	r := newWithClock(4, func() int64 { readings.Add(1); return 0 })
	done := make(chan bool)
	go func() { done <- r.Wait() }()
	for readings.Load() < 1_000 {
		runtime.Gosched()
	}
	if r.parked.Load() {
		t.Error("the consumer is parked, want spinning")
	}
	mustPut(t, r, 1)
	if !<-done {
		t.Error("Wait = false, want true")
	}
}

func TestFewProcessorsDoNotSpin(t *testing.T) {
	before := runtime.GOMAXPROCS(spinProcessors - 1)
	defer runtime.GOMAXPROCS(before)
	clock := &stepClock{step: 1}
	r := newWithClock(4, clock.nanotime)
	done := make(chan bool)
	go func() { done <- r.Wait() }()
	for !r.parked.Load() {
		runtime.Gosched()
	}
	mustPut(t, r, 1)
	<-done
	if clock.readings > 2 {
		t.Errorf("%d readings, want at most 2", clock.readings)
	}
}

// A closed ring with a claimed and unfilled slot is not drained: the value is
// waited for.
func TestWaitForAClaimedSlotAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &stepClock{step: spinNanos}
		r := newWithClock(4, clock.nanotime)
		r.head.Add(1) // a producer that has come as far as its claim
		r.Close()
		done := make(chan bool, 1)
		go func() { done <- r.Wait() }()
		synctest.Wait()
		select {
		case more := <-done:
			t.Fatalf("Wait = %t while a claimed slot was unfilled", more)
		default:
		}
		r.slots[0].value = 9
		r.slots[0].turn.Store(1)
		r.wakeConsumer()
		if !<-done {
			t.Error("Wait = false, want true")
		}
		dst := make([]int, 1)
		if n := r.Take(dst); n != 1 || dst[0] != 9 {
			t.Errorf("Take = %d %v, want 1 [9]", n, dst)
		}
		if r.Wait() {
			t.Error("Wait = true on a closed and drained ring")
		}
	})
}

func TestCloseWakesAParkedConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &stepClock{step: spinNanos}
		r := newWithClock(4, clock.nanotime)
		done := make(chan bool, 1)
		go func() { done <- r.Wait() }()
		synctest.Wait()
		r.Close()
		if <-done {
			t.Error("Wait = true after Close of an empty ring")
		}
	})
}

// What came after the consumer looked and before it set parked did not see it
// parked, so nobody wakes it: it has to look once more. The instant is too
// short for a stress test to meet, so here the consumer is put behind it.
func TestSleepLooksOnceMore(t *testing.T) {
	for name, change := range map[string]func(*Ring[int]){
		"put":   func(r *Ring[int]) { mustPut(t, r, 1) },
		"close": (*Ring[int]).Close,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := New[int](4, 0)
			change(r)
			var awake atomic.Bool
			go func() {
				r.sleep()
				awake.Store(true)
			}()
			synctest.Wait()
			if !awake.Load() {
				t.Errorf("%s: the consumer sleeps", name)
				r.wake <- struct{}{}
			}
			if r.parked.Load() || len(r.wake) != 0 {
				t.Errorf("%s: parked %t with %d tokens, want neither", name, r.parked.Load(), len(r.wake))
			}
		})
	}
}

// Producers that each wait for their value to be taken before they put the
// next keep the ring nearly empty, so that the consumer goes to sleep all the
// time. One lost wake-up stops everything, which the deadline turns into a
// failure.
func TestNoWakeUpIsLost(t *testing.T) {
	const rounds = 20_000
	for _, c := range []struct {
		name string
		step int64 // of the clock, a reading
	}{
		{"never spins", idleNanos},
		{"spins and parks", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := &stepClock{step: c.step}
			r := newWithClock(8, clock.nanotime)
			var echoes [3]chan int
			var wg sync.WaitGroup
			for p := range echoes {
				echoes[p] = make(chan int)
				wg.Go(func() {
					for n := range rounds {
						v := n<<2 | p
						if !r.Put(&v) {
							t.Errorf("producer %d: put %d refused", p, n)
							return
						}
						if got := <-echoes[p]; got != n {
							t.Errorf("producer %d: echo %d, want %d", p, got, n)
						}
					}
				})
			}
			consumed := make(chan struct{})
			go func() {
				defer close(consumed)
				dst := make([]int, 2)
				for r.Wait() {
					for _, v := range dst[:r.Take(dst)] {
						echoes[v&3] <- v >> 2
					}
				}
			}()
			go func() {
				wg.Wait()
				r.Close()
			}()
			select {
			case <-consumed:
			case <-time.After(30 * time.Second):
				t.Fatalf("stuck with %d values in the ring, parked %t", r.Len(), r.parked.Load())
			}
		})
	}
}

// The ring's own clock moves forward, by nanoseconds.
func TestSystemNanotime(t *testing.T) {
	began := systemNanotime()
	time.Sleep(2 * time.Millisecond)
	if passed := systemNanotime() - began; passed < 1_000_000 || passed > 10_000_000_000 {
		t.Errorf("2 ms of sleep are %d ns by the clock", passed)
	}
}
