package api

import (
	"net/http"
	"testing"
)

// TestSheds calls every method while the exchange is busy: those that would only find
// so in the end are refused at once, with a wrong key and before their signature costs
// anything; cancels, questions and tests are not.
func TestSheds(t *testing.T) {
	a := newTestAPI(t, Limits{})
	asked := 0
	a.busy = func() bool { asked++; return true }
	sheds := map[string]bool{"order.place": true, "order.cancelReplace": true, "order.amend.keepPriority": true}
	for i := range a.Methods() {
		m := &a.Methods()[i]
		asked = 0
		err := a.Serve(m, &Call{Key: []byte("nobody")})
		if got := err == ErrOverloaded; got != sheds[m.Name] || (asked > 0) != sheds[m.Name] {
			t.Errorf("%s %s %s: refused as busy: %v, asked %d times", m.Name, m.Verb, m.Path, got, asked)
		}
		delete(sheds, m.Name)
	}
	if len(sheds) > 0 {
		t.Errorf("there are no methods %v", sheds)
	}
	a.busy = func() bool { return false }
	if err := a.Serve(a.method(t, http.MethodPost, "/api/v3/order"), &Call{Key: []byte("nobody")}); err != ErrKey {
		t.Errorf("while it is not busy: got %v, want %v", err, ErrKey)
	}
	limited := newTestAPI(t, Limits{Enforce: true, Weight: 1})
	limited.busy = func() bool { return true }
	m := limited.method(t, http.MethodPost, "/api/v3/order")
	for i, want := range []int{-1008, -1003, -1003} { // who sends too much is told that first
		if err := limited.Serve(m, &Call{}); err == nil || err.Code != want {
			t.Errorf("call %d over the limits: got %v, want %d", i, err, want)
		}
	}
}

// TestRetryAfter says after how many whole seconds to try again.
func TestRetryAfter(t *testing.T) {
	const now = 1_700_000_000 * second
	for _, c := range []struct {
		err  *Error
		want int64
	}{
		{ErrOverloaded, 1},
		{&Error{Retry: now}, 1},
		{&Error{Retry: now - 5*second}, 1},
		{&Error{Retry: now + 1}, 1},
		{&Error{Retry: now + second}, 1},
		{&Error{Retry: now + second + 1}, 2},
		{bannedError(now + 120*second), 120},
		{ErrTimeout, 0},
		{ErrSymbol, 0},
	} {
		if got := c.err.RetryAfter(now); got != c.want {
			t.Errorf("%v until %d: got %d, want %d", c.err, c.err.Retry, got, c.want)
		}
	}
}
