package marketview

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// planner folds transactions of one account in a symbol without accounting.
type planner struct {
	*Views
	seq msg.Seq
}

func newPlanner(closedOrders int) *planner {
	p := &planner{Views: New(Limits{ClosedOrders: closedOrders})}
	p.Report(true)
	p.do(msg.Command{Kind: msg.AddAsset, Name: msg.Name{'B'}}, msg.Event{Kind: msg.AssetAdded, ID: 1})
	p.do(msg.Command{Kind: msg.AddAsset, Name: msg.Name{'Q'}}, msg.Event{Kind: msg.AssetAdded, ID: 2})
	spec := &msg.Symbol{Name: msg.Name{'B', 'Q'}, Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}
	p.do(msg.Command{Kind: msg.AddSymbol, Spec: spec}, msg.Event{Kind: msg.SymbolAdded, ID: 1})
	return p
}

func (p *planner) do(c msg.Command, events ...msg.Event) {
	p.seq++
	c.Seq, c.Time = p.seq, int64(p.seq)
	p.Apply(&c, events)
}

func (p *planner) place(s msg.Strategy) msg.OrderID {
	id := msg.OrderID(p.seq + 1)
	p.do(msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: 5, Qty: 2, Strategy: s}, msg.Event{Kind: msg.Accepted, Order: id})
	return id
}

func (p *planner) cancel(id msg.OrderID) {
	p.do(msg.Command{Kind: msg.Cancel, Account: 1, Symbol: 1, Order: id}, msg.Event{Kind: msg.Canceled, Order: id})
}

// plan is the strategy of the i-th order: an id, an id and a type, a type, nothing.
func plan(i int) (s msg.Strategy) {
	if i%4 < 2 {
		s.ID, s.HasID = int64(i), true
	}
	if i%4 == 1 || i%4 == 2 {
		s.Type = msg.MinStrategyType + int32(i)
	}
	return s
}

// A strategy lives as long as its order is kept, whatever is kept, and is told in
// every report of it, also of orders of which nothing is kept once they are closed.
func TestStrategiesLiveWithTheirOrders(t *testing.T) {
	for _, keep := range []int{-1, 1, 7, 100} {
		p := newPlanner(keep)
		var ids []msg.OrderID
		for i := range 400 {
			id := p.place(plan(i))
			ids = append(ids, id)
			if got := p.resolved.Reports[0].Order.Strategy; got != plan(i) {
				t.Fatalf("order %d is accepted with %+v, want %+v", id, got, plan(i))
			}
			if i >= 50 {
				p.cancel(ids[i-50])
				if got := p.resolved.Reports[0].Order.Strategy; got != plan(i-50) {
					t.Fatalf("keeping %d, order %d is canceled with %+v, want %+v", keep, ids[i-50], got, plan(i-50))
				}
			}
			if err := p.Check(); err != nil {
				t.Fatalf("keeping %d: %v", keep, err)
			}
		}
		for i := max(350-max(keep, 0), 0); i < 400; i++ {
			if o, ok := p.Order(1, ids[i]); !ok || o.Strategy != plan(i) {
				t.Errorf("keeping %d, order %d has %+v, want %+v", keep, ids[i], o.Strategy, plan(i))
			}
		}
		if most := 51 + 3*max(keep, 0) + logSlack; p.orders.extras.records.used() > most {
			t.Errorf("keeping %d, %d strategies are kept, want %d at most", keep, p.orders.extras.records.used(), most)
		}
	}
}

// Orders without a strategy take nothing for it.
func TestNoStrategyTakesNothing(t *testing.T) {
	p := newPlanner(3)
	for range 200 {
		p.cancel(p.place(msg.Strategy{}))
	}
	if s := &p.orders.extras; s.records.end != 0 || s.byOrder.entries != nil || cap(s.left) != 0 {
		t.Errorf("strategies of no order: %+v", s)
	}
}

// Check finds a strategy that is lost, and one of no order.
func TestCheckFindsStrategies(t *testing.T) {
	p := newPlanner(3)
	id := p.place(plan(0))
	p.orders.extras.add(99, extra{strategy: msg.Strategy{HasID: true}})
	if err := p.Check(); err == nil {
		t.Error("a strategy of no order is not found")
	}
	p.orders.extras.forget(99)
	p.orders.extras.forget(id)
	if err := p.Check(); err == nil {
		t.Error("an order without its strategy is not found")
	}
	p.orders.extras.add(id, extra{strategy: msg.Strategy{HasID: true}})
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}
