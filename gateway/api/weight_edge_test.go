package api

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestWindowEdges sends bursts at the last and at the first nanosecond of windows,
// from many goroutines: in each window exactly as many are taken as may be.
func TestWindowEdges(t *testing.T) {
	t.Parallel()
	const (
		windows = 50
		limit   = 37
		sides   = 4
	)
	var a *testAPI
	here := netip.MustParseAddr("10.0.0.1")
	ping := &Method{Weight: weighs(1), Run: (*API).ping}
	place := &Method{Weight: weighs(0), Run: func(a *API, c *Call) error {
		if err := a.countOrder(c); err != nil {
			return err
		}
		c.Placed = true
		return nil
	}}
	burst := func(m *Method, size int) int {
		var taken atomic.Int64
		var all sync.WaitGroup
		for range sides {
			all.Go(func() {
				for range size / sides {
					if a.Serve(m, &Call{Client: here, Account: ann}) == nil {
						taken.Add(1)
					}
				}
			})
		}
		all.Wait()
		return int(taken.Load())
	}
	for _, c := range []struct {
		name   string
		method *Method
		length int64
	}{{"weight", ping, minute}, {"orders", place, tenSeconds}} {
		a = newTestAPI(t, Limits{Enforce: true, Weight: limit, OrdersShort: limit, OrdersDay: 1 << 30, BanAfter: -1})
		rng := rand.New(rand.NewPCG(1, 2))
		start := int64(1_700_006_400_000) * ms // a whole day
		for w := range windows {
			taken := 0
			for _, at := range []int64{0, 1, rng.Int64N(c.length), c.length - 1} { // but for the third they are the edges
				a.wall = start + int64(w)*c.length + at
				taken += burst(c.method, sides*(1+rng.IntN(limit)))
			}
			taken += burst(c.method, sides*limit)
			if taken != limit {
				t.Errorf("%s, window %d: %d were taken, want %d", c.name, w, taken, limit)
			}
		}
	}
}

// TestManyAccounts counts the orders of 10,000 accounts, each for itself.
func TestManyAccounts(t *testing.T) {
	t.Parallel()
	const accounts, limit = 10_000, 3
	m := orderMeter{limits: Limits{Enforce: true, OrdersShort: limit, OrdersDay: limit + 1}}
	at := int64(1_700_006_400_000) * ms
	for _, round := range []struct {
		at   int64
		want int
	}{{at, limit}, {at + tenSeconds - 1, 0}, {at + tenSeconds, 1}, {at + 2*tenSeconds, 0}, {at + day, limit}} {
		for account := range accounts {
			taken := 0
			for range limit + 1 {
				if m.take(msg.AccountID(account), round.at) == nil {
					taken++
				}
			}
			if taken != round.want {
				t.Fatalf("account %d at %d: %d were taken, want %d", account, round.at-at, taken, round.want)
			}
		}
	}
}
