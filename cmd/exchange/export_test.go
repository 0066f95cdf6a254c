package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// wildData makes a data directory of n random commands of all kinds, with several
// symbols, auctions and refusals, in many small segments.
func wildData(t testing.TB, seed uint64, n int, change func(o *pipeline.Options)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	o := pipeline.Options{Dir: dir, Clock: func() int64 { return 1 }, Batch: 16, Segment: 4000, Views: newViews, MaxOrders: -1, Sync: pipeline.Sync{Mode: pipeline.SyncNever}}
	if change != nil {
		change(&o)
	}
	p, err := pipeline.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	naive := enginetest.NewNaive()
	stream := enginetest.NewStream(seed, naive)
	var r pipeline.Result
	for n > 0 {
		c := stream.Next()
		if c.Check() != nil { // the journal could not tell it again
			continue
		}
		n--
		naive.Execute(&c)
		if err := p.Do(context.Background(), &c, &r); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// catLine is a line of journal cat --json.
type catLine map[string]any

// catLines returns what journal cat tells of a data directory, the commands and the
// events.
func catLines(t testing.TB, dir string, flags ...string) (commands, events []catLine) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(must(t, append([]string{"journal", "cat", dir, "--json"}, flags...)...)))
	d.UseNumber()
	for {
		var l catLine
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			return commands, events
		}
		if err != nil {
			t.Fatal(err)
		}
		if l["command"] != nil {
			commands = append(commands, l)
		} else {
			l["command"] = commands[len(commands)-1]["command"]
			l["symbol"] = commands[len(commands)-1]["symbol"]
			l["account"] = commands[len(commands)-1]["account"]
			events = append(events, l)
		}
	}
}

// textRow is a row of an export: its columns that have a value, as text.
type textRow map[string]string

// exportRows exports in a format and reads it back.
func exportRows(t testing.TB, dir, what, format string, flags ...string) []textRow {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out")
	must(t, append([]string{"journal", "export", dir, "--what", what, "--format", format, "-o", file}, flags...)...)
	switch format {
	case "parquet":
		return parquetBack(t, file)
	case "csv":
		return csvBack(t, file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows []textRow
	for line := range strings.Lines(string(b)) {
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		var values map[string]any
		if err := d.Decode(&values); err != nil {
			t.Fatal(err)
		}
		row := make(textRow)
		for name, v := range values {
			row[name] = fmt.Sprint(v)
		}
		rows = append(rows, row)
	}
	return rows
}

func csvBack(t testing.TB, file string) []textRow {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []textRow
	for _, r := range records[1:] {
		row := make(textRow)
		for i, v := range r {
			if v != "" {
				row[records[0][i]] = v
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// parquetBack reads the values of a Parquet file by what its schema says of them.
func parquetBack(t testing.TB, file string) []textRow {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	r := parquet.NewGenericReader[any](f)
	defer r.Close() //nolint:errcheck // it was only read
	columns := r.Schema().Columns()
	fields := r.Schema().Fields()
	rows := make([]textRow, 0, r.NumRows())
	buf := make([]parquet.Row, 64)
	for {
		n, err := r.ReadRows(buf)
		for _, values := range buf[:n] {
			row := make(textRow)
			for i, v := range values {
				if v.IsNull() {
					continue
				}
				row[columns[i][0]] = parquetText(v, fields[i].Type().String())
			}
			rows = append(rows, row)
		}
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func parquetText(v parquet.Value, logical string) string {
	if !strings.HasPrefix(logical, "DECIMAL") {
		return v.String()
	}
	units := new(big.Int).SetBytes(v.ByteArray())
	if units.Bit(127) == 1 {
		units.Sub(units, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	r := new(big.Rat).SetFrac(units, new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil))
	text := r.FloatString(18)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// sameRows holds the three formats of an export against each other and returns one.
func sameRows(t testing.TB, dir, what string, flags ...string) []textRow {
	t.Helper()
	rows := exportRows(t, dir, what, "jsonl", flags...)
	for _, format := range []string{"csv", "parquet"} {
		others := exportRows(t, dir, what, format, flags...)
		if len(others) != len(rows) {
			t.Fatalf("%s as %s has %d rows, as jsonl %d", what, format, len(others), len(rows))
		}
		for i, row := range rows {
			if got, want := fmt.Sprint(others[i]), fmt.Sprint(row); got != want {
				t.Fatalf("row %d of %s as %s is\n%s, as jsonl\n%s", i+1, what, format, got, want)
			}
		}
	}
	return rows
}

// decimalText returns the decimal of n steps of size units of 10^-scale, by big numbers.
func decimalText(n, size string, scale int) string {
	a, _ := new(big.Int).SetString(n, 10)
	b, _ := new(big.Int).SetString(size, 10)
	r := new(big.Rat).SetFrac(a.Mul(a, b), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	text := r.FloatString(18)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// markets are the symbols and the assets that the commands of a journal have made, by
// number.
type catMarkets struct {
	scales  map[string]int
	assets  map[string]string
	symbols map[string]map[string]string
}

func marketsOf(commands, events []catLine) *catMarkets {
	m := &catMarkets{map[string]int{}, map[string]string{}, map[string]map[string]string{}}
	bySeq := make(map[string]catLine)
	for _, c := range commands {
		bySeq[text(c, "seq")] = c
	}
	for _, v := range events {
		c := bySeq[text(v, "seq")]
		id := text(v, "id")
		switch text(v, "event") {
		case "asset-added":
			m.scales[id], _ = strconv.Atoi(text(c, "scale"))
			m.assets[id] = text(c, "name")
		case "symbol-added":
			m.symbols[id] = map[string]string{
				"name": text(c, "symbol_name"), "tick": text(c, "tick"), "lot": text(c, "lot"),
				"base": text(c, "base"), "quote": text(c, "quote_asset"),
			}
		}
	}
	return m
}

func text(l catLine, name string) string {
	if l[name] == nil {
		return ""
	}
	return fmt.Sprint(l[name])
}

// price and qty return the decimals of ticks and lots of a symbol, or nothing.
func (m *catMarkets) price(symbol, ticks string) string {
	s := m.symbols[symbol]
	if ticks == "" || s == nil {
		return ""
	}
	return decimalText(ticks, s["tick"], m.scales[s["quote"]])
}

func (m *catMarkets) qty(symbol, lots string) string {
	s := m.symbols[symbol]
	if lots == "" || s == nil {
		return ""
	}
	return decimalText(lots, s["lot"], m.scales[s["base"]])
}

// expectRow compares columns of a row.
func expectRow(t testing.TB, what string, row textRow, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if row[name] != w {
			t.Fatalf("%s of command %s: %s is %q, want %q\n%v", what, row["seq"], name, row[name], w, row)
		}
	}
}

// TestExportIsWhatCatTells exports a journal of all kinds of commands in three formats,
// reads them back and holds every row against journal cat, with the decimals worked out
// anew from the ticks and lots that it prints.
func TestExportIsWhatCatTells(t *testing.T) {
	dir := wildData(t, 11, 3000, nil)
	commands, events := catLines(t, dir)
	m := marketsOf(commands, events)
	if len(m.symbols) < 2 {
		t.Fatalf("the journal has %d symbols", len(m.symbols))
	}
	rows := sameRows(t, dir, "commands")
	if len(rows) != len(commands) {
		t.Fatalf("%d rows of %d commands", len(rows), len(commands))
	}
	kinds := make(map[string]int)
	for i, c := range commands {
		symbol := text(c, "symbol")
		kinds[text(c, "command")]++
		want := map[string]string{
			"price": m.price(symbol, text(c, "price")), "quantity": m.qty(symbol, text(c, "qty")),
			"price_ticks": text(c, "price"), "quantity_lots": text(c, "qty"), "quote_units": text(c, "quote"),
			"amount_units": text(c, "amount"), "symbol_id": symbol, "asset_id": text(c, "asset"),
		}
		for _, name := range []string{
			"seq", "time", "command", "side", "type", "tif", "order", "name", "orig_name", "cancel_name", "stp", "mode", "only", "strategy",
			"strategy_type", "transfer", "status", "phase", "scale",
		} {
			want[name] = text(c, name)
		}
		if c["account"] != nil {
			want["account"] = text(c, "account")
		}
		if text(c, "amount") != "" && m.assets[text(c, "asset")] != "" {
			want["asset"], want["amount"] = m.assets[text(c, "asset")], decimalText(text(c, "amount"), "1", m.scales[text(c, "asset")])
		}
		expectRow(t, "row", rows[i], want)
		if spec := rows[i]["spec"]; spec != "" {
			var s map[string]any
			if err := json.Unmarshal([]byte(spec), &s); err != nil || fmt.Sprint(s["tick"]) != text(c, "tick") && !strings.Contains(fmt.Sprint(s["tick"]), "e+") {
				t.Errorf("spec of command %s is %s, %v", rows[i]["seq"], spec, err)
			}
		}
	}
	if len(kinds) < 12 {
		t.Errorf("only commands of the kinds %v", kinds)
	}
	expectEvents(t, m, sameRows(t, dir, "events"), events)
	expectTrades(t, m, sameRows(t, dir, "trades"), commands, events)
}

func expectEvents(t *testing.T, m *catMarkets, rows []textRow, events []catLine) {
	t.Helper()
	if len(rows) != len(events) {
		t.Fatalf("%d rows of %d events", len(rows), len(events))
	}
	n, last := 0, ""
	for i, v := range events {
		if n++; text(v, "seq") != last {
			n, last = 1, text(v, "seq")
		}
		symbol := text(v, "symbol")
		want := map[string]string{
			"n": strconv.Itoa(n), "price": m.price(symbol, text(v, "price")), "quantity": m.qty(symbol, text(v, "qty")),
			"taker_quantity": m.qty(symbol, text(v, "taker_qty")), "price_ticks": text(v, "price"), "quantity_lots": text(v, "qty"),
			"taker_lots": text(v, "taker_qty"), "symbol_id": symbol,
		}
		for _, name := range []string{"seq", "time", "event", "command", "order", "taker", "trade", "reason", "id"} {
			want[name] = text(v, name)
		}
		expectRow(t, "event", rows[i], want)
	}
}

// expectTrades follows who brought which order through the commands.
func expectTrades(t *testing.T, m *catMarkets, rows []textRow, commands, events []catLine) {
	t.Helper()
	brought := make(map[string]catLine)
	for _, c := range commands {
		brought[text(c, "seq")] = c
	}
	i, auctions := 0, 0
	for _, v := range events {
		if text(v, "event") != "traded" {
			continue
		}
		row := rows[i]
		i++
		maker, taker := brought[text(v, "order")], brought[text(v, "taker")]
		buyer, seller := maker, taker
		if text(taker, "side") == "buy" {
			buyer, seller = taker, maker
		}
		symbol := text(v, "symbol")
		s := m.symbols[symbol]
		auction := text(v, "command") == "uncross"
		if auction {
			auctions++
		}
		price, _ := new(big.Rat).SetString(m.price(symbol, text(v, "price")))
		qty, _ := new(big.Rat).SetString(m.qty(symbol, text(v, "qty")))
		value, ok := new(big.Rat).SetString(row["value"])
		if !ok || value.Cmp(price.Mul(price, qty)) != 0 {
			t.Fatalf("value of trade %v is %s", v, row["value"])
		}
		expectRow(t, "trade", row, map[string]string{
			"seq": text(v, "seq"), "time": text(v, "time"), "symbol": s["name"], "trade": text(v, "trade"),
			"price": m.price(symbol, text(v, "price")), "quantity": m.qty(symbol, text(v, "qty")),
			"taker": text(taker, "side"), "auction": strconv.FormatBool(auction),
			"buy_order": text(buyer, "seq"), "buy_account": cmp.Or(text(buyer, "account"), "0"),
			"sell_order": text(seller, "seq"), "sell_account": cmp.Or(text(seller, "account"), "0"),
			"price_ticks": text(v, "price"), "quantity_lots": text(v, "qty"),
		})
	}
	if i != len(rows) || i < 100 || auctions == 0 {
		t.Errorf("%d trades, %d of them in auctions, %d rows", i, auctions, len(rows))
	}
}

// TestExportRanges exports from here to there, by sequences and by times, with and
// without snapshots to begin from, and one symbol alone: always what the whole export
// has there.
func TestExportRanges(t *testing.T) {
	dir := wildData(t, 12, 2000, func(o *pipeline.Options) { o.Snapshots = snapshot.Policy{Commands: 300} })
	whole := exportRows(t, dir, "trades", "jsonl")
	pick := func(keep func(row textRow) bool) []textRow {
		var rows []textRow
		for _, row := range whole {
			if keep(row) {
				rows = append(rows, row)
			}
		}
		return rows
	}
	num := func(row textRow, name string) int64 {
		n, err := strconv.ParseInt(row[name], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	middle := whole[len(whole)/2]
	at := num(middle, "time")
	for _, c := range []struct {
		flags []string
		want  []textRow
	}{
		{[]string{"--from", middle["seq"]}, pick(func(r textRow) bool { return num(r, "seq") >= num(middle, "seq") })},
		{[]string{"--to", middle["seq"]}, pick(func(r textRow) bool { return num(r, "seq") <= num(middle, "seq") })},
		{[]string{"--from", "500", "--to", "1500"}, pick(func(r textRow) bool { return num(r, "seq") >= 500 && num(r, "seq") <= 1500 })},
		{[]string{"--from", fmt.Sprintf("@%d", at)}, pick(func(r textRow) bool { return num(r, "time") >= at })},
		{[]string{"--to", fmt.Sprintf("@%d", at)}, pick(func(r textRow) bool { return num(r, "time") <= at })},
		{[]string{"--symbol", middle["symbol"]}, pick(func(r textRow) bool { return r["symbol"] == middle["symbol"] })},
	} {
		got := exportRows(t, dir, "trades", "csv", c.flags...)
		if fmt.Sprint(got) != fmt.Sprint(c.want) || len(got) == 0 {
			t.Errorf("%v: %d rows, want %d", c.flags, len(got), len(c.want))
		}
	}
}

// TestExportRetained exports a journal whose oldest segments are gone: from the oldest
// snapshot on, and not from before it.
func TestExportRetained(t *testing.T) {
	dir := wildData(t, 13, 3000, func(o *pipeline.Options) {
		o.Snapshots = snapshot.Policy{Commands: 400}
		o.Retain = pipeline.Retention{Commands: 100}
	})
	oldest, err := oldestSnapshot(dir)
	if err != nil || oldest == 0 {
		t.Fatal(oldest, err)
	}
	first, err := reach(dir, nil)
	if err != nil || first.first == 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	r := call("journal", "export", dir, "--what", "commands")
	if r.code != exitOK || !strings.HasPrefix(r.stdout, fmt.Sprintf(`{"seq":%d,`, oldest+1)) || !strings.Contains(r.stderr, "older segments were removed") {
		t.Errorf("exit code %d, %.80s, %s", r.code, r.stdout, r.stderr)
	}
	r = call("journal", "export", dir, "--what", "commands", "--from", fmt.Sprint(oldest))
	if r.code != exitFailed || r.stdout != "" || !strings.Contains(r.stderr, fmt.Sprintf("export can begin with %d", oldest+1)) {
		t.Errorf("exit code %d, %.80s, %s", r.code, r.stdout, r.stderr)
	}
	if rows := exportRows(t, dir, "commands", "parquet", "--from", fmt.Sprint(oldest+1)); len(rows) != int(first.seq-oldest) {
		t.Errorf("%d rows of commands %d to %d", len(rows), oldest+1, first.seq)
	}
}

// TestExportLeavesNothing ends an export in the middle, by a signal and by damage: no
// file is there, and an older one of that name stays.
func TestExportLeavesNothing(t *testing.T) {
	dir := wildData(t, 14, 2000, nil)
	out := t.TempDir()
	file := filepath.Join(out, "rows.parquet")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(pipeline.JournalDir(dir), "0*"))
	if err != nil || len(segments) < 5 {
		t.Fatal(segments, err)
	}
	if err := flip(segments[3], 200, 2); err != nil {
		t.Fatal(err)
	}
	r := call("journal", "export", dir, "--what", "events", "-o", file)
	if r.code != exitFailed || !strings.Contains(r.stderr, segments[3]) {
		t.Errorf("damaged: exit code %d, %s", r.code, r.stderr)
	}
	leaves(t, out, file)
	if err := flip(segments[3], 200, 2); err != nil {
		t.Fatal(err)
	}

	program, err := exec.LookPath("exchange") // testscript has put it into PATH
	if err != nil {
		t.Fatal(err)
	}
	for try := 0; !interrupted(t, program, shapedData(t, 30_000), file); try++ {
		if try == 10 {
			t.Fatal("every export was over before it could be interrupted")
		}
		if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaves(t, out, file)
}

// interrupted signals an export as soon as it has begun a file, and reports whether that
// came in time.
func interrupted(t *testing.T, program, data, file string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "journal", "export", data, "--what", "commands", "-o", file)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := false; !begun; time.Sleep(time.Millisecond) {
		names, err := os.ReadDir(filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		begun = len(names) > 1 || cmd.ProcessState != nil
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if err != nil && complaint.String() != "exchange: interrupted\n" {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	return err != nil
}

// shapedData makes a data directory of n orders, cancels and what makes their market.
func shapedData(t testing.TB, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	p, err := pipeline.Start(pipeline.Options{
		Dir: dir, Clock: func() int64 { return 1 }, Sync: pipeline.Sync{Mode: pipeline.SyncNever}, MaxOrders: -1, Views: newViews,
	})
	if err != nil {
		t.Fatal(err)
	}
	flow := enginetest.NewShaped(1, 100)
	commands := flow.Setup(msg.Balances)
	for range n {
		var c msg.Command
		flow.Next(&c)
		commands = append(commands, c)
	}
	for i := range commands {
		for errors.Is(p.Put(&commands[i]), pipeline.ErrBusy) {
			time.Sleep(time.Millisecond)
		}
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// leaves expects nothing in a directory but a file with its old contents.
func leaves(t *testing.T, dir, file string) {
	t.Helper()
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 1 {
		t.Errorf("left in %s: %v, %v", dir, names, err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "old" {
		t.Errorf("the old file is %q, %v", b, err)
	}
}

// TestDecimalCells writes decimals at the ends of what fits, also into Parquet.
func TestDecimalCells(t *testing.T) {
	const most = 1<<63 - 1
	for _, c := range []struct {
		cell cell
		want string
		fits bool
	}{
		{cell{n: 1, by: 1, step: step{1, 18}}, "0.000000000000000001", true},
		{cell{n: 150, by: 1, step: step{1, 2}}, "1.5", true},
		{cell{n: -1, by: 1, step: step{1, 2}}, "-0.01", true},
		{cell{n: -1 << 63, by: 1, step: step{5, 18}}, "-46.11686018427387904", true},
		{cell{n: -1 << 63, by: 1 << 40, step: step{5, 0}}, "-50706024009129176059868128215040", false},
		{cell{n: 3, by: 7, step: step{5, 1}}, "10.5", true},
		{cell{n: most, by: 1, step: step{1, 0}}, "9223372036854775807", true},
		{cell{n: most, by: 10, step: step{1, 0}}, "92233720368547758070", true},
		{cell{n: most, by: 11, step: step{1, 0}}, "101457092405402533877", false},
		{cell{n: 99_999_999_999, by: 1_000_000_000, step: step{1, 0}}, "99999999999000000000", true},
		{cell{n: 100_000_000_000, by: 1_000_000_000, step: step{1, 0}}, "100000000000000000000", false},
		{cell{n: 1 << 53, by: 1 << 53, step: step{1, 18}}, "81129638414606.681695789005144064", true},
		{cell{n: most, by: most, step: step{1, 18}}, "85070591730234615847.396907784232501249", true},
		{cell{n: most, by: most, step: step{most, 18}}, "784637716923335095224261902710254454442.933591094742482943", false},
	} {
		if got := c.cell.decimal(); got != c.want {
			t.Errorf("%+v is %s, want %s", c.cell, got, c.want)
		}
		b, err := c.cell.appendParquet([]byte{7})
		if c.fits != (err == nil) {
			t.Errorf("%s: %v", c.want, err)
		}
		if c.fits && (b[0] != 7 || len(b) != 1+decimalBytes || parquetText(parquet.FixedLenByteArrayValue(b[1:]), "DECIMAL(38,18)") != c.want) {
			t.Errorf("%s is % x", c.want, b)
		}
	}
}

// TestEverySchemaColumnIsFilled exports all kinds of commands and finds a value in every
// column: one that can never have any would be a lie in the help.
func TestEverySchemaColumnIsFilled(t *testing.T) {
	var dirs []string
	for seed := range uint64(8) { // each has its own mixture of commands
		dirs = append(dirs, wildData(t, 20+seed, 800, nil))
	}
	for k := exportCommands; k <= exportTrades; k++ {
		filled := make(map[string]bool)
		for _, dir := range dirs {
			for _, row := range exportRows(t, dir, k.String(), "jsonl") {
				for name := range row {
					filled[name] = true
				}
			}
		}
		for _, c := range k.columns() {
			if !filled[c.name] {
				t.Errorf("%v: no row has a %s", k, c.name)
			}
			delete(filled, c.name)
		}
		if len(filled) > 0 {
			t.Errorf("%v: not in the schema: %v", k, filled)
		}
		help := call("journal", "export", "--help").stdout
		for _, c := range k.columns() {
			if !strings.Contains(help, c.name) || !strings.Contains(help, c.doc) {
				t.Errorf("the help lacks %s of %v", c.name, k)
			}
		}
	}
}
