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
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// TestAcceptKills kills the exchange again and again while a load trades on it. It
// begins anew where it was: everything that was acknowledged or told is there, no id
// means something else than before, clients join as if nothing had been, their books
// are the engine's, and no asset has become more or less.
func TestAcceptKills(t *testing.T) {
	kills := scaled(2, 1, 20)
	dir := t.TempDir()
	place := freeAddress(t)
	v := openVenue(t, dir, venueFlags(place, 0)...)
	l := startLoad(t, v, scaled(300, 150, 300), scaled(16, 16, 100))
	w := newWitness(t, "BTCUSDT")
	looking := w.lookOn(v, l)
	for n := range kills {
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond) // no moment is chosen
		looking.over.Store(true)
		v.kill()
		looking.end()
		w.checkQuiet(dir, l)
		v = openVenue(t, dir, venueFlags(place, n+1)...)
		looking = w.lookOn(v, l)
	}
	report := l.end()
	l.check(v)
	if err := errors.Join(w.lookBack(t.Context(), v.client), w.lookBackAtOrders(t.Context(), v.client, l.keys)); err != nil {
		t.Error(err)
	}
	looking.over.Store(true)
	looking.end()
	v.end()
	if out, err := program(t, "audit", dir).CombinedOutput(); err != nil {
		t.Errorf("audit: %v: %s", err, out)
	}
	t.Logf("%d kills while %d requests were accepted, %d rejected, %d without an answer, %d not sent",
		kills, report.Accepted, report.Rejected, report.Unknown, report.Errors-report.Unknown)
	for _, kind := range []string{idTrade, idAggTrade, idOrder, idExecution, idBest} {
		t.Logf("%s: %d were seen, up to %d", kind, w.count(kind), w.highest(kind))
		if w.count(kind) == 0 {
			t.Errorf("no %s was seen", kind)
		}
	}
}

// venueFlags are those of a round: in some of them snapshots are frequent. So much
// history is kept that all of it can be asked for.
func venueFlags(place string, round int) []string {
	flags := []string{"--listen", place, "--history-orders", "1000000", "--history-fills", "1000000"}
	if round%2 == 1 {
		flags = append(flags, "--snapshot-commands", "100", "--snapshot-pause", "20ms")
	}
	return flags
}

// freeAddress returns an address that stays free while nobody listens there. It is
// below the ports that the system gives to connections: else one that tries to
// connect while the exchange is dead might be given this very port, and be
// connected to itself.
func freeAddress(t *testing.T) string {
	t.Helper()
	const first, ports, tries = 20_000, 10_000, 100
	for range tries {
		address := fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(ports))
		l, err := net.Listen("tcp", address)
		if err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// visit is what witnesses see of an exchange until it is gone.
type visit struct {
	over atomic.Bool // the exchange is about to be killed
	end  func()      // waits until nobody is there
}

// lookOn has a client, who joins and holds the book, and others look at an exchange
// until it is gone. It returns when there has been something to see, and the client's
// book is that of the exchange.
func (w *witness) lookOn(v *venue, l *loading) *visit {
	w.t.Helper()
	enough := scaled(150, 100, 400) // acknowledgements
	ctx, cancel := context.WithCancel(w.t.Context())
	var all sync.WaitGroup
	looking := &visit{end: sync.OnceFunc(func() {
		cancel()
		all.Wait()
	})}
	w.t.Cleanup(looking.end)
	o := &onlooker{client: v.client, symbol: w.symbol, streams: []string{"depth@100ms", "trade", "aggTrade", "bookTicker"}, heed: w.heed}
	for _, f := range []func() error{
		func() error { return o.follow(ctx) },
		func() error { return w.watchBooks(ctx, v.client) },
		func() error { return w.watchUsers(ctx, v.client, l.keys) },
	} {
		all.Go(func() {
			if err := f(); !looking.over.Load() || errors.Is(err, errBroken) {
				w.t.Error(err)
			}
		})
	}
	if err := w.lookBackAtOrders(ctx, v.client, l.keys); err != nil {
		w.t.Error(err)
	}
	l.awaitAcks(enough)
	eventually(w.t, func() error { return allJoined([]*onlooker{o}) })
	if err := o.verify(ctx); err != nil {
		w.t.Error(err)
	}
	return looking
}

// checkQuiet looks at an exchange that was killed: at what follows from its journal,
// and at what it says itself where nobody trades. Then it is killed once more.
func (w *witness) checkQuiet(dir string, l *loading) {
	t := w.t
	t.Helper()
	replay := program(t, "replay", dir, "--print", "book", "--json")
	replay.Stderr = &bytes.Buffer{}
	out, err := replay.Output()
	var engine stateJSON
	if err == nil {
		err = json.Unmarshal(out, &engine)
	}
	if err != nil {
		t.Fatalf("replay: %v: %s", err, replay.Stderr)
	}
	v := openVenue(t, dir, venueFlags("127.0.0.1:0", 0)...)
	defer v.kill()
	if seq, digest, _ := v.status(); seq != uint64(engine.Seq) || digest != engine.Digest {
		t.Errorf("the exchange is at %d with digest %s, its journal at %d with %s", seq, digest, engine.Seq, engine.Digest)
	}
	if err := w.lookBack(t.Context(), v.client); err != nil {
		t.Error(err)
	}
	told, err := v.client.Depth(t.Context(), w.symbol, fullDepth)
	if err != nil {
		t.Fatal(err)
	}
	book := engine.Books[w.symbol]
	if told.UpdateID != int64(book.UpdateID) {
		t.Errorf("the book is as of update %d, the engine's of %d", told.UpdateID, book.UpdateID)
	}
	for side, levels := range map[string]struct {
		told   []client.Level
		engine []levelJSON
	}{"bids": {told.Bids, book.Bids}, "asks": {told.Asks, book.Asks}} {
		want := []client.Level{}
		for _, e := range levels.engine {
			want = append(want, client.Level{Price: decimal(units(t, e[0].(string))), Quantity: decimal(units(t, e[1].(string)))})
		}
		if diff := cmp.Diff(want, levels.told); diff != "" {
			t.Errorf("%s, the engine's (-) and those that are told (+):\n%s", side, diff)
		}
	}
	if diff := cmp.Diff(l.sums, v.sums()); diff != "" {
		t.Errorf("the sums of assets, before (-) and now (+):\n%s", diff)
	}
}

// sums returns what all accounts have of each asset, that of the fees as well.
func (v *venue) sums() map[string]int64 {
	v.t.Helper()
	sums := make(map[string]int64)
	for id := int64(0); ; id++ {
		all, err := v.operator.Balances(v.t.Context(), id)
		if e, ok := errors.AsType[*client.Error](err); ok && e.Status == 404 {
			return sums
		}
		if err != nil {
			v.t.Fatal(err)
		}
		for _, b := range all {
			sums[b.Asset] += units(v.t, b.Free) + units(v.t, b.Locked)
		}
	}
}

// loading is a load that trades as a process of its own.
type loading struct {
	t           *testing.T
	cmd         *exec.Cmd
	out, errors bytes.Buffer
	exited      chan struct{}

	file string
	acks *os.File // the file of acknowledgements, read as it grows
	seen int      // lines
	keys []client.Key
	sums map[string]int64 // of all assets
}

// startLoad begins to trade. It returns once the accounts are there.
func startLoad(t *testing.T, v *venue, rate, accounts int) *loading {
	t.Helper()
	const followed = 8 // accounts whose events are followed
	l := &loading{t: t, file: filepath.Join(t.TempDir(), "acks"), exited: make(chan struct{}), sums: make(map[string]int64)}
	l.cmd = program(t, "load", "--target", v.url, "--token", v.token, "--transport", "http,ws", "--conns", "8", "--rate", strconv.Itoa(rate),
		"--accounts", strconv.Itoa(accounts), "--for", "1h", "--acks", l.file, "--json")
	l.cmd.Stdout, l.cmd.Stderr = &l.out, &l.errors
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = l.cmd.Wait() // its state says how it ended
		close(l.exited)
	}()
	t.Cleanup(func() {
		_ = l.cmd.Process.Kill() // unless it has ended
		<-l.exited
	})
	var head ackHead
	eventually(t, func() error {
		f, err := os.Open(l.file)
		if err != nil {
			return err
		}
		line, err := bufio.NewReaderSize(f, maxAckLine).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &head)
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
		l.acks = f
		return nil
	})
	t.Cleanup(func() { _ = l.acks.Close() })
	if _, err := l.acks.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	for _, a := range head.Accounts[:followed] {
		l.keys = append(l.keys, a.Key)
	}
	for asset, amount := range head.Funds {
		l.sums[asset] = units(t, amount) * int64(len(head.Accounts))
	}
	return l
}

// awaitAcks waits for that many more acknowledgements.
func (l *loading) awaitAcks(n int) {
	l.t.Helper()
	l.read()
	for want := l.seen + n; l.seen < want; l.read() {
		select {
		case <-l.exited:
			l.t.Fatalf("the load has ended: %s%s", l.out.String(), l.errors.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// read counts what has been acknowledged since.
func (l *loading) read() {
	l.t.Helper()
	more, err := io.ReadAll(l.acks)
	if err != nil {
		l.t.Fatal(err)
	}
	l.seen += bytes.Count(more, []byte{'\n'})
}

// end has the load end as its owner would, and returns what it tells.
func (l *loading) end() (report loadReport) {
	l.t.Helper()
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		l.t.Fatal(err)
	}
	<-l.exited
	if err := json.Unmarshal(l.out.Bytes(), &report); err != nil || l.cmd.ProcessState.ExitCode() != 0 || report.Accepted == 0 {
		l.t.Fatalf("the load ended with %v, %v: %s%s", l.cmd.ProcessState, err, l.out.String(), l.errors.String())
	}
	return report
}

// check holds the exchange to everything that was acknowledged.
func (l *loading) check(v *venue) {
	l.t.Helper()
	check := program(l.t, "load", "--check", l.file, "--target", v.url, "--token", v.token, "--history", strconv.Itoa(1<<30), "--json")
	var complaints bytes.Buffer
	check.Stderr = &complaints
	out, err := check.Output()
	var report checkReport
	if err == nil {
		err = json.Unmarshal(out, &report)
	}
	l.read()
	acked := report.Orders + report.Cancels + report.Unknown
	if err != nil || report.Differences != 0 || !report.SumsCompared || acked != l.seen-1 || report.UncheckedOrders+report.UncheckedTrades+report.UncheckedLedger != 0 {
		l.t.Errorf("load --check: %v, %d lines after the first, of which were checked:\n%s\n%s", err, l.seen-1, out, complaints.String())
	}
	l.t.Logf("all is as acknowledged: %d orders, %d cancels, %d trades; of %d outcomes that were unknown %d have happened",
		report.Orders, report.Cancels, report.Trades, report.Unknown, report.UnknownHappened)
}
