package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// The mix of requests, in percent; the rest are cancels.
const (
	shareResting  = 45
	shareCrossing = 15
	shareIOC      = 10
	hundred       = 100
)

// Where orders lie, and how large they are.
const (
	restTicks      = 60  // a resting order is up to so far from the price
	crossTicks     = 40  // a crossing one reaches so far beyond it
	walkEvery      = 50  // requests between two steps of the price
	maxOpenOrders  = 100 // of an account; then it cancels
	fundOrders     = 1000
	sizeSteps      = 3 // quantities are 1 to so many times the least one
	notionalMargin = 4 // times the least notional
	fallbackPrice  = 10_000.
)

// trading is one account of a load.
type trading struct {
	Account int64 `json:"account"`
	client.Key

	open []int64 // orders that may be open
}

// plan says what is requested, one after the other.
type plan struct {
	symbol   client.Symbol
	price    client.Grid
	quantity client.Grid
	lots     int64 // of the smallest order
	funds    map[string]string
	accounts []*trading
	tag      string // of this run, in its client ids

	mu    sync.Mutex
	rng   *rand.Rand
	ticks int64 // the price
}

// request is one thing to do.
type request struct {
	n       int64
	account *trading
	cancel  int64 // the order to cancel, or 0
	order   client.NewOrder
}

// newPlan prepares orders in a symbol around a price.
func newPlan(s *client.Symbol, price float64, seed uint64) (*plan, error) {
	p := &plan{symbol: *s, rng: rand.New(rand.NewPCG(seed, 0))}
	var err error
	if p.price, p.quantity, err = s.Grids(); err != nil {
		return nil, err //nolint:wrapcheck // it names the symbol
	}
	p.ticks = max(p.price.Near(price), restTicks+crossTicks+1)
	price = float64(p.ticks) * p.price.Size()
	notional := notionalMargin * max(asFloat(s.Filter("NOTIONAL").MinNotional), asFloat(s.Filter("MIN_NOTIONAL").MinNotional))
	least := max(notional/price, asFloat(s.Filter("LOT_SIZE").MinQuantity))
	p.lots = max(1, int64(math.Ceil(least/p.quantity.Size())))
	most := p.lots * sizeSteps * fundOrders
	p.funds = map[string]string{
		s.Base:  p.quantity.Text(most),
		s.Quote: p.price.Text(int64(math.Ceil(float64(most) * p.quantity.Size() * float64(p.ticks)))),
	}
	p.tag = "l" + strconv.FormatInt(time.Now().UnixMilli(), 36) + "-"
	return p, nil
}

// asFloat reads a decimal of an answer; what is none is zero.
func asFloat(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return v
}

// next returns request n, which is up to whoever asks.
func (p *plan) next(n int64) request {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n%walkEvery == 0 {
		p.ticks = max(restTicks+crossTicks+1, p.ticks+int64(p.rng.IntN(3))-1)
	}
	a := p.accounts[n%int64(len(p.accounts))]
	kind := p.rng.IntN(hundred)
	if full := len(a.open) >= maxOpenOrders; full || kind >= shareResting+shareCrossing+shareIOC && len(a.open) > 0 {
		i := p.rng.IntN(len(a.open))
		id := a.open[i]
		a.open[i] = a.open[len(a.open)-1]
		a.open = a.open[:len(a.open)-1]
		return request{n: n, account: a, cancel: id, order: client.NewOrder{Symbol: p.symbol.Name}}
	}
	o := client.NewOrder{
		Symbol: p.symbol.Name, Side: "BUY", Type: "LIMIT", TimeInForce: "GTC",
		Quantity: p.quantity.Text(p.lots * (1 + int64(p.rng.IntN(sizeSteps)))),
		ClientID: p.tag + strconv.FormatInt(n, 36),
	}
	away := -1 - int64(p.rng.IntN(restTicks))
	if kind >= shareResting && kind < shareResting+shareCrossing+shareIOC {
		away = int64(p.rng.IntN(crossTicks))
		if kind >= shareResting+shareCrossing {
			o.TimeInForce = "IOC"
		}
	}
	if p.rng.IntN(2) == 0 {
		o.Side, away = "SELL", -away
	}
	o.Price = p.price.Text(p.ticks + away)
	return request{n: n, account: a, order: o}
}

// rests says that an order may be open.
func (p *plan) rests(a *trading, id int64) {
	p.mu.Lock()
	a.open = append(a.open, id)
	p.mu.Unlock()
}

// tidy cancels what is open. What cannot be reached stays.
func (p *plan) tidy(ctx context.Context, c *client.Client) {
	ctx, cancel := context.WithTimeout(ctx, tidyTimeout)
	defer cancel()
	for _, t := range p.accounts {
		a := client.Account{Via: c, Key: t.Key}
		if err := a.CancelAll(ctx, p.symbol.Name); err != nil && !client.Refused(err) {
			return
		}
	}
}

// tidyTimeout bounds how long it may take to cancel what is open.
const tidyTimeout = 10 * time.Second

// priceOf returns the price that a symbol has, or a fallback.
func priceOf(ctx context.Context, c *client.Client, symbol string) (float64, error) {
	trades, err := c.RecentTrades(ctx, symbol, 1)
	if err != nil {
		return 0, fmt.Errorf("ask for the last trade: %w", err)
	}
	if len(trades) > 0 {
		return asFloat(trades[0].Price), nil
	}
	book, err := c.Depth(ctx, symbol, 1)
	if err != nil {
		return 0, fmt.Errorf("ask for the book: %w", err)
	}
	if len(book.Bids) > 0 && len(book.Asks) > 0 {
		return (asFloat(book.Bids[0].Price) + asFloat(book.Asks[0].Price)) / 2, nil
	}
	return fallbackPrice, nil
}
