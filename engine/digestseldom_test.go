package engine_test

import (
	"fmt"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The digest is the same however seldom it is asked for, also when far more records
// have changed than may be out of it: orders that came and went, balances, time
// buckets of one symbol or of many.
func TestDigestAskedSeldom(t *testing.T) {
	for _, symbols := range []int{1, 3000} {
		room := engine.Capacity{Orders: 1 << 14, Accounts: 3000}
		often, seldom := engine.New(room), engine.New(room)
		flow := enginetest.NewShaped(5, 3000)
		setup := flow.Setup(msg.Balances)
		setup[2].Spec.Filters.AvgMins = 2
		both := func(c *msg.Command) {
			c.Seq, c.Time = often.Seq()+1, int64(often.Seq())*40e6 // a minute is 1500 commands
			often.Execute(c, nil)
			often.Digest()
			seldom.Execute(c, nil)
		}
		for i := range setup {
			both(&setup[i])
		}
		for i := 1; i < symbols; i++ {
			spec := *setup[2].Spec
			spec.Name = named(fmt.Sprint("S", i))
			both(&msg.Command{Kind: msg.AddSymbol, Spec: &spec})
		}
		added := seldom.Seq() - msg.Seq(len(setup))
		for n := range 120_000 {
			var c msg.Command
			flow.Next(&c)
			c.Symbol = 1 + msg.SymbolID(n%symbols)
			if c.Order != 0 {
				c.Order += msg.OrderID(added)
				o, _ := often.Order(c.Order)
				c.Symbol = max(1, o.Symbol)
			}
			both(&c)
		}
		if got, want := seldom.Digest(), often.Digest(); got != want {
			t.Errorf("%d symbols: the digest is %016x, asked for after each command %016x", symbols, got, want)
		}
		if err := seldom.Check(); err != nil {
			t.Error(err)
		}
		if n := seldom.OpenOrders(); n < 300 {
			t.Errorf("only %d orders are open", n)
		}
	}
}
