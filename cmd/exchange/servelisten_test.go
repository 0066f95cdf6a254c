package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// keyed sends a request with an API key.
func (s *served) keyed(method, path, key string) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Mbx-Apikey", key)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(a.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// hear returns the next message of a websocket, or why there is none.
func hear(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, text, err := c.ReadMessage()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (s *served) dial(path string) *websocket.Conn {
	s.t.Helper()
	c, r, err := websocket.DefaultDialer.DialContext(s.t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = r.Body.Close()
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestListenKey follows an account over a connection of market streams, by a name
// that is closed, and by one that expires.
func TestListenKey(t *testing.T) {
	s := serve(t, t.TempDir(), "--listen-key-life", "3s")
	s.must("POST", "/x/v1/accounts", "{}")
	s.must("POST", "/x/v1/accounts/1/keys", `{"type":"hmac","key":"k","secret":"s"}`)
	name := func() string {
		answer := s.keyed("POST", "/api/v3/userDataStream", "k")
		key, ok := strings.CutPrefix(strings.TrimSuffix(answer, `"}`), `{"listenKey":"`)
		if !ok || len(key) != 64 {
			t.Fatalf("POST: %s", answer)
		}
		return key
	}
	key := name()
	plain, wrapped := s.dial("/ws/"+key), s.dial("/stream?streams="+key)
	nowhere := s.dial("/ws/" + strings.Repeat("x", 64))
	s.must("POST", "/x/v1/accounts/1/credit", `{"asset":"BTC","amount":"1.5","transfer":1}`)
	for _, want := range []string{`{"e":"balanceUpdate",`, `{"e":"outboundAccountPosition",`} {
		if got := hear(t, plain); !strings.HasPrefix(got, want) {
			t.Errorf("plain: got %s, want %s", got, want)
		}
		if got := hear(t, wrapped); !strings.HasPrefix(got, `{"stream":"`+key+`","data":`+want) || !strings.HasSuffix(got, "}}") {
			t.Errorf("wrapped: got %s, want %s", got, want)
		}
	}
	if got := s.keyed("PUT", "/api/v3/userDataStream?listenKey="+key, "k"); got != "{}" {
		t.Errorf("PUT: %s", got)
	}
	if got := s.keyed("DELETE", "/api/v3/userDataStream?listenKey="+key, "k"); got != "{}" {
		t.Errorf("DELETE: %s", got)
	}
	for _, c := range []*websocket.Conn{plain, wrapped} {
		if got := hear(t, c); got != "websocket: close 1000 (normal): the listenKey was closed" {
			t.Errorf("after DELETE: %s", got)
		}
	}
	if got := s.keyed("PUT", "/api/v3/userDataStream?listenKey="+key, "k"); got != `{"code":-1125,"msg":"This listenKey does not exist."}` {
		t.Errorf("PUT: %s", got)
	}

	key = name()
	expires := s.dial("/stream/ws/" + key)
	if got := hear(t, expires); !strings.HasPrefix(got, `{"e":"listenKeyExpired","E":`) || !strings.HasSuffix(got, fmt.Sprintf(`,"listenKey":%q}`, key)) {
		t.Errorf("expired: %s", got)
	}
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM: exit code %d, %s", code, s.complaints())
	}
	for _, c := range []*websocket.Conn{expires, nowhere} {
		if got := hear(t, c); !strings.HasPrefix(got, `{"e":"serverShutdown",`) {
			t.Errorf("in the end: %s", got)
		}
	}
}
