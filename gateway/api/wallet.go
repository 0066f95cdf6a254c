package api

import (
	"net/http"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// Clients that know a whole family of exchanges ask for a wallet, for margin and
// for futures when they load the markets. There are none of these here. Who asks
// is told so in the form that it expects; a key is wanted where the family signs,
// and its signature not looked at, since nothing is told that is worth one.

// walletMethods are the methods beside the exchange itself.
func walletMethods() []Method {
	keyed := func(path string, run func(*API, *Call) error, params ...Spec) Method {
		return Method{Verb: http.MethodGet, Path: path, Security: KeyOnly, Weight: weighs(1), Params: params, Run: run}
	}
	public := func(path string, run func(*API, *Call) error) Method {
		return Method{Verb: http.MethodGet, Path: path, Weight: weighs(1), Run: run}
	}
	return []Method{
		public("/sapi/v1/system/status", (*API).systemStatus),
		public("/fapi/v1/exchangeInfo", (*API).noMarkets),
		public("/dapi/v1/exchangeInfo", (*API).noMarkets),
		keyed("/sapi/v1/margin/allPairs", (*API).nothing),
		keyed("/sapi/v1/margin/isolated/allPairs", (*API).nothing),
		keyed("/sapi/v1/capital/deposit/hisrec", (*API).nothing),
		keyed("/sapi/v1/capital/withdraw/history", (*API).nothing),
		keyed("/sapi/v1/capital/config/getall", (*API).coins),
		keyed("/sapi/v1/asset/tradeFee", (*API).tradeFees, anySymbol()),
	}
}

// systemStatus answers that all is well: else there would be no answer.
func (a *API) systemStatus(c *Call) error {
	c.Out = append(c.Out, `{"status":0,"msg":"normal"}`...)
	return nil
}

// noMarkets answers with the futures that there are.
func (a *API) noMarkets(c *Call) error {
	f := fields{dst: append(c.Out, '{'), micro: c.Micro}
	f.text("timezone", "UTC")
	f.time("serverTime", a.wall())
	c.Out = f.end(`,"rateLimits":[],"exchangeFilters":[],"assets":[],"symbols":[]}`)
	return nil
}

// coins answers with all assets and what the account has of each. None of them can
// be sent anywhere.
func (a *API) coins(c *Call) error {
	v := a.exchange.BeginRead()
	c.readBalances(v, false)
	a.exchange.EndRead()
	rows := c.scratch.balances
	f := fields{dst: append(c.Out, '[')}
	for i := range rows {
		b := &rows[i]
		f.open(i)
		f.name("coin", &b.asset.Name)
		f.raw(`,"depositAllEnable":false,"withdrawAllEnable":false`)
		f.name("name", &b.asset.Name)
		f.amount("free", b.free, b.asset.Scale)
		f.amount("locked", b.locked, b.asset.Scale)
		f.raw(`,"freeze":"0","withdrawing":"0","ipoing":"0","ipoable":"0","storage":"0","isLegalMoney":false,"trading":true,"networkList":[]`)
		f.close()
	}
	c.Out = f.end("]")
	return nil
}

// tradeFees answers with the rates of the account in one symbol, or in all.
func (a *API) tradeFees(c *Call) error {
	s := &c.scratch
	s.symbols = s.symbols[:0]
	v := a.exchange.BeginRead()
	account, found := v.Account(c.Account)
	if c.Params.Has(paramSymbol) {
		s.symbols = append(s.symbols, c.Market.Symbol)
	} else {
		s.symbols = v.Symbols(s.symbols)
	}
	a.exchange.EndRead()
	if !found {
		return ErrKey // it is older than the exchange
	}
	f := fields{dst: append(c.Out, '[')}
	for i := range s.symbols {
		f.open(i)
		f.tradeFee(&account, &s.symbols[i].Spec)
		f.close()
	}
	c.Out = f.end("]")
	return nil
}

func (f *fields) tradeFee(a *marketview.Account, s *msg.Symbol) {
	maker, taker := ratesIn(a, s)
	f.name("symbol", &s.Name)
	f.rate("makerCommission", maker)
	f.rate("takerCommission", taker)
}
