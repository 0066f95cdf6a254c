package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// builtView is a view that is built over the past, beside those that an exchange keeps.
type builtView interface {
	// fold takes in a transaction, which the other views have folded already.
	fold(c *msg.Command, events []msg.Event)
	// rows returns the cells of the table, in the order of the columns.
	rows() [][]string
}

// viewKind is a view by its name.
type viewKind struct {
	name    string
	columns []string
	about   string
	start   func(*viewScope) builtView
}

func viewKinds() []viewKind {
	return []viewKind{
		{"volume-profile", profileColumns(), "what was traded at each price, by hour", newProfile},
		{"bars", barColumns(), "open, high, low, close and volume, by hour", newBarTable},
		{"spread", spreadColumns(), "best prices, spread and depth, by minute", newSpread},
		{"order-to-trade", ratioColumns(), "orders, cancels and fills of each account, and their ratio", newRatio},
	}
}

// viewScope is what a view is built of.
type viewScope struct {
	views    *marketview.Views
	symbol   msg.Name // zero: all
	interval marketview.Interval
}

// means reports whether a symbol is asked for.
func (s *viewScope) means(id msg.SymbolID) bool {
	if s.symbol.IsZero() {
		return true
	}
	symbol, ok := s.views.SymbolByID(id)
	return ok && symbol.Spec.Name == s.symbol
}

// market returns name and decimals of a symbol.
func (s *viewScope) market(id msg.SymbolID) (name string, price, qty step) {
	symbol, _ := s.views.SymbolByID(id)
	base, _ := s.views.Asset(symbol.Spec.Base)
	quote, _ := s.views.Asset(symbol.Spec.Quote)
	return symbol.Spec.Name.String(), step{int64(symbol.Spec.Tick), quote.Scale}, step{int64(symbol.Spec.Lot), base.Scale}
}

// begin returns when the interval begins that holds a time.
func (s *viewScope) begin(t int64) int64 {
	start, _ := s.interval.Around(t, 0)
	return start
}

const viewsBuildHelp = `build folds a view over the whole past, or a part of it, and prints it as a table, or
writes it as CSV into a file: what would it have shown, had it been there? It folds the
same transactions through the same code as a running exchange does.

%s
With --from and --to only what happened from one moment to the other is told: sequences,
@NANOSECONDS or times such as 2026-01-31T09:30:00Z. Columns of time are in UTC. Without -o
the table goes to stdout, with --json as one object with view, columns and rows. The file
of -o is there when it is whole and not before.

It takes no lock and changes nothing, so it may be used beside a running exchange. A view of
your own takes some thirty lines of Go: package marketview has an example.`

const viewsBuildExample = `  exchange views build data volume-profile --symbol BTCUSDT
  exchange views build data bars --interval 5m -o bars.csv
  exchange views build data spread --from 2026-01-31T09:30:00Z --to 2026-01-31T10:00:00Z
  exchange views build data order-to-trade --json`

// viewsBuild is the command of that name with its flags.
type viewsBuild struct {
	*console
	from, to moment
	symbol   nameFlag
	interval intervalFlag
	file     pathFlag
	asJSON   bool
}

// intervalFlag is the value of --interval.
type intervalFlag struct {
	text  string
	value marketview.Interval
}

func (f *intervalFlag) Type() string   { return "INTERVAL" }
func (f *intervalFlag) String() string { return f.text }

func (f *intervalFlag) Set(s string) error {
	value, ok := marketview.ParseInterval(s)
	if !ok {
		var names []string
		for i := range marketview.Interval(marketview.Intervals) {
			names = append(names, i.String())
		}
		return fmt.Errorf("it is one of %s", strings.Join(names, ", "))
	}
	*f = intervalFlag{s, value}
	return nil
}

// newViewsCommand returns the group of commands about views.
func newViewsCommand(c *console) *cobra.Command {
	return group(&cobra.Command{
		Use:   "views",
		Short: "Build a view over the past of a data directory",
	}, newViewsBuild(c))
}

func newViewsBuild(c *console) *cobra.Command {
	v := &viewsBuild{console: c}
	var about strings.Builder
	for _, k := range viewKinds() {
		fmt.Fprintf(&about, "  %-16s%s\n", k.name, k.about)
	}
	cmd := &cobra.Command{
		Use:     "build DIR NAME",
		Short:   "Fold a view over the past into a table or a file",
		Long:    fmt.Sprintf(viewsBuildHelp, about.String()),
		Example: viewsBuildExample,
		Args:    takes("DIR", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := viewNamed(args[1])
			if err == nil && v.from.after(&v.to) {
				err = fmt.Errorf("--from %s is after --to %s", v.from.text, v.to.text)
			}
			if err == nil && v.asJSON && v.file != "" {
				err = errors.New("a file is written as CSV: -o or --json")
			}
			if err != nil {
				return misused(cmd, fmt.Errorf("%s: %w", title(cmd), err))
			}
			return v.run(args[0], kind)
		},
	}
	f := cmd.Flags()
	f.Var(&v.from, "from", "begin with the first command at or after this moment (default: the first)")
	f.Var(&v.to, "to", "end with the last command at or before this moment (default: the last)")
	f.Var(&v.symbol, "symbol", "only this symbol")
	f.Var(&v.interval, "interval", "by intervals of this length: 1s, 1m, 5m, 1h, 1d, … (default: as the view says)")
	f.VarP(&v.file, "output", "o", "write CSV into this file")
	f.BoolVar(&v.asJSON, "json", false, "print one JSON object")
	return cmd
}

func viewNamed(name string) (*viewKind, error) {
	var names []string
	for _, k := range viewKinds() {
		if k.name == name {
			return &k, nil
		}
		names = append(names, k.name)
	}
	return nil, fmt.Errorf("there is no view %q: it is one of %s", name, strings.Join(names, ", "))
}

func (v *viewsBuild) run(dir string, kind *viewKind) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	end, err := survey(dir, v.warn)
	if err != nil {
		return err
	}
	if err := v.within(&end); err != nil {
		return err
	}
	past, err := v.open(dir)
	if err != nil {
		return err
	}
	defer past.Close() //nolint:errcheck // it was only read
	rows, err := v.build(past, kind, &end)
	if err != nil {
		return err
	}
	switch {
	case v.file != "":
		return v.save(kind, rows)
	case v.asJSON:
		return v.json(map[string]any{"view": kind.name, "columns": kind.columns, "rows": rows})
	}
	t := v.table(strings.ToUpper(strings.Join(kind.columns, "\t")))
	for _, row := range rows {
		t.row("%s", strings.Join(row, "\t"))
	}
	t.end()
	return nil
}

// within returns an error when nothing can lie between the moments.
func (v *viewsBuild) within(end *extent) error {
	from := v.from
	if err := from.within(end); err != nil && from.text != "" {
		return err
	}
	return v.to.within(end)
}

// open opens the past before the first command that counts.
func (v *viewsBuild) open(dir string) (*pipeline.Past, error) {
	o := pipeline.PastOptions{Dir: dir, Views: newViews, Warn: v.warn}
	switch {
	case v.from.byTime:
		var err error
		if o.To, err = snapshotAt(dir, v.from.nanos-1); err != nil {
			return nil, err
		}
	case v.from.text != "" && v.from.seq > 0:
		o.To = v.from.seq - 1
	}
	if o.To == 0 {
		return pipeline.OpenEarliest(o) //nolint:wrapcheck // it names the directory
	}
	return pipeline.OpenPast(o) //nolint:wrapcheck // it names the directory
}

// build folds the past and returns the table.
func (v *viewsBuild) build(past *pipeline.Past, kind *viewKind, end *extent) ([][]string, error) {
	all, ok := past.Views.(views)
	if !ok {
		return nil, errNotViews
	}
	scope := &viewScope{views: all.Views, interval: marketview.Interval1h}
	copy(scope.symbol[:], v.symbol)
	if kind.name == "spread" {
		scope.interval = marketview.Interval1m
	}
	if v.interval.text != "" {
		scope.interval = v.interval.value
	}
	built := kind.start(scope)
	bar := v.progress("build")
	defer bar.end()
	for !v.to.reached(past.Engine.Seq()) {
		c, events, err := past.Next()
		if errors.Is(err, io.EOF) || err == nil && v.to.byTime && c.Time > v.to.nanos {
			break
		}
		if err == nil {
			err = foldOne(past, c)
		}
		if err != nil {
			return nil, err
		}
		if v.from.text == "" || v.from.byTime && c.Time >= v.from.nanos || !v.from.byTime && c.Seq >= v.from.seq {
			built.fold(c, events)
		}
		if c.Seq%checkEvery == 0 {
			bar.of(int64(c.Seq), int64(end.seq))
		}
	}
	if _, there := all.Symbol(scope.symbol); !there && v.symbol != "" {
		return nil, fmt.Errorf("there is no symbol %s after command %d", v.symbol, past.Engine.Seq())
	}
	if rows := built.rows(); rows != nil {
		return rows, nil
	}
	return [][]string{}, nil
}

// save writes the table into a file.
func (v *viewsBuild) save(kind *viewKind, rows [][]string) (err error) {
	f, err := newOutFile(string(v.file))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	w := csv.NewWriter(f)
	if err := w.WriteAll(slices.Insert(rows, 0, kind.columns)); err != nil {
		return fmt.Errorf("write %s: %w", v.file, err)
	}
	if err := f.keep(); err != nil {
		return err
	}
	v.printf("%s of %s in %s\n", count(uint64(len(rows)), "row", "s"), kind.name, v.file)
	return nil
}
