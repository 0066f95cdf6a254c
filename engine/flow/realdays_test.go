package flow_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

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

func readFlow(t testing.TB, name string) *flow.Flow {
	t.Helper()
	f, err := flow.ReadFile(recorded(t, name), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func readBooks(t testing.TB, name string) *flow.Books {
	t.Helper()
	b, err := flow.ReadBooksFile(recorded(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// exact fails unless a day went as recorded.
func exact(t *testing.T, r *flow.Result, rows, books int) {
	t.Helper()
	if r.FirstMismatch != nil {
		t.Errorf("%v", r.FirstMismatch)
	}
	if r.Commands != rows || r.FillMismatches != 0 || r.BooksChecked != books || r.BookMismatches != 0 {
		t.Errorf("%d of %d rows, %d fill mismatches, %d of %d books, %d book mismatches",
			r.Commands, rows, r.FillMismatches, r.BooksChecked, books, r.BookMismatches)
	}
	if !r.OK() {
		t.Error("the result is not OK")
	}
}

// feesPaid fails unless the fee account has received both assets.
func feesPaid(t *testing.T, e *engine.Engine) {
	t.Helper()
	for asset := msg.AssetID(1); asset <= 2; asset++ {
		if free, _ := e.Balance(msg.FeeAccount, asset); free <= 0 {
			t.Errorf("the fees in asset %d are %d", asset, free)
		}
	}
}

func TestShanghaiDay(t *testing.T) {
	r := newRun(t, readFlow(t, "sse_600519/orders.csv.zst"), flow.Config{}, readBooks(t, "sse_600519/books.csv.zst"), false)
	got := r.all()
	exact(t, &got, 58_435, 4_732)
	feesPaid(t, r.engine)
	if got.Trades != 18_685 || got.Rejects != 0 {
		t.Errorf("%d trades and %d refused commands, want 18,685 and 0", got.Trades, got.Rejects)
	}
	if len(got.Uncross) != 2 {
		t.Fatalf("%d auctions, want 2", len(got.Uncross))
	}
	for i, want := range []string{"1808.08 42718", "1797 40203"} {
		if u := got.Uncross[i]; u.Price == nil || *u.Price+" "+u.Volume != want {
			t.Errorf("auction %d: %+v, want price and volume %s", i+1, u, want)
		}
	}
}

func TestNasdaqDay(t *testing.T) {
	r := newRun(t, readFlow(t, "nasdaq_goog/orders.csv.zst"), flow.Config{}, readBooks(t, "nasdaq_goog/books.csv.zst"), false)
	got := r.all()
	exact(t, &got, 152_346, 142_137)
	feesPaid(t, r.engine)
	if got.Trades != 7_765 || got.Rejects != 0 {
		t.Errorf("%d trades and %d refused commands, want 7,765 and 0", got.Trades, got.Rejects)
	}
}

func TestBenchmarkReport(t *testing.T) {
	const want = "e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e"
	r := newRun(t, readFlow(t, "flash1_normal/orders.csv.zst"), flow.Config{}, nil, true)
	got := r.all()
	exact(t, &got, 1_996_097, 0)
	feesPaid(t, r.engine)
	if got.ReportSHA256 != want {
		t.Errorf("the report hashes to %s, want %s", got.ReportSHA256, want)
	}
}
