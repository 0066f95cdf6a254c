package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// fullTrader places and cancels orders while the disk fills up, and remembers what was
// acknowledged. No order of its trades.
type fullTrader struct {
	account client.Account
	name    string
	next    int
	open    []int64         // acknowledged, and no cancel of it was
	unsure  map[string]bool // client ids of orders that may be open: their answers are unknown
	gone    map[int64]bool  // orders that may be: the answers to their cancels are unknown
}

// fullCrowd are the traders, and what they were told.
type fullCrowd struct {
	traders []*fullTrader

	placed, canceled, refused atomic.Int64
	refusedCancels            atomic.Int64
	dead                      atomic.Bool // the exchange was killed: no answer is all right

	mu  sync.Mutex
	odd []string // what must not be told
}

// The order that is placed again and again: it rests.
func fullDiskOrder(clientID string) *client.NewOrder {
	return &client.NewOrder{Symbol: "BTCUSDT", Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Quantity: "0.001", Price: "10", ClientID: clientID}
}

func newFullCrowd(v *venue, n int) *fullCrowd {
	v.t.Helper()
	c := &fullCrowd{}
	for i := range n {
		_, key := v.customer(holding{"USDT", "10000000"})
		c.traders = append(c.traders, &fullTrader{
			account: client.Account{Via: v.client, Key: key}, name: fmt.Sprintf("full%d", i), unsure: make(map[string]bool), gone: make(map[int64]bool),
		})
	}
	return c
}

func (c *fullCrowd) wrong(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const most = 10
	if len(c.odd) < most {
		c.odd = append(c.odd, fmt.Sprintf(format, args...))
	}
}

// The bounds of how many orders a trader keeps open.
const (
	fullLeast = 40 // it places more as long as it may
	fullMost  = 60
)

// trade has all of them trade until ctx ends, and returns what waits for that.
func (c *fullCrowd) trade(ctx context.Context) (wait func()) {
	var all sync.WaitGroup
	for _, r := range c.traders {
		all.Go(func() {
			for ctx.Err() == nil && !c.dead.Load() {
				c.step(r)
			}
		})
	}
	return all.Wait
}

// step places an order or cancels one. An order that is refused is followed by a
// cancel, slowly: there must be some left to cancel when the disk is free again.
func (c *fullCrowd) step(r *fullTrader) {
	if len(r.open) < fullMost && (len(r.open) < fullLeast || r.next%2 == 0) {
		if c.place(r) {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	r.next++
	if len(r.open) > 0 {
		c.cancel(r)
	}
}

// place places an order, and reports whether it was taken.
func (c *fullCrowd) place(r *fullTrader) bool {
	r.next++
	id := fmt.Sprintf("%s-%d", r.name, r.next)
	o, err := r.account.Place(context.Background(), fullDiskOrder(id))
	switch {
	case err == nil:
		r.open = append(r.open, o.ID)
		c.placed.Add(1)
		return true
	case storageRefusal(err):
		c.refused.Add(1)
	default:
		r.unsure[id] = true
		if !c.dead.Load() {
			c.wrong("an order got %v", err)
		}
	}
	return false
}

// cancel cancels the oldest order.
func (c *fullCrowd) cancel(r *fullTrader) {
	id := r.open[0]
	_, err := r.account.Cancel(context.Background(), "BTCUSDT", id)
	switch {
	case err == nil:
		r.open = r.open[1:]
		c.canceled.Add(1)
	case storageRefusal(err):
		c.refusedCancels.Add(1)
		time.Sleep(2 * time.Millisecond)
	default:
		r.gone[id] = true
		r.open = r.open[1:]
		if !c.dead.Load() {
			c.wrong("a cancel got %v", err)
		}
	}
}

// storageRefusal reports whether a command was refused because of the disk, with the
// status, the code and the text that are documented for it.
func storageRefusal(err error) bool {
	e, ok := errors.AsType[*client.Error](err)
	return ok && e.Status == 503 && e.Code == client.CodeOverloaded && e.Text == "Storage is low. Please try again in a few minutes."
}

// check asks which orders are open: those that were acknowledged and not canceled, and
// no other. It returns how many are not as they were told to be.
func (c *fullCrowd) check(t *testing.T, via client.Carrier) (wrong int) {
	t.Helper()
	for _, r := range c.traders {
		r.account.Via = via
		open, err := r.account.OpenOrders(t.Context(), "BTCUSDT")
		if err != nil {
			t.Fatal(err)
		}
		there := make(map[int64]bool, len(open))
		for _, o := range open {
			there[o.ID] = true
			if r.unsure[o.ClientID] {
				r.open = append(r.open, o.ID)
			}
		}
		clear(r.unsure)
		for _, id := range r.open {
			if !there[id] {
				t.Errorf("%s: order %d is not open, and was acknowledged", r.name, id)
				wrong++
			}
			delete(there, id)
		}
		for id := range there {
			if !r.gone[id] {
				t.Errorf("%s: order %d is open, and was not acknowledged, or its cancel was", r.name, id)
				wrong++
				continue
			}
			r.open = append(r.open, id) // its cancel has not happened
		}
		clear(r.gone)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, odd := range c.odd {
		t.Error(odd)
	}
	wrong += len(c.odd)
	c.odd = nil
	return wrong
}
