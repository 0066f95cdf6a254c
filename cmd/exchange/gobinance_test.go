package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/adshao/go-binance/v2"
	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// What the tests share that look at the exchange through a client library that is
// not ours, unchanged: github.com/adshao/go-binance.

// library is go-binance in front of an exchange that a process serves.
type library struct {
	*venue

	ctx       context.Context
	transport *http.Transport
	stops     []chan struct{} // of its streams
	dones     []chan struct{}
	over      atomic.Bool // the test has ended
	services  []*binance.OrderCreateWsService
	left      chan struct{}

	mu  sync.Mutex // guards what streams tell
	all map[string][]any

	heardOf map[string]int // how many events of an account were looked at, by stream
	checks  int            // that were made: always the same ones
}

// TestGoBinanceREST looks at the exchange through the library over HTTP.
func TestGoBinanceREST(t *testing.T) {
	goBinanceRow(t, "go-binance REST", "all public data, orders of each kind, account, refusals",
		goBinancePart{"market", lookAtMarket}, goBinancePart{"trading", lookAtTrading}, goBinancePart{"errors", lookAtErrors})
}

// TestGoBinanceStreams looks at the exchange through the library over websockets.
func TestGoBinanceStreams(t *testing.T) {
	goBinanceRow(t, "go-binance streams", "all market streams, user data by listen key and by signature, orders over the websocket API",
		goBinancePart{"market", lookAtStreams}, goBinancePart{"user", lookAtUserData})
}

// goBinancePart is a test that returns how many checks it has made.
type goBinancePart struct {
	name string
	run  func(*testing.T) int
}

// goBinanceRow runs tests and makes one row of them.
func goBinanceRow(t *testing.T, name, what string, parts ...goBinancePart) {
	t.Helper()
	ran, checks := 0, 0
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			checks += p.run(t)
			ran++
		})
	}
	if ran == len(parts) { // all of them were asked for, and have come to their end
		clientRow(t, &tableRow{name, goBinanceVersion(t), what, checks, "all pass"})
	}
}

// goBinanceVersion returns the version of the library, without the v.
func goBinanceVersion(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	_, rest, found := strings.Cut(string(text), "github.com/adshao/go-binance/v2 v")
	if err != nil || !found {
		t.Fatalf("go.mod does not say which go-binance it is: %v", err)
	}
	version, _, _ := strings.Cut(rest, "\n")
	return strings.Fields(version)[0]
}

// openLibrary serves an exchange and has the library use it. The library keeps the
// addresses in variables of its package, so there is one at a time.
func openLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{
		venue: openVenue(t, t.TempDir()), ctx: t.Context(), transport: &http.Transport{}, left: make(chan struct{}, 1),
		all: make(map[string][]any), heardOf: make(map[string]int),
	}
	raw, combined, api := binance.BaseWsMainURL, binance.BaseCombinedMainURL, binance.BaseWsApiMainURL
	keep, dial := binance.WebsocketKeepalive, binance.WsGetReadWriteConnection
	t.Cleanup(func() {
		l.close()
		binance.BaseWsMainURL, binance.BaseCombinedMainURL, binance.BaseWsApiMainURL = raw, combined, api
		binance.WebsocketKeepalive, binance.WsGetReadWriteConnection = keep, dial
	})
	host := "ws" + strings.TrimPrefix(l.url, "http")
	binance.BaseWsMainURL = host + "/ws"
	binance.BaseCombinedMainURL = host + "/stream?streams="
	binance.BaseWsApiMainURL = host + "/ws-api/v3"
	binance.WebsocketKeepalive = false // its goroutines live for ten minutes after a connection
	// There is no way to tell the library's order service to give up.
	binance.WsGetReadWriteConnection = func(cfg *binance.WsConfig) (*websocket.Conn, error) {
		if l.over.Load() {
			l.left <- struct{}{}
			runtime.Goexit()
		}
		return dial(cfg)
	}
	return l
}

// close stops the streams and then the exchange, and waits for the library's
// goroutines. The exchange comes last because the library takes what it is told
// before the end, on a combined stream of depth, for an event, and panics.
func (l *library) close() {
	l.over.Store(true)
	for _, stop := range l.stops {
		close(stop)
	}
	patience := time.After(10 * time.Second)
	for i, done := range l.dones {
		select {
		case <-done:
		case <-patience:
			l.t.Errorf("stream %d of the library has not ended", i)
		}
	}
	var served sync.WaitGroup
	defer served.Wait()
	for _, s := range l.services {
		served.Go(func() { l.leave(s) })
	}
	l.end()
	l.transport.CloseIdleConnections()
}

// leave waits until a service has lost its connection. It hears that only when all
// it has read before is taken from it.
func (l *library) leave(s *binance.OrderCreateWsService) {
	patience := time.After(10 * time.Second)
	for {
		select {
		case <-s.GetReadChannel():
		case <-l.left:
			return
		case <-patience:
			l.t.Error("a service of the library has not tried to reconnect")
			return
		}
	}
}

// started notes a stream of the library, to be stopped when the test ends.
func (l *library) started(done, stop chan struct{}, err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
	l.dones, l.stops = append(l.dones, done), append(l.stops, stop)
}

// failed returns what the library calls when something is wrong with a stream.
func (l *library) failed(name string) binance.ErrHandler {
	return func(err error) {
		if !l.over.Load() {
			l.t.Errorf("%s: %v", name, err)
		}
	}
}

// told remembers an event of a stream.
func (l *library) told(name string, event any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[name] = append(l.all[name], event)
}

// events returns what a stream has told so far.
func events[T any](l *library, name string) []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]T, len(l.all[name]))
	for i, v := range l.all[name] {
		list[i] = v.(T)
	}
	return list
}

// user is an account as the library sees it.
type user struct {
	*binance.Client

	l   *library
	id  int64
	key client.Key
}

// user makes an account with funds.
func (l *library) user(funds ...holding) *user {
	l.t.Helper()
	id, key := l.customer(funds...)
	return &user{Client: l.access(key.ID, key.Secret), l: l, id: id, key: key}
}

// access returns a client with a key, of which the exchange may not know.
func (l *library) access(key, secret string) *binance.Client {
	c := binance.NewClient(key, secret)
	c.BaseURL = l.url
	c.HTTPClient = &http.Client{Transport: l.transport, Timeout: 30 * time.Second}
	return c
}

// symbol is what most of these tests trade.
const symbol = "BTCUSDT"

// limit describes an order that waits.
func (u *user) limit(side binance.SideType, quantity, price string) *binance.CreateOrderService {
	return u.NewCreateOrderService().Symbol(symbol).Side(side).Type("LIMIT").TimeInForce("GTC").Quantity(quantity).Price(price)
}

// market describes an order that takes what there is.
func (u *user) market(side binance.SideType, quantity string) *binance.CreateOrderService {
	return u.NewCreateOrderService().Symbol(symbol).Side(side).Type("MARKET").Quantity(quantity)
}

// place gives an order that has to be accepted.
func (u *user) place(s *binance.CreateOrderService) *binance.CreateOrderResponse {
	u.l.t.Helper()
	return answer(u.l, s.Do)
}

// answer calls what has to succeed.
func answer[T any](l *library, call func(ctx context.Context, opts ...binance.RequestOption) (T, error)) T {
	l.t.Helper()
	v, err := call(l.ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	return v
}

// equal compares two things as they are printed.
func (l *library) equal(what string, got, want any) {
	l.t.Helper()
	l.checks++
	if err := compareWords(what, got, want); err != nil {
		l.t.Error(err)
	}
}

// comes waits until a check succeeds.
func (l *library) comes(check func() error) {
	l.t.Helper()
	l.checks++
	eventually(l.t, check)
}

func compareWords(what string, got, want any) error {
	if got, want := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); got != want {
		return fmt.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
	return nil
}

// tape is the public trades of a symbol, as those who took part were told of them.
type tape []deal

// deal is a trade.
type deal struct {
	id, order, price, qty, time int64 // order is that of the taker
	sold                        bool  // by the taker
}

// note adds what an order has taken.
func (p *tape) note(l *library, o *binance.CreateOrderResponse) {
	l.t.Helper()
	var qty, quote int64
	for _, f := range o.Fills {
		v := deal{f.TradeID, o.OrderID, units(l.t, f.Price), units(l.t, f.Quantity), o.TransactTime, o.Side == "SELL"}
		*p = append(*p, v)
		qty += v.qty
		quote += worth(v.price, v.qty)
		fee, asset := v.qty/1000, "BTC"
		if v.sold {
			fee, asset = worth(v.price, v.qty)/1000, "USDT"
		}
		l.equal("fee", words(f.Commission, f.CommissionAsset), words(decimal(fee), asset))
	}
	l.equal("executed", words(o.ExecutedQuantity, o.CummulativeQuoteQuantity), words(decimal(qty), decimal(quote)))
}

// session is what happened in some time.
type session struct {
	open, high, low, last, qty, quote, boughtQty, boughtQuote int64
	first, count                                              int64 // trades
}

// add adds a trade.
func (b *session) add(v *deal) {
	if b.count == 0 {
		b.open, b.high, b.low, b.first = v.price, v.price, v.price, v.id
	}
	b.high, b.low, b.last = max(b.high, v.price), min(b.low, v.price), v.price
	b.qty += v.qty
	b.quote += worth(v.price, v.qty)
	if !v.sold {
		b.boughtQty += v.qty
		b.boughtQuote += worth(v.price, v.qty)
	}
	b.count++
}

// total returns the session of all trades.
func (p tape) total() (b session) {
	for i := range p {
		b.add(&p[i])
	}
	return b
}

// words puts the session into words, as klines tell it.
func (b *session) words() string {
	return words(
		decimal(b.open), decimal(b.high), decimal(b.low), decimal(b.last), decimal(b.qty), decimal(b.quote), b.count,
		decimal(b.boughtQty), decimal(b.boughtQuote),
	)
}
