package api

import (
	"net/netip"
	"testing"
	"time"
)

// crook calls a test API from one address.
type crook struct {
	t    *testing.T
	api  *testAPI
	from netip.Addr
}

// call calls something that weighs one, and returns the status of its refusal or 200.
func (c crook) call() (status int, refused *Error) {
	c.t.Helper()
	err := c.api.Serve(&Method{Weight: weighs(1), Run: (*API).ping}, &Call{Client: c.from})
	if err == nil {
		return 200, nil
	}
	return err.Status, err
}

// until calls until it is answered so, and returns after how many others, and the
// answer.
func (c crook) until(status int) (others int, refused *Error) {
	c.t.Helper()
	for range 100 {
		got, refused := c.call()
		if got == status {
			return others, refused
		}
		others++
	}
	c.t.Fatalf("never answered %d", status)
	return 0, nil
}

func newCrook(t *testing.T, a *testAPI, from string) crook {
	return crook{t, a, netip.MustParseAddr(from)}
}

// banStart is a whole minute.
const banStart = 1_700_000_100_000 * ms

// TestBanEscalates goes on after each refusal: an address is banned for two minutes,
// and twice as long each time after it, up to three days; then it begins anew when it
// has kept to its limits for as long.
func TestBanEscalates(t *testing.T) {
	a := newTestAPI(t, Limits{Enforce: true, Weight: 3, BanAfter: 5})
	a.wall = banStart + 7*second
	bad, good := newCrook(t, a, "10.0.0.1"), newCrook(t, a, "10.0.0.2")
	want := 2 * time.Minute
	for i := range 14 {
		start := a.wall
		if n, _ := bad.until(429); n != 3 {
			t.Fatalf("ban %d: %d calls are served, want 3", i, n)
		}
		if n, refused := bad.until(418); n != 4 || refused.Code != -1003 || refused.Retry != a.wall+int64(want) {
			t.Fatalf("ban %d: after %d more refusals %v until %d, want 4 and %v from now", i, n, refused, refused.Retry, want)
		}
		if status, _ := good.call(); status != 200 {
			t.Fatalf("ban %d: another address is answered %d", i, status)
		}
		a.wall += int64(want) - 1
		if status, _ := bad.call(); status != 418 {
			t.Fatalf("ban %d: answered %d just before it ends", i, status)
		}
		a.wall++
		if status, _ := bad.call(); status != 200 {
			t.Fatalf("ban %d: answered %d once it has ended", i, status)
		}
		a.wall += minute
		if i == 12 && want != 72*time.Hour {
			t.Errorf("ban %d lasts %v, want three days", i, want)
		}
		want = min(2*want, 72*time.Hour)
		if a.wall <= start {
			t.Fatal("time stands")
		}
	}
	if got, want := a.Stats(), (Stats{Refused: 14 * 7, Bans: 14}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	a.wall += int64(72 * time.Hour)
	_, _ = bad.until(429)
	if _, refused := bad.until(418); refused.Retry != a.wall+int64(2*time.Minute) {
		t.Errorf("after three good days it is banned for %v, want 2m", time.Duration(refused.Retry-a.wall))
	}
	if got := a.Stats().Banned; got != 1 {
		t.Errorf("%d addresses are banned, want 1", got)
	}
}

// TestBanText says until when in the words of the wire format, of which both carriers
// tell the time as well.
func TestBanText(t *testing.T) {
	a := newTestAPI(t, Limits{Enforce: true, Weight: 1, BanAfter: 1})
	a.wall = banStart + 7*second + 345*ms
	bad := newCrook(t, a, "2001:db8::1")
	_, _ = bad.until(429)
	_, refused := bad.until(418)
	const text = `{"code":-1003,"msg":"Way too much request weight used; IP banned until 1700000227345. Please use WebSocket Streams for live updates to avoid bans."`
	if got := string(refused.AppendJSON(nil)); got != text+"}" {
		t.Errorf("got %s, want %s}", got, text)
	}
	if got, want := string(refused.AppendTimedJSON(nil, a.wall, false)), text+`,"data":{"serverTime":1700000107345,"retryAfter":1700000227345}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBanCounts counts refusals by minute, and bans nobody who backs off.
func TestBanCounts(t *testing.T) {
	a := newTestAPI(t, Limits{Enforce: true, Weight: 2, BanAfter: 3})
	a.wall = banStart
	c := newCrook(t, a, "10.0.0.1")
	for i := range 10 { // two refusals in each minute
		for k, want := range []int{200, 200, 429, 429} {
			if got, _ := c.call(); got != want {
				t.Errorf("minute %d, call %d: got %d, want %d", i, k, got, want)
			}
		}
		a.wall += minute
	}
	never := newTestAPI(t, Limits{Enforce: true, Weight: 2, BanAfter: -1})
	c = newCrook(t, never, "10.0.0.1")
	_, _ = c.until(429)
	for range 1000 {
		if got, _ := c.call(); got != 429 {
			t.Fatalf("got %d, want 429", got)
		}
	}
	counted := newTestAPI(t, Limits{Weight: 2, BanAfter: 1})
	c = newCrook(t, counted, "10.0.0.1")
	for range 1000 {
		if got, _ := c.call(); got != 200 {
			t.Fatalf("limits that are only counted: got %d", got)
		}
	}
}

// TestBanBounded has more addresses go too far than there is room for: memory is
// bounded, those that are counted together are not banned for one of them, and what
// is long over makes room.
func TestBanBounded(t *testing.T) {
	const room, addresses = 4, 50
	a := newTestAPI(t, Limits{Enforce: true, Weight: 1, BanAfter: 2, MaxClients: room, BanMax: time.Hour})
	address := func(i int) string { return netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}).String() }
	for round := range 5 {
		a.wall = banStart + int64(round)*minute
		for i := range addresses {
			c := newCrook(t, a, address(round*addresses+i))
			for range 5 {
				_, _ = c.call()
			}
		}
		if got := a.Stats(); got.Banned > room || len(a.clients.bans.known) > room {
			t.Fatalf("round %d: %d are banned of %d known", round, got.Banned, len(a.clients.bans.known))
		}
	}
	if got := a.Stats(); got.Bans != room {
		t.Errorf("%d bans, want %d", got.Bans, room)
	}
	a.wall = banStart + 5*60*minute
	c := newCrook(t, a, "10.9.9.9")
	_, _ = c.until(429)
	_, _ = c.until(418)
	if got := a.Stats(); got.Banned != 1 || len(a.clients.bans.known) != 1 {
		t.Errorf("hours later: %+v, %d known", got, len(a.clients.bans.known))
	}
}

// TestBanOfClock sets the clock back: a ban does not outlast its length by that.
func TestBanOfClock(t *testing.T) {
	a := newTestAPI(t, Limits{Enforce: true, Weight: 1, BanAfter: 1})
	a.wall = banStart
	c := newCrook(t, a, "10.0.0.1")
	_, _ = c.until(418)
	a.wall -= 5 * 60 * minute
	if got, _ := c.call(); got == 418 {
		t.Error("a clock that was set back by hours makes the ban hours longer")
	}
}
