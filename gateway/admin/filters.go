package admin

import (
	"errors"
	"math"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// filter is one filter of a symbol as the wire format describes it. What is left
// out of it, and zero, switches that part off.
type filter interface {
	// read puts the filter into f. What is wrong is for r to tell.
	read(r *filterReader, f *msg.Filters)
}

// newFilter returns an empty filter of a type, or nil when there is none.
func newFilter(filterType string) filter {
	switch filterType {
	case "PRICE_FILTER":
		return &priceFilter{}
	case "LOT_SIZE":
		return &lotSize{}
	case "MARKET_LOT_SIZE":
		return &marketLotSize{}
	case "NOTIONAL":
		return &notional{}
	case "PERCENT_PRICE_BY_SIDE":
		return &percentPrice{}
	case "MAX_NUM_ORDERS":
		return &maxNumOrders{}
	case "MAX_NUM_ALGO_ORDERS":
		return &maxNumAlgoOrders{}
	case "MAX_NUM_ORDER_AMENDS":
		return &maxNumOrderAmends{}
	case "MAX_POSITION":
		return &maxPosition{}
	default:
		return nil
	}
}

const filterTypes = "PRICE_FILTER|LOT_SIZE|MARKET_LOT_SIZE|NOTIONAL|PERCENT_PRICE_BY_SIDE|MAX_NUM_ORDERS|MAX_NUM_ALGO_ORDERS|MAX_NUM_ORDER_AMENDS|MAX_POSITION"

// readFilters reads the filters of a symbol. Those that are not among them are off.
func readFilters(m *wire.Market, list []jsontext.Value) (f msg.Filters, err error) {
	seen := make(map[string]bool)
	r := filterReader{market: m}
	for i, src := range list {
		r.at = "filters." + strconv.Itoa(i)
		var kind struct {
			FilterType string `json:"filterType"`
		}
		if err := json.Unmarshal(src, &kind); err != nil {
			return f, bad("WRONG_TYPE", r.at, "A filter is an object with a filterType.")
		}
		one := newFilter(kind.FilterType)
		switch {
		case one == nil:
			return f, bad("UNKNOWN_FILTER", r.field("filterType"), "There is no such filter.").because(kind.FilterType, filterTypes)
		case seen[kind.FilterType]:
			return f, bad("DUPLICATE_FILTER", r.field("filterType"), "The filter is there twice.").because(kind.FilterType, "")
		}
		seen[kind.FilterType] = true
		if err := decode(src, one); err != nil {
			if p, ok := errors.AsType[*problem](err); ok {
				p.Field = r.field(p.Field)
			}
			return f, err
		}
		if one.read(&r, &f); r.err != nil {
			return f, r.err
		}
	}
	if spec := (msg.Symbol{Filters: f}); !spec.Valid() {
		return f, bad("INVALID_FILTER", "filters", "A minimum is above its maximum, or an average is over too many minutes.")
	}
	return f, nil
}

// describeFilters returns the filters of a market that are on, those of prices and
// quantities always and first: clients look for them.
func describeFilters(m *wire.Market) []filter {
	f := &m.Spec.Filters
	percent := f.BidMultiplierUp != 0 || f.BidMultiplierDown != 0 || f.AskMultiplierUp != 0 || f.AskMultiplierDown != 0
	list := []filter{describePrice(m), describeLot(m)}
	for _, one := range []struct {
		on bool
		is func() filter
	}{
		{f.MarketMinQty != 0 || f.MarketMaxQty != 0 || f.MarketStep != 0, func() filter { return describeMarketLot(m) }},
		{f.MinNotional != 0 || f.MaxNotional != 0 || f.AvgMins != 0 && !percent, func() filter { return describeNotional(m) }},
		{percent, func() filter { return describePercent(f) }},
		{f.MaxOrders != 0, func() filter { return &maxNumOrders{"MAX_NUM_ORDERS", int64(f.MaxOrders)} }},
		{f.MaxAmends != 0, func() filter { return &maxNumOrderAmends{"MAX_NUM_ORDER_AMENDS", int64(f.MaxAmends)} }},
		{f.MaxPosition != 0, func() filter { return &maxPosition{"MAX_POSITION", text(m.AppendBase(nil, f.MaxPosition))} }},
	} {
		if one.on {
			list = append(list, one.is())
		}
	}
	return list
}

// text returns a decimal without the zeros at its end.
func text(decimal []byte) *string {
	s := trim(decimal)
	return &s
}

// filterReader reads the values of a filter. After the first error all is zero.
type filterReader struct {
	market  *wire.Market
	at      string // where the filter is
	average bool   // the minutes of an average price were given
	err     error
}

func (r *filterReader) field(name string) string {
	if name == "" {
		return r.at
	}
	return r.at + "." + name
}

func (r *filterReader) price(name string, s *string) msg.Price {
	if s == nil || r.err != nil {
		return 0
	}
	p, err := r.market.ParsePrice([]byte(*s))
	r.check(name, *s, err, "PRICE_NOT_ON_TICK", trim(r.market.AppendPrice(nil, 1)))
	return p
}

func (r *filterReader) qty(name string, s *string) msg.Qty {
	if s == nil || r.err != nil {
		return 0
	}
	q, err := r.market.ParseQty([]byte(*s))
	r.check(name, *s, err, "QUANTITY_NOT_ON_LOT", trim(r.market.AppendQty(nil, 1)))
	return q
}

// check tells why a price or quantity was refused.
func (r *filterReader) check(name, got string, err error, code, step string) {
	switch {
	case err == nil:
	case errors.Is(err, wire.ErrForm):
		r.err = bad("INVALID_DECIMAL", r.field(name), "The value is no decimal.").because(got, "digits, or digits.digits")
	case errors.Is(err, wire.ErrRange):
		r.err = bad("OUT_OF_RANGE", r.field(name), "The value is too large.").because(got, "")
	default:
		r.err = bad(code, r.field(name), "The value is not on the symbol's steps.").because(got, "a multiple of "+step)
	}
}

// amount reads an amount of an asset, or a multiplier.
func (r *filterReader) amount(name string, s *string, scale uint8) (v int64) {
	if s == nil || r.err != nil {
		return 0
	}
	v, r.err = parseDecimal(r.field(name), *s, scale)
	return v
}

func (r *filterReader) count(name string, v, most int64) int64 {
	if r.err == nil && (v < 0 || v > most) {
		r.err = bad("OUT_OF_RANGE", r.field(name), "The value is out of its range.").
			because(strconv.FormatInt(v, 10), "0 to "+strconv.FormatInt(most, 10))
	}
	return v
}

// averageOver reads over how many minutes prices are averaged, which is one number
// for all filters of a symbol.
func (r *filterReader) averageOver(v int64, f *msg.Filters) {
	mins := uint8(r.count("avgPriceMins", v, msg.MaxAvgMins))
	if r.err == nil && r.average && mins != f.AvgMins {
		r.err = bad("INVALID_FILTER", r.field("avgPriceMins"), "All filters of a symbol average over the same minutes.").
			because(strconv.FormatInt(v, 10), strconv.Itoa(int(f.AvgMins)))
	}
	f.AvgMins, r.average = mins, true
}

type priceFilter struct {
	FilterType string  `json:"filterType"`
	MinPrice   *string `json:"minPrice"`
	MaxPrice   *string `json:"maxPrice"`
	TickSize   *string `json:"tickSize"`
}

func describePrice(m *wire.Market) filter {
	f := &m.Spec.Filters
	return &priceFilter{
		"PRICE_FILTER", text(m.AppendPrice(nil, f.MinPrice)), text(m.AppendPrice(nil, f.MaxPrice)), text(m.AppendPrice(nil, 1)),
	}
}

func (x *priceFilter) read(r *filterReader, f *msg.Filters) {
	f.MinPrice, f.MaxPrice = r.price("minPrice", x.MinPrice), r.price("maxPrice", x.MaxPrice)
	if tick := r.price("tickSize", x.TickSize); r.err == nil && x.TickSize != nil && tick != 1 {
		r.err = bad("PRICE_NOT_ON_TICK", r.field("tickSize"), "It is the symbol's tick.").
			because(*x.TickSize, trim(r.market.AppendPrice(nil, 1)))
	}
}

type lotSize struct {
	FilterType string  `json:"filterType"`
	MinQty     *string `json:"minQty"`
	MaxQty     *string `json:"maxQty"`
	StepSize   *string `json:"stepSize"`
}

func describeLot(m *wire.Market) filter {
	f := &m.Spec.Filters
	return &lotSize{
		"LOT_SIZE", text(m.AppendQty(nil, f.MinQty)), text(m.AppendQty(nil, f.MaxQty)), text(m.AppendQty(nil, max(f.StepQty, 1))),
	}
}

func (x *lotSize) read(r *filterReader, f *msg.Filters) {
	f.MinQty, f.MaxQty, f.StepQty = r.qty("minQty", x.MinQty), r.qty("maxQty", x.MaxQty), r.qty("stepSize", x.StepSize)
}

type marketLotSize struct {
	FilterType string  `json:"filterType"`
	MinQty     *string `json:"minQty"`
	MaxQty     *string `json:"maxQty"`
	StepSize   *string `json:"stepSize"`
}

func describeMarketLot(m *wire.Market) filter {
	f := &m.Spec.Filters
	return &marketLotSize{
		"MARKET_LOT_SIZE", text(m.AppendQty(nil, f.MarketMinQty)), text(m.AppendQty(nil, f.MarketMaxQty)), text(m.AppendQty(nil, f.MarketStep)),
	}
}

func (x *marketLotSize) read(r *filterReader, f *msg.Filters) {
	f.MarketMinQty, f.MarketMaxQty = r.qty("minQty", x.MinQty), r.qty("maxQty", x.MaxQty)
	f.MarketStep = r.qty("stepSize", x.StepSize)
}

type notional struct {
	FilterType       string  `json:"filterType"`
	MinNotional      *string `json:"minNotional"`
	ApplyMinToMarket bool    `json:"applyMinToMarket"`
	MaxNotional      *string `json:"maxNotional"`
	ApplyMaxToMarket bool    `json:"applyMaxToMarket"`
	AvgPriceMins     int64   `json:"avgPriceMins"`
}

func describeNotional(m *wire.Market) filter {
	f := &m.Spec.Filters
	return &notional{
		"NOTIONAL", text(m.AppendQuote(nil, f.MinNotional)), f.MinToMarket, text(m.AppendQuote(nil, f.MaxNotional)), f.MaxToMarket, int64(f.AvgMins),
	}
}

func (x *notional) read(r *filterReader, f *msg.Filters) {
	f.MinNotional = msg.Amount(r.amount("minNotional", x.MinNotional, r.market.Quote.Scale))
	f.MaxNotional = msg.Amount(r.amount("maxNotional", x.MaxNotional, r.market.Quote.Scale))
	f.MinToMarket, f.MaxToMarket = x.ApplyMinToMarket, x.ApplyMaxToMarket
	r.averageOver(x.AvgPriceMins, f)
}

type percentPrice struct {
	FilterType        string  `json:"filterType"`
	BidMultiplierUp   *string `json:"bidMultiplierUp"`
	BidMultiplierDown *string `json:"bidMultiplierDown"`
	AskMultiplierUp   *string `json:"askMultiplierUp"`
	AskMultiplierDown *string `json:"askMultiplierDown"`
	AvgPriceMins      int64   `json:"avgPriceMins"`
}

// multiplierScale is the number of decimals of a multiplier.
const multiplierScale = 8

func describePercent(f *msg.Filters) filter {
	multiplier := func(x msg.Multiplier) *string {
		s := msg.FormatDecimal(int64(x), multiplierScale)
		return &s
	}
	return &percentPrice{
		"PERCENT_PRICE_BY_SIDE", multiplier(f.BidMultiplierUp), multiplier(f.BidMultiplierDown),
		multiplier(f.AskMultiplierUp), multiplier(f.AskMultiplierDown), int64(f.AvgMins),
	}
}

func (x *percentPrice) read(r *filterReader, f *msg.Filters) {
	for _, one := range []struct {
		name string
		text *string
		into *msg.Multiplier
	}{
		{"bidMultiplierUp", x.BidMultiplierUp, &f.BidMultiplierUp},
		{"bidMultiplierDown", x.BidMultiplierDown, &f.BidMultiplierDown},
		{"askMultiplierUp", x.AskMultiplierUp, &f.AskMultiplierUp},
		{"askMultiplierDown", x.AskMultiplierDown, &f.AskMultiplierDown},
	} {
		*one.into = msg.Multiplier(r.amount(one.name, one.text, multiplierScale))
	}
	r.averageOver(x.AvgPriceMins, f)
}

type maxNumOrders struct {
	FilterType   string `json:"filterType"`
	MaxNumOrders int64  `json:"maxNumOrders"`
}

func (x *maxNumOrders) read(r *filterReader, f *msg.Filters) {
	f.MaxOrders = uint32(r.count("maxNumOrders", x.MaxNumOrders, math.MaxUint32))
}

// maxNumAlgoOrders is taken, since descriptions of symbols carry it, and not kept:
// there are no orders that it could be about.
type maxNumAlgoOrders struct {
	FilterType       string `json:"filterType"`
	MaxNumAlgoOrders int64  `json:"maxNumAlgoOrders"`
}

func (x *maxNumAlgoOrders) read(r *filterReader, _ *msg.Filters) {
	r.count("maxNumAlgoOrders", x.MaxNumAlgoOrders, math.MaxUint32)
}

type maxNumOrderAmends struct {
	FilterType        string `json:"filterType"`
	MaxNumOrderAmends int64  `json:"maxNumOrderAmends"`
}

func (x *maxNumOrderAmends) read(r *filterReader, f *msg.Filters) {
	f.MaxAmends = uint16(r.count("maxNumOrderAmends", x.MaxNumOrderAmends, math.MaxUint16))
}

type maxPosition struct {
	FilterType  string  `json:"filterType"`
	MaxPosition *string `json:"maxPosition"`
}

func (x *maxPosition) read(r *filterReader, f *msg.Filters) {
	f.MaxPosition = msg.Amount(r.amount("maxPosition", x.MaxPosition, r.market.Base.Scale))
}
