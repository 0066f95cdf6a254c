package engine

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// A refused command leaves nothing behind, not even an empty record: whoever is
// refused again and again must not fill the memory.
func TestRefusedCommandsKeepNothing(t *testing.T) {
	refused := map[msg.Kind]int{}
	for seed := range uint64(160) {
		e, naive := New(Capacity{}), enginetest.NewNaive()
		s := enginetest.NewStream(seed, naive)
		for range 1000 {
			c := s.Next()
			naive.Execute(&c)
			size := e.size()
			if v := e.Execute(&c, nil); v[0].Kind != msg.Rejected {
				continue
			}
			refused[c.Kind]++
			if e.size() != size {
				t.Fatalf("seed %d: %+v was refused and left something: %v, before %v", seed, c, e.size(), size)
			}
		}
	}
	for k := msg.Place; k <= msg.Uncross; k++ {
		if refused[k] == 0 {
			t.Errorf("no %v was refused", k)
		}
	}
}

// size returns how many records of each kind there are.
func (e *Engine) size() [10]int {
	return [...]int{
		len(e.assets), len(e.accounts), len(e.symbols), len(e.balances.pool), len(e.balances.slot.entries), len(e.positions.pool),
		len(e.positions.slot.entries), len(e.orders.pool), len(e.pool.levels), len(e.pool.nodes),
	}
}
