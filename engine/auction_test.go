package engine

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Surplus and side are those of the book at the indicative price, and an uncross
// leaves exactly the surplus unmatched there.
func TestIndicativeSurplus(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	sides := map[msg.Side]int{}
	even := 0
	for round := range 5000 {
		e := market(t)
		s := e.symbols[1]
		do := func(c msg.Command) []msg.Event {
			c.Seq, c.Time, c.Symbol = e.seq+1, e.time, 2
			return e.Execute(&c, nil)
		}
		do(msg.Command{Kind: msg.CancelAll, Account: 3})
		s.last = msg.Price(r.IntN(16))
		do(msg.Command{Kind: msg.SetPhase, Phase: msg.Auction})
		for range r.IntN(9) {
			do(msg.Command{Kind: msg.Place, Side: msg.Side(r.IntN(2)), Price: msg.Price(3 + r.IntN(10)), Qty: msg.Qty(1 + r.IntN(4))})
		}
		x, _ := e.Indicative(2)
		if x.Volume == 0 {
			if x != (Indicative{}) {
				t.Fatalf("round %d: nothing trades, and %+v", round, x)
			}
			continue
		}
		demand, supply := e.within(s, x.Price)
		if x.Volume != min(demand, supply) || x.Surplus != max(demand, supply)-x.Volume || (x.Side == msg.Sell) != (supply > demand) {
			t.Fatalf("round %d: %+v with %d bid and %d asked", round, x, demand, supply)
		}
		if x.Surplus == 0 {
			even++
		} else {
			sides[x.Side]++
		}
		do(msg.Command{Kind: msg.Uncross})
		if demand, supply = e.within(s, x.Price); max(demand, supply) != x.Surplus || min(demand, supply) != 0 {
			t.Fatalf("round %d: %+v leaves %d bid and %d asked", round, x, demand, supply)
		}
	}
	if sides[msg.Buy] < 100 || sides[msg.Sell] < 100 || even < 100 {
		t.Errorf("surplus of bids %d times, of asks %d, of none %d", sides[msg.Buy], sides[msg.Sell], even)
	}
}

// within sums what could trade at a price.
func (e *Engine) within(s *symbol, p msg.Price) (demand, supply msg.Qty) {
	e.EachLevel(s.id, msg.Buy, func(q msg.Price, qty msg.Qty, _ int) bool {
		if q >= p {
			demand += qty
		}
		return true
	})
	e.EachLevel(s.id, msg.Sell, func(q msg.Price, qty msg.Qty, _ int) bool {
		if q <= p {
			supply += qty
		}
		return true
	})
	return demand, supply
}
