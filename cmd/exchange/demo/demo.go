// Package demo makes a market worth watching: simulated traders who come in through
// HTTP and the websocket API like anyone. Makers keep ladders of orders around
// prices that wander, takers trade with them, and others come and go in between.
//
//	values ──► prices of all symbols, consistent with each other
//	              │
//	   makers ◄───┼───► takers      each with an account, a connection and a seed
//	              └───► visitors    of its own
//
// All that is remembered between two steps is asked for again, so the market
// recovers by itself when the exchange restarts; after a reset the accounts are
// made anew.
package demo

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// The paces of the market.
const (
	valueEvery  = 200 * time.Millisecond // the values move
	watchEvery  = 2 * time.Second        // a reset is looked for
	retryFirst  = 200 * time.Millisecond // after a failure
	retryMost   = 3 * time.Second
	connections = 16
	timeout     = 5 * time.Second
)

// Options say where the market is made.
type Options struct {
	URL   string       // of the exchange, such as http://127.0.0.1:8080
	TLS   *tls.Config  // with an URL of https; nil = the authorities of the system
	Token string       // of the operator, who makes accounts and gives them funds
	Seed  uint64       // of all that is random; equal seeds make equal decisions
	State string       // a file that keeps the traders' accounts and keys; empty = new ones for each run
	Log   *slog.Logger // nil = silence
}

// Run trades until ctx ends, and then returns nil. It returns an error when trying
// again would not help: the URL makes no sense or the token is not accepted.
func Run(ctx context.Context, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c, err := client.New(ctx, o.URL, client.Options{Timeout: timeout, Conns: connections, TLS: o.TLS})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer c.Close()
	troupe := &troupe{operator: client.Operator{Client: c, Token: o.Token}, file: o.State, log: o.Log}
	for wait := newPatience(); ; {
		err := play(ctx, troupe, o.Seed, wait.over)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errToken):
			return fmt.Errorf("demo: %w", err)
		}
		o.Log.Info("demo: the market begins again", "after", err)
		if !wait.pass(ctx) {
			return nil
		}
	}
}

// errReset says that the exchange is no longer the one that the accounts are of.
var errReset = errors.New("the exchange was reset")

// play prepares accounts and markets and trades until ctx ends or the accounts are
// of no more use. Begun is called once trading begins.
func play(ctx context.Context, t *troupe, seed uint64, begun func()) error {
	markets, values, err := survey(ctx, t.operator.Client, seed)
	if err != nil {
		return err
	}
	if err := t.assemble(ctx, markets, values); err != nil {
		return err
	}
	begun()
	s := &stage{troupe: t, markets: markets, values: values}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for i, part := range s.parts(seed) {
		all.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("part %d: %w", i, err))
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// parts returns what runs side by side.
func (s *stage) parts(seed uint64) []func(context.Context) error {
	parts := []func(context.Context) error{s.moveValues, s.watchForReset}
	for i := range s.troupe.members {
		m := &s.troupe.members[i]
		t := &trader{stage: s, account: m.Account, key: m.Key, rng: newRand(seed, uint64(i)+1)}
		switch m.Role {
		case roleMaker:
			mk := &maker{trader: t, shape: shapes[i%len(shapes)]}
			parts = append(parts, func(ctx context.Context) error { return t.overWebsocket(ctx, mk.pass) })
		case roleTaker:
			parts = append(parts, func(ctx context.Context) error { return t.overHTTP(ctx, t.take) })
		case roleVisitor:
			v := &visitor{trader: t}
			parts = append(parts, func(ctx context.Context) error { return t.overWebsocket(ctx, v.visit) })
		}
	}
	return parts
}

// stage is what all traders share.
type stage struct {
	troupe  *troupe
	markets []market
	values  *values
}

// moveValues lets the values wander.
func (s *stage) moveValues(ctx context.Context) error {
	for sleep(ctx, valueEvery) {
		s.values.step(valueEvery.Seconds())
	}
	return nil
}

// watchForReset returns when the accounts are no longer those of the exchange.
func (s *stage) watchForReset(ctx context.Context) error {
	for sleep(ctx, watchEvery) {
		status, err := s.troupe.operator.Status(ctx)
		if err == nil && status.Journal != s.troupe.Journal {
			return errReset
		}
	}
	return nil
}

// sleep waits, and returns false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// patience is how long to wait after a failure: longer each time, until something
// succeeds.
type patience struct{ next time.Duration }

func newPatience() *patience { return &patience{retryFirst} }

func (p *patience) over() { p.next = retryFirst }

func (p *patience) pass(ctx context.Context) bool {
	d := p.next
	p.next = min(2*p.next, retryMost)
	return sleep(ctx, d)
}
