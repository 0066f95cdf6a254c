package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// canceler cancels orders that it has placed before, one after the other.
type canceler struct {
	account client.Account
	orders  []int64
}

// cancelers are some of them, half over HTTP and half over a websocket each.
func cancelers(v *venue, n, orders int) []*canceler {
	v.t.Helper()
	all := make([]*canceler, n)
	for i := range all {
		_, key := v.customer(holding{"USDT", "10000000"})
		c := &canceler{account: client.Account{Via: v.client, Key: key}}
		if i%2 == 0 {
			c.account.Via = v.connect(v.client)
		}
		for range orders {
			o, err := c.account.Place(v.t.Context(), &client.NewOrder{
				Symbol: "BTCUSDT", Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Quantity: "0.001", Price: "9",
			})
			if err != nil {
				v.t.Fatal(err)
			}
			c.orders = append(c.orders, o.ID)
		}
		all[i] = c
	}
	return all
}

// cancelAmid has all of them cancel for some time, each its next order when the last
// one is gone, and returns how many cancels there were and how long the slowest took.
func cancelAmid(ctx context.Context, t *testing.T, all []*canceler, length time.Duration) (canceled int64, slowest time.Duration) {
	t.Helper()
	var n, most atomic.Int64
	var wait sync.WaitGroup
	begun := time.Now()
	for _, c := range all {
		wait.Go(func() {
			for len(c.orders) > 0 && time.Since(begun) < length {
				at := time.Now()
				if _, err := c.account.Cancel(ctx, "BTCUSDT", c.orders[0]); err != nil {
					t.Errorf("a cancel amid the flood: %v", err)
					return
				}
				c.orders = c.orders[1:]
				n.Add(1)
				took := int64(time.Since(at))
				for last := most.Load(); took > last && !most.CompareAndSwap(last, took); last = most.Load() {
					continue
				}
			}
		})
	}
	wait.Wait()
	return n.Load(), time.Duration(most.Load())
}

// backToNormal places orders one after the other until some in a row were taken within a
// bound, and returns after how long that was. Within is how long that may take.
func backToNormal(t *testing.T, a *client.Account, bound, within time.Duration) (recovered time.Duration, latency []time.Duration) {
	t.Helper()
	const inARow = 10
	begun := time.Now()
	for good := 0; good < inARow; {
		at := time.Now()
		_, err := a.Place(t.Context(), &client.NewOrder{Symbol: "BTCUSDT", Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Quantity: "0.001", Price: "8"})
		took := time.Since(at)
		if good++; err != nil || took > bound {
			good = 0
		}
		if good == 1 {
			recovered = time.Since(begun)
		}
		latency = append(latency, took)
		if time.Since(begun) > within {
			t.Fatalf("after %v still not back: the last order took %v, %v", within, took, err)
		}
	}
	slices.Sort(latency)
	return recovered, latency
}

// rush is an overload at work.
type rush struct {
	*flood

	v         *venue
	cancelers []*canceler
	each      int // orders under way on a websocket in a closed loop
	length    time.Duration
}

// The exchange that is overloaded: one that takes so few commands at a time that its
// capacity is bound by the disk, and the generator has time to offer ten times as much.
const (
	rushRing     = 64
	rushReserved = 16
	rushLines    = 8
	rushPosts    = 16
)

func newRush(t *testing.T) *rush {
	t.Helper()
	v := openVenue(t, t.TempDir(), "--ring", strconv.Itoa(rushRing), "--ring-reserved", strconv.Itoa(rushReserved), "--batch", "1", "--batches", "2")
	v.must("PATCH", "/x/v1/symbols/BTCUSDT", `{"filters":[]}`)
	r := &rush{flood: &flood{t: t}, v: v, each: (rushRing - rushReserved) / 2 / rushLines}
	for i := range rushLines {
		r.lines = append(r.lines, newFloodLine(v, &r.tally, fmt.Sprintf("line%d", i)))
	}
	for i := range rushPosts {
		r.posts = append(r.posts, newFloodPost(v, &r.tally, fmt.Sprintf("post%d", i)))
	}
	r.length = time.Duration(scaled(500, 400, 4000)) * time.Millisecond
	r.cancelers = cancelers(v, rushReserved/2, scaled(60, 20, 1000))
	return r
}

// capacity returns what a closed loop gets done, of which nothing is refused.
func (r *rush) capacity() float64 {
	r.t.Helper()
	s := r.closed(r.each, r.length)
	r.t.Logf("closed loop: %v", s)
	if len(s.refused) > 0 || s.goodput == 0 {
		r.t.Fatalf("a closed loop is refused: %v", s)
	}
	return s.goodput
}

// offer offers orders, and has others cancel beside that. Orders and cancels that were
// taken are its goodput.
func (r *rush) offer(times, capacity float64, cancels bool) (goodput float64) {
	r.t.Helper()
	var canceled int64
	var slowest time.Duration
	var beside sync.WaitGroup
	if cancels {
		beside.Go(func() { canceled, slowest = cancelAmid(r.t.Context(), r.t, r.cancelers, r.length) })
	}
	s := r.open(times*capacity, r.length)
	beside.Wait()
	r.t.Logf("%4.0f times: %v", times, s)
	for code, n := range s.refused {
		if code != client.CodeOverloaded {
			r.t.Errorf("%v times: %d orders are refused with %d", times, n, code)
		}
	}
	if cancels {
		r.t.Logf("            beside it %d cancels, the slowest in %v", canceled, slowest.Round(time.Millisecond))
		if s.refused[client.CodeOverloaded] == 0 {
			r.t.Errorf("%v times: nothing was refused", times)
		}
		if canceled == 0 {
			r.t.Errorf("%v times: nothing was canceled", times)
		}
	}
	return s.goodput + float64(canceled)/r.length.Seconds()
}

// TestOverload offers up to ten times as many orders as the exchange takes, over
// websockets with many under way and over HTTP. What is too much is refused at once
// and told so, nothing that was acknowledged is lost, no cancel is refused, memory is
// bounded, and right after it all is as before. How much gets done at ten times the
// capacity depends on what else the machine does, so it may be tried some times.
func TestOverload(t *testing.T) {
	r := newRush(t)
	_, key := r.v.customer(holding{"USDT", "10000000"})
	prober := &client.Account{Via: r.v.connect(r.v.client), Key: key}
	_, quiet := backToNormal(t, prober, time.Second, 20*time.Second)
	before, _ := memory(t, r.v.cmd.Process.Pid)

	capacity := r.capacity()
	peak := capacity
	for _, times := range []float64{1, 2, 5} {
		peak = max(peak, r.offer(times, capacity, false))
	}
	least := float64(scaled(50, 0, 90)) / 100 // the race detector makes all that is refused dear
	best := 0.0
	for try := 0; ; try++ {
		goodput := r.offer(10, capacity, true)
		peak = max(peak, goodput)
		best = max(best, goodput/peak)
		t.Logf("            goodput is %.0f %% of the peak", 100*goodput/peak)
		if best >= least || try == scaled(4, 4, 4) {
			break
		}
		capacity = r.capacity()
		peak = capacity
	}
	if best < least {
		t.Errorf("goodput at ten times the capacity is %.0f %% of the peak, want %.0f %%", 100*best, 100*least)
	}

	median := func(d []time.Duration) time.Duration { return d[len(d)/2] }
	recovered, latency := backToNormal(t, prober, 10*median(quiet)+50*time.Millisecond, time.Duration(scaled(10, 10, 1))*time.Second)
	t.Logf("a probe took %v before, is as quick %v after it, median then %v", median(quiet), recovered, median(latency))
	after, most := memory(t, r.v.cmd.Process.Pid)
	orders := r.check(r.v)
	t.Logf("%d orders were acknowledged, and all are there; memory %s before, %s after, at most %s", orders, mebi(before), mebi(after), mebi(most))
	if grown, bound := most-before, int64(128<<20)+2<<10*int64(orders); grown > bound {
		t.Errorf("memory has grown by %s, want at most %s", mebi(grown), mebi(bound))
	}
	r.v.end()
}
