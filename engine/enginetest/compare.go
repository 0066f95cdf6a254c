package enginetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Engine is an exchange that can be judged: by its events, by what can be seen
// of its state, and by its own check.
type Engine interface {
	State
	// Execute decides a command and appends its events.
	Execute(c *msg.Command, events []msg.Event) []msg.Event
	// Check sweeps the state for an invariant that does not hold.
	Check() error
}

// sweepEvery is the number of commands between two comparisons of the whole
// state, which cost as much as many commands.
const sweepEvery = 500

// Run executes n commands of a seed's stream on a fresh engine and on the naive
// exchange and returns how they differ: events after each command, the whole
// state now and then and at the end. A failing stream is shrunk to the commands
// that matter and printed in the error.
func Run(seed uint64, n int, start func() Engine) error {
	d := &duel{naive: NewNaive(), engine: start()}
	stream := NewStream(seed, d.naive)
	commands := make([]msg.Command, 0, n)
	for i := range n {
		commands = append(commands, stream.Next())
		if err := d.step(&commands[i], i%sweepEvery == sweepEvery-1 || i == n-1); err != nil {
			return fmt.Errorf("seed %d, command %d: %w\n%s", seed, i+1, err, report(shrink(commands, start), start))
		}
	}
	return nil
}

// Compare executes the commands on a fresh engine and on the naive exchange and
// returns how they differ, with the commands printed as Run does.
func Compare(commands []msg.Command, start func() Engine) error {
	at, err := play(commands, start)
	if err != nil {
		return fmt.Errorf("command %d: %w\n%s", at+1, err, report(shrink(commands[:at+1], start), start))
	}
	return nil
}

// play runs commands and returns which of them showed a difference.
func play(commands []msg.Command, start func() Engine) (at int, err error) {
	d := &duel{naive: NewNaive(), engine: start()}
	every := sweepEvery
	if len(commands) < 2*sweepEvery {
		every = 1 // few enough to find the first command that is wrong
	}
	for i := range commands {
		if err := d.step(&commands[i], i%every == every-1 || i == len(commands)-1); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// duel is an engine beside the naive exchange.
type duel struct {
	naive  *Naive
	engine Engine
	want   []msg.Event
	got    []msg.Event // reused by every step
}

// step executes a command on both sides. A panic of the engine is a difference.
func (d *duel) step(c *msg.Command, sweep bool) (err error) {
	d.want, d.got = d.naive.Execute(c), d.got[:0]
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	d.got = d.engine.Execute(c, d.got)
	if !slices.Equal(d.got, d.want) {
		return errors.New("events differ")
	}
	if !sweep {
		return nil
	}
	if err := d.engine.Check(); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return compareState(d.naive, d.engine)
}

// compareState compares all that can be seen of the state.
func compareState(n *Naive, e State) error {
	if err := compareMoney(n, e); err != nil {
		return err
	}
	for i := range n.Symbols() {
		if err := compareMarket(n, e, msg.SymbolID(i+1)); err != nil {
			return fmt.Errorf("symbol %d: %w", i+1, err)
		}
	}
	return nil
}

func compareMoney(n *Naive, e State) error {
	for i := range n.Accounts() + 1 {
		id := msg.AccountID(i)
		if got, want := e.Account(id), n.Account(id); got != want {
			return fmt.Errorf("account %d is %+v, naive %+v", id, got, want)
		}
	}
	for i := range n.Assets() {
		asset := msg.AssetID(i + 1)
		if got, want := e.Supply(asset), n.Supply(asset); got != want {
			return fmt.Errorf("asset %d: supply is %d, naive %d", asset, got, want)
		}
		for i := range n.Accounts() + 1 {
			id := msg.AccountID(i)
			free, locked := e.Balance(id, asset)
			if wantFree, wantLocked := n.Balance(id, asset); free != wantFree || locked != wantLocked {
				return fmt.Errorf("account %d has %d free, %d locked of asset %d, naive %d and %d", id, free, locked, asset, wantFree, wantLocked)
			}
		}
	}
	return nil
}

func compareMarket(n *Naive, e State, id msg.SymbolID) error {
	if got, want := e.Market(id), n.Market(id); got != want {
		return fmt.Errorf("is %+v, naive %+v", got, want)
	}
	for _, side := range [...]msg.Side{msg.Buy, msg.Sell} {
		got, want := e.Orders(id, side), n.Orders(id, side)
		if len(got) != len(want) {
			return fmt.Errorf("%d %s orders, naive %d", len(got), side, len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				return fmt.Errorf("%s order %d is %+v, naive %+v", side, i+1, got[i], want[i])
			}
		}
	}
	price, volume := e.Indicative(id)
	if wantPrice, wantVolume := n.Indicative(id); price != wantPrice || volume != wantVolume {
		return fmt.Errorf("indicative %d × %d, naive %d × %d", volume, price, wantVolume, wantPrice)
	}
	return nil
}

// NaiveEngine returns a naive exchange as something to be judged: the scripts
// are first of all its own.
func NaiveEngine() Engine { return naiveEngine{NewNaive()} }

type naiveEngine struct{ *Naive }

// Execute appends the naive exchange's events.
func (n naiveEngine) Execute(c *msg.Command, events []msg.Event) []msg.Event {
	return append(events, n.Naive.Execute(c)...)
}
