package main

import (
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestSecurityReplays sends the same requests again: at once, from many sides at a
// time, from the moment they are made. Of each one is taken, at most.
func TestSecurityReplays(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	account := g.holder(plenty()...)
	keys := []*pass{g.issue(account, bothPermissions), g.issueEd(account, 7)}
	g.awaitStart()
	const sides = 10
	rounds := scaled(100, 20, 10_000)
	seq, _, _ := g.status()
	refused := 0
	for round := range rounds {
		p := keys[round%len(keys)]
		q := g.signed(p, "POST", "/api/v3/order", limitOrder("BUY", "0.001", "9000"))
		if round%3 == 0 {
			q.query, q.body = "", q.query
		}
		taken, not := g.together(q, sides)
		if taken != 1 || not != sides-1 {
			t.Fatalf("round %d: of %d times the same %d were taken, and %d refused as used", round, sides, taken, not)
		}
		refused += not
		if a := g.send(q); a.status != 400 || a.code != -1022 { // and once more, by itself
			t.Fatalf("round %d: afterwards: %s", round, a)
		}
		refused++
		if a := g.query(p, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"); a.status != 200 {
			t.Fatalf("round %d: %s", round, a)
		}
	}
	if end, _, _ := g.status(); end != seq+2*uint64(rounds) {
		t.Errorf("%d commands were carried out, want %d", end-seq, 2*rounds)
	}
	t.Logf("%d orders, of which %d repetitions were refused", rounds, refused)
}

// together sends one request from many sides at once, and returns how often it was
// taken and how often refused as used.
func (g *gate) together(q errand, sides int) (taken, used int) {
	g.t.Helper()
	var ok, not atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for range sides {
		all.Go(func() {
			<-start
			a, err := g.try(q)
			switch {
			case err == nil && a.status == 200:
				ok.Add(1)
			case err == nil && a.code == -1022:
				not.Add(1)
			default:
				g.t.Errorf("the same again: %s %v", a, err)
			}
		})
	}
	close(start)
	all.Wait()
	return int(ok.Load()), int(not.Load())
}

// TestSecurityReplaysElsewhere sends what was taken over HTTP over a websocket, and
// the other way round: the names are sorted there, and so they can be here.
func TestSecurityReplaysElsewhere(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	p := g.newcomer()
	k := g.talk()
	order := []string{"symbol", "BTCUSDT", "side", "BUY", "type", "LIMIT", "timeInForce", "GTC", "quantity", "0.001", "price", "9000"}
	for _, first := range []string{"HTTP", "websocket"} {
		params := g.signedParams(p, order...)
		n := len(params) - 2
		over := errand{verb: "POST", path: "/api/v3/order", key: p.id, query: sortedPayload(params[:n]) + "&signature=" + params[n+1]}
		for _, by := range []string{first, "HTTP", "websocket"} {
			code := 0
			if by == "HTTP" {
				code = g.send(over).code
			} else {
				s := k.ask("order.place", params...)
				code = s.code()
			}
			want := -1022
			if by == first {
				first, want = "", 0
			}
			if code != want {
				t.Errorf("by %s: code %d, want %d", by, code, want)
			}
		}
	}
}

// TestSecurityLogonReplays sends a logon again: from its own address, as clients do
// that open several connections in one millisecond, and from another one, where
// whoever has heard it would be logged on.
func TestSecurityLogonReplays(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	account := g.holder(plenty()...)
	keys := []*pass{g.issue(account, bothPermissions), g.issueEd(account, 7)}
	g.awaitStart()
	for round := range scaled(20, 6, 2_000) {
		p := keys[round%len(keys)]
		logon := g.signedParams(p)
		pool := []*talk{g.talk(), g.talk()}
		for i, k := range pool {
			if s := k.ask("session.logon", logon...); s.Status != 200 {
				t.Errorf("round %d, connection %d of the client: %s", round, i, s.text)
			}
		}
		eve := g.talkFrom(thereAddress)
		if s := eve.ask("session.logon", logon...); s.Status != 400 || s.code() != -1022 {
			t.Errorf("round %d, from another address: %s", round, s.text)
		}
		if s := eve.ask("account.status", "timestamp", decimalID(g.now())); s.code() != -2014 {
			t.Errorf("round %d, from another address: %s", round, s.text)
		}
		if s := eve.ask("session.logon", g.signedParams(p)...); s.Status != 200 {
			t.Errorf("round %d, from another address with a signature of its own: %s", round, s.text)
		}
		for _, k := range append(pool, eve) {
			_ = k.ws.Close() // it has said all
		}
	}
}

// TestSecurityReplaysAfterKill has a process killed that has taken requests, and
// sends these to the next one, which stands in a clock that their windows cover.
func TestSecurityReplaysAfterKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := openGate(t, dir)
	account := g.holder(plenty()...)
	keys := []*pass{g.issue(account, bothPermissions), g.issueEd(account, 7)}
	g.awaitStart()
	rounds := scaled(1, 1, 10)
	for round := range rounds {
		const window = "&recvWindow=60000"
		var taken []errand
		for i := range scaled(40, 10, 180) {
			p := keys[i%len(keys)]
			// Some are ahead of the clock, as far as they may be.
			query := fmt.Sprintf("%s&timestamp=%d", limitOrder("BUY", "0.001", "9000")+window, g.now()+int64(i%2)*900_000)
			q := errand{verb: "POST", path: "/api/v3/order", key: p.id, query: query + "&signature=" + url.QueryEscape(p.sign(query))}
			if a := g.send(q); a.status != 200 {
				t.Fatalf("round %d, order %d: %s", round, i, a)
			}
			taken = append(taken, q)
		}
		g.kill()
		g = openGate(t, dir)
		check := g.unchanged()
		for i, q := range taken {
			if a := g.send(q); a.status != 400 || a.code != -1021 {
				t.Fatalf("round %d, order %d again: %s", round, i, a)
			}
		}
		check("what the process before has taken")
		for _, p := range keys { // those that are made now are taken, and once
			q := g.signed(p, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"+window)
			for i, want := range []int{0, -1022} {
				if a := g.send(q); a.code != want && (i > 0 || a.code != -2011) {
					t.Fatalf("round %d, a new request %d times: %s", round, i+1, a)
				}
			}
		}
	}
	if code := g.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM: exit code %d", code)
	}
}

// TestSecurityReplaysEarly sends the requests of a process that was killed as soon
// as the next one answers at all: before it says that it is ready.
func TestSecurityReplaysEarly(t *testing.T) {
	t.Parallel()
	dir, address := t.TempDir(), freeAddress(t)
	g := openGate(t, dir, "--listen", address)
	p := g.newcomer()
	q := g.signed(p, "POST", "/api/v3/order", limitOrder("BUY", "0.001", "9000")+"&recvWindow=60000")
	if a := g.send(q); a.status != 200 {
		t.Fatal(a)
	}
	seq, _, _ := g.status()
	g.kill()
	stop, told := make(chan struct{}), make(map[int]int)
	var sender sync.WaitGroup
	sender.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if a, err := g.try(q); err == nil {
				told[a.code]++
			}
			time.Sleep(time.Millisecond) // a request of a client that tries again
		}
	})
	again := openGate(t, dir, "--listen", address)
	close(stop)
	sender.Wait()
	if now, _, _ := again.status(); now != seq {
		t.Errorf("the exchange was at %d, and is at %d", seq, now)
	}
	for code := range told {
		if code != -1021 && code != -1008 {
			t.Errorf("it was answered %d times with %d", told[code], code)
		}
	}
	if told[-1021] == 0 {
		t.Errorf("no request came between the start and its end: %v", told)
	}
}

// TestSecurityWindow sends requests that are just in time, and just not. Where the
// edges are to the microsecond is tested with a clock that stands; here the real one
// goes on while a request is on its way.
func TestSecurityWindow(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	p := g.newcomer()
	const late, early = "Timestamp for this request is outside of the recvWindow.", "Timestamp for this request was 1000ms ahead of the server's time."
	for _, c := range []struct {
		at     time.Duration // after now
		window string
		text   string
	}{
		{0, "5000", ""},
		{-4 * time.Second, "5000", ""},
		{-4 * time.Second, "", ""},
		{-5001 * time.Millisecond, "5000", late},
		{-5001 * time.Millisecond, "", late},
		{-59 * time.Second, "60000", ""},
		{-60001 * time.Millisecond, "60000", late},
		{-time.Millisecond, "0", late},
		{900 * time.Millisecond, "5000", ""},
		{1500 * time.Millisecond, "5000", early},
		{time.Hour, "60000", early},
		{-time.Hour, "60000", late},
		{0, "60001", "recvWindow must be less than 60000"},
	} {
		params := "symbol=BTCUSDT"
		if c.window != "" {
			params += "&recvWindow=" + c.window
		}
		query := fmt.Sprintf("%s&timestamp=%d", params, g.now()+c.at.Microseconds())
		a := g.send(errand{verb: "GET", path: "/api/v3/openOrders", key: p.id, query: query + "&signature=" + p.sign(query)})
		want := "[]"
		if c.text != "" {
			want = fmt.Sprintf(`{"code":%d,"msg":%q}`, map[bool]int{true: -1131, false: -1021}[c.window == "60001"], c.text)
		}
		if a.body != want {
			t.Errorf("%v from now, window %q: %s, want %s", c.at, c.window, a, want)
		}
	}
}
