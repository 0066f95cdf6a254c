package marketview

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// What the views are made of, one by one: a row, a change, a name, a trade each.
//
//	go test -run '^$' -bench Part ./marketview

const benchParts = 1 << 12 // things that are drawn before anything is measured; a power of two

func BenchmarkPartAccountLog(b *testing.B) {
	for _, accounts := range []int{10, 100, 1_000} {
		b.Run(fmt.Sprintf("accounts=%d", accounts), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			l := accountLog[order]{keep: 100}
			var owners [benchParts]slot
			for i := range owners {
				owners[i] = 1 + slot(rng.IntN(accounts))
			}
			for i := range 300 * accounts {
				l.push(owners[i%benchParts])
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				l.rows.at(l.push(owners[i%benchParts])).id = 1
				i++
			}
		})
	}
}

// A level gets an order, which leaves it again some changes later.
func BenchmarkPartDepth(b *testing.B) {
	for _, levels := range []float64{10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("levels=%.0f", levels), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			var d depth
			var prices [benchParts]msg.Price
			var at [benchParts]slot
			for i := range prices {
				prices[i] = 100_000 + msg.Price(rng.NormFloat64()*levels/4)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				p := i % benchParts
				come := Change{Symbol: 1, Price: prices[p], Delta: 1, Orders: 1}
				at[p] = d.change(&come, 0)
				if p = (i + 1) % benchParts; at[p] != 0 {
					gone := Change{Symbol: 1, Price: prices[p], Delta: -1, Orders: -1}
					d.change(&gone, at[p])
				}
				i++
			}
		})
	}
}

// An order gets a name, and loses it some names later.
func BenchmarkPartNames(b *testing.B) {
	n := newNames()
	var list [benchParts]msg.Name
	for i := range list {
		copy(list[i][:], fmt.Sprintf("x-TKT5PX2F%012d", i))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := i % benchParts
		if i >= benchParts {
			n.remove(slot(p + 1))
		}
		n.put(slot(p+1), n.hash(1, &list[p]), &list[p])
		i++
	}
}

// One trade, with another second after each thousand.
func BenchmarkPartBars(b *testing.B) {
	var l Limits
	x := bars{keep: l.bars()}
	f := []Fill{{Symbol: 1, Price: 5, Qty: 1, Base: 1, Quote: 5}}
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		x.fold(i*second/1_000, f)
		i++
	}
}
