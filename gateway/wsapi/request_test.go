package wsapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// show writes what was read of a message.
func (r *request) show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "id %s method %s", r.appendID(nil), r.method)
	for _, p := range r.params {
		fmt.Fprintf(&b, " %s=%s", p.name, p.value)
	}
	if r.malformed != nil {
		fmt.Fprintf(&b, " malformed %d", r.malformed.Code)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	var r request
	for _, c := range []struct{ text, want string }{
		{`{"id":1,"method":"ping"}`, "id 1 method ping"},
		{` { "method" : "v3/ping" , "id" : "a-b" } `, `id "a-b" method ping`},
		{`{"id":null,"method":"ping","params":null}`, "id null method ping"},
		{`{"method":"ping","params":{}}`, "id null method ping"},
		{`{"id":-7,"method":"order.place","params":{"price":0.10,"quantity":"1","x":true,"y":null}}`, "id -7 method order.place price=0.10 quantity=1 x=true y=null"},
		{`{"id":1,"method":"a","params":{"symbols":["A", "B"],"o":{"a":[1]}}}`, `id 1 method a symbols=["A", "B"] o={"a":[1]}`},
		{`{"id":1,"method":"a","params":{"\u0061\/":"\"\\\b\f\n\r\t\u00e9é\ud83d\ude00"}}`, "id 1 method a a/=\"\\\b\f\n\r\téé😀"},
		{`{"id":"\u0041\"","method":"a"}`, `id "A\"" method a`},
		{`{"id":1,"method":"a","more":[{"x":1}],"again":-0.5e+7}`, "id 1 method a"},
		{`{"id":1,"method":"a","params":{"x":1,"x":2}}`, "id 1 method a x=1 malformed -1101"},
		{`{"id":9223372036854775807,"method":"a"}`, "id 9223372036854775807 method a"},
		{`{"id":"` + strings.Repeat("é", 36) + `","method":"a"}`, `id "` + strings.Repeat("é", 36) + `" method a`},
	} {
		if refused := r.read([]byte(c.text)); refused != nil {
			t.Errorf("%s: refused with %v", c.text, refused)
		} else if got := r.show(); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	var r request
	for _, text := range []string{
		``, ` `, `null`, `[]`, `"x"`, `{`, `}`, `{}x`, `{"id":1,"method":"a"},`, `{"id":1,"method":"a",}`, `{,}`, `{"id"}`, `{"id":}`,
		`{"id":1 "method":"a"}`, `{id:1,"method":"a"}`, `{'id':1,"method":"a"}`, `{"id":1,"method":"a"}{}`, "\xef\xbb\xbf" + `{"id":1,"method":"a"}`,
		`{"id":1.0,"method":"a"}`, `{"id":1e3,"method":"a"}`, `{"id":9223372036854775808,"method":"a"}`, `{"id":true,"method":"a"}`,
		`{"id":[1],"method":"a"}`, `{"id":{},"method":"a"}`, `{"id":"` + strings.Repeat("x", 37) + `","method":"a"}`,
		`{"id":1,"id":1,"method":"a"}`, `{"id":1,"method":"a","method":"a"}`, `{"id":1,"method":"a","params":{},"params":{}}`,
		`{"id":1,"method":"a","x":1,"x":2}`, `{"id":1,"method":"a","x":{"y":1,"y":2}}`, `{"id":1,"method":"a","params":{"x":{"y":1,"y":2}}}`,
		`{"id":1,"method":"a","params":[]}`, `{"id":1,"method":"a","params":"x"}`, `{"id":1,"method":"a","params":nul}`,
		`{"id":01,"method":"a"}`, `{"id":-,"method":"a"}`, `{"id":+1,"method":"a"}`,
		`{"id":1,"method":"a","params":{"x":1.}}`, `{"id":1,"method":"a","params":{"x":.1}}`, `{"id":1,"method":"a","params":{"x":1e}}`,
		`{"id":1,"method":"a","params":{"x":tru}}`, `{"id":1,"method":"a","params":{"x":truex}}`, `{"id":1,"method":"a","params":{"x":[1,]}}`,
		"{\"id\":1,\"method\":\"a\x01\"}", `{"id":1,"method":"\x"}`, `{"id":1,"method":"\u12g4"}`, `{"id":1,"method":"\ud800"}`,
		`{"id":1,"method":"\ud800\u0041"}`, `{"id":1,"method":"\udc00\ud800"}`, `{"id":1,"method":"a`, `{"id":1,"method":"a\`, `{"id":1,"method":"\u12`,
		"{\"id\":1,\"method\":\"\xff\"}", "{\"id\":1,\"method\":\"\xed\xa0\x80\"}",
	} {
		refused := r.read([]byte(text))
		if refused != api.ErrRequest {
			t.Errorf("%s: read as %s, refused with %v", text, r.show(), refused)
		}
		if id := string(r.appendID(nil)); id != "null" {
			t.Errorf("%s: the refusal has the id %s", text, id)
		}
	}
	for _, text := range []string{`{"id":7}`, `{"id":7,"method":""}`, `{"id":7,"method":null}`, `{"id":7,"method":5}`, `{"id":7,"method":"v3/"}`} {
		if refused := r.read([]byte(text)); refused == nil || refused.Code != -1102 || string(r.appendID(nil)) != "7" {
			t.Errorf("%s: %v", text, refused)
		}
	}
}

func TestTooManyParams(t *testing.T) {
	var r request
	for _, n := range []int{api.MaxParams, api.MaxParams + 1} {
		text := []byte(`{"id":1,"method":"a","params":{`)
		for i := range n {
			text = fmt.Appendf(text, `"p%d":%d,`, i, i)
		}
		text = append(text[:len(text)-1], "}}"...)
		if refused := r.read(text); refused != nil || len(r.params) != api.MaxParams {
			t.Errorf("%d parameters: %v, read %d", n, refused, len(r.params))
		}
		if got := r.malformed != nil; got != (n > api.MaxParams) {
			t.Errorf("%d parameters: malformed: %v", n, r.malformed)
		}
	}
}

// The payloads of the vectors of the wire format, whatever the order and the form
// in which the parameters come.
func TestPayload(t *testing.T) {
	const want = "apiKey=testkey&price=10000&quantity=0.001&recvWindow=5000&returnRateLimits=false&side=BUY&symbol=BTCUSDT&timeInForce=GTC&timestamp=1700000000000&type=LIMIT"
	for _, text := range []string{
		`{"id":1,"method":"order.place","params":{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"0.001","price":"10000","recvWindow":5000,"timestamp":1700000000000,"returnRateLimits":false,"apiKey":"testkey","signature":"x"}}`,
		`{"params":{"signature":"x","apiKey":"test\u006bey","type":"LIMIT","timestamp":"1700000000000","timeInForce":"GTC","symbol":"BTCUSDT","side":"BUY","returnRateLimits":false,"recvWindow":"5000","quantity":0.001,"price":10000},"id":1,"method":"order.place"}`,
	} {
		var r request
		if refused := r.read([]byte(text)); refused != nil {
			t.Fatal(refused)
		}
		if got := string(r.appendPayload(nil)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	var r request
	if refused := r.read([]byte(`{"id":1,"method":"a","params":{"n":null,"s":["A", "B"],"b":true,"f":0.10,"B":"é&="}}`)); refused != nil {
		t.Fatal(refused)
	}
	if got, want := string(r.appendPayload(nil)), `B=é&=&b=true&f=0.10&n=null&s=["A", "B"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The messages that have to be fast are read without allocating.
func TestReadAllocates(t *testing.T) {
	var r request
	for _, text := range []string{
		`{"id":"5494febb-d167-46a2-996d-70533eb4d976","method":"order.place","params":{"symbol":"BTCUSDT","side":"SELL","type":"LIMIT","timeInForce":"GTC","price":"23416.10","quantity":"0.00847","apiKey":"testkey","timestamp":1660801715431,"signature":"x"}}`,
		`{"id":7,"method":"order.cancel","params":{"symbol":"BTCUSDT","orderId":125690984230,"apiKey":"testkey","timestamp":1660801715431,"signature":"x"}}`,
		`{"id":7,"method":"order.status","params":{"symbol":"BTCUSDT","origClientOrderId":"ab\u0063","timestamp":1660801715431}}`,
	} {
		room, message := make([]byte, 0, 1024), []byte(text)
		n := testing.AllocsPerRun(100, func() {
			if refused := r.read(message); refused != nil {
				t.Fatal(refused)
			}
			room = r.appendPayload(room[:0])
		})
		if n != 0 {
			t.Errorf("%v allocations for %s", n, text)
		}
	}
}

// oracle reads a message as a library does which is strict.
func oracle(text []byte) (id, method string, params []string, err error) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	if d.PeekKind() != '{' {
		return "", "", nil, errors.New("no object")
	}
	if _, err := d.ReadToken(); err != nil {
		return "", "", nil, err
	}
	id = "null"
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return "", "", nil, err
		}
		switch name := name.String(); {
		case name == "params" && d.PeekKind() == '{':
			if params, err = oracleParams(d); err != nil {
				return "", "", nil, err
			}
		default:
			v, err := d.ReadValue()
			if err != nil {
				return "", "", nil, err
			}
			switch name {
			case "id":
				id = plain(v)
			case "method":
				method = plain(v)
			}
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return "", "", nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return "", "", nil, fmt.Errorf("it goes on: %w", err)
	}
	return id, method, params, nil
}

func oracleParams(d *jsontext.Decoder) (params []string, err error) {
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		p := name.String() + "="
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		params = append(params, p+plain(v))
	}
	_, err = d.ReadToken()
	return params, err
}

// plain returns a string decoded, anything else as it stands.
func plain(v jsontext.Value) string {
	if v.Kind() != '"' {
		return string(v)
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// FuzzRead holds the parser against the library: what it takes the library takes
// too, and reads alike; of what the library takes it refuses only what is no request.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"id":1,"method":"ping"}`,
		`{"id":"a","method":"v3/order.place","params":{"price":0.10,"quantity":"1","x":true,"y":null,"s":["A","B"]}}`,
		`{"id":null,"method":"\u0061\ud83d\ude00","params":{"é":"\/\n"}} `,
		`{"id":-1,"x":[{"a":{}}],"method":"m","params":{"o":{"a":1}}}`,
		`{"id":1e5,"method":"m"}`, `{"id":1,"method":"m","params":{"a":1,"a":2}}`, `{"a":{"b":1,"b":2},"method":"m"}`,
		"{\"method\":\"\xff\"}", `{"method":"\ud800"}`, `{"method":"m","params":{"n":-0.5E+7}}`,
	} {
		f.Add([]byte(seed))
	}
	var r request
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		refused := r.read(text)
		if !bytes.Equal(before, text) {
			t.Fatalf("%q was changed to %q", before, text)
		}
		id, method, params, err := oracle(text)
		if refused == nil && r.malformed == nil {
			if err != nil {
				t.Fatalf("%q is read as %s, but: %v", text, r.show(), err)
			}
			var got []string
			for _, p := range r.params {
				got = append(got, string(p.name)+"="+string(p.value))
			}
			if m := strings.TrimPrefix(method, "v3/"); string(r.method) != m || fmt.Sprint(got) != fmt.Sprint(params) {
				t.Fatalf("%q is read as %s, but is %s %q", text, r.show(), method, params)
			}
			if got := plain(r.appendID(nil)); got != id {
				t.Fatalf("%q has the id %s, but it is %s", text, got, id)
			}
			return
		}
		if refused == api.ErrRequest && err == nil && isRequest(text, id, method) {
			t.Fatalf("%q is refused", text)
		}
	})
}

// isRequest reports whether JSON is of the form of a request.
func isRequest(text []byte, id, method string) bool {
	var top struct{ id, method, params jsontext.Kind }
	d := jsontext.NewDecoder(bytes.NewReader(text))
	_, _ = d.ReadToken()
	for d.PeekKind() != '}' {
		name, _ := d.ReadToken()
		switch name.String() {
		case "id":
			top.id = d.PeekKind()
		case "method":
			top.method = d.PeekKind()
		case "params":
			top.params = d.PeekKind()
		}
		_ = d.SkipValue()
	}
	idOK := top.id == 0 || top.id == 'n' || top.id == '"' && utf8.RuneCountInString(id) <= maxID
	if top.id == '0' {
		_, err := strconv.ParseInt(id, 10, 64)
		idOK = err == nil
	}
	return idOK && method != "" && top.method == '"' && (top.params == 0 || top.params == 'n' || top.params == '{')
}
