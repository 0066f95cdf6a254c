package marketview

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// However many orders are open, few are found in the hash only, and all are found, also
// by a set restored while they were open.
func TestRecentGrows(t *testing.T) {
	const orders = 5 * firstRecent
	p := newPlanner(3)
	for i := range orders {
		p.place(msg.Strategy{})
		if i%4 == 3 { // so ids have gaps
			p.cancel(msg.OrderID(p.seq))
		}
	}
	images := p.Sections()
	again := New(Limits{ClosedOrders: 3})
	for i, s := range again.Sections() {
		if err := s.Restore(images[i].AppendState(nil)); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []*Views{p.Views, again} {
		o := &v.orders
		if o.records.used() != orders*3/4 || o.older.n > len(o.recent)/olderPart || len(o.recent) > 8*orders {
			t.Errorf("%d orders, %d of them older, %d places", o.records.used(), o.older.n, len(o.recent))
		}
		if err := v.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, row := range p.OpenOrders(1, 1, nil) {
		p.cancel(row.ID)
	}
	if err := p.Check(); err != nil || p.orders.records.used() != 0 || p.orders.older.n != 0 {
		t.Errorf("%d orders are open, %d older: %v", p.orders.records.used(), p.orders.older.n, err)
	}
}
