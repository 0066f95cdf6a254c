package main

import (
	"context"
	"fmt"
	"math/big"
	"sync"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// feeAccount is where the fees go.
const feeAccount = int64(msg.FeeAccount)

// rational reads a decimal exactly.
func rational(text string) (*big.Rat, error) {
	v, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is no decimal", text)
	}
	return v, nil
}

// sameDecimal reports whether two texts are the same decimal.
func sameDecimal(a, b string) bool {
	if a == b {
		return true
	}
	x, err := rational(a)
	if err != nil {
		return false
	}
	y, err := rational(b)
	return err == nil && x.Cmp(y) == 0
}

// plainDecimal writes a sum without zeros at the end.
func plainDecimal(v *big.Rat) string {
	n, exact := v.FloatPrec()
	if !exact {
		return v.RatString()
	}
	return v.FloatString(n)
}

// holdings are the amounts of an account, by asset, free and locked together.
type holdings map[string]*big.Rat

func holdingsOf(ctx context.Context, o *client.Operator, account int64) (holdings, error) {
	balances, err := o.Balances(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("ask for the balances of account %d: %w", account, err)
	}
	h := make(holdings, len(balances))
	for _, b := range balances {
		for _, part := range []string{b.Free, b.Locked} {
			if err := h.add(b.Asset, part); err != nil {
				return nil, fmt.Errorf("the balances of account %d: %w", account, err)
			}
		}
	}
	return h, nil
}

// of returns what there is of an asset.
func (h holdings) of(asset string) *big.Rat {
	if h[asset] == nil {
		h[asset] = new(big.Rat)
	}
	return h[asset]
}

// add adds an amount to an asset.
func (h holdings) add(asset, amount string) error {
	v, err := rational(amount)
	if err == nil {
		h.of(asset).Add(h.of(asset), v)
	}
	return err
}

// sub takes an amount from an asset.
func (h holdings) sub(asset, amount string) error {
	v, err := rational(amount)
	if err == nil {
		h.of(asset).Sub(h.of(asset), v)
	}
	return err
}

// allHoldings asks for the holdings of each account of a load and, last, of the fees'.
func allHoldings(ctx context.Context, o *client.Operator, head *ackHead) ([]holdings, error) {
	all := make([]holdings, len(head.Accounts)+1)
	err := eachSideBySide(ctx, len(all), func(ctx context.Context, i int) error {
		account := feeAccount
		if i < len(head.Accounts) {
			account = head.Accounts[i].Account
		}
		var err error
		all[i], err = holdingsOf(ctx, o, account)
		return err
	})
	return all, err
}

// sumsOf returns the sums of the symbol's assets over the accounts of a load and
// that of the fees.
func sumsOf(ctx context.Context, o *client.Operator, head *ackHead) (map[string]string, error) {
	all, err := allHoldings(ctx, o, head)
	if err != nil {
		return nil, err
	}
	return sumUp(all, head), nil
}

func sumUp(all []holdings, head *ackHead) map[string]string {
	sums := make(map[string]string)
	for _, asset := range []string{head.Base, head.Quote} {
		sum := new(big.Rat)
		for _, h := range all {
			sum.Add(sum, h.of(asset))
		}
		sums[asset] = plainDecimal(sum)
	}
	return sums
}

// lastTrades returns the id of the last trade of each symbol that had any.
func lastTrades(ctx context.Context, c *client.Client) (map[string]int64, error) {
	symbols, err := c.Symbols(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the symbols: %w", err)
	}
	last := make(map[string]int64)
	for i := range symbols {
		trades, err := c.RecentTrades(ctx, symbols[i].Name, 1)
		if err != nil {
			return nil, fmt.Errorf("ask for the last trade of %s: %w", symbols[i].Name, err)
		}
		if len(trades) > 0 {
			last[symbols[i].Name] = trades[0].ID
		}
	}
	return last, nil
}

// eachSideBySide calls do with each number below n, several at a time, until one fails.
func eachSideBySide(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	work := make(chan int)
	for range min(operatorConns, n) {
		all.Go(func() {
			for i := range work {
				if err := do(ctx, i); err != nil {
					stop(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case work <- i:
		case <-ctx.Done():
		}
	}
	close(work)
	all.Wait()
	return context.Cause(ctx)
}
