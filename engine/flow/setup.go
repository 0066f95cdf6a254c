package flow

import (
	"errors"
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The assets that a flow is traded in, and the ids that the engine gives them.
const (
	baseName  = "FLOW"
	quoteName = "USD"

	base  msg.AssetID = 1
	quote msg.AssetID = 2
)

// spareDecimals is how many decimals the assets get, at most, beyond those that
// tick and lot need, so that fees are not rounded to nothing.
const spareDecimals = 6

// pair is an amount of each asset. The unit is one lot, and one lot at a price of
// one tick. Sums saturate at MaxAmount.
type pair struct{ base, quote msg.Amount }

// sizes is what the orders of a flow ask for. A buyer needs its notional and a
// seller its quantity, even if it never gets anything in return; fees are taken
// from what is received and do not raise the need.
type sizes struct {
	accounts []pair // the need of each, account 1 at 0
	total    pair   // the need of all
	largest  pair   // of a single order, whichever its side
}

func (p *Plan) sizes() (z sizes) {
	z.accounts = make([]pair, p.Config.Accounts)
	for i := range p.steps {
		s := &p.steps[i]
		if s.kind != msg.Place && s.kind != msg.CancelReplace {
			continue
		}
		qty, notional := msg.Amount(s.qty), saturated(0, int64(s.qty), int64(s.price))
		z.largest.base = max(z.largest.base, qty)
		z.largest.quote = max(z.largest.quote, notional)
		a := &z.accounts[s.account-1]
		if s.side == msg.Sell {
			a.base = saturated(a.base, int64(qty), 1)
			z.total.base = saturated(z.total.base, int64(qty), 1)
		} else {
			a.quote = saturated(a.quote, int64(notional), 1)
			z.total.quote = saturated(z.total.quote, int64(notional), 1)
		}
	}
	return z
}

// saturated returns sum + a×b, or MaxAmount if that is less.
func saturated(sum msg.Amount, a, b int64) msg.Amount {
	v, ok := msg.Mul(a, b)
	if !ok || v > int64(msg.MaxAmount-sum) {
		return msg.MaxAmount
	}
	return sum + msg.Amount(v)
}

var (
	errScales = fmt.Errorf("tick and lot have more than %d decimals together", msg.MaxScale)
	errMoney  = errors.New("what the orders cost in total does not fit into 63 bits; try a coarser tick or lot, or no accounting")
	errLots   = errors.New("the quantities of all orders do not fit into 63 bits; try a coarser lot")
)

// setup makes the commands that come before the rows.
func (p *Plan) setup() error {
	z := p.sizes()
	if saturated(0, int64(z.largest.base), int64(len(p.steps))) == msg.MaxAmount {
		return errLots // a side of the book could exceed what the engine can sum
	}
	assets, err := p.assets(&z)
	if err != nil {
		return err
	}
	spec := &msg.Symbol{
		Base: base, Quote: quote, Accounting: p.Config.Accounting, Maker: p.Config.Maker, Taker: p.Config.Taker,
	}
	if spec.Name, err = msg.ParseName(p.Config.Symbol); err != nil {
		return fmt.Errorf("symbol: %w", err)
	}
	if spec.Lot, err = amount(p.Config.Lot, assets[0].scale); err != nil {
		return fmt.Errorf("lot: %w", err)
	}
	if spec.Tick, err = amount(p.Config.Tick, assets[1].scale); err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	for _, a := range assets {
		name, err := msg.ParseName(a.name)
		if err != nil {
			return fmt.Errorf("asset: %w", err)
		}
		p.Setup = append(p.Setup, msg.Command{Kind: msg.AddAsset, Name: name, Scale: a.scale})
	}
	p.Setup = append(p.Setup, msg.Command{Kind: msg.AddSymbol, Spec: spec})
	if p.Config.Accounting == msg.Balances {
		p.fund(&z, assets)
	}
	for i := range p.Setup {
		if len(p.flow.Rows) > 0 {
			p.Setup[i].Time = p.flow.Rows[0].Time
		}
	}
	return nil
}

// asset is one of the two assets; unit is what a lot, or a lot at one tick, is
// worth in its smallest unit.
type asset struct {
	name  string
	scale uint8
	unit  int64
}

// assets chooses the scales. The base asset has the decimals of the lot and the
// quote asset those of tick and lot, so that one lot at one tick is worth a whole
// number of units: the tick times the lot, both without their points. Spare
// decimals come on top as far as the money of the flow leaves room.
func (p *Plan) assets(z *sizes) (assets [2]asset, err error) {
	tick, tickDecimals, err := mantissa(p.Config.Tick)
	if err != nil {
		return assets, fmt.Errorf("tick: %w", err)
	}
	lot, lotDecimals, err := mantissa(p.Config.Lot)
	if err != nil {
		return assets, fmt.Errorf("lot: %w", err)
	}
	if tickDecimals+lotDecimals > msg.MaxScale {
		return assets, errScales
	}
	unit, ok := msg.Mul(tick, lot)
	if !ok {
		return assets, errMoney
	}
	assets = [2]asset{
		{name: baseName, scale: lotDecimals, unit: lot},
		{name: quoteName, scale: tickDecimals + lotDecimals, unit: unit},
	}
	spare, most := spareDecimals, pair{max(z.total.base, z.largest.base), max(z.total.quote, z.largest.quote)}
	if p.Config.Accounting == msg.NoAccounting {
		spare, most = 0, z.largest
	}
	if !assets[0].fit(most.base, spare) || !assets[1].fit(most.quote, spare) {
		return assets, errMoney
	}
	return assets, nil
}

// mantissa returns a step without its point, and how many decimals it has.
func mantissa(step string) (int64, uint8, error) {
	decimals, err := msg.Decimals(step)
	if err != nil {
		return 0, 0, err
	}
	m, err := msg.ParseDecimal(step, decimals)
	return m, decimals, err
}

func amount(step string, scale uint8) (msg.Amount, error) {
	v, err := msg.ParseDecimal(step, scale)
	return msg.Amount(v), err
}

// fit reports whether the asset can hold so many units. While they take up less
// than half of what it can hold, it adds decimals.
func (a *asset) fit(units msg.Amount, spare int) bool {
	if units == msg.MaxAmount { // saturated
		return false
	}
	if _, ok := msg.Mul(int64(units), a.unit); !ok {
		return false
	}
	for ; spare > 0 && a.scale < msg.MaxScale; spare-- {
		finer, ok := msg.Mul(a.unit, 10)
		if !ok || saturated(0, int64(units), finer) > msg.MaxAmount/2 {
			break
		}
		a.scale, a.unit = a.scale+1, finer
	}
	return true
}

// fund creates the accounts and gives each what it needs and an equal part of
// what an asset can hold beyond that.
func (p *Plan) fund(z *sizes, assets [2]asset) {
	unit, count := pair{msg.Amount(assets[0].unit), msg.Amount(assets[1].unit)}, msg.Amount(len(z.accounts))
	share := pair{(msg.MaxAmount - z.total.base*unit.base) / count, (msg.MaxAmount - z.total.quote*unit.quote) / count}
	for range z.accounts {
		p.Setup = append(p.Setup, msg.Command{Kind: msg.CreateAccount})
	}
	for i, need := range z.accounts {
		credit := msg.Command{Kind: msg.Credit, Account: msg.AccountID(i) + 1}
		credit.Asset, credit.Transfer, credit.Amount = base, 1, need.base*unit.base+share.base
		if credit.Amount > 0 {
			p.Setup = append(p.Setup, credit)
		}
		credit.Asset, credit.Transfer, credit.Amount = quote, 2, need.quote*unit.quote+share.quote
		if credit.Amount > 0 {
			p.Setup = append(p.Setup, credit)
		}
	}
}
