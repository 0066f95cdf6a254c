package demo

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// shape is how a maker's ladder looks.
type shape struct {
	levels int     // of each side
	gaps   int64   // the distance of levels, in gaps of the market
	away   int64   // the first level's distance from the price, in gaps
	worth  float64 // of the first level, in the unit of values
	growth float64 // of each further level, as a share of the first
}

// shapes are those of the makers: one close to the price, one deep.
var shapes = [...]shape{
	{levels: 14, gaps: 1, away: 1, worth: 1500, growth: 0.4},
	{levels: 16, gaps: 4, away: 2, worth: 6000, growth: 0.5},
}

// The paces and tolerances of makers.
const (
	makerEvery  = 450 * time.Millisecond
	refillBelow = 0.3 // of the size a level should have
)

// maker keeps a ladder of orders on both sides of each price. It remembers none of
// them: each pass asks what is open and mends it.
type maker struct {
	*trader
	shape shape
}

// pass mends the ladders of all markets.
func (k *maker) pass(ctx context.Context, a *client.Account) (time.Duration, error) {
	for i := range k.stage.markets {
		if err := k.mend(ctx, a, &k.stage.markets[i]); err != nil {
			return 0, err
		}
	}
	return makerEvery + k.pause(makerEvery/4), nil
}

// rung is an order that a ladder should have.
type rung struct {
	ticks int64
	lots  int64
}

// mend brings the orders in one market to where they should be.
func (k *maker) mend(ctx context.Context, a *client.Account, m *market) error {
	open, err := a.OpenOrders(ctx, m.symbol)
	if err != nil {
		return k.settle(ctx, err, m)
	}
	price := k.stage.values.price(m)
	// First the side that the price moves towards: its orders have to make way.
	sides := []bool{false, true}
	if falling(open, m, price) {
		sides = []bool{true, false}
	}
	for _, buy := range sides {
		if err := k.mendSide(ctx, a, m, open, buy, price); err != nil {
			return err
		}
	}
	return nil
}

// falling reports whether the orders lie above the price on average.
func falling(open []client.Order, m *market, price float64) bool {
	sum, ticks := int64(0), m.price.Near(price)
	for i := range open {
		sum += m.price.Near(number(open[i].Price)) - ticks
	}
	return sum > 0
}

// ladder returns the orders of one side, best first.
func (k *maker) ladder(m *market, buy bool, price float64) []rung {
	s := &k.shape
	levels := s.levels
	if m.maxOrders > 0 {
		levels = max(1, min(levels, m.maxOrders/2-1))
	}
	gap := s.gaps * m.gapTicks
	rungs := make([]rung, 0, levels)
	for i := range levels {
		// On a raster, so that most orders can stay where they are when the price moves.
		near := m.price.Near(price)
		ticks := (near/gap)*gap - s.away*m.gapTicks - int64(i)*gap
		if !buy {
			ticks = (near/gap+1)*gap + s.away*m.gapTicks + int64(i)*gap
		}
		if ticks <= 0 {
			break
		}
		size := s.worth * (1 + s.growth*float64(i)) * (0.6 + 0.8*k.rng.Float64())
		rungs = append(rungs, rung{ticks, m.lots(size/k.stage.values.worth(m.quote), price)})
	}
	return rungs
}

// mendSide keeps the orders that are where one should be, moves others there, and
// places what is missing.
func (k *maker) mendSide(ctx context.Context, a *client.Account, m *market, open []client.Order, buy bool, price float64) error {
	missing := k.ladder(m, buy, price)
	var stale []int64
	for i := range open {
		o := &open[i]
		if o.Side != sideName(buy) {
			continue
		}
		ticks := m.price.Near(number(o.Price))
		left := m.quantity.Near(number(o.Quantity) - number(o.Executed))
		at := slices.IndexFunc(missing, func(r rung) bool { return r.ticks == ticks })
		if at < 0 || float64(left) < refillBelow*float64(missing[at].lots) {
			stale = append(stale, o.ID)
			continue
		}
		missing = slices.Delete(missing, at, at+1)
	}
	slices.SortFunc(missing, func(a, b rung) int { return cmp.Compare(b.ticks, a.ticks) })
	if !buy {
		slices.Reverse(missing)
	}
	return k.move(ctx, a, m, buy, stale, missing)
}

// move replaces stale orders by missing ones, and cancels or places the rest.
func (k *maker) move(ctx context.Context, a *client.Account, m *market, buy bool, stale []int64, missing []rung) error {
	for i := range max(len(stale), len(missing)) {
		var err error
		switch {
		case i >= len(missing):
			_, err = a.Cancel(ctx, m.symbol, stale[i])
		case i < len(stale):
			_, err = a.Replace(ctx, stale[i], k.order(m, buy, missing[i]))
		default:
			_, err = a.Place(ctx, k.order(m, buy, missing[i]))
		}
		if err := k.settle(ctx, err, m); err != nil {
			return err
		}
	}
	return nil
}

// order returns an order that only rests: where it would trade it is refused, and
// comes back when whoever is in the way has gone.
func (k *maker) order(m *market, buy bool, r rung) *client.NewOrder {
	return &client.NewOrder{
		Symbol: m.symbol, Side: sideName(buy), Type: "LIMIT_MAKER",
		Quantity: m.quantity.Text(r.lots), Price: m.price.Text(r.ticks),
	}
}
