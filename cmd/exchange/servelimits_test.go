package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestUnfilledOrders counts orders until they are filled for the first time, which
// the limits hear of from the running exchange.
func TestUnfilledOrders(t *testing.T) {
	s := serve(t, t.TempDir())
	for i, asset := range []string{"BTC", "USDT"} {
		s.must("POST", "/x/v1/accounts", "{}")
		s.must("POST", fmt.Sprintf("/x/v1/accounts/%d/credit", i+1), fmt.Sprintf(`{"asset":%q,"amount":"1000","transfer":1}`, asset))
	}
	if _, count := s.order(1, "side=SELL&quantity=0.2"); count != "1" {
		t.Errorf("a resting order: count %q, want 1", count)
	}
	for _, quantity := range []string{"0.1", "0.05"} {
		if answer, count := s.order(2, "side=BUY&quantity="+quantity); count != "0" || !strings.Contains(answer, `"FILLED"`) {
			t.Errorf("a filled order: count %q, want 0: %s", count, answer)
		}
	}
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM: exit code %d, %s", code, s.complaints())
	}
}

// order places an order of an account, and returns what its answer says and counts.
func (s *served) order(account int, what string) (answer, count string) {
	s.t.Helper()
	name := fmt.Sprintf("k%d-%d", account, time.Now().UnixNano())
	made := s.must("POST", fmt.Sprintf("/x/v1/accounts/%d/keys", account), fmt.Sprintf(`{"type":"hmac","key":%q}`, name))
	_, secret, _ := strings.Cut(strings.TrimSuffix(made, `"}`), `"secret":"`)
	query := fmt.Sprintf("symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&price=1000&%s&timestamp=%d", what, time.Now().UnixMilli())
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte(query))
	url := s.url + "/api/v3/order?" + query + "&signature=" + hex.EncodeToString(sum.Sum(nil))
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, url, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Mbx-Apikey", name)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		s.t.Fatalf("order %s: %d %s %v", what, a.StatusCode, b, err)
	}
	return string(b), a.Header.Get("X-Mbx-Order-Count-10s")
}
