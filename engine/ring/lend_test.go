package ring

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// Who puts takes the place of a parked consumer, keeps it as long as there is
// something, and gives it back asleep or awake.
func TestLend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New[int](8, 0)
		dst := make([]int, 8)
		var inPut, inWait []int
		wake := false
		r.Lend(func() {
			for {
				n := r.Take(dst[:1])
				inPut = append(inPut, dst[:n]...)
				if dst[0] == 3 {
					mustPut(t, r, 4) // nobody is parked, so it is not lent again
				}
				if wake {
					mustPut(t, r, 6)
					r.Wake()
					return
				}
				if r.Return() {
					return
				}
			}
		})
		ended := false
		go func() {
			for r.Wait() {
				n := r.Take(dst)
				inWait = append(inWait, dst[:n]...)
			}
			ended = true
		}()
		synctest.Wait()
		for _, v := range []int{1, 2, 3} {
			mustPut(t, r, v)
			synctest.Wait()
		}
		wake = true
		mustPut(t, r, 5)
		synctest.Wait()
		if got, want := len(inPut), 5; got != want || inPut[3] != 4 || inPut[4] != 5 {
			t.Errorf("taken by puts: %v", inPut)
		}
		if len(inWait) != 1 || inWait[0] != 6 {
			t.Errorf("taken by the consumer: %v", inWait)
		}
		wake = false
		r.Close()
		synctest.Wait()
		if !ended {
			t.Error("Close has not woken the consumer")
		}
	})
}

// A ring that is closed while its consumer's place is taken ends when that is given back.
func TestLendUntilClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New[int](8, 0)
		dst := make([]int, 8)
		r.Lend(func() {
			r.Take(dst)
			r.Close()
			if !r.Return() {
				t.Error("there is more to take")
			}
		})
		ended := false
		go func() {
			ended = !r.Wait()
		}()
		synctest.Wait()
		mustPut(t, r, 1)
		synctest.Wait()
		if !ended {
			t.Error("the consumer still waits")
		}
	})
}

// However the place of the consumer goes from hand to hand, each value is taken once,
// in the order of its producer's puts, and by one goroutine at a time.
func TestLendStress(t *testing.T) {
	const producers, each = 4, 20_000
	r := New[[2]int](64, 0)
	dst := make([][2]int, 16)
	var next [producers]int // plain, so that the race detector sees two who consume
	take := func(most int) {
		for _, v := range dst[:r.Take(dst[:most])] {
			if v[1] != next[v[0]] {
				t.Errorf("producer %d: got %d, want %d", v[0], v[1], next[v[0]])
			}
			next[v[0]]++
		}
	}
	r.Lend(func() {
		for range rand.IntN(4) {
			take(1 + rand.IntN(3))
			if r.Return() {
				return
			}
		}
		r.Wake()
	})
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for i := range each {
				for !r.Put(&[2]int{p, i}) {
					runtime.Gosched()
				}
			}
		})
	}
	go func() {
		wg.Wait()
		r.Close()
	}()
	for r.Wait() {
		take(len(dst))
	}
	for p, n := range next {
		if n != each {
			t.Errorf("producer %d: %d of %d were taken", p, n, each)
		}
	}
}
