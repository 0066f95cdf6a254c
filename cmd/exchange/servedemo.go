package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/demo"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// demoState is where the simulated traders keep their accounts.
const demoState = "demo.json"

// demoNames are the accounts of a demonstration that are there for its owner.
func demoNames() []string { return []string{"alice", "bob"} }

// demoFunds are what each of them is given.
func demoFunds() []struct{ asset, amount string } {
	return []struct{ asset, amount string }{{"BTC", "100"}, {"ETH", "1000"}, {"USDT", "10000000"}}
}

// demoKey is a key that is printed. After a reset it is made again.
type demoKey struct{ name, id, secret string }

// demoAccounts makes the accounts of the demonstration, with their funds and keys,
// as far as they are not there. The keys are those of before if there are any.
func (s *server) demoAccounts(ctx context.Context, h *house) error {
	for i, name := range demoNames() {
		if len(s.demoKeys) == i {
			s.demoKeys = append(s.demoKeys, demoKey{name: name})
		}
		if err := s.demoAccount(ctx, h, &s.demoKeys[i]); err != nil {
			return fmt.Errorf("make the demo account %s: %w", name, err)
		}
	}
	return nil
}

func (s *server) demoAccount(ctx context.Context, h *house, k *demoKey) error {
	name, err := msg.ParseName(k.name)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the account
	}
	account, ok := accountNamed(h.live, name)
	if !ok {
		v, err := order(ctx, h.live, &msg.Command{Kind: msg.CreateAccount, Name: name})
		if err != nil {
			return err
		}
		account.ID = msg.AccountID(v.ID)
	}
	if err := fundDemo(ctx, h.live, &account); err != nil {
		return err
	}
	if key := hmacKey(s.auth.Keys(), account.ID, k.id); key != nil {
		k.id, k.secret = key.ID, key.Reveal()
		return nil
	}
	key, secret, err := s.auth.Keys().Add(auth.Draft{Account: account.ID, ID: k.id, Secret: k.secret, Read: true, Trade: true})
	if err != nil {
		return err //nolint:wrapcheck // the caller names the account
	}
	k.id, k.secret = key.ID, secret
	return nil
}

// accountNamed returns the first account of a name.
func accountNamed(x gateway.Exchange, name msg.Name) (marketview.Account, bool) {
	v := x.BeginRead()
	defer x.EndRead()
	for id := range v.Accounts() {
		if a, ok := v.Account(msg.AccountID(id)); ok && a.Name == name {
			return a, true
		}
	}
	return marketview.Account{}, false
}

// fundDemo gives an account what it has not been given yet: the transfers are numbered.
func fundDemo(ctx context.Context, x gateway.Exchange, account *marketview.Account) error {
	for i, f := range demoFunds() {
		transfer := int64(i + 1)
		if account.Transfer >= transfer {
			continue
		}
		name, err := msg.ParseName(f.asset)
		if err != nil {
			return err //nolint:wrapcheck // the caller names the account
		}
		v := x.BeginRead()
		asset, ok := v.AssetByName(name)
		x.EndRead()
		if !ok {
			continue // it is not one of our markets, where there are others
		}
		amount, err := msg.ParseDecimal(f.amount, asset.Scale)
		if err != nil {
			return fmt.Errorf("credit %s %s: %w", f.amount, f.asset, err)
		}
		c := msg.Command{Kind: msg.Credit, Account: account.ID, Asset: asset.ID, Amount: msg.Amount(amount), Transfer: transfer}
		if _, err := order(ctx, x, &c); err != nil {
			return err
		}
	}
	return nil
}

// hmacKey returns the key of an account that has a secret and may read and trade
// from anywhere, that of an id if one is given, or nil.
func hmacKey(keys *auth.Store, account msg.AccountID, id string) *auth.Key {
	for _, k := range keys.Of(account) {
		if k.Public == nil && k.Read && k.Trade && k.From == nil && (id == "" || k.ID == id) {
			return k
		}
	}
	return nil
}

// startDemo has the simulated traders begin, and returns what ends them and waits
// for that.
func (s *server) startDemo(url string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := demo.Run(ctx, demo.Options{
			URL: url, TLS: s.ownTLS(), Token: s.token, Seed: s.settings.demoSeed, State: filepath.Join(string(s.settings.data), demoState), Log: s.log,
		})
		if err != nil {
			s.log.Error("the simulated traders have stopped", "error", err)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
