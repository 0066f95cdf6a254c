package msg

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
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

// FuzzDecimal checks that what is read is written the same, with all decimals and
// without those that are zeros, and that nothing is read which is no decimal.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{
		"64123.45", "0.5", "0", "00.10", "9223372036854775807", "9223372036854775808", "0.0000000000000000001", "", ".", "1.", ".1", "-1", "+1", "1e3", "1.2.3", "１",
	} {
		f.Add(s, uint8(8))
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, s string, scale uint8) {
		scale %= MaxScale + 1
		v, err := ParseDecimal(s, scale)
		if err != nil {
			return
		}
		if strings.Trim(s, "0123456789.") != "" || strings.Count(s, ".") > 1 || v < 0 {
			t.Fatalf("%q was read as %d", s, v)
		}
		for _, text := range []string{FormatDecimal(v, scale), string(AppendDecimal(nil, v, scale))} {
			if again, err := ParseDecimal(text, scale); again != v || err != nil {
				t.Fatalf("%q is %d, which is written as %s, and read as %d, %v", s, v, text, again, err)
			}
		}
		if n, err := Decimals(s); err != nil || n > scale {
			t.Fatalf("%q needs %d decimals, %v, and was read with %d", s, n, err, scale)
		}
	})
}

// FuzzName checks that a name that is read is written the same.
func FuzzName(f *testing.F) {
	for _, s := range []string{"BTCUSDT", "a-Z_0", "", "a\x00", "\x00", "a b", "é", strings.Repeat("x", 36), strings.Repeat("x", 37)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseName(s)
		if err != nil {
			if n != (Name{}) {
				t.Fatalf("%q is refused, and is %q", s, n)
			}
			return
		}
		if n.String() != s || !n.Valid() || n.IsZero() {
			t.Fatalf("%q was read as %q", s, n)
		}
	})
}

func TestNames(t *testing.T) {
	for _, s := range []string{"", "a b", "ä", "a\x00b", "a.b", "a\x00", "\x00", "0123456789012345678901234567890123456"} {
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

// Valid takes each field to its ends and no further.
func TestSymbolValid(t *testing.T) {
	for what, c := range map[string]struct {
		set func(s *Symbol)
		ok  bool
	}{
		"nothing set":         {func(*Symbol) {}, true},
		"maker at its end":    {func(s *Symbol) { s.Maker = RateUnit }, true},
		"maker beyond":        {func(s *Symbol) { s.Maker = RateUnit + 1 }, false},
		"maker none":          {func(s *Symbol) { s.Maker = NoRate }, false},
		"taker at its end":    {func(s *Symbol) { s.Taker = RateUnit }, true},
		"taker beyond":        {func(s *Symbol) { s.Taker = RateUnit + 1 }, false},
		"taker none":          {func(s *Symbol) { s.Taker = NoRate }, false},
		"no accounting":       {func(s *Symbol) { s.Accounting = NoAccounting }, true},
		"another accounting":  {func(s *Symbol) { s.Accounting = 2 }, false},
		"an hour":             {func(s *Symbol) { s.Filters.AvgMins = MaxAvgMins }, true},
		"more than an hour":   {func(s *Symbol) { s.Filters.AvgMins = MaxAvgMins + 1 }, false},
		"one price":           {func(s *Symbol) { s.Filters.MinPrice, s.Filters.MaxPrice = 5, 5 }, true},
		"only a low price":    {func(s *Symbol) { s.Filters.MinPrice = 5 }, true},
		"no price":            {func(s *Symbol) { s.Filters.MinPrice, s.Filters.MaxPrice = 6, 5 }, false},
		"price below none":    {func(s *Symbol) { s.Filters.MinPrice = -1 }, false},
		"price to below none": {func(s *Symbol) { s.Filters.MaxPrice = -1 }, false},
		"no quantity":         {func(s *Symbol) { s.Filters.MinQty, s.Filters.MaxQty = 6, 5 }, false},
		"no market quantity":  {func(s *Symbol) { s.Filters.MarketMinQty, s.Filters.MarketMaxQty = 6, 5 }, false},
		"no notional":         {func(s *Symbol) { s.Filters.MinNotional, s.Filters.MaxNotional = 6, 5 }, false},
		"step below none":     {func(s *Symbol) { s.Filters.StepQty = -1 }, false},
		"market step below":   {func(s *Symbol) { s.Filters.MarketStep = -1 }, false},
		"one bid price":       {func(s *Symbol) { s.Filters.BidMultiplierDown, s.Filters.BidMultiplierUp = 5, 5 }, true},
		"no bid price":        {func(s *Symbol) { s.Filters.BidMultiplierDown, s.Filters.BidMultiplierUp = 6, 5 }, false},
		"bids from below":     {func(s *Symbol) { s.Filters.BidMultiplierDown = -1 }, false},
		"bids to below none":  {func(s *Symbol) { s.Filters.BidMultiplierUp = -1 }, false},
		"only low bids":       {func(s *Symbol) { s.Filters.BidMultiplierUp = 1 }, true},
		"only high bids":      {func(s *Symbol) { s.Filters.BidMultiplierDown = 1<<63 - 1 }, true},
		"one ask price":       {func(s *Symbol) { s.Filters.AskMultiplierDown, s.Filters.AskMultiplierUp = 5, 5 }, true},
		"no ask price":        {func(s *Symbol) { s.Filters.AskMultiplierDown, s.Filters.AskMultiplierUp = 6, 5 }, false},
		"asks from below":     {func(s *Symbol) { s.Filters.AskMultiplierDown = -1 }, false},
		"asks to below none":  {func(s *Symbol) { s.Filters.AskMultiplierUp = -1 }, false},
		"a position":          {func(s *Symbol) { s.Filters.MaxPosition = MaxAmount }, true},
		"a position below":    {func(s *Symbol) { s.Filters.MaxPosition = -1 }, false},
	} {
		var s Symbol
		if c.set(&s); s.Valid() != c.ok {
			t.Errorf("%s: %t", what, s.Valid())
		}
	}
}

// FixedEqual looks at each field that an alter may not change, and at no other.
func TestSymbolFixedEqual(t *testing.T) {
	for what, set := range map[string]func(s *Symbol){
		"name":       func(s *Symbol) { s.Name = Name{'x'} },
		"base":       func(s *Symbol) { s.Base = 9 },
		"quote":      func(s *Symbol) { s.Quote = 9 },
		"tick":       func(s *Symbol) { s.Tick = 9 },
		"lot":        func(s *Symbol) { s.Lot = 9 },
		"accounting": func(s *Symbol) { s.Accounting = NoAccounting },
	} {
		a, b := *goldenSpec(t), *goldenSpec(t)
		if set(&b); a.FixedEqual(&b) || b.FixedEqual(&a) {
			t.Errorf("%s differs", what)
		}
	}
	a, b := *goldenSpec(t), *goldenSpec(t)
	b.Maker, b.Taker, b.Filters = 1, 2, Filters{}
	if !a.FixedEqual(&b) {
		t.Error("rates and filters may change")
	}
}

// The filters take their ends, and zero switches an end off.
func TestFilters(t *testing.T) {
	f := Filters{
		MinPrice: 2, MaxPrice: 9, MinQty: 4, MaxQty: 12, StepQty: 4, MarketMinQty: 3, MarketMaxQty: 9, MarketStep: 3, MinNotional: 10, MaxNotional: 20,
	}
	for _, c := range []struct {
		what string
		ok   func(v int64) bool
		good []int64
		bad  []int64
	}{
		{"price", func(v int64) bool { return f.PriceOK(Price(v)) }, []int64{2, 9}, []int64{1, 10}},
		{"lots", func(v int64) bool { return f.QtyOK(Qty(v)) }, []int64{4, 8, 12}, []int64{0, 3, 5, 13, 16}},
		{"market lots", func(v int64) bool { return f.MarketQtyOK(Qty(v)) }, []int64{3, 9}, []int64{0, 2, 4, 12}},
		{"notional", func(v int64) bool { return f.NotionalOK(Amount(v)) }, []int64{10, 20}, []int64{9, 21}},
		{"off", func(v int64) bool {
			o := Filters{}
			return o.PriceOK(Price(v)) && o.QtyOK(Qty(v)) && o.MarketQtyOK(Qty(v)) && o.NotionalOK(Amount(v)) && o.MarketNotionalOK(Amount(v))
		}, []int64{1, 1<<63 - 1}, nil},
		{"neither binds", func(v int64) bool { return f.MarketNotionalOK(Amount(v)) }, []int64{1, 1 << 40}, nil},
		{"the lower binds", func(v int64) bool {
			o := f
			o.MinToMarket = true
			return o.MarketNotionalOK(Amount(v))
		}, []int64{10, 21}, []int64{9}},
		{"the upper binds", func(v int64) bool {
			o := f
			o.MaxToMarket = true
			return o.MarketNotionalOK(Amount(v))
		}, []int64{9, 20}, []int64{21}},
		{"no upper end", func(v int64) bool {
			o := f
			o.MaxToMarket, o.MaxNotional = true, 0
			return o.MarketNotionalOK(Amount(v))
		}, []int64{1, 1 << 40}, nil},
	} {
		for _, v := range c.good {
			if !c.ok(v) {
				t.Errorf("%s refuses %d", c.what, v)
			}
		}
		for _, v := range c.bad {
			if c.ok(v) {
				t.Errorf("%s takes %d", c.what, v)
			}
		}
	}
}

// PERCENT_PRICE_BY_SIDE takes its ends, each side its own, to the last bit of the
// products.
func TestPercentPrice(t *testing.T) {
	const half, unit = MultiplierUnit / 2, MultiplierUnit
	sides := Filters{BidMultiplierUp: unit + half, BidMultiplierDown: half, AskMultiplierUp: 3 * unit, AskMultiplierDown: unit}
	for _, c := range []struct {
		what      string
		f         Filters
		side      Side
		p         Price
		reference Price
		ok        bool
	}{
		{"off", Filters{}, Buy, MaxPrice, 1, true},
		{"no reference", sides, Buy, 1, 0, true},
		{"a bid at its upper end", sides, Buy, 150, 100, true},
		{"a bid above it", sides, Buy, 151, 100, false},
		{"a bid at its lower end", sides, Buy, 50, 100, true},
		{"a bid below it", sides, Buy, 49, 100, false},
		{"an ask at its upper end", sides, Sell, 300, 100, true},
		{"an ask above it", sides, Sell, 301, 100, false},
		{"an ask at its lower end", sides, Sell, 100, 100, true},
		{"an ask below it", sides, Sell, 99, 100, false},
		{"1.5 of 33 is 49.5", sides, Buy, 49, 33, true},
		{"50 is more", sides, Buy, 50, 33, false},
		{"half of 33 is 16.5", sides, Buy, 17, 33, true},
		{"16 is less", sides, Buy, 16, 33, false},
		{"no upper end", Filters{BidMultiplierDown: unit}, Buy, MaxPrice, 1, true},
		{"no lower end", Filters{AskMultiplierUp: unit}, Sell, 1, MaxPrice, true},
		{"the largest numbers", Filters{BidMultiplierUp: 1<<63 - 1, BidMultiplierDown: 1}, Buy, MaxPrice, MaxPrice, true},
		{"a lower end out of reach", Filters{BidMultiplierDown: 1<<63 - 1}, Buy, MaxPrice, MaxPrice, false},
		{"a part in a hundred million", Filters{AskMultiplierUp: unit - 1}, Sell, MaxPrice - 90_071_993, MaxPrice, true},
		{"and a tick more", Filters{AskMultiplierUp: unit - 1}, Sell, MaxPrice - 90_071_992, MaxPrice, false},
	} {
		if c.f.PercentPriceOK(c.side, c.p, c.reference) != c.ok {
			t.Errorf("%s: want %t", c.what, c.ok)
		}
	}
}

// MAX_POSITION takes its end, and sums of more than 63 bits.
func TestMaxPosition(t *testing.T) {
	for _, c := range []struct {
		what string
		most Amount
		held Amount
		lots uint64
		lot  Amount
		ok   bool
	}{
		{"off", 0, MaxAmount, 1<<64 - 1, MaxAmount, true},
		{"at its end", 100, 40, 6, 10, true},
		{"above it", 100, 41, 6, 10, false},
		{"held alone is above", 100, 101, 0, 10, false},
		{"all there can be", MaxAmount, MaxAmount, 0, 1, true},
		{"one more", MaxAmount, MaxAmount, 1, 1, false},
		{"the sum has 64 bits", MaxAmount, MaxAmount, 1 << 63, 1, false},
		{"the sum has 65 bits", MaxAmount, MaxAmount, 1<<64 - 1, 1, false},
		{"the product is 2^64", MaxAmount, 0, 1 << 62, 4, false},
		{"the largest numbers", MaxAmount, MaxAmount, 1<<64 - 1, MaxAmount, false},
	} {
		f := Filters{MaxPosition: c.most}
		if f.MaxPositionOK(c.held, c.lots, c.lot) != c.ok {
			t.Errorf("%s: want %t", c.what, c.ok)
		}
	}
}
