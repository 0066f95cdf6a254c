package api

import (
	"net/http"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

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

// of returns the market of a symbol. What of the symbol can change may have.
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

// marketMethods are the methods that anybody may call.
func marketMethods() []Method {
	return []Method{
		{Name: "ping", Verb: http.MethodGet, Path: "/api/v3/ping", Weight: weighs(1), Run: (*API).ping},
	}
}

// scratchMarket is what the methods about markets use again.
type scratchMarket struct{}

func (a *API) ping(c *Call) error {
	c.Out = append(c.Out, "{}"...)
	return nil
}
