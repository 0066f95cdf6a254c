package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// recorded returns the path of a recorded file, and skips the test without it.
func recorded(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("../../../shared/data", name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("recorded data %s is not on this machine", path)
	}
	return path
}

// ingestJSON runs an ingest that has to find all as recorded.
func ingestJSON(t testing.TB, args ...string) *ingestReport {
	t.Helper()
	out := must(t, append([]string{"ingest", "--json"}, args...)...)
	var r ingestReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", out)
	return &r
}

// TestShanghaiDay takes a day with both call auctions through the whole exchange.
func TestShanghaiDay(t *testing.T) {
	r := ingestJSON(t, recorded(t, "sse_600519/orders.csv.zst"), "--books", recorded(t, "sse_600519/books.csv.zst"))
	if r.Commands != 58_435 || r.FillMismatches != 0 || r.BooksChecked != 4_732 || r.BookMismatches != 0 {
		t.Errorf("%d commands, %d fill mismatches, %d books, %d book mismatches", r.Commands, r.FillMismatches, r.BooksChecked, r.BookMismatches)
	}
	var prices []string
	for _, u := range r.Uncross {
		prices = append(prices, *u.Price+" "+u.Volume)
	}
	if want := []string{"1808.08 42718", "1797 40203"}; !slices.Equal(prices, want) {
		t.Errorf("auctions %v, want %v", prices, want)
	}
	if r.BytesPerCommand > 8 {
		t.Errorf("%.2f bytes a command, want at most 8", r.BytesPerCommand)
	}
}

// TestNasdaqDay takes a day of continuous trading through the whole exchange.
func TestNasdaqDay(t *testing.T) {
	r := ingestJSON(t, recorded(t, "nasdaq_goog/orders.csv.zst"), "--books", recorded(t, "nasdaq_goog/books.csv.zst"))
	if r.Commands != 152_346 || r.FillMismatches != 0 || r.BooksChecked != 142_137 || r.BookMismatches != 0 {
		t.Errorf("%d commands, %d fill mismatches, %d books, %d book mismatches", r.Commands, r.FillMismatches, r.BooksChecked, r.BookMismatches)
	}
	if r.BytesPerCommand > 8 {
		t.Errorf("%.2f bytes a command, want at most 8", r.BytesPerCommand)
	}
}

// TestBenchmarkReport takes the normal workload of the public matching-engine
// benchmark through the whole exchange.
func TestBenchmarkReport(t *testing.T) {
	if raceDetector {
		t.Skip("2 million commands take minutes under the race detector; the recorded days run under it")
	}
	const want = "e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e"
	r := ingestJSON(t, recorded(t, "flash1_normal/orders.csv.zst"), "--report-hash")
	if r.Commands != 1_996_097 || r.ReportSHA256 != want {
		t.Errorf("the report of %d commands hashes to %s, want %s", r.Commands, r.ReportSHA256, want)
	}
}

// replayed is what replay tells of a moment.
type replayed struct {
	Seq    msg.Seq `json:"seq"`
	Time   int64   `json:"time"`
	Digest string  `json:"digest"`
	Books  map[string]struct {
		Bids [][3]any `json:"bids"`
		Asks [][3]any `json:"asks"`
	} `json:"books"`
}

// TestReplayOfTheDay compares 100 moments of a day as replay rebuilds them with
// what the engine was when it executed the day.
func TestReplayOfTheDay(t *testing.T) {
	file := recorded(t, "sse_600519/orders.csv.zst")
	data := filepath.Join(t.TempDir(), "data")
	r := ingestJSON(t, file, "--data", data)
	const seed = 600519
	random := rand.New(rand.NewPCG(seed, seed))
	moments := map[msg.Seq]bool{r.Seq: true}
	count := 100
	if raceDetector {
		count = 10
	}
	for len(moments) < count {
		moments[msg.Seq(random.Uint64N(uint64(r.Seq)))+1] = true
	}
	want := momentsOf(t, file, moments)
	for _, seq := range slices.Sorted(maps.Keys(moments)) {
		var got replayed
		out := must(t, "replay", data, "--to", fmt.Sprint(seq), "--print", "book", "--json")
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		if w := want[seq]; got.Seq != seq || fmt.Sprint(got) != fmt.Sprint(w) {
			t.Errorf("command %d: replay gives\n%v, the run had\n%v", seq, got, w)
		}
	}
}

// momentsOf executes a flow and returns what replay has to tell of the moments.
func momentsOf(t *testing.T, file string, moments map[msg.Seq]bool) map[msg.Seq]replayed {
	t.Helper()
	f, err := flow.ReadFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := f.Plan(flow.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Capacity{})
	all := make(map[msg.Seq]replayed)
	var c msg.Command
	var events []msg.Event
	for seq := msg.Seq(1); int(seq) < int(plan.FirstSeq)+plan.Len(); seq++ {
		if seq < plan.FirstSeq {
			c = plan.Setup[seq-1]
		} else {
			plan.Command(int(seq-plan.FirstSeq), &c)
		}
		c.Seq = seq
		events = e.Execute(&c, events[:0])
		if moments[seq] {
			all[seq] = momentOf(e)
		}
	}
	return all
}

// momentOf reads a state in the plainest way: prices have two decimals, and
// quantities none.
func momentOf(e *engine.Engine) replayed {
	m := replayed{Seq: e.Seq(), Time: e.Time(), Digest: fmt.Sprintf("%016x", e.Digest())}
	if e.Symbols() == 0 {
		return m
	}
	side := func(s msg.Side) [][3]any {
		levels := [][3]any{}
		e.EachLevel(1, s, func(p msg.Price, qty msg.Qty, orders int) bool {
			price := strconv.FormatFloat(float64(p)/100, 'f', -1, 64)
			levels = append(levels, [3]any{price, strconv.Itoa(int(qty)), float64(orders)})
			return true
		})
		return levels
	}
	book := m.Books["FLOWUSD"]
	book.Bids, book.Asks = side(msg.Buy), side(msg.Sell)
	m.Books = map[string]struct {
		Bids [][3]any `json:"bids"`
		Asks [][3]any `json:"asks"`
	}{"FLOWUSD": book}
	return m
}

// TestSameDayTwice ingests a day with other batches, syncs and processors, and
// compares every command and event.
func TestSameDayTwice(t *testing.T) {
	file, dir := recorded(t, "sse_600519/orders.csv.zst"), t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	first := ingestJSON(t, file, "--data", one)
	before := runtime.GOMAXPROCS(1)
	second := ingestJSON(t, file, "--data", two, "--batch", "37", "--sync", "never")
	runtime.GOMAXPROCS(before)
	if first.Digest != second.Digest || first.Seq != second.Seq {
		t.Errorf("digest %s after command %d, and %s after %d", first.Digest, first.Seq, second.Digest, second.Seq)
	}
	cat := sha256.Sum256([]byte(must(t, "journal", "cat", one)))
	if cat != sha256.Sum256([]byte(must(t, "journal", "cat", two))) {
		t.Error("journal cat gives other lines")
	}
	must(t, "audit", one)
	must(t, "audit", two)
}

// TestOneCellChanged changes one expected fill and one cell of a book. Exactly
// these rows are reported.
func TestOneCellChanged(t *testing.T) {
	orders, books := recorded(t, "sse_600519/orders.csv.zst"), recorded(t, "sse_600519/books.csv.zst")
	dir := t.TempDir()

	rows := unpack(t, orders)
	row := slices.IndexFunc(rows, func(r []string) bool { return r[1] == "limit" && strings.Contains(r[7], ";") })
	maker, fill, _ := strings.Cut(rows[row][7], "@")
	rows[row][7] = maker + "@1" + fill // another price
	changed := filepath.Join(dir, "orders.csv")
	pack(t, changed, rows)
	oneMismatch(t, &mismatchAt{row: row, what: "fill 1", fills: 1}, changed, "--books", books)

	cells := unpack(t, books)
	line, column := len(cells)/2, 2 // the quantity of the best bid
	cells[line][column] += "0"
	after, err := strconv.Atoi(cells[line][0])
	if err != nil {
		t.Fatal(err)
	}
	changed = filepath.Join(dir, "books.csv")
	pack(t, changed, cells)
	oneMismatch(t, &mismatchAt{row: after, what: "bid 1", books: 1}, orders, "--books", changed)
}

// mismatchAt is the one mismatch that a run has to find.
type mismatchAt struct {
	row          int // from 1; line 0 of a file is its header
	what         string
	fills, books int
}

func oneMismatch(t *testing.T, want *mismatchAt, args ...string) {
	t.Helper()
	got := call(append([]string{"ingest", "--json"}, args...)...)
	var r ingestReport
	if err := json.Unmarshal([]byte(got.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if got.code != exitFailed || r.FillMismatches != want.fills || r.BookMismatches != want.books {
		t.Errorf("exit code %d, %d fill mismatches, %d book mismatches", got.code, r.FillMismatches, r.BookMismatches)
	}
	if m := r.FirstMismatch; m == nil || m.Row != want.row || m.What != want.what {
		t.Errorf("the mismatch is %v, want row %d, %s", m, want.row, want.what)
	}
	if place := fmt.Sprintf("row %d, %s: expected ", want.row, want.what); !strings.Contains(got.stderr, place) {
		t.Errorf("stderr says %q, want %q in it", got.stderr, place)
	}
}

// unpack returns the cells of a compressed CSV file, the header first.
func unpack(t *testing.T, file string) [][]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rows, err := csv.NewReader(d).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func pack(t *testing.T, file string, rows [][]string) {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
