package api

import (
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// The names of parameters of methods about markets.
const (
	paramSymbols      = "symbols"
	paramSymbolStatus = "symbolStatus"
	paramLimit        = "limit"
	paramFromID       = "fromId"
	paramStartTime    = "startTime"
	paramEndTime      = "endTime"
	paramInterval     = "interval"
	paramTimeZone     = "timeZone"
	paramType         = "type"
	paramWindowSize   = "windowSize"
	paramPermissions  = "permissions"
	paramShowSets     = "showPermissionSets"
)

// marketMethods are the methods that anybody may call.
func marketMethods() []Method {
	return slices.Concat(infoMethods(), bookMethods(), tapeMethods(), barMethods(), tickerMethods())
}

// get is a method that anybody may call.
func get(name, path string, weight func(*Call) int, run func(*API, *Call) error, params ...Spec) Method {
	return Method{Name: name, Verb: http.MethodGet, Path: "/api/v3/" + path, Weight: weight, Run: run, Params: params}
}

// The specs of parameters that several methods have.
func oneSymbol() Spec  { return Spec{Name: paramSymbol, Kind: Symbol, Must: true} }
func anySymbol() Spec  { return Spec{Name: paramSymbol, Kind: Symbol} }
func symbolList() Spec { return Spec{Name: paramSymbols, Kind: Names} }
func rowLimit() Spec   { return Spec{Name: paramLimit, Kind: Int} }
func symbolStatus() Spec {
	return Spec{Name: paramSymbolStatus, Kind: Enum, Values: []string{statusTrading, statusHalt, statusBreak}, Invalid: ErrSymbolStatus}
}

// scratchMarket is what the methods about markets use again.
type scratchMarket struct {
	names   []msg.Name
	symbols []marketview.Symbol
	markets []*wire.Market
	rows    []tickerRow
	depth   marketview.Depth
	trades  []marketview.Trade
	aggs    []marketview.AggTrade
	bars    []marketview.Bar
	fields  fields
}

// The statuses of a symbol.
const (
	statusTrading    = "TRADING"
	statusBreak      = "BREAK"
	statusHalt       = "HALT"
	statusCancelOnly = "CANCEL_ONLY"
)

// statusOf returns the status of a symbol in a phase. In an auction orders are
// taken, but do not trade.
func statusOf(p msg.Phase) string {
	switch p {
	case msg.Trading:
		return statusTrading
	case msg.Auction:
		return statusBreak
	case msg.CancelOnly:
		return statusCancelOnly
	default:
		return statusHalt
	}
}

// hasStatus reports whether a symbol in a phase is one of those that a call wants.
func (c *Call) hasStatus(p msg.Phase) bool {
	want, sent := c.Params.Find(paramSymbolStatus)
	return !sent || string(want) == statusOf(p)
}

// The bounds of the rows of a list.
const (
	defaultRows = 500
	maxRows     = 1000
)

// limit returns how many rows a call wants, of which there are no more than most.
func (c *Call) limit(absent, most int) (int, *Error) {
	n, sent := c.Params.Int(paramLimit)
	switch {
	case !sent:
		return absent, nil
	case n == 0:
		return 0, InvalidError(paramLimit)
	default:
		return int(min(n, int64(most))), nil
	}
}

// span returns the span of time that a call is about.
func (c *Call) span() (s marketview.Span, refused *Error) {
	if s.Limit, refused = c.limit(defaultRows, maxRows); refused != nil {
		return s, refused
	}
	s.Start, s.End = c.times()
	return s, nil
}

// times returns the ends of the span of time that a call is about, zero for none.
func (c *Call) times() (start, end int64) {
	if first, _, sent := c.Params.Time(paramStartTime); sent {
		start = max(first, 1)
	}
	if _, last, sent := c.Params.Time(paramEndTime); sent {
		end = max(last, 1)
	}
	return start, end
}

// markets keeps what it takes to write the prices of a symbol, so that it is not
// worked out for every call. It is checked against the views each time it is used:
// these may be those of another exchange after a reset.
type markets struct {
	byID atomic.Pointer[[]*wire.Market]
}

// find puts the market of a symbol's name into m, as of v.
func (s *markets) find(v *marketview.Views, name msg.Name, m *wire.Market) bool {
	symbol, ok := v.Symbol(name)
	if !ok {
		return false
	}
	*m = *s.of(v, &symbol)
	m.Symbol = symbol
	return true
}

// of returns the market of a symbol. What of the symbol can change may be out of
// date in it.
func (s *markets) of(v *marketview.Views, symbol *marketview.Symbol) *wire.Market {
	list := s.byID.Load()
	if list != nil && int(symbol.ID) < len(*list) {
		if m := (*list)[symbol.ID]; m != nil && isMarketOf(v, m, symbol) {
			return m
		}
	}
	m := wire.NewMarket(v, *symbol)
	s.keep(&m)
	return &m
}

func isMarketOf(v *marketview.Views, m *wire.Market, symbol *marketview.Symbol) bool {
	if !m.Spec.FixedEqual(&symbol.Spec) {
		return false
	}
	base, _ := v.Asset(m.Spec.Base)
	quote, _ := v.Asset(m.Spec.Quote)
	return base == m.Base && quote == m.Quote
}

// keep replaces the list by one with m. Of two at a time one is lost, and is made
// again when it is needed.
func (s *markets) keep(m *wire.Market) {
	var list []*wire.Market
	if old := s.byID.Load(); old != nil {
		list = append(list, *old...)
	}
	for len(list) <= int(m.ID) {
		list = append(list, nil)
	}
	list[m.ID] = m
	s.byID.Store(&list)
}
