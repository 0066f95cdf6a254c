package marketview

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Balance is what an account has of one asset.
type Balance struct {
	Asset  msg.AssetID
	Free   msg.Amount
	Locked msg.Amount // by open orders
}

// balances follows what every account has. No balance is ever negative, and of
// each asset all accounts together have what was credited and not debited.
type balances struct {
	market  *market
	records pool[balance]
	byPair  index        // account and asset to record
	holders []holder     // by account
	supply  []msg.Amount // by asset: credits less debits
	wallets []wallet     // by trader
	fees    []wallet     // by symbol: those of the fee account
}

// holder is an account that has or had something.
type holder struct {
	moved int64 // the time of the last command that moved something
	first slot  // its records
}

type balance struct {
	free    msg.Amount
	locked  msg.Amount
	account msg.AccountID
	asset   msg.AssetID
	next    slot // the account's next record
}

// wallet holds the records of one account that a symbol moves; 0 is not looked
// up yet.
type wallet struct{ base, quote slot }

// fold applies what a transaction resolved. All holds come before all fills:
// sums do not care, and so no balance is negative in between. What is locked and
// freed again by one command has moved, too.
func (b *balances) fold(now int64, holds []Hold, fills []Fill) {
	for i := range holds {
		h := &holds[i]
		w := b.wallet(h.trader, h.Account, h.Symbol)
		s := w.quote
		if h.Side == msg.Sell {
			s = w.base
		}
		b.add(s, -h.Amount, h.Amount)
		b.holders[h.Account].moved = now
	}
	for i := range fills {
		if fills[i].Settles {
			b.settle(now, &fills[i])
		}
	}
}

func (b *balances) settle(now int64, f *Fill) {
	buyer, seller := &f.Parties[msg.Buy], &f.Parties[msg.Sell]
	bw := b.wallet(buyer.trader, buyer.Account, f.Symbol)
	sw := b.wallet(seller.trader, seller.Account, f.Symbol)
	b.add(bw.quote, buyer.Held-f.Quote, -buyer.Held)
	b.add(sw.base, seller.Held-f.Base, -seller.Held)
	b.add(bw.base, f.Base-buyer.Fee, 0)
	b.add(sw.quote, f.Quote-seller.Fee, 0)
	b.holders[buyer.Account].moved = now
	b.holders[seller.Account].moved = now
	if buyer.Fee|seller.Fee == 0 {
		return
	}
	fw := b.feeWallet(f.Symbol)
	b.add(fw.base, buyer.Fee, 0)
	b.add(fw.quote, seller.Fee, 0)
	b.holders[msg.FeeAccount].moved = now
}

// adjusted applies an accepted credit or debit.
func (b *balances) adjusted(c *msg.Command) {
	amount := c.Amount
	if c.Kind == msg.Debit {
		amount = -amount
	}
	b.add(b.record(c.Account, c.Asset), amount, 0)
	b.holders[c.Account].moved = c.Time
	*b.total(c.Asset) += amount
}

func (b *balances) add(s slot, free, locked msg.Amount) {
	r := b.records.at(s)
	r.free += free
	r.locked += locked
	if r.free < 0 || r.locked < 0 {
		panic(fmt.Sprintf("marketview: account %d has %d free and %d locked of asset %d", r.account, r.free, r.locked, r.asset))
	}
}

// total returns the supply of an asset, which may be new.
func (b *balances) total(id msg.AssetID) *msg.Amount {
	for int(id) >= len(b.supply) {
		b.supply = append(b.supply, 0)
	}
	return &b.supply[id]
}

// wallet returns the records of a trader, looked up at its first use.
func (b *balances) wallet(t slot, a msg.AccountID, sym msg.SymbolID) wallet {
	for int(t) >= len(b.wallets) {
		b.wallets = append(b.wallets, wallet{})
	}
	w := &b.wallets[t]
	if w.base == 0 {
		*w = b.open(a, sym)
	}
	return *w
}

// feeWallet returns the records of the fee account in a symbol's assets.
func (b *balances) feeWallet(sym msg.SymbolID) wallet {
	for int(sym) >= len(b.fees) {
		b.fees = append(b.fees, wallet{})
	}
	w := &b.fees[sym]
	if w.base == 0 {
		*w = b.open(msg.FeeAccount, sym)
	}
	return *w
}

func (b *balances) open(a msg.AccountID, sym msg.SymbolID) wallet {
	spec := &b.market.symbols[sym].Spec
	return wallet{base: b.record(a, spec.Base), quote: b.record(a, spec.Quote)}
}

// record returns the slot of a balance, made if it is new.
func (b *balances) record(a msg.AccountID, asset msg.AssetID) slot {
	key := pairKey(uint32(a), uint32(asset))
	if s := b.byPair.find(key); s != 0 {
		return s
	}
	h := b.holder(a)
	s := b.records.take()
	*b.records.at(s) = balance{account: a, asset: asset, next: h.first}
	h.first = s
	b.byPair.put(key, s)
	return s
}

// holder returns an account, which may be new here.
func (b *balances) holder(a msg.AccountID) *holder {
	for int(a) >= len(b.holders) {
		b.holders = append(b.holders, holder{})
	}
	return &b.holders[a]
}
