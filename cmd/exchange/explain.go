package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

const explainHelp = `explain tells the life of one order: when it came and on what terms, what stood in
front of it, each fill with its other side, how the queue in front of it shrank, why
it did not fill, and why it ended.

The order is named by --order, which is the sequence of the command that placed it, or
by --client and --account: the client order id that it had from its account. A client
order id is free again when its order is closed, so several orders may have had it: the
newest is told, and the others are named.

explain takes no lock and changes nothing, so it may be used beside a running exchange.
The whole journal is read first, so damage anywhere in it is told.`

const explainExample = `  exchange explain data --order 12
  exchange explain data --client mine --account 3 --json`

// explain is the command of that name with its flags.
type explain struct {
	*console
	order   seqFlag
	client  nameFlag
	account accountFlag
	asJSON  bool
}

// accountFlag is the number of an account.
type accountFlag struct {
	text string // as given, or empty
	id   msg.AccountID
}

func (f *accountFlag) Type() string   { return "N" }
func (f *accountFlag) String() string { return f.text }

func (f *accountFlag) Set(s string) error {
	id, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return errors.New("it is the number of an account")
	}
	*f = accountFlag{s, msg.AccountID(id)}
	return nil
}

func newExplain(c *console) *cobra.Command {
	x := &explain{console: c}
	cmd := &cobra.Command{
		Use:     "explain DIR",
		Short:   "Tell the life of one order: its queue, its fills, its end",
		Long:    explainHelp,
		Example: explainExample,
		Args:    takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if named := x.client != "" && x.account.text != ""; named == (x.order.text != "") || (x.client != "") != (x.account.text != "") {
				return misused(cmd, fmt.Errorf("%s: say which order: --order ID, or --client ID with --account N", title(cmd)))
			}
			return x.run(args[0])
		},
	}
	f := cmd.Flags()
	f.Var(&x.order, "order", "the order's number")
	f.Var(&x.client, "client", "its client order id; with --account")
	f.Var(&x.account, "account", "the account whose client order id it is")
	f.BoolVar(&x.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (x *explain) run(dir string) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	end, err := survey(dir, x.warn)
	if err != nil {
		return err
	}
	id, others := x.order.seq, []msg.Seq(nil)
	if x.client != "" {
		if id, others, err = x.named(dir); err != nil {
			return err
		}
	}
	if id > end.seq {
		return fmt.Errorf("there is no order %d: the journal ends with command %d", id, end.seq)
	}
	if id < end.first {
		return fmt.Errorf("there is nothing of order %d: the journal begins with command %d", id, end.first)
	}
	past, err := openAfter(dir, id-1, x.warn)
	if err != nil {
		return err
	}
	defer past.Close() //nolint:errcheck // it was only read
	bar := x.progress("explain")
	defer bar.end()
	fields, err := commandAt(past, dir, id)
	if err != nil {
		return err
	}
	l, err := follow(past, msg.OrderID(id), func(at msg.Seq) { bar.of(int64(at), int64(end.seq)) })
	if err != nil {
		return err
	}
	if x.asJSON {
		return x.json(l.json(fields))
	}
	l.text(x.console, fields)
	if len(others) > 0 {
		x.printf("\norders before it with this client order id: %s\n", seqList(others))
	}
	return nil
}

// openAfter opens the past in the state after a command, 0 = before the first.
func openAfter(dir string, seq msg.Seq, warn func(string)) (*pipeline.Past, error) {
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, To: seq, Genesis: seq == 0, Warn: warn})
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the directory
	}
	for past.Engine.Seq() < seq {
		c, _, err := past.Next()
		if err == nil {
			err = foldOne(past, c)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("rebuild the state after command %d: %w", seq, err), past.Close())
		}
	}
	return past, nil
}

// commandAt returns a command with the names and decimals of the state before it.
func commandAt(past *pipeline.Past, dir string, seq msg.Seq) (fields fieldList, err error) {
	err = eachTransaction(dir, span{seq, seq}, nil, func(c *msg.Command, _ []msg.Event) error {
		fields = commandFields(past.Engine, c)
		return nil
	})
	return fields, err
}

// named returns the newest order of an account that had a client order id, and those
// before it.
func (x *explain) named(dir string) (id msg.Seq, others []msg.Seq, err error) {
	name, err := msg.ParseName(string(x.client))
	if err != nil {
		return 0, nil, err //nolint:wrapcheck // it names the name
	}
	var all []msg.Seq
	err = eachTransaction(dir, span{1, math.MaxUint64}, nil, func(c *msg.Command, events []msg.Event) error {
		if c.Account != x.account.id || c.Name != name {
			return nil
		}
		switch {
		case c.Kind == msg.Place || c.Kind == msg.CancelReplace:
			all = append(all, c.Seq)
		case c.Kind == msg.Amend && events[0].Kind == msg.Amended:
			all = append(all, msg.Seq(events[0].Order)) // it has the name from here on
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	if len(all) == 0 {
		return 0, nil, fmt.Errorf("account %d never gave an order the client order id %v", x.account.id, name)
	}
	return all[len(all)-1], all[:len(all)-1], nil
}

// seqListed is how many sequences are written out.
const seqListed = 10

// seqList writes sequences, the newest of them if there are many.
func seqList(all []msg.Seq) string {
	texts := make([]string, 0, seqListed)
	for _, seq := range all[max(0, len(all)-seqListed):] {
		texts = append(texts, strconv.FormatUint(uint64(seq), 10))
	}
	text := strings.Join(texts, ", ")
	if len(all) > seqListed {
		text += fmt.Sprintf(" (the newest of %d)", len(all))
	}
	return text
}
