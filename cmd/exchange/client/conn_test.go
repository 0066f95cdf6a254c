package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// newWebsocketClient returns a client of a server that holds each websocket with f.
func newWebsocketClient(t *testing.T, f func(*websocket.Conn)) *Client {
	t.Helper()
	var held sync.WaitGroup
	t.Cleanup(held.Wait)
	c, _ := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		held.Add(1)
		defer held.Done()
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.Close() //nolint:errcheck // it is done with
		f(ws)
	})
	return c
}

// TestConnOutOfOrder answers two requests in the other order.
func TestConnOutOfOrder(t *testing.T) {
	c := newWebsocketClient(t, func(ws *websocket.Conn) {
		var ids []json.RawMessage
		for range 2 {
			var v struct {
				ID     json.RawMessage   `json:"id"`
				Method string            `json:"method"`
				Params map[string]string `json:"params"`
			}
			if err := ws.ReadJSON(&v); err != nil || v.Method != "order.status" || v.Params["apiKey"] != "k" || v.Params["signature"] == "" {
				t.Errorf("got %+v, %v", v, err)
				return
			}
			ids = append(ids, v.ID)
			if len(ids) == 1 {
				ids[0] = append(json.RawMessage(v.Params["orderId"]+" "), ids[0]...)
			} else {
				ids[1] = append(json.RawMessage(v.Params["orderId"]+" "), ids[1]...)
			}
		}
		for i := 1; i >= 0; i-- {
			order, id := ids[i][:1], ids[i][2:]
			text := `{"id":` + string(id) + `,"status":200,"result":{"orderId":` + string(order) + `}}`
			if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
				t.Error(err)
			}
		}
		_, _, _ = ws.ReadMessage() // until the client closes
	})
	conn, err := c.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	a := Account{Via: conn, Key: Key{"k", "s"}}
	var all sync.WaitGroup
	for id := int64(1); id <= 2; id++ {
		all.Go(func() {
			if o, err := a.Order(t.Context(), "BTCUSDT", id); err != nil || o.ID != id {
				t.Errorf("asked for %d, got %d, %v", id, o.ID, err)
			}
		})
	}
	all.Wait()
}

// TestConnLost loses the connection while an answer is awaited: the outcome is
// unknown, and what is asked afterwards was not sent.
func TestConnLost(t *testing.T) {
	c := newWebsocketClient(t, func(ws *websocket.Conn) { _, _, _ = ws.ReadMessage() })
	conn, err := c.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	a := Account{Via: conn, Key: Key{"k", "s"}}
	if _, err := a.Cancel(t.Context(), "BTCUSDT", 1); err == nil || errors.Is(err, ErrNotSent) || Refused(err) {
		t.Errorf("got %v", err)
	}
	<-conn.Done()
	if _, err := a.Cancel(t.Context(), "BTCUSDT", 1); !errors.Is(err, ErrNotSent) {
		t.Errorf("after the end: got %v", err)
	}
}

// TestConnRefused reads an answer that says no.
func TestConnRefused(t *testing.T) {
	c := newWebsocketClient(t, func(ws *websocket.Conn) {
		_, _, _ = ws.ReadMessage()
		_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"event":{"e":"serverShutdown","E":1}}`)) // answers nobody
		_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"id":1,"status":400,"error":{"code":-2011,"msg":"Unknown order sent."}}`))
		_, _, _ = ws.ReadMessage()
	})
	conn, err := c.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	a := Account{Via: conn, Key: Key{"k", "s"}}
	if _, err := a.Cancel(t.Context(), "BTCUSDT", 1); Code(err) != CodeCancelRefused || !Refused(err) {
		t.Errorf("got %v", err)
	}
}

// TestConnContext ends the wait for an answer that does not come.
func TestConnContext(t *testing.T) {
	c := newWebsocketClient(t, func(ws *websocket.Conn) {
		for {
			if _, _, err := ws.ReadMessage(); err != nil {
				return
			}
		}
	})
	conn, err := c.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	a := Account{Via: conn, Key: Key{"k", "s"}}
	if _, err := a.Cancel(ctx, "BTCUSDT", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if len(conn.pending) != 0 {
		t.Errorf("%d requests still wait", len(conn.pending))
	}
}

// TestStream reads events until the server closes.
func TestStream(t *testing.T) {
	c := newWebsocketClient(t, func(ws *websocket.Conn) {
		_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"stream":"btcusdt@trade","data":{"e":"trade","E":5,"s":"BTCUSDT","t":7,"p":"1.0","q":"2.0","T":9,"m":true,"M":true}}`))
	})
	s, err := c.Subscribe(t.Context(), "btcusdt@trade")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m, err := s.Next()
	if err != nil || m.Stream != "btcusdt@trade" {
		t.Fatalf("got %+v, %v", m, err)
	}
	var e TradeEvent
	if err := m.Read(&e); err != nil || e != (TradeEvent{7, "1.0", "2.0", 9, true}) {
		t.Errorf("got %+v, %v", e, err)
	}
	if m, err := s.Next(); err == nil {
		t.Errorf("after the end: %+v", m)
	}
}
