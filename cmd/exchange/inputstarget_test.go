package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
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

	"github.com/gorilla/websocket"
)

// target is an exchange with a market in which orders of several accounts wait,
// and keys of every kind. See furnish for what stands where.
type target struct {
	*venue

	host   string
	keys   map[string]*signer
	orders map[string]int64 // their ids, by client order id
	last   int64            // microseconds: no two requests are of one time, so none is a replay
	socket *websocket.Conn  // of the websocket API, kept from case to case
	stream *websocket.Conn

	prepared uint64 // the last command before the bad inputs
	before   imprint
	refusals int
}

// signer is a key, and how it signs.
type signer struct {
	id   string
	sign func(payload string) string
}

func hmacSigner(id, secret string) *signer {
	return &signer{id, func(payload string) string {
		sum := hmac.New(sha256.New, []byte(secret))
		sum.Write([]byte(payload))
		return hex.EncodeToString(sum.Sum(nil))
	}}
}

func ed25519Signer(id string, private ed25519.PrivateKey) *signer {
	return &signer{id, func(payload string) string {
		return base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(payload)))
	}}
}

// openTarget serves an exchange and furnishes it.
func openTarget(t *testing.T, flags ...string) *target {
	t.Helper()
	g := &target{
		venue: openVenue(t, t.TempDir(), flags...), keys: make(map[string]*signer), orders: make(map[string]int64),
	}
	g.host = strings.TrimPrefix(g.url, "http://")
	t.Cleanup(g.hangUp)
	g.furnish(t)
	g.before = g.look(t)
	g.prepared = g.before.seq
	return g
}

// hangUp closes the connections that are kept.
func (g *target) hangUp() {
	for _, ws := range []**websocket.Conn{&g.socket, &g.stream} {
		if *ws != nil {
			_ = (*ws).Close() // whatever the other side thinks of it
			*ws = nil
		}
	}
}

// The accounts. Each but alice has one key, of its own name.
const (
	alice  = "alice"  // has orders that wait, one of them filled in part, one amended, one filled, one canceled
	bob    = "bob"    // has funds, and no order
	carol  = "carol"  // has as many orders as one may
	dave   = "dave"   // has as much as one may
	erin   = "erin"   // has nothing
	frank  = "frank"  // is disabled
	grace  = "grace"  // may only cancel
	reader = "reader" // alice's key that may not trade
	trader = "trader" // alice's key that may only trade
	signed = "signed" // alice's key of Ed25519
	gone   = "gone"   // was alice's key
	remote = "remote" // alice's key that is good from elsewhere
)

// tightFilters are those of TIGHT, of which one trade was made at 100.
const tightFilters = `[{"filterType":"PRICE_FILTER","minPrice":"10","maxPrice":"1000","tickSize":"0.01"},` +
	`{"filterType":"LOT_SIZE","minQty":"0.02","maxQty":"100","stepSize":"0.01"},` +
	`{"filterType":"MARKET_LOT_SIZE","minQty":"0.1","maxQty":"10","stepSize":"0.1"},` +
	`{"filterType":"NOTIONAL","minNotional":"5","applyMinToMarket":true,"maxNotional":"5000","applyMaxToMarket":true,"avgPriceMins":0},` +
	`{"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"1.5","bidMultiplierDown":"0.5","askMultiplierUp":"2","askMultiplierDown":"0.8","avgPriceMins":0},` +
	`{"filterType":"MAX_NUM_ORDERS","maxNumOrders":4},{"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":1},` +
	`{"filterType":"MAX_POSITION","maxPosition":"2000"}]`

// furnish makes symbols, accounts, keys and orders.
func (g *target) furnish(t *testing.T) {
	t.Helper()
	for _, symbol := range []string{"TIGHT", "WIDE", "EMPTY", "HALTED", "CLOSING", "AUCTION"} {
		filters := "[]"
		if symbol == "TIGHT" {
			filters = tightFilters
		}
		g.must("POST", "/x/v1/symbols", fmt.Sprintf(
			`{"symbol":%q,"base":"BTC","quote":"USDT","tick":"0.01","lot":"0.001","filters":%s}`, symbol, filters))
	}
	for i, name := range []string{alice, bob, carol, dave, erin, frank, grace} {
		g.must("POST", "/x/v1/accounts", fmt.Sprintf(`{"name":%q}`, name))
		g.addKey(i+1, name, `"read","trade"`)
		if name == erin {
			continue
		}
		btc := "1000"
		if name == dave {
			btc = "1999"
		}
		g.must("POST", fmt.Sprintf("/x/v1/accounts/%d/credit", i+1), fmt.Sprintf(`{"asset":"BTC","amount":%q,"transfer":1}`, btc))
		g.must("POST", fmt.Sprintf("/x/v1/accounts/%d/credit", i+1), `{"asset":"USDT","amount":"1000000","transfer":2}`)
	}
	g.addKey(1, reader, `"read"`)
	g.addKey(1, trader, `"trade"`)
	g.addKey(1, gone, `"read","trade"`)
	g.must("DELETE", "/x/v1/keys/"+gone, "")
	g.addKey(1, remote, `"read","trade"],"ips":["203.0.113.0/24"`)
	private := ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, here"))
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	g.must("POST", "/x/v1/accounts/1/keys", fmt.Sprintf(`{"type":"ed25519","key":%q,"public_key":%q}`, signed, base64.StdEncoding.EncodeToString(der)))
	g.keys[signed] = ed25519Signer(signed, private)
	// For a second after the start, what a key of somebody else's making has signed might be a replay.
	eventually(t, func() error {
		if answer := g.rest(t, g.keys[signed], "account.status", "omitZeroBalances=true"); !strings.HasPrefix(answer, "200 ") {
			return errors.New(answer)
		}
		return nil
	})

	g.place(t, alice, "TIGHT", "SELL", "0.4", "100", "alice-filled")
	g.place(t, bob, "TIGHT", "BUY", "0.4", "100", "bob-filled")
	g.place(t, alice, "TIGHT", "SELL", "1", "110", "alice-partly")
	g.place(t, bob, "TIGHT", "BUY", "0.4", "110", "bob-too") // 110 is the last price now
	g.place(t, alice, "TIGHT", "SELL", "2", "120", "alice-1")
	g.place(t, alice, "TIGHT", "SELL", "2", "130", "alice-amended")
	g.place(t, alice, "WIDE", "BUY", "1", "90", "alice-canceled")
	g.place(t, alice, "WIDE", "BUY", "1", "90", "alice-wide")
	for _, price := range []string{"91", "92", "93", "94"} {
		g.place(t, carol, "TIGHT", "BUY", "1", price, "carol-"+price)
	}
	g.place(t, frank, "TIGHT", "BUY", "1", "80", "frank-1")
	g.place(t, grace, "TIGHT", "BUY", "1", "80", "grace-1")
	g.place(t, alice, "HALTED", "BUY", "1", "90", "alice-halted")
	g.trade(t, alice, "order.amend.keepPriority", "symbol=TIGHT&origClientOrderId=alice-amended&newQty=1.9&newClientOrderId=alice-amended")
	g.trade(t, alice, "order.cancel", "symbol=WIDE&origClientOrderId=alice-canceled")
	g.must("POST", "/x/v1/symbols/HALTED/phase", `{"phase":"halt"}`)
	g.must("POST", "/x/v1/symbols/CLOSING/phase", `{"phase":"cancel_only"}`)
	g.must("POST", "/x/v1/symbols/AUCTION/phase", `{"phase":"auction"}`)
	g.must("PATCH", "/x/v1/accounts/6", `{"status":"disabled"}`)
	g.must("PATCH", "/x/v1/accounts/7", `{"status":"cancel_only"}`)
}

// addKey adds an HMAC key.
func (g *target) addKey(account int, name, permissions string) {
	g.t.Helper()
	answer := g.must("POST", fmt.Sprintf("/x/v1/accounts/%d/keys", account),
		fmt.Sprintf(`{"type":"hmac","key":%q,"permissions":[%s]}`, name, permissions))
	var made struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal([]byte(answer), &made); err != nil {
		g.t.Fatal(answer, err)
	}
	g.keys[name] = hmacSigner(name, made.Secret)
}

// place places an order that has to be taken.
func (g *target) place(t *testing.T, who, symbol, side, quantity, price, name string) {
	t.Helper()
	answer := g.trade(t, who, "order.place", fmt.Sprintf(
		"symbol=%s&side=%s&type=LIMIT&timeInForce=GTC&quantity=%s&price=%s&newClientOrderId=%s", symbol, side, quantity, price, name))
	var order struct {
		OrderID int64 `json:"orderId"`
	}
	if err := json.Unmarshal([]byte(answer), &order); err != nil {
		t.Fatal(answer, err)
	}
	g.orders[name] = order.OrderID
}

// trade sends a request that has to be carried out, and returns its result.
func (g *target) trade(t *testing.T, who, method, params string) string {
	t.Helper()
	result, ok := strings.CutPrefix(g.rest(t, g.keys[who], method, params), "200 ")
	if !ok {
		t.Fatalf("%s of %s: %s %s", method, who, params, result)
	}
	return result
}

// stamp returns the time in microseconds, never the same twice.
func (g *target) stamp() int64 {
	g.last = max(g.last+1, time.Now().UnixMicro())
	return g.last
}

// numeral writes a whole number.
func numeral(n int64) string { return strconv.FormatInt(n, 10) }

// restRoutes are the verbs and paths of methods.
var restRoutes = map[string]string{ //nolint:gochecknoglobals // a table
	"order.place": "POST /api/v3/order", "order.test": "POST /api/v3/order/test", "order.cancel": "DELETE /api/v3/order",
	"order.status": "GET /api/v3/order", "order.cancelReplace": "POST /api/v3/order/cancelReplace",
	"order.amend.keepPriority": "PUT /api/v3/order/amend/keepPriority", "openOrders.cancelAll": "DELETE /api/v3/openOrders",
	"openOrders.status": "GET /api/v3/openOrders", "account.status": "GET /api/v3/account", "exchangeInfo": "GET /api/v3/exchangeInfo",
	"ticker": "GET /api/v3/ticker", "allOrders": "GET /api/v3/allOrders", "myTrades": "GET /api/v3/myTrades",
	"order.amendments": "GET /api/v3/order/amendments", "depth": "GET /api/v3/depth", "klines": "GET /api/v3/klines",
	"myPreventedMatches": "GET /api/v3/myPreventedMatches", "ticker.24hr": "GET /api/v3/ticker/24hr",
}

// pairs are parameters written as name=value&name=value, without any escape.
func pairs(params string) (list [][2]string) {
	for pair := range strings.SplitSeq(params, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			list = append(list, [2]string{name, value})
		}
	}
	return list
}

// rest sends a method over HTTP, signed if there is a key, and returns status and
// body.
func (g *target) rest(t *testing.T, key *signer, method, params string) string {
	t.Helper()
	var query []string
	for _, p := range pairs(params) {
		query = append(query, p[0]+"="+url.QueryEscape(p[1]))
	}
	text := strings.Join(query, "&")
	if key == nil {
		return g.raw(t, head(restRoutes[method]+"?"+text))
	}
	text += fmt.Sprintf("&timestamp=%d", g.stamp())
	text += "&signature=" + url.QueryEscape(key.sign(text))
	return g.raw(t, head(restRoutes[method]+"?"+text, "X-MBX-APIKEY: "+key.id))
}

// head writes the head of a request: verb and target, and headers.
func head(target string, headers ...string) string {
	return target + " HTTP/1.1\r\n" + strings.Join(append([]string{"Host: exchange"}, headers...), "\r\n") + "\r\n\r\n"
}

// withBody writes a request with a body.
func withBody(target, body string, headers ...string) string {
	return head(target, append(headers, fmt.Sprintf("Content-Length: %d", len(body)))...) + body
}

// patience is how long an answer may take, generously.
const patience = 10 * time.Second

// raw sends bytes over a connection of their own, and returns the status and the
// body of the answer.
func (g *target) raw(t *testing.T, text string) string {
	t.Helper()
	answers := g.rawAll(t, text, 1)
	return answers[0]
}

// hungUp stands for the end of a connection among answers.
const hungUp = "end"

// rawAll sends bytes over a connection of their own, and returns the answers, up
// to a number of them, or to the end of the connection.
func (g *target) rawAll(t *testing.T, text string, most int) (answers []string) {
	t.Helper()
	conn, err := net.Dial("tcp", g.host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it was only read
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	verb, _, _ := strings.Cut(text, " ")
	r := bufio.NewReader(conn)
	for len(answers) < most {
		a, err := http.ReadResponse(r, &http.Request{Method: verb}) //nolint:bodyclose // it is read to its end
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return append(answers, hungUp)
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		answer := fmt.Sprintf("%d %s", a.StatusCode, strings.TrimSpace(string(body)))
		if allow := a.Header.Get("Allow"); allow != "" {
			answer += " allow " + allow
		}
		answers = append(answers, answer)
	}
	return answers
}

// ask sends a message to the websocket API and returns status and result or error
// of the answer, or how the connection hungUp.
func (g *target) ask(t *testing.T, text string) string {
	t.Helper()
	if g.socket == nil {
		g.socket = g.open(t, "/ws-api/v3?returnRateLimits=false")
	}
	answer := converse(t, &g.socket, text)
	var v struct {
		Status int             `json:"status"`
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if json.Unmarshal([]byte(answer), &v) != nil {
		return answer
	}
	return fmt.Sprintf("%d %s%s", v.Status, v.Result, v.Error)
}

// control sends a control message to a connection of streams and returns the
// answer.
func (g *target) control(t *testing.T, text string) string {
	t.Helper()
	if g.stream == nil {
		g.stream = g.open(t, "/ws")
	}
	return converse(t, &g.stream, text)
}

// open opens a websocket.
func (g *target) open(t *testing.T, path string) *websocket.Conn {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.Dial("ws://"+g.host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // it has none
	return ws
}

// converse sends a text message and returns the next one. A connection that ends
// is forgotten, and its code is what it returns.
func converse(t *testing.T, conn **websocket.Conn, text string) string {
	t.Helper()
	ws := *conn
	if err := ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
	_, answer, err := ws.ReadMessage()
	if err != nil {
		_ = ws.Close() // it is over
		*conn = nil
		return closeOf(t, err)
	}
	return string(answer)
}

// closeOf returns the code with which a websocket was closed.
func closeOf(t *testing.T, err error) string {
	t.Helper()
	closed, ok := errors.AsType[*websocket.CloseError](err)
	if !ok {
		t.Fatal(err)
	}
	return fmt.Sprintf("closed %d", closed.Code)
}

// call sends a method over the websocket API, signed if there is a key.
func (g *target) call(t *testing.T, key *signer, method, params string) string {
	t.Helper()
	list := pairs(params)
	if key != nil {
		list = append(list, [2]string{"apiKey", key.id}, [2]string{"timestamp", numeral(g.stamp())})
		list = append(list, [2]string{"signature", key.sign(payloadOf(list))})
	}
	return g.ask(t, message(method, list))
}

// payloadOf returns what is signed of a message.
func payloadOf(list [][2]string) string {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	var parts []string
	for _, p := range sorted {
		parts = append(parts, p[0]+"="+p[1])
	}
	return strings.Join(parts, "&")
}

// message writes a request of the websocket API. Values are strings, but for lists.
func message(method string, list [][2]string) string {
	var members []string
	for _, p := range list {
		value, err := json.Marshal(p[1])
		if err != nil {
			panic(err) // a string is always JSON
		}
		if strings.HasPrefix(p[1], "[") && json.Valid([]byte(p[1])) {
			value = []byte(p[1])
		}
		members = append(members, fmt.Sprintf("%q:%s", p[0], value))
	}
	return fmt.Sprintf(`{"id":1,"method":%q,"params":{%s}}`, method, strings.Join(members, ","))
}

// operate sends a request to the operator's side, with the token, and returns the
// status and what of the answer does not change: code and field.
func (g *target) operate(t *testing.T, target, body string) string {
	t.Helper()
	headers := []string{"Authorization: Bearer " + g.token}
	if body == "" {
		return problemOf(g.raw(t, head(target, headers...)))
	}
	return problemOf(g.raw(t, withBody(target, body, append(headers, "Content-Type: application/json")...)))
}

// problemOf returns status, code and field of an operator's answer.
func problemOf(answer string) string {
	status, body, _ := strings.Cut(answer, " ")
	body, allow, _ := strings.Cut(body, " allow ")
	var p struct {
		Code  *string `json:"code"`
		Field *string `json:"field"`
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil || p.Code == nil || p.Field == nil {
		return answer
	}
	short := status + " " + *p.Code
	if *p.Field != "" {
		short += " " + *p.Field
	}
	if allow != "" {
		short += " allow " + allow
	}
	return short
}
