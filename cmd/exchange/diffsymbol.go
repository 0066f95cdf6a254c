package main

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// symbolFields are the fields of a symbol that can be set.
func symbolFields() []string {
	return []string{
		"maker", "taker", "tick", "lot", "min-price", "max-price", "min-qty", "max-qty", "step",
		"market-min-qty", "market-max-qty", "market-step", "min-notional", "max-notional", "min-to-market", "max-to-market",
		"avg-mins", "max-orders", "max-amends", "max-position", "bid-up", "bid-down", "ask-up", "ask-down", "round=passive",
	}
}

func isSymbolField(key string) bool { return slices.Contains(symbolFields(), key) }

// apply makes a recorded description of the symbol what it is to be. Tick and lot come
// first, because they say what the others mean.
func (x *otherSymbol) apply(e *engine.Engine, was *msg.Symbol) (*msg.Symbol, error) {
	now := *was
	_, base, _ := e.Asset(was.Base)
	_, quote, _ := e.Asset(was.Quote)
	for _, w := range x.words {
		var err error
		switch w.key {
		case "tick":
			now.Tick, err = parseAmount(w.value, quote)
		case "lot":
			now.Lot, err = parseAmount(w.value, base)
		}
		if err != nil || now.Tick <= 0 || now.Lot <= 0 {
			return nil, fmt.Errorf("%s=%s: %w", w.key, w.value, errors.Join(err, errStep))
		}
	}
	if _, ok := now.Unit(base); !ok {
		return nil, fmt.Errorf("a lot at a price of one tick must be worth a whole number of units of the quote asset, and with tick %s and lot %s it is not",
			msg.FormatDecimal(int64(now.Tick), quote), msg.FormatDecimal(int64(now.Lot), base))
	}
	regrid(&now.Filters, was, &now)
	for _, w := range x.words {
		if err := setSymbolField(&now, w, base, quote); err != nil {
			return nil, fmt.Errorf("%s=%s: %w", w.key, w.value, err)
		}
	}
	if !now.Valid() {
		return nil, fmt.Errorf("symbol %v makes no sense any more: a minimum is above its maximum", now.Name)
	}
	x.was, x.now = *was, now
	return &now, nil
}

var errStep = errors.New("tick and lot are above zero")

func parseAmount(text string, scale uint8) (msg.Amount, error) {
	v, err := msg.ParseDecimal(text, scale)
	return msg.Amount(v), err //nolint:wrapcheck // the caller names the field
}

// regrid expresses prices and quantities of filters in other ticks and lots; what
// does not fit becomes narrower.
func regrid(f *msg.Filters, was, now *msg.Symbol) {
	if was.Tick != now.Tick {
		f.MinPrice = msg.Price(rescale(int64(f.MinPrice), was.Tick, now.Tick, true))
		f.MaxPrice = msg.Price(rescale(int64(f.MaxPrice), was.Tick, now.Tick, false))
	}
	if was.Lot == now.Lot {
		return
	}
	for _, q := range []*msg.Qty{&f.MinQty, &f.StepQty, &f.MarketMinQty, &f.MarketStep} {
		*q = msg.Qty(rescale(int64(*q), was.Lot, now.Lot, true))
	}
	for _, q := range []*msg.Qty{&f.MaxQty, &f.MarketMaxQty} {
		*q = msg.Qty(rescale(int64(*q), was.Lot, now.Lot, false))
	}
}

// rescale expresses a count of steps of one size in steps of another, rounded up or
// down. What does not fit becomes the largest number.
func rescale(n int64, from, to msg.Amount, up bool) int64 {
	v := new(big.Int).Mul(big.NewInt(n), big.NewInt(int64(from)))
	v, rest := v.QuoRem(v, big.NewInt(int64(to)), new(big.Int))
	if up && rest.Sign() != 0 {
		v.Add(v, big.NewInt(1))
	}
	if !v.IsInt64() {
		return int64(msg.MaxAmount)
	}
	return v.Int64()
}

// setSymbolField sets a field of a symbol that has its tick and lot.
func setSymbolField(s *msg.Symbol, w word, base, quote uint8) error {
	f := &s.Filters
	prices := map[string]*msg.Price{"min-price": &f.MinPrice, "max-price": &f.MaxPrice}
	lots := map[string]*msg.Qty{
		"min-qty": &f.MinQty, "max-qty": &f.MaxQty, "step": &f.StepQty,
		"market-min-qty": &f.MarketMinQty, "market-max-qty": &f.MarketMaxQty, "market-step": &f.MarketStep,
	}
	factors := map[string]*msg.Multiplier{
		"bid-up": &f.BidMultiplierUp, "bid-down": &f.BidMultiplierDown, "ask-up": &f.AskMultiplierUp, "ask-down": &f.AskMultiplierDown,
	}
	flags := map[string]*bool{"min-to-market": &f.MinToMarket, "max-to-market": &f.MaxToMarket}
	rates := map[string]*msg.Rate{"maker": &s.Maker, "taker": &s.Taker}
	var v int64
	var err error
	switch {
	case prices[w.key] != nil:
		v, err = parseSteps(w.value, step{int64(s.Tick), quote})
		*prices[w.key] = msg.Price(v)
	case lots[w.key] != nil:
		v, err = parseSteps(w.value, step{int64(s.Lot), base})
		*lots[w.key] = msg.Qty(v)
	case factors[w.key] != nil:
		v, err = msg.ParseDecimal(w.value, 8)
		*factors[w.key] = msg.Multiplier(v)
	case flags[w.key] != nil:
		*flags[w.key], err = strconv.ParseBool(w.value)
	case rates[w.key] != nil:
		var rate *msg.Rate
		if rate, err = parseRate(w.value); err == nil {
			*rates[w.key] = *rate
		}
	default:
		return setSymbolNumber(f, w, base, quote)
	}
	return err //nolint:wrapcheck // the caller names the field
}

func setSymbolNumber(f *msg.Filters, w word, base, quote uint8) (err error) {
	number := uint64(0)
	switch w.key {
	case "min-notional":
		f.MinNotional, err = parseAmount(w.value, quote)
	case "max-notional":
		f.MaxNotional, err = parseAmount(w.value, quote)
	case "max-position":
		f.MaxPosition, err = parseAmount(w.value, base)
	case "avg-mins":
		number, err = strconv.ParseUint(w.value, 10, 8)
		f.AvgMins = uint8(number)
	case "max-orders":
		number, err = strconv.ParseUint(w.value, 10, 32)
		f.MaxOrders = uint32(number)
	case "max-amends":
		number, err = strconv.ParseUint(w.value, 10, 16)
		f.MaxAmends = uint16(number)
	default: // tick and lot are set
	}
	return err //nolint:wrapcheck // the caller names the field
}

// parseSteps reads a decimal that must be a whole number of ticks or lots.
func parseSteps(text string, s step) (int64, error) {
	v, err := msg.ParseDecimal(text, s.scale)
	if err != nil {
		return 0, err //nolint:wrapcheck // the caller names the field
	}
	if v%s.size != 0 {
		return 0, fmt.Errorf("it is no multiple of %s", msg.FormatDecimal(s.size, s.scale))
	}
	return v / s.size, nil
}

// order expresses a recorded order in the ticks and lots that are to be. Where that
// is no whole number it is rounded if that was asked for; else price or quantity
// become 0, which the engine refuses as the edge would have.
func (x *otherSymbol) order(c *msg.Command) {
	passive := c.Side == msg.Sell // away from the other side: buys down, sells up
	if x.was.Tick != x.now.Tick {
		c.Price = msg.Price(x.steps(int64(c.Price), x.was.Tick, x.now.Tick, passive))
	}
	if x.was.Lot != x.now.Lot {
		c.Qty = msg.Qty(x.steps(int64(c.Qty), x.was.Lot, x.now.Lot, false))
	}
}

func (x *otherSymbol) steps(n int64, from, to msg.Amount, up bool) int64 {
	down := rescale(n, from, to, false)
	if down == rescale(n, from, to, true) || x.passive && !up {
		return down
	}
	if x.passive {
		return down + 1
	}
	return 0
}
