package demo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// How the logarithm of a value wanders: by chance, along a trend that changes over
// minutes, and weakly back to where it began.
const (
	chancePerMinute = 0.0011
	trendPerMinute  = 0.0009
	trendSeconds    = 150
	returnSeconds   = 4 * 3600
	defaultValue    = 100
)

// values are what the assets are worth, in a unit of their own. The price of a
// symbol is that of its base over that of its quote, so all prices fit together.
type values struct {
	mu     sync.Mutex
	rng    *rand.Rand
	assets map[string]*value
	order  []*value // in which they are drawn for
}

type value struct {
	home, log, trend float64
	fixed            bool
}

// newRand returns the random numbers of one part of the market.
func newRand(seed, part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) }

// survey returns the markets that are open, and values that agree with their last
// prices.
func survey(ctx context.Context, c *client.Client, seed uint64) ([]market, *values, error) {
	symbols, err := c.Symbols(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the symbols: %w", err)
	}
	var markets []market
	last := make(map[string]float64) // by symbol
	for i := range symbols {
		if symbols[i].Status != "TRADING" || len(markets) == maxMarkets {
			continue
		}
		m, err := newMarket(&symbols[i])
		if err != nil {
			return nil, nil, err
		}
		trades, err := c.RecentTrades(ctx, m.symbol, 1)
		if err != nil {
			return nil, nil, fmt.Errorf("ask for the last trade of %s: %w", m.symbol, err)
		}
		if len(trades) > 0 {
			last[m.symbol] = number(trades[0].Price)
		}
		markets = append(markets, m)
	}
	if len(markets) == 0 {
		return nil, nil, errNoMarket
	}
	v := newValues(markets, last, newRand(seed, 0))
	for i := range markets {
		markets[i].gap(v.price(&markets[i]))
	}
	return markets, v, nil
}

// newValues returns values for the assets of markets. Last holds the last prices
// of those that had trades.
func newValues(markets []market, last map[string]float64, rng *rand.Rand) *values {
	begin := map[string]float64{"BTC": 60_000, "ETH": 3_000, "BNB": 600, "SOL": 150, "LTC": 80}
	v := &values{rng: rng, assets: make(map[string]*value)}
	bases := make(map[string]bool)
	for i := range markets {
		bases[markets[i].base] = true
	}
	add := func(asset string) {
		if v.assets[asset] != nil {
			return
		}
		one := &value{fixed: !bases[asset]}
		switch worth, known := begin[asset]; {
		case one.fixed:
		case known:
			one.log = math.Log(worth)
		default:
			one.log = math.Log(defaultValue)
		}
		one.home = one.log
		v.assets[asset] = one
		v.order = append(v.order, one)
	}
	for i := range markets {
		add(markets[i].base)
		add(markets[i].quote)
	}
	v.adopt(markets, last)
	return v
}

// adopt moves the values to the last prices: first of symbols whose quote does not
// wander, then of those whose base is not yet placed.
func (v *values) adopt(markets []market, last map[string]float64) {
	placed := make(map[*value]bool)
	for _, direct := range []bool{true, false} {
		for i := range markets {
			m := &markets[i]
			base, quote, price := v.assets[m.base], v.assets[m.quote], last[m.symbol]
			if price <= 0 || placed[base] || direct != quote.fixed {
				continue
			}
			base.log = quote.log + math.Log(price)
			base.home = base.log
			placed[base] = true
		}
	}
}

// step lets some seconds pass.
func (v *values) step(seconds float64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	root := math.Sqrt(seconds)
	for _, one := range v.order {
		if one.fixed {
			continue
		}
		one.trend += -one.trend*seconds/trendSeconds + trendPerMinute/60*math.Sqrt(2./trendSeconds)*root*v.rng.NormFloat64()
		one.log += one.trend*seconds + chancePerMinute/math.Sqrt(60)*root*v.rng.NormFloat64() + (one.home-one.log)*seconds/returnSeconds
	}
}

// price returns what a symbol's base is worth in its quote.
func (v *values) price(m *market) float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return math.Exp(v.assets[m.base].log - v.assets[m.quote].log)
}

// trend returns where the price of a symbol is going: above zero up.
func (v *values) trend(m *market) float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.assets[m.base].trend - v.assets[m.quote].trend
}

// worth returns what an asset is worth in the unit of values.
func (v *values) worth(asset string) float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return math.Exp(v.assets[asset].log)
}
