package engine

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// crowded returns an engine with so many open orders that looking ahead is worth it,
// every other one named.
func crowded(t testing.TB) *Engine {
	t.Helper()
	e := market(t)
	for i := range aheadRecords {
		c := msg.Command{
			Seq: e.Seq() + 1, Time: e.Time(), Kind: msg.Place, Account: msg.AccountID(3 + i%7), Symbol: 2, Price: msg.Price(1 + i%98), Qty: 1,
		}
		if i%2 == 0 {
			c.Name = name(fmt.Sprint("n", i))
		}
		if v := e.Execute(&c, nil); v[0].Kind != msg.Accepted {
			t.Fatalf("%v: %v", v[0].Kind, v[0].Reason)
		}
	}
	return e
}

// Looking ahead changes nothing, and looks at whatever a command says.
func TestAhead(t *testing.T) {
	e := crowded(t)
	image := e.AppendState(nil)
	var commands []msg.Command
	for _, id := range []msg.OrderID{0, 9, 12, 100, aheadRecords, math.MaxUint64} {
		for _, s := range []msg.SymbolID{0, 1, 2, 3, math.MaxUint32} {
			for _, p := range []msg.Price{0, 1, 99, 100, msg.MaxPrice, -1} {
				for _, n := range []string{"", "n2", "a", "nobody's"} {
					commands = append(commands,
						msg.Command{Kind: msg.CancelReplace, Account: 3, Symbol: s, Order: id, Price: p, Name: name(n)},
						msg.Command{Kind: msg.Place, Account: 4, Symbol: s, Side: msg.Side(id), Type: msg.Market, Price: p, Name: name(n)},
						msg.Command{Kind: msg.Cancel, Account: math.MaxUint32, Symbol: s, Order: id, OrigName: name(n), Side: msg.Sell, Price: p})
				}
			}
		}
	}
	if n := testing.AllocsPerRun(3, func() {
		if e.Ahead(len(commands), func(i int) *msg.Command { return &commands[i] }) == 0 {
			t.Error("it has looked at nothing")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	e.Ahead(0, nil)
	if !bytes.Equal(e.AppendState(nil), image) {
		t.Error("the state is another one")
	}
	if err := e.Check(); err != nil {
		t.Error(err)
	}
}

// BenchmarkAhead cancels orders at random among a million and places others, looking
// ahead or not.
func BenchmarkAhead(b *testing.B) {
	for _, look := range []bool{false, true} {
		b.Run(fmt.Sprintf("look=%v", look), func(b *testing.B) {
			const resting, batch = 1_000_000, 256
			e := New(Capacity{Orders: 2 * resting})
			spec := &msg.Symbol{Name: name("S"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}
			var events []msg.Event
			do := func(c *msg.Command) {
				c.Seq = e.Seq() + 1
				events = e.Execute(c, events[:0])
			}
			for _, c := range []msg.Command{
				{Kind: msg.AddAsset, Name: name("A")},
				{Kind: msg.AddAsset, Name: name("B")},
				{Kind: msg.AddSymbol, Spec: spec},
			} {
				do(&c)
			}
			seed := uint64(1)
			draw := func(n uint64) uint64 {
				seed = mix(seed, k2)
				return seed % n
			}
			place := func() msg.Command {
				c := msg.Command{Kind: msg.Place, Account: msg.AccountID(1 + draw(1000)), Symbol: 1, Price: msg.Price(1 + draw(10_000)), Qty: 1}
				copy(c.Name[:], fmt.Sprintf("web_%016x", draw(math.MaxUint64)))
				return c
			}
			live := make([]msg.Command, 0, resting) // a cancel of each
			for len(live) < resting {
				c := place()
				do(&c)
				live = append(live, msg.Command{Kind: msg.Cancel, Account: c.Account, Symbol: 1, Order: msg.OrderID(c.Seq)})
			}
			commands := make([]msg.Command, batch)
			for b.Loop() {
				b.StopTimer()
				for i := 0; i < batch; i += 2 {
					at := draw(resting)
					commands[i], commands[i+1] = live[at], place()
					live[at] = msg.Command{Kind: msg.Cancel, Account: commands[i+1].Account, Symbol: 1, Order: msg.OrderID(e.Seq()) + msg.OrderID(i) + 2}
				}
				b.StartTimer()
				if look {
					e.Ahead(batch, func(i int) *msg.Command { return &commands[i] })
				}
				for i := range commands {
					do(&commands[i])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/command")
		})
	}
}
