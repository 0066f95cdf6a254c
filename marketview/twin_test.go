package marketview_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// The naive exchange judges the views: random streams of commands go to it, its
// transactions are folded, and then both are asked the same questions. What it
// does not know, rows of closed orders, a plain ledger kept beside it knows.

var small = marketview.Limits{
	Trades: 7, AggTrades: 6, ClosedOrders: 5, Fills: 11, Amendments: 3, Preventions: 4,
	Bars: [marketview.Intervals]int{marketview.Interval1s: 30, marketview.Interval3m: 4, marketview.Interval5m: 1, marketview.Interval1d: -1},
}

func TestViewsFollowTheExchange(t *testing.T) {
	seeds, commands := uint64(16), 2_500
	if os.Getenv("EXCHANGE_LONG") != "" {
		seeds, commands = 150, 6_000
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			follow(t, seed, commands)
		})
	}
}

func follow(t *testing.T, seed uint64, commands int) {
	n := enginetest.NewNaive()
	stream := enginetest.NewStream(seed, n)
	v := marketview.New(small)
	l := newLedger(small)
	for i := range commands {
		c := stream.Next()
		events := n.Execute(&c)
		v.Apply(&c, events)
		l.apply(&c, events)
		if err := compareSymbol(v, n, l, c.Symbol); err != nil {
			t.Fatalf("command %d, %+v, %+v: %v", c.Seq, c, events, err)
		}
		if err := compareAccount(v, n, l, c.Account); err != nil {
			t.Fatalf("command %d, %+v, %+v: %v", c.Seq, c, events, err)
		}
		if i%100 != 99 && i != commands-1 {
			continue
		}
		if err := compareAll(v, n, l); err != nil {
			t.Fatalf("command %d: %v", c.Seq, err)
		}
		if i%500 == 499 { // goes on from its own sections
			v = reborn(t, v)
		}
	}
	alone := marketview.New(small)
	l.replay(alone)
	if diff := cmp.Diff(sections(alone), sections(v)); diff != "" {
		t.Errorf("a set folded from the first command and a restored one differ:\n%s", diff)
	}
}

// reborn returns a set restored from the sections of v.
func reborn(t *testing.T, v *marketview.Views) *marketview.Views {
	t.Helper()
	again := marketview.New(small)
	to := again.Sections()
	for i, s := range v.Sections() {
		if err := to[i].Restore(s.AppendState(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.Check(); err != nil {
		t.Fatalf("after a restore: %v", err)
	}
	for i, s := range v.Sections() {
		if !bytes.Equal(s.AppendState(nil), to[i].AppendState(nil)) {
			t.Fatalf("section %s changes by a restore", s.Name())
		}
	}
	return again
}

func sections(v *marketview.Views) map[string][]byte {
	m := make(map[string][]byte)
	for _, s := range v.Sections() {
		m[s.Name()] = s.AppendState(nil)
	}
	return m
}

func compareAll(v *marketview.Views, n *enginetest.Naive, l *ledger) error {
	if err := v.Check(); err != nil {
		return err
	}
	for id := range n.Symbols() {
		if err := compareSymbol(v, n, l, msg.SymbolID(id+1)); err != nil {
			return err
		}
		r := recomputed{trades: l.trades[msg.SymbolID(id+1)], symbol: l.symbols[id], scale: l.scales[l.symbols[id].Base-1], limits: small}
		if err := r.compare(v, msg.SymbolID(id+1), v.Time()+int64(v.Seq()%3)*40e9); err != nil {
			return err
		}
	}
	for id := range n.Accounts() + 1 {
		if err := compareAccount(v, n, l, msg.AccountID(id)); err != nil {
			return err
		}
	}
	return nil
}

func compareSymbol(v *marketview.Views, n *enginetest.Naive, l *ledger, id msg.SymbolID) error {
	if id == 0 || int(id) > n.Symbols() {
		return nil
	}
	m := n.Market(id)
	s, _ := v.SymbolByID(id)
	if s.Spec != m.Spec || s.Phase != m.Phase || s.ExecutionID != m.Reports {
		return fmt.Errorf("symbol %d is %+v, want %+v", id, s, m)
	}
	want := marketview.Depth{
		UpdateID: m.Updates, Bids: levels(n.Orders(id, msg.Buy)), Asks: levels(n.Orders(id, msg.Sell)),
	}
	var got marketview.Depth
	v.Depth(id, 0, &got)
	if !slices.Equal(got.Bids, want.Bids) || !slices.Equal(got.Asks, want.Asks) || got.UpdateID != want.UpdateID {
		return fmt.Errorf("depth of symbol %d (-got +want):\n%s", id, cmp.Diff(got, want))
	}
	if top, _ := v.Best(id); top != topOf(&want) {
		return fmt.Errorf("best of symbol %d is %+v, want %+v", id, top, topOf(&want))
	}
	rows := v.Trades(id, 0, 100, nil)
	if !slices.Equal(rows, l.newest(id)) {
		return fmt.Errorf("trades of symbol %d (-got +want):\n%s", id, cmp.Diff(rows, l.newest(id)))
	}
	if last, _ := v.LastTrade(id); last.ID != m.Trades || last.Price != m.Last {
		return fmt.Errorf("last trade of symbol %d is %+v, want id %d at %d", id, last, m.Trades, m.Last)
	}
	if aggs := v.AggTrades(id, 0, marketview.Span{Limit: 100}, nil); !slices.Equal(aggs, l.aggs(id)) {
		return fmt.Errorf("aggregate trades of symbol %d (-got +want):\n%s", id, cmp.Diff(aggs, l.aggs(id)))
	}
	return nil
}

func levels(orders []enginetest.Order) []marketview.Level {
	var list []marketview.Level
	for _, o := range orders {
		if n := len(list); n > 0 && list[n-1].Price == o.Price {
			list[n-1].Qty += o.Open
			list[n-1].Orders++
			continue
		}
		list = append(list, marketview.Level{Price: o.Price, Qty: o.Open, Orders: 1})
	}
	return list
}

func topOf(d *marketview.Depth) marketview.Top {
	t := marketview.Top{UpdateID: d.UpdateID}
	if len(d.Bids) > 0 {
		t.BidPrice, t.BidQty = d.Bids[0].Price, d.Bids[0].Qty
	}
	if len(d.Asks) > 0 {
		t.AskPrice, t.AskQty = d.Asks[0].Price, d.Asks[0].Qty
	}
	return t
}

func compareAccount(v *marketview.Views, n *enginetest.Naive, l *ledger, id msg.AccountID) error {
	if int(id) <= n.Accounts() {
		want := n.Account(id)
		got, _ := v.Account(id)
		if got.Status != want.Status || got.Maker != want.Maker || got.Taker != want.Taker || got.Transfer != want.Transfer {
			return fmt.Errorf("account %d is %+v, want %+v", id, got, want)
		}
	}
	for asset := range n.Assets() {
		a := msg.AssetID(asset + 1)
		free, locked := v.Balance(id, a)
		wantFree, wantLocked := n.Balance(id, a)
		if free != wantFree || locked != wantLocked {
			return fmt.Errorf("account %d has %d free and %d locked of asset %d, want %d and %d", id, free, locked, a, wantFree, wantLocked)
		}
	}
	if got, want := v.BalanceTime(id), l.moved[id]; got != want {
		return fmt.Errorf("balances of account %d moved at %d, want %d", id, got, want)
	}
	if rows := v.Fills(id, marketview.FillQuery{Span: marketview.Span{Limit: 100}}, nil); !slices.Equal(rows, l.own(id)) {
		return fmt.Errorf("fills of account %d (-got +want):\n%s", id, cmp.Diff(rows, l.own(id)))
	}
	if err := l.histories(v, id); err != nil {
		return err
	}
	return compareOrders(v, n, l, id)
}

// compareRanges compares parts of the orders of an account in a symbol with all.
func compareRanges(v *marketview.Views, id msg.AccountID, s msg.SymbolID, all []marketview.Order) error {
	if len(all) == 0 {
		return nil
	}
	mid, late := all[len(all)/2], all[len(all)*3/4]
	for _, r := range []marketview.Range{
		{Limit: 1},
		{Limit: 3},
		{From: mid.ID, Limit: 3},
		{From: mid.ID, Limit: 1000},
		{Start: mid.Time, Limit: 2},
		{End: mid.Time, Limit: 2},
		{Start: mid.Time, End: late.Time, Limit: 4},
		{From: late.ID, End: mid.Time, Limit: 4},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(o marketview.Order) bool {
			return o.ID < r.From || o.Time < r.Start || r.End != 0 && o.Time > r.End
		})
		if r.From == 0 && r.Start == 0 {
			want = want[max(len(want)-r.Limit, 0):]
		} else {
			want = want[:min(len(want), r.Limit)]
		}
		if got := v.OrderHistory(id, s, r, nil); !slices.Equal(got, want) {
			return fmt.Errorf("orders of account %d in symbol %d in %+v (-got +want):\n%s", id, s, r, cmp.Diff(got, want))
		}
	}
	return nil
}

func compareOrders(v *marketview.Views, n *enginetest.Naive, l *ledger, id msg.AccountID) error {
	var open []marketview.Order
	for sym := range n.Symbols() {
		s := msg.SymbolID(sym + 1)
		want := l.rows(id, s)
		got := v.OrderHistory(id, s, marketview.Range{Limit: 1 << 20}, nil)
		if !slices.Equal(got, want) {
			return fmt.Errorf("orders of account %d in symbol %d (-got +want):\n%s", id, s, cmp.Diff(got, want))
		}
		if err := compareRanges(v, id, s, want); err != nil {
			return err
		}
		for _, o := range want {
			if one, ok := v.Order(id, o.ID); !ok || one != o {
				return fmt.Errorf("order %d of account %d is %+v, want %+v", o.ID, id, one, o)
			}
			if _, ok := v.Order(id+1, o.ID); ok {
				return fmt.Errorf("order %d of account %d is found for another account", o.ID, id)
			}
		}
		mine := slices.DeleteFunc(want, func(o marketview.Order) bool { return !o.IsOpen() })
		if got := v.OpenOrders(id, s, nil); !slices.Equal(got, mine) || v.CountOpen(id, s) != len(mine) {
			return fmt.Errorf("open orders of account %d in symbol %d (-got +want):\n%s", id, s, cmp.Diff(got, mine))
		}
		open = append(open, mine...)
	}
	slices.SortFunc(open, func(a, b marketview.Order) int { return int(a.ID) - int(b.ID) })
	if got := v.OpenOrders(id, 0, nil); !slices.Equal(got, open) {
		return fmt.Errorf("open orders of account %d (-got +want):\n%s", id, cmp.Diff(got, open))
	}
	for name, want := range l.named(id) {
		if got, ok := v.OrderByName(id, name); !ok || got != want {
			return fmt.Errorf("order %s of account %d is %+v, want %+v", name, id, got, want)
		}
	}
	return nil
}
