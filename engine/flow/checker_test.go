package flow_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// day is a small day with an auction whose recorded fills, price and books are
// right. Its lines are numbered from 1, the header; row r stands in line r+1.
const day = header +
	"1,phase,,,,,auction,\n" + // row 1
	"1,limit,b1,buy,10.02,300,GTC,\n" +
	"1,limit,b2,buy,10.01,100,GTC,\n" +
	"1,limit,s1,sell,10,200,GTC,\n" +
	"1,limit,s2,sell,10.01,150,GTC,\n" + // row 5
	"2,uncross,,,10.01,,,b1/s1@10.01:200;b1/s2@10.01:100;b2/s2@10.01:50\n" +
	"3,limit,s3,sell,10.03,70,GTC,\n" +
	"3,limit,s4,sell,10.03,30,GTC,\n" +
	"3,limit,b3,buy,10.04,80,IOC,s3@10.03:70;s4@10.03:10\n" +
	"3,reduce,b2,,,20,,\n" + // row 10
	"3,replace,b2,,10.03,60,,s4@10.03:20\n" +
	"3,cancel,b2,,,,,\n"

// dayBooks are the books of day, written with empty cells and with zeros.
const dayBooks = "after,b1p,b1q,b2p,b2q,a1p,a1q,a2p,a2q\n" +
	"4,10.02,300,10.01,100,10,200,,\n" +
	"6,10.01,50,,,,,,\n" +
	"8,10.01,50,,,10.03,100,0,0\n" +
	"11,10.03,40,,,0,0.00,,\n" +
	"12,,,,,,,,\n"

func mustReadBooks(t testing.TB, text string) *flow.Books {
	t.Helper()
	b, err := flow.ReadBooks(strings.NewReader(text))
	if err != nil {
		t.Fatalf("read books: %v", err)
	}
	return b
}

func TestCheckerFindsNothing(t *testing.T) {
	price := "10.01"
	for name, config := range map[string]flow.Config{
		"defaults":           {},
		"no accounting":      {Accounting: msg.NoAccounting},
		"finer tick and lot": {Tick: "0.005", Lot: "0.1"},
		"coarser lot":        {Lot: "10"},
		"one account":        {Accounts: 1},
		"without fees":       {Maker: msg.NoRate, Taker: msg.NoRate},
		"tick and lot given": {Tick: "0.01", Lot: "1"},
	} {
		got := newRun(t, mustRead(t, day), config, mustReadBooks(t, dayBooks), false).all()
		want := flow.Result{
			Commands: 12, Events: 19, Trades: 6, BooksChecked: 5,
			Uncross: []flow.Uncross{{Price: &price, Volume: "350"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if !got.OK() {
			t.Errorf("%s: the result is not OK", name)
		}
	}
}

// Each changed cell is reported with its row, and nothing else is.
func TestCheckerFindsWhatWasChanged(t *testing.T) {
	for _, c := range []struct {
		old, changed string
		want         flow.Mismatch
	}{
		{"s3@10.03:70;s4@10.03:10", "s3@10.03:70;s4@10.03:11", flow.Mismatch{Row: 9, What: "fill 2", Expected: "s4@10.03:11", Got: "s4@10.03:10"}},
		{"s3@10.03:70;s4@10.03:10", "s3@10.04:70;s4@10.03:10", flow.Mismatch{Row: 9, What: "fill 1", Expected: "s3@10.04:70", Got: "s3@10.03:70"}},
		{"s3@10.03:70;s4@10.03:10", "s3@10.031:70;s4@10.03:10", flow.Mismatch{Row: 9, What: "fill 1", Expected: "s3@10.031:70", Got: "s3@10.03:70"}},
		{"s3@10.03:70;s4@10.03:10", "s3@10.03:70.5;s4@10.03:10", flow.Mismatch{Row: 9, What: "fill 1", Expected: "s3@10.03:70.5", Got: "s3@10.03:70"}},
		{"s3@10.03:70;s4@10.03:10", "s4@10.03:70;s4@10.03:10", flow.Mismatch{Row: 9, What: "fill 1", Expected: "s4@10.03:70", Got: "s3@10.03:70"}},
		{"s3@10.03:70;s4@10.03:10", "s3@10.03:70;new@10.03:10", flow.Mismatch{Row: 9, What: "fill 2", Expected: "new@10.03:10", Got: "s4@10.03:10"}},
		{"s3@10.03:70;s4@10.03:10", "s3@10.03:70", flow.Mismatch{Row: 9, What: "fill 2", Expected: "none", Got: "s4@10.03:10"}},
		{"s3@10.03:70;s4@10.03:10", "", flow.Mismatch{Row: 9, What: "fill 1", Expected: "none", Got: "s3@10.03:70"}},
		{"s3@10.03:70;s4@10.03:10", "s3@10.03:70;s4@10.03:10;s4@10.03:1", flow.Mismatch{Row: 9, What: "fill 3", Expected: "s4@10.03:1", Got: "none"}},
		{"s3,sell,10.03,70,GTC,", "s3,sell,10.03,70,GTC,b1@10.02:1", flow.Mismatch{Row: 7, What: "fill 1", Expected: "b1@10.02:1", Got: "none"}},
		{"60,,s4@10.03:20", "60,,", flow.Mismatch{Row: 11, What: "fill 1", Expected: "none", Got: "s4@10.03:20"}},
		{"b1/s2@10.01:100", "b2/s2@10.01:100", flow.Mismatch{Row: 6, What: "fill 2", Expected: "b2/s2@10.01:100", Got: "b1/s2@10.01:100"}},
		{"b1/s2@10.01:100", "s2/b1@10.01:100", flow.Mismatch{Row: 6, What: "fill 2", Expected: "s2/b1@10.01:100", Got: "b1/s2@10.01:100"}},
		{"b1/s2@10.01:100;", "", flow.Mismatch{Row: 6, What: "fill 2", Expected: "b2/s2@10.01:50", Got: "b1/s2@10.01:100"}},
		{"uncross,,,10.01", "uncross,,,10.02", flow.Mismatch{Row: 6, What: "price", Expected: "10.02", Got: "10.01"}},
		{"uncross,,,10.01", "uncross,,,10.015", flow.Mismatch{Row: 6, What: "price", Expected: "10.015", Got: "10.01"}},
	} {
		f := mustRead(t, strings.Replace(day, c.old, c.changed, 1))
		got := newRun(t, f, flow.Config{}, mustReadBooks(t, dayBooks), false).all()
		if diff := cmp.Diff(&c.want, got.FirstMismatch); diff != "" {
			t.Errorf("%q instead of %q (-want +got):\n%s", c.changed, c.old, diff)
		}
		if got.FillMismatches != 1 || got.BookMismatches != 0 || got.OK() {
			t.Errorf("%q instead of %q: %d fill mismatches and %d book mismatches, want 1 and 0",
				c.changed, c.old, got.FillMismatches, got.BookMismatches)
		}
	}
}

func TestCheckerFindsChangedBooks(t *testing.T) {
	for _, c := range []struct {
		old, changed string
		want         flow.Mismatch
	}{
		{"8,10.01,50", "8,10.01,51", flow.Mismatch{Row: 8, What: "bid 1", Expected: "10.01:51", Got: "10.01:50"}},
		{"8,10.01,50", "8,10.02,50", flow.Mismatch{Row: 8, What: "bid 1", Expected: "10.02:50", Got: "10.01:50"}},
		{"8,10.01,50", "8,10.015,50", flow.Mismatch{Row: 8, What: "bid 1", Expected: "10.015:50", Got: "10.01:50"}},
		{"8,10.01,50", "8,10.01,50.5", flow.Mismatch{Row: 8, What: "bid 1", Expected: "10.01:50.5", Got: "10.01:50"}},
		{"8,10.01,50", "8,,", flow.Mismatch{Row: 8, What: "bid 1", Expected: "none", Got: "10.01:50"}},
		{"8,10.01,50", "8,10.01,0", flow.Mismatch{Row: 8, What: "bid 1", Expected: "10.01:0", Got: "10.01:50"}},
		{"8,10.01,50,,", "8,10.01,50,10,1", flow.Mismatch{Row: 8, What: "bid 2", Expected: "10:1", Got: "none"}},
		{"4,10.02,300,10.01,100", "4,10.02,300,,", flow.Mismatch{Row: 4, What: "bid 2", Expected: "none", Got: "10.01:100"}},
		{"10,200,,", "10,200,10.01,150", flow.Mismatch{Row: 4, What: "ask 2", Expected: "10.01:150", Got: "none"}},
		{"6,10.01,50", "7,10.01,50", flow.Mismatch{Row: 7, What: "ask 1", Expected: "none", Got: "10.03:70"}},
	} {
		books := mustReadBooks(t, strings.Replace(dayBooks, c.old, c.changed, 1))
		got := newRun(t, mustRead(t, day), flow.Config{}, books, false).all()
		if diff := cmp.Diff(&c.want, got.FirstMismatch); diff != "" {
			t.Errorf("%q instead of %q (-want +got):\n%s", c.changed, c.old, diff)
		}
		if got.BookMismatches != 1 || got.BooksChecked != 5 || got.FillMismatches != 0 || got.OK() {
			t.Errorf("%q instead of %q: %d of %d books and %d fills differ, want 1 of 5 and 0",
				c.changed, c.old, got.BookMismatches, got.BooksChecked, got.FillMismatches)
		}
	}
}

// Two changes are counted, and the first one is kept.
func TestCheckerKeepsTheFirst(t *testing.T) {
	f := mustRead(t, strings.NewReplacer("b1/s1@10.01:200", "b1/s1@10.01:199", "s4@10.03:20", "s4@10.03:21").Replace(day))
	books := mustReadBooks(t, strings.NewReplacer("4,10.02,300", "4,10.02,301", "12,,,", "12,10,1,").Replace(dayBooks))
	got := newRun(t, f, flow.Config{}, books, false).all()
	if got.FillMismatches != 2 || got.BookMismatches != 2 {
		t.Errorf("%d fills and %d books differ, want 2 and 2", got.FillMismatches, got.BookMismatches)
	}
	if want := "row 4, bid 1: expected 10.02:301, got 10.02:300"; got.FirstMismatch.String() != want {
		t.Errorf("first %v, want %s", got.FirstMismatch, want)
	}
}

// A file that expects nothing says nothing of its fills, but a price given for an
// auction counts all the same.
func TestCheckerWithoutExpect(t *testing.T) {
	rows := "1,limit,a,buy,10,5,GTC,\n1,limit,b,sell,10,5,GTC,\n1,phase,,,,,auction,\n1,uncross,,,,,,\n"
	got := newRun(t, mustRead(t, header+rows), flow.Config{}, nil, false).all()
	if got.FillMismatches != 0 || !got.OK() || got.Trades != 1 {
		t.Errorf("%d mismatches and %d trades, want 0 and 1", got.FillMismatches, got.Trades)
	}
	if b, err := json.Marshal(got.Uncross); err != nil || string(b) != `[{"price":null,"volume":"0"}]` {
		t.Errorf("an auction without a trade reads %s (%v)", b, err)
	}
	got = newRun(t, mustRead(t, header+rows+"1,phase,,,,,auction,\n1,uncross,,,10,,,\n"), flow.Config{}, nil, false).all()
	if want := (flow.Mismatch{Row: 6, What: "price", Expected: "10", Got: "none"}); got.FillMismatches != 1 || *got.FirstMismatch != want {
		t.Errorf("%d mismatches, first %v, want 1, %v", got.FillMismatches, got.FirstMismatch, &want)
	}
}

// A setup command that is refused is a mismatch: the exchange was not empty.
func TestCheckerSetupRefused(t *testing.T) {
	r := newRun(t, mustRead(t, day), flow.Config{Accounts: 1}, nil, false)
	r.check.Transaction(&msg.Command{Seq: 1, Kind: msg.AddAsset}, []msg.Event{{Kind: msg.Rejected, Reason: msg.NameTaken}})
	got := r.check.Result()
	if want := (flow.Mismatch{What: "setup 1", Expected: "add-asset", Got: "name-taken"}); got.OK() || *got.FirstMismatch != want {
		t.Errorf("got %v, want %v", got.FirstMismatch, &want)
	}
}

// Commands beyond the plan are none of the checker's business; a gap is a broken
// invariant.
func TestCheckerOrder(t *testing.T) {
	r := newRun(t, mustRead(t, header+"1,cancel,a,,,,,\n"), flow.Config{Accounting: msg.NoAccounting}, nil, true)
	before := r.all()
	r.check.Transaction(&msg.Command{Seq: r.plan.FirstSeq + 1, Kind: msg.Cancel}, []msg.Event{{Kind: msg.Rejected}})
	if diff := cmp.Diff(before, r.check.Result()); diff != "" {
		t.Errorf("a command beyond the plan counts:\n%s", diff)
	}
	defer func() {
		if got, want := recover(), "flow: checker got command 9 after 5"; got != want {
			t.Errorf("panic %v, want %s", got, want)
		}
	}()
	r.check.Transaction(&msg.Command{Seq: 9}, nil)
}

// A wrong engine is found out too, not only a wrong file.
func TestCheckerWrongTaker(t *testing.T) {
	p := mustPlan(t, mustRead(t, header+"1,limit,a,buy,10,5,GTC,\n1,limit,b,sell,10,5,GTC,a@10:5\n"), flow.Config{Accounting: msg.NoAccounting})
	k, err := flow.NewChecker(p, flow.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for seq := msg.Seq(1); seq <= p.FirstSeq; seq++ {
		k.Transaction(&msg.Command{Seq: seq}, nil)
	}
	first := msg.OrderID(p.FirstSeq)
	k.Transaction(&msg.Command{Seq: p.FirstSeq + 1}, []msg.Event{{Kind: msg.Traded, Order: first, Taker: first, Price: 10, Qty: 5}})
	got := k.Result()
	if want := "row 2, fill 1: expected a@10:5, got a@10:5 taken by the order of row 1"; got.FirstMismatch == nil || got.FirstMismatch.String() != want {
		t.Errorf("got %v, want %s", got.FirstMismatch, want)
	}
}

func TestNewCheckerRefuses(t *testing.T) {
	p := mustPlan(t, mustRead(t, day), flow.Config{})
	depth := func(_ msg.SymbolID, _ int, bids, asks []flow.Level) ([]flow.Level, []flow.Level) { return bids, asks }
	for _, c := range []struct {
		options flow.CheckOptions
		want    string
	}{
		{flow.CheckOptions{Books: mustReadBooks(t, dayBooks)}, "books cannot be checked without a source of depth"},
		{
			flow.CheckOptions{Books: mustReadBooks(t, dayBooks+"13,,,,,,,,\n"), Depth: depth},
			"books: line 7 is after row 13 of 12",
		},
	} {
		if _, err := flow.NewChecker(p, c.options); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// The stream is spelled out here for a small flow; that its lines are right in
// every case is shown by the hash of the benchmark's.
func TestReport(t *testing.T) {
	const file = header +
		"0,limit,10,sell,101,5,GTC,\n" +
		"1,limit,11,sell,102,5,GTC,\n" +
		"2,limit,12,buy,102,7,GTC,\n" + // fills 10, then part of 11
		"3,limit,13,buy,103,9,IOC,\n" + // fills the rest of 11
		"4,cancel,11,,,,,\n" + // gone
		"5,replace,13,,100,1,,\n" + // never rested
		"6,limit,14,buy,100,6,GTC,\n" +
		"7,replace,14,,99,8,,\n" +
		"8,reduce,14,,,3,,\n" +
		"9,limit,15,sell,105,4,GTC,\n" +
		"10,replace,15,,99,2,,\n" + // trades
		"11,reduce,15,,,1,,\n" + // gone
		"12,cancel,14,,,,,\n" +
		"13,phase,,,,,auction,\n" +
		"14,limit,16,buy,100,1,GTC,\n" +
		"15,limit,17,sell,100,1,GTC,\n" +
		"16,limit,18,sell,100,1,IOC,\n" + // refused
		"17,uncross,,,,,,\n"
	const want = "0,0,1,10,101,5\n" +
		"0,1,1,11,102,5\n" +
		"0,2,0,12,102,7\n1,2,101,5,10,12\n1,2,102,2,11,12\n" +
		"0,3,0,13,103,9\n1,3,102,3,11,13\n2,3,0,13,103\n" +
		"4,4,11\n" +
		"5,5,13\n" +
		"0,6,0,14,100,6\n" +
		"3,7,0,14,99,8\n" +
		"3,8,0,14,99,5\n" +
		"0,9,1,15,105,4\n" +
		"1,10,99,2,14,15\n3,10,1,15,99,2\n" +
		"5,11,15\n" +
		"2,12,0,14,99\n" +
		"0,14,0,16,100,1\n" +
		"0,15,1,17,100,1\n" +
		"1,17,100,1,16,17"
	got := newRun(t, mustRead(t, file), flow.Config{}, nil, true).all()
	if sum := sha256.Sum256([]byte(want)); got.ReportSHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the report hashes to %s, want %x", got.ReportSHA256, sum)
	}
}

// One changed fill or book of a real day is found in its row, and alone.
func TestShanghaiDayChanged(t *testing.T) {
	const row, line = 40_000, 300
	orders := changeLine(t, recorded(t, "sse_600519/orders.csv.zst"), row+1, func(line string) string {
		return line[:strings.LastIndexByte(line, ',')] + ",nobody@1:1"
	})
	f, err := flow.Read(bytes.NewReader(orders), nil)
	if err != nil {
		t.Fatal(err)
	}
	after := ""
	cells := changeLine(t, recorded(t, "sse_600519/books.csv.zst"), line, func(line string) string {
		fields := strings.Split(line, ",")
		after = fields[0]
		fields[20] += "1" // the quantity of the worst bid
		return strings.Join(fields, ",")
	})
	books, err := flow.ReadBooks(bytes.NewReader(cells))
	if err != nil {
		t.Fatal(err)
	}
	got := newRun(t, f, flow.Config{}, books, false).all()
	if got.FillMismatches != 1 || got.BookMismatches != 1 {
		t.Fatalf("%d fills and %d books differ, want 1 and 1", got.FillMismatches, got.BookMismatches)
	}
	if m := got.FirstMismatch; m.What != "bid 10" || !strings.HasPrefix(cell(t, cells, line), after+",") {
		t.Errorf("first mismatch %v, want bid 10 after row %s", m, after)
	}
	got = newRun(t, f, flow.Config{}, nil, false).all()
	if m := got.FirstMismatch; m == nil || m.Row != row || m.What != "fill 1" {
		t.Errorf("first mismatch %v, want fill 1 of row %d", m, row)
	}
}

// cell returns a line, counted from 1.
func cell(t *testing.T, file []byte, line int) string {
	t.Helper()
	return strings.Split(string(file), "\n")[line-1]
}

// changeLine unpacks a file and changes one line, counted from 1.
func changeLine(t *testing.T, path string, line int, change func(string) string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	plain, err := z.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(plain), "\n")
	all[line-1] = change(all[line-1])
	return []byte(strings.Join(all, "\n"))
}
