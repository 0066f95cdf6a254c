package demo

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// It looks after idle connections, and ends by itself within seconds.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
}

func testMarket(t *testing.T, symbol, base, quote, tick, step string) market {
	t.Helper()
	m, err := newMarket(&client.Symbol{Name: symbol, Status: "TRADING", Base: base, Quote: quote, Filters: []client.Filter{
		{Type: "PRICE_FILTER", Tick: tick},
		{Type: "LOT_SIZE", Step: step, MinQuantity: step},
		{Type: "NOTIONAL", MinNotional: "5"},
		{Type: "MAX_NUM_ORDERS", MaxOrders: 200},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func testMarkets(t *testing.T) []market {
	t.Helper()
	return []market{
		testMarket(t, "BTCUSDT", "BTC", "USDT", "0.01", "0.00001"),
		testMarket(t, "ETHUSDT", "ETH", "USDT", "0.01", "0.0001"),
		testMarket(t, "ETHBTC", "ETH", "BTC", "0.00001", "0.001"),
	}
}

// TestValues lets two hours pass: prices move, not too far, fit together, and are
// the same for the same seed.
func TestValues(t *testing.T) {
	markets := testMarkets(t)
	v, again, other := newValues(markets, nil, newRand(7, 0)), newValues(markets, nil, newRand(7, 0)), newValues(markets, nil, newRand(8, 0))
	first := v.price(&markets[0])
	if math.Abs(first-60_000) > 1 {
		t.Fatalf("the first price is %v", first)
	}
	var moved float64
	for minute := range 120 {
		before := v.price(&markets[0])
		for range 60 {
			v.step(1)
			again.step(1)
			other.step(1)
		}
		moved += math.Abs(v.price(&markets[0])/before - 1)
		for i := range markets {
			if v.price(&markets[i]) != again.price(&markets[i]) {
				t.Fatalf("minute %d: two runs of one seed differ", minute)
			}
		}
		product := v.price(&markets[2]) * v.price(&markets[0])
		if eth := v.price(&markets[1]); math.Abs(product/eth-1) > 1e-9 {
			t.Fatalf("minute %d: ETHBTC × BTCUSDT is %v, ETHUSDT is %v", minute, product, eth)
		}
	}
	last := v.price(&markets[0])
	if last == other.price(&markets[0]) {
		t.Error("two seeds gave the same price")
	}
	if share := last / first; share < 0.8 || share > 1.25 {
		t.Errorf("in two hours the price went from %v to %v", first, last)
	}
	if mean := moved / 120; mean < 0.0003 || mean > 0.005 {
		t.Errorf("in a minute the price moves by %v on average", mean)
	}
}

// TestValuesAdopt begins where the last trades were, also for an asset that is
// traded against another one that moves.
func TestValuesAdopt(t *testing.T) {
	markets := append(testMarkets(t), testMarket(t, "XYZBTC", "XYZ", "BTC", "0.00001", "1"))
	v := newValues(markets, map[string]float64{"BTCUSDT": 50_000, "ETHUSDT": 2_000, "ETHBTC": 0.05, "XYZBTC": 0.002}, newRand(1, 0))
	for symbol, want := range map[int]float64{0: 50_000, 1: 2_000, 2: 0.04, 3: 0.002} {
		if got := v.price(&markets[symbol]); math.Abs(got/want-1) > 1e-9 {
			t.Errorf("%s: got %v, want %v", markets[symbol].symbol, got, want)
		}
	}
	if v.worth("USDT") != 1 || math.Abs(v.worth("XYZ")-100) > 1e-6 {
		t.Errorf("USDT is worth %v, XYZ %v", v.worth("USDT"), v.worth("XYZ"))
	}
}

// TestLadder looks at the orders of each maker in each market: enough, in order,
// on their side of the price, and large enough for the filters.
func TestLadder(t *testing.T) {
	markets := testMarkets(t)
	s := &stage{markets: markets, values: newValues(markets, nil, newRand(1, 0))}
	for _, sh := range shapes {
		k := maker{trader: &trader{stage: s, rng: newRand(1, 1)}, shape: sh}
		for i := range markets {
			m := &markets[i]
			price := s.values.price(m)
			m.gap(price)
			for _, buy := range []bool{true, false} {
				rungs := k.ladder(m, buy, price)
				if len(rungs) < 10 {
					t.Errorf("%s: %d levels", m.symbol, len(rungs))
				}
				if !slices.IsSortedFunc(rungs, func(a, b rung) int {
					if buy {
						return int(b.ticks - a.ticks)
					}
					return int(a.ticks - b.ticks)
				}) {
					t.Errorf("%s: %v is not in order", m.symbol, rungs)
				}
				for _, r := range rungs {
					p := float64(r.ticks) * m.price.Size()
					if (p < price) != buy || float64(r.lots)*m.quantity.Size()*p < m.minNotional {
						t.Errorf("%s at %v: buy %v at %v of %d lots", m.symbol, price, buy, p, r.lots)
					}
				}
			}
		}
	}
}

// TestLadderStays moves the price a little: most orders stay where they are.
func TestLadderStays(t *testing.T) {
	markets := testMarkets(t)
	s := &stage{markets: markets, values: newValues(markets, nil, newRand(1, 0))}
	k := maker{trader: &trader{stage: s, rng: newRand(1, 1)}, shape: shapes[0]}
	m := &markets[0]
	m.gap(60_000)
	before, after, same := k.ladder(m, true, 60_000), k.ladder(m, true, 60_009), 0
	for _, r := range after {
		if slices.ContainsFunc(before, func(b rung) bool { return b.ticks == r.ticks }) {
			same++
		}
	}
	if same < len(after)-3 {
		t.Errorf("%d of %d orders stay", same, len(after))
	}
}

// TestLadderFewOrders keeps below what the symbol allows an account.
func TestLadderFewOrders(t *testing.T) {
	markets := testMarkets(t)[:1]
	markets[0].maxOrders = 6
	markets[0].gap(60_000)
	s := &stage{markets: markets, values: newValues(markets, nil, newRand(1, 0))}
	k := maker{trader: &trader{stage: s, rng: newRand(1, 1)}, shape: shapes[0]}
	if n := len(k.ladder(&markets[0], true, 60_000)); n != 2 {
		t.Errorf("%d levels of a side, want 2", n)
	}
}

// TestState keeps accounts over runs.
func TestState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.json")
	one := &troupe{file: file, Journal: "j", members: []member{{Role: roleMaker, Account: 3, Key: client.Key{ID: "k", Secret: "s"}}}}
	if err := one.save(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	two := &troupe{file: file}
	if err := two.load(); err != nil || two.Journal != "j" || !slices.Equal(two.members, one.members) {
		t.Errorf("got %+v, %v", two.members, err)
	}
	three := &troupe{file: filepath.Join(t.TempDir(), "none")}
	if err := three.load(); err != nil || three.Journal != "" {
		t.Errorf("without a file: %q, %v", three.Journal, err)
	}
}

// TestRunWrongToken ends when trying again would not help.
func TestRunWrongToken(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v3/exchangeInfo":
			_, _ = io.WriteString(w, `{"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT",
"filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01"},{"filterType":"LOT_SIZE","stepSize":"0.001"}]}]}`)
		case "/api/v3/trades":
			_, _ = io.WriteString(w, `[]`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"code":"UNAUTHORIZED","message":"no"}`)
		}
	}))
	defer s.Close()
	if err := Run(t.Context(), Options{URL: s.URL, Token: "wrong"}); !errors.Is(err, errToken) {
		t.Errorf("got %v", err)
	}
	if err := Run(t.Context(), Options{URL: "ftp://x"}); err == nil {
		t.Error("a URL that makes no sense was taken")
	}
}

// TestRunEnds ends with its context while nobody answers.
func TestRunEnds(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	url := s.URL
	s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := Run(ctx, Options{URL: url}); err != nil {
		t.Errorf("got %v", err)
	}
}
