package timeline

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Of a flow whose orders mostly go again only about as many births are remembered as
// orders are open, whether they are sealed now and then or never, and those of open
// orders always are.
func TestBirthsArePruned(t *testing.T) {
	for _, every := range []int{1000, 1 << 30} {
		e := engine.New(engine.Capacity{})
		var b births
		most := 0
		do := func(c msg.Command) {
			c.Seq, c.Time = e.Seq()+1, int64(e.Seq())*1000
			e.Execute(&c, nil)
			b.note(e, &c)
			if int(c.Seq)%every == 0 {
				b.settle(e)
			}
			most = max(most, b.count+len(b.since))
		}
		do(msg.Command{Kind: msg.AddAsset, Name: msg.Name{'B'}})
		do(msg.Command{Kind: msg.AddAsset, Name: msg.Name{'Q'}})
		do(msg.Command{Kind: msg.AddSymbol, Spec: &msg.Symbol{
			Name: msg.Name{'S'}, Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting,
		}})
		for n := range 3 * pruneSlack {
			do(msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: 1, Qty: 1})
			if n%100 != 0 {
				do(msg.Command{Kind: msg.Cancel, Account: 1, Symbol: 1, Order: msg.OrderID(e.Seq())})
			}
		}
		open := e.OpenOrders()
		if open < 1000 || most <= pruneSlack/2 || most > 2*open+pruneSlack+1000 {
			t.Errorf("sealed every %d: %d births are remembered of %d open orders", every, most, open)
		}
		e.EachOrder(1, msg.Buy, func(o engine.Order) bool {
			if nanos, ok := b.of(o.ID); !ok || nanos != int64(o.ID-1)*1000 {
				t.Fatalf("sealed every %d: order %d came at %d, %v", every, o.ID, nanos, ok)
			}
			return true
		})
		if _, ok := b.of(3); ok {
			t.Error("a command that placed nothing is known as an order")
		}
	}
}
