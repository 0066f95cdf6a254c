package api

import (
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func infoMethods() []Method {
	return []Method{
		get("ping", "ping", weighs(1), (*API).ping),
		get("time", "time", weighs(1), (*API).time),
		get("exchangeInfo", "exchangeInfo", weighs(20), (*API).exchangeInfo,
			anySymbol(), symbolList(), Spec{Name: paramPermissions, Kind: NameList}, symbolStatus(),
			Spec{Name: paramShowSets, Kind: Bool}),
	}
}

// ping answers with nothing.
func (a *API) ping(c *Call) error {
	c.Out = append(c.Out, "{}"...)
	return nil
}

// time answers with the time that signed calls are held against.
func (a *API) time(c *Call) error {
	f := fields{dst: append(c.Out, '{'), micro: c.Micro}
	f.time("serverTime", a.wall())
	c.Out = f.end("}")
	return nil
}

// spot is the permission that all symbols have.
const spot = "SPOT"

// exchangeInfo answers with the limits and the symbols of the exchange.
func (a *API) exchangeInfo(c *Call) error {
	if refused := a.readSymbols(c); refused != nil {
		return refused
	}
	f := fields{dst: append(c.Out, '{'), micro: c.Micro}
	f.text("timezone", "UTC")
	f.time("serverTime", a.wall())
	f.key("rateLimits")
	f.dst = a.clients.limits.appendJSON(f.dst)
	f.raw(`,"exchangeFilters":[],"symbols":[`)
	sets := c.Params.Bool(paramShowSets, true)
	for i := range c.scratch.symbols {
		f.market = c.scratch.markets[i]
		f.open(i)
		f.symbol(&c.scratch.symbols[i], sets)
		f.close()
	}
	c.Out = f.end("]}")
	return nil
}

// readSymbols puts the symbols that a call is about into its scratch.
func (a *API) readSymbols(c *Call) *Error {
	s := &c.scratch
	s.symbols, s.markets = s.symbols[:0], s.markets[:0]
	named, listed := c.Params.Has(paramSymbol), c.Params.Has(paramSymbols)
	filtered := c.Params.Has(paramPermissions) || c.Params.Has(paramSymbolStatus)
	names, refused := c.Params.appendNames(paramSymbols, s.names[:0])
	s.names = names
	switch {
	case named && listed, (named || listed) && filtered:
		return ErrOptional
	case refused != nil:
		return refused
	case named:
		s.names = append(s.names, c.Market.Spec.Name)
	case !c.permitted():
		return nil
	}
	v := a.exchange.BeginRead()
	defer a.exchange.EndRead()
	if !named && !listed {
		s.symbols = v.Symbols(s.symbols)
	}
	for _, name := range s.names {
		symbol, ok := v.Symbol(name)
		if !ok {
			return ErrSymbol
		}
		s.symbols = append(s.symbols, symbol)
	}
	kept := s.symbols[:0]
	for i := range s.symbols {
		if c.hasStatus(s.symbols[i].Phase) {
			kept = append(kept, s.symbols[i])
			s.markets = append(s.markets, a.markets.of(v, &s.symbols[i]))
		}
	}
	s.symbols = kept
	return nil
}

// permitted reports whether the permissions that a call wants are, among others,
// those of our symbols.
func (c *Call) permitted() bool {
	value, sent := c.Params.Find(paramPermissions)
	if !sent {
		return true
	}
	if value[0] != '[' {
		return string(value) == spot
	}
	list := readNames(value)
	for {
		name, more := list.next()
		if !more {
			return false
		}
		if string(name) == spot {
			return true
		}
	}
}

// symbol writes what is known of a symbol.
func (f *fields) symbol(s *marketview.Symbol, sets bool) {
	m := f.market
	f.text("symbol", m.Name())
	f.text("status", statusOf(s.Phase))
	f.text("baseAsset", m.Base.Name.String())
	f.number("baseAssetPrecision", int64(m.Base.Scale))
	f.text("quoteAsset", m.Quote.Name.String())
	f.number("quotePrecision", int64(m.Quote.Scale))
	f.number("quoteAssetPrecision", int64(m.Quote.Scale))
	f.number("baseCommissionPrecision", int64(m.Base.Scale))
	f.number("quoteCommissionPrecision", int64(m.Quote.Scale))
	f.raw(`,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"icebergAllowed":false,"ocoAllowed":false,"otoAllowed":false,` +
		`"opoAllowed":false,"quoteOrderQtyMarketAllowed":true,"allowTrailingStop":false,"cancelReplaceAllowed":true,` +
		`"amendAllowed":true,"pegInstructionsAllowed":false,"isSpotTradingAllowed":true,"isMarginTradingAllowed":false`)
	f.key("filters")
	f.filters(&s.Spec.Filters)
	f.raw(`,"permissions":[],"permissionSets":`)
	if sets {
		f.raw(`[["` + spot + `"]]`)
	} else {
		f.raw("[]")
	}
	f.raw(`,"defaultSelfTradePreventionMode":"EXPIRE_MAKER",` +
		`"allowedSelfTradePreventionModes":["NONE","EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH","DECREMENT"]`)
}

// filters writes the filters of a symbol. Clients look for the price filter in the
// first place and for those of size and value in any. What of these is switched
// off is written as the bound that holds all the same; the others are left out.
func (f *fields) filters(l *msg.Filters) {
	f.raw(`[{"filterType":"PRICE_FILTER"`)
	f.price("minPrice", max(l.MinPrice, 1))
	f.price("maxPrice", orMost(l.MaxPrice, msg.MaxPrice))
	f.price("tickSize", 1)
	f.raw(`},{"filterType":"LOT_SIZE"`)
	f.qty("minQty", max(l.MinQty, 1))
	f.qty("maxQty", orMost(l.MaxQty, msg.MaxQty))
	f.qty("stepSize", max(l.StepQty, 1))
	f.raw("}")
	f.marketLotSize(l)
	f.percentPrice(l)
	f.raw(`,{"filterType":"NOTIONAL"`)
	f.quote("minNotional", l.MinNotional)
	f.flag("applyMinToMarket", l.MinToMarket)
	f.quote("maxNotional", orMost(l.MaxNotional, msg.MaxAmount))
	f.flag("applyMaxToMarket", l.MaxToMarket)
	f.number("avgPriceMins", int64(l.AvgMins))
	f.raw("}")
	if l.MaxPosition != 0 {
		f.raw(`,{"filterType":"MAX_POSITION"`)
		f.base("maxPosition", l.MaxPosition)
		f.raw("}")
	}
	f.count("MAX_NUM_ORDERS", "maxNumOrders", int64(l.MaxOrders))
	f.count("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends", int64(l.MaxAmends))
	f.raw("]")
}

func (f *fields) marketLotSize(l *msg.Filters) {
	if l.MarketMinQty == 0 && l.MarketMaxQty == 0 && l.MarketStep == 0 {
		return
	}
	f.raw(`,{"filterType":"MARKET_LOT_SIZE"`)
	f.qty("minQty", l.MarketMinQty)
	f.qty("maxQty", orMost(l.MarketMaxQty, msg.MaxQty))
	f.qty("stepSize", l.MarketStep)
	f.raw("}")
}

// percentPrice writes PERCENT_PRICE_BY_SIDE. A price has no upper end where the
// multiplier for it is zero, so that is written as the largest there is.
func (f *fields) percentPrice(l *msg.Filters) {
	if l.BidMultiplierUp|l.BidMultiplierDown|l.AskMultiplierUp|l.AskMultiplierDown == 0 {
		return
	}
	f.raw(`,{"filterType":"PERCENT_PRICE_BY_SIDE"`)
	f.multiplier("bidMultiplierUp", orMost(l.BidMultiplierUp, math.MaxInt64))
	f.multiplier("bidMultiplierDown", l.BidMultiplierDown)
	f.multiplier("askMultiplierUp", orMost(l.AskMultiplierUp, math.MaxInt64))
	f.multiplier("askMultiplierDown", l.AskMultiplierDown)
	f.number("avgPriceMins", int64(l.AvgMins))
	f.raw("}")
}

func (f *fields) multiplier(name string, value msg.Multiplier) {
	f.key(name)
	f.raw(`"`)
	f.dst = wire.AppendRate(f.dst, msg.Rate(value))
	f.raw(`"`)
}

// count writes a filter that bounds a number of things, unless it is off.
func (f *fields) count(kind, name string, most int64) {
	if most == 0 {
		return
	}
	f.raw(`,{"filterType":"`)
	f.raw(kind)
	f.raw(`"`)
	f.number(name, most)
	f.raw("}")
}

// orMost returns a bound, or most where there is none.
func orMost[T msg.Price | msg.Qty | msg.Amount | msg.Multiplier](bound, most T) T {
	if bound == 0 {
		return most
	}
	return bound
}
