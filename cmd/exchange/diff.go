package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

const diffHelp = `diff compares two courses of events, a and b, command by command:

  diff DIR_A DIR_B     two journals, by sequence
  diff DIR             a journal, and its commands executed again by this program
  diff DIR --set …     a journal, and its commands executed again with something otherwise

It tells the first command where they differ, with the events of both and the fields
of the state in which they differ after it: orders, levels, balances, what stands about
symbols and accounts. Then the consequences: fills, traded volume, refusals, fees, and
for each account whose balances differ in the end both balances and both profits.

The profit of an account is what it has in the end, less what it had when the comparison
began and less what was paid in since then, valued at one set of prices for both sides, so
that the same holdings are worth the same on both: those of the last trades of a, before
the first trade of a symbol the middle of its best bid and ask, else those of b. It is told
in the quote asset of most symbols. Assets without a price are named and left out.

What --set takes, as often as needed; decimals are those of the symbol's assets:

  symbol NAME FIELD=VALUE…   from the command that adds it on: maker, taker (rates, 0.001 is
                             0.1 %), tick, lot, min-price, max-price, min-qty, max-qty, step,
                             market-min-qty, market-max-qty, market-step, min-notional,
                             max-notional, min-to-market, max-to-market, avg-mins, max-orders,
                             max-amends, max-position, bid-up, bid-down, ask-up, ask-down.
                             With another tick or lot, orders whose price or quantity does not
                             fit are refused, or with round=passive rounded: quantities and
                             the prices of buys down, those of sells up
  account N FIELD=VALUE…     maker, taker (rates, or none for those of the symbol), stp
  stp=MODE                   of all orders: none, expire-taker, expire-maker, expire-both,
                             decrement; underscores will do

Orders keep their recorded numbers in all that is told, whatever was put in.

--to-test FILE writes the smallest part of the commands that it finds to still show the
first difference, as a script test of the engine: dropped into engine/testdata, it is run
by go test ./engine -run Script. What the script demands is what a does, the journal as it
was recorded: so on the program that differs from it the test fails. With --expect here it is
what this program does. Either must be what the rules say as the reference exchange of the
tests has them, which such scripts are run on as well.

Nothing is changed and no lock is taken. The exit code is 0 when nothing differs, else 1.`

const diffExample = `  exchange diff data copy
  exchange diff data
  exchange diff data --set "symbol BTCUSDT maker=0 taker=0.002" --json
  exchange diff data --set "account 7 taker=none" --set stp=expire_taker
  exchange diff data --to-test engine/testdata/found.txt`

// diff is the command of that name with its flags.
type diff struct {
	*console
	set    terms
	toTest pathFlag
	expect expectFlag
	asJSON bool
}

func newDiff(c *console) *cobra.Command {
	d := &diff{console: c, expect: expectRecorded}
	cmd := &cobra.Command{
		Use:     "diff DIR_A [DIR_B]",
		Short:   "Compare two journals, or one with its commands executed again",
		Long:    diffHelp,
		Example: diffExample,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && args[1] != "" {
				return takes("DIR_A", "DIR_B")(cmd, args)
			}
			return takes("DIR_A")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && d.set.given() {
				return misused(cmd, fmt.Errorf("%s: --set is about one directory, whose commands are executed again", title(cmd)))
			}
			return d.run(args)
		},
	}
	f := cmd.Flags()
	f.Var(&d.set, "set", "what is to be otherwise: symbol NAME FIELD=VALUE…, account N FIELD=VALUE…, stp=MODE")
	f.Var(&d.toTest, "to-test", "write a script test that shows the first difference")
	f.Var(&d.expect, "expect", "what the test demands: recorded, what a does; here, what this program does")
	f.BoolVar(&d.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (d *diff) run(dirs []string) error {
	a, err := openCourse(dirs[0], d.console)
	if err != nil {
		return err
	}
	defer a.past.Close() //nolint:errcheck // it was only read
	bar := d.progress("diff")
	defer bar.end()
	progress := func(at msg.Seq) { bar.of(int64(at), int64(a.end.seq)) }
	k, with := (*comparison)(nil), ""
	if len(dirs) == 2 {
		with = dirs[1]
		k, err = d.withCourse(a, with, progress)
	} else {
		with = dirs[0] + " executed again"
		if d.set.given() {
			with += " with " + d.set.String()
		}
		k, err = d.withRerun(a, progress)
	}
	bar.end()
	if err != nil {
		return err
	}
	r := k.report(dirs[0], with)
	if d.asJSON {
		err = d.json(r)
	} else {
		r.text(d.console)
	}
	if err == nil && d.toTest != "" {
		err = d.writeTest(dirs, k)
	}
	return errors.Join(err, r.verdict())
}

func (d *diff) withCourse(a *course, dir string, progress func(msg.Seq)) (*comparison, error) {
	b, err := openCourse(dir, d.console)
	if err != nil {
		return nil, err
	}
	defer b.past.Close() //nolint:errcheck // it was only read
	return compareCourses(a, b, progress)
}

func (d *diff) withRerun(a *course, progress func(msg.Seq)) (*comparison, error) {
	if err := d.set.check(a.engine); err != nil {
		return nil, err
	}
	k, err := compareRerun(a, &rerun{set: d.set}, progress)
	if err != nil {
		return nil, err
	}
	return k, d.set.used(a.engine)
}

// verdict is an error if anything differs.
func (r *diffReport) verdict() error {
	if r.Same {
		return nil
	}
	return fmt.Errorf("a and b differ, first in %s", r.First.where())
}
