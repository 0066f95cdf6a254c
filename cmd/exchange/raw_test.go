package main

import (
	"bufio"
	"cmp"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/gorilla/websocket"
)

// What the raw tests share. They look at the exchange as the wire format describes
// it, without any client library between: requests are written as they stand on the
// wire, and answers are held against JSON that is written out. The clock of the
// exchange stands, so that also the times in them are known.

const (
	rawTime  = "2026-03-02T10:30:00Z" // where the clock stands
	rawStart = int64(1772447400000)   // the same, as the wire format has it
)

// rawVenue is an exchange that a process serves.
type rawVenue struct {
	*venue

	http  *http.Client
	stamp stamps            // of requests
	vars  map[string]string // of patterns in what is wanted
	conns []*websocket.Conn
}

// openRaw serves an exchange whose clock stands.
func openRaw(t *testing.T, flags ...string) *rawVenue {
	t.Helper()
	return openRawIn(t, t.TempDir(), append(flags, "--clock", "sim="+rawTime)...)
}

// openRawIn serves an exchange on a directory.
func openRawIn(t *testing.T, dir string, flags ...string) *rawVenue {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &rawVenue{
		venue: openVenue(t, dir, flags...), vars: make(map[string]string),
		http: &http.Client{Transport: transport, Timeout: time.Minute},
	}
}

// advance moves the clock of the exchange.
func (r *rawVenue) advance(d time.Duration) {
	r.t.Helper()
	r.must("POST", "/x/v1/clock", fmt.Sprintf(`{"advance_ns":%d}`, d.Nanoseconds()))
}

// rawKey is a key of an account, of either kind.
type rawKey struct {
	account int64
	id      string
	secret  string             // of HMAC
	private ed25519.PrivateKey // of Ed25519; nil for HMAC
}

// sign returns the signature of a payload as it is before any encoding.
func (k *rawKey) sign(payload string) string {
	if k.private != nil {
		return base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, []byte(payload)))
	}
	mac := hmac.New(sha256.New, []byte(k.secret))
	_, _ = mac.Write([]byte(payload)) // it never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// trader makes an account with funds and a key of HMAC.
func (r *rawVenue) trader(funds ...holding) rawKey {
	r.t.Helper()
	id, key := r.customer(funds...)
	return rawKey{account: id, id: key.ID, secret: key.Secret}
}

// rich makes an account with more than any test spends.
func (r *rawVenue) rich() rawKey {
	r.t.Helper()
	return r.trader(holding{"BTC", "1000"}, holding{"ETH", "1000"}, holding{"USDT", "10000000"})
}

// edKey adds a key of Ed25519 to an account.
func (r *rawVenue) edKey(account int64, seed byte) rawKey {
	r.t.Helper()
	private := ed25519.NewKeyFromSeed(slices.Repeat([]byte{seed}, ed25519.SeedSize))
	der := append([]byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"), private.Public().(ed25519.PublicKey)...) // SubjectPublicKeyInfo
	answer := r.must("POST", fmt.Sprintf("/x/v1/accounts/%d/keys", account),
		fmt.Sprintf(`{"type":"ed25519","public_key":%q}`, base64.StdEncoding.EncodeToString(der)))
	var v struct{ Key string }
	if err := json.Unmarshal([]byte(answer), &v); err != nil {
		r.t.Fatal(err)
	}
	k := rawKey{account: account, id: v.Key, private: private}
	// What a process before this one may have taken is not taken again: for a key that
	// it may have known, requests of the first second are refused.
	eventually(r.t, func() error {
		if a := r.call(&k, "GET", "/api/v3/openOrders", ""); a.status != 200 {
			return fmt.Errorf("%v", a)
		}
		return nil
	})
	return k
}

// stampNow returns a timestamp in microseconds that no other request has.
func (r *rawVenue) stampNow() string { return strconv.FormatInt(r.stamp.next(), 10) }

// rawAnswer is what came back.
type rawAnswer struct {
	status int
	header http.Header
	body   string
}

func (a rawAnswer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// ask sends a request. What follows the body are names and values of headers.
func (r *rawVenue) ask(verb, target, body string, headers ...string) rawAnswer {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), verb, r.url+"/", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	path, query, asked := strings.Cut(target, "?")
	q.URL = &url.URL{Scheme: "http", Host: q.URL.Host, Path: path, RawQuery: query, ForceQuery: asked}
	if body != "" {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.http.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return rawAnswer{resp.StatusCode, resp.Header, string(text)}
}

// get asks for what anybody may know.
func (r *rawVenue) get(target string) rawAnswer {
	r.t.Helper()
	return r.ask("GET", target, "")
}

// sign returns a query with timestamp and signature at its end.
func (r *rawVenue) sign(k *rawKey, query string) string {
	query = strings.TrimPrefix(query+"&timestamp="+r.stampNow(), "&")
	return query + "&signature=" + url.QueryEscape(k.sign(query))
}

// call sends a signed request with all parameters in the query.
func (r *rawVenue) call(k *rawKey, verb, path, query string) rawAnswer {
	r.t.Helper()
	return r.ask(verb, path+"?"+r.sign(k, query), "", "X-MBX-APIKEY", k.id)
}

// place places an order, which must be taken, and returns the answer.
func (r *rawVenue) place(k *rawKey, query string) rawOrder {
	r.t.Helper()
	a := r.call(k, "POST", "/api/v3/order", query+"&newOrderRespType=FULL")
	if a.status != 200 {
		r.t.Fatalf("order %s: %v", query, a)
	}
	return readRaw[rawOrder](r.t, a.body)
}

// limit places a limit order of BTCUSDT.
func (r *rawVenue) limit(k *rawKey, side, quantity, price string) rawOrder {
	r.t.Helper()
	return r.place(k, "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&side="+side+"&quantity="+quantity+"&price="+price)
}

// rawOrder is as much of an order as tests need to go on.
type rawOrder struct {
	ID       int64  `json:"orderId"`
	Name     string `json:"clientOrderId"`
	Status   string `json:"status"`
	Executed string `json:"executedQty"`
	Quantity string `json:"origQty"`
	Time     int64  `json:"transactTime"`
}

// readRaw reads JSON.
func readRaw[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// rawBytes sends a request as bytes, and reads what comes back.
func rawBytes(t *testing.T, host, request string) rawAnswer {
	t.Helper()
	c, err := net.DialTimeout("tcp", host, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // all was read
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all was read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rawAnswer{resp.StatusCode, resp.Header, string(text)}
}

// host returns host and port of the exchange.
func (r *rawVenue) host() string { return strings.TrimPrefix(r.url, "http://") }

// rawSocket is a websocket of which one goroutine asks and reads.
type rawSocket struct {
	t      *testing.T
	venue  *rawVenue
	conn   *websocket.Conn
	last   int
	events []string // that came while an answer was awaited
}

// rawPatience is how long a message may be under way.
const rawPatience = 20 * time.Second

// dial opens a websocket at a path.
func (r *rawVenue) dial(path string) *rawSocket {
	r.t.Helper()
	d := websocket.Dialer{HandshakeTimeout: rawPatience}
	conn, resp, err := d.DialContext(r.t.Context(), "ws://"+r.host()+path, nil) //nolint:bodyclose // it is the connection
	if err != nil {
		r.t.Fatalf("open %s: %v %v", path, resp, err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	r.conns = append(r.conns, conn)
	return &rawSocket{t: r.t, venue: r, conn: conn}
}

// hangUp closes all websockets, so that an exchange that stops waits for none.
func (r *rawVenue) hangUp() {
	for _, conn := range r.conns {
		_ = conn.Close()
	}
	r.conns = nil
}

// send sends a message.
func (s *rawSocket) send(text string) {
	s.t.Helper()
	if err := s.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		s.t.Fatalf("send %s: %v", text, err)
	}
}

// read reads the next message.
func (s *rawSocket) read() string {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(rawPatience)); err != nil {
		s.t.Fatal(err)
	}
	_, text, err := s.conn.ReadMessage()
	if err != nil {
		s.t.Fatalf("read a message: %v", err)
	}
	return string(text)
}

// answer reads up to the next message that answers something, and keeps the events
// before it.
func (s *rawSocket) answer() string {
	s.t.Helper()
	for {
		text := s.read()
		if v := readRaw[map[string]json.RawMessage](s.t, text); v["id"] != nil {
			return text
		}
		s.events = append(s.events, text)
	}
}

// event returns the next event.
func (s *rawSocket) event() string {
	s.t.Helper()
	if len(s.events) > 0 {
		text := s.events[0]
		s.events = s.events[1:]
		return text
	}
	return s.read()
}

// ask sends a message and returns what answers it.
func (s *rawSocket) ask(text string) string {
	s.t.Helper()
	s.send(text)
	return s.answer()
}

// call sends a request of the websocket API, whose parameters are written as in a
// query, and returns the answer. It is signed unless k is nil.
func (s *rawSocket) call(k *rawKey, method, query string) string {
	s.t.Helper()
	s.last++
	return s.ask(fmt.Sprintf(`{"id":%d,"method":%q,"params":%s}`, s.last, method, s.venue.params(k, query)))
}

// params returns parameters as JSON. Those of a query of k are signed.
func (r *rawVenue) params(k *rawKey, query string) string {
	list := rawParams(query)
	if k != nil {
		list = append(list, [2]string{"apiKey", k.id}, [2]string{"timestamp", r.stampNow()})
		slices.SortFunc(list, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
		var payload []string
		for _, p := range list {
			payload = append(payload, p[0]+"="+p[1])
		}
		list = append(list, [2]string{"signature", k.sign(strings.Join(payload, "&"))})
	}
	var b strings.Builder
	for i, p := range list {
		b.WriteString([]string{"{", ","}[min(i, 1)])
		if value := p[1]; strings.HasPrefix(value, "[") {
			fmt.Fprintf(&b, "%q:%s", p[0], value)
		} else {
			fmt.Fprintf(&b, "%q:%q", p[0], value)
		}
	}
	if len(list) == 0 {
		return "{}"
	}
	return b.String() + "}"
}

// rawParams takes a query apart.
func rawParams(query string) (list [][2]string) {
	for part := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(part, "="); ok {
			list = append(list, [2]string{name, value})
		}
	}
	return list
}

// result returns the result of an answer of the websocket API, or its error.
func rawResult(t *testing.T, answer string) (status int, result, refused string) {
	t.Helper()
	v := readRaw[struct {
		Status int
		Result json.RawMessage
		Error  json.RawMessage
	}](t, answer)
	return v.Status, string(v.Result), string(v.Error)
}

// skipTo reads events up to one that has a text in it.
func (r *rawVenue) skipTo(s *rawSocket, text string) string {
	r.t.Helper()
	for {
		if got := s.event(); strings.Contains(got, text) {
			return got
		}
	}
}

// readExact reads JSON whose names differ in case only.
func readExact[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := jsonv2.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
