package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// knock asks for something that weighs one, and returns what the answer says.
func (s *served) knock() (status int, retry, text string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/api/v3/ping", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(a.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return a.StatusCode, a.Header.Get("Retry-After"), string(b)
}

// TestBan goes on after the limit of an address: it is banned over HTTP and on a
// websocket that was open before, the operator is not, and it is let in again when
// the ban has ended.
func TestBan(t *testing.T) {
	t.Parallel()
	const weight = 50
	s := serve(t, t.TempDir(), "--rate-limits", "--rate-weight", strconv.Itoa(weight), "--rate-ban-after", "3", "--rate-ban", "3s", "--rate-ban-max", "1h")
	c := s.dial("/ws-api/v3?returnRateLimits=false")
	var seen []int
	var retry, text string
	for status := 0; status != http.StatusTeapot; {
		if status, retry, text = s.knock(); status == http.StatusTooManyRequests {
			if n, err := strconv.Atoi(retry); err != nil || n < 1 || n > 60 {
				t.Errorf("Retry-After of 429 is %q", retry)
			}
		}
		if len(seen) == 0 || seen[len(seen)-1] != status {
			seen = append(seen, status)
		}
	}
	// The first minute may have ended in between, which begins anew.
	if last := fmt.Sprint(seen[max(0, len(seen)-3):]); last != "[200 429 418]" {
		t.Errorf("the answers are %d", seen)
	}
	if retry != "3" || !strings.HasPrefix(text, `{"code":-1003,"msg":"Way too much request weight used; IP banned until `) {
		t.Errorf("banned: Retry-After %q, %s", retry, text)
	}
	if err := c.WriteMessage(websocket.TextMessage, []byte(`{"id":1,"method":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	if got := hear(t, c); !strings.HasPrefix(got, `{"id":1,"status":418,"error":{"code":-1003,"msg":"Way too much`) || !strings.Contains(got, `,"data":{"serverTime":`) ||
		!strings.Contains(got, `,"retryAfter":`) {
		t.Errorf("on a websocket: %s", got)
	}
	_, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/ws-api/v3", nil)
	if answer == nil {
		t.Fatalf("a new websocket: %v", err)
	}
	defer answer.Body.Close() //nolint:errcheck // it is in memory
	if err == nil || answer.StatusCode != http.StatusTeapot || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a new websocket: %v, %s", err, answer.Status)
	}
	metrics := s.must("GET", "/metrics", "")
	for _, want := range []string{"\nexchange_bans_total 1\n", "\nexchange_banned_addresses 1\n"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics are without %q", want)
		}
	}
	eventually(t, func() error {
		if status, _, _ := s.knock(); status == http.StatusTeapot {
			return errors.New("still banned")
		}
		return nil
	})
}

// TestBanSettings refuses what makes no sense.
func TestBanSettings(t *testing.T) {
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--rate-ban", "1h", "--rate-ban-max", "1m"}, "--rate-ban-max 1m is less than --rate-ban 1h"},
		{[]string{"--rate-ban-after", "0"}, "it is a number from 1 to 2147483647, or none"},
		{[]string{"--rate-ban", "0"}, "it is a duration"},
	} {
		cmd := process(t, append([]string{"serve", "--data", t.TempDir()}, c.flags...)...)
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), c.want) {
			t.Errorf("%v: %v, %s, want %s", c.flags, err, out, c.want)
		}
	}
}
