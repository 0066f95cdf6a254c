package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// guest asks an exchange from one of the addresses of this machine, with the key k.
type guest struct {
	*served

	secret string
	dialer net.Dialer
	http   http.Client
}

func (s *served) guest(from, secret string) *guest {
	g := &guest{served: s, secret: secret}
	g.dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	transport := &http.Transport{DialContext: g.dialer.DialContext}
	g.http.Transport = transport
	s.t.Cleanup(transport.CloseIdleConnections)
	return g
}

// sign returns the signature of a payload.
func (g *guest) sign(payload string) string {
	sum := hmac.New(sha256.New, []byte(g.secret))
	sum.Write([]byte(payload))
	return hex.EncodeToString(sum.Sum(nil))
}

// rest sends a request with the key k, signed if it has a query.
func (g *guest) rest(method, path, query string) (status int, answer string) {
	g.t.Helper()
	if query != "" {
		query = fmt.Sprintf("%s&timestamp=%d", query, time.Now().UnixMicro())
		query += "&signature=" + g.sign(query)
	}
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path+"?"+query, http.NoBody)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("X-Mbx-Apikey", "k")
	a, err := g.http.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(a.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

// open opens a connection to the websocket API.
func (g *guest) open() *websocket.Conn {
	g.t.Helper()
	d := websocket.Dialer{NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return g.dialer.DialContext(ctx, network, address)
	}}
	c, r, err := d.DialContext(g.t.Context(), "ws"+strings.TrimPrefix(g.url, "http")+"/ws-api/v3?returnRateLimits=false", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	_ = r.Body.Close()
	g.t.Cleanup(func() { _ = c.Close() })
	return c
}

// ask sends a signed request over a websocket, and returns the answer.
func (g *guest) ask(c *websocket.Conn, method string) string {
	g.t.Helper()
	now := time.Now().UnixMicro()
	text := fmt.Sprintf(`{"id":1,"method":%q,"params":{"apiKey":"k","timestamp":%d,"signature":%q}}`,
		method, now, g.sign(fmt.Sprintf("apiKey=k&timestamp=%d", now)))
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		g.t.Fatal(err)
	}
	return hear(g.t, c)
}

// TestKeyOfSomeAddresses uses a key from an address of its list, and from another
// one: there it is refused over every road. Once it is deleted it is refused at once
// from everywhere.
func TestKeyOfSomeAddresses(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	s.must("POST", "/x/v1/accounts", "{}")
	made := s.must("POST", "/x/v1/accounts/1/keys", `{"type":"hmac","key":"k","ips":["192.0.2.7","127.0.0.0/31","2001:db8::/32"]}`)
	_, secret, _ := strings.Cut(strings.TrimSuffix(made, `"}`), `"secret":"`)
	if got, want := s.must("GET", "/x/v1/accounts/1/keys", ""),
		`[{"key":"k","type":"hmac","permissions":["read","trade"],"ips":["192.0.2.7","127.0.0.0/31","2001:db8::/32"]}]`; got != want {
		t.Errorf("the list of keys: %s", got)
	}
	const refused = `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`
	here, elsewhere := s.guest("127.0.0.1", secret), s.guest("127.0.0.2", secret)
	asks := []struct{ method, path, query string }{
		{"GET", "/api/v3/account", "omitZeroBalances=true"},
		{"POST", "/api/v3/order/test", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"},
		{"DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"},
		{"POST", "/api/v3/userDataStream", ""},
	}
	for _, q := range asks {
		if status, answer := here.rest(q.method, q.path, q.query); status == http.StatusUnauthorized {
			t.Errorf("%s %s from the list: %d %s", q.method, q.path, status, answer)
		}
		if status, answer := elsewhere.rest(q.method, q.path, q.query); status != http.StatusUnauthorized || answer != refused {
			t.Errorf("%s %s from elsewhere: %d %s, want 401 %s", q.method, q.path, status, answer, refused)
		}
	}
	good, bad := here.open(), elsewhere.open()
	for _, method := range []string{"session.logon", "userDataStream.subscribe.signature", "account.status"} {
		if answer := here.ask(good, method); !strings.Contains(answer, `"status":200,`) {
			t.Errorf("%s from the list: %s", method, answer)
		}
		if answer, want := elsewhere.ask(bad, method), `{"id":1,"status":401,"error":`+refused+`}`; answer != want {
			t.Errorf("%s from elsewhere: %s, want %s", method, answer, want)
		}
	}
	s.must("DELETE", "/x/v1/keys/k", "")
	for _, q := range asks {
		if status, answer := here.rest(q.method, q.path, q.query); status != http.StatusUnauthorized || answer != refused {
			t.Errorf("%s %s with a deleted key: %d %s, want 401 %s", q.method, q.path, status, answer, refused)
		}
	}
}
