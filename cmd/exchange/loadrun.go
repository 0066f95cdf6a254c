package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// How a lost connection is opened again.
const (
	reconnectFirst = 20 * time.Millisecond
	reconnectMost  = 500 * time.Millisecond
)

// loadRun is a load at work.
type loadRun struct {
	*load
	client *client.Client
	plan   *plan
	record *ackFile // nil = none

	began time.Time
	next  atomic.Int64 // the request that is taken next
	tally tally
}

// link is a websocket that is opened again when it is lost.
type link struct{ conn atomic.Pointer[client.Conn] }

var errNoConnection = fmt.Errorf("%w: no connection", client.ErrNotSent)

// Call carries a request over the connection of the moment.
func (k *link) Call(ctx context.Context, m *client.Method, key *client.Key, p client.Params) ([]byte, error) {
	conn := k.conn.Load()
	if conn == nil {
		return nil, errNoConnection
	}
	return conn.Call(ctx, m, key, p) //nolint:wrapcheck // it says what it did
}

// keep keeps the connection open until ctx ends. Ready is closed after the first try.
func (k *link) keep(ctx context.Context, c *client.Client, ready func()) {
	for wait := reconnectFirst; ctx.Err() == nil; {
		conn, err := c.Connect(ctx)
		if err == nil {
			k.conn.Store(conn)
			ready()
			<-conn.Done()
			k.conn.Store(nil)
			conn.Close()
			wait = reconnectFirst
			continue
		}
		ready()
		pauseUntil(ctx, time.Now().Add(wait))
		wait = min(2*wait, reconnectMost)
	}
}

// pauseUntil waits for a time, and returns false when ctx ends first.
func pauseUntil(ctx context.Context, at time.Time) bool {
	d := time.Until(at)
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// trade sends requests until the time is over or stop ends, and awaits their
// answers.
func (r *loadRun) trade(ctx, stop context.Context) *loadReport {
	links, cut := context.WithCancel(ctx)
	var kept, first sync.WaitGroup
	var carriers []client.Carrier // one for each request that may be under way
	for i := range r.conns.value {
		if r.transport.http && (!r.transport.ws || i%2 == 0) {
			carriers = append(carriers, r.client)
			continue
		}
		k := &link{}
		first.Add(1)
		ready := sync.OnceFunc(first.Done)
		kept.Go(func() { k.keep(links, r.client, ready) })
		for range r.inFlight.value {
			carriers = append(carriers, k)
		}
	}
	first.Wait()
	r.tally.begin()
	r.began = time.Now()
	over, end := context.WithDeadline(stop, r.began.Add(r.length))
	defer end()
	var all sync.WaitGroup
	for _, via := range carriers {
		all.Go(func() { r.work(ctx, over, via) })
	}
	r.show(over)
	meant := int64(min(time.Since(r.began), r.length).Seconds() * float64(r.rate.value))
	all.Wait()
	seconds := time.Since(r.began).Seconds()
	cut()
	kept.Wait()
	return r.report(seconds, meant)
}

// show shows how far the load has come until it is over.
func (r *loadRun) show(over context.Context) {
	bar := r.progress("load")
	defer bar.end()
	for tick := time.NewTicker(progressEvery); ; {
		select {
		case <-tick.C:
			bar.of(int64(time.Since(r.began)), int64(r.length))
		case <-over.Done():
			tick.Stop()
			return
		}
	}
}

// due returns when a request is meant to be sent.
func (r *loadRun) due(n int64) time.Time {
	return r.began.Add(time.Duration(float64(n) / float64(r.rate.value) * float64(time.Second)))
}

// work takes one request after the other and sends it when it is due, or at once
// when it is late.
func (r *loadRun) work(ctx, over context.Context, via client.Carrier) {
	for {
		n := r.next.Add(1) - 1
		due := r.due(n)
		if due.Sub(r.began) >= r.length || !pauseUntil(over, due) {
			return
		}
		q := r.plan.next(n)
		answer, err := q.send(ctx, via)
		r.tally.add(time.Since(due), err)
		if r.record != nil {
			r.record.put(&q, &answer, err)
		}
		if err == nil && q.cancel == 0 && (answer.Status == "NEW" || answer.Status == "PARTIALLY_FILLED") {
			r.plan.rests(q.account, answer.ID)
		}
	}
}

// send carries out a request.
func (q *request) send(ctx context.Context, via client.Carrier) (client.Order, error) {
	a := client.Account{Via: via, Key: q.account.Key}
	if q.cancel != 0 {
		return a.Cancel(ctx, q.order.Symbol, q.cancel) //nolint:wrapcheck // it is told as it is
	}
	return a.Place(ctx, &q.order) //nolint:wrapcheck // it is told as it is
}
