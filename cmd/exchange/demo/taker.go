package demo

import (
	"context"
	"math"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// How takers trade.
const (
	takeEvery  = 550 * time.Millisecond // one of them, on average
	takeWorth  = 700.0                  // the middle size, in the unit of values
	takeSpread = 1.1                    // of its logarithm
	takeMost   = 9_000.0
	takeReach  = 0.0004 // how far from the price a limit may lie
	followBias = 0.12   // by which more go with the trend than against it
	halfOfThem = 0.5
	byQuantity = 0.5  // share of market orders by quantity
	byQuote    = 0.15 // share of market orders by the amount to spend or receive
)

// take trades with what rests in one market: by market order, or by a limit that
// takes what is there and leaves.
func (t *trader) take(ctx context.Context, a *client.Account) (time.Duration, error) {
	m := t.pick()
	price := t.stage.values.price(m)
	bias := math.Copysign(followBias, t.stage.values.trend(m))
	buy := t.rng.Float64() < halfOfThem+bias
	worth := min(takeMost, takeWorth*math.Exp(takeSpread*t.rng.NormFloat64())) / t.stage.values.worth(m.quote)
	lots := m.lots(worth, price)
	o := &client.NewOrder{Symbol: m.symbol, Side: sideName(buy)}
	switch kind := t.rng.Float64(); {
	case kind < byQuantity:
		o.Type, o.Quantity = "MARKET", m.quantity.Text(lots)
	case kind < byQuantity+byQuote:
		o.Type, o.Quote = "MARKET", m.price.Text(max(1, m.price.Near(float64(lots)*m.quantity.Size()*price)))
	default:
		reach := takeReach
		if !buy {
			reach = -reach
		}
		o.Type, o.TimeInForce = "LIMIT", "IOC"
		o.Quantity, o.Price = m.quantity.Text(lots), m.price.Text(max(1, m.price.Near(price*(1+reach))))
	}
	_, err := a.Place(ctx, o)
	return t.pause(takeEvery), t.settle(ctx, err, m)
}
