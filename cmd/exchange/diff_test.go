package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// quiet is a console of which nobody looks at the errors.
func quiet() *console { return newConsole(&bytes.Buffer{}, &bytes.Buffer{}) }

// openTwice opens two data directories for a comparison.
func openTwice(t *testing.T, dirA, dirB string) (a, b *course) {
	t.Helper()
	for dir, c := range map[string]**course{dirA: &a, dirB: &b} {
		var err error
		if *c, err = openCourse(dir, quiet()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = (*c).past.Close() })
	}
	return a, b
}

// changed returns commands that were recorded, one of them another one.
func changed(commands []msg.Command, at int, change func(*msg.Command)) []msg.Command {
	all := slices.Clone(commands)
	change(&all[at])
	return all
}

// TestDiffSame: two journals of the same commands do not differ, nor does one from its
// re-execution, and nothing follows from that.
func TestDiffSame(t *testing.T) {
	for seed := range uint64(4) {
		dir, commands := recordStream(t, seed, 1_000, nil)
		a, b := openTwice(t, dir, record(t, commands))
		k, err := compareCourses(a, b, func(msg.Seq) {})
		if err != nil {
			t.Fatal(err)
		}
		if r := k.report("", ""); !r.Same || r.Compared != uint64(len(commands)) || r.Outcome != nil || len(r.Notes) > 0 {
			t.Errorf("seed %d: two journals of the same commands: %+v", seed, r)
		}
		again, err := openCourse(dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		k, err = compareRerun(again, &rerun{}, func(msg.Seq) {})
		if err != nil {
			t.Fatal(err)
		}
		if r := k.report("", ""); !r.Same || r.Compared != uint64(len(commands)) || len(r.Notes) > 0 {
			t.Errorf("seed %d: a journal executed again: %+v", seed, r)
		}
		if err := again.past.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestDiffFirst changes one command of a journal: diff names that one, and sums up what
// really happened on both sides.
func TestDiffFirst(t *testing.T) {
	dir, commands := recordStream(t, 3, 1_000, nil)
	at := slices.IndexFunc(commands[500:], func(c msg.Command) bool { return c.Kind == msg.Place && c.Type == msg.Limit }) + 500
	other := changed(commands, at, func(c *msg.Command) { c.Account = 1<<24 + 1 }) // nobody
	a, b := openTwice(t, dir, record(t, other))
	k, err := compareCourses(a, b, func(msg.Seq) {})
	if err != nil {
		t.Fatal(err)
	}
	r := k.report("a", "b")
	if r.Same || r.First.What != differCommand || r.First.Seq != msg.Seq(at+1) {
		t.Fatalf("the first difference is %+v, want command %d", r.First, at+1)
	}
	if got, want := r.First.B.Events[0].text(), "rejected reason=unknown-account"; got != want {
		t.Errorf("what followed from it is told as %q, want %q", got, want)
	}
	for i, s := range []*course{a, b} {
		trades := uint64(0)
		for id := msg.SymbolID(1); int(id) <= s.engine.Symbols(); id++ {
			symbol, _ := s.engine.Symbol(id)
			trades += uint64(symbol.Trade)
		}
		if r.Outcome.Fills[i] != trades {
			t.Errorf("side %d: %d fills are told, there were %d", i, r.Outcome.Fills[i], trades)
		}
	}
}

// whatifReport runs whatif with edits.
func whatifReport(t *testing.T, dir string, edits ...string) *diffReport {
	t.Helper()
	var f editFlag
	for _, text := range edits {
		if err := f.Set(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	first, _, err := f.place(0)
	if err != nil {
		t.Fatal(err)
	}
	end, err := survey(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := openFork(dir, first-1, end, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.past.Close() //nolint:errcheck // it was only read
	k, err := compareRerun(a, &rerun{edits: f.edits}, func(msg.Seq) {})
	if err != nil {
		t.Fatalf("%v: %v", edits, err)
	}
	return k.report("a", "b")
}

// TestWhatifNothing edits that change nothing: a field that gets the value it has, a
// refused command that is left out, one that is refused and put in. The last two shift
// the numbers of all orders that follow, so nothing differs only if every later command
// still means the order it meant.
func TestWhatifNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 7))
	tried := make(map[string]int)
	for seed := range uint64(4) {
		dir, commands := recordStream(t, seed, 800, nil)
		refused := make([]bool, len(commands))
		err := eachTransaction(dir, span{1, msg.Seq(len(commands))}, nil, func(c *msg.Command, events []msg.Event) error {
			refused[c.Seq-1] = events[0].Kind == msg.Rejected
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 12 {
			at := 1 + rng.IntN(len(commands))
			edits := []string{fmt.Sprintf("%d: insert credit account=16777000 asset=A1 amount=1 transfer=1", max(at, 5))}
			kind := "insert"
			switch c := &commands[at-1]; {
			case refused[at-1]:
				kind, edits = "drop", []string{fmt.Sprintf("%d: drop", at)}
			case c.Kind == msg.Place:
				kind, edits = "same", []string{fmt.Sprintf("%d: side=%v tif=%v type=%v", at, c.Side, c.TIF, c.Type)}
			case (c.Kind == msg.Amend || c.Kind == msg.Cancel) && c.Order != 0:
				edits = append(edits, fmt.Sprintf("%d: order=%d", at, c.Order))
			}
			tried[kind]++
			if r := whatifReport(t, dir, edits...); !r.Same || r.Different != 0 || len(r.Edits) != len(edits) {
				t.Errorf("seed %d: %v changes something: first %+v, %d different, %d edits", seed, edits, r.First, r.Different, len(r.Edits))
			}
		}
	}
	if tried["insert"] < 5 || tried["drop"] < 2 || tried["same"] < 5 {
		t.Errorf("tried %v: too few to show anything", tried)
	}
}

// TestWhatifIsAnotherJournal holds what whatif says of a changed command against diff of
// the journal and of one that was recorded with that change.
func TestWhatifIsAnotherJournal(t *testing.T) {
	for seed := range uint64(4) {
		dir, commands := recordStream(t, seed, 800, nil)
		at := slices.IndexFunc(commands[400:], func(c msg.Command) bool { return c.Kind == msg.Place && c.Side == msg.Buy }) + 400
		a, b := openTwice(t, dir, record(t, changed(commands, at, func(c *msg.Command) { c.Side = msg.Sell })))
		k, err := compareCourses(a, b, func(msg.Seq) {})
		if err != nil {
			t.Fatal(err)
		}
		want := k.consequences()
		got := whatifReport(t, dir, fmt.Sprintf("%d: side=sell", at+1)).Outcome
		if got == nil {
			if len(want.Accounts) > 0 {
				t.Errorf("seed %d: whatif tells no consequences, %d accounts differ", seed, len(want.Accounts))
			}
			continue
		}
		if len(got.Accounts) != len(want.Accounts) {
			t.Fatalf("seed %d: %d accounts differ, want %d", seed, len(got.Accounts), len(want.Accounts))
		}
		for i := range want.Accounts {
			x, y := &want.Accounts[i], &got.Accounts[i]
			if diff := cmp.Diff(x.Balances, y.Balances); x.Account != y.Account || x.Gain != y.Gain || diff != "" {
				t.Errorf("seed %d: account %d gains %s, want account %d and %s; balances (want -, got +):\n%s", seed, y.Account, y.Gain, x.Account, x.Gain, diff)
			}
		}
	}
}

// TestNumbers translates there and back through random insertions and drops, held
// against a list in which they are carried out.
func TestNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var n numbers
		now := map[msg.Seq]msg.Seq{} // of recorded commands that stay
		next, puts := msg.Seq(1), 0
		for seq := msg.Seq(1); seq <= 60; seq++ {
			for rng.IntN(10) == 0 {
				n.insert(seq, next)
				if got, want := n.back(msg.OrderID(next)), putIn+msg.OrderID(puts); got != want {
					t.Fatalf("the command put in as %d goes back to %d, want %d", next, got, want)
				}
				next++
				puts++
			}
			if rng.IntN(10) == 0 {
				n.drop(seq, next)
				continue
			}
			now[seq] = next
			next++
		}
		for seq := msg.Seq(1); seq <= 60; seq++ {
			want, stays := now[seq]
			if !stays {
				want = msg.Seq(leftOut) + seq
			}
			if got := n.forward(msg.OrderID(seq)); got != msg.OrderID(want) {
				t.Fatalf("recorded %d becomes %d, want %d: %+v", seq, got, want, n)
			}
			if got := n.back(msg.OrderID(want)); got != msg.OrderID(seq) {
				t.Fatalf("%d goes back to %d, want %d: %+v", want, got, seq, n)
			}
		}
	}
}
