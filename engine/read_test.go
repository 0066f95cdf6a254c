package engine_test

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Best and Level agree with a walk over all levels, and say nothing of what is not there.
func TestBestAndLevel(t *testing.T) {
	const symbol msg.SymbolID = 1
	flow := enginetest.NewShaped(23, 100)
	e := engine.New(engine.Capacity{})
	for _, c := range flow.Setup(msg.Balances) {
		e.Execute(&c, nil)
	}
	var c msg.Command
	levels := 0
	for range 2000 {
		flow.Next(&c)
		e.Execute(&c, nil)
		for _, side := range []msg.Side{msg.Buy, msg.Sell} {
			first := true
			e.EachLevel(symbol, side, func(p msg.Price, qty msg.Qty, _ int) bool {
				if best, ok := e.Best(symbol, side); first && (!ok || best != p) {
					t.Fatalf("the best %v is %d, %v, want %d", side, best, ok, p)
				}
				if got := e.Level(symbol, side, p); got != qty {
					t.Fatalf("%v %d: %d lots, want %d", side, p, got, qty)
				}
				if got := e.Level(symbol, side.Opposite(), p); got != 0 {
					t.Fatalf("%v %d: %d lots on the other side", side, p, got)
				}
				first = false
				levels++
				return true
			})
			if best, ok := e.Best(symbol, side); ok == first {
				t.Fatalf("the best %v is %d, %v", side, best, ok)
			}
		}
	}
	if levels < 2000 {
		t.Errorf("%d levels were looked at: it tests nothing", levels)
	}
	if p, ok := e.Best(2, msg.Buy); ok {
		t.Errorf("symbol 2 is not there and has bids at %d", p)
	}
	for _, p := range []msg.Price{-1, 0, msg.MaxPrice} {
		if got := e.Level(symbol, msg.Buy, p) + e.Level(2, msg.Buy, p); got != 0 {
			t.Errorf("price %d: %d lots", p, got)
		}
	}
}
