package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// exportFormat is the form of an export's file. It is the value of --format.
type exportFormat uint8

const (
	exportJSONL   exportFormat = 0
	exportCSV     exportFormat = 1
	exportParquet exportFormat = 2
)

// String returns the name as the command line takes it, which is also how files end.
func (f exportFormat) String() string { return [...]string{"jsonl", "csv", "parquet"}[f] }

const exportHelp = `export writes commands, events or trades of the journal as rows that pandas, DuckDB and
others read. Nothing in them is rounded:

  integer  in Parquet 64 bits, signed
  decimal  as many decimals as are needed; in JSON a string; in Parquet DECIMAL(38,18)
  time     nanoseconds since 1970, UTC; in Parquet TIMESTAMP
  text     in JSON and Parquet UTF-8
  boolean  true, false

A column that has nothing to say in a row is left out in JSON, empty in CSV, and null in
Parquet. Beside prices and quantities stand the ticks and lots that the journal holds.

The state is folded on the way, so that symbols, assets and the accounts of orders are
those of that moment, and the digest of every frame is compared. It begins with a
snapshot at or before --from. Where old segments were removed it cannot begin before the
oldest snapshot.

--from and --to are sequences (12345), @NANOSECONDS or times such as
2026-01-31T09:30:00Z: the first command at or after one, the last at or before the
other. With -o the file is there when it is whole and not before; memory does not grow
with the number of rows. It takes no lock and changes nothing, so it may be used beside a
running exchange; what comes in meanwhile is left out.
`

const exportExample = `  exchange journal export data --what trades | head
  exchange journal export data --what commands --format csv --symbol BTCUSDT > orders.csv
  exchange journal export data --what trades -o trades.parquet --from 2026-01-31T09:30:00Z
  duckdb -c "select symbol, sum(value) from 'trades.parquet' group by symbol"`

// journalExport is the command export with its flags.
type journalExport struct {
	*console
	what     choice[exportKind]
	format   choice[exportFormat]
	from, to moment
	symbol   nameFlag
	file     pathFlag
	asJSON   bool

	from0 time.Time // when it began
	rows  int64
}

func newJournalExport(c *console) *cobra.Command {
	x := &journalExport{console: c, what: choice[exportKind]{last: exportTrades}, format: choice[exportFormat]{last: exportParquet}}
	cmd := &cobra.Command{
		Use:     "export DIR --what commands|events|trades",
		Short:   "Write commands, events or trades as JSON lines, CSV or Parquet",
		Long:    exportHelp + schemaText(),
		Example: exportExample,
		Args:    takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := x.check(cmd); err != nil {
				return misused(cmd, fmt.Errorf("%s: %w", title(cmd), err))
			}
			return x.run(args[0])
		},
	}
	f := cmd.Flags()
	f.Var(&x.what, "what", "commands, events or trades")
	f.Lookup("what").DefValue = ""
	f.Var(&x.format, "format", "jsonl, csv or parquet (default: how FILE ends, else jsonl)")
	f.Lookup("format").DefValue = ""
	f.VarP(&x.file, "output", "o", "write to `FILE`, and print what was written; parquet needs one")
	f.Var(&x.from, "from", "begin with this moment (default: the first command)")
	f.Var(&x.to, "to", "end with this moment (default: the end)")
	f.Var(&x.symbol, "symbol", "only rows about this symbol")
	f.BoolVar(&x.asJSON, "json", false, "with -o, print one JSON object")
	return cmd
}

// check refuses flags that do not go together.
func (x *journalExport) check(cmd *cobra.Command) error {
	if !cmd.Flags().Changed("what") {
		return errors.New("say what with --what commands, --what events or --what trades")
	}
	if !cmd.Flags().Changed("format") {
		for f := exportJSONL; f <= exportParquet; f++ {
			if strings.HasSuffix(string(x.file), "."+f.String()) {
				x.format.value = f
			}
		}
	}
	switch {
	case x.format.value == exportParquet && x.file == "":
		return errors.New("--format parquet needs a file: -o FILE")
	case x.asJSON && x.file == "":
		return errors.New("--json tells of a file: -o FILE")
	case x.from.after(&x.to):
		return fmt.Errorf("--from %s is after --to %s", x.from.text, x.to.text)
	}
	return nil
}

// exported is what export tells of a file. The keys are promised.
type exported struct {
	File     string  `json:"file"`
	What     string  `json:"what"`
	Format   string  `json:"format"`
	Rows     int64   `json:"rows"`
	FirstSeq msg.Seq `json:"first_seq"` // of the commands that were looked at
	LastSeq  msg.Seq `json:"last_seq"`
	Bytes    int64   `json:"bytes"`
	Seconds  float64 `json:"seconds"`
	Rate     float64 `json:"rows_per_second"`
}

func (x *journalExport) run(dir string) error {
	// An interrupted run takes its file with it.
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	if err := checkDataDir(dir); err != nil {
		return err
	}
	x.from0 = time.Now()
	s, err := x.span(dir)
	if err != nil {
		return err
	}
	if x.file == "" {
		return x.write(ctx, dir, s, x.out)
	}
	f, err := newOutFile(string(x.file))
	if err != nil {
		return err
	}
	bytes, err := x.fill(ctx, dir, s, f)
	if err := errors.Join(err, f.close()); err != nil {
		return err
	}
	return x.tell(s, bytes)
}

// fill writes the file.
func (x *journalExport) fill(ctx context.Context, dir string, s span, f *outFile) (bytes int64, err error) {
	out := bufio.NewWriterSize(f, outputBytes)
	if err := x.write(ctx, dir, s, out); err != nil {
		return 0, err
	}
	if err := out.Flush(); err != nil {
		return 0, fmt.Errorf("write the rows: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("measure the file: %w", err)
	}
	return info.Size(), f.keep()
}

func (x *journalExport) tell(s span, bytes int64) error {
	seconds := time.Since(x.from0).Seconds()
	e := exported{
		File: string(x.file), What: x.what.String(), Format: x.format.String(), Rows: x.rows, FirstSeq: s.from, LastSeq: s.to,
		Bytes: bytes, Seconds: seconds, Rate: float64(x.rows) / max(seconds, 1e-9),
	}
	if x.asJSON {
		return x.json(&e)
	}
	x.printf("%s: %s of commands %d to %d, %s, %s rows/s\n", e.File, count(e.Rows, "row", "s"), e.FirstSeq, e.LastSeq,
		count(e.Bytes, "byte", "s"), grouped(int64(e.Rate)))
	return nil
}

// span returns the commands that are asked for, as far as there are any.
func (x *journalExport) span(dir string) (span, error) {
	end, err := reach(dir, x.warn)
	if err != nil {
		return span{}, err
	}
	s, err := spanOf(dir, &x.from, &x.to)
	if err != nil {
		return s, err
	}
	if x.from.text != "" {
		if err := x.from.within(&end); err != nil {
			return s, err
		}
	}
	s.to = min(s.to, end.seq)
	if end.first <= 1 {
		return s, nil
	}
	// What lies before the oldest snapshot has no state to begin from.
	oldest, err := oldestSnapshot(dir)
	switch {
	case err != nil || s.from > oldest:
		return s, err
	case x.from.text == "":
		x.warn(fmt.Sprintf("older segments were removed: the rows begin after the oldest snapshot, with command %d", oldest+1))
		s.from = oldest + 1
		return s, nil
	}
	return s, fmt.Errorf("--from %s: older segments were removed, and the oldest snapshot is of command %d: export can begin with %d", x.from.text, oldest, oldest+1)
}

// oldestSnapshot returns the sequence of the oldest snapshot of a data directory by its
// name, or 0.
func oldestSnapshot(dir string) (msg.Seq, error) {
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(dir))
	if err != nil || len(infos) == 0 {
		return 0, err //nolint:wrapcheck // it says what it did
	}
	return msg.Seq(infos[len(infos)-1].Seq), nil
}

// write writes the rows of the commands in s.
func (x *journalExport) write(ctx context.Context, dir string, s span, out io.Writer) error {
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, To: s.from - 1, Genesis: s.from <= 1, Warn: x.warn})
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	w, err := x.writer(dir, s, out)
	if err != nil {
		return errors.Join(err, past.Close())
	}
	e := exporter{x: x, past: past, catalog: catalog{engine: past.Engine}, w: w, columns: x.what.value.columns()}
	bar := x.progress("export")
	err = e.run(ctx, s, bar)
	bar.end()
	return errors.Join(err, past.Close())
}

func (x *journalExport) writer(dir string, s span, out io.Writer) (rowWriter, error) {
	columns := x.what.value.columns()
	switch x.format.value {
	case exportJSONL:
		return &jsonRows{out: out, columns: columns}, nil
	case exportCSV:
		return newCSVRows(out, columns)
	default:
		id, err := journalID(dir)
		if err != nil {
			return nil, err
		}
		return newParquetRows(out, x.what.value, parquetAbout(id.String(), s)), nil
	}
}

// exporter makes the rows.
type exporter struct {
	x       *journalExport
	past    *pipeline.Past
	catalog catalog
	w       rowWriter
	columns []column
	cells   []cell    // of the row at hand
	trades  []parties // of the command at hand
}

// exportCheck is after how many commands it is looked whether to end, and progress is
// told.
const exportCheck = 4096

func (e *exporter) run(ctx context.Context, s span, bar *progress) error {
	for n := 0; ; n++ {
		if n%exportCheck == 0 {
			if ctx.Err() != nil {
				return errInterrupted
			}
			bar.of(int64(e.past.Engine.Seq()), int64(s.to))
		}
		if e.past.Engine.Seq() >= s.to {
			break
		}
		c, events, err := e.past.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err //nolint:wrapcheck // it names file, offset and sequence
		}
		if err := e.transaction(c, events, c.Seq >= s.from); err != nil {
			return err
		}
	}
	return e.w.end() //nolint:wrapcheck // it says what it did
}

// transaction folds a transaction and writes its rows if they are wanted. Who traded is
// known before it, what it has added after it.
func (e *exporter) transaction(c *msg.Command, events []msg.Event, wanted bool) error {
	e.trades = e.trades[:0]
	if wanted && e.x.what.value == exportTrades {
		for i := range events {
			if events[i].Kind == msg.Traded {
				e.trades = append(e.trades, partiesOf(e.past.Engine, c, &events[i]))
			}
		}
	}
	if err := foldOne(e.past, c); err != nil {
		return err
	}
	if !wanted {
		return nil
	}
	row := exportRow{c: c, events: events, market: e.catalog.market(c.Symbol), asset: e.catalog.asset(c.Asset)}
	if c.Spec != nil {
		row.spec = specText(c.Spec)
		if row.market.name == "" {
			row.market = &exportMarket{name: c.Spec.Name.String()}
		}
	}
	if e.x.symbol != "" && string(e.x.symbol) != row.market.name {
		return nil
	}
	return e.rows(&row)
}

// rows writes the rows of a transaction.
func (e *exporter) rows(row *exportRow) error {
	if e.x.what.value == exportCommands {
		return e.row(row)
	}
	traded := 0
	for i := range row.events {
		row.n, row.v = i, &row.events[i]
		if e.x.what.value == exportTrades {
			if row.v.Kind != msg.Traded {
				continue
			}
			row.trade = e.trades[traded]
			traded++
		}
		if err := e.row(row); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) row(row *exportRow) error {
	e.cells = e.cells[:0]
	for i := range e.columns {
		e.cells = append(e.cells, e.columns[i].fill(row))
	}
	e.x.rows++
	return e.w.row(e.cells) //nolint:wrapcheck // it says what it did
}
