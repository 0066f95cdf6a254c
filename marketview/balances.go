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
	others  column[slot] // of a record: the account's next one
	byPair  index        // account and asset to record
	holders []holder     // by account
	supply  []msg.Amount // by asset: credits less debits
	fees    []wallet     // by symbol: those of the fee account
}

// holder is an account that has or had something.
type holder struct {
	moved int64 // the time of the last command that moved something, as restored
	first slot  // its records, which know of later ones
}

type balance struct {
	free    msg.Amount
	locked  msg.Amount
	moved   int64 // the time of the last command that moved something, be it nothing
	account msg.AccountID
	asset   msg.AssetID
}

// wallet holds the records of the fee account that a symbol moves; 0 is not looked up
// yet.
type wallet struct{ base, quote slot }

// fold settles the fills of a transaction. What its orders lock and free has moved
// already: sums do not care, and so no balance is negative in between. What is locked
// and freed again by one command has moved, too.
func (b *balances) fold(now int64, fills []Fill) {
	for i := range fills {
		if fills[i].Settles {
			b.settle(now, &fills[i])
		}
	}
}

func (b *balances) settle(now int64, f *Fill) {
	buyer, seller := &f.Parties[msg.Buy], &f.Parties[msg.Sell]
	b.add(buyer.quote, now, buyer.Held-f.Quote, -buyer.Held)
	b.add(seller.base, now, seller.Held-f.Base, -seller.Held)
	b.add(buyer.base, now, f.Base-buyer.Fee, 0)
	b.add(seller.quote, now, f.Quote-seller.Fee, 0)
	if buyer.Fee|seller.Fee == 0 {
		return
	}
	w := b.feeWallet(f.Symbol)
	b.add(w.base, now, buyer.Fee, 0)
	b.add(w.quote, now, seller.Fee, 0)
}

// adjusted applies an accepted credit or debit.
func (b *balances) adjusted(c *msg.Command) {
	amount := c.Amount
	if c.Kind == msg.Debit {
		amount = -amount
	}
	b.add(b.record(c.Account, c.Asset), c.Time, amount, 0)
	*b.total(c.Asset) += amount
}

func (b *balances) add(s slot, now int64, free, locked msg.Amount) {
	r := b.records.at(s)
	r.moved = now
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

// feeWallet returns the records of the fee account in a symbol's assets.
func (b *balances) feeWallet(sym msg.SymbolID) wallet {
	for int(sym) >= len(b.fees) {
		b.fees = append(b.fees, wallet{})
	}
	w := &b.fees[sym]
	if w.base == 0 {
		w.base, w.quote = b.wallet(msg.FeeAccount, sym)
	}
	return *w
}

// wallet returns the records of an account that a symbol moves.
func (b *balances) wallet(a msg.AccountID, sym msg.SymbolID) (base, quote slot) {
	spec := &b.market.symbols[sym].Spec
	return b.record(a, spec.Base), b.record(a, spec.Quote)
}

// record returns the slot of a balance, made if it is new.
func (b *balances) record(a msg.AccountID, asset msg.AssetID) slot {
	key := pairKey(uint32(a), uint32(asset))
	if s := b.byPair.find(key); s != 0 {
		return s
	}
	h := b.holder(a)
	s := b.records.take()
	*b.records.at(s) = balance{account: a, asset: asset}
	*b.others.put(s) = h.first
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
