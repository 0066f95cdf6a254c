package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// It looks after idle connections, and ends by itself within seconds.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
}

// newTestClient returns a client of a server that answers with f, and its account.
func newTestClient(t *testing.T, f http.HandlerFunc) (*Client, *Account) {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	c, err := New(context.Background(), s.URL, Options{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, &Account{Via: c, Key: Key{ID: "testkey", Secret: "testsecret"}}
}

func TestHostOf(t *testing.T) {
	for in, want := range map[string]string{
		"http://127.0.0.1:8080":  "http 127.0.0.1:8080",
		"127.0.0.1:8080":         "http 127.0.0.1:8080",
		"http://localhost":       "http localhost:80",
		"http://localhost:1234/": "http localhost:1234",
		"http://[::1]:8080":      "http [::1]:8080",
		"http://[::1]":           "http [::1]:80",
		"https://a:1":            "https a:1",
		"https://localhost/":     "https localhost:443",
		"https://[::1]":          "https [::1]:443",
		"wss://a:1":              "",
		"https://a:1/path":       "",
		"http://a:1/path":        "",
		"http://u@a:1":           "",
		"http://a:1?x":           "",
		"http://":                "",
		"http://a:b":             "",
	} {
		got, secure, err := hostOf(in)
		switch {
		case err != nil:
		case secure:
			got = "https " + got
		default:
			got = "http " + got
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", in, got, err, want)
		}
	}
}

// TestSign holds signatures against published vectors, and the order of parameters
// against that which a websocket request signs.
func TestSign(t *testing.T) {
	live := Key{Secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"}
	payload := "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
	if got, want := live.sign([]byte(payload)), "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	key := Key{ID: "testkey", Secret: "testsecret"}
	p := Params{
		{"symbol", "BTCUSDT"},
		{"side", "BUY"},
		{"type", "LIMIT"},
		{"timeInForce", "GTC"},
		{"quantity", "0.001"},
		{"price", "10000"},
		{"apiKey", "testkey"},
		{"returnRateLimits", "false"},
		Int("recvWindow", 5000),
		Int("timestamp", 1700000000000),
	}
	if got, want := key.sign(p.appendSorted(nil)), "35a1d4f3a65303fc0f8bb9584a9c51408374046d181aae06242687cb53b19d88"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestStamps looks that no two requests have the same time.
func TestStamps(t *testing.T) {
	var s stamps
	last := int64(0)
	for range 1000 {
		next := s.next()
		if next <= last {
			t.Fatalf("%d follows %d", next, last)
		}
		last = next
	}
}

// TestPlaceOverHTTP looks at what is sent for an order, and reads the answer.
func TestPlaceOverHTTP(t *testing.T) {
	_, a := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		query, signature, signed := strings.Cut(r.URL.RawQuery, "&signature=")
		key := Key{Secret: "testsecret"}
		if r.Method != http.MethodPost || r.URL.Path != "/api/v3/order" || r.Header.Get("X-MBX-APIKEY") != "testkey" ||
			!signed || signature != key.sign([]byte(query)) {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		want := "newClientOrderId=mine&newOrderRespType=FULL&price=1.5&quantity=2&side=BUY&symbol=BTCUSDT&timeInForce=GTC&timestamp="
		if !strings.HasPrefix(query, want) {
			t.Errorf("the query is %s, want %s…", query, want)
		}
		_, _ = io.WriteString(w, `{"symbol":"BTCUSDT","orderId":28,"orderListId":-1,"clientOrderId":"mine","transactTime":1700000000595,
"price":"1.50000000","origQty":"2.00000000","executedQty":"0.40000000","status":"PARTIALLY_FILLED","side":"BUY","type":"LIMIT",
"fills":[{"price":"1.40000000","qty":"0.40000000","commission":"0.0","commissionAsset":"BTC","tradeId":56}]}`)
	})
	o, err := a.Place(t.Context(), &NewOrder{
		Symbol: "BTCUSDT", Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Quantity: "2", Price: "1.5", ClientID: "mine",
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.ID != 28 || o.ClientID != "mine" || o.Status != "PARTIALLY_FILLED" || o.Executed != "0.40000000" ||
		len(o.Fills) != 1 || o.Fills[0] != (Fill{"1.40000000", "0.40000000", 56}) {
		t.Errorf("got %+v", o)
	}
}

// TestErrors tells answers that refuse from those that leave the outcome open.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		status           int
		body             string
		code             int
		name             string
		refused, unknown bool
		unauthorized     bool
		busy             bool
	}{
		{400, `{"code":-2010,"msg":"Market is closed."}`, -2010, "", true, false, false, false},
		{401, `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`, -2015, "", true, false, true, false},
		{503, `{"code":-1008,"msg":"Server is currently overloaded."}`, -1008, "", true, false, false, true},
		{429, `{"code":-1003,"msg":"Too much."}`, -1003, "", true, false, false, true},
		{504, `{"code":-1007,"msg":"Timeout."}`, -1007, "", false, true, false, false},
		{500, `{"code":-1006,"msg":"Execution status unknown."}`, -1006, "", false, true, false, false},
		{502, `<html>`, 0, "", false, true, false, false},
		{404, `{"code":"NOT_FOUND","message":"no account 7"}`, 0, "NOT_FOUND", true, false, false, false},
	} {
		_, a := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		_, err := a.Cancel(t.Context(), "BTCUSDT", 1)
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%s: got %v", c.body, err)
			continue
		}
		if e.Status != c.status || Code(err) != c.code || e.Name != c.name || Refused(err) != c.refused || e.Unknown() != c.unknown ||
			Unauthorized(err) != c.unauthorized || TooMany(err) != c.busy {
			t.Errorf("%s: got %+v (%v)", c.body, e, err)
		}
	}
}

// TestNotSent asks where nobody listens: nothing was sent, and that is told.
func TestNotSent(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	url := s.URL
	s.Close()
	c, err := New(t.Context(), url, Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Symbols(t.Context()); !errors.Is(err, ErrNotSent) || Refused(err) {
		t.Errorf("over HTTP: got %v", err)
	}
	if _, err := c.Connect(t.Context()); !errors.Is(err, ErrNotSent) {
		t.Errorf("websocket: got %v", err)
	}
	if _, err := c.Subscribe(t.Context(), "btcusdt@trade"); !errors.Is(err, ErrNotSent) {
		t.Errorf("stream: got %v", err)
	}
}

// TestLost has the server hang up instead of answering: it may have acted, and
// nothing is sent a second time.
func TestLost(t *testing.T) {
	heard := make(chan struct{}, 9)
	_, a := newTestClient(t, func(http.ResponseWriter, *http.Request) {
		heard <- struct{}{}
		panic(http.ErrAbortHandler)
	})
	_, err := a.OpenOrders(t.Context(), "BTCUSDT")
	if err == nil || errors.Is(err, ErrNotSent) || Refused(err) {
		t.Errorf("got %v", err)
	}
	if len(heard) != 1 {
		t.Errorf("%d requests were sent", len(heard))
	}
}

// TestEndOfContext closes a client while a request waits.
func TestEndOfContext(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-leave
	}))
	defer s.Close()
	defer close(leave)
	ctx, cancel := context.WithCancel(context.Background())
	c, err := New(ctx, s.URL, Options{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := c.Symbols(context.Background())
		ended <- err
	}()
	<-arrived
	cancel()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("an answer came from nowhere")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the request still waits")
	}
	if _, err := c.Symbols(context.Background()); !errors.Is(err, ErrNotSent) {
		t.Errorf("after the end: %v", err)
	}
}

// TestMarket reads public answers.
func TestMarket(t *testing.T) {
	answers := map[string]string{
		"/api/v3/exchangeInfo": `{"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT",
"filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01000000"},{"filterType":"LOT_SIZE","minQty":"0.00001000","stepSize":"0.00001000"},
{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200}]}]}`,
		"/api/v3/depth?limit=5&symbol=BTCUSDT":              `{"lastUpdateId":7,"bids":[["4.00000000","431.00000000"]],"asks":[]}`,
		"/api/v3/klines?interval=1m&limit=1&symbol=BTCUSDT": `[[1700000000000,"1","4","0.5","2","10",1700000059999,"20",3,"1","2","0"]]`,
		"/api/v3/ticker/24hr?symbol=BTCUSDT":                `{"lastPrice":"2","count":3}`,
	}
	c, _ := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, answers[r.URL.String()])
	})
	symbols, err := c.Symbols(t.Context())
	if err != nil || len(symbols) != 1 || symbols[0].Filter("MAX_NUM_ORDERS").MaxOrders != 200 || symbols[0].Filter("NONE").Type != "" {
		t.Fatalf("symbols: %+v, %v", symbols, err)
	}
	price, quantity, err := symbols[0].Grids()
	if err != nil || price.Text(price.Near(60_000.014)) != "60000.01" || quantity.Text(3) != "0.00003" || price.Decimals() != 2 {
		t.Errorf("grids: %v %v %v", price, quantity, err)
	}
	book, err := c.Depth(t.Context(), "BTCUSDT", 5)
	if err != nil || book.UpdateID != 7 || len(book.Bids) != 1 || book.Bids[0] != (Level{"4.00000000", "431.00000000"}) {
		t.Errorf("depth: %+v, %v", book, err)
	}
	bars, err := c.Bars(t.Context(), "BTCUSDT", "1m", 1)
	if err != nil || len(bars) != 1 || bars[0] != (Bar{1700000000000, "1", "4", "0.5", "2", "10"}) {
		t.Errorf("bars: %+v, %v", bars, err)
	}
	ticker, err := c.Ticker24h(t.Context(), "BTCUSDT")
	if err != nil || ticker.Last != "2" || ticker.Count != 3 {
		t.Errorf("ticker: %+v, %v", ticker, err)
	}
	answers["/api/v3/klines?interval=1m&limit=1&symbol=BTCUSDT"] = `[[1]]`
	if bars, err := c.Bars(t.Context(), "BTCUSDT", "1m", 1); err == nil {
		t.Errorf("a row of one column was read as %v", bars)
	}
}

// TestOperator looks at what the operator sends.
func TestOperator(t *testing.T) {
	var asked []string
	c, _ := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%v, %v", r.Header, err)
		}
		asked = append(asked, fmt.Sprintf("%s %s %s", r.Method, r.URL, body))
		_, _ = io.WriteString(w, `{"account":7,"key":"k","secret":"s","journal":"ab","balances":[{"asset":"BTC","free":"1","locked":"2"}],"asset":"BTC","free":"1"}`)
	})
	o := Operator{Client: c, Token: "secret"}
	account, err1 := o.CreateAccount(t.Context(), "x")
	key, err2 := o.CreateKey(t.Context(), 7)
	err3 := o.Credit(t.Context(), 7, "BTC", "1.5", 3)
	balances, err4 := o.Balances(t.Context(), 0)
	status, err5 := o.Status(t.Context())
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	if account != 7 || key != (Key{"k", "s"}) || len(balances) != 1 || balances[0] != (Balance{"BTC", "1", "2"}) || status.Journal != "ab" {
		t.Errorf("got %d, %v, %v, %v", account, key, balances, status)
	}
	want := `POST /x/v1/accounts {"name":"x"}
POST /x/v1/accounts/7/keys {"type":"hmac","permissions":["read","trade"]}
POST /x/v1/accounts/7/credit {"asset":"BTC","amount":"1.5","transfer":3}
GET /x/v1/accounts/0` + " \nGET /x/v1/status "
	if got := strings.Join(asked, "\n"); got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
}

func TestNewGrid(t *testing.T) {
	for step, want := range map[string]string{"0.01000000": "0.07", "1": "7", "100": "700", "0.25000000": "1.75", "10.00000000": "70", "0.000000000000000001": "0.000000000000000007"} {
		g, err := NewGrid(step)
		if err != nil || g.Text(7) != want {
			t.Errorf("%s: seven are %s, %v, want %s", step, g.Text(7), err, want)
		}
	}
	for _, step := range []string{"", "0", "0.00000000", "-1", "x"} {
		if g, err := NewGrid(step); err == nil {
			t.Errorf("%q was taken for %v", step, g)
		}
	}
}
