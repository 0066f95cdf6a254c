package enginetest

import (
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// outcome is what an arriving order would do.
type outcome struct {
	traded msg.Qty
	cost   *big.Int // of the lots traded
}

// walk goes through the opposite side as the match loop would and changes
// nothing.
func (m *market) walk(o *order) outcome {
	w := outcome{cost: new(big.Int)}
	left := o.Open
	for _, maker := range *m.side(o.Side.Opposite()) {
		if left == 0 || !o.within(maker.Price) {
			break
		}
		lots := min(left, maker.Open)
		if maker.Account == o.Account {
			switch o.stp {
			case msg.ExpireTaker, msg.ExpireBoth:
				return w
			case msg.ExpireMaker:
				continue
			case msg.Decrement:
				left -= lots
				continue
			default:
			}
		}
		left -= lots
		w.traded += lots
		w.cost.Add(w.cost, m.worth(maker.Price, lots))
	}
	return w
}

// walkQuote finds the quantity of a market order that gives an amount.
func (m *market) walkQuote(o *order, amount msg.Amount) msg.Qty {
	qty := msg.Qty(0)
	for _, maker := range *m.side(o.Side.Opposite()) {
		if maker.Account == o.Account {
			if o.stp == msg.ExpireTaker || o.stp == msg.ExpireBoth {
				break
			}
			if o.stp == msg.ExpireMaker {
				continue
			}
		}
		each := msg.Amount(m.worth(maker.Price, 1).Int64())
		lots := min(maker.Open, msg.Qty(amount/each))
		qty += lots
		amount -= msg.Amount(lots) * each
		if lots < maker.Open {
			break
		}
	}
	f := &m.spec.Filters
	for _, step := range [...]msg.Qty{f.StepQty, f.MarketStep} {
		if step > 1 {
			qty -= qty % step
		}
	}
	return qty
}
