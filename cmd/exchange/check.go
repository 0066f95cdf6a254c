package main

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// checkState sweeps the invariants of engine and views and compares the two.
func checkState(past *pipeline.Past) error {
	if err := past.Engine.Check(); err != nil {
		return fmt.Errorf("check the engine after command %d: %w", past.Engine.Seq(), err)
	}
	v, ok := past.Views.(views)
	if !ok {
		return fmt.Errorf("check the views after command %d: there are none", past.Engine.Seq())
	}
	if err := v.Check(); err != nil {
		return fmt.Errorf("check the views after command %d: %w", past.Engine.Seq(), err)
	}
	if err := compareViews(past.Engine, v.Views); err != nil {
		return fmt.Errorf("compare the views with the engine after command %d: %w", past.Engine.Seq(), err)
	}
	return nil
}

// compareViews returns the first difference between what the engine holds and
// what the views make of its events.
func compareViews(e *engine.Engine, v *marketview.Views) error {
	if e.Seq() != v.Seq() || e.Time() != v.Time() {
		return fmt.Errorf("the views are at command %d and time %d, the engine at %d and %d", v.Seq(), v.Time(), e.Seq(), e.Time())
	}
	for id := msg.SymbolID(1); int(id) <= e.Symbols(); id++ {
		if err := compareBook(e, v, id); err != nil {
			return err
		}
	}
	for a := range e.Accounts() {
		for s := msg.AssetID(1); int(s) <= e.Assets(); s++ {
			free, locked := e.Balance(msg.AccountID(a), s)
			gotFree, gotLocked := v.Balance(msg.AccountID(a), s)
			if free != gotFree || locked != gotLocked {
				return fmt.Errorf("account %d has %d free and %d locked of asset %d, in the views %d and %d", a, free, locked, s, gotFree, gotLocked)
			}
		}
	}
	return nil
}

// compareBook compares the levels, the orders and the update id of a symbol.
func compareBook(e *engine.Engine, v *marketview.Views, id msg.SymbolID) error {
	symbol, _ := e.Symbol(id)
	var depth marketview.Depth
	if !v.Depth(id, 0, &depth) || depth.UpdateID != symbol.Updates {
		return fmt.Errorf("%v is at update %d, in the views at %d", symbol.Spec.Name, symbol.Updates, depth.UpdateID)
	}
	for side, levels := range [...][]marketview.Level{msg.Buy: depth.Bids, msg.Sell: depth.Asks} {
		if err := compareLevels(e, id, msg.Side(side), levels); err != nil {
			return fmt.Errorf("%v: %w", symbol.Spec.Name, err)
		}
		if err := compareOrders(e, v, id, msg.Side(side)); err != nil {
			return fmt.Errorf("%v: %w", symbol.Spec.Name, err)
		}
	}
	return nil
}

func compareLevels(e *engine.Engine, id msg.SymbolID, side msg.Side, levels []marketview.Level) (err error) {
	n := 0
	e.EachLevel(id, side, func(p msg.Price, qty msg.Qty, orders int) bool {
		want, got := marketview.Level{Price: p, Qty: qty, Orders: orders}, marketview.Level{}
		if n < len(levels) {
			got = levels[n]
		}
		n++
		if got != want {
			err = fmt.Errorf("%v level %d is %+v, in the views %+v", side, n, want, got)
		}
		return err == nil
	})
	if err == nil && n < len(levels) {
		return fmt.Errorf("the %v side has %d levels, in the views %d", side, n, len(levels))
	}
	return err
}

func compareOrders(e *engine.Engine, v *marketview.Views, id msg.SymbolID, side msg.Side) (err error) {
	e.EachOrder(id, side, func(o engine.Order) bool {
		got, ok := v.Order(o.Account, o.ID)
		if !ok || !got.IsOpen() || got.Symbol != id || got.Side != side || got.Price != o.Price || got.Open() != o.Open || got.Name != o.Name {
			err = fmt.Errorf("order %d is %+v, in the views %+v", o.ID, o, got)
		}
		return err == nil
	})
	return err
}
