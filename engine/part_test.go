package engine_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestFoldInParts folds random transactions whole and event by event. After each
// event the sums of each asset and the sides of the books are looked at, as a
// debugger does; after each transaction both states are one. It shows that parts
// add up to the whole; what a state in between must be is told by TestHalfDone.
func TestFoldInParts(t *testing.T) {
	const seeds, commands = 40, 400
	between := 0
	for seed := range uint64(seeds) {
		naive := enginetest.NewNaive()
		stream := enginetest.NewStream(seed, naive)
		executed, parts := engine.New(engine.Capacity{}), engine.New(engine.Capacity{})
		var events []msg.Event
		for range commands {
			c := stream.Next()
			naive.Execute(&c)
			events = executed.Execute(&c, events[:0])
			parts.Begin(&c)
			for i := range events {
				parts.ApplyEvent(&events[i])
				if !parts.HalfDone() {
					t.Fatalf("seed %d, command %d: done after event %d of %d", seed, c.Seq, i+1, len(events))
				}
				if x, ok := parts.Arriving(); ok && (x.ID != msg.OrderID(c.Seq) || x.Open < 1 || x.Open > x.Qty) {
					t.Fatalf("seed %d, command %d, event %d: the arriving order is %+v", seed, c.Seq, i+1, x)
				}
				between++
			}
			parts.End()
			if _, ok := parts.Arriving(); ok || parts.HalfDone() || parts.Digest() != executed.Digest() {
				t.Fatalf("seed %d, command %d: digest %x in parts, %x whole", seed, c.Seq, parts.Digest(), executed.Digest())
			}
		}
		if err := parts.Check(); err != nil || !bytes.Equal(parts.AppendState(nil), executed.AppendState(nil)) {
			t.Fatalf("seed %d: the states differ, %v", seed, err)
		}
	}
	if between < seeds*commands {
		t.Errorf("only %d states between events were looked at", between)
	}
}

// TestHalfDone looks at what stands between the events of an order that takes two
// others and rests.
func TestHalfDone(t *testing.T) {
	e := engine.New(engine.Capacity{})
	spec := msg.Symbol{Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}
	spec.Name, _ = msg.ParseName("BQ")
	base, _ := msg.ParseName("B")
	quote, _ := msg.ParseName("Q")
	for _, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: base},
		{Kind: msg.AddAsset, Name: quote},
		{Kind: msg.AddSymbol, Spec: &spec},
		{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: 100, Qty: 4},
		{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: 101, Qty: 5},
	} {
		c.Seq = e.Seq() + 1
		e.Execute(&c, nil)
	}
	twin, err := engine.Restore(e.AppendState(nil), engine.Capacity{})
	if err != nil {
		t.Fatal(err)
	}
	c := msg.Command{Seq: 6, Kind: msg.Place, Account: 2, Symbol: 1, Price: 101, Qty: 12}
	events := twin.Execute(&c, nil)
	e.Begin(&c)
	for i, want := range []struct{ arriving, asks msg.Qty }{{12, 9}, {8, 5}, {3, 0}} {
		e.ApplyEvent(&events[i])
		asks := msg.Qty(0)
		e.EachLevel(1, msg.Sell, func(_ msg.Price, qty msg.Qty, _ int) bool { asks += qty; return true })
		x, ok := e.Arriving()
		if !ok || x.Open != want.arriving || asks != want.asks || x.Side != msg.Buy || x.Price != 101 || x.Account != 2 {
			t.Errorf("after event %d: %d lots of %+v arrive and %d are asked, want %+v", i+1, x.Open, x, asks, want)
		}
		if _, rests := e.Order(6); rests {
			t.Errorf("after event %d the order rests", i+1)
		}
	}
	for what, do := range map[string]func(){
		"begins while command 6 is half done": func() { e.Apply(&msg.Command{Seq: 7, Kind: msg.CancelAll, Symbol: 1}, nil) },
		"none is under way":                   func() { twin.End() },
		"no transaction is under way":         func() { twin.ApplyEvent(&events[0]) },
	} {
		if got := panicOf(do); !strings.Contains(got, what) {
			t.Errorf("panic %q, want %q", got, what)
		}
	}
	e.End()
	if x, rests := e.Order(6); !rests || x.Open != 3 || e.Digest() != twin.Digest() {
		t.Errorf("in the end %+v rests, digest %x, want %x", x, e.Digest(), twin.Digest())
	}
}

// panicOf returns what a function panics with, as text.
func panicOf(do func()) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text, _ = v.(string)
		}
	}()
	do()
	return ""
}
