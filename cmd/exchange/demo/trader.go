package demo

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// limitedWait is how long to stay away when the exchange says that it is too much.
const limitedWait = time.Second

// trader is one account with what drives it.
type trader struct {
	stage   *stage
	account int64
	key     client.Key
	rng     *rand.Rand
}

// acting does one step of a trader and returns how long to wait for the next.
type acting func(ctx context.Context, a *client.Account) (time.Duration, error)

// overHTTP acts until ctx ends. It returns an error when the account is of no more
// use.
func (t *trader) overHTTP(ctx context.Context, act acting) error {
	a := client.Account{Via: t.stage.troupe.operator.Client, Key: t.key}
	for wait := newPatience(); ctx.Err() == nil; {
		err := t.act(ctx, &a, act, wait)
		if client.Unauthorized(err) {
			return err
		}
		if err != nil && !wait.pass(ctx) {
			return nil
		}
	}
	return nil
}

// overWebsocket acts over a connection to the websocket API, which is opened again
// when it is lost.
func (t *trader) overWebsocket(ctx context.Context, act acting) error {
	for wait := newPatience(); ctx.Err() == nil; {
		conn, err := t.stage.troupe.operator.Client.Connect(ctx)
		if err == nil {
			err = t.act(ctx, &client.Account{Via: conn, Key: t.key}, act, wait)
			conn.Close()
		}
		if client.Unauthorized(err) {
			return err
		}
		if err != nil && !wait.pass(ctx) {
			return nil
		}
	}
	return nil
}

// act acts until something fails that is no refusal.
func (t *trader) act(ctx context.Context, a *client.Account, act acting, wait *patience) error {
	for {
		d, err := act(ctx, a)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		wait.over()
		if !sleep(ctx, d) {
			return nil
		}
	}
}

// settle looks at the error of an order and returns what is left of it. Refusals
// are part of trading: the price has moved, the order is gone. Where funds are
// missing there are new ones.
func (t *trader) settle(ctx context.Context, err error, m *market) error {
	e, refused := errors.AsType[*client.Error](err)
	switch {
	case err == nil:
		return nil
	case !refused || client.Unauthorized(err) || e.Unknown():
		return err
	case client.TooMany(err):
		sleep(ctx, limitedWait)
	case e.Code == client.CodeTime: // an exchange that has just started takes nothing stamped before
		sleep(ctx, retryFirst)
	case e.Code == client.CodeOrderRefused && strings.Contains(e.Text, "insufficient balance"):
		for _, asset := range []string{m.base, m.quote} {
			if err := t.stage.troupe.fund(ctx, t.account, asset, t.stage.values); err != nil {
				return err
			}
		}
	}
	return nil
}

// pick returns one of the markets.
func (t *trader) pick() *market { return &t.stage.markets[t.rng.IntN(len(t.stage.markets))] }

// pause returns how long to wait when something happens every mean on average.
func (t *trader) pause(mean time.Duration) time.Duration {
	const most = 5
	return time.Duration(min(t.rng.ExpFloat64(), most) * float64(mean))
}

func sideName(buy bool) string {
	if buy {
		return "BUY"
	}
	return "SELL"
}
