package demo

import (
	"context"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// How visitors come and go.
const (
	visitEvery    = 120 * time.Millisecond
	visitWorth    = 900.0
	visitReach    = 0.0015 // how far from the price they place
	visitMost     = 30     // orders that they leave open
	placeShare    = 0.5
	replaceShare  = 0.15
	visitNearness = 0.00006 // how close to the price they dare
)

// visitor places an order here and there, moves it or takes it back.
type visitor struct {
	*trader
	open []placed
}

type placed struct {
	market *market
	id     int64
}

// visit does one of these.
func (v *visitor) visit(ctx context.Context, a *client.Account) (time.Duration, error) {
	wait := v.pause(visitEvery)
	kind := v.rng.Float64()
	if len(v.open) == 0 || len(v.open) < visitMost && kind < placeShare {
		m := v.pick()
		o, err := a.Place(ctx, v.order(m))
		v.remember(m, &o, err)
		return wait, v.settle(ctx, err, m)
	}
	i := v.rng.IntN(len(v.open))
	old := v.open[i]
	v.open[i] = v.open[len(v.open)-1]
	v.open = v.open[:len(v.open)-1]
	if kind < placeShare+replaceShare {
		o, err := a.Replace(ctx, old.id, v.order(old.market))
		v.remember(old.market, &o, err)
		return wait, v.settle(ctx, err, old.market)
	}
	_, err := a.Cancel(ctx, old.market.symbol, old.id)
	return wait, v.settle(ctx, err, old.market)
}

func (v *visitor) remember(m *market, o *client.Order, err error) {
	if err == nil && (o.Status == "NEW" || o.Status == "PARTIALLY_FILLED") {
		v.open = append(v.open, placed{m, o.ID})
	}
}

// order returns an order on a side of the price; now and then it meets another.
func (v *visitor) order(m *market) *client.NewOrder {
	price := v.stage.values.price(m)
	buy := v.rng.Float64() < halfOfThem
	away := visitNearness + visitReach*v.rng.Float64()*v.rng.Float64()
	if buy {
		away = -away
	}
	worth := visitWorth * (0.3 + v.rng.ExpFloat64()) / v.stage.values.worth(m.quote)
	return &client.NewOrder{
		Symbol: m.symbol, Side: sideName(buy), Type: "LIMIT", TimeInForce: "GTC",
		Quantity: m.quantity.Text(m.lots(worth, price)),
		Price:    m.price.Text(max(1, m.price.Near(price*(1+away)))),
	}
}
