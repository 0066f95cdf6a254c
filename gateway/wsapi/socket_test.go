package wsapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/gateway"
)

// wall is the time on the wall: sockets need real deadlines.
func wall() time.Time {
	return time.Now() //nolint:forbidigo // as said
}

// serve starts a server in front of a site.
func (s *site) serve() (server *gateway.Server, addr string) {
	s.t.Helper()
	server = gateway.NewServer(gateway.Limits{}, slog.New(slog.NewTextHandler(s.t.Output(), nil)), wall)
	server.Websocket("/ws-api/v3", s.carrier.Open)
	bound, err := server.Listen(s.t.Context(), "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			s.t.Errorf("shut down: %v", err)
		}
		if err := <-served; err != nil {
			s.t.Errorf("serve: %v", err)
		}
	})
	return server, bound.String()
}

func dial(t testing.TB, addr, query string) *websocket.Conn {
	t.Helper()
	c, r, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+addr+"/ws-api/v3"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// over sends a text, unless it is empty, and wants another one to come.
func over(t testing.TB, c *websocket.Conn, text, want string) {
	t.Helper()
	if text != "" {
		if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	_, got, err := c.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got), want) {
		t.Errorf("%s: got %s, want %s", text, got, want)
	}
}

func TestOverSocket(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	server, addr := s.serve()
	if _, r, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+addr+"/ws-api/v3?timeUnit=HOUR", nil); err == nil || r.StatusCode != http.StatusBadRequest {
		t.Errorf("%v, %v", r, err)
	} else {
		_ = r.Body.Close()
	}
	c := dial(t, addr, "?returnRateLimits=false")
	over(t, c, `{"id":"1","method":"session.logon","params":{`+s.signed("ann", "")+`}}`, `{"id":"1","status":200,"result":{"apiKey":"ann"`)
	over(t, c, `{"id":"2","method":"userDataStream.subscribe"}`, `{"id":"2","status":200,"result":{"subscriptionId":0}}`)
	over(t, c, `{"id":3,"method":"order.place","params":{`+s.buy(1)+`}}`, `{"id":3,"status":200,"result":{"symbol":"BTCUSDT","orderId":10,`)
	over(t, c, "", `{"subscriptionId":0,"event":{"e":"executionReport",`)
	over(t, c, "", `{"subscriptionId":0,"event":{"e":"outboundAccountPosition",`)
	over(t, c, `{"id":4,"method":"order.cancel","params":{`+s.stamped(`"symbol":"BTCUSDT","orderId":"10"`)+`}}`, `"status":"CANCELED"`)
	over(t, c, "", `"x":"CANCELED"`)
	over(t, c, "", `outboundAccountPosition`)
	over(t, c, `{`, `"code":-1135`)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(ctx) }()
	over(t, c, "", `{"event":{"e":"serverShutdown","E":1700000000123}}`)
	if _, _, err := c.ReadMessage(); fmt.Sprint(err) != "websocket: close 1001 (going away): the server stops" {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// BenchmarkPlace places orders over one connection, of which so many are under way
// at a time.
func BenchmarkPlace(b *testing.B) {
	for _, depth := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			s := newSite(b, Limits{})
			s.exchange.fund(b, ann)
			_, addr := s.serve()
			c := dial(b, addr, "")
			over(b, c, `{"id":"1","method":"session.logon","params":{`+s.signed("ann", "")+`}}`, `"status":200`)
			order := []byte(`{"id":3,"method":"order.place","params":{` +
				s.stamped(`"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"IOC","price":"1","quantity":"1"`) + `}}`)
			slots := make(chan struct{}, depth)
			done := make(chan error, 1)
			b.ReportAllocs()
			b.ResetTimer()
			go func() {
				for range b.N {
					_, text, err := c.ReadMessage()
					if err == nil && !strings.Contains(string(text), `"status":200`) {
						err = fmt.Errorf("got %s", text)
					}
					if err != nil {
						done <- err
						return
					}
					<-slots
				}
				done <- nil
			}()
			for range b.N {
				slots <- struct{}{}
				if err := c.WriteMessage(websocket.TextMessage, order); err != nil {
					b.Fatal(err)
				}
			}
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		})
	}
}
