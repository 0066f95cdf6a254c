package enginetest

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Check sweeps what must be true between two commands:
//
//  1. of each asset, all accounts together have what was credited less what was debited;
//  2. no balance is negative;
//  3. what an account has locked is what its open orders hold;
//  4. books stand in price-time order, each order with something open;
//  5. in trading, no bid reaches an ask;
//  6. no two open orders of an account have the same client order id.
func (n *Naive) Check() error {
	for i := range n.assets {
		if err := n.checkSupply(msg.AssetID(i + 1)); err != nil {
			return err
		}
	}
	if err := n.checkLocks(); err != nil {
		return err
	}
	for _, m := range n.markets {
		if err := m.check(); err != nil {
			return fmt.Errorf("symbol %s: %w", m.spec.Name, err)
		}
	}
	return n.checkNames()
}

func (n *Naive) checkSupply(id msg.AssetID) error {
	sum := new(big.Int)
	for i, a := range n.accounts {
		b := a.balances[id]
		if b == nil {
			continue
		}
		if b.free.Sign() < 0 || b.locked.Sign() < 0 {
			return fmt.Errorf("account %d asset %d: %v free, %v locked", i, id, b.free, b.locked)
		}
		sum.Add(sum, b.free).Add(sum, b.locked)
	}
	if want := n.asset(id).supply; sum.Cmp(want) != 0 {
		return fmt.Errorf("asset %d: accounts have %v, supply is %v", id, sum, want)
	}
	return nil
}

func (n *Naive) checkLocks() error {
	type key struct {
		account msg.AccountID
		asset   msg.AssetID
	}
	held := make(map[key]*big.Int)
	for o := range n.open() {
		if o.market.spec.Accounting != msg.Balances {
			continue
		}
		asset, amount := o.hold(o.Open)
		k := key{o.Account, asset}
		if held[k] == nil {
			held[k] = new(big.Int)
		}
		held[k].Add(held[k], amount)
	}
	for i, a := range n.accounts {
		for asset, b := range a.balances {
			want := held[key{msg.AccountID(i), asset}]
			if want == nil {
				want = new(big.Int)
			}
			if b.locked.Cmp(want) != 0 {
				return fmt.Errorf("account %d asset %d: %v locked, orders hold %v", i, asset, b.locked, want)
			}
		}
	}
	return nil
}

// open yields all open orders, symbol by symbol.
func (n *Naive) open() func(yield func(*order) bool) {
	return func(yield func(*order) bool) {
		for _, m := range n.markets {
			for _, o := range slices.Concat(m.bids, m.asks) {
				if !yield(o) {
					return
				}
			}
		}
	}
}

func (m *market) check() error {
	for _, book := range [...][]*order{m.bids, m.asks} {
		for i, o := range book {
			if o.Open <= 0 || o.Open > o.Qty || o.Traded && o.Open == o.Qty {
				return fmt.Errorf("order %d: %d open of %d", o.ID, o.Open, o.Qty)
			}
			if i == 0 {
				continue
			}
			before := book[i-1]
			if better(o.Side, o.Price, before.Price) || o.Price == before.Price && o.Queue < before.Queue {
				return fmt.Errorf("order %d at %d stands behind order %d at %d", o.ID, o.Price, before.ID, before.Price)
			}
		}
	}
	if m.phase == msg.Trading && m.crossed() {
		return fmt.Errorf("bid at %d reaches ask at %d", m.bids[0].Price, m.asks[0].Price)
	}
	return nil
}

func (n *Naive) checkNames() error {
	type key struct {
		account msg.AccountID
		name    msg.Name
	}
	owners := make(map[key]msg.OrderID)
	for o := range n.open() {
		k := key{o.Account, o.Name}
		if other, taken := owners[k]; taken && !o.Name.IsZero() {
			return fmt.Errorf("account %d: orders %d and %d are both named %s", o.Account, other, o.ID, o.Name)
		}
		owners[k] = o.ID
	}
	return nil
}
