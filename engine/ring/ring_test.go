package ring

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// item is a value that tells who put it and when, and that is long enough for
// a torn copy to show.
type item struct {
	producer int
	number   int
	body     [28]uint64
}

func newItem(producer, number int) item {
	it := item{producer: producer, number: number}
	for i := range it.body {
		it.body[i] = it.stamp()
	}
	return it
}

// stamp is what every word of the body holds.
func (it *item) stamp() uint64 {
	return uint64(it.producer)<<32 | uint64(it.number)
}

// checkItem fails unless it is whole.
func checkItem(t *testing.T, it *item) {
	t.Helper()
	for i, got := range it.body {
		if want := it.stamp(); got != want {
			t.Fatalf("item %d of producer %d: word %d is %x, want %x", it.number, it.producer, i, got, want)
		}
	}
}

// mustPut puts v, which must fit.
func mustPut[T any](t *testing.T, r *Ring[T], v T) {
	t.Helper()
	if !r.Put(&v) {
		t.Fatalf("Put(%v) with %d of %d slots in use refused", v, r.Len(), r.Cap())
	}
}

func TestTakeGivesValuesInOrder(t *testing.T) {
	r := New[int](8, 0)
	dst := make([]int, 3)
	if n := r.Take(dst); n != 0 {
		t.Errorf("Take of an empty ring = %d, want 0", n)
	}
	for v := range 5 {
		mustPut(t, r, v)
	}
	if got := r.Len(); got != 5 {
		t.Errorf("Len = %d, want 5", got)
	}
	if n := r.Take(dst); n != 3 || !slices.Equal(dst, []int{0, 1, 2}) {
		t.Errorf("first Take = %d %v, want 3 [0 1 2]", n, dst)
	}
	if n := r.Take(dst[:0]); n != 0 {
		t.Errorf("Take into nothing = %d, want 0", n)
	}
	if n := r.Take(dst); n != 2 || !slices.Equal(dst[:2], []int{3, 4}) {
		t.Errorf("second Take = %d %v, want 2 [3 4]", n, dst)
	}
	if got := r.Len(); got != 0 {
		t.Errorf("Len = %d, want 0", got)
	}
}

// The two limits are exact for every size and share, wherever in the ring the
// positions stand.
func TestLimitsAreExact(t *testing.T) {
	for _, size := range []int{1, 2, 4, 16} {
		for reserved := range size {
			r := New[int](size, reserved)
			if r.Cap() != size {
				t.Fatalf("Cap = %d, want %d", r.Cap(), size)
			}
			dst := make([]int, size)
			for lap := range 2*size + 1 {
				testLimits(t, r, reserved)
				// Leave the ring empty and one position further on.
				if n := r.Take(dst); n != size {
					t.Fatalf("size %d, reserved %d, lap %d: Take = %d", size, reserved, lap, n)
				}
				mustPut(t, r, 0)
				r.Take(dst)
			}
		}
	}
}

// testLimits fills the empty ring r to the last slot.
func testLimits(t *testing.T, r *Ring[int], reserved int) {
	t.Helper()
	v := 1
	for range r.Cap() - reserved {
		mustPut(t, r, v)
	}
	for range reserved {
		if r.Put(&v) {
			t.Fatalf("Put took a reserved slot with %d of %d in use, %d reserved", r.Len(), r.Cap(), reserved)
		}
		if !r.PutReserved(&v) {
			t.Fatalf("PutReserved with %d of %d slots in use refused", r.Len(), r.Cap())
		}
	}
	if r.Put(&v) || r.PutReserved(&v) {
		t.Fatalf("a put into a full ring of %d was accepted", r.Cap())
	}
}

// A slot that PutReserved filled is given back to all: what counts is how many
// slots are in use, not which.
func TestReservedShareIsACount(t *testing.T) {
	r := New[int](4, 2)
	v := 7
	for range 3 {
		if !r.PutReserved(&v) {
			t.Fatal("PutReserved refused below the size")
		}
	}
	dst := make([]int, 1)
	r.Take(dst)
	if r.Put(&v) {
		t.Error("Put with 2 of 2 open slots in use was accepted")
	}
	r.Take(dst)
	if !r.Put(&v) {
		t.Error("Put with 1 of 2 open slots in use was refused")
	}
}

func TestCloseRefusesPutsAndKeepsWhatWasPut(t *testing.T) {
	r := New[int](4, 1)
	mustPut(t, r, 1)
	mustPut(t, r, 2)
	r.Close()
	r.Close() // a second close changes nothing
	v := 3
	if r.Put(&v) || r.PutReserved(&v) {
		t.Error("a put after Close was accepted")
	}
	if r.Len() != 2 {
		t.Errorf("Len after Close = %d, want 2", r.Len())
	}
	dst := make([]int, 1)
	for want := 1; want <= 2; want++ {
		if !r.Wait() {
			t.Fatalf("Wait = false with %d values left", r.Len())
		}
		if n := r.Take(dst); n != 1 || dst[0] != want {
			t.Errorf("Take = %d %v, want 1 [%d]", n, dst, want)
		}
	}
	if r.Wait() {
		t.Error("Wait = true on a closed and drained ring")
	}
	if n := r.Take(dst); n != 0 {
		t.Errorf("Take of a drained ring = %d, want 0", n)
	}
}

// Positions run on for ever while slots repeat; no width but that of the
// positions themselves may show.
func TestPositionsFarFromZero(t *testing.T) {
	for _, start := range []uint64{1<<31 - 3, 1<<32 - 3, 1<<62 - 3, closed - 40} {
		r := New[int](4, 1)
		r.head.Store(start)
		r.tail.Store(start)
		dst := make([]int, 4)
		for v := range 13 { // three laps and a bit
			if r.ready() {
				t.Fatalf("start %x: an empty ring is ready at %d", start, v)
			}
			mustPut(t, r, v)
			mustPut(t, r, -v)
			if got := r.Len(); got != 2 {
				t.Fatalf("start %x: Len = %d, want 2", start, got)
			}
			if n := r.Take(dst); n != 2 || dst[0] != v || dst[1] != -v {
				t.Fatalf("start %x: Take = %d %v, want %d %d", start, n, dst, v, -v)
			}
		}
		r.Close()
		if r.Wait() {
			t.Errorf("start %x: Wait = true on a closed and drained ring", start)
		}
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	for _, c := range []struct{ size, reserved int }{
		{0, 0}, {-1, 0}, {3, 0}, {6, 1}, {2 * MaxSize, 0}, {4, -1}, {4, 4}, {4, 5}, {1, 1},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("New(%d, %d) did not panic", c.size, c.reserved)
				}
			}()
			New[int](c.size, c.reserved)
		})
	}
}

// Many producers, a ring that is nearly always full, and a consumer whose
// batches do not divide the size: each producer's values arrive whole, in
// order, once.
func TestManyProducers(t *testing.T) {
	for _, c := range []struct{ producers, size, reserved, batch, each int }{
		{1, 1, 0, 1, 2_000},
		{2, 2, 1, 3, 5_000},
		{4, 8, 2, 3, 10_000},
		{8, 64, 16, 50, 5_000},
		{4, 1024, 64, 300, 20_000},
	} {
		t.Run(fmt.Sprintf("producers=%d,size=%d", c.producers, c.size), func(t *testing.T) {
			r := New[item](c.size, c.reserved)
			var wg sync.WaitGroup
			for p := range c.producers {
				wg.Go(func() { produce(r, p, c.each) })
			}
			go func() {
				wg.Wait()
				r.Close()
			}()
			checkConsumed(t, r, c.producers, c.each, c.batch)
		})
	}
}

// produce puts n items, every fourth through the reserved share.
func produce(r *Ring[item], producer, n int) {
	for i := range n {
		it := newItem(producer, i)
		put := r.Put
		if i%4 == 3 {
			put = r.PutReserved
		}
		for !put(&it) {
			runtime.Gosched()
		}
	}
}

// checkConsumed takes all there is until the ring is closed and drained.
func checkConsumed(t *testing.T, r *Ring[item], producers, each, batch int) {
	t.Helper()
	next := make([]int, producers)
	dst := make([]item, batch)
	for r.Wait() {
		n := r.Take(dst)
		if n == 0 {
			t.Fatal("Wait said that something can be taken, and nothing was")
		}
		for i := range dst[:n] {
			it := &dst[i]
			checkItem(t, it)
			if it.number != next[it.producer] {
				t.Fatalf("producer %d: item %d came, want %d", it.producer, it.number, next[it.producer])
			}
			next[it.producer]++
		}
		if used := r.Len(); used > r.Cap() {
			t.Fatalf("Len = %d of %d", used, r.Cap())
		}
	}
	for p, n := range next {
		if n != each {
			t.Errorf("producer %d: %d items came, want %d", p, n, each)
		}
	}
}

// Close in the middle of the puts: what was accepted is taken, and nothing
// else.
func TestCloseAmongPuts(t *testing.T) {
	for round := range 500 {
		r := New[int](64, 0)
		accepted := make([]int, 4)
		var wg sync.WaitGroup
		for p := range accepted {
			wg.Go(func() {
				for v := p; r.Put(&v); v += len(accepted) {
					accepted[p]++
				}
			})
		}
		wg.Go(func() {
			for range round % 7 {
				runtime.Gosched()
			}
			r.Close()
		})
		taken := make([]int, 4)
		dst := make([]int, 5)
		for r.Wait() {
			for _, v := range dst[:r.Take(dst)] {
				taken[v%4]++
			}
		}
		wg.Wait()
		if !slices.Equal(taken, accepted) {
			t.Fatalf("round %d: took %v, accepted %v", round, taken, accepted)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	r := New[item](64, 8)
	v := newItem(1, 2)
	dst := make([]item, 16)
	allocs := testing.AllocsPerRun(1000, func() {
		for range 10 {
			r.Put(&v)
		}
		r.PutReserved(&v)
		for r.Len() > 0 && r.Wait() {
			r.Take(dst)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 11 puts and their takes, want 0", allocs)
	}
}
