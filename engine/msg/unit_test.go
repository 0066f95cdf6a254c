package msg

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestFeeRoundsHalfUp(t *testing.T) {
	for _, c := range []struct {
		amount Amount
		rate   Rate
		want   Amount
	}{
		{0, 100_000, 0},
		{1, 0, 0},
		{499, 100_000, 0},
		{500, 100_000, 1},
		{1499, 100_000, 1},
		{1500, 100_000, 2},
		{1000, 100_000, 1},
		{MaxAmount, RateUnit, MaxAmount},
		{MaxAmount, 1, 92233720369},
	} {
		if got := Fee(c.amount, c.rate); got != c.want {
			t.Errorf("Fee(%d, %d) = %d, want %d", c.amount, c.rate, got, c.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		a, rate := r.Int64()>>r.IntN(63), int64(r.IntN(int(RateUnit)+1))
		want := new(big.Int).Mul(big.NewInt(a), big.NewInt(rate))
		want.Add(want, big.NewInt(int64(RateUnit)/2)).Div(want, big.NewInt(int64(RateUnit)))
		if got := Fee(Amount(a), Rate(rate)); int64(got) != want.Int64() {
			t.Fatalf("Fee(%d, %d) = %d, want %d", a, rate, got, want)
		}
	}
}

func TestUnit(t *testing.T) {
	for _, c := range []struct {
		tick, lot Amount
		scale     uint8
		want      Amount
		ok        bool
	}{
		{1_000_000, 1000, 8, 10, true},      // 0.01 USDT × 0.00001 BTC
		{1, 100_000_000, 8, 1, true},        // one unit × one whole
		{1, 10_000_000, 8, 0, false},        // a tenth of a unit
		{3, 50_000_000, 8, 0, false},        // one and a half
		{1, 1, 0, 1, true},                  // whole units
		{0, 1, 0, 0, false},                 // no tick
		{1, -1, 0, 0, false},                // no lot
		{1, 1, 19, 0, false},                // no such scale
		{MaxAmount, MaxAmount, 0, 0, false}, // too large
		{MaxAmount, 1, 0, MaxAmount, true},  // the edge
		{MaxAmount, 2, 0, 0, false},         // beyond it
		{MaxAmount, Amount(1e18), 18, MaxAmount, true},
	} {
		s := Symbol{Tick: c.tick, Lot: c.lot}
		if got, ok := s.Unit(c.scale); got != c.want && c.ok || ok != c.ok {
			t.Errorf("tick %d lot %d scale %d: %d %t, want %d %t", c.tick, c.lot, c.scale, got, ok, c.want, c.ok)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		s     string
		scale uint8
		want  int64
		err   error
	}{
		{"64123.45", 8, 6412345000000, nil},
		{"0", 0, 0, nil},
		{"007.50", 1, 75, nil},
		{"1.000", 0, 1, nil},
		{"9223372036854775807", 0, 1<<63 - 1, nil},
		{"9223372036854775808", 0, 0, ErrDecimalRange},
		{"9223372036854775807", 1, 0, ErrDecimalRange},
		{"1.05", 1, 0, ErrDecimalPrecision},
		{"", 2, 0, ErrDecimalForm},
		{".5", 2, 0, ErrDecimalForm},
		{"5.", 2, 0, ErrDecimalForm},
		{"1.2.3", 2, 0, ErrDecimalForm},
		{"-1", 2, 0, ErrDecimalForm},
		{"+1", 2, 0, ErrDecimalForm},
		{"1e3", 2, 0, ErrDecimalForm},
		{" 1", 2, 0, ErrDecimalForm},
		{"0x1", 2, 0, ErrDecimalForm},
		{"१", 2, 0, ErrDecimalForm},
		{".", 2, 0, ErrDecimalForm},
	} {
		got, err := ParseDecimal(c.s, c.scale)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("ParseDecimal(%q, %d) = %d, %v, want %d, %v", c.s, c.scale, got, err, c.want, c.err)
		}
	}
	for _, c := range []struct {
		v           int64
		scale       uint8
		full, short string
	}{{150, 2, "1.50", "1.5"}, {5, 2, "0.05", "0.05"}, {0, 0, "0", "0"}, {0, 3, "0.000", "0"}, {-120, 1, "-12.0", "-12"}, {1<<63 - 1, 18, "9.223372036854775807", "9.223372036854775807"}} {
		if got := string(AppendDecimal(nil, c.v, c.scale)); got != c.full {
			t.Errorf("AppendDecimal(%d, %d) = %s, want %s", c.v, c.scale, got, c.full)
		}
		if got := FormatDecimal(c.v, c.scale); got != c.short {
			t.Errorf("FormatDecimal(%d, %d) = %s, want %s", c.v, c.scale, got, c.short)
		}
	}
	for s, want := range map[string]uint8{"1": 0, "1.0": 0, "1.10": 1, "0.003": 3} {
		if got, err := Decimals(s); got != want || err != nil {
			t.Errorf("Decimals(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
}

// FuzzDecimal checks that what is read is written the same.
func FuzzDecimal(f *testing.F) {
	f.Add("64123.45", uint8(8))
	f.Add("0.5", uint8(1))
	f.Fuzz(func(t *testing.T, s string, scale uint8) {
		v, err := ParseDecimal(s, scale%(MaxScale+1))
		if err != nil {
			return
		}
		again, err := ParseDecimal(FormatDecimal(v, scale%(MaxScale+1)), scale%(MaxScale+1))
		if again != v || err != nil {
			t.Fatalf("%q: %d, then %d, %v", s, v, again, err)
		}
	})
}

func TestNames(t *testing.T) {
	for _, s := range []string{"", "a b", "ä", "a\x00b", "a.b", "0123456789012345678901234567890123456"} {
		if n, err := ParseName(s); err == nil {
			t.Errorf("%q became %q", s, n)
		}
	}
	if n, err := ParseName("A-z_09"); err != nil || n.String() != "A-z_09" || n.Len() != 6 {
		t.Errorf("%q %v", n, err)
	}
}

func TestEveryNumberHasAName(t *testing.T) {
	for k := Kind(1); k <= maxKind; k++ {
		if kindNames[k] == "" {
			t.Errorf("kind %d", k)
		}
	}
	for k := EventKind(1); k <= maxEventKind; k++ {
		if eventNames[k] == "" {
			t.Errorf("event %d", k)
		}
	}
	if got := Reason(19).String(); got != "reason(19)" {
		t.Error(got)
	}
}
