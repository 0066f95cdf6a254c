package main

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// What the tests of security share: an exchange as a process, keys of all kinds for
// it, and requests over HTTP and websockets of which every byte is the test's own.

// gate is an exchange that a process serves, and requests to it.
type gate struct {
	*venue

	stamp stamps // of requests
	from  map[string]*http.Client
}

// The addresses from which requests come. All of them are this machine.
const (
	hereAddress  = "127.0.0.1"
	thereAddress = "127.0.0.2"
)

// openGate serves an exchange on a directory until the test ends.
func openGate(t *testing.T, dir string, flags ...string) *gate {
	t.Helper()
	g := &gate{venue: openVenue(t, dir, flags...), from: make(map[string]*http.Client)}
	for _, address := range []string{hereAddress, thereAddress} {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
		tr := &http.Transport{DisableCompression: true, DialContext: d.DialContext, MaxIdleConnsPerHost: 256}
		t.Cleanup(tr.CloseIdleConnections)
		g.from[address] = &http.Client{Transport: tr, Timeout: time.Minute}
	}
	return g
}

// pass is a key of the trading API with what signs for it.
type pass struct {
	id      string
	account int64
	secret  string             // of HMAC
	private ed25519.PrivateKey // of Ed25519, else nil
}

// sign signs a payload, as it is sent but for the encoding of URLs.
func (p *pass) sign(payload string) string {
	if p.private != nil {
		return base64.StdEncoding.EncodeToString(ed25519.Sign(p.private, []byte(payload)))
	}
	sum := hmac.New(sha256.New, []byte(p.secret))
	sum.Write([]byte(payload))
	return hex.EncodeToString(sum.Sum(nil))
}

// holder makes an account with funds.
func (g *gate) holder(funds ...holding) int64 {
	g.t.Helper()
	id, err := g.operator.CreateAccount(g.t.Context(), "")
	for i, f := range funds {
		if err == nil {
			err = g.operator.Credit(g.t.Context(), id, f.asset, f.amount, int64(i+1))
		}
	}
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

// plenty is what an account has that lacks nothing.
func plenty() []holding { return []holding{{"BTC", "1000"}, {"USDT", "100000000"}} }

// issue makes a key of an account with a generated secret. Permissions are a JSON
// array.
func (g *gate) issue(account int64, permissions string) *pass {
	g.t.Helper()
	p := &pass{account: account}
	made := g.must("POST", fmt.Sprintf("/x/v1/accounts/%d/keys", account), `{"type":"hmac","permissions":`+permissions+`}`)
	var v struct{ Key, Secret string }
	if err := json.Unmarshal([]byte(made), &v); err != nil {
		g.t.Fatal(err)
	}
	p.id, p.secret = v.Key, v.Secret
	return p
}

// bothPermissions are those of a key that may do all that its account may.
const bothPermissions = `["read","trade"]`

// newcomer makes an account with all it needs, and a key that may do everything.
func (g *gate) newcomer() *pass {
	g.t.Helper()
	return g.issue(g.holder(plenty()...), bothPermissions)
}

// issueEd makes an Ed25519 key of an account. Its private side follows from seed.
func (g *gate) issueEd(account int64, seed byte) *pass {
	g.t.Helper()
	p := &pass{account: account, private: ed25519.NewKeyFromSeed(slices.Repeat([]byte{seed}, ed25519.SeedSize))}
	der, err := x509.MarshalPKIXPublicKey(p.private.Public())
	if err != nil {
		g.t.Fatal(err)
	}
	made := g.must("POST", fmt.Sprintf("/x/v1/accounts/%d/keys", account),
		fmt.Sprintf(`{"type":"ed25519","public_key":%q}`, base64.StdEncoding.EncodeToString(der)))
	var v struct{ Key string }
	if err := json.Unmarshal([]byte(made), &v); err != nil {
		g.t.Fatal(err)
	}
	p.id = v.Key
	return p
}

// now returns a timestamp, in microseconds, that no request has had.
func (g *gate) now() int64 { return g.stamp.next() }

// decimalID writes an id or a time as it is sent.
func decimalID(n int64) string { return strconv.FormatInt(n, 10) }

// errand is a request as it is sent.
type errand struct {
	verb, path, query, body string
	key                     string
	token                   string
	address                 string // from which it comes; empty is hereAddress
}

// told is an answer.
type told struct {
	status int
	code   int // of the wire format, zero when it says none
	body   string
	header http.Header
}

func (a told) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// try sends a request.
func (g *gate) try(q errand) (told, error) {
	base, err := url.Parse(g.url)
	if err != nil {
		return told{}, fmt.Errorf("read the URL: %w", err)
	}
	if q.address == "" {
		q.address = hereAddress
	}
	r := (&http.Request{
		Method: q.verb, URL: &url.URL{Scheme: base.Scheme, Host: base.Host, Path: q.path, RawQuery: q.query},
		Header: make(http.Header), Body: io.NopCloser(strings.NewReader(q.body)), ContentLength: int64(len(q.body)),
	}).WithContext(g.t.Context())
	if q.body == "" {
		r.Body = http.NoBody
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if q.key != "" {
		r.Header.Set("X-Mbx-Apikey", q.key)
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	resp, err := g.from[q.address].Do(r)
	if err != nil {
		return told{}, fmt.Errorf("send a request: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return told{}, fmt.Errorf("read an answer: %w", err)
	}
	return newTold(resp.StatusCode, resp.Header, string(b)), nil
}

func newTold(status int, header http.Header, body string) told {
	var v struct {
		Code json.RawMessage `json:"code"`
	}
	a := told{status: status, header: header, body: body}
	if json.Unmarshal([]byte(body), &v) == nil { // a list has no code
		_ = json.Unmarshal(v.Code, &a.code) // nor has an operator's answer one that is a number
	}
	return a
}

// send sends a request that has to be answered.
func (g *gate) send(q errand) told {
	g.t.Helper()
	a, err := g.try(q)
	if err != nil {
		g.t.Fatalf("%s %s?%s: %v\n%s", q.verb, q.path, q.query, err, g.complaints())
	}
	return a
}

// signed returns a request with all parameters in the query.
func (g *gate) signed(p *pass, verb, path, params string) errand {
	query := fmt.Sprintf("%s&timestamp=%d", params, g.now())
	query = strings.TrimPrefix(query, "&")
	return errand{verb: verb, path: path, key: p.id, query: query + "&signature=" + url.QueryEscape(p.sign(query))}
}

// query sends a signed request.
func (g *gate) query(p *pass, verb, path, params string) told {
	g.t.Helper()
	return g.send(g.signed(p, verb, path, params))
}

// limitOrder are the parameters of a limit order.
func limitOrder(side, quantity, price string) string {
	return "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&side=" + side + "&quantity=" + quantity + "&price=" + price
}

// openOrder places an order that is taken, and returns its id.
func (g *gate) openOrder(p *pass, params string) int64 {
	g.t.Helper()
	a := g.query(p, "POST", "/api/v3/order", params)
	var v struct {
		OrderID int64 `json:"orderId"`
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status != 200 {
		g.t.Fatalf("order %s: %s", params, a)
	}
	return v.OrderID
}

// briefly has a process not linger at its end, which the race detector makes it do
// for a second.
func briefly(cmd *exec.Cmd) *exec.Cmd {
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10")
	return cmd
}

// unchanged returns what checks that the exchange is where it was.
func (g *gate) unchanged() (check func(what string)) {
	g.t.Helper()
	seq, digest, journal := g.status()
	return func(what string) {
		g.t.Helper()
		if s, d, j := g.status(); s != seq || d != digest || j != journal {
			g.t.Errorf("%s: the exchange was at %d with digest %s, and is at %d with %s", what, seq, digest, s, d)
		}
	}
}

// talk is a connection to the websocket API.
type talk struct {
	t    *testing.T
	gate *gate
	ws   *websocket.Conn
	last int
}

// talk opens a connection to the websocket API.
func (g *gate) talk() *talk { return g.talkFrom(hereAddress) }

// talkFrom opens one from an address.
func (g *gate) talkFrom(address string) *talk {
	g.t.Helper()
	return &talk{t: g.t, gate: g, ws: g.socketFrom(address, "/ws-api/v3?returnRateLimits=false")}
}

// socket opens a websocket.
func (g *gate) socket(path string) *websocket.Conn { return g.socketFrom(hereAddress, path) }

func (g *gate) socketFrom(address, path string) *websocket.Conn {
	g.t.Helper()
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	d := websocket.Dialer{NetDialContext: from.DialContext, HandshakeTimeout: time.Minute}
	ws, resp, err := d.DialContext(g.t.Context(), "ws"+strings.TrimPrefix(g.url, "http")+path, nil)
	if err != nil {
		g.t.Fatalf("open %s: %v", path, err)
	}
	_ = resp.Body.Close()                  // it is in memory
	g.t.Cleanup(func() { _ = ws.Close() }) // the exchange may have
	return ws
}

// sentence is a message of the websocket API.
type sentence struct {
	ID     any             `json:"id"`
	Status int             `json:"status"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code int             `json:"code"`
		Msg  string          `json:"msg"`
		Data json.RawMessage `json:"data"`
	} `json:"error"`
	Event        map[string]any `json:"event"`
	Subscription *int           `json:"subscriptionId"`
	text         string
}

// code returns the code of an error, zero when there is none.
func (s *sentence) code() int {
	if s.Error == nil {
		return 0
	}
	return s.Error.Code
}

// next returns the next message.
func (k *talk) next() *sentence {
	k.t.Helper()
	s, err := readSentence(k.ws)
	if err != nil {
		k.t.Fatalf("read a message: %v\n%s", err, k.gate.complaints())
	}
	return s
}

func readSentence(ws *websocket.Conn) (*sentence, error) {
	const patience = 20 * time.Second
	if err := ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, fmt.Errorf("set the deadline: %w", err)
	}
	_, text, err := ws.ReadMessage()
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	s := &sentence{text: string(text)}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s is no JSON: %w", text, err)
	}
	return s, nil
}

// post sends a request without waiting for the answer. Params are name and value
// in turns.
func (k *talk) post(method string, params ...string) (id int) {
	k.t.Helper()
	k.last++
	if err := k.ws.WriteMessage(websocket.TextMessage, []byte(sentenceOf(k.last, method, params))); err != nil {
		k.t.Fatalf("write %s: %v", method, err)
	}
	return k.last
}

// sentenceOf writes a request of the websocket API.
func sentenceOf(id int, method string, params []string) string {
	values := make(map[string]string, len(params)/2)
	for i := 0; i < len(params); i += 2 {
		values[params[i]] = params[i+1]
	}
	text, err := json.Marshal(map[string]any{"id": id, "method": method, "params": values})
	if err != nil {
		panic(err) // they are strings
	}
	return string(text)
}

// signedParams adds time, key and signature to parameters.
func (g *gate) signedParams(p *pass, params ...string) []string {
	params = append(slices.Clone(params), "apiKey", p.id, "timestamp", decimalID(g.now()))
	return append(params, "signature", p.sign(sortedPayload(params)))
}

// sortedPayload returns what a request of the websocket API signs.
func sortedPayload(params []string) string {
	var parts []string
	for i := 0; i < len(params); i += 2 {
		parts = append(parts, params[i]+"="+params[i+1])
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

// ask sends a request and returns its answer; events that come before it are lost.
func (k *talk) ask(method string, params ...string) *sentence {
	k.t.Helper()
	id := k.post(method, params...)
	for {
		if s := k.next(); s.ID == float64(id) {
			return s
		}
	}
}

// logon logs on with a key.
func (k *talk) logon(p *pass) {
	k.t.Helper()
	if s := k.ask("session.logon", k.gate.signedParams(p)...); s.Status != 200 {
		k.t.Fatalf("logon: %s", s.text)
	}
}

// listen logs on and subscribes to user data.
func (k *talk) listen(p *pass) {
	k.t.Helper()
	k.logon(p)
	if s := k.ask("userDataStream.subscribe"); s.Status != 200 {
		k.t.Fatalf("subscribe: %s", s.text)
	}
}
