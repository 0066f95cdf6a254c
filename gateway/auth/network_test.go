package auth

import (
	"errors"
	"net/netip"
	"testing"
)

func networks(t *testing.T, texts ...string) []netip.Prefix {
	t.Helper()
	var list []netip.Prefix
	for _, text := range texts {
		p, err := ParseNetwork(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		list = append(list, p)
	}
	return list
}

func TestParseNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1":           "127.0.0.1",
		"10.0.0.0/8":          "10.0.0.0/8",
		"10.1.2.3/32":         "10.1.2.3",
		"0.0.0.0/0":           "0.0.0.0/0",
		"::1":                 "::1",
		"2001:db8::/32":       "2001:db8::/32",
		"2001:DB8:0:0::1":     "2001:db8::1",
		"::ffff:192.0.2.1":    "192.0.2.1", // as addresses of clients are read
		"::/0":                "::/0",
		"":                    "",
		"localhost":           "",
		"10.1.2.3/8":          "",
		"10.0.0.0/33":         "",
		"10.0.0.0/":           "",
		"10.0.0.0/08":         "",
		"10.0.0/8":            "",
		"10.0.0.01":           "",
		"10.0.0.1 x":          "",
		"10.0.0.1:80":         "",
		"[::1]":               "",
		"fe80::1%eth0":        "",
		"fe80::%eth0/64":      "",
		"::ffff:10.0.0.0/104": "",
		"10.0.0.0-10.0.0.9":   "",
	} {
		p, err := ParseNetwork(text)
		switch {
		case want == "" && !errors.Is(err, ErrNetwork):
			t.Errorf("%q: got %v, %v, want %v", text, p, err, ErrNetwork)
		case want != "" && (err != nil || FormatNetwork(p) != want):
			t.Errorf("%q: got %v, %v, want %s", text, p, err, want)
		}
	}
}

func TestAllowsFrom(t *testing.T) {
	anywhere := &Key{}
	listed := &Key{From: networks(t, "192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "::ffff:198.51.100.7")}
	for _, c := range []struct {
		from string
		want bool
	}{
		{"192.0.2.1", true},
		{"192.0.2.2", false},
		{"10.0.0.0", true},
		{"10.255.255.255", true},
		{"11.0.0.0", false},
		{"9.255.255.255", false},
		{"198.51.100.7", true},
		{"2001:db8:ffff::1", true},
		{"2001:db9::1", false},
		{"::ffff:10.0.0.1", false}, // whoever asks has unmapped it
		{"127.0.0.1", false},
	} {
		a := netip.MustParseAddr(c.from)
		if got := listed.AllowsFrom(a); got != c.want {
			t.Errorf("%s: got %v, want %v", c.from, got, c.want)
		}
		if !anywhere.AllowsFrom(a) {
			t.Errorf("%s: a key without a list is refused", c.from)
		}
	}
	if listed.AllowsFrom(netip.Addr{}) || !anywhere.AllowsFrom(netip.Addr{}) {
		t.Error("an address that is not known is in a list, or refused where there is none")
	}
}
