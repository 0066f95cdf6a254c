package api

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
)

// TestForms holds values against the declared forms.
func TestForms(t *testing.T) {
	const twenty = "12345678901234567890"
	for _, c := range []struct {
		kind      Kind
		good, bad []string
	}{
		{Text, []string{"a b", "[", "é"}, nil},
		{Symbol, []string{"BTCUSDT", "nonsense!"}, nil},
		{Enum, []string{"anything"}, nil},
		{Decimal, []string{"1", "0.1", "00.10", twenty, twenty + "." + twenty}, []string{".1", "1.", "1.1.1", "-1", "+1", "1e3", "1,5", "0x1", twenty + "1", "1." + twenty + "1", "٣", " 1"}},
		{ID, []string{"0", "1", "9223372036854775807"}, []string{"9223372036854775808", "-1", "1.0", "x", twenty + "1", "1 "}},
		{Int, []string{"0", "00001"}, []string{"", "1.0"}},
		{Time, []string{"1700000000000", "1700000000000000"}, []string{"now", "1.7e12"}},
		{ClientID, []string{"a", "A-z_09", strings.Repeat("x", 36)}, []string{"a b", "a.b", strings.Repeat("x", 37), "é", "a\x00"}},
		{Bool, []string{"true", "false", "TRUE", "FALSE"}, []string{"True", "1", "yes"}},
		{Names, []string{"[]", `["A"]`, ` [ "A" , "B" ] `, "[\n]"}, []string{"A", "[", "]", "[,]", `["A",]`, `["A" "B"]`, `["A]`, `[A]`, `["A"]]`, `["A\u0041"]`, `[["A"]]`, `{}`, `["` + strings.Repeat("A", 37) + `"]`}},
		{NameList, []string{"SPOT", `["SPOT"]`}, []string{"A B", `["SPOT"`, `"SPOT"`}},
	} {
		s := Spec{Name: "p", Kind: c.kind}
		for _, text := range c.good {
			if err := s.form([]byte(text)); err != nil {
				t.Errorf("kind %d, %q: %v", c.kind, text, err)
			}
		}
		for _, text := range c.bad {
			if err := s.form([]byte(text)); err == nil {
				t.Errorf("kind %d took %q", c.kind, text)
			}
		}
	}
}

// FuzzForms holds the hand-written forms against the regular expressions that they
// quote, and an array of names against a JSON decoder.
func FuzzForms(f *testing.F) {
	for _, seed := range []string{"", "1", "1.5", "1.", ".5", "abc-DEF_0", `["A","B"]`, `["A",]`, "[]", "  ", "12345678901234567890123"} {
		f.Add(seed)
	}
	decimal, id, name := regexp.MustCompile(decimalForm), regexp.MustCompile(idForm), regexp.MustCompile(clientIDForm)
	f.Fuzz(func(t *testing.T, text string) {
		value := []byte(text)
		if strings.Contains(text, "\n") && strings.HasSuffix(text, "\n") {
			return // $ also stands before a last line break
		}
		if got, want := isDecimal(value), decimal.MatchString(text); got != want {
			t.Errorf("decimal %q: got %v, want %v", text, got, want)
		}
		if got, want := isDigits(value), id.MatchString(text); got != want {
			t.Errorf("id %q: got %v, want %v", text, got, want)
		}
		if got, want := isName(value), name.MatchString(text); got != want {
			t.Errorf("name %q: got %v, want %v", text, got, want)
		}
		if !isNames(value) {
			return
		}
		var want []string
		if err := json.Unmarshal(value, &want); err != nil {
			t.Fatalf("%q is taken as an array of names: %v", text, err)
		}
		list := readNames(value)
		for i := 0; ; i++ {
			got, more := list.next()
			if !more {
				if i != len(want) {
					t.Errorf("%q: got %d names, want %q", text, i, want)
				}
				break
			}
			if string(got) != want[i] {
				t.Errorf("%q: name %d is %q, want %q", text, i, got, want[i])
			}
		}
	})
}

// TestEmpty refuses what was sent without a value, in the words for it.
func TestEmpty(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want *Error
	}{
		{Spec{Name: "a", Must: true}, MandatoryError("a")},
		{Spec{Name: "a"}, EmptyError("a")},
		{Spec{Name: "a", Empty: ErrEmptyName}, ErrEmptyName},
		{Spec{Name: "a", Empty: ErrEmptyName, Must: true}, ErrEmptyName},
	} {
		for _, value := range []string{"", "  "} {
			var p Params
			p.Add([]byte("a"), []byte(value))
			if err := c.spec.check(&p); err == nil || err.Text != c.want.Text || err.Code != c.want.Code {
				t.Errorf("%q: got %v, want %v", value, err, c.want)
			}
		}
	}
}

// TestVoid takes a parameter without a value for one that was not sent.
func TestVoid(t *testing.T) {
	s := Spec{Name: "a", Kind: Enum, Values: []string{"x"}, Void: true}
	for _, value := range []string{"", "  "} {
		var p Params
		p.Add([]byte("a"), []byte(value))
		p.Add([]byte("b"), []byte("x"))
		if err := s.check(&p); err != nil {
			t.Errorf("%q: %v", value, err)
		}
		if err := s.allows(&p); err != nil {
			t.Errorf("%q: %v", value, err)
		}
		if _, sent := p.Find("a"); sent || p.Len() != 1 || !p.Is("b", "x") {
			t.Errorf("%q: %d parameters are left, a sent: %v", value, p.Len(), sent)
		}
	}
	a, _ := traders(t)
	a.want(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1&newClientOrderId=n&newOrderRespType=",
		`{"symbol":"BTCUSDT","orderId":15,"orderListId":-1,"clientOrderId":"n","transactTime":1700000000123}`)
}

// TestParams reads parameters.
func TestParams(t *testing.T) {
	var p Params
	addQuery(t, &p, "n=17&b=TRUE&f=false&ms=1700000000123&us=1700000000123456&far=9223372036854775807&e=")
	if n, ok := p.Int("n"); n != 17 || !ok {
		t.Errorf("got %d, %v", n, ok)
	}
	if _, ok := p.Int("none"); ok {
		t.Error("found what was not sent")
	}
	if !p.Bool("b", false) || p.Bool("f", true) || !p.Bool("none", true) {
		t.Error("a flag is wrong")
	}
	if !p.Is("n", "17") || p.Is("n", "1") || p.Is("none", "") || p.Has("e") || !p.Has("n") {
		t.Error("a value is wrong")
	}
	if p.Value("none") != nil || string(p.Value("n")) != "17" || string(p.At(0).Name) != "n" || p.Len() != 7 {
		t.Error("a parameter is wrong")
	}
	for name, want := range map[string][2]int64{
		"ms": {1_700_000_000_123_000_000, 1_700_000_000_123_999_999}, "us": {1_700_000_000_123_456_000, 1_700_000_000_123_456_999},
		"far": {math.MaxInt64, math.MaxInt64}, "n": {17_000_000, 17_999_999},
	} {
		if first, last, ok := p.Time(name); first != want[0] || last != want[1] || !ok {
			t.Errorf("%s: got %d, %d, %v, want %d", name, first, last, ok, want)
		}
	}
	p.Reset()
	for range MaxParams {
		if !p.Add(nil, nil) {
			t.Fatal("too few parameters fit")
		}
	}
	if p.Add(nil, nil) {
		t.Error("too many parameters fit")
	}
}

// TestTimeZone reads time zones.
func TestTimeZone(t *testing.T) {
	for text, want := range map[string]int{
		"0": 0, "8": 480, "+08:00": 480, "14": 840, "-12:00": -720, "14:00": 840, "-3:30": -210, "05:45": 345, "-0": 0,
	} {
		if got, ok := parseTimeZone([]byte(text)); got != want || !ok {
			t.Errorf("%q: got %d, %v, want %d", text, got, ok, want)
		}
	}
	if got, ok := parseTimeZone([]byte(" 8:30")); got != 510 || !ok { // a plus that was not encoded
		t.Errorf("got %d, %v", got, ok)
	}
	for _, text := range []string{"14:01", "-12:01", "15", "-13", "x", "-", "+", ":30", "1:", "1:3", "1:333", "1:60", "1:3x", "1:x3", "100", "1.5", "UTC"} {
		if got, ok := parseTimeZone([]byte(text)); ok {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}
