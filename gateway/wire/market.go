package wire

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// Market is a symbol with what it takes to write and read its prices, quantities
// and amounts.
type Market struct {
	marketview.Symbol

	Base  marketview.Asset
	Quote marketview.Asset

	name  string
	price step
	qty   step
}

// NewMarket returns the market of a symbol.
func NewMarket(v *marketview.Views, s marketview.Symbol) Market {
	base, _ := v.Asset(s.Spec.Base)
	quote, _ := v.Asset(s.Spec.Quote)
	return MarketOf(s, base, quote)
}

// MarketOf returns the market of a symbol with its assets, also of one that has yet
// to be added.
func MarketOf(s marketview.Symbol, base, quote marketview.Asset) Market {
	return Market{
		Symbol: s, Base: base, Quote: quote, name: s.Spec.Name.String(),
		price: newStep(s.Spec.Tick, quote.Scale), qty: newStep(s.Spec.Lot, base.Scale),
	}
}

// Name returns the symbol's name, in upper case as it was added.
func (m *Market) Name() string { return m.name }

// AppendPrice appends a price, or a difference of prices.
func (m *Market) AppendPrice(dst []byte, p msg.Price) []byte { return m.price.append(dst, int64(p)) }

// AppendQty appends a quantity.
func (m *Market) AppendQty(dst []byte, q msg.Qty) []byte { return m.qty.append(dst, int64(q)) }

// AppendBase appends an amount of the base asset.
func (m *Market) AppendBase(dst []byte, a msg.Amount) []byte {
	return AppendAmount(dst, a, m.Base.Scale)
}

// AppendQuote appends an amount of the quote asset.
func (m *Market) AppendQuote(dst []byte, a msg.Amount) []byte {
	return AppendAmount(dst, a, m.Quote.Scale)
}

// ParsePrice reads a price. The error is ErrForm, ErrPrecision, ErrStep or
// ErrRange.
func (m *Market) ParsePrice(text []byte) (msg.Price, error) {
	v, err := m.price.parse(text)
	return msg.Price(v), err
}

// ParseQty reads a quantity. The error is ErrForm, ErrPrecision, ErrStep or
// ErrRange.
func (m *Market) ParseQty(text []byte) (msg.Qty, error) {
	v, err := m.qty.parse(text)
	return msg.Qty(v), err
}
