package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func TestStep(t *testing.T) {
	for _, c := range []struct {
		units msg.Amount
		scale uint8
		n     int64
		want  string
	}{
		{1_000_000, 8, 1, "0.01000000"},
		{1_000_000, 8, -950, "-9.50000000"},
		{1_000_000, 8, 0, "0.00000000"},
		{1, 8, 123_456_789, "1.23456789"},
		{25, 2, 3, "0.75000000"},
		{10_000_000_000_000_000, 18, 10_000_000, "100000.00000000"},
		{1, 18, 1, "0.000000000000000001"},
		{7, 0, 2, "14.00000000"},
		{msg.MaxAmount, 0, 1<<53 - 1, "83076749736557232824108705158004737.00000000"},
	} {
		s := newStep(c.units, c.scale)
		if got := string(s.append(nil, c.n)); got != c.want {
			t.Errorf("%d steps of %d at scale %d: got %s, want %s", c.n, c.units, c.scale, got, c.want)
		}
	}
}

func TestStepParse(t *testing.T) {
	s := newStep(25_000_000, 8) // 0.25
	for _, c := range []struct {
		text string
		want int64
		err  error
	}{
		{"0.25", 1, nil},
		{"10", 40, nil},
		{"10.500000000000", 42, nil},
		{"0.3", 0, ErrStep},
		{"0.001", 0, ErrStep},
		{"0.000000001", 0, ErrPrecision},
		{"0.0000000000000000001", 0, ErrPrecision},
		{"1.2.3", 0, ErrForm},
		{"1.", 0, ErrForm},
		{".5", 0, ErrForm},
		{"", 0, ErrForm},
		{"-1", 0, ErrForm},
		{"1e3", 0, ErrForm},
		{"99999999999999999999", 0, ErrRange},
	} {
		got, err := s.parse([]byte(c.text))
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: got %d, %v, want %d, %v", c.text, got, err, c.want, c.err)
		}
	}
}

func TestAmountRoundTrip(t *testing.T) {
	for _, scale := range []uint8{0, 2, 8, 18} {
		for _, a := range []msg.Amount{0, 1, 99, 123_456_789_012, msg.MaxAmount} {
			text := AppendAmount(nil, a, scale)
			back, err := ParseAmount(text, scale)
			if back != a || err != nil {
				t.Errorf("%d at scale %d is %s and reads as %d, %v", a, scale, text, back, err)
			}
			if point := strings.IndexByte(string(text), '.'); len(text)-point-1 != max(8, int(scale)) {
				t.Errorf("%s has not %d decimals", text, max(8, scale))
			}
		}
	}
	if got := string(AppendAmount(nil, -1<<63, 0)); got != "-9223372036854775808.00000000" {
		t.Errorf("got %s", got)
	}
}

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"a":         `"a"`,
		"\"\\\n":    "\"\\\"\\\\\\u000a\"",
		"é€😀":       `"é€😀"`,
		"\xff":      "\"\uFFFD\"",
		"\xe2\x82":  "\"\uFFFD\uFFFD\"",
		"a\xf0\x9f": "\"a\uFFFD\uFFFD\"",
	} {
		if got := string(AppendString(nil, in)); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
