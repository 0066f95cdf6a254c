package enginetest

import (
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// account is an account and what it has.
type account struct {
	Account
	name     msg.Name
	balances map[msg.AssetID]*balance
}

// balance is what an account has of one asset.
type balance struct{ free, locked *big.Int }

func newAccount(name msg.Name) *account {
	return &account{
		name:     name,
		Account:  Account{Maker: msg.NoRate, Taker: msg.NoRate},
		balances: make(map[msg.AssetID]*balance),
	}
}

// of returns the balance of an asset, to be changed in place.
func (a *account) of(id msg.AssetID) *balance {
	b := a.balances[id]
	if b == nil {
		b = &balance{free: new(big.Int), locked: new(big.Int)}
		a.balances[id] = b
	}
	return b
}

// account finds an account, the fee account included.
func (n *Naive) account(id msg.AccountID) *account {
	if int64(id) >= int64(len(n.accounts)) {
		return nil
	}
	return n.accounts[id]
}

// trader finds an account other than the fee account.
func (n *Naive) trader(id msg.AccountID) *account {
	if id == msg.FeeAccount {
		return nil
	}
	return n.account(id)
}

func (n *Naive) asset(id msg.AssetID) *asset {
	if id == 0 || int64(id) > int64(len(n.assets)) {
		return nil
	}
	return &n.assets[id-1]
}

func (n *Naive) createAccount(c *msg.Command) msg.Reason {
	if given(c.Name) && !legal(c.Name) {
		return msg.InvalidName
	}
	if len(n.accounts) > msg.MaxAccounts {
		return msg.TooMany
	}
	n.accounts = append(n.accounts, newAccount(c.Name))
	n.emit(msg.Event{Kind: msg.AccountCreated, ID: uint32(len(n.accounts) - 1)})
	return msg.NoReason
}

func (n *Naive) setStatus(c *msg.Command) msg.Reason {
	a := n.trader(c.Account)
	if a == nil {
		return msg.UnknownAccount
	}
	if c.Status > msg.Disabled {
		return msg.InvalidStatus
	}
	a.Status = c.Status
	n.emit(msg.Event{Kind: msg.AccountChanged})
	return msg.NoReason
}

func (n *Naive) setFees(c *msg.Command) msg.Reason {
	a := n.trader(c.Account)
	if a == nil {
		return msg.UnknownAccount
	}
	for _, r := range [...]msg.Rate{c.Maker, c.Taker} {
		if r != msg.NoRate && (r < 0 || r > msg.RateUnit) {
			return msg.InvalidRate
		}
	}
	a.Maker, a.Taker = c.Maker, c.Taker
	n.emit(msg.Event{Kind: msg.AccountChanged})
	return msg.NoReason
}

// checkTransfer makes the checks that credit and debit share.
func (n *Naive) checkTransfer(c *msg.Command) msg.Reason {
	switch a := n.account(c.Account); {
	case a == nil:
		return msg.UnknownAccount
	case n.asset(c.Asset) == nil:
		return msg.UnknownAsset
	case c.Amount <= 0:
		return msg.InvalidAmount
	case c.Transfer <= a.Transfer:
		return msg.TransferNotNew
	}
	return msg.NoReason
}

func (n *Naive) credit(c *msg.Command) msg.Reason {
	if reason := n.checkTransfer(c); reason != msg.NoReason {
		return reason
	}
	supply, amount := n.asset(c.Asset).supply, big.NewInt(int64(c.Amount))
	if !fits(new(big.Int).Add(supply, amount)) {
		return msg.AmountOverflow
	}
	a := n.account(c.Account)
	a.Transfer = c.Transfer
	a.of(c.Asset).free.Add(a.of(c.Asset).free, amount)
	supply.Add(supply, amount)
	n.emit(msg.Event{Kind: msg.Adjusted})
	return msg.NoReason
}

func (n *Naive) debit(c *msg.Command) msg.Reason {
	if reason := n.checkTransfer(c); reason != msg.NoReason {
		return reason
	}
	a, supply, amount := n.account(c.Account), n.asset(c.Asset).supply, big.NewInt(int64(c.Amount))
	free := a.of(c.Asset).free
	if free.Cmp(amount) < 0 {
		return msg.InsufficientBalance
	}
	a.Transfer = c.Transfer
	free.Sub(free, amount)
	supply.Sub(supply, amount)
	n.emit(msg.Event{Kind: msg.Adjusted})
	return msg.NoReason
}
