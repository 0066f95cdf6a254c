package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// ledger gathers the trades of all accounts of a check.
type ledger struct {
	mu      sync.Mutex
	sides   map[int64]int // of each trade: how many of its sides are these accounts'
	partial bool          // not all trades of all accounts are known
}

func (g *ledger) add(trades []client.Own, whole bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sides == nil {
		g.sides = make(map[int64]int)
	}
	for i := range trades {
		g.sides[trades[i].ID]++
	}
	g.partial = g.partial || !whole
}

// others reports whether somebody else certainly took part in these trades.
func (g *ledger) others() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.partial {
		return false
	}
	for _, n := range g.sides {
		if n == 1 {
			return true
		}
	}
	return false
}

// compareAccount compares the orders, trades and balances of one account.
func (k *ackCheck) compareAccount(ctx context.Context, a *acked) error {
	account := client.Account{Via: k.operator.Client, Key: a.Key}
	trades, err := account.Trades(ctx, k.head.Symbol)
	if err != nil {
		return fmt.Errorf("ask for the trades of account %d: %w", a.Account, err)
	}
	whole := len(trades) < k.history.value
	k.ledger.add(trades, whole)
	for _, o := range a.orders {
		k.done.Add(1)
		if o.unknown {
			err = k.compareUnknown(ctx, &account, o)
		} else {
			err = k.compareOrder(ctx, &account, o, len(a.orders) > k.history.value)
		}
		if err != nil {
			return err
		}
		k.compareTrades(o, trades, whole)
	}
	return k.compareBalances(ctx, a, trades, whole)
}

// compareOrder compares an order with its acknowledgements. Where more orders may
// have closed than are kept, it may be gone.
func (k *ackCheck) compareOrder(ctx context.Context, account *client.Account, o *ackedOrder, mayBeGone bool) error {
	now, err := account.Order(ctx, o.Symbol, o.ID)
	switch {
	case client.Code(err) == client.CodeNoSuchOrder && mayBeGone:
		k.count(&k.report.UncheckedOrders, 1)
		return nil
	case client.Code(err) == client.CodeNoSuchOrder:
		k.differ("order %d of account %d (%s, acknowledged as %s) is not there", o.ID, o.Account, o.ClientID, o.Status)
		return nil
	case err != nil:
		return fmt.Errorf("ask for order %d: %w", o.ID, err)
	}
	k.compareTerms(o, &now)
	if !atLeastAs(now.Executed, o.Executed) {
		k.differ("order %d: %s is executed, %s was acknowledged", o.ID, now.Executed, o.Executed)
	}
	switch {
	case standing(now.Status) < standing(o.Status):
		k.differ("order %d: its status is %s, %s was acknowledged", o.ID, now.Status, o.Status)
	case standing(o.Status) == standingClosed && (now.Status != o.Status || !sameDecimal(now.Executed, o.Executed)):
		k.differ("order %d: it was closed as %s with %s executed, and is %s with %s", o.ID, o.Status, o.Executed, now.Status, now.Executed)
	}
	return nil
}

// compareTerms compares what an order is with what was acknowledged or asked.
func (k *ackCheck) compareTerms(o *ackedOrder, now *client.Order) {
	id := o.ID
	if o.unknown {
		id = now.ID
	}
	if now.ID != id || now.ClientID != o.ClientID || now.Symbol != o.Symbol || now.Side != o.Side ||
		!sameDecimal(now.Price, o.Price) || !sameDecimal(now.Quantity, o.Quantity) {
		k.differ("order %d is %s %s %s %s at %s, it was to be %s %s %s %s at %s", id,
			now.ClientID, now.Symbol, now.Side, now.Quantity, now.Price, o.ClientID, o.Symbol, o.Side, o.Quantity, o.Price)
	}
}

// compareUnknown looks whether an order without an answer was placed. Both may be;
// if it was, then as asked.
func (k *ackCheck) compareUnknown(ctx context.Context, account *client.Account, o *ackedOrder) error {
	now, err := account.OrderByClientID(ctx, o.Symbol, o.ClientID)
	switch {
	case client.Code(err) == client.CodeNoSuchOrder:
		return nil
	case err != nil:
		return fmt.Errorf("ask for order %s: %w", o.ClientID, err)
	}
	k.count(&k.report.UnknownHappened, 1)
	k.compareTerms(o, &now)
	return nil
}

// compareTrades compares the trades that were acknowledged with those that the
// account has. Older ones than are kept cannot be compared.
func (k *ackCheck) compareTrades(o *ackedOrder, trades []client.Own, whole bool) {
	k.count(&k.report.Trades, len(o.Trades))
	for _, t := range o.Trades {
		i := slices.IndexFunc(trades, func(own client.Own) bool { return own.ID == t.ID && own.OrderID == o.ID })
		switch {
		case i < 0 && !whole && (len(trades) == 0 || t.ID < trades[0].ID):
			k.count(&k.report.UncheckedTrades, 1)
		case i < 0:
			k.differ("trade %d of order %d (%s at %s) is not there", t.ID, o.ID, t.Quantity, t.Price)
		case !sameDecimal(trades[i].Price, t.Price) || !sameDecimal(trades[i].Quantity, t.Quantity):
			k.differ("trade %d is %s at %s, it was acknowledged as %s at %s", t.ID, trades[i].Quantity, trades[i].Price, t.Quantity, t.Price)
		}
	}
}

// compareBalances compares what an account has with what its trades make of its
// funds.
func (k *ackCheck) compareBalances(ctx context.Context, a *acked, trades []client.Own, whole bool) error {
	if !whole {
		k.count(&k.report.UncheckedLedger, 1)
		return nil
	}
	has, err := holdingsOf(ctx, &k.operator, a.Account)
	if err != nil {
		return err
	}
	should := make(holdings)
	for asset, amount := range k.head.Funds {
		if err := should.add(asset, amount); err != nil {
			return err
		}
	}
	for i := range trades {
		if err := should.trade(&k.head, &trades[i]); err != nil {
			return fmt.Errorf("trade %d: %w", trades[i].ID, err)
		}
	}
	for _, asset := range []string{k.head.Base, k.head.Quote} {
		if has.of(asset).Cmp(should.of(asset)) != 0 {
			k.differ("account %d has %s %s, its funds and trades make %s", a.Account, plainDecimal(has.of(asset)), asset, plainDecimal(should.of(asset)))
		}
	}
	return nil
}

// trade does to holdings what a trade does.
func (h holdings) trade(head *ackHead, t *client.Own) error {
	gets, gives, got, given := head.Base, head.Quote, t.Quantity, t.Quote
	if !t.Buyer {
		gets, gives, got, given = head.Quote, head.Base, t.Quote, t.Quantity
	}
	if err := h.add(gets, got); err != nil {
		return err
	}
	if err := h.sub(gives, given); err != nil {
		return err
	}
	return h.sub(t.FeeAsset, t.Fee)
}

// compareSums compares the sums of assets with those before the load. Where others
// have traded, fees and goods have moved to or from them.
func (k *ackCheck) compareSums(ctx context.Context) error {
	all, err := allHoldings(ctx, &k.operator, &k.head)
	if err != nil {
		return err
	}
	now := sumUp(all, &k.head)
	others := k.ledger.others()
	if !others {
		last, err := lastTrades(ctx, k.operator.Client)
		if err != nil {
			return err
		}
		for symbol, id := range last {
			others = others || symbol != k.head.Symbol && id != k.head.Trades[symbol]
		}
	}
	k.report.SumsCompared = !others
	for asset, before := range k.head.Sums {
		if !others && !sameDecimal(before, now[asset]) {
			k.differ("the accounts and that of the fees have %s %s together, before the load it was %s", now[asset], asset, before)
		}
	}
	return nil
}
