package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// checkEvery is after how many commands --check checks, and progress is told.
const checkEvery = 10_000

// replay is the command of that name with its flags.
type replay struct {
	*console
	to     moment
	print  printFlag
	symbol nameFlag
	levels countFlag
	check  bool
	asJSON bool
}

const replayHelp = `replay rebuilds the state at a moment of the past and prints it: sequence, time and
digest, and what --print asks for. It starts from the newest snapshot at or before
that moment, with --check from the first command, folds the journal's events, and
compares the digest of every frame on the way. The whole journal is read first, so
damage anywhere in it is told.

It takes no lock and changes nothing, so it may be used beside a running exchange.

--to is a sequence (12345: after that command), @NANOSECONDS or a time such as
2026-01-31T09:30:00Z (after the last command at or before it). Beyond the end of
the journal it is an error.

--print takes, separated by commas:
  book      the price levels, best first: price, quantity, orders
  orders    the open orders in the order in which they would trade
  balances  what every account has, free and locked
  events    the command of that sequence and what followed from it
  digest    nothing more: the digest is always printed`

const replayExample = `  exchange replay data
  exchange replay data --to 5000 --print book,balances
  exchange replay data --to @34200000000000 --print book --symbol FLOWUSD --json
  exchange replay data --check`

func newReplay(c *console) *cobra.Command {
	r := &replay{console: c, levels: countFlag{0, 0, 1 << 30}}
	cmd := &cobra.Command{
		Use:     "replay DIR",
		Short:   "Rebuild the state at any moment of the past and print it",
		Long:    replayHelp,
		Example: replayExample,
		Args:    takes("DIR"),
		RunE:    func(_ *cobra.Command, args []string) error { return r.run(args[0]) },
	}
	f := cmd.Flags()
	f.Var(&r.to, "to", "the moment (default: the end)")
	f.Var(&r.print, "print", "what to print: book, orders, balances, events, digest")
	f.Var(&r.symbol, "symbol", "only the book and orders of this symbol, and the balances of its assets")
	f.Var(&r.levels, "levels", "most levels of each side of a book, 0 = all")
	f.BoolVar(&r.check, "check", false, "sweep all invariants of engine and views every 10,000 commands and at the end, and compare the two")
	f.BoolVar(&r.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (r *replay) run(dir string) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	end, err := survey(dir, r.warn)
	if err != nil {
		return err
	}
	if err := r.to.within(&end); err != nil {
		return err
	}
	past, err := r.rebuild(dir, &end)
	if err != nil {
		return err
	}
	s := state{Engine: past.Engine, only: string(r.symbol), levels: r.levels.value}
	if err := s.find(); err != nil {
		return err
	}
	if r.print.events && s.Seq() > 0 {
		if err := s.readTransaction(dir); err != nil {
			return err
		}
	}
	if r.asJSON {
		return r.json(s.json(&r.print))
	}
	s.text(r.console, &r.print)
	if r.check {
		r.printf("\nall invariants hold; the views agree with the engine\n")
	}
	return nil
}

// rebuild folds the past up to the moment.
func (r *replay) rebuild(dir string, end *extent) (*pipeline.Past, error) {
	o, err := r.to.past(dir)
	if err != nil {
		return nil, err
	}
	o.Warn = r.warn
	if r.check {
		o.Views = newViews
		o.Genesis = o.Genesis || end.first == 1 // a snapshot would leave little to check
	}
	past, err := pipeline.OpenPast(o)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what it did
	}
	bar := r.progress("replay")
	err = r.fold(past, func() { bar.of(int64(past.Engine.Seq()), int64(end.seq)) })
	bar.end()
	if err := errors.Join(err, past.Close()); err != nil {
		return nil, err
	}
	return past, nil
}

// fold folds transactions up to the moment, and checks if that is asked for.
// Progress is told from time to time.
func (r *replay) fold(past *pipeline.Past, progress func()) error {
	for !r.to.reached(past.Engine.Seq()) {
		c, _, err := past.Next()
		if errors.Is(err, io.EOF) || err == nil && r.to.byTime && c.Time > r.to.nanos {
			break
		}
		if err == nil {
			err = foldOne(past, c)
		}
		if err == nil && c.Seq%checkEvery == 0 {
			progress()
			if r.check {
				err = checkState(past)
			}
		}
		if err != nil {
			return err
		}
	}
	if r.check {
		return checkState(past)
	}
	return nil
}

// foldOne folds one transaction. Where the checksums hold and yet the events do not
// fit the state, the engine panics; here that is what was to be found out.
func foldOne(past *pipeline.Past, c *msg.Command) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("command %d (%v) does not fit the state before it: %v", c.Seq, c.Kind, v)
		}
	}()
	return past.Fold() //nolint:wrapcheck // it names frame and sequence
}
