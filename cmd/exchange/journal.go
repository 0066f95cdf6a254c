package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func newJournal(c *console) *cobra.Command {
	return group(&cobra.Command{
		Use:   "journal",
		Short: "Look at the journal of a data directory, and verify it",
	}, newJournalList(c), newJournalCat(c), newJournalVerify(c), newJournalExport(c))
}

const journalCatHelp = `cat prints every command and every event of the journal, one a line, with
the sequence and time of the command:

  SEQUENCE TIME COMMAND FIELD=VALUE…
  SEQUENCE TIME + EVENT FIELD=VALUE…

Prices are in ticks, quantities in lots, amounts in the asset's smallest unit, as
the journal keeps them; a field that is zero is left out. Nothing depends on how
commands were batched, so two runs of the same commands print the same lines.

A moment is a sequence (12345), @NANOSECONDS or a time such as 2026-01-31T09:30:00Z. It
is found by the indexes of the segments, so what lies before is not read. An order has
the number of the command that brought it.`

// journalCat is the command of that name with its flags.
type journalCat struct {
	*console
	from, to, at moment
	order        seqFlag
	asJSON       bool
}

func newJournalCat(c *console) *cobra.Command {
	k := &journalCat{console: c}
	cmd := &cobra.Command{
		Use:     "cat DIR",
		Short:   "Print every command and event",
		Long:    journalCatHelp,
		Example: journalCatExample,
		Args:    takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := k.check(); err != nil {
				return misused(cmd, fmt.Errorf("%s: %w", title(cmd), err))
			}
			return k.run(args[0])
		},
	}
	f := cmd.Flags()
	f.Var(&k.from, "from", "begin with the command of this sequence, or the first one at or after a time (default: the first)")
	f.Var(&k.to, "to", "end with the command of this sequence, or the last one at or before a time (default: the end)")
	f.Var(&k.at, "at", "only the command of this sequence, or the last one at or before a time")
	f.Var(&k.order, "order", "only the command that brought the order of this `ID`")
	f.BoolVar(&k.asJSON, "json", false, "print a JSON object a line")
	return cmd
}

const journalCatExample = `  exchange journal cat data --from 100 --to 200
  exchange journal cat data --from 2026-01-31T09:30:00Z --to 2026-01-31T09:30:01Z
  exchange journal cat data --at @34200000000000
  exchange journal cat data --order 4711 --json`

// check refuses flags that do not go together.
func (k *journalCat) check() error {
	for _, m := range []struct {
		name   string
		moment *moment
	}{{"--from", &k.from}, {"--to", &k.to}, {"--at", &k.at}} {
		if m.moment.text != "" && !m.moment.byTime && m.moment.seq == 0 {
			return fmt.Errorf("%s 0: sequences number the commands from 1", m.name)
		}
	}
	ranged := k.from.text != "" || k.to.text != ""
	if k.at.text != "" && (ranged || k.order.text != "") || k.order.text != "" && ranged {
		return errors.New("--at, --order, and --from with --to, are three ways to say which")
	}
	if k.from.after(&k.to) {
		return fmt.Errorf("--from %s is after --to %s", k.from.text, k.to.text)
	}
	return nil
}

// which returns the commands that are asked for.
func (k *journalCat) which(dir string) (span, error) {
	switch {
	case k.order.text != "":
		return span{k.order.seq, k.order.seq}, nil
	case k.at.text == "":
		return spanOf(dir, &k.from, &k.to)
	}
	end, err := reach(dir, nil) // what there is to warn of is told later
	if err != nil {
		return span{}, err
	}
	if err := k.at.within(&end); err != nil { // what will be the last one then is not known yet
		return span{}, err
	}
	s, err := spanOf(dir, &moment{}, &k.at)
	return span{s.to, s.to}, err
}

func (k *journalCat) run(dir string) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	s, err := k.which(dir)
	if err != nil {
		return err
	}
	line, none := transactionLine{json: k.asJSON}, true
	err = eachTransaction(dir, s, k.warn, func(c *msg.Command, events []msg.Event) error {
		none = false
		if k.order.text != "" && !bringsOrder(c) {
			return fmt.Errorf("%d is no order: command %d is %v", k.order.seq, c.Seq, c.Kind)
		}
		if _, err := k.out.Write(line.transaction(c, events)); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
		return nil
	})
	if err != nil || !none {
		return err
	}
	return k.nothing(dir)
}

// bringsOrder reports whether an order can have the id of a command.
func bringsOrder(c *msg.Command) bool { return c.Kind == msg.Place || c.Kind == msg.CancelReplace }

// nothing says why there was nothing to print, where that is an error: what was asked
// for begins beyond the end of the journal, or was one command and is not kept.
func (k *journalCat) nothing(dir string) error {
	begin := k.from
	switch {
	case k.order.text != "":
		begin = moment{text: k.order.text, seq: k.order.seq}
	case k.at.text != "":
		begin = k.at
	}
	if begin.text == "" {
		return nil
	}
	end, err := reach(dir, nil) // what there is to warn of was told
	if err != nil {
		return err
	}
	if err := begin.within(&end); err != nil {
		return err
	}
	if begin == k.from {
		return nil
	}
	return fmt.Errorf("%s is before the first command that is kept, %d", begin.text, end.first)
}
