package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// maxBatch is the largest --batch.
const maxBatch = 1 << 16

// ingest is the command of that name with its flags.
type ingest struct {
	*console
	books, data pathFlag
	symbol      nameFlag
	accounts    countFlag
	batch       countFlag
	tick, lot   stepFlag
	stp         choice[msg.Prevention]
	accounting  choice[msg.Accounting]
	sync        syncFlag
	report      bool
	asJSON      bool
}

const ingestHelp = `ingest drives a recorded order flow through ring, engine, journal and views at
full speed, compares every fill with the column expect and the depth view with
the books of --books, and tells rates, bytes a command and the digest of the
final state. It fails when anything differs.

FILE is CSV, plain or compressed with zstd, or /dev/stdin, with this header:

  time,command,id,side,price,quantity,tif,expect

  time      nanoseconds, never falling; it becomes the command's time
  command   limit (side, price, quantity, tif GTC or IOC), cancel (id),
            reduce (id, quantity to take off), replace (id, price, quantity),
            phase (auction or trading, in column tif), uncross
  expect    the fills it must cause: makerId@price:quantity;…
            and for uncross bidId/askId@price:quantity;…
            in a file in which it is empty everywhere fills are not compared

A books file says how the best levels must read after some of the rows:

  after,b1p,b1q,…,bNp,bNq,a1p,a1q,…,aNp,aNq

The whole file is read and planned first. Time is measured from the first of its
commands put into the ring to the last batch published; the commands that set up
assets, symbol and funded accounts come before. Row r has sequence
first_seq + r - 1.

Without --data a temporary directory is used (see TMPDIR) and removed.`

const ingestExample = `  exchange ingest day.csv
  exchange ingest orders.csv.zst --books books.csv.zst --data day
  exchange ingest orders.csv.zst --report-hash --sync never --json`

func newIngest(c *console) *cobra.Command {
	g := &ingest{
		console:    c,
		symbol:     flow.DefaultSymbol,
		accounts:   countFlag{flow.DefaultAccounts, 1, msg.MaxAccounts - 1},
		batch:      countFlag{pipeline.DefaultBatch, 1, maxBatch},
		stp:        choice[msg.Prevention]{last: msg.Decrement},
		accounting: choice[msg.Accounting]{last: msg.NoAccounting},
	}
	cmd := &cobra.Command{
		Use:     "ingest FILE",
		Short:   "Drive a recorded order flow through the whole exchange and check what comes out",
		Long:    ingestHelp,
		Example: ingestExample,
		Args:    takes("FILE"),
		RunE:    func(_ *cobra.Command, args []string) error { return g.run(args[0]) },
	}
	f := cmd.Flags()
	f.Var(&g.books, "books", "compare the depth view with the books in `FILE`")
	f.Var(&g.data, "data", "keep journal and snapshot in `DIR`, which must be empty or not exist")
	f.Var(&g.symbol, "symbol", "name of the symbol")
	f.Var(&g.accounts, "accounts", "spread the orders over so many funded accounts")
	f.Var(&g.tick, "tick", "price step (default: from the decimals in the file)")
	f.Var(&g.lot, "lot", "quantity step (default: from the decimals in the file)")
	f.Var(&g.stp, "stp", "self-trade prevention: none, expire-taker, expire-maker, expire-both or decrement")
	f.Var(&g.accounting, "accounting", "balances: orders lock, trades settle, fees are taken; or none")
	f.Var(&g.sync, "sync", "when the journal is made durable: always, interval=DURATION or never")
	f.Var(&g.batch, "batch", "most commands in a batch")
	f.BoolVar(&g.report, "report-hash", false, "compute the SHA-256 of the report stream of the public matching-engine benchmark")
	f.BoolVar(&g.asJSON, "json", false, "print one JSON object")
	return cmd
}

// run reads the files, drives the flow and reports.
func (g *ingest) run(file string) error {
	if g.data != "" {
		if err := checkEmpty(string(g.data)); err != nil {
			return err
		}
	}
	began := time.Now()
	recorded, plan, books, err := g.read(file)
	if err != nil {
		return err
	}
	parsed := time.Since(began)
	// Up to here nothing is on disk, so a signal may end the process as it does by default.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, remove, err := g.directory()
	if err != nil {
		return err
	}
	d := &drive{
		dir: dir, plan: plan, check: flow.CheckOptions{Books: books, Report: g.report},
		sync: g.sync.Sync, batch: g.batch.value, warn: g.warn,
	}
	bar := g.progress("ingest")
	err = d.run(ctx, bar.of)
	bar.end()
	if errors.Is(err, errInterrupted) {
		err = g.interrupted(d.end.Seq)
	}
	if gone := remove(); err == nil {
		err = gone
	}
	if err != nil {
		return err
	}
	r := newIngestReport(d, parsed, recorded.HasExpect)
	if g.asJSON {
		err = g.json(r)
	} else {
		r.print(g, file, plan.Config)
	}
	if err != nil {
		return err
	}
	return r.verdict()
}

// interrupted says what an interruption leaves behind.
func (g *ingest) interrupted(seq msg.Seq) error {
	if g.data == "" {
		return fmt.Errorf("interrupted after command %d; the temporary data directory is removed", seq)
	}
	return fmt.Errorf("interrupted: the journal in %s ends with command %d; it is kept and whole, but ingest cannot continue it", g.data, seq)
}

// read reads and plans the flow, and reads the books.
func (g *ingest) read(file string) (recorded *flow.Flow, plan *flow.Plan, books *flow.Books, err error) {
	bar := g.progress("read")
	recorded, err = flow.ReadFile(file, bar.of)
	bar.end()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read the flow: %w", err)
	}
	plan, err = recorded.Plan(flow.Config{
		Symbol: string(g.symbol), Accounts: g.accounts.value, STP: g.stp.value,
		Tick: string(g.tick), Lot: string(g.lot), Accounting: g.accounting.value,
	})
	if err != nil {
		return nil, nil, nil, fmt.Errorf("plan %s: %w", file, err)
	}
	if g.books == "" {
		return recorded, plan, nil, nil
	}
	books, err = flow.ReadBooksFile(string(g.books))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read the books: %w", err)
	}
	return recorded, plan, books, nil
}

// directory returns the data directory and what to do with it in the end.
func (g *ingest) directory() (dir string, remove func() error, err error) {
	if g.data != "" {
		return string(g.data), func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "exchange-ingest-")
	if err != nil {
		return "", nil, fmt.Errorf("make a temporary data directory: %w", err)
	}
	return dir, func() error {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove the temporary data directory: %w", err)
		}
		return nil
	}, nil
}
