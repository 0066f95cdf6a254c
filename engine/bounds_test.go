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

// An id that nothing has is refused, also where an index is too short for it: the
// largest ids are negative there.
func TestIDsOfNothing(t *testing.T) {
	for _, id := range []uint32{1 << 25, 1<<31 - 1, 1 << 31, 1<<32 - 2, 1<<32 - 1} {
		e := stateAfter(t, 3, 200)
		symbol, account, asset := msg.SymbolID(id), msg.AccountID(id), msg.AssetID(id)
		for _, c := range []msg.Command{
			{Kind: msg.Place, Account: 1, Symbol: symbol, Price: 1, Qty: 1},
			{Kind: msg.Place, Account: account, Symbol: 1, Price: 1, Qty: 1},
			{Kind: msg.Cancel, Account: 1, Symbol: symbol, Order: 1},
			{Kind: msg.Cancel, Account: account, Symbol: 1, Order: 1},
			{Kind: msg.CancelReplace, Account: 1, Symbol: symbol, Order: 1, Price: 1, Qty: 1},
			{Kind: msg.Amend, Account: account, Symbol: symbol, Order: 1, Qty: 1},
			{Kind: msg.CancelAll, Account: account, Symbol: 1},
			{Kind: msg.CancelAll, Account: 1, Symbol: symbol},
			{Kind: msg.Credit, Account: account, Asset: 1, Amount: 1, Transfer: 1 << 60},
			{Kind: msg.Debit, Account: 1, Asset: asset, Amount: 1, Transfer: 1 << 60},
			{Kind: msg.SetStatus, Account: account, Status: msg.Disabled},
			{Kind: msg.SetFees, Account: account, Maker: 1},
			{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: named("X"), Base: asset, Quote: 1, Tick: 1, Lot: 1}},
			{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: named("X"), Base: 1, Quote: asset, Tick: 1, Lot: 1}},
			{Kind: msg.AlterSymbol, Symbol: symbol, Spec: &msg.Symbol{Name: named("X"), Base: 1, Quote: 2, Tick: 1, Lot: 1}},
			{Kind: msg.SetPhase, Symbol: symbol, Phase: msg.Halt},
			{Kind: msg.Uncross, Symbol: symbol},
		} {
			c.Seq, c.Time = e.Seq()+1, e.Time()
			if events := e.Execute(&c, nil); len(events) == 0 || events[0].Kind != msg.Rejected && events[0].Kind != msg.CancelRejected {
				t.Errorf("id %d: %v: %+v", id, c.Kind, events)
			}
		}
		if err := e.Check(); err != nil {
			t.Errorf("id %d: %v", id, err)
		}
	}
}
