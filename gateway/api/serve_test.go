package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// probe is a signed method that answers with the account it was called for.
func probe(s Security) *Method {
	return &Method{
		Security: s, Weight: weighs(1),
		Params: []Spec{
			oneSymbol(),
			{Name: "side", Kind: Enum, Values: []string{"BUY", "SELL"}, Invalid: ErrSide},
			{Name: "price", Kind: Decimal},
		},
		Run: func(_ *API, c *Call) error {
			c.Out = strconv.AppendUint(append(c.Out, "account "...), uint64(c.Account), 10)
			if c.Params.Is("price", "13") {
				return OrderError("Unlucky.")
			}
			return nil
		},
	}
}

// signer is a key of an account with its secret.
type signer struct {
	id     string
	secret string
}

func (a *testAPI) signer(t *testing.T, id string, read, trade bool) signer {
	t.Helper()
	_, secret, err := a.keys.Add(auth.Draft{Account: bob, ID: id, Read: read, Trade: trade})
	if err != nil {
		t.Fatal(err)
	}
	return signer{id, secret}
}

// call returns a call of s with a query, to which the time is added.
func (s signer) call(t *testing.T, query string, wall int64) *Call {
	t.Helper()
	query = fmt.Sprintf("%s&timestamp=%d", query, wall/1e6)
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write([]byte(query))
	c := &Call{Key: []byte(s.id), Payload: []byte(query), Signature: []byte(hex.EncodeToString(mac.Sum(nil)))}
	addQuery(t, &c.Params, query)
	return c
}

// TestSigned calls a signed method as it should be called.
func TestSigned(t *testing.T) {
	a := newTestAPI(t, Limits{})
	s := a.signer(t, "bob", true, true)
	for _, security := range []Security{Signed, Read, Trade} {
		c := s.call(t, "symbol=BTCUSDT&side=BUY&security="+strconv.Itoa(int(security)), a.wall)
		if err := a.Serve(probe(security), c); err != nil {
			t.Fatal(err)
		}
		if got, want := string(c.Out), "account 2"; got != want || c.Market.Name() != "BTCUSDT" || c.Caller.ID != "bob" {
			t.Errorf("got %s by %s of %s, want %s", got, c.Caller, c.Market.Name(), want)
		}
		if err := a.InTime(c); err != nil {
			t.Errorf("just before: %v", err)
		}
		a.wall += 6000 * ms
		if err := a.InTime(c); err != ErrLate {
			t.Errorf("six seconds later: got %v", err)
		}
	}
}

// TestKeyOnly calls a method that wants a key and no signature.
func TestKeyOnly(t *testing.T) {
	a := newTestAPI(t, Limits{})
	m := &Method{Security: KeyOnly, Weight: weighs(1), Run: probe(Read).Run}
	c := &Call{Key: []byte("ann")}
	if err := a.Serve(m, c); err != nil || string(c.Out) != "account 1" {
		t.Errorf("got %s, %v", c.Out, err)
	}
	for key, want := range map[string]*Error{"": ErrKeyFormat, "a b": ErrKeyFormat, "carl": ErrKey} {
		if err := a.Serve(m, &Call{Key: []byte(key)}); err != want {
			t.Errorf("key %q: got %v, want %v", key, err, want)
		}
	}
}

// TestKeyAddresses calls with keys that are good from some addresses only: from
// elsewhere each is refused as one that is not known, whatever it asks for.
func TestKeyAddresses(t *testing.T) {
	a := newTestAPI(t, Limits{})
	listed := auth.Draft{
		Account: bob, ID: "listed", Read: true, Trade: true,
		From: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32")},
	}
	key, secret, err := a.keys.Add(listed)
	if err != nil {
		t.Fatal(err)
	}
	s := signer{"listed", secret}
	for i, c := range []struct {
		from string
		want *Error
	}{{"10.1.2.3", nil}, {"192.0.2.1", nil}, {"192.0.2.2", ErrKey}, {"127.0.0.1", ErrKey}, {"2001:db8::1", ErrKey}, {"", ErrKey}} {
		from, _ := netip.ParseAddr(c.from)
		for _, security := range []Security{Signed, Read, Trade} {
			call := s.call(t, fmt.Sprintf("symbol=BTCUSDT&n=%d.%d", i, security), a.wall)
			call.Client = from
			if err := a.Serve(probe(security), call); err != c.want {
				t.Errorf("from %q, security %d: got %v, want %v", c.from, security, err, c.want)
			}
			call = s.call(t, "symbol=BTCUSDT", a.wall)
			call.Client, call.Signature = from, []byte("wrong")
			if err := a.Serve(probe(security), call); err == nil || c.want != nil && err != c.want {
				t.Errorf("from %q with a wrong signature, security %d: got %v", c.from, security, err)
			}
		}
		keyed := &Call{Key: []byte("listed"), Client: from}
		if err := a.Serve(&Method{Security: KeyOnly, Weight: weighs(1), Run: probe(Read).Run}, keyed); err != c.want {
			t.Errorf("from %q with the key alone: got %v, want %v", c.from, err, c.want)
		}
		session := &Call{Session: key, Client: from}
		addQuery(t, &session.Params, fmt.Sprintf("symbol=BTCUSDT&timestamp=%d", a.wall/1e6))
		if err := a.Serve(probe(Trade), session); err != nil { // its connection comes from where the logon came from
			t.Errorf("from %q in a session: %v", c.from, err)
		}
	}
}

// TestSession calls with nothing but the time on behalf of who has logged on.
func TestSession(t *testing.T) {
	a := newTestAPI(t, Limits{})
	call := func(query string) *Call {
		c := &Call{Session: a.key}
		addQuery(t, &c.Params, query)
		return c
	}
	now := strconv.FormatInt(a.wall/1e6, 10)
	c := call("symbol=BTCUSDT&timestamp=" + now)
	if err := a.Serve(probe(Trade), c); err != nil || string(c.Out) != "account 1" {
		t.Errorf("got %s, %v", c.Out, err)
	}
	if err := a.Serve(probe(Trade), call("symbol=BTCUSDT")); err == nil || err.Text != MandatoryError("timestamp").Text {
		t.Errorf("without a time: got %v", err)
	}
	if err := a.Serve(probe(Trade), call("symbol=BTCUSDT&timestamp=1")); err != ErrLate {
		t.Errorf("with an old time: got %v", err)
	}
	other := a.signer(t, "bob", true, true)
	c = other.call(t, "symbol=BTCUSDT", a.wall)
	c.Session = a.key
	if err := a.Serve(probe(Trade), c); err != nil || string(c.Out) != "account 2" {
		t.Errorf("with another key: got %s, %v", c.Out, err)
	}
	c = other.call(t, "symbol=BTCUSDT", a.wall)
	c.Session, c.Signature = a.key, nil
	if err := a.Serve(probe(Trade), c); err == nil || err.Text != MandatoryError("signature").Text {
		t.Errorf("with another key and no signature: got %v", err)
	}
	c = call("symbol=BTCUSDT&timestamp=" + now)
	c.Signature, c.Payload = []byte(strings.Repeat("0", 64)), []byte("timestamp="+now)
	if err := a.Serve(probe(Trade), c); err != ErrSignature {
		t.Errorf("with a wrong signature: got %v", err)
	}
}

// TestCheckOrder makes one mistake after another in a call with all of them, from
// the one that is found first to the one that is found last.
func TestCheckOrder(t *testing.T) {
	a := newTestAPI(t, Limits{Enforce: true, Weight: 1000})
	full, reader := a.signer(t, "full", true, true), a.signer(t, "reader", true, false)
	wrong := signer{"full", "wrong"}
	const symbol, side, price = "symbol=NONE", "&side=UP", "&price=1e9"
	overweight := probe(Trade)
	overweight.Weight = weighs(1_000_000)
	late := a.wall - 100_000*ms
	calls := []struct {
		name string
		m    *Method
		c    *Call
		want string
	}{
		{"weight", overweight, signer{"", ""}.call(t, side+price, late), "Too much request weight used; current limit is 1000 request weight per 1 MINUTE. " +
			"Please use WebSocket Streams for live updates to avoid polling the API."},
		{"no key", probe(Trade), signer{"", ""}.call(t, side+price, late), "API-key format invalid."},
		{"unknown key", probe(Trade), signer{"none", ""}.call(t, side+price, late), "Invalid API-key, IP, or permissions for action."},
		{"mandatory", probe(Trade), wrong.call(t, side+price, late), "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."},
		{"form", probe(Trade), wrong.call(t, symbol+side+price, late), "Illegal characters found in parameter 'price'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."},
		{"window form", probe(Trade), wrong.call(t, symbol+side+"&recvWindow=1s", late), "Illegal characters found in parameter 'recvWindow'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."},
		{"window decimals", probe(Trade), wrong.call(t, symbol+side+"&recvWindow=1.2345", late), "Data sent for parameter 'recvWindow' is not valid."},
		{"window size", probe(Trade), wrong.call(t, symbol+side+"&recvWindow=60001", late), "recvWindow must be less than 60000"},
		{"late", probe(Trade), wrong.call(t, symbol+side, late), "Timestamp for this request is outside of the recvWindow."},
		{"early", probe(Trade), wrong.call(t, symbol+side, a.wall+second), "Timestamp for this request was 1000ms ahead of the server's time."},
		{"signature", probe(Trade), wrong.call(t, symbol+side, a.wall), "Signature for this request is not valid."},
		{"permission", probe(Trade), reader.call(t, symbol+side, a.wall), "Invalid API-key, IP, or permissions for action."},
		{"symbol", probe(Trade), full.call(t, symbol+side, a.wall), "Invalid symbol."},
		{"enumeration", probe(Trade), full.call(t, "symbol=BTCUSDT"+side, a.wall), "Invalid side."},
		{"method", probe(Trade), full.call(t, "symbol=BTCUSDT&price=13", a.wall), "Unlucky."},
	}
	for _, k := range calls {
		a.clients.weights.counts = nil // so that only the first is too heavy
		k.c.Out = append(k.c.Out, "before"...)
		err := a.Serve(k.m, k.c)
		if err == nil || err.Text != k.want {
			t.Errorf("%s: got %v, want %s", k.name, err, k.want)
		}
		if string(k.c.Out) != "before" {
			t.Errorf("%s: answered %s", k.name, k.c.Out)
		}
	}
}

// TestReplay sends the same call twice: one that changes something is good once.
func TestReplay(t *testing.T) {
	a := newTestAPI(t, Limits{})
	s := a.signer(t, "bob", true, true)
	for security, want := range map[Security]*Error{Read: nil, Trade: ErrSignature} {
		c := s.call(t, "symbol=BTCUSDT&security="+strconv.Itoa(int(security)), a.wall)
		if err := a.Serve(probe(security), c); err != nil {
			t.Fatal(err)
		}
		if err := a.Serve(probe(security), c); err != want {
			t.Errorf("security %d: got %v, want %v", security, err, want)
		}
	}
}

// TestMalformed refuses what the carrier could not read, after the key is known.
func TestMalformed(t *testing.T) {
	a := newTestAPI(t, Limits{})
	c := Call{Malformed: ErrRequest}
	if err := a.Serve(probe(Read), &c); err != ErrKeyFormat {
		t.Errorf("without a key: got %v", err)
	}
	if err := a.Serve(a.method(t, "GET", "/api/v3/ping"), &c); err != ErrRequest {
		t.Errorf("got %v", err)
	}
}

// TestFromExchange says what the outcome of a command is in the words of the wire
// format.
func TestFromExchange(t *testing.T) {
	for err, want := range map[error]int{
		gateway.ErrBusy:                            -1008,
		gateway.ErrFull:                            -1008,
		gateway.ErrStorage:                         -1008,
		gateway.ErrBarred:                          -1020,
		gateway.ErrStopped:                         -1001,
		gateway.ErrUnknown:                         -1006,
		context.DeadlineExceeded:                   -1007,
		context.Canceled:                           -1007,
		errors.New("something else"):               -1000,
		fmt.Errorf("wrapped: %w", gateway.ErrBusy): -1008,
	} {
		if got := FromExchange(err); got.Code != want {
			t.Errorf("%v: got %v, want %d", err, got, want)
		}
	}
}

// TestFromAuth says why a caller was refused in the words of the wire format.
func TestFromAuth(t *testing.T) {
	for err, want := range map[error]int{
		auth.ErrKeyForm:     -2014,
		auth.ErrUnknownKey:  -2015,
		auth.ErrStampForm:   -1102,
		auth.ErrWindowForm:  -1130,
		auth.ErrWindowRange: -1131,
		auth.ErrLate:        -1021,
		auth.ErrEarly:       -1021,
		auth.ErrSignature:   -1022,
		auth.ErrReplayed:    -1022,
		auth.ErrCrowded:     -1008,
		errors.New("other"): -1000,
	} {
		if got := FromAuth(err); got.Code != want {
			t.Errorf("%v: got %v, want %d", err, got, want)
		}
	}
}

// TestErrorOfMethod makes an internal error of one that is no refusal.
func TestErrorOfMethod(t *testing.T) {
	a := newTestAPI(t, Limits{})
	for _, c := range []struct{ err, want error }{
		{errors.New("surprise"), ErrInternal},
		{fmt.Errorf("wrapped: %w", ErrSymbol), ErrSymbol},
		{ErrSide, ErrSide},
	} {
		m := &Method{Weight: weighs(1), Run: func(*API, *Call) error { return c.err }}
		if got := a.Serve(m, &Call{}); !errors.Is(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.err, got, c.want)
		}
	}
}

// TestManyAtOnce reads while the exchange trades, from several goroutines, each with
// a call of its own.
func TestManyAtOnce(t *testing.T) {
	a := newTestAPI(t, Limits{})
	var readers sync.WaitGroup
	done := make(chan struct{})
	for _, path := range []string{"depth", "ticker/24hr", "ticker/bookTicker", "trades", "exchangeInfo"} {
		m := a.method(t, "GET", "/api/v3/"+path)
		readers.Go(func() {
			var c Call
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				c.Reset()
				c.Params.Add([]byte("symbol"), []byte("BTCUSDT"))
				if err := a.Serve(m, &c); err != nil || !json.Valid(c.Out) {
					t.Errorf("%s: got %s, %v", path, c.Out, err)
					return
				}
			}
		})
	}
	for i := range 2000 {
		a.exchange.place(t, ann, btcusdt, msg.Side(i%2), msg.Price(1000+i%7), 10)
	}
	close(done)
	readers.Wait()
}
