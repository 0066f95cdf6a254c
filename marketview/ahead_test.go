package marketview_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// states returns the bytes of all sections.
func states(v *marketview.Views) (all []byte) {
	for _, s := range v.Sections() {
		all = s.AppendState(all)
	}
	return all
}

// Looking ahead changes nothing, and looks at whatever a command says.
func TestAhead(t *testing.T) {
	f := newFeed(marketview.Limits{})
	var commands []msg.Command
	if f.views.Ahead([]msg.Command{{Kind: msg.Cancel, Order: 1}}) != 0 {
		t.Error("it looks ahead where that does not pay")
	}
	const n = 100_000 // so many that old ones have lost their place to newer ones
	for i := range n {
		c := msg.Command{Kind: msg.Place, Account: msg.AccountID(1 + i%2), Symbol: free, Price: msg.Price(1 + i%98), Qty: 1}
		if i%2 == 0 {
			c.Name = name(fmt.Sprint("n", i))
		}
		f.do(c, msg.Event{Kind: msg.Accepted, Order: msg.OrderID(f.seq + 1)})
	}
	for i, id := range []msg.OrderID{0, 1, 12, 100, n, n + 1_000_000, math.MaxUint64} {
		for _, n := range []msg.Name{{}, name("n2"), name("a"), name("nobody-s")} {
			commands = append(commands, msg.Command{
				Seq: f.seq + msg.Seq(len(commands)) + 1, Kind: msg.CancelReplace, Account: msg.AccountID(i), Symbol: msg.SymbolID(i), Order: id, Name: n,
			})
		}
	}
	for i := range 100 {
		commands = append(commands, msg.Command{Kind: msg.Cancel, Order: msg.OrderID(20 + 900*i)})
	}
	before := states(f.views)
	if n := testing.AllocsPerRun(3, func() {
		if f.views.Ahead(commands) == 0 {
			t.Error("it has looked at nothing")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if !bytes.Equal(states(f.views), before) {
		t.Error("the state is another one")
	}
	if err := f.views.Check(); err != nil {
		t.Error(err)
	}
}
