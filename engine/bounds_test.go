package engine_test

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// A command has at most MaxOwnEvents events beside one for each open order, and
// one that has as many.
func TestEventsPerCommand(t *testing.T) {
	for seed := range uint64(30) {
		e, naive := engine.New(engine.Capacity{}), enginetest.NewNaive()
		s := enginetest.NewStream(seed, naive)
		for range 2000 {
			c := s.Next()
			naive.Execute(&c)
			open := e.OpenOrders()
			if v := e.Execute(&c, nil); len(v) > open+msg.MaxOwnEvents {
				t.Fatalf("seed %d: command %d has %d events with %d orders open: %+v", seed, c.Seq, len(v), open, c)
			}
		}
	}
	e := engine.New(engine.Capacity{})
	var events []msg.Event
	for _, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: named("B")},
		{Kind: msg.AddAsset, Name: named("Q")},
		{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: named("BQ"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}},
		{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: 5, Qty: 5},
		{Kind: msg.Place, Account: 2, Symbol: 1, Side: msg.Sell, Price: 6, Qty: 5},
		{Kind: msg.CancelReplace, Account: 2, Symbol: 1, Order: 99, Mode: msg.AllowFailure, STP: msg.ExpireMaker, Price: 6, Qty: 6, TIF: msg.IOC},
	} {
		c.Seq = e.Seq() + 1
		events = e.Execute(&c, events[:0])
	}
	if want := 2 + msg.MaxOwnEvents; len(events) != want {
		t.Errorf("%d events, want %d: %+v", len(events), want, events)
	}
}
