package main

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// builtOver builds a view over a data directory.
func builtOver(t *testing.T, dir, name string, v *viewsBuild) [][]string {
	t.Helper()
	kind, err := viewNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	v.console = quiet()
	end, err := survey(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.within(&end); err != nil {
		t.Fatal(err)
	}
	past, err := v.open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close() //nolint:errcheck // it was only read
	rows, err := v.build(past, kind, &end)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// lotsOf reads a decimal of the table back as a number.
func lotsOf(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no decimal", text)
	}
	return r
}

// TestViewsBuild holds the views over random streams against what the journal's events
// say by themselves, against the bars that an exchange keeps, and against the book in
// the end.
func TestViewsBuild(t *testing.T) {
	fills := 0
	for seed := range uint64(4) {
		dir, _ := recordStream(t, seed, 1_200, nil)
		past, err := pipeline.OpenEarliest(pipeline.PastOptions{Dir: dir, Views: newViews})
		if err != nil {
			t.Fatal(err)
		}
		if err := past.FoldTo(0); err != nil {
			t.Fatal(err)
		}
		v := past.Views.(views)
		traded, orders := make(map[msg.SymbolID]*big.Int), make(map[msg.AccountID]int)
		err = eachTransaction(dir, span{1, past.Engine.Seq()}, nil, func(c *msg.Command, events []msg.Event) error {
			for _, e := range events {
				switch e.Kind {
				case msg.Accepted:
					orders[c.Account]++
				case msg.Traded:
					fills++
					if traded[c.Symbol] == nil {
						traded[c.Symbol] = new(big.Int)
					}
					addLots(traded[c.Symbol], e.Qty)
				default:
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		checkProfile(t, dir, past.Engine, traded)
		checkBarTable(t, dir, v.Views)
		checkSpread(t, dir, past.Engine)
		for _, row := range builtOver(t, dir, "order-to-trade", &viewsBuild{}) {
			a, err := strconv.ParseUint(row[0], 10, 32)
			if err != nil || strconv.Itoa(orders[msg.AccountID(a)]) != row[1] {
				t.Errorf("seed %d: account %s has %s orders, want %d", seed, row[0], row[1], orders[msg.AccountID(a)])
			}
			delete(orders, msg.AccountID(a))
		}
		if len(orders) > 0 {
			t.Errorf("seed %d: accounts that are not in the table: %v", seed, orders)
		}
		if err := past.Close(); err != nil {
			t.Error(err)
		}
	}
	if fills < 500 {
		t.Errorf("%d fills: too few to show anything", fills)
	}
}

// checkProfile sums the profile up by symbol.
func checkProfile(t *testing.T, dir string, e *engine.Engine, traded map[msg.SymbolID]*big.Int) {
	t.Helper()
	for id, lots := range traded {
		m, _ := marketOf(e, id)
		sum, trades := new(big.Rat), 0
		for _, row := range builtOver(t, dir, "volume-profile", &viewsBuild{symbol: nameFlag(m.Spec.Name.String())}) {
			if row[1] != m.Spec.Name.String() {
				t.Fatalf("the profile of %v has a row of %s", m.Spec.Name, row[1])
			}
			sum.Add(sum, lotsOf(t, row[3]))
			n, err := strconv.Atoi(row[5])
			if err != nil {
				t.Fatal(err)
			}
			trades += n
		}
		if want := lotsOf(t, m.qty.sum(lots)); sum.Cmp(want) != 0 || trades != int(m.Trade) {
			t.Errorf("the profile of %v sums up to %s in %d trades, want %s in %d", m.Spec.Name, sum.FloatString(8), trades, want.FloatString(8), m.Trade)
		}
	}
}

// checkBarTable compares with the bars that the views keep, those without trades apart.
func checkBarTable(t *testing.T, dir string, v *marketview.Views) {
	t.Helper()
	rows := builtOver(t, dir, "bars", &viewsBuild{interval: intervalFlag{"1m", marketview.Interval1m}})
	for id := range v.SymbolCount() {
		symbol, _ := v.SymbolByID(msg.SymbolID(id + 1))
		scope := &viewScope{views: v}
		name, price, _ := scope.market(symbol.ID)
		var want, got []string
		for _, b := range v.Bars(marketview.BarQuery{Symbol: symbol.ID, Interval: marketview.Interval1m, Span: marketview.Span{Limit: 100_000, Start: 1}}, nil) {
			if b.Trades > 0 {
				want = append(want, fmt.Sprint(clock(b.Start), price.text(int64(b.Open)), price.text(int64(b.High)), price.text(int64(b.Low)), price.text(int64(b.Close)), b.Trades))
			}
		}
		for _, row := range rows {
			if row[1] == name {
				got = append(got, fmt.Sprint(row[0], row[2], row[3], row[4], row[5], " ", row[8]))
			}
		}
		for i := range want {
			want[i] = respaced(want[i])
		}
		for i := range got {
			got[i] = respaced(got[i])
		}
		if !slices.Equal(got, want) {
			t.Errorf("the bars of %s are\n%v, want\n%v", name, got, want)
		}
	}
}

// respaced takes the blanks out, which differ in how they are set.
func respaced(text string) string {
	var b []byte
	for i := range len(text) {
		if text[i] != ' ' {
			b = append(b, text[i])
		}
	}
	return string(b)
}

// checkSpread compares the last row of each symbol with the engine's book.
func checkSpread(t *testing.T, dir string, e *engine.Engine) {
	t.Helper()
	last := make(map[string][]string)
	for _, row := range builtOver(t, dir, "spread", &viewsBuild{}) {
		last[row[1]] = row
	}
	for id := msg.SymbolID(1); int(id) <= e.Symbols(); id++ {
		m, _ := marketOf(e, id)
		row := last[m.Spec.Name.String()]
		if row == nil {
			if m.Updates > 0 {
				t.Errorf("%v has no row", m.Spec.Name)
			}
			continue
		}
		for i, side := range []msg.Side{msg.Buy, msg.Sell} {
			want := ""
			if best := bestOf(e, id, side); best.price != 0 {
				want = m.price.text(int64(best.price))
			}
			if row[2+i] != want {
				t.Errorf("the best %v price of %v ends at %q, want %q", side, m.Spec.Name, row[2+i], want)
			}
		}
	}
}

// TestViewsBuildPart builds a view in two parts: together they are the whole.
func TestViewsBuildPart(t *testing.T) {
	dir, _ := recordStream(t, 1, 1_000, nil)
	trades := func(rows [][]string) (sum int) {
		for _, row := range rows {
			n, err := strconv.Atoi(row[5])
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		return sum
	}
	first, second := &viewsBuild{to: moment{text: "600", seq: 600}}, &viewsBuild{from: moment{text: "601", seq: 601}}
	a, b := trades(builtOver(t, dir, "volume-profile", first)), trades(builtOver(t, dir, "volume-profile", second))
	if all := trades(builtOver(t, dir, "volume-profile", &viewsBuild{})); a+b != all || a == 0 || b == 0 {
		t.Errorf("%d trades up to command 600 and %d from 601 on, %d in all", a, b, all)
	}
}
