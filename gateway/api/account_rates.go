package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// ratesIn returns the rates that an account pays in a symbol: its own, where it has
// such.
func ratesIn(a *marketview.Account, s *msg.Symbol) (maker, taker msg.Rate) {
	maker, taker = a.Maker, a.Taker
	if maker == msg.NoRate {
		maker = s.Maker
	}
	if taker == msg.NoRate {
		taker = s.Taker
	}
	return maker, taker
}

// commission answers with the rates of the account in a symbol.
func (a *API) commission(c *Call) error {
	v := a.exchange.BeginRead()
	account, found := v.Account(c.Account)
	a.exchange.EndRead()
	if !found {
		return ErrKey // it is older than the exchange
	}
	maker, taker := ratesIn(&account, &c.Market.Spec)
	f := fields{dst: append(c.Out, '{')}
	f.word("symbol", c.Market.Name())
	f.allRates("standardCommission", maker, taker)
	f.allRates("specialCommission", 0, 0)
	f.allRates("taxCommission", 0, 0)
	f.noDiscount()
	c.Out = f.end("}")
	return nil
}

// allRates are the commission of an order by whether it rests, and by its side, of
// which nothing depends here.
func (f *fields) allRates(name string, maker, taker msg.Rate) {
	f.key(name)
	f.raw("{")
	f.rate("maker", maker)
	f.rate("taker", taker)
	f.rate("buyer", 0)
	f.rate("seller", 0)
	f.raw("}")
}

// noDiscount says that commission cannot be paid cheaper in another asset.
func (f *fields) noDiscount() {
	f.key("discount")
	f.raw(`{"enabledForAccount":false,"enabledForSymbol":false,"discountAsset":"BNB","discount":"0.00000000"}`)
}

// orderCounts answers with how many orders the account has placed in the windows of
// its limits.
func (a *API) orderCounts(c *Call) error {
	f := limiters{fields: fields{dst: append(c.Out, '[')}}
	f.orders(&a.orders.limits, a.orders.counts(c.Account, a.wall()))
	c.Out = f.end("]")
	return nil
}

// myFilters answers with the filters that hold for the account in a symbol: those
// of the symbol, there being no others.
func (a *API) myFilters(c *Call) error {
	f := fields{dst: append(c.Out, `{"exchangeFilters":[],"symbolFilters":`...), market: &c.Market}
	f.filters(&c.Market.Spec.Filters)
	c.Out = f.end(`,"assetFilters":[]}`)
	return nil
}
