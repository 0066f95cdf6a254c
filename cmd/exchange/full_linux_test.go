package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// The exchange whose disk fills up. It keeps a reserve that leaves a small disk some
// room, and takes snapshots often.
func fullFlags() []string {
	return []string{"--reserve", "8MiB", "--snapshot-commands", "1000", "--snapshot-pause", "100ms"}
}

// fullFor is how long the disk stays full in one cycle.
const fullFor = 200 * time.Millisecond

// fullRound is an exchange on a small disk under load, whose disk is filled and freed
// again and again.
type fullRound struct {
	t     *testing.T
	p     *promise.Test
	disk  *fullDisk
	venue *venue
	crowd *fullCrowd

	tries   int64 // cancels and reads at low storage
	served  int64 // of these
	slowest time.Duration
}

// TestPromiseDiskFull fills the disk of an exchange under load, with one large file or
// with many, at once and byte by byte, and frees it again. As long as storage is low
// each order is refused with 503 and the name of the reason, each cancel and each read
// is served; nothing that was acknowledged is lost; when there is room again orders are
// taken, without anybody's help. In some cycles somebody takes what is given back as
// well, so that nothing can be taken any more: then cancels are refused by the same
// name, and no write of the journal fails. Once in a round the process is killed while
// the disk is full, and starts again on it.
//
// The disk is real, and so are the kernel's answers: this shows that no write meets the
// end of the disk. It does not show what a write does that does meet it: that is shown
// where a write is made to fail.
func TestPromiseDiskFull(t *testing.T) {
	p := promise.Begin(t, "D10")
	p.NeedDisks()
	rounds, cycles := promise.Scale(1, 1, 25), promise.Scale(2, 10, 10)
	var slowest time.Duration
	var refused, canceled, tries, served int64
	for range rounds {
		for _, kind := range []string{"ext4", "tmpfs"} {
			t.Run(kind, func(t *testing.T) {
				r := openFullRound(t, p, kind)
				for n := range cycles {
					r.cycle(n)
				}
				r.end()
				refused, canceled = refused+r.crowd.refused.Load(), canceled+r.crowd.canceled.Load()
				tries, served = tries+r.tries, served+r.served
				slowest = max(slowest, r.slowest)
			})
		}
	}
	p.Note(fmt.Sprintf("%d orders refused; %d of %d cancels and reads served at low storage; back to normal in %v at most",
		refused, served, tries, slowest.Round(time.Millisecond)))
	t.Logf("%d cancels in all", canceled)
}

func openFullRound(t *testing.T, p *promise.Test, kind string) *fullRound {
	t.Helper()
	disk := newFullDisk(t, kind)
	r := &fullRound{t: t, p: p, disk: disk, venue: openVenue(t, disk.at, fullFlags()...)}
	r.venue.must("PATCH", "/x/v1/symbols/BTCUSDT", `{"filters":[]}`)
	r.crowd = newFullCrowd(r.venue, 4)
	return r
}

// The ways in which the disk is filled, one after the other.
const (
	fullAtOnce = iota
	fullOfFiles
	fullWritten
	fullGrabbed
	fullWays
)

// cycle fills the disk and frees it.
func (r *fullRound) cycle(n int) {
	r.t.Helper()
	failed := r.t.Failed()
	ctx, stop := context.WithCancel(r.t.Context())
	wait := r.crowd.trade(ctx)
	defer func() { stop(); wait() }()
	r.await("ok")
	time.Sleep(fullFor / 4) // so that there is something to cancel
	served := true
	switch n % fullWays {
	case fullOfFiles:
		r.disk.fillFiles()
	case fullWritten:
		r.disk.fill(true)
	case fullGrabbed:
		served = false
		r.disk.fill(false)
		r.disk.grab(fullFor)
	default:
		r.disk.fill(false)
	}
	if served {
		r.await("low")
		r.lowWater()
	}
	freed := time.Now()
	r.disk.free()
	r.await("ok")
	r.slowest = max(r.slowest, time.Since(freed))
	stop()
	wait()
	if cancels := r.crowd.refusedCancels.Swap(0); served && cancels > 0 {
		r.t.Errorf("cycle %d: %d cancels were refused", n, cancels)
	}
	wrong := r.crowd.check(r.t, r.venue.client)
	if r.t.Failed() && !failed {
		wrong = max(wrong, 1)
	}
	r.p.Add(1, min(wrong, 1))
}

// lowWater asks for what has to be served when storage is low, and for what must not.
func (r *fullRound) lowWater() {
	r.t.Helper()
	v, ctx := r.venue, r.t.Context()
	refused, canceled := r.crowd.refused.Load(), r.crowd.canceled.Load()
	for end := time.Now().Add(fullFor); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		_, depth := v.client.Depth(ctx, "BTCUSDT", 5)
		_, orders := r.crowd.traders[0].account.OpenOrders(ctx, "BTCUSDT")
		_, status := v.operator.Status(ctx)
		for _, err := range []error{depth, orders, status} {
			if r.tries++; err != nil {
				r.t.Errorf("a read at low storage: %v", err)
				continue
			}
			r.served++
		}
	}
	status, answer, err := v.ask("POST", "/x/v1/accounts", "{}")
	if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(answer, `"STORAGE_LOW"`) {
		r.t.Errorf("an account at low storage: %d %s %v", status, answer, err)
	}
	if status, answer, err := v.ask("GET", "/ready", ""); err != nil || status != http.StatusOK || answer != `{"status":"ready","storage":"low"}` {
		r.t.Errorf("ready at low storage: %d %s %v", status, answer, err)
	}
	if low := v.metric("exchange_storage_low"); low != 1 {
		r.t.Errorf("the metric of low storage is %v", low)
	}
	if r.crowd.refused.Load() == refused {
		r.t.Error("no order was refused at low storage")
	}
	if r.crowd.canceled.Load() == canceled {
		r.t.Error("nothing was canceled at low storage")
	}
	canceled = r.crowd.canceled.Load() - canceled
	r.served += canceled
	r.tries += canceled + r.crowd.refusedCancels.Load()
}

// await waits until the operator is told that storage is so.
func (r *fullRound) await(storage string) {
	r.t.Helper()
	eventually(r.t, func() error {
		status, answer, err := r.venue.ask("GET", "/x/v1/status", "")
		if err != nil || status != http.StatusOK || !strings.Contains(answer, `"storage":"`+storage+`"`) {
			return fmt.Errorf("status %d %s, %w", status, answer, err)
		}
		return nil
	})
}

// end kills the exchange on a full disk and starts it again there. Then the disk is
// freed, the exchange stopped, and its journal executed anew.
func (r *fullRound) end() {
	t := r.t
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	wait := r.crowd.trade(ctx)
	defer func() { stop(); wait() }()
	r.await("ok")
	time.Sleep(fullFor / 4)
	r.disk.fill(false)
	r.await("low")
	time.Sleep(fullFor / 4)
	r.crowd.dead.Store(true)
	said := r.venue.complaints()
	r.venue.kill()
	stop()
	wait()

	r.venue = openVenue(t, r.disk.at, fullFlags()...)
	r.crowd.dead.Store(false)
	wrong := r.crowd.check(t, r.venue.client)
	r.await("low")
	for _, trader := range r.crowd.traders {
		if len(trader.open) > 0 {
			r.crowd.cancel(trader)
		}
	}
	if n := r.crowd.refusedCancels.Load(); n > 0 {
		t.Errorf("%d cancels were refused after a start on a full disk", n)
	}
	r.disk.free()
	r.await("ok")
	r.crowd.place(r.crowd.traders[0])
	wrong += r.crowd.check(t, r.venue.client)
	said += r.venue.complaints()
	r.venue.end()
	if out, err := program(t, "audit", r.disk.at).CombinedOutput(); err != nil {
		t.Errorf("audit: %v: %s", err, out)
		wrong++
	}
	for _, level := range []string{"low", "ok"} {
		if !strings.Contains(said, `"storage":"`+level+`"`) {
			t.Errorf("the log does not say that storage is %s: %s", level, said)
		}
	}
	for line := range strings.Lines(said) {
		if strings.Contains(line, "no space left") {
			t.Errorf("a write met the end of the disk: %s", line)
			wrong++
		}
	}
	r.p.Add(1, min(wrong, 1))
}

// TestPromiseDiskFullUnwatched fills the disk of an exchange that does not look at it:
// its journal meets the end of the disk, which ends the process. So the disks of
// TestPromiseDiskFull are as full as that, and what keeps the exchange going there is
// the reserve. What was acknowledged is there all the same.
func TestPromiseDiskFullUnwatched(t *testing.T) {
	p := promise.Begin(t, "D10")
	p.NeedDisks()
	disk := newFullDisk(t, "ext4")
	v := openVenue(t, disk.at, "--reserve", "none")
	v.must("PATCH", "/x/v1/symbols/BTCUSDT", `{"filters":[]}`)
	crowd := newFullCrowd(v, 4)
	ctx, stop := context.WithCancel(t.Context())
	wait := crowd.trade(ctx)
	defer func() { stop(); wait() }()
	time.Sleep(fullFor)
	disk.fill(true)
	for storageEnded := false; !storageEnded; time.Sleep(time.Millisecond) {
		_, _, err := v.ask("GET", "/health", "")
		storageEnded = err != nil
	}
	crowd.dead.Store(true)
	stop()
	wait()
	_ = v.cmd.Wait() // the exit code says it
	if code := v.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(v.complaints(), "no space left on device") {
		t.Errorf("exit code %d, %s", code, v.complaints())
	}
	crowd.mu.Lock()
	crowd.odd = nil // the answers of an exchange that ends
	crowd.mu.Unlock()
	disk.free()
	v = openVenue(t, disk.at, "--reserve", "none")
	wrong := crowd.check(t, v.client)
	v.end()
	p.Add(1, min(wrong, 1))
	p.Note("without a reserve the process ends, and nothing acknowledged is lost")
}
