package workload

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// run executes the setup and n commands and calls visit with each of the latter. A
// refusal in the setup ends the test.
func run(t *testing.T, l *Load, n int, visit func(i int, c *msg.Command, events []msg.Event)) *engine.Engine {
	t.Helper()
	e := engine.New(l.Room)
	events := make([]msg.Event, 0, 1024)
	for c := range l.Setup() {
		events = e.Execute(c, events[:0])
		if events[0].Kind == msg.Rejected {
			t.Fatalf("setup command %d is refused: %v", c.Seq, events[0].Reason)
		}
	}
	batch := make([]msg.Command, 1000)
	for from := 0; from < n; from += len(batch) {
		batch = batch[:min(len(batch), n-from)]
		l.Fill(batch, from)
		for i := range batch {
			events = e.Execute(&batch[i], events[:0])
			visit(from+i, &batch[i], events)
		}
	}
	return e
}

// TestOutcome executes the common workloads and compares what they lead to with
// what their own book has worked out.
func TestOutcome(t *testing.T) {
	for _, p := range []Params{Std(), Std100k(), Big1(), Sym1k()} {
		t.Run(p.Name, func(t *testing.T) {
			long(t, &p)
			f := Generate(p)
			for name, m := range map[string]Market{
				"matching only": {Accounting: msg.NoAccounting},
				"accounts":      {},
				"names":         {Names: true, Bases: 1},
			} {
				t.Run(name, func(t *testing.T) { execute(t, f, m) })
			}
		})
	}
}

func execute(t *testing.T, f *Flow, m Market) {
	t.Helper()
	l := f.Load(m)
	tally := f.NewTally(l)
	e := run(t, l, l.Len(), func(_ int, _ *msg.Command, events []msg.Event) { tally.Add(events) })
	got := tally.Outcome
	for s := range f.Params.Symbols {
		for _, side := range []msg.Side{msg.Buy, msg.Sell} {
			e.EachLevel(msg.SymbolID(s+1), side, func(_ msg.Price, qty msg.Qty, orders int) bool {
				got.Resting += uint64(orders)
				got.RestingQty += uint64(qty)
				return true
			})
		}
	}
	if diff := cmp.Diff(f.Outcome, got); diff != "" {
		t.Errorf("outcome (want -, got +)\n%s", diff)
	}
	if e.OpenOrders() != int(f.Outcome.Resting) {
		t.Errorf("%d open orders, want %d", e.OpenOrders(), f.Outcome.Resting)
	}
}

// TestShaped compares the load with the flow that it was packed from.
func TestShaped(t *testing.T) {
	const n = 20_000
	l := Shaped(n, Market{Accounts: 50})
	s := enginetest.NewShaped(shapedSeed, 50)
	refused := 0
	run(t, l, n, func(i int, got *msg.Command, events []msg.Event) {
		var want msg.Command
		if s.Next(&want); *got != want {
			t.Fatalf("command %d: %+v, want %+v", i, got, want)
		}
		if events[0].Kind == msg.Rejected && events[0].Reason != msg.UnknownOrder {
			t.Fatalf("command %d is refused: %v", i, events[0].Reason)
		}
		if events[0].Kind == msg.Rejected {
			refused++
		}
	})
	if refused == 0 || refused > n/10 {
		t.Errorf("%d of %d commands came too late, want a few", refused, n)
	}
}

func TestNames(t *testing.T) {
	const n = 20_000
	l := Shaped(n, Market{Accounts: 50, Names: true})
	seen := make(map[msg.Name]bool)
	run(t, l, n, func(i int, c *msg.Command, _ []msg.Event) {
		named := c.Kind == msg.Place || c.Kind == msg.CancelReplace
		if named == c.Name.IsZero() || seen[c.Name] {
			t.Fatalf("command %d, %v, has name %q, which is new: %v", i, c.Kind, c.Name, !seen[c.Name])
		}
		if named {
			seen[c.Name] = true
		}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestLaps checks that each lap of a load does what the first one did.
func TestLaps(t *testing.T) {
	for _, day := range []string{ShanghaiDay, NASDAQDay} {
		t.Run(day, func(t *testing.T) {
			d, err := ReadDay(day)
			if errors.Is(err, fs.ErrNotExist) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			l, err := d.Load(Market{})
			if err != nil {
				t.Fatal(err)
			}
			laps(t, l)
			manyLaps(t, l)
		})
	}
	t.Run("shaped", func(t *testing.T) {
		l := Shaped(20_000, Market{Names: true})
		l.Repeat()
		laps(t, l)
	})
	t.Run("common", func(t *testing.T) {
		p := Std()
		p.Timed, p.Target, p.Symbols = 20_000, 1_000, 3
		l := Generate(p).Load(Market{})
		l.Repeat()
		laps(t, l)
	})
}

func laps(t *testing.T, l *Load) {
	t.Helper()
	if !l.Endless() {
		t.Fatal("it ends")
	}
	first := make([][]msg.Event, 0, l.Len())
	perLap, trades := map[msg.SymbolID]msg.TradeID{}, map[msg.SymbolID]msg.TradeID{} // the latter of the laps behind
	e := run(t, l, 3*l.Len(), func(i int, c *msg.Command, events []msg.Event) {
		if i < l.Len() {
			first = append(first, append([]msg.Event(nil), events...))
			for j := range events {
				perLap[c.Symbol] = max(perLap[c.Symbol], events[j].Trade)
			}
			return
		}
		if i%l.Len() == 0 {
			for s, n := range perLap {
				trades[s] += n
			}
		}
		again := append([]msg.Event(nil), events...)
		back(again, msg.OrderID(i/l.Len()*l.Len()), trades[c.Symbol])
		if diff := cmp.Diff(first[i%l.Len()], again); diff != "" {
			t.Fatalf("command %d (%v at %d, lap -, this +)\n%s", i, c.Kind, c.Time, diff)
		}
	})
	if e.OpenOrders() != 0 {
		t.Errorf("%d orders rest at the end", e.OpenOrders())
	}
}

// manyLaps counts the events of more laps than are measured: no account may run out
// of money.
func manyLaps(t *testing.T, l *Load) {
	t.Helper()
	const n = 50
	var made [n]int
	run(t, l, n*l.Len(), func(i int, _ *msg.Command, events []msg.Event) { made[i/l.Len()] += len(events) })
	for lap := range made {
		if made[lap] != made[0] {
			t.Fatalf("lap %d has %d events, the first %d", lap, made[lap], made[0])
		}
	}
}

// back gives events of a later lap the numbers of the first.
func back(events []msg.Event, orders msg.OrderID, trades msg.TradeID) {
	for i := range events {
		v := &events[i]
		if v.Order != 0 {
			v.Order -= orders
		}
		if v.Taker != 0 {
			v.Taker -= orders
		}
		if v.Trade != 0 {
			v.Trade -= trades
		}
	}
}

func TestNoSecondLap(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a flow without laps went on")
		}
	}()
	Shaped(10, Market{}).Fill(make([]msg.Command, 2), 9)
}

// TestFill allocates nothing: it is called while a load is measured.
func TestFill(t *testing.T) {
	l := Shaped(10_000, Market{Names: true})
	dst := make([]msg.Command, 100)
	from := 0
	if n := testing.AllocsPerRun(99, func() { l.Fill(dst, from); from += 100 }); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}
