package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// asset is an asset and how much of it the accounts hold together.
type asset struct {
	name  msg.Name
	scale uint8
	total msg.Amount
}

// account is an account without its balances.
type account struct {
	status   msg.Status
	maker    msg.Rate
	taker    msg.Rate
	transfer int64 // the last one accepted
}

// balance is what an account holds of an asset. Locked is what its open orders
// can cost; neither is ever negative.
type balance struct {
	account msg.AccountID
	asset   msg.AssetID
	free    msg.Amount
	locked  msg.Amount
	out     bool // of the digest, and in the queue of those that are
}

// balances is the pool of balances. A balance that was touched once stays.
type balances struct {
	pool []balance
	slot table // by account and asset
}

func (b *balances) init(n int) {
	b.pool = make([]balance, 1, n+1)
	b.slot = newTable(n)
}

// find returns the slot of a balance, or 0, which holds nothing of anything.
func (b *balances) find(a msg.AccountID, s msg.AssetID) uint32 {
	return b.slot.get(balanceKey(a, s))
}

// balanceKey is never 0: no asset has that id.
func balanceKey(a msg.AccountID, s msg.AssetID) uint64 { return uint64(a)<<32 | uint64(s) }

// of returns the slot of a balance, made if it is not there. A balance of
// nothing is no state, so making one is not a change. Only apply makes one:
// what is refused must not fill the memory.
func (b *balances) of(a msg.AccountID, s msg.AssetID) uint32 {
	if i := b.find(a, s); i != 0 {
		return i
	}
	i := uint32(len(b.pool))
	b.pool = append(b.pool, balance{account: a, asset: s})
	b.slot.put(balanceKey(a, s), i)
	return i
}

// position is what an account has in a symbol: the list of its open orders,
// oldest first, and where its balances lie. A position without orders is a
// cache and no state.
type position struct {
	account msg.AccountID
	symbol  msg.SymbolID
	base    uint32 // balance; 0 when accounting is none
	quote   uint32
	oldest  uint32 // order
	newest  uint32
	open    uint32  // number of open orders
	bids    msg.Qty // still to buy by them
}

// positions is the pool of positions.
type positions struct {
	pool []position
	slot table // by account and symbol

	last    uint32 // the one found last, which is often the next one
	lastKey uint64 // and its key
}

// positionKey is never 0: no symbol has that id.
func positionKey(a msg.AccountID, s *symbol) uint64 { return uint64(a)<<32 | uint64(s.id) }

func (p *positions) init() {
	p.pool = make([]position, 1, 64)
	p.slot = newTable(64)
}

// findPosition returns the slot of an account's position in s, or 0, which has
// no orders.
func (e *Engine) findPosition(a msg.AccountID, s *symbol) uint32 {
	key := positionKey(a, s)
	if e.positions.lastKey != key {
		return e.searchPosition(key)
	}
	return e.positions.last
}

func (e *Engine) searchPosition(key uint64) uint32 {
	p := &e.positions
	i := p.slot.get(key)
	if i != 0 {
		p.last, p.lastKey = i, key
	}
	return i
}

// position returns the slot of an account's position in s, made if it is not
// there. Only apply makes one.
func (e *Engine) position(a msg.AccountID, s *symbol) uint32 {
	if i := e.findPosition(a, s); i != 0 {
		return i
	}
	p := &e.positions
	i := uint32(len(p.pool))
	n := position{account: a, symbol: s.id}
	if s.Accounting == msg.Balances {
		n.base, n.quote = e.balances.of(a, s.Base), e.balances.of(a, s.Quote)
	}
	p.pool = append(p.pool, n)
	p.slot.put(positionKey(a, s), i)
	p.last, p.lastKey = i, positionKey(a, s)
	return i
}

// addAccount makes the next account.
func (e *Engine) addAccount() {
	e.accounts = append(e.accounts, account{maker: msg.NoRate, taker: msg.NoRate})
	e.digest += e.accountMix(msg.AccountID(len(e.accounts) - 1))
}

// trader reports whether an account exists and may be named by orders.
func (e *Engine) trader(a msg.AccountID) bool {
	return a != msg.FeeAccount && int64(a) < int64(len(e.accounts))
}

// pay adds to the free and locked part of a balance and keeps the tally. A balance below zero is a broken invariant.
func (e *Engine) pay(slot uint32, free, locked msg.Amount) {
	b := &e.balances.pool[slot]
	if !b.out {
		e.takeBalance(slot)
	}
	b.free += free
	b.locked += locked
	if b.free < 0 || b.locked < 0 {
		e.belowZero(b)
	}
	if free+locked != 0 { // a lock moves nothing
		e.tally.add(b.asset, free+locked)
	}
}

func (e *Engine) belowZero(b *balance) {
	if planted.Bug != planted.NegativeBalance {
		panic(fmt.Sprintf("engine: command %d leaves account %d with free %d and locked %d of asset %d",
			e.seq, b.account, b.free, b.locked, b.asset))
	}
}

// tally sums, for the transaction under way, what the balances of an asset
// gained less what was credited of it. At the end each sum is zero, so no
// command makes or loses an amount. A transaction is about two assets at most:
// the base and the quote of its symbol.
type tally [2]struct {
	asset msg.AssetID // 0: none yet
	sum   msg.Amount
}

func (t *tally) add(a msg.AssetID, n msg.Amount) {
	for i := range t {
		if t[i].asset == 0 {
			t[i].asset = a
		}
		if t[i].asset == a {
			t[i].sum += n
			return
		}
	}
	t.overfull(a)
}

func (t *tally) overfull(a msg.AssetID) {
	panic(fmt.Sprintf("engine: a command moves asset %d beside assets %d and %d", a, t[0].asset, t[1].asset))
}

// settled ends the tally.
func (e *Engine) settled() {
	if e.tally[0].sum != 0 || e.tally[1].sum != 0 {
		panic(fmt.Sprintf("engine: command %d makes %d of asset %d and %d of asset %d from nothing", e.seq,
			e.tally[0].sum, e.tally[0].asset, e.tally[1].sum, e.tally[1].asset))
	}
	e.tally = tally{}
}

// rates returns the maker and the taker rate of an account in a symbol.
func (e *Engine) rates(a msg.AccountID, s *symbol) (maker, taker msg.Rate) {
	maker, taker = s.Maker, s.Taker
	x := &e.accounts[a]
	if x.maker != msg.NoRate {
		maker = x.maker
	}
	if x.taker != msg.NoRate {
		taker = x.taker
	}
	return maker, taker
}
