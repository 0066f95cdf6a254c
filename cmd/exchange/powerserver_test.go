package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// talliedAccounts is how many traders there are; some of them come over websockets.
const (
	talliedAccounts = 8
	talliedSockets  = 2
)

const (
	talliedPatience = 30 * time.Second       // bounds what may hang: a start, an answer
	cutPatience     = 150 * time.Millisecond // is how long a process may go on that ought to end
)

// theProgram is a build of the exchange.
type theProgram struct {
	path  string
	flags []string // of serve, each time
}

// remembering has the exchange keep all that can be asked for.
func (x theProgram) remembering() theProgram {
	x.flags = []string{"--history-orders", "1000000", "--history-fills", "1000000"}
	return x
}

// thisProgram is the test itself, which is the exchange by that name.
func thisProgram(t *testing.T) theProgram {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return theProgram{path: self}
}

// builtProgram builds the exchange as its users do, with the tags of this test if it
// is given none.
func builtProgram(t *testing.T, tags string) theProgram {
	t.Helper()
	if info, ok := debug.ReadBuildInfo(); ok && tags == "" {
		for _, s := range info.Settings {
			if s.Key == "-tags" {
				tags = s.Value
			}
		}
	}
	out := filepath.Join(t.TempDir(), "exchange")
	text, err := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", out, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("build with tags %q: %v: %s", tags, err, text)
	}
	return theProgram{path: out}
}

// talliedServer is a process that serves a data directory.
type talliedServer struct {
	cmd     *exec.Cmd
	exited  chan struct{}
	stderr  bytes.Buffer // read it when the process has exited
	url     string
	took    time.Duration // until it was ready
	client  *client.Client
	visitor client.Operator
	token   string

	end func() // of the visits: waits until nobody is there
}

// start starts the exchange without waiting until it is ready.
func (x theProgram) start(dir string, flags ...string) (s *talliedServer, ready <-chan error, err error) {
	s = &talliedServer{exited: make(chan struct{}), end: func() {}}
	s.cmd = exec.Command(x.path)
	s.cmd.Args = slices.Concat([]string{"exchange", "serve", "--data", dir, "--listen", "127.0.0.1:0"}, x.flags, flags)
	s.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10")
	s.cmd.Stderr = &s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, nil, err
	}
	lines := make(chan error, 1)
	go func() {
		defer close(s.exited)
		err := s.awaitReady(bufio.NewScanner(out))
		s.took = time.Since(began)
		lines <- err
		_ = s.cmd.Wait() // its state says how it ended
	}()
	return s, lines, nil
}

// awaitReady reads what the process prints until it is ready.
func (s *talliedServer) awaitReady(lines *bufio.Scanner) error {
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening "); ok {
			s.url = url
		}
		if strings.HasPrefix(lines.Text(), "token ") {
			return nil
		}
	}
	return errors.New("it ended before it was ready")
}

// serve starts the exchange, and returns when it is ready.
func (x theProgram) serve(dir string, flags ...string) (*talliedServer, error) {
	s, ready, err := x.start(dir, flags...)
	if err != nil {
		return nil, err
	}
	select {
	case err = <-ready:
	case <-time.After(talliedPatience):
		err = fmt.Errorf("it is not ready after %v", talliedPatience)
	}
	if err == nil {
		s.client, err = client.New(context.Background(), s.url, client.Options{Timeout: talliedPatience, Conns: 2 * talliedAccounts})
	}
	var token string
	if err == nil {
		token, err = readToken(filepath.Join(dir, tokenFile))
	}
	if err != nil {
		s.exits(cutPatience) // it may be about to say why
		s.kill()
		return nil, fmt.Errorf("serve: %w: %s", err, &s.stderr)
	}
	s.visitor, s.token = client.Operator{Client: s.client, Token: token}, token
	return s, nil
}

// kill ends the process at once, and all that speak to it.
func (s *talliedServer) kill() {
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.exited
	if s.client != nil {
		s.client.Close()
	}
	s.end()
}

// exits waits until the process has ended by itself, and reports whether it did.
func (s *talliedServer) exits(within time.Duration) bool {
	select {
	case <-s.exited:
		return true
	case <-time.After(within):
		return false
	}
}

// talliedCommands are what it takes to make an account with funds.
const talliedCommands = 3

// crowdOf makes the accounts of traders, with funds that no order runs into.
func (s *talliedServer) crowdOf(ctx context.Context, y *outside) ([]*tallied, error) {
	var all []*tallied
	for i := range talliedAccounts {
		id, err := s.visitor.CreateAccount(ctx, "")
		for n, asset := range []string{"BTC", "USDT"} {
			err = errors.Join(err, s.visitor.Credit(ctx, id, asset, "100000000", int64(n+1)))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, &tallied{
			tally: y, prefix: fmt.Sprintf("t%d", i), account: msg.AccountID(id), side: msg.Side(i % 2), rng: rand.New(rand.NewPCG(rand.Uint64(), uint64(i))),
		})
	}
	markets, err := defaultCommands()
	if err != nil {
		return nil, err
	}
	y.setup = uint64(len(markets) + talliedCommands*talliedAccounts)
	return all, s.giveKeys(ctx, all)
}

// giveKeys gives traders new keys.
func (s *talliedServer) giveKeys(ctx context.Context, all []*tallied) (err error) {
	for _, r := range all {
		if r.key, err = s.visitor.CreateKey(ctx, int64(r.account)); err != nil {
			return err
		}
	}
	return nil
}

// open lets traders trade, and others look, until the process has ended.
func (s *talliedServer) open(y *outside, traders []*tallied, snapshots bool) error {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	s.end = func() {
		cancel()
		all.Wait()
	}
	trades, err := s.client.Subscribe(ctx, strings.ToLower(talliedSymbol)+"@trade")
	if err != nil {
		return err
	}
	all.Go(func() { hearTrades(trades, y) })
	for i, r := range traders {
		var via client.Carrier = s.client
		if i < talliedSockets {
			conn, err := s.client.Connect(ctx)
			if err != nil {
				return err
			}
			all.Go(func() { <-conn.Done() })
			via = conn
		}
		all.Go(func() { r.trade(ctx, via) })
	}
	all.Go(func() {
		for ctx.Err() == nil {
			v, err := s.visitor.Status(ctx)
			if err != nil {
				return
			}
			y.hearDigest(v.Seq, v.Digest)
			pause(ctx, 2*time.Millisecond)
		}
	})
	if snapshots {
		all.Go(func() { s.takeSnapshots(ctx) })
	}
	return nil
}

// hearTrades notes what a stream shows until it ends.
func hearTrades(s *client.Stream, y *outside) {
	for {
		m, err := s.Next()
		if err != nil {
			return
		}
		var e client.TradeEvent
		if err := json.Unmarshal(m.Data, &e); err == nil && e.ID != 0 { // else it says that the exchange stops
			y.hearTrade(msg.TradeID(e.ID), toldTrade{e.Price, e.Quantity})
		}
	}
}

// takeSnapshots asks for one snapshot after the other.
func (s *talliedServer) takeSnapshots(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.takeSnapshot(ctx); err != nil {
			return
		}
	}
}

// lookBack asks the exchange for what happened, and holds it against the journal:
// the state, and the newest orders of each trader.
func (s *talliedServer) lookBack(ctx context.Context, k *kept, traders []*tallied) error {
	const newest = 12 // requests of each trader
	v, err := s.visitor.Status(ctx)
	if err != nil {
		return err
	}
	if v.Seq != uint64(k.seq) || v.Digest != k.digest {
		k.problem("the exchange is at %d with digest %s, its journal at %d with %s", v.Seq, v.Digest, k.seq, k.digest)
	}
	for _, r := range traders {
		for _, name := range r.asked[max(0, len(r.asked)-newest):] {
			if err := s.lookAt(ctx, k, r, name); err != nil {
				return err
			}
		}
		r.asked = nil
	}
	return nil
}

// lookAt asks for the order that a request has placed.
func (s *talliedServer) lookAt(ctx context.Context, k *kept, r *tallied, name string) error {
	r.tally.mu.Lock()
	i := *r.tally.intents[name]
	r.tally.mu.Unlock()
	if i.answer != granted {
		return nil
	}
	account := client.Account{Via: s.client, Key: r.key}
	id := i.told.ID
	now, err := account.Order(ctx, talliedSymbol, id)
	if client.Code(err) == client.CodeNoSuchOrder {
		k.problem("order %d (%s) was granted, and is not known", id, name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask for order %d: %w", id, err)
	}
	o := k.orders[msg.OrderID(id)]
	if o == nil || now.ClientID != o.name.String() || now.Status != o.status() || now.Executed != lotText(o.done) || now.Quantity != lotText(o.qty) {
		k.problem("order %d is told as %+v, the journal has %+v", id, now, o)
	}
	return nil
}

// takeSnapshot asks for a snapshot, and waits for it.
func (s *talliedServer) takeSnapshot(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/x/v1/snapshot", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	_, err = io.Copy(io.Discard, a.Body)
	return err
}
