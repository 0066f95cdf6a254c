package enginetest

import (
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func (n *Naive) market(id msg.SymbolID) *market {
	if id == 0 || int64(id) > int64(len(n.markets)) {
		return nil
	}
	return n.markets[id-1]
}

func (n *Naive) addAsset(c *msg.Command) msg.Reason {
	switch {
	case !legal(c.Name):
		return msg.InvalidName
	case c.Scale > msg.MaxScale:
		return msg.InvalidScale
	case n.named[c.Name]:
		return msg.NameTaken
	case len(n.assets) >= msg.MaxAssets:
		return msg.TooMany
	}
	n.named[c.Name] = true
	n.assets = append(n.assets, asset{name: c.Name, scale: c.Scale, supply: new(big.Int)})
	n.emit(msg.Event{Kind: msg.AssetAdded, ID: uint32(len(n.assets))})
	return msg.NoReason
}

func (n *Naive) addSymbol(c *msg.Command) msg.Reason {
	s := c.Spec
	if s == nil || !sane(s) {
		return msg.InvalidSymbol
	}
	if !legal(s.Name) {
		return msg.InvalidName
	}
	base, quote := n.asset(s.Base), n.asset(s.Quote)
	if base == nil || quote == nil || s.Base == s.Quote {
		return msg.UnknownAsset
	}
	unit, ok := unitOf(s, base.scale)
	if !ok {
		return msg.InvalidSymbol
	}
	for _, m := range n.markets {
		if m.spec.Name == s.Name {
			return msg.NameTaken
		}
	}
	if len(n.markets) >= msg.MaxSymbols {
		return msg.TooMany
	}
	id := msg.SymbolID(len(n.markets) + 1)
	n.markets = append(n.markets, &market{id: id, spec: *s, unit: unit, minutes: make(map[int64]*minute)})
	n.emit(msg.Event{Kind: msg.SymbolAdded, ID: uint32(id)})
	return msg.NoReason
}

func (n *Naive) alterSymbol(c *msg.Command) msg.Reason {
	m, s := n.market(c.Symbol), c.Spec
	switch {
	case m == nil:
		return msg.UnknownSymbol
	case s == nil || !sane(s):
		return msg.InvalidSymbol
	case fixed(s) != fixed(&m.spec):
		return msg.FixedField
	}
	if s.Filters.AvgMins != m.spec.Filters.AvgMins {
		clear(m.minutes)
	}
	m.spec = *s
	n.emit(msg.Event{Kind: msg.SymbolChanged})
	return msg.NoReason
}

func (n *Naive) setPhase(c *msg.Command) msg.Reason {
	m := n.market(c.Symbol)
	switch {
	case m == nil:
		return msg.UnknownSymbol
	case c.Phase > msg.CancelOnly:
		return msg.InvalidPhase
	case c.Phase == msg.Trading && m.crossed():
		return msg.InvalidPhase
	}
	m.phase = c.Phase
	n.emit(msg.Event{Kind: msg.PhaseChanged})
	return msg.NoReason
}
