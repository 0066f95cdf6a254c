package marketview_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// amend lowers an order of ann to a quantity, and gives it a name if there is one.
func (f *feed) amend(id msg.OrderID, qty msg.Qty, n string) {
	c := msg.Command{Kind: msg.Amend, Account: ann, Symbol: market, Order: id, Qty: qty}
	if n != "" {
		c.Name = name(n)
	}
	f.do(c, msg.Event{Kind: msg.Amended, Order: id})
}

// amended is a feed with two orders of ann that were amended four times in turn, of
// which three amendments are kept.
func amended(l marketview.Limits) (f *feed, first, second msg.OrderID) {
	f = newFeed(l)
	c := buy(ann, 20, 10)
	c.Name = name("a")
	first = f.place(c) // execution 1
	second = f.place(buy(ann, 21, 9))
	f.amend(first, 8, "b")
	f.amend(second, 7, "")
	f.amend(first, 6, "")
	f.amend(first, 5, "c")
	return f, first, second
}

func TestAmendments(t *testing.T) {
	f, first, second := amended(marketview.Limits{Amendments: 3})
	at := f.views.Time()
	f.cancel(ann, first) // and it is there all the same
	row := func(order msg.OrderID, execution uint64, before, after string, from, to msg.Qty, time int64) marketview.Amendment {
		a := marketview.Amendment{Symbol: market, Order: order, ExecutionID: execution, OrigQty: from, NewQty: to, Time: time}
		copy(a.OrigName[:], before)
		copy(a.NewName[:], after)
		return a
	}
	middle, last := row(first, 5, "b", "b", 8, 6, at-10), row(first, 6, "b", "c", 6, 5, at)
	other := row(second, 4, "", "", 9, 7, at-20)
	type query = marketview.AmendmentQuery
	for _, c := range []struct {
		name    string
		account msg.AccountID
		q       query
		want    []marketview.Amendment
	}{
		{"all that is kept", ann, query{Symbol: market, Order: first, Limit: 9}, []marketview.Amendment{middle, last}},
		{"the newest", ann, query{Symbol: market, Order: first, Limit: 1}, []marketview.Amendment{last}},
		{"from an id on", ann, query{Symbol: market, Order: first, From: 1, Limit: 1}, []marketview.Amendment{middle}},
		{"from a later id on", ann, query{Symbol: market, Order: first, From: 6, Limit: 9}, []marketview.Amendment{last}},
		{"another order", ann, query{Symbol: market, Order: second, Limit: 9}, []marketview.Amendment{other}},
		{"another symbol", ann, query{Symbol: free, Order: first, Limit: 9}, nil},
		{"somebody else", bob, query{Symbol: market, Order: first, Limit: 9}, nil},
		{"nobody", 77, query{Symbol: market, Order: first, Limit: 9}, nil},
		{"none", ann, query{Symbol: market, Order: first}, nil},
	} {
		for _, v := range []*marketview.Views{f.views, restored(t, f.views, marketview.Limits{Amendments: 3}).views} {
			if diff := cmp.Diff(c.want, v.Amendments(c.account, c.q, nil)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
	}
	f.check(t)
}

// A set that keeps less drops the oldest, and one that keeps none has none.
func TestFewerAmendmentsKept(t *testing.T) {
	all, first, _ := amended(marketview.Limits{})
	for keep, want := range map[int]int{-1: 0, 1: 1, 2: 2, 100: 3} {
		folded, _, _ := amended(marketview.Limits{Amendments: keep})
		again := restored(t, all.views, marketview.Limits{Amendments: keep})
		for _, v := range []*marketview.Views{folded.views, again.views} {
			if got := v.Amendments(ann, marketview.AmendmentQuery{Symbol: market, Order: first, Limit: 9}, nil); len(got) != want {
				t.Errorf("of those with at most %d: %+v", keep, got)
			}
		}
		if diff := cmp.Diff(sections(folded.views), sections(again.views)); diff != "" {
			t.Errorf("keeping %d (-folded +restored):\n%s", keep, diff)
		}
	}
}
