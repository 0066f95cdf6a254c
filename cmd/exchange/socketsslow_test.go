package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// Slow and hostile clients beside good ones: what the bad ones hold is given back when
// their time is over, and the good ones do not notice more than that a machine has
// only so many processors.

// pongTimeout is what the exchange gives who does not answer a ping, in these tests.
const pongTimeout = 4 * time.Second

// slowTimeout is what it gives who is slow: more when there are so many bad clients
// that they are slow themselves.
func slowTimeout() time.Duration { return time.Duration(scaled(1, 2, 3)) * time.Second }

// goodClients are clients who do what most do, and time it.
type goodClients struct {
	v    *venue
	stop func() // and wait until all have
	book *onlooker

	mu    sync.Mutex
	took  []time.Duration
	wrong []error
}

// The pauses of a good client between two requests, and how many requests over HTTP it
// sends on a connection.
const (
	goodPause    = 100 * time.Millisecond
	goodRequests = 10
)

// startGood starts good clients: those who ask over HTTP, those who trade over
// websockets, and those who follow the book and are told at once when an update is
// left out.
func startGood(v *venue, asking, trading, following int) *goodClients {
	v.t.Helper()
	ctx, cancel := context.WithCancel(v.t.Context())
	g := &goodClients{v: v}
	var all sync.WaitGroup
	for range asking {
		all.Go(func() { g.goOn(ctx, g.ask) })
	}
	for range trading {
		_, key := v.customer(holding{"BTC", "1000"}, holding{"USDT", "1000000"})
		account := &client.Account{Via: v.connect(v.client), Key: key}
		all.Go(func() { g.goOn(ctx, func(ctx context.Context) error { return g.trade(ctx, account) }) })
	}
	for i := range following {
		o := &onlooker{client: v.client, symbol: "BTCUSDT", streams: []string{"depth@100ms", "trade", "bookTicker"}}
		if i == 0 {
			g.book = o
		}
		all.Go(func() {
			if err := o.follow(ctx); ctx.Err() == nil {
				g.note(0, fmt.Errorf("follow: %w", err))
			}
		})
	}
	g.stop = sync.OnceFunc(func() {
		cancel()
		all.Wait()
	})
	v.t.Cleanup(g.stop)
	return g
}

// goOn repeats what a client does, which times itself.
func (g *goodClients) goOn(ctx context.Context, do func(context.Context) error) {
	for ctx.Err() == nil {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			g.note(0, err)
		}
		pause(ctx, goodPause)
	}
}

// note takes down how long something took, or that it failed.
func (g *goodClients) note(took time.Duration, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.wrong = append(g.wrong, err)
		return
	}
	g.took = append(g.took, took)
}

// ask sends some requests on a new connection.
func (g *goodClients) ask(ctx context.Context) error {
	began := time.Now()
	p, err := g.v.dialFrom("")
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer p.Close() //nolint:errcheck // it is done with
	for range goodRequests {
		status, body, goesOn, err := p.get("/api/v3/depth?symbol=BTCUSDT&limit=5", "")
		if err != nil || status != 200 || !goesOn {
			return fmt.Errorf("ask for the book: %d %s, goes on: %v, %w", status, body, goesOn, err)
		}
		answered := time.Now()
		g.note(answered.Sub(began), nil)
		pause(ctx, goodPause)
		began = time.Now()
		if ctx.Err() != nil || began.Sub(answered) > slowTimeout()/2 { // who was held up that long does not trust the connection
			return nil
		}
	}
	return nil
}

// trade places an order and cancels it.
func (g *goodClients) trade(ctx context.Context, a *client.Account) error {
	began := time.Now()
	o, err := a.Place(context.WithoutCancel(ctx), &client.NewOrder{
		Symbol: "BTCUSDT", Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Price: "100.00", Quantity: "0.1",
	})
	if err != nil {
		return fmt.Errorf("place an order: %w", err)
	}
	g.note(time.Since(began), nil)
	began = time.Now()
	if _, err := a.Cancel(context.WithoutCancel(ctx), "BTCUSDT", o.ID); err != nil {
		return fmt.Errorf("cancel an order: %w", err)
	}
	g.note(time.Since(began), nil)
	return nil
}

// report prints and forgets what good clients have seen. All of it went well.
func (g *goodClients) report(t *testing.T, when string) {
	t.Helper()
	g.mu.Lock()
	took, wrong := g.took, g.wrong
	g.took, g.wrong = nil, nil
	g.mu.Unlock()
	for _, err := range wrong[:min(len(wrong), 5)] {
		t.Errorf("%s: a good client: %v", when, err)
	}
	if len(took) == 0 {
		t.Errorf("%s: good clients did nothing", when)
		return
	}
	slices.Sort(took)
	at := func(part float64) time.Duration {
		return took[int(part*float64(len(took)-1))].Round(10 * time.Microsecond)
	}
	t.Logf("%-28s %6d requests of good clients, %d failed, median %v, p99 %v, longest %v", when+":", len(took), len(wrong), at(.5), at(.99), at(1))
}

// openFiles returns how many files and sockets a process has open.
func openFiles(t *testing.T, pid int) int {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// asManyAs returns how many of some sockets the operating system lets this process
// open, beside those that it needs otherwise.
func asManyAs(t *testing.T, want int) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	const others = 1_500
	most := int(min(limit.Cur, 1<<20)) - others
	if most < want {
		t.Logf("%d sockets in place of %d: the system lets a process have %d files", most, want, limit.Cur)
		return most
	}
	return want
}

// TestSlowClients attacks an exchange in every way at once, or one after the other
// when there is time for it. It runs beside no other test.
func TestSlowClients(t *testing.T) {
	mostGrowth := int64(scaled(256, 512, 256)) << 20 // the race detector takes as much again
	slow := slowTimeout().String()
	v := openVenue(
		t, t.TempDir(), "--read-timeout", slow, "--write-timeout", slow, "--idle-timeout", slow, "--stall-timeout", slow,
		"--ping-interval", "1s", "--pong-wait", pongTimeout.String(), "--close-wait", "500ms", "--queue-bytes", "262144",
		"--messages-per-second", "500",
	)
	g := startGood(v, 40, 40, 20)
	pid := v.cmd.Process.Pid
	eventually(t, func() error { return allJoined([]*onlooker{g.book}) })
	time.Sleep(time.Duration(scaled(1, 1, 5)) * time.Second) // so long it is quiet
	g.report(t, "quiet")
	files := openFiles(t, pid)
	before, _ := memory(t, pid)

	const span = 2 * time.Second
	if isLong() {
		for _, a := range slowAttacks(asManyAs(t, 5_000), 30, 300) {
			a.every = max(a.every, time.Millisecond) // again and again
			v.attack(t, []attack{a}, span, 0)
			g.report(t, a.name)
			now, _ := memory(t, pid)
			t.Logf("%-28s memory of the exchange: %s", a.name+":", mebi(now))
		}
	}
	// All clients share the processors with the exchange, which they keep busy.
	v.attack(t, slowAttacks(scaled(500, 250, 500), scaled(10, 5, 10), scaled(40, 20, 40)), span, 2*time.Second)
	g.report(t, "all at once")

	// All that the bad ones held is given back.
	const spare = 60 // good clients open connections all the time
	fit(t, "the exchange has more files open than before", func() bool { return openFiles(t, pid) <= files+spare })
	after, most := memory(t, pid)
	t.Logf("memory of the exchange: %s before, %s after, %s at most; files: %d before, %d after", mebi(before), mebi(after), mebi(most), files, openFiles(t, pid))
	if most-before > mostGrowth {
		t.Errorf("memory has grown by %s, want at most %s", mebi(most-before), mebi(mostGrowth))
	}
	time.Sleep(time.Second) // in which it is quiet again
	g.stop()
	g.report(t, "quiet again")
	if n := v.metric("exchange_panics_total"); n != 0 {
		t.Errorf("%v panics", n)
	}
	v.end()
}
