package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

const whatifHelp = `whatif forks the state before a command, makes that command another one, leaves it out
or puts one in before it, executes all that followed again, and tells the difference as
diff does: a is what was recorded, b what would have been. The rest is as it was: every
other command comes at its time and asks for what it asked for, whatever has become of
the market meanwhile.

--edit takes, as often as needed:

  drop                              the command is left out
  FIELD=VALUE…                      fields of it are other ones
  insert COMMAND FIELD=VALUE…       a command is put in before it, at its time: place,
                                    cancel, cancel-replace, amend, cancel-all, credit, debit,
                                    set-status, set-fees, set-phase or uncross

It is about the command of --at, or begins with SEQUENCE: and is about that one. The
fields are account, symbol, side, type, tif, stp, price, qty, quote, order, name,
orig-name, cancel-name, mode, only, asset, amount, transfer, status, phase, maker, taker;
prices, quantities and amounts are decimals.

Orders have the number of their command, and what is left out or put in shifts the numbers
of all that follows. So they are translated: a recorded command goes on to mean the order
that it meant, and all orders are told under their recorded numbers. A command that means
an order which was left out is refused, and that is told like any other difference. order=12
in an edit is the recorded order 12, order=+1 the first command that was put in.

Profits are those since the fork. Nothing is changed and no lock is taken.`

const whatifExample = `  exchange whatif data --at 120 --edit drop
  exchange whatif data --at 120 --edit "qty=5 price=100.5" --json
  exchange whatif data --at 120 --edit "insert place account=3 symbol=BTCUSDT side=buy price=99 qty=1" \
    --edit "150: insert cancel account=3 symbol=BTCUSDT order=+1"`

// whatif is the command of that name with its flags.
type whatif struct {
	*console
	at     seqFlag
	edits  editFlag
	asJSON bool
}

func newWhatif(c *console) *cobra.Command {
	w := &whatif{console: c}
	cmd := &cobra.Command{
		Use:     "whatif DIR",
		Short:   "Change, drop or add a command of the past and see what would have followed",
		Long:    whatifHelp,
		Example: whatifExample,
		Args:    takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(w.edits.edits) == 0 {
				return misused(cmd, fmt.Errorf("%s: say what is to be otherwise: --edit", title(cmd)))
			}
			first, last, err := w.edits.place(w.at.seq)
			if err != nil {
				return misused(cmd, fmt.Errorf("%s: %w", title(cmd), err))
			}
			return w.run(args[0], first, last)
		},
	}
	f := cmd.Flags()
	f.Var(&w.at, "at", "the command that edits without one of their own are about")
	f.Var(&w.edits, "edit", "what is to become of it: drop, FIELD=VALUE… or insert COMMAND FIELD=VALUE…")
	f.BoolVar(&w.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (w *whatif) run(dir string, first, last msg.Seq) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	end, err := survey(dir, w.warn)
	if err != nil {
		return err
	}
	if last > end.seq {
		return fmt.Errorf("there is no command %d: the journal ends with command %d", last, end.seq)
	}
	if first < end.first {
		return fmt.Errorf("command %d is no longer kept: the journal begins with command %d", first, end.first)
	}
	a, err := openFork(dir, first-1, end, w.warn)
	if err != nil {
		return err
	}
	defer a.past.Close() //nolint:errcheck // it was only read
	bar := w.progress("whatif")
	defer bar.end()
	k, err := compareRerun(a, &rerun{edits: w.edits.edits}, func(at msg.Seq) { bar.of(int64(at), int64(end.seq)) })
	bar.end()
	if err != nil {
		return err
	}
	r := k.report(dir, dir+" with "+w.edits.String())
	if w.asJSON {
		return w.json(r)
	}
	r.text(w.console)
	return nil
}

// openFork opens the past in the state after a command, with views.
func openFork(dir string, seq msg.Seq, end extent, warn func(string)) (*course, error) {
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, To: seq, Genesis: seq == 0, Views: newViews, Warn: warn})
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the directory
	}
	c, err := (&course{dir: dir, end: end, past: past}).begin()
	if err != nil {
		return nil, err
	}
	if err := c.foldTo(seq); err != nil {
		return nil, errors.Join(err, past.Close())
	}
	return c, nil
}
