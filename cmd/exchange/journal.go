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
	from, to seqFlag
	asJSON   bool
}

func newJournalCat(c *console) *cobra.Command {
	k := &journalCat{console: c, from: seqFlag{seq: 1}, to: seqFlag{seq: math.MaxUint64}}
	cmd := &cobra.Command{
		Use:     "cat DIR",
		Short:   "Print every command and event",
		Long:    journalCatHelp,
		Example: "  exchange journal cat data --from 100 --to 200",
		Args:    takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if k.from.seq > k.to.seq {
				return misused(cmd, fmt.Errorf("%s: --from %s is after --to %s", title(cmd), k.from.text, k.to.text))
			}
			return k.run(args[0])
		},
	}
	f := cmd.Flags()
	f.Var(&k.from, "from", "begin with the command of this `SEQUENCE`")
	f.Lookup("from").DefValue = "1"
	f.Var(&k.to, "to", "end with the command of this `SEQUENCE`")
	f.Lookup("to").DefValue = "the end"
	f.BoolVar(&k.asJSON, "json", false, "print a JSON object a line")
	return cmd
}

func (k *journalCat) run(dir string) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	line, none := transactionLine{json: k.asJSON}, true
	err := eachTransaction(dir, span{k.from.seq, k.to.seq}, k.warn, func(c *msg.Command, events []msg.Event) error {
		none = false
		if _, err := k.out.Write(line.transaction(c, events)); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
		return nil
	})
	if err != nil || !none || k.from.text == "" {
		return err
	}
	end, err := survey(dir, nil) // what there is to warn of was told
	if err != nil {
		return err
	}
	return (&moment{text: k.from.text, seq: k.from.seq}).within(&end)
}
