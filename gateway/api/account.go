package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// balanceRow is what an account has of an asset.
type balanceRow struct {
	asset  marketview.Asset
	free   msg.Amount
	locked msg.Amount
}

// account answers with the account and its balances.
func (a *API) account(c *Call) error {
	omitZero := c.Params.Bool(paramOmitZero, false)
	v := a.exchange.BeginRead()
	account, found := v.Account(c.Account)
	maker, taker := accountRates(v, &account)
	c.readBalances(v, omitZero)
	moved := v.BalanceTime(c.Account)
	a.exchange.EndRead()
	if !found {
		return ErrKey // it is older than the exchange
	}
	const unit = msg.RateUnit / 10_000 // these fields count hundredths of a percent
	f := fields{dst: append(c.Out, '{'), market: &c.Market, micro: c.Micro}
	f.number("makerCommission", int64(maker/unit))
	f.number("takerCommission", int64(taker/unit))
	f.number("buyerCommission", 0)
	f.number("sellerCommission", 0)
	f.key("commissionRates")
	f.raw("{")
	f.rate("maker", maker)
	f.rate("taker", taker)
	f.rate("buyer", 0)
	f.rate("seller", 0)
	f.raw("}")
	f.flag("canTrade", account.Status == msg.Normal)
	f.flag("canWithdraw", account.Status != msg.Disabled)
	f.flag("canDeposit", account.Status != msg.Disabled)
	f.flag("brokered", false)
	f.flag("requireSelfTradePrevention", false)
	f.flag("preventSor", false)
	f.time("updateTime", moved)
	f.word("accountType", "SPOT")
	f.balances(c.scratch.balances)
	f.key("permissions")
	f.raw(`["SPOT"]`)
	f.number("uid", int64(c.Account))
	c.Out = f.end("}")
	return nil
}

// readBalances reads the balances of the account, of all assets or of those of which
// it has something.
func (c *Call) readBalances(v *marketview.Views, omitZero bool) {
	rows := c.scratch.balances[:0]
	for id := msg.AssetID(1); ; id++ {
		asset, ok := v.Asset(id)
		if !ok {
			break
		}
		free, locked := v.Balance(c.Account, id)
		if !omitZero || free != 0 || locked != 0 {
			rows = append(rows, balanceRow{asset, free, locked})
		}
	}
	c.scratch.balances = rows
}

func (f *fields) balances(rows []balanceRow) {
	f.key("balances")
	f.dst = append(f.dst, '[')
	for i := range rows {
		b := &rows[i]
		f.open(i)
		f.name("asset", &b.asset.Name)
		f.amount("free", b.free, b.asset.Scale)
		f.amount("locked", b.locked, b.asset.Scale)
		f.close()
	}
	f.dst = append(f.dst, ']')
}

// amount is an amount of an asset with scale decimals.
func (f *fields) amount(name string, value msg.Amount, scale uint8) {
	f.key(name)
	f.dst = append(f.dst, '"')
	f.dst = wire.AppendAmount(f.dst, value, scale)
	f.dst = append(f.dst, '"')
}

// accountRates returns the rates of an account. One without rates of its own pays
// those of each symbol; those of the first symbol stand for them.
func accountRates(v *marketview.Views, a *marketview.Account) (maker, taker msg.Rate) {
	first, _ := v.SymbolByID(1)
	return ratesIn(a, &first.Spec)
}
