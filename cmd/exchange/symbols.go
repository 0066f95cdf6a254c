package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// openingAsset is an asset that an empty exchange begins with.
type openingAsset struct {
	name  string
	scale uint8
}

// openingSymbol is a market that an empty exchange begins with. A lot at a price of
// one tick is worth a whole number of the quote asset's units.
type openingSymbol struct {
	name, base, quote string
	tick, lot         string
	maxPrice, maxQty  string
	maxMarketQty      string
	minNotional       string
	maxNotional       string
}

func defaultAssets() []openingAsset {
	return []openingAsset{{"BTC", 8}, {"ETH", 8}, {"USDT", 8}}
}

func defaultSymbols() []openingSymbol {
	return []openingSymbol{
		{"BTCUSDT", "BTC", "USDT", "0.01", "0.00001", "1000000", "9000", "100", "5", "9000000"},
		{"ETHUSDT", "ETH", "USDT", "0.01", "0.0001", "1000000", "9000", "2000", "5", "9000000"},
		{"ETHBTC", "ETH", "BTC", "0.00001", "0.001", "922327", "100000", "2000", "0.0001", "9000000"},
	}
}

// The rest of the filters, and the fees, of these markets.
const (
	defaultFee       = msg.RateUnit / 1000
	defaultMaxOrders = 200
	defaultMaxAmends = 10
	defaultAvgMins   = 5
)

// spec returns the description of the symbol. What cannot be read in it is a
// mistake in the table above.
func (d *openingSymbol) spec() (*msg.Symbol, error) {
	scales := make(map[string]uint8)
	ids := make(map[string]msg.AssetID)
	for i, a := range defaultAssets() {
		scales[a.name], ids[a.name] = a.scale, msg.AssetID(i+1)
	}
	name, failed := msg.ParseName(d.name)
	parse := func(text, asset string) int64 {
		v, err := msg.ParseDecimal(text, scales[asset])
		failed = errors.Join(failed, err)
		return v
	}
	tick, lot := parse(d.tick, d.quote), parse(d.lot, d.base)
	s := &msg.Symbol{
		Name: name, Base: ids[d.base], Quote: ids[d.quote], Tick: msg.Amount(tick), Lot: msg.Amount(lot), Maker: defaultFee, Taker: defaultFee,
		Filters: msg.Filters{
			MinPrice: 1, MaxPrice: msg.Price(parse(d.maxPrice, d.quote) / tick),
			MinQty: 1, MaxQty: msg.Qty(parse(d.maxQty, d.base) / lot), StepQty: 1,
			MarketMaxQty: msg.Qty(parse(d.maxMarketQty, d.base) / lot),
			MinNotional:  msg.Amount(parse(d.minNotional, d.quote)), MaxNotional: msg.Amount(parse(d.maxNotional, d.quote)), MinToMarket: true,
			AvgMins: defaultAvgMins, MaxOrders: defaultMaxOrders, MaxAmends: defaultMaxAmends,
		},
	}
	return s, failed
}

// defaultCommands are what makes the default markets.
func defaultCommands() ([]msg.Command, error) {
	var commands []msg.Command
	for _, a := range defaultAssets() {
		name, err := msg.ParseName(a.name)
		if err != nil {
			return nil, fmt.Errorf("default asset %s: %w", a.name, err)
		}
		commands = append(commands, msg.Command{Kind: msg.AddAsset, Name: name, Scale: a.scale})
	}
	for _, d := range defaultSymbols() {
		spec, err := d.spec()
		if err != nil {
			return nil, fmt.Errorf("default symbol %s: %w", d.name, err)
		}
		commands = append(commands, msg.Command{Kind: msg.AddSymbol, Spec: spec})
	}
	return commands, nil
}

// addDefaults makes the default markets in an exchange in which nothing else has
// happened yet. If an earlier start ended in the middle of this, it goes on there.
func addDefaults(ctx context.Context, x gateway.Exchange) error {
	commands, err := defaultCommands()
	if err != nil {
		return err
	}
	v := x.BeginRead()
	done := int(v.Seq())
	ours := done < len(commands) && isBeginning(v, commands[:min(done, len(commands))])
	x.EndRead()
	if !ours {
		return nil
	}
	for i := done; i < len(commands); i++ {
		if _, err := order(ctx, x, &commands[i]); err != nil {
			return fmt.Errorf("add the default markets: %w", err)
		}
	}
	return nil
}

// isBeginning reports whether these commands are all that has happened.
func isBeginning(v *marketview.Views, commands []msg.Command) bool {
	for i := range commands {
		c, ok := &commands[i], false
		if c.Kind == msg.AddAsset {
			_, ok = v.AssetByName(c.Name)
		} else {
			_, ok = v.Symbol(c.Spec.Name)
		}
		if !ok {
			return false
		}
	}
	return true
}

// order gives a command that must not be refused, and returns its first event.
func order(ctx context.Context, x gateway.Exchange, c *msg.Command) (msg.Event, error) {
	var r gateway.Result
	if err := x.Do(ctx, c, &r, nil); err != nil {
		return msg.Event{}, err //nolint:wrapcheck // the caller says what it did
	}
	if v := r.Events[0]; v.Kind != msg.Rejected {
		return v, nil
	}
	return msg.Event{}, fmt.Errorf("%s was refused: %s", c.Kind, r.Events[0].Reason)
}
