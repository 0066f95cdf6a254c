//go:build !386

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// What a stall may cost beside its own time, on a machine that does other things too.
const (
	stallSlack  = 150 * time.Millisecond // of an answer, and of a ping
	stallTries  = 3                      // how often a run is tried in which something came late and all else was right
	stallGrowth = 64 << 20               // bytes of memory
	stallGap    = 40 * time.Millisecond  // between two stalls, and what follows
	stallRest   = 5                      // of each this part, to work off what has come meanwhile
	stallRound  = 15 * time.Second       // of stalls for each process
	stallEvery  = 10                     // one in so many stops the process instead of the disk
	stallPing   = 500 * time.Millisecond // between pings to a websocket
	stallRate   = 300                    // requests a second
)

// stalls are what a run of an exchange had to bear.
type stalls struct {
	n       int           // of the disk
	stops   int           // of the process
	longest time.Duration // of one
}

// stallRun is what came of it.
type stallRun struct {
	stalls

	load   loadReport
	silent time.Duration // longest time between two pings
	slip   time.Duration // longest time that the machine itself was late
	growth int64         // bytes of memory
}

// TestPromiseStall has the flushes of the disk below a running exchange take their
// time, and stops its process now and then, while it is traded on over HTTP and
// websockets: answers come as late as that and not later, each comes, a websocket has
// its pings, memory does not grow, and after a kill all that was acknowledged is there.
//
// It shows one client's load on one machine, below the rate at which queues fill;
// TestPromiseStallRefuses fills them.
func TestPromiseStall(t *testing.T) {
	p := promise.Begin(t, "D11")
	p.NeedDisks()
	wanted := promise.Scale(5, 100, 1000)
	longest := time.Duration(promise.Scale(200, 200, 5000)) * time.Millisecond
	rng := rand.New(rand.NewPCG(11, uint64(wanted)))
	var all stallRun
	tries := 0
	for done := 0; done < wanted; done = all.n + all.stops {
		r := stallOnce(t, rng, wanted-done, longest)
		if tries++; tries < stallTries && len(r.check()) == 0 && len(r.late()) > 0 {
			continue // what the machine adds it does not add each time
		}
		tries = 0
		all.n, all.stops, all.longest = all.n+r.n, all.stops+r.stops, max(all.longest, r.longest)
		all.silent, all.growth = max(all.silent, r.silent), max(all.growth, r.growth)
		all.load.P99, all.load.Max = max(all.load.P99, r.load.P99), max(all.load.Max, r.load.Max)
		all.load.Accepted += r.load.Accepted
		bad := 0
		for _, err := range append(r.check(), r.late()...) {
			bad++
			t.Errorf("%d stalls, %d stops, the longest %v: %v", r.n, r.stops, r.longest, err)
		}
		p.Add(r.n+r.stops, bad)
	}
	p.Note(fmt.Sprintf("%d stalls of the disk and %d of the process, the longest %v: p99 of answers %v, the latest %v, longest time between pings of %v %v, %.1f MiB more memory, %d accepted",
		all.n, all.stops, all.longest.Round(time.Millisecond), micros(all.load.P99), micros(all.load.Max), stallPing, all.silent.Round(time.Millisecond), float64(all.growth)/(1<<20), all.load.Accepted))
}

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// late returns what came later than the stalls explain.
func (r *stallRun) late() (wrong []error) {
	slack := stallSlack + r.slip
	// A command waits for the sync that is under way, and for its own.
	if got, most := micros(r.load.P99), r.longest+slack; got > most {
		wrong = append(wrong, fmt.Errorf("p99 of answers is %v, want %v", got, most))
	}
	if got, most := micros(r.load.Max), 2*r.longest+2*slack; got > most {
		wrong = append(wrong, fmt.Errorf("an answer took %v, want %v", got, most))
	}
	if most := stallPing + r.longest + slack; r.silent > most {
		wrong = append(wrong, fmt.Errorf("a websocket heard nothing for %v, want %v", r.silent, most))
	}
	return wrong
}

// check returns what else broke the promise.
func (r *stallRun) check() (wrong []error) {
	if got := micros(r.load.Max); got < r.longest/2 {
		wrong = append(wrong, fmt.Errorf("the latest answer took %v: they do not wait for the disk", got))
	}
	for code, n := range r.load.Codes {
		if code != "-2011" && code != "-2010" && code != "-1008" && code != "-1003" { // too late to cancel, no funds, busy
			wrong = append(wrong, fmt.Errorf("%d requests were refused with %s", n, code))
		}
	}
	if r.load.Errors > 0 || r.load.Accepted == 0 {
		wrong = append(wrong, fmt.Errorf("%d requests got no answer, %d were accepted", r.load.Errors, r.load.Accepted))
	}
	if r.growth > stallGrowth {
		wrong = append(wrong, fmt.Errorf("memory grew by %d bytes, want %d", r.growth, stallGrowth))
	}
	return wrong
}

// stallOnce runs one process through at most so many stalls.
func stallOnce(t *testing.T, rng *rand.Rand, most int, longest time.Duration) *stallRun {
	t.Helper()
	f := blockExt4("data=ordered")
	f.bytes = 512 << 20
	d := newBlockDisk(t, f.make(t), f.bytes)
	dir := blockDir(t)
	m := d.mustMount(t, &f, dir)
	data, acks := filepath.Join(dir, "data"), filepath.Join(t.TempDir(), "acks")
	s := serve(t, data, "--ping-interval", stallPing.String())
	pings := listen(t, s)
	plan, length := planStalls(rng, most, longest)
	lag := newLagMeter(t)
	r := &stallRun{}
	before := int64(0)
	var staller sync.WaitGroup
	staller.Go(func() {
		time.Sleep(time.Second) // the load is on its way
		before = residentBytes(s.cmd.Process.Pid)
		r.stalls = stallAll(plan, d, s.cmd.Process.Pid)
	})
	r.load = loadOn(t, s, "--transport", "http,ws", "--rate", strconv.Itoa(stallRate), "--for", (length + 2*time.Second).String(), "--conns", "32", "--acks", acks)
	staller.Wait()
	r.growth = residentBytes(s.cmd.Process.Pid) - before
	r.silent, r.slip = pings.longest(), lag.longest()
	s.stop(syscall.SIGKILL)
	s = serve(t, data)
	if code, out, complaints := checkOn(s, acks); code != exitOK {
		t.Errorf("after a kill: exit code %d: %s%s", code, out, complaints)
	}
	if code := s.stop(syscall.SIGTERM); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.complaints())
	}
	if err := m.unmount(); err != nil {
		t.Error(err)
	}
	return r
}

// stall is one that is to be.
type stall struct {
	length time.Duration
	stop   bool // of the process, else of the disk
}

// gap is what follows it.
func (s stall) gap() time.Duration { return stallGap + s.length/stallRest }

// planStalls fills a round. Every length up to the longest comes, and the longest.
func planStalls(rng *rand.Rand, most int, longest time.Duration) (plan []stall, length time.Duration) {
	const least = 10 * time.Millisecond
	next := longest
	for len(plan) < most && length < stallRound {
		s := stall{next, rng.IntN(stallEvery) == 0}
		plan, length = append(plan, s), length+s.length+s.gap()
		next = least + time.Duration(rng.Int64N(int64(longest-least)))
	}
	rng.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	return plan, length
}

// stallAll has one stall after the other: the next flush of the disk takes so long, or
// the process is stopped.
func stallAll(plan []stall, d *blockDisk, pid int) (all stalls) {
	for _, s := range plan {
		if s.stop {
			_ = syscall.Kill(pid, syscall.SIGSTOP)
			time.Sleep(s.length)
			_ = syscall.Kill(pid, syscall.SIGCONT)
			all.stops++
		} else {
			d.stallOnce(s.length)
			all.n++
		}
		all.longest = max(all.longest, s.length)
		time.Sleep(s.gap())
	}
	return all
}

// stallOnce has the next flush take so long, and returns once it has.
func (d *blockDisk) stallOnce(length time.Duration) {
	over := make(chan struct{})
	var one atomic.Bool
	d.setHook(func(_ int64, data []byte) syscall.Errno {
		if data == nil && one.CompareAndSwap(false, true) {
			time.Sleep(length)
			close(over)
		}
		return 0
	})
	<-over
	d.setHook(nil)
}

// residentBytes returns how much memory a process has.
func residentBytes(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// heartbeat is a websocket that hears pings, and answers them.
type heartbeat struct {
	conn *websocket.Conn
	mu   sync.Mutex
	last time.Time
	most time.Duration
	end  error
}

// listen opens a websocket for trades and reads it until the test ends.
func listen(t *testing.T, s *served) *heartbeat {
	t.Helper()
	conn, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/ws/btcusdt@trade", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // it is the websocket's
	h := &heartbeat{conn: conn, last: time.Now()}
	conn.SetPingHandler(func(text string) error {
		h.mu.Lock()
		h.most, h.last = max(h.most, time.Since(h.last)), time.Now()
		h.mu.Unlock()
		return conn.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(time.Second))
	})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				h.mu.Lock()
				h.end = err
				h.mu.Unlock()
				return
			}
		}
	})
	t.Cleanup(func() {
		_ = conn.Close()
		reader.Wait()
	})
	return h
}

// longest returns the longest time between two pings up to now; for ever if the
// websocket was closed.
func (h *heartbeat) longest() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.end != nil {
		return 1<<63 - 1
	}
	return max(h.most, time.Since(h.last))
}

// TestPromiseStallRefuses has the disk stand still while more comes than fits into a
// small ring: what does not fit is refused at once as busy, what was taken is answered
// once the disk goes on, and nobody waits in vain.
func TestPromiseStallRefuses(t *testing.T) {
	p := promise.Begin(t, "D11")
	p.NeedDisks()
	length := time.Duration(promise.Scale(500, 1000, 5000)) * time.Millisecond
	const clients = 200
	f := blockExt4("data=ordered")
	f.bytes = 512 << 20
	d := newBlockDisk(t, f.make(t), f.bytes)
	dir := blockDir(t)
	m := d.mustMount(t, &f, dir)
	s := serve(t, filepath.Join(dir, "data"), "--ring", "16", "--batch", "8", "--batches", "2", "--connections-per-ip", "none")
	standing, going := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.setHook(func(_ int64, data []byte) syscall.Errno {
		if data == nil {
			once.Do(func() { close(standing) })
			<-going
		}
		return 0
	})
	first := askAtOnce(s, 1) // its sync is the one that stands still
	<-standing
	answers := askAtOnce(s, clients)
	time.Sleep(length)
	close(going)
	d.setHook(nil)
	taken, refused, latest := 0, 0, time.Duration(0)
	for range clients + 1 {
		var a timedAnswer
		select {
		case a = <-answers:
		case a = <-first:
			first = nil
		}
		switch {
		case a.err != nil:
			t.Errorf("a request got no answer: %v", a.err)
		case a.status == http.StatusCreated:
			taken++
			if a.took < length/2 {
				t.Errorf("a command was acknowledged after %v, while the disk stood still", a.took)
			}
		case a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests:
			refused++
			latest = max(latest, a.took)
		default:
			t.Errorf("a request was answered with status %d", a.status)
		}
	}
	const most = 16 + 2*8 + 2 // the ring, two batches, and what hands over
	if taken > most || taken < 16 || refused == 0 {
		t.Errorf("%d were taken and %d refused, want at most %d taken", taken, refused, most)
	}
	if latest > length {
		t.Errorf("a refusal took %v, as long as the disk stood still", latest)
	}
	p.Add(1, 0)
	p.Note(fmt.Sprintf("a disk that stands still for %v and %d clients: %d taken, %d refused within %v", length, clients, taken, refused, latest.Round(time.Millisecond)))
	if code := s.stop(syscall.SIGTERM); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.complaints())
	}
	if err := m.unmount(); err != nil {
		t.Error(err)
	}
}

type timedAnswer struct {
	status int
	took   time.Duration
	err    error
}

// askAtOnce has so many clients make an account each.
func askAtOnce(s *served, clients int) chan timedAnswer {
	answers := make(chan timedAnswer, clients)
	for range clients {
		go func() {
			began := time.Now()
			status, _, err := s.ask("POST", "/x/v1/accounts", "{}")
			answers <- timedAnswer{status, time.Since(began), err}
		}()
	}
	return answers
}
