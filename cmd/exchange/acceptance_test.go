package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// What the acceptance tests share: the program as a process of its own, clients
// that come in from outside like anybody, traders who keep a symbol busy, and what
// the operating system says about the process.

// venueLife bounds the life of a process, so that none is left behind.
const venueLife = 20 * time.Minute

// isLong reports whether the acceptance tests run with their full figures.
func isLong() bool { return os.Getenv("EXCHANGE_LONG") != "" }

// scaled returns the figure of a short test, of one under the race detector, or of
// a long one.
func scaled(short, race, long int) int {
	switch {
	case isLong():
		return long
	case raceDetector:
		return race
	}
	return short
}

// program returns the program as a process that may live for long, not yet started.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), venueLife)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Args = append([]string{"exchange"}, args...) // the name by which TestMain knows it
	t.Cleanup(cancel)
	return cmd
}

// venue is an exchange that a process serves, with a client in front of it.
type venue struct {
	*served

	client   *client.Client
	operator client.Operator
}

// openVenue serves a data directory until the test ends or the process is stopped.
func openVenue(t *testing.T, dir string, flags ...string) *venue {
	t.Helper()
	s := &served{t: t, dir: dir}
	s.cmd = program(t, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, flags...)...)
	t.Cleanup(func() {
		if s.cmd.Process != nil && s.cmd.ProcessState == nil { // the test has failed
			_ = s.stop(syscall.SIGKILL)
		}
	})
	s.await("token ")
	v := &venue{served: s}
	v.client = v.visitor()
	v.operator = client.Operator{Client: v.client, Token: s.token}
	return v
}

// visitor returns one more client, with connections of its own.
func (v *venue) visitor() *client.Client {
	v.t.Helper()
	c, err := client.New(context.Background(), v.url, client.Options{Timeout: time.Minute, Conns: 256})
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(c.Close)
	return c
}

// connect opens a connection to the websocket API.
func (v *venue) connect(c *client.Client) *client.Conn {
	v.t.Helper()
	conn, err := c.Connect(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(conn.Close)
	return conn
}

// kill ends the process as a power cut would.
func (v *venue) kill() {
	v.t.Helper()
	v.stop(syscall.SIGKILL)
	v.client.Close()
}

// end stops the process as its owner would.
func (v *venue) end() {
	v.t.Helper()
	if code := v.stop(syscall.SIGTERM); code != 0 {
		v.t.Errorf("SIGTERM: exit code %d, %s", code, v.complaints())
	}
	v.client.Close()
}

// holding is an amount that an account begins with.
type holding struct{ asset, amount string }

// customer makes an account with funds, and a key for it.
func (v *venue) customer(funds ...holding) (id int64, key client.Key) {
	v.t.Helper()
	ctx := v.t.Context()
	id, err := v.operator.CreateAccount(ctx, "")
	for i, f := range funds {
		err = errors.Join(err, v.operator.Credit(ctx, id, f.asset, f.amount, int64(i+1)))
	}
	if err == nil {
		key, err = v.operator.CreateKey(ctx, id)
	}
	if err != nil {
		v.t.Fatal(err)
	}
	return id, key
}

// units reads a decimal as a number of hundred-millionths.
func units(t *testing.T, text string) int64 {
	t.Helper()
	n, err := msg.ParseDecimal(text, 8)
	if err != nil {
		t.Errorf("the decimal %q: %v", text, err)
	}
	return n
}

// decimal writes a number of hundred-millionths as the public API does.
func decimal(n int64) string {
	return fmt.Sprintf("%d.%08d", n/1e8, n%1e8)
}

// The market that a crowd makes: prices in a band around a middle that wanders, so
// that orders wait on both sides and meet.
const (
	crowdMiddle = 100_000 // ticks of 0.01: 1,000.00
	crowdBand   = 30      // ticks that an order is away from the middle, at most
	crowdWander = 2_000   // ticks that the middle is away from where it began, at most
	crowdOrders = 20      // that each trader keeps open, at most
)

// crowd are traders who keep a symbol busy until they are told to stop.
type crowd struct {
	stop func() // and wait until they have

	placed, refused atomic.Int64
	middle          atomic.Int64
}

// startCrowd has some traders trade a symbol of BTC and USDT over websockets. Each
// rests for a while after each of its requests.
func startCrowd(v *venue, symbol string, traders int, rest time.Duration) *crowd {
	v.t.Helper()
	ctx, cancel := context.WithCancel(v.t.Context())
	c := &crowd{}
	c.middle.Store(crowdMiddle)
	var all sync.WaitGroup
	visitor := v.visitor()
	for i := range traders {
		_, key := v.customer(holding{"BTC", "10000"}, holding{"USDT", "10000000"})
		account := client.Account{Via: v.connect(visitor), Key: key}
		all.Go(func() {
			rng := rand.New(rand.NewPCG(7, uint64(i)))
			var open []int64
			for ctx.Err() == nil {
				if err := c.step(ctx, &account, symbol, rng, &open); err != nil {
					if ctx.Err() == nil {
						v.t.Errorf("trader %d: %v", i, err)
					}
					return
				}
				pause(ctx, rest)
			}
		})
	}
	c.stop = sync.OnceFunc(func() {
		cancel()
		all.Wait()
	})
	v.t.Cleanup(c.stop)
	return c
}

// step places an order, or cancels the oldest when there are enough.
func (c *crowd) step(ctx context.Context, a *client.Account, symbol string, rng *rand.Rand, open *[]int64) error {
	if len(*open) == crowdOrders {
		_, err := a.Cancel(context.WithoutCancel(ctx), symbol, (*open)[0])
		*open = (*open)[1:]
		if client.Code(err) == client.CodeCancelRefused { // it was filled meanwhile
			return nil
		}
		return err
	}
	middle := c.middle.Add(rng.Int64N(3) - 1)
	if middle < crowdMiddle-crowdWander || middle > crowdMiddle+crowdWander {
		c.middle.Store(crowdMiddle)
	}
	o := client.NewOrder{
		Symbol: symbol, Side: "BUY", Type: "LIMIT", TimeInForce: "GTC",
		Price:    decimal((middle + rng.Int64N(2*crowdBand+1) - crowdBand) * 1e6),
		Quantity: decimal((1 + rng.Int64N(50)) * 1e6), // 0.01 to 0.50
	}
	if rng.IntN(2) == 0 {
		o.Side = "SELL"
	}
	// Whoever is told to stop still hears the answer, so nothing is left under way.
	placed, err := a.Place(context.WithoutCancel(ctx), &o)
	switch {
	case client.Refused(err):
		c.refused.Add(1)
		return nil
	case err != nil:
		return err
	}
	c.placed.Add(1)
	if placed.Status == "NEW" || placed.Status == "PARTIALLY_FILLED" {
		*open = append(*open, placed.ID)
	}
	return nil
}

// pause waits for some time or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// cpuTime returns how long a process has computed.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	const tick = 10 * time.Millisecond // of the clock that Linux counts in
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	// The second field is a name in brackets; user and system time are the 14th and 15th.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// memory returns the bytes that a process has in memory, now and at most so far.
func memory(t *testing.T, pid int) (now, most int64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]*int64{"VmRSS": &now, "VmHWM": &most} {
		_, rest, ok := strings.Cut(string(text), "\n"+name+":")
		if _, err := fmt.Sscanf(rest, "%d kB", to); !ok || err != nil {
			t.Fatalf("there is no %s in %s", name, text)
		}
		*to <<= 10
	}
	return now, most
}

// mebi writes a number of bytes.
func mebi(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

// metric returns the value of a metric without labels.
func (v *venue) metric(name string) float64 {
	v.t.Helper()
	_, rest, ok := strings.Cut(v.must("GET", "/metrics", ""), "\n"+name+" ")
	text, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil {
		v.t.Fatalf("the metric %s: %q", name, text)
	}
	return n
}
