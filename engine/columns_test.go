package engine

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Numbers of each width come back, whatever the least of them is and however many
// there are, and what has not changed is kept.
func TestColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	spread := func(c *columns, rows []uint64) { copy(c[0][:], rows) }
	gather := func(c *columns, rows []uint64) { copy(rows, c[0][:]) }
	for width := range 65 {
		for _, n := range []int{0, 1, 7, blockRows - 1, blockRows, blockRows + 1, 3*blockRows + 5} {
			rows := make([]uint64, n)
			least := r.Uint64() >> r.IntN(64) // the highest ones wrap
			for i := range rows {
				rows[i] = least + r.Uint64()>>(64-width)
				if i%5 == 0 {
					rows[i] = least + (1<<width - 1)
				}
			}
			blocks := packRows(rows, 1, nil, spread)
			back := make([]uint64, n)
			unpackRows(back, 1, blocks, gather)
			if !slices.Equal(back, rows) {
				t.Fatalf("%d numbers of %d bits from %d on do not come back", n, width, least)
			}
			if n == 0 {
				continue
			}
			rows[0]++
			again := packRows(rows, 1, blocks, spread)
			if &again[0][0] == &blocks[0][0] || len(again) > 1 && &again[1][0] != &blocks[1][0] {
				t.Fatalf("%d numbers of %d bits: a block that has changed is kept, or one that has not is packed anew", n, width)
			}
		}
	}
}
