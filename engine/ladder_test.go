package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// A ladder is compared with a sorted slice of prices, near, far and at both ends
// of the range.
func TestLadderAgainstSortedSlice(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var p levelPool
		p.init()
		l := newLadders()[seed%2]
		spread := []int64{3, 64, 500, 300_000, 1 << 40}[r.IntN(5)]
		base := 1 + r.Int64N(int64(msg.MaxPrice)-spread)
		var want []msg.Price
		slots := map[msg.Price]uint32{}
		for range 1500 {
			price := msg.Price(base + r.Int64N(spread))
			if r.IntN(50) == 0 {
				price = []msg.Price{1, 2, 63, 64, msg.MaxPrice, msg.MaxPrice - 1}[r.IntN(6)]
			}
			i, have := slices.BinarySearch(want, price)
			if r.IntN(2) == 0 {
				v := l.level(&p, price)
				if p.levels[v].price != price || have && slots[price] != v {
					t.Fatalf("seed %d: level %d is in slot %d, which has %d", seed, price, v, p.levels[v].price)
				}
				if !have {
					want = slices.Insert(want, i, price)
					slots[price] = v
				}
			} else if len(want) > 0 {
				price = want[min(i, len(want)-1)]
				l.remove(&p, slots[price])
				delete(slots, price)
				want = slices.DeleteFunc(want, func(x msg.Price) bool { return x == price })
			}
			checkLadder(t, &l, &p, want)
		}
	}
}

func checkLadder(t *testing.T, l *ladder, p *levelPool, want []msg.Price) {
	t.Helper()
	if l.levels != len(want) {
		t.Fatalf("%d levels, want %d", l.levels, len(want))
	}
	if len(want) == 0 {
		if l.root != 0 || l.best != 0 || l.front != noRank {
			t.Fatalf("an empty ladder has root %d, best %d and front %d", l.root, l.best, l.front)
		}
		return
	}
	if l.flip != 0 { // bids
		want = slices.Clone(want)
		slices.Reverse(want)
	}
	n := 0
	if got := p.levels[l.best].price; got != want[0] || l.front != l.rank(got) {
		t.Fatalf("best %d with front %d, want %d", got, l.front, want[0])
	}
	for i := l.find(p, want[0]); i != 0; i = l.worse(p, i) {
		if p.levels[i].price != want[n] {
			t.Fatalf("level %d, want %d", p.levels[i].price, want[n])
		}
		n++
	}
	if n != len(want) {
		t.Fatalf("%d levels from the best on, want %d", n, len(want))
	}
	for i := l.find(p, want[n-1]); i != 0; i = l.better(p, i) {
		n--
		if p.levels[i].price != want[n] {
			t.Fatalf("level %d on the way back, want %d", p.levels[i].price, want[n])
		}
	}
	if n != 0 {
		t.Fatalf("%d levels are missing on the way back", n)
	}
}

// A table is compared with a map under inserts and deletes that collide.
func TestTableAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	tab := newTable(0)
	want := map[uint64]uint32{}
	for i := range 200_000 {
		k := 1 + r.Uint64N(3000)
		if _, ok := want[k]; ok && r.IntN(2) == 0 {
			tab.remove(k)
			delete(want, k)
		} else if !ok {
			tab.put(k, uint32(i+1))
			want[k] = uint32(i + 1)
		}
		k = 1 + r.Uint64N(3000)
		if tab.get(k) != want[k] || tab.used != len(want) {
			t.Fatalf("key %d: %d, want %d", k, tab.get(k), want[k])
		}
	}
}

// Keys that a caller can choose, account numbers at any fixed distance, spread
// over a table about as random ones do.
func TestTableSpreadsChosenKeys(t *testing.T) {
	const keys = 1 << 10
	const inverse = 0xf1de83e19937733d // of 0x9e3779b97f4a7c15 modulo 2^64
	for _, step := range []uint64{1, 2, 1 << 8, 1 << 13, 6765, 10946, 17711, 28657, 46368, 121393, 196418, 317811} {
		for _, shape := range []func(i uint64) uint64{
			func(i uint64) uint64 { return (1+i*step)<<32 | 1 },
			func(i uint64) uint64 { return 1<<32 | (1 + i*step) },
			func(i uint64) uint64 { return 1 + i*step },
			func(i uint64) uint64 { return (i + 1) * inverse },
		} {
			tab := newTable(keys)
			for i := range uint64(keys) {
				tab.put(shape(i), 1)
			}
			longest, run := 0, 0
			for _, x := range tab.entries {
				run++
				if x.key == 0 {
					run = 0
				}
				longest = max(longest, run)
			}
			if longest > 60 {
				t.Errorf("step %d: a run of %d keys", step, longest)
			}
		}
	}
}
