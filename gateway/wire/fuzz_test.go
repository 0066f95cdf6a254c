package wire

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// plain is a decimal as the naive reading knows it.
var plain = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`) //nolint:gochecknoglobals // a form

// naiveUnits reads a decimal as a whole number of units of 10^-scale. It is not exact
// when the decimal has more decimals than that.
func naiveUnits(text string, scale uint8) (units *big.Int, exact bool) {
	whole, decimals, _ := strings.Cut(text, ".")
	decimals = strings.TrimRight(decimals, "0")
	exact = len(decimals) <= int(scale)
	decimals = (decimals + strings.Repeat("0", int(scale)))[:scale]
	units, ok := new(big.Int).SetString(whole+decimals, 10)
	if !ok {
		panic("a plain decimal is no number: " + text)
	}
	return units, exact
}

// FuzzDecimals reads any text as a price of any tick and as an amount of any asset,
// and holds that against big numbers. What is read is written so that it reads the
// same.
func FuzzDecimals(f *testing.F) {
	for _, text := range []string{
		"0", "1", "0.01", "000.0100", "64123.45", "9223372036854775807", "9223372036854775808", "0.000000000000000001", "0.0000000000000000001",
		"", ".", "1.", ".5", "-1", "+1", "1e3", "1 ", "１", "1.2.3", "0x1", "NaN", "92233720368.54775807", "92233720368.54775808",
		strings.Repeat("9", 40), "0." + strings.Repeat("0", 40), "1." + strings.Repeat("0", 40) + "1",
	} {
		f.Add(text, uint8(8), uint64(1_000_000))
		f.Add(text, uint8(18), uint64(1))
		f.Add(text, uint8(0), uint64(7))
		f.Add(text, uint8(2), uint64(25))
	}
	f.Fuzz(func(t *testing.T, text string, scale uint8, tick uint64) {
		scale %= msg.MaxScale + 1
		tick = max(tick&math.MaxInt64, 1)
		fuzzAmount(t, text, scale)
		fuzzStep(t, text, scale, tick)
	})
}

func fuzzAmount(t *testing.T, text string, scale uint8) {
	t.Helper()
	got, err := ParseAmount([]byte(text), scale)
	if !plain.MatchString(text) {
		if err == nil {
			t.Fatalf("%q was read as %d", text, got)
		}
		return
	}
	want, exact := naiveUnits(text, scale)
	fits := want.IsInt64()
	if (err == nil) != (exact && fits) || err == nil && int64(got) != want.Int64() {
		t.Fatalf("%q with %d decimals: %d, %v, want %s, exact: %t", text, scale, got, err, want, exact)
	}
	if err != nil {
		return
	}
	written := AppendAmount(nil, got, scale)
	if again, err := ParseAmount(written, scale); again != got || err != nil {
		t.Fatalf("%d is written as %s, and read as %d, %v", got, written, again, err)
	}
}

func fuzzStep(t *testing.T, text string, scale uint8, tick uint64) {
	t.Helper()
	s := newStep(msg.Amount(tick), scale)
	got, err := s.parse([]byte(text))
	if !plain.MatchString(text) {
		if err == nil {
			t.Fatalf("%q was read as %d steps", text, got)
		}
		return
	}
	units, exact := naiveUnits(text, scale)
	steps, rest := new(big.Int).QuoRem(units, new(big.Int).SetUint64(tick), new(big.Int))
	switch {
	case err == nil:
		if !exact || rest.Sign() != 0 || !steps.IsInt64() || steps.Int64() != got {
			t.Fatalf("%q in steps of %d with %d decimals: %d, want %s and %s", text, tick, scale, got, steps, rest)
		}
	case errors.Is(err, ErrPrecision):
		if exact {
			t.Fatalf("%q has not more than %d decimals", text, scale)
		}
	case errors.Is(err, ErrStep):
		if exact && rest.Sign() == 0 {
			t.Fatalf("%q is %s steps of %d", text, steps, tick)
		}
	case errors.Is(err, ErrRange):
		if units.IsInt64() {
			t.Fatalf("%q is not too large", text)
		}
	default:
		t.Fatalf("%q: %v", text, err)
	}
	if err != nil {
		return
	}
	written := s.append(nil, got)
	if again, err := s.parse(written); again != got || err != nil {
		t.Fatalf("%d steps are written as %s, and read as %d, %v", got, written, again, err)
	}
}

// FuzzString writes any text as JSON, which reads as that text as far as it is UTF-8.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "a", `"\`, "\x00\x1f\x7f", "é\u2028😀", "\xff\xc3", "a\xf0\x9f\x98"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := AppendString(nil, s)
		var got string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%q is written as %s: %v", s, text, err)
		}
		if got != string([]rune(s)) { // which puts U+FFFD for what is no character
			t.Fatalf("%q is written as %s, which is %q", s, text, got)
		}
		if string(AppendString(nil, []byte(s))) != string(text) {
			t.Fatalf("%q is written otherwise as bytes", s)
		}
	})
}
