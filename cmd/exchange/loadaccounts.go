package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

const (
	// operatorConns is how many of the operator's calls are under way at a time.
	operatorConns = 16
	// ordersPerAccount is how many requests an account makes whose history has to
	// be kept whole: fills may be more than orders.
	ordersPerAccount = 200
	// plainAccounts are made when no history matters.
	plainAccounts = 16
	// maxLoadAccounts bounds them.
	maxLoadAccounts = 100_000
)

// prepare looks at the symbol and makes accounts.
func (l *load) prepare(ctx context.Context, o *client.Operator) (*plan, error) {
	symbols, err := o.Client.Symbols(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask %s for its symbols: %w", l.target, err)
	}
	i := slices.IndexFunc(symbols, func(s client.Symbol) bool { return s.Name == string(l.symbol) })
	if i < 0 {
		return nil, fmt.Errorf("%s has no symbol %s", l.target, l.symbol)
	}
	price := l.price
	if price <= 0 {
		if price, err = priceOf(ctx, o.Client, symbols[i].Name); err != nil {
			return nil, err
		}
	}
	p, err := newPlan(&symbols[i], price, l.seed)
	if err != nil {
		return nil, err
	}
	return p, l.makeAccounts(ctx, o, p)
}

// accountCount returns how many accounts there are to be.
func (l *load) accountCount() (int, error) {
	if l.accounts.value > 0 {
		return l.accounts.value, nil
	}
	if l.acks == "" {
		return plainAccounts, nil
	}
	requests := l.length.Seconds() * float64(l.rate.value)
	n := int(requests/ordersPerAccount) + 1
	if n > maxLoadAccounts {
		return 0, fmt.Errorf("%.0f requests need %d accounts to keep the history of each whole, more than %d: lower --rate or --for, or set --accounts",
			requests, n, maxLoadAccounts)
	}
	return max(n, plainAccounts), nil
}

// makeAccounts makes the accounts with keys and funds, several at a time.
func (l *load) makeAccounts(ctx context.Context, o *client.Operator, p *plan) error {
	n, err := l.accountCount()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	bar := l.progress("accounts")
	defer bar.end()
	p.accounts = make([]*trading, n)
	var next, made atomic.Int64
	var all sync.WaitGroup
	for range min(operatorConns, n) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && ctx.Err() == nil; i = next.Add(1) - 1 {
				t, err := makeAccount(ctx, o, p.funds)
				if err != nil {
					stop(err)
					return
				}
				p.accounts[i] = t
				made.Add(1)
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		all.Wait()
		close(ended)
	}()
	for tick := time.NewTicker(progressEvery); ; {
		select {
		case <-tick.C:
			bar.of(made.Load(), int64(n))
		case <-ended:
			tick.Stop()
			return context.Cause(ctx)
		}
	}
}

func makeAccount(ctx context.Context, o *client.Operator, funds map[string]string) (*trading, error) {
	t := &trading{}
	var err error
	if t.Account, err = o.CreateAccount(ctx, "load"); err != nil {
		return nil, fmt.Errorf("make an account: %w", err)
	}
	if t.Key, err = o.CreateKey(ctx, t.Account); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	transfer := int64(0)
	for asset, amount := range funds {
		transfer++
		if err := o.Credit(ctx, t.Account, asset, amount, transfer); err != nil {
			return nil, fmt.Errorf("credit %s %s: %w", amount, asset, err)
		}
	}
	return t, nil
}
