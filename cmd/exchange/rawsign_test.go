package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// The published vectors were signed years ago, and what is late is refused before
// anybody looks at its signature. So these tests serve the whole exchange in this
// process, on a real listener, with one thing other than in the program: the clock
// that signed requests are held against stands where the vectors need it.

// standstill is an exchange whose clock of signed requests stands.
type standstill struct {
	t     *testing.T
	host  string
	keys  *auth.Store
	live  *live
	clock atomic.Int64 // nanoseconds since the epoch
	made  int          // keys
}

// openStanding serves an exchange whose clock stands a while before the first vector.
func openStanding(t *testing.T) *standstill {
	t.Helper()
	set, _ := newSettings()
	set.data, set.logLevel = pathFlag(t.TempDir()), levelFlag(slog.LevelError)
	set.set()
	srv := newServer(newConsole(io.Discard, io.Discard), set)
	keys, err := auth.Open("")
	if err != nil {
		t.Fatal(err)
	}
	s := &standstill{t: t, keys: keys}
	s.at(vectors[0].stamp - 10_000)
	srv.auth, srv.token = auth.New(auth.Options{Keys: keys, Wall: s.clock.Load}), "token"
	h, err := srv.openHouse()
	if err != nil {
		t.Fatal(err)
	}
	srv.house.Store(h)
	srv.ready.Store(true)
	srv.route()
	address, err := srv.gateway.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := srv.gateway.Serve(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		srv.shutdown(drainTimeout)
		serving.Wait()
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	s.host, s.live = address.String(), h.live
	s.fund()
	return s
}

// at puts the clock to a time in milliseconds.
func (s *standstill) at(ms int64) { s.clock.Store(ms * 1e6) }

// fund makes the market of the first vector, and an account that can pay for all.
func (s *standstill) fund() {
	s.t.Helper()
	spec := &msg.Symbol{Base: 4, Quote: 1, Tick: 1000, Lot: 1e5}
	spec.Name, _ = msg.ParseName("LTCBTC")
	ltc, _ := msg.ParseName("LTC")
	for _, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: ltc, Scale: 8},
		{Kind: msg.AddSymbol, Spec: spec},
		{Kind: msg.CreateAccount},
		{Kind: msg.Credit, Account: 1, Asset: 1, Amount: 1000 * 1e8, Transfer: 1},
		{Kind: msg.Credit, Account: 1, Asset: 3, Amount: 1e6 * 1e8, Transfer: 2},
	} {
		if _, err := order(context.Background(), s.live, &c); err != nil {
			s.t.Fatal(err)
		}
	}
}

// key adds a key of the vectors and returns its id. Each request needs another one:
// of one key the same bytes are not taken twice.
func (s *standstill) key(v *vector) string {
	s.t.Helper()
	s.made++
	id := fmt.Sprintf("key%d", s.made)
	s.add(id, v)
	return id
}

func (s *standstill) add(id string, v *vector) {
	s.t.Helper()
	d := auth.Draft{Account: 1, ID: id, Secret: v.secret, Public: v.public, Read: true, Trade: true}
	if _, _, err := s.keys.Add(d); err != nil {
		s.t.Fatal(err)
	}
}

// post sends an order as bytes.
func (s *standstill) post(key, query, body string) rawAnswer {
	s.t.Helper()
	if query != "" {
		query = "?" + query
	}
	return rawBytes(s.t, s.host, fmt.Sprintf("POST /api/v3/order%s HTTP/1.1\r\nHost: %s\r\nX-MBX-APIKEY: %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", query, s.host, key, len(body), body))
}

// vector is a published signature.
type vector struct {
	name      string
	secret    string // of HMAC
	public    string // of Ed25519
	stamp     int64
	payload   string
	signature string
	order     string // that the answer shows
}

const (
	vectorPublic = "MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="
	vectorOrder  = `"symbol":"BTCUSDT","price":"10000.00000000","origQty":"0.00100000"`
	vectorLong   = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=10000&recvWindow=5000&timestamp=1700000000000"
)

var vectors = []vector{ //nolint:gochecknoglobals // a table
	{
		name: "documented", secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j", stamp: 1499827319559,
		payload:   "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
		signature: "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
		order:     `"symbol":"LTCBTC","price":"0.10000000","origQty":"1.00000000"`,
	},
	{
		name: "HMAC", secret: "testsecret", stamp: 1700000000000, payload: vectorLong,
		signature: "8f4290be003255e95b16ea1fd6bc9e03fcdb09a28ba5e616b7182ff4d52b696b", order: vectorOrder,
	},
	{
		name: "Ed25519", public: vectorPublic, stamp: 1700000000000, payload: vectorLong,
		signature: "TCiDvnxbwYaOPlHB076sB2iYOguNeRLWjDhuqPsnc5OJyYCo3SeEm7ph8f9iB/U4IPrC7TKOjUoLVm+WV9X3Cg==", order: vectorOrder,
	},
}

// splitVector is the one whose query and body are signed with nothing in between.
var splitVector = vector{ //nolint:gochecknoglobals // a table
	name: "query and body", secret: "testsecret", stamp: 1700000000000,
	payload:   "timestamp=1700000000000|price=10000&quantity=0.001&side=BUY&symbol=BTCUSDT&timeInForce=GTC&type=LIMIT",
	signature: "33bff15a4d5fc52e999d9d2f20f01215af5a39fa3e15802d2611f4bb307182bd", order: vectorOrder,
}

// layout is how a signed request stands on the wire.
type layout struct{ name, query, body string }

// layouts returns every way in which clients send a payload with its signature.
func (v *vector) layouts() []layout {
	p, s := v.payload, "signature="+url.QueryEscape(v.signature)
	raw := "signature=" + v.signature
	first, rest, _ := strings.Cut(p, "&")
	head, tail, _ := strings.Cut(p, "timeInForce")
	tail = "timeInForce" + tail
	list := []layout{
		{"all in the query", p + "&" + s, ""},
		{"all in the body", "", p + "&" + s},
		{"the signature first", s + "&" + p, ""},
		{"the signature in the middle", first + "&" + s + "&" + rest, ""},
		{"the signature first, in the body", "", s + "&" + p},
		{"the body, and the signature in the query", s, p},
		{"the query, and the signature in the body", p, s},
		{"both, and the signature at the end of the body", head, tail + "&" + s},
		{"both, and the signature at the end of the query", head + "&" + s, tail}, // of two & it takes one along
	}
	if v.public == "" {
		return append(list, layout{"in capitals", p + "&signature=" + strings.ToUpper(v.signature), ""})
	}
	return append(
		list,
		layout{"not encoded, in the query", p + "&" + raw, ""},
		layout{"not encoded, in the body", "", p + "&" + raw},
		layout{"a space for each plus", p + "&signature=" + strings.ReplaceAll(v.signature, "+", "%20"), ""},
	)
}

// TestRawSignatureVectors sends the published vectors in every layout. Each places
// its order; the same with one character of the signature changed does not.
func TestRawSignatureVectors(t *testing.T) {
	s := openStanding(t)
	for i := range vectors {
		v := &vectors[i]
		s.at(v.stamp)
		for _, l := range v.layouts() {
			s.takes(v, l)
		}
	}
	query, body, _ := strings.Cut(splitVector.payload, "|")
	s.takes(&splitVector, layout{"the signature in the query", query + "&signature=" + splitVector.signature, body})
	s.takes(&splitVector, layout{"the signature in the body", query, body + "&signature=" + splitVector.signature})

	// With a separator between query and body it would be another signature.
	wrong := (&rawKey{secret: "testsecret"}).sign(query + "&" + body)
	if a := s.post(s.key(&splitVector), query+"&signature="+wrong, body); a.status != 400 || a.body != rawError(-1022, textSignature) {
		t.Errorf("query and body signed with a separator: %v", a)
	}
}

const textSignature = "Signature for this request is not valid."

// takes sends a vector in a layout, wrong, right, and once more.
func (s *standstill) takes(v *vector, l layout) {
	s.t.Helper()
	what := v.name + ", " + l.name
	key := s.key(v)
	broken := strings.NewReplacer("signature=c", "signature=d", "signature=8", "signature=9", "signature=C", "signature=D",
		"signature=3", "signature=4", "signature=T", "signature=U")
	if a := s.post(key, broken.Replace(l.query), broken.Replace(l.body)); a.status != 400 || a.body != rawError(-1022, textSignature) {
		s.t.Errorf("%s, changed: %v", what, a)
	}
	a := s.post(key, l.query, l.body)
	got := readRaw[map[string]json.RawMessage](s.t, a.body)
	shown := fmt.Sprintf(`"symbol":%s,"price":%s,"origQty":%s`, got["symbol"], got["price"], got["origQty"])
	if a.status != 200 || shown != v.order {
		s.t.Errorf("%s: %v", what, a)
	}
	if a := s.post(key, l.query, l.body); a.status != 400 || a.body != rawError(-1022, textSignature) {
		s.t.Errorf("%s, a second time: %v", what, a)
	}
}

// TestRawSignatureVectorsOverWebsocket sends the published vectors of the websocket
// API: an order, and a logon with Ed25519.
func TestRawSignatureVectorsOverWebsocket(t *testing.T) {
	s := openStanding(t)
	s.at(1700000000000)
	s.add("testkey", &vectors[1])
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+s.host+"/ws-api/v3?returnRateLimits=false", nil) //nolint:bodyclose // it is the connection
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // nothing is under way
	socket := &rawSocket{t: t, conn: conn}
	order := func(quantity, signature string) string {
		return fmt.Sprintf(`{"id":"a","method":"order.place","params":{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC",`+
			`"price":"10000","quantity":%s,"recvWindow":5000,"timestamp":1700000000000,"returnRateLimits":false,"apiKey":"testkey","signature":%q}}`,
			quantity, signature)
	}
	const signature = "35a1d4f3a65303fc0f8bb9584a9c51408374046d181aae06242687cb53b19d88"
	refused := `{"id":"a","status":400,"error":` + rawError(-1022, textSignature) + `}`
	rawMatch(t, "signed otherwise", refused, socket.ask(order(`"0.001"`, strings.Replace(signature, "3", "4", 1))), nil)
	rawMatch(t, "of another text of the same number", refused, socket.ask(order(`0.0010`, signature)), nil)
	got := socket.ask(order(`0.001`, signature)) // a number as it is written
	rawMatch(t, "the vector", fmt.Sprintf(`{"id":"a","status":200,"result":%s}`, fullOrder("BTCUSDT", "BUY", "0.00100000", "10000.00000000", "NEW")), got, nil)
	rawMatch(t, "again", refused, socket.ask(order(`"0.001"`, signature)), nil)

	if err := s.keys.Delete("testkey"); err != nil {
		t.Fatal(err)
	}
	s.add("testkey", &vectors[2])
	logon := func(signature string) string {
		return fmt.Sprintf(`{"id":1,"method":"session.logon","params":{"apiKey":"testkey","timestamp":1700000000000,"signature":%q}}`, signature)
	}
	const on = "lQE/jZ1U/2WGuEYq9hcTMUehkBg8t7+FInUn7lW+BBwY9ivG0dCM4OMYOGbeVdeGL1sTZNdjKoze6M7u+2LSDQ=="
	rawMatch(t, "a changed logon", `{"id":1,"status":400,"error":`+rawError(-1022, textSignature)+`}`, socket.ask(logon(strings.ToLower(on))), nil)
	rawMatch(t, "the logon", `{"id":1,"status":200,"result":{"apiKey":"testkey","authorizedSince":"<ms>","connectedSince":"<ms>","returnRateLimits":false,`+
		`"serverTime":"<ms>","userDataStream":false}}`, socket.ask(logon(on)), nil)
}

// fullOrder is the answer to a limit order that has not traded.
func fullOrder(symbol, side, quantity, price, status string) string {
	return fmt.Sprintf(`{"symbol":%q,"orderId":"<id>","orderListId":-1,"clientOrderId":"<name>","transactTime":"<ms>","price":%q,"origQty":%q,`+
		`"executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":%q,"timeInForce":"GTC","type":"LIMIT",`+
		`"side":%q,"workingTime":"<ms>","selfTradePreventionMode":"EXPIRE_MAKER","fills":[]}`, symbol, price, quantity, status, side)
}

// TestRawTimeWindow holds timestamps against a clock that stands: to the
// microsecond, in both units, with windows of all lengths.
func TestRawTimeWindow(t *testing.T) {
	const (
		now     = 1700000000000
		late    = "Timestamp for this request is outside of the recvWindow."
		early   = "Timestamp for this request was 1000ms ahead of the server's time."
		tooLong = "recvWindow must be less than 60000"
		form    = "Data sent for parameter 'recvWindow' is not valid."
		legal   = `Illegal characters found in parameter 'recvWindow'; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'.`
	)
	s := openStanding(t)
	s.at(now)
	k := rawKey{id: "k", secret: "s"}
	if _, _, err := s.keys.Add(auth.Draft{Account: 1, ID: "k", Secret: "s", Read: true, Trade: true}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stamp  string
		window string
		code   int
		text   string
	}{
		{"1700000000000", "", 0, ""},
		{"1700000000000000", "", 0, ""},
		{"1700000000999", "", 0, ""},
		{"1700000000999999", "", 0, ""},
		{"1700000001000", "", -1021, early},
		{"1700000001000000", "", -1021, early},
		{"1699999995000", "", 0, ""},
		{"1699999994999", "", -1021, late},
		{"1699999994999999", "", -1021, late},
		{"1699999995000", "5000", 0, ""},
		{"1699999995000", "4999", -1021, late},
		{"1699999994999999", "5000.001", 0, ""},
		{"1699999994999998", "5000.001", -1021, late},
		{"1699999999999", "1", 0, ""},
		{"1699999999999", "0.999", -1021, late},
		{"1699999940000", "60000", 0, ""},
		{"1699999939999", "60000", -1021, late},
		{"1700000000000", "0", 0, ""},
		{"1700000000000", "60000.001", -1131, tooLong},
		{"1700000000000", "60001", -1131, tooLong},
		{"1700000000000", "99999999999999999999", -1131, tooLong},
		{"1700000000000", "5000.0001", -1130, form},
		{"1700000000000", "-1", -1100, legal},
		{"1700000000000", "1e3", -1100, legal},
	} {
		query := "timestamp=" + c.stamp
		if c.window != "" {
			query = "recvWindow=" + c.window + "&" + query
		}
		a := rawBytes(t, s.host, fmt.Sprintf("GET /api/v3/openOrders?symbol=BTCUSDT&%s&signature=%s HTTP/1.1\r\nHost: %s\r\nX-MBX-APIKEY: k\r\nConnection: close\r\n\r\n",
			query, k.sign("symbol=BTCUSDT&"+query), s.host))
		switch want := rawError(c.code, c.text); {
		case c.code == 0 && (a.status != 200 || a.body != "[]"):
			t.Errorf("%s: %v", query, a)
		case c.code != 0 && (a.status != 400 || a.body != want):
			t.Errorf("%s: %v, want %s", query, a, want)
		}
	}
}

// TestRawPublicVector derives the public key of the Ed25519 vector from its seed,
// and the signature from both.
func TestRawPublicVector(t *testing.T) {
	private := ed25519.NewKeyFromSeed(slices.Repeat([]byte{7}, ed25519.SeedSize))
	k := rawKey{private: private}
	if got := k.sign(vectorLong); got != vectors[2].signature {
		t.Errorf("the signature is %s, want %s", got, vectors[2].signature)
	}
}

// TestRawLeadingAmpersand sends what a client library sends that has no parameters of
// its own: a query that begins with &, which it has signed.
func TestRawLeadingAmpersand(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	hmacKey := r.rich()
	edKey := r.edKey(hmacKey.account, 9)
	for _, k := range []*rawKey{&hmacKey, &edKey} {
		payload := "&timestamp=" + r.stampNow()
		for _, signature := range []string{url.QueryEscape(k.sign(payload)), k.sign(payload)} {
			a := r.ask("GET", "/api/v3/openOrders?"+payload+"&signature="+signature, "", "X-MBX-APIKEY", k.id)
			r.expect("a query that begins with &", a, 200, "[]")
		}
		a := r.ask("GET", "/api/v3/openOrders?"+payload+"&signature="+url.QueryEscape(k.sign(payload[1:])), "", "X-MBX-APIKEY", k.id)
		r.refused("signed without the &", a, 400, -1022, textSignature)
		a = r.ask("GET", "/api/v3/openOrders?"+payload[1:]+"&signature="+url.QueryEscape(k.sign(payload)), "", "X-MBX-APIKEY", k.id)
		r.refused("sent without the &", a, 400, -1022, textSignature)
	}
	k := &hmacKey
	const order = "&symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=10000"
	payload := order + "&timestamp=" + r.stampNow()
	r.expect("an order whose query begins with &", r.ask("POST", "/api/v3/order?"+payload+"&signature="+k.sign(payload), "", "X-MBX-APIKEY", k.id),
		200, fullOrder("BTCUSDT", "BUY", "0.00100000", "10000.00000000", "NEW"))
	payload = order + "&timestamp=" + r.stampNow()
	r.expect("an order whose body begins with &", r.ask("POST", "/api/v3/order", payload+"&signature="+k.sign(payload), "X-MBX-APIKEY", k.id),
		200, fullOrder("BTCUSDT", "BUY", "0.00100000", "10000.00000000", "NEW"))
}
