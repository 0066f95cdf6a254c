package rest

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/gateway/api"
)

func seeds(f *testing.F) {
	for _, s := range [][2]string{
		{"", ""},
		{"a=1&b=2", "c=3"},
		{"&timestamp=1&signature=ab+c/d%3D", ""},
		{"signature=x", "a=%7B%22b%22%3A1%7D"},
		{"signature=x&signature=y", "signature=z&a=1"},
		{"a=1&%73ignature=x&b=2", "&&"},
		{`symbols=["A","B"]`, "a=+&a=%2b"},
		{"=&==&a", "%=%&%4=%zz"},
		{"a=1", "a=2&a=3"},
		{"\x00\xff=%00%ff", "é=ü"},
	} {
		f.Add(s[0], s[1])
	}
}

// named is a parameter as the naive reading finds it.
type named struct{ name, value string }

// naive reads parameters one by one with the standard library. It is false where
// something is not percent-encoded as it should be, or a signature comes twice.
func naive(query, body string) (params []named, signature string, ok bool) {
	inQuery := map[string]bool{}
	signed := false
	for i, raw := range []string{query, body} {
		again := false
		for part := range strings.SplitSeq(raw, "&") {
			if part == "" {
				continue
			}
			rawName, rawValue, _ := strings.Cut(part, "=")
			name, err := url.QueryUnescape(rawName)
			if err != nil {
				return nil, "", false
			}
			if name == "signature" {
				rawValue = strings.ReplaceAll(rawValue, "+", "%2B")
			}
			value, err := url.QueryUnescape(rawValue)
			if err != nil {
				return nil, "", false
			}
			switch {
			case name == "signature" && again:
				return nil, "", false
			case name == "signature":
				again = true
				if !signed {
					signature, signed = value, true
				}
			case i == 1 && inQuery[name]:
			default:
				params = append(params, named{name, value})
				if i == 0 {
					inQuery[name] = true
				}
			}
		}
	}
	return params, signature, true
}

// isCut reports, the naive way, whether a signed request is cut into query and body
// somewhere else than between two parameters.
func isCut(query, body string) bool {
	left, right := unsigned(query), unsigned(body)
	if left == query && right == body {
		return false // nothing is signed
	}
	last := left[strings.LastIndex(left, "&")+1:]
	first, _, _ := strings.Cut(right, "&")
	if last == "" || first == "" {
		return false
	}
	return !regexp.MustCompile(`^[A-Za-z][^=]*=`).MatchString(first) || strings.Index(last, "=") < 1
}

// FuzzParameters holds the parser against the naive reading.
func FuzzParameters(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, query, body string) {
		var p parser
		var params api.Params
		err := p.read([]byte(query), []byte(body), &params)
		want, signature, ok := naive(query, body)
		if !ok {
			if err == nil {
				t.Fatalf("%q, %q: taken", query, body)
			}
			return
		}
		if len(want) > api.MaxParams {
			if err == nil {
				t.Fatalf("took more than %d parameters", params.Len())
			}
			return
		}
		if cut := isCut(query, body); cut && !errors.Is(err, api.ErrSignature) || !cut && err != nil {
			t.Fatalf("%q, %q: %v, cut: %t", query, body, err, cut)
		}
		if err != nil {
			return
		}
		var got []named
		for i := range params.Len() {
			got = append(got, named{string(params.At(i).Name), string(params.At(i).Value)})
		}
		if !slices.Equal(got, want) || string(p.signature) != signature {
			t.Fatalf("%q, %q\n got %q, signature %q\nwant %q, signature %q", query, body, got, p.signature, want, signature)
		}
	})
}

// unsigned is a query or body without its first signature, the naive way.
func unsigned(raw string) string {
	parts := strings.Split(raw, "&")
	i := slices.IndexFunc(parts, func(part string) bool {
		rawName, _, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(rawName)
		return err == nil && name == "signature"
	})
	if i >= 0 {
		parts = slices.Delete(parts, i, i+1)
	}
	return strings.Join(parts, "&")
}

// FuzzPayload holds what was signed against the naive way to find it, with a parser
// that has been used before.
func FuzzPayload(f *testing.F) {
	seeds(f)
	var p parser
	f.Fuzz(func(t *testing.T, query, body string) {
		var params api.Params
		p.reset()
		if p.read([]byte(query), []byte(body), &params) != nil {
			_ = p.payload() // of whatever was read
			return
		}
		if got, want := string(p.payload()), unsigned(query)+unsigned(body); got != want {
			t.Fatalf("%q, %q: got %q, want %q", query, body, got, want)
		}
	})
}

// TestPayload finds what was signed in the layouts of the documented vectors.
func TestPayload(t *testing.T) {
	for _, c := range []struct{ query, body, want string }{
		{"a=1&timestamp=2&signature=x", "", "a=1&timestamp=2"},
		{"", "a=1&timestamp=2&signature=x", "a=1&timestamp=2"},
		{"timestamp=2&signature=x", "a=1", "timestamp=2a=1"},
		{"timestamp=2", "a=1&signature=x", "timestamp=2a=1"},
		{"&timestamp=2&signature=x", "", "&timestamp=2"},
		{"signature=x&timestamp=2", "", "timestamp=2"},
		{"a=1&signature=x&timestamp=2", "", "a=1&timestamp=2"},
		{"signature=x", "", ""},
		{"signature=x", "a=1", "a=1"},
		{"a=%20+%2B&signature=x", "", "a=%20+%2B"},
		{"a=1&signature=x", "b=2&signature=y", "a=1b=2"},
		{"", "", ""},
	} {
		var p parser
		var params api.Params
		if err := p.read([]byte(c.query), []byte(c.body), &params); err != nil {
			t.Fatal(err)
		}
		if got := string(p.payload()); got != c.want {
			t.Errorf("%q, %q: got %q, want %q", c.query, c.body, got, c.want)
		}
	}
}
