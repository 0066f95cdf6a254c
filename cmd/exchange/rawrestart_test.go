package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shown returns what an account is shown of itself.
func (r *rawVenue) shown(k *rawKey) (all []string) {
	r.t.Helper()
	for _, q := range [][2]string{
		{"/api/v3/account", ""},
		{"/api/v3/openOrders", "symbol=BTCUSDT"},
		{"/api/v3/allOrders", "symbol=BTCUSDT"},
	} {
		var a rawAnswer
		eventually(r.t, func() error { // requests of the first second after a restart are refused
			if a = r.call(k, "GET", q[0], q[1]); a.status != 200 {
				return fmt.Errorf("%s: %v", q[0], a)
			}
			return nil
		})
		all = append(all, a.body)
	}
	return all
}

// TestRawRestart begins anew where it was, from the journal alone and from a snapshot:
// the strategies of orders, how far they have come, and when something of an account
// was moved last are as before.
func TestRawRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openRawIn(t, dir)
	alice, bob := r.rich(), r.rich()
	const limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.002&price=20000&newClientOrderId="
	r.place(&alice, limit+"part&strategyId=7&strategyType=1000001")
	r.place(&alice, limit+"new&strategyId=0")
	r.place(&alice, limit+"plain")
	r.place(&alice, limit+"gone&strategyType=2147483647")
	r.call(&alice, "DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=gone")
	r.place(&bob, "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000")
	r.place(&bob, "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=30000&strategyId=9") // which moves nothing of alice
	before, other := r.shown(&alice), r.shown(&bob)
	for what, want := range map[string]string{
		"open":   `"strategyId":7,"strategyType":1000001},`,
		"plain":  `"selfTradePreventionMode":"EXPIRE_MAKER"}`,
		"no id":  `"strategyType":2147483647}`,
		"id 0":   `"strategyId":0}`,
		"status": `"status":"PARTIALLY_FILLED"`,
	} {
		if !strings.Contains(before[2], want) {
			t.Fatalf("%s: %s is not in %s", what, want, before[2])
		}
	}
	for i, again := range []struct {
		how string
		end func()
	}{
		{"from the journal", func() {
			r.kill()
			if err := os.RemoveAll(filepath.Join(dir, "snapshot")); err != nil {
				t.Fatal(err)
			}
		}},
		{"from a snapshot", func() {
			r.end()
			if found, err := os.ReadDir(filepath.Join(dir, "snapshot")); err != nil || len(found) == 0 {
				t.Fatalf("no snapshot was left: %v", err)
			}
		}},
	} {
		again.end()
		r = openRawIn(t, dir)
		for j, got := range r.shown(&alice) {
			if got != before[j] {
				t.Errorf("%s alice sees\n%s, before\n%s", again.how, got, before[j])
			}
		}
		if got := r.shown(&bob); got[0] != other[0] || got[2] != other[2] {
			t.Errorf("%s bob sees\n%s, before\n%s", again.how, got, other)
		}
		r.restartedGoesOn(i, &alice)
		before = r.shown(&alice)
	}
	r.end()
}

// restartedGoesOn cancels one of the orders by how far it has come, and holds what is
// told of it against the strategy that it was placed with.
func (r *rawVenue) restartedGoesOn(round int, k *rawKey) {
	r.t.Helper()
	s := r.listens(k)
	order := []struct{ name, fails, works, strategy string }{
		{"new", "ONLY_PARTIALLY_FILLED", "ONLY_NEW", `"j":0}`},
		{"part", "ONLY_NEW", "ONLY_PARTIALLY_FILLED", `"j":7,"J":1000001}`},
	}[round]
	query := "symbol=BTCUSDT&origClientOrderId=" + order.name + "&cancelRestrictions="
	r.expect("a restricted cancel", r.call(k, "DELETE", "/api/v3/order", query+order.fails), 400,
		rawError(-2011, "Order was not canceled due to cancel restrictions."))
	if a := r.call(k, "DELETE", "/api/v3/order", query+order.works); a.status != 200 {
		r.t.Errorf("cancel of %s: %v", order.name, a)
	}
	if told := s.event(); !strings.Contains(told, `"X":"CANCELED"`) || !strings.Contains(told, order.strategy) {
		r.t.Errorf("of order %s is told %s, want %s", order.name, told, order.strategy)
	}
	s.conn.Close() //nolint:errcheck,gosec // nothing is under way
}
