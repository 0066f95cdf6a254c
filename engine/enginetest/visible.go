package enginetest

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Visible executes the commands on the naive exchange and on a fresh engine and
// returns the index of the first command that is answered differently, or of the last
// one when books, balances or counters differ after it, as a script would show them;
// -1 when nothing differs. A panic of the engine is an answer, too.
func Visible(commands []msg.Command, start func() Engine) int {
	d := &duel{naive: NewNaive(), engine: start()}
	for i := range commands {
		if err := d.step(&commands[i], false); err != nil {
			return i
		}
	}
	if len(commands) > 0 && !d.looksSame() {
		return len(commands) - 1
	}
	return -1
}

// looksSame compares what a script can print of the state.
func (d *duel) looksSame() (same bool) {
	defer func() {
		if recover() != nil {
			same = false // of an engine in which a thing is missing
		}
	}()
	for a := range d.naive.Accounts() + 1 {
		for i := range d.naive.Assets() {
			account, asset := msg.AccountID(a), msg.AssetID(i+1)
			free, locked := d.engine.Balance(account, asset)
			if wantFree, wantLocked := d.naive.Balance(account, asset); free != wantFree || locked != wantLocked {
				return false
			}
		}
	}
	for i := range d.naive.Symbols() {
		id := msg.SymbolID(i + 1)
		got, want := d.engine.Market(id), d.naive.Market(id)
		got.Spec, want.Spec = msg.Symbol{}, msg.Symbol{}
		if got != want {
			return false
		}
		for _, side := range [...]msg.Side{msg.Buy, msg.Sell} {
			if !slices.Equal(printed(d.engine.Orders(id, side)), printed(d.naive.Orders(id, side))) {
				return false
			}
		}
	}
	return true
}

// printed returns orders without what a script does not print.
func printed(orders []Order) []Order {
	rest := slices.Clone(orders)
	for i := range rest {
		rest[i].Queue, rest[i].Amends, rest[i].Traded = 0, 0, false
	}
	return rest
}

// Answers returns what the naive exchange does with commands.
func Answers(commands []msg.Command) [][]msg.Event {
	n := NewNaive()
	all := make([][]msg.Event, len(commands))
	for i := range commands {
		all[i] = n.Execute(&commands[i])
	}
	return all
}
