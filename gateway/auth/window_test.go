package auth

import (
	"errors"
	"testing"
)

func TestParseWindow(t *testing.T) {
	for _, c := range []struct {
		timestamp, window string
		want              Window
		err               error
	}{
		{"1700000000000", "", Window{1_700_000_000_000_000, 5_000_000}, nil},
		{"1700000000000123", "", Window{1_700_000_000_000_123, 5_000_000}, nil},
		{"99999999999999", "0", Window{99_999_999_999_999_000, 0}, nil},
		{"100000000000000", "1", Window{100_000_000_000_000, 1000}, nil},
		{"0", "60000", Window{0, 60_000_000}, nil},
		{"1", "60000.000", Window{1000, 60_000_000}, nil},
		{"1", "0.5", Window{1000, 500}, nil},
		{"1", "5000.125", Window{1000, 5_000_125}, nil},
		{"1", "007", Window{1000, 7000}, nil},
		{"99999999999999999999", "", Window{1e17, 5_000_000}, nil},
		{"00000000000000000001", "", Window{1000, 5_000_000}, nil},
		{"", "", Window{0, 5_000_000}, ErrStampForm},
		{"-1", "", Window{0, 5_000_000}, ErrStampForm},
		{"1.5", "", Window{0, 5_000_000}, ErrStampForm},
		{"1e3", "", Window{0, 5_000_000}, ErrStampForm},
		{"1", "60000.001", Window{1000, 5_000_000}, ErrWindowRange},
		{"1", "60001", Window{1000, 5_000_000}, ErrWindowRange},
		{"1", "99999999999999999999", Window{1000, 5_000_000}, ErrWindowRange},
		{"1", "1.2345", Window{1000, 5_000_000}, ErrWindowForm},
		{"1", "1.", Window{1000, 5_000_000}, ErrWindowForm},
		{"1", ".5", Window{1000, 5_000_000}, ErrWindowForm},
		{"1", "1.x", Window{1000, 5_000_000}, ErrWindowForm},
		{"1", "1.2.3", Window{1000, 5_000_000}, ErrWindowForm},
		{"1", "-1", Window{1000, 5_000_000}, ErrWindowForm},
		{"1", "x", Window{1000, 5_000_000}, ErrWindowForm},
	} {
		got, err := ParseWindow([]byte(c.timestamp), []byte(c.window))
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q, %q: got %v, %v, want %v, %v", c.timestamp, c.window, got, err, c.want, c.err)
		}
	}
}

func TestWindowCheck(t *testing.T) {
	const now int64 = 1_700_000_000_000_000
	for _, c := range []struct {
		stamp, length int64
		want          error
	}{
		{now, 5_000_000, nil},
		{now, 0, nil},
		{now - 1, 0, ErrLate},
		{now - 5_000_000, 5_000_000, nil},
		{now - 5_000_001, 5_000_000, ErrLate},
		{now + 999_999, 5_000_000, nil},
		{now + 1_000_000, 5_000_000, ErrEarly},
		{1e17, 5_000_000, ErrEarly},
		{0, MaxWindow, ErrLate},
	} {
		if err := (Window{c.stamp, c.length}).check(now); !errors.Is(err, c.want) {
			t.Errorf("stamp %d, window %d at %d: got %v, want %v", c.stamp, c.length, now, err, c.want)
		}
	}
}

// TestStart pins the rule of a process that has just started: what an earlier one
// may have taken is not taken again, and a new secret knows no earlier process.
func TestStart(t *testing.T) {
	const start = 1_700_000_000_000 // milliseconds
	now := int64(start * 1e6)
	a := newAuthenticator(t, &now)
	chosen, _, err := a.keys.Add(Draft{Account: 1, Secret: "s", Read: true, Trade: true})
	if err != nil {
		t.Fatal(err)
	}
	public, _, err := a.keys.Add(Draft{Account: 1, Public: publicText, Read: true, Trade: true})
	if err != nil {
		t.Fatal(err)
	}
	fresh, _, err := a.keys.Add(Draft{Account: 1, ID: "chosen", Read: true, Trade: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stamp int64
		old   error
		new   error
	}{
		{start - 5001, ErrLate, ErrLate},
		{start, ErrLate, nil},
		{start + 999, ErrLate, nil},
		{start + 1000, ErrEarly, ErrEarly},
	} {
		w := Window{c.stamp * 1000, DefaultWindow}
		for _, k := range []*Key{chosen, public} {
			if err := a.InTime(k, w); !errors.Is(err, c.old) {
				t.Errorf("%v at %d: got %v, want %v", k, c.stamp-start, err, c.old)
			}
		}
		if err := a.InTime(fresh, w); !errors.Is(err, c.new) {
			t.Errorf("new key at %d: got %v, want %v", c.stamp-start, err, c.new)
		}
	}
	now += 2e9
	if err := a.InTime(chosen, Window{(start + 1000) * 1000, DefaultWindow}); err != nil {
		t.Errorf("a stamp of a second after the start: %v", err)
	}
	if err := a.InTime(chosen, Window{(start+1000)*1000 - 1, DefaultWindow}); !errors.Is(err, ErrLate) {
		t.Errorf("a stamp of less than a second after the start: got %v, want %v", err, ErrLate)
	}
}

// FuzzWindow reads any timestamp and window: none panics, and no window that is
// read is beyond its bound.
func FuzzWindow(f *testing.F) {
	f.Add("1700000000123", "5000.125")
	f.Add("99999999999999999999", "60000")
	f.Add("0", ".")
	f.Fuzz(func(t *testing.T, timestamp, window string) {
		w, err := ParseWindow([]byte(timestamp), []byte(window))
		if err == nil && (w.Length < 0 || w.Length > MaxWindow || w.Stamp < 0) {
			t.Errorf("%q, %q: %+v", timestamp, window, w)
		}
	})
}
