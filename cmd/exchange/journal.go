package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func newJournal(c *console) *cobra.Command {
	return group(&cobra.Command{
		Use:   "journal",
		Short: "Look at the journal of a data directory, and verify it",
	}, newJournalList(c), newJournalCat(c), newJournalVerify(c))
}

const journalCatHelp = `cat prints every command and every event of the journal, one a line, with
the sequence and time of the command:

  SEQUENCE TIME COMMAND FIELD=VALUE…
  SEQUENCE TIME + EVENT FIELD=VALUE…

Prices are in ticks, quantities in lots, amounts in the asset's smallest unit, as
the journal keeps them; a field that is zero is left out. Nothing depends on how
commands were batched, so two runs of the same commands print the same lines.`

// journalCat is the command of that name with its flags.
type journalCat struct {
	*console
	from, to uint64
	asJSON   bool
}

func newJournalCat(c *console) *cobra.Command {
	k := &journalCat{console: c}
	cmd := &cobra.Command{
		Use:     "cat DIR",
		Short:   "Print every command and event",
		Long:    journalCatHelp,
		Example: "  exchange journal cat data --from 100 --to 200",
		Args:    takes("DIR"),
		RunE:    func(_ *cobra.Command, args []string) error { return k.run(args[0]) },
	}
	f := cmd.Flags()
	f.Uint64Var(&k.from, "from", 1, "begin with the command of this `SEQUENCE`")
	f.Uint64Var(&k.to, "to", math.MaxUint64, "end with the command of this `SEQUENCE`")
	f.Lookup("to").DefValue = "the end"
	f.BoolVar(&k.asJSON, "json", false, "print a JSON object a line")
	return cmd
}

func (k *journalCat) run(dir string) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	line := transactionLine{json: k.asJSON}
	return eachTransaction(dir, span{msg.Seq(k.from), msg.Seq(k.to)}, k.warn, func(c *msg.Command, events []msg.Event) error {
		if _, err := k.out.Write(line.transaction(c, events)); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
		return nil
	})
}
