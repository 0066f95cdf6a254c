package enginetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// eventLine writes an event as a trader would say it.
func (s *Script) eventLine(c *msg.Command, v *msg.Event) string {
	m := s.symbol(c.Symbol)
	switch v.Kind {
	case msg.Accepted:
		if v.Qty != 0 {
			return fmt.Sprintf("#%d accepted for %s", v.Order, m.qty(v.Qty))
		}
		return fmt.Sprintf("#%d accepted", v.Order)
	case msg.Rejected:
		return fmt.Sprintf("%s rejected: %s", c.Kind, v.Reason)
	case msg.CancelRejected:
		return fmt.Sprintf("cancel rejected: %s", v.Reason)
	case msg.Traded:
		return s.tradeLine(c, v, &m)
	case msg.Canceled:
		return fmt.Sprintf("#%d canceled", v.Order)
	case msg.Expired:
		return fmt.Sprintf("#%d expired: %s", v.Order, v.Reason)
	case msg.Amended:
		return fmt.Sprintf("#%d amended to %s", v.Order, m.qty(c.Qty))
	case msg.Prevented:
		return fmt.Sprintf("prevented at %s: taker #%d loses %s, maker #%d loses %s",
			m.price(v.Price), v.Taker, m.qty(v.TakerQty), v.Order, m.qty(v.Qty))
	case msg.Uncrossed:
		if v.Qty == 0 && v.Price == 0 {
			return m.name + " uncrossed: nothing trades"
		}
		return fmt.Sprintf("%s uncrossed: %s at %s", m.name, m.qty(v.Qty), m.price(v.Price))
	default:
		return s.adminLine(c, v, &m)
	}
}

func (s *Script) tradeLine(c *msg.Command, v *msg.Event, m *scriptSymbol) string {
	if c.Kind == msg.Uncross {
		return fmt.Sprintf("trade %d: maker #%d, taker #%d: %s at %s", v.Trade, v.Order, v.Taker, m.qty(v.Qty), m.price(v.Price))
	}
	does, with := "buys", "from"
	if c.Side == msg.Sell {
		does, with = "sells", "to"
	}
	return fmt.Sprintf("trade %d: #%d %s %s at %s %s #%d", v.Trade, v.Taker, does, m.qty(v.Qty), m.price(v.Price), with, v.Order)
}

// adminLine writes what happened to accounts, assets and symbols.
func (s *Script) adminLine(c *msg.Command, v *msg.Event, m *scriptSymbol) string {
	switch v.Kind {
	case msg.Adjusted:
		a := s.assets[c.Asset-1]
		sign := "+"
		if c.Kind == msg.Debit {
			sign = "-"
		}
		return fmt.Sprintf("%s %s%s %s", s.accounts[c.Account], sign, decimal(int64(c.Amount), a.scale, 1), a.name)
	case msg.AccountCreated:
		return fmt.Sprintf("account %d: %s", v.ID, c.Name)
	case msg.AssetAdded:
		return fmt.Sprintf("asset %d: %s", v.ID, c.Name)
	case msg.SymbolAdded:
		return fmt.Sprintf("symbol %d: %s", v.ID, c.Spec.Name)
	case msg.AccountChanged:
		return s.accounts[c.Account] + " changed"
	case msg.SymbolChanged:
		return m.name + " changed"
	case msg.PhaseChanged:
		return fmt.Sprintf("%s: %s", m.name, c.Phase)
	default:
		return eventText(v)
	}
}

// printBook writes a book as a ladder, asks above bids, the orders of a price
// from the oldest on.
func (s *Script) printBook(id msg.SymbolID) {
	m := s.symbol(id)
	asks, bids := s.engine.Orders(id, msg.Sell), s.engine.Orders(id, msg.Buy)
	if len(asks)+len(bids) == 0 {
		s.print("%s: empty", m.name)
		return
	}
	ladder := s.levels(asks, &m)
	slices.Reverse(ladder)
	for _, level := range append(ladder, s.levels(bids, &m)...) {
		s.print("%s", level)
	}
}

// levels writes a line for each price.
func (s *Script) levels(orders []Order, m *scriptSymbol) []string {
	var lines []string
	for i := range orders {
		o := &orders[i]
		text := fmt.Sprintf("#%d %s %s", o.ID, s.accountName(o.Account), m.qty(o.Open))
		if o.Open != o.Qty {
			text += " of " + m.qty(o.Qty)
		}
		if !o.Name.IsZero() {
			text += fmt.Sprintf(" (%s)", o.Name)
		}
		if i > 0 && orders[i-1].Price == o.Price {
			lines[len(lines)-1] += ", " + text
			continue
		}
		lines = append(lines, fmt.Sprintf("%-4s %s: %s", o.Side, m.price(o.Price), text))
	}
	return lines
}

func (s *Script) accountName(id msg.AccountID) string {
	if int64(id) < int64(len(s.accounts)) {
		return s.accounts[id]
	}
	return "nobody"
}

func (s *Script) printAuction(id msg.SymbolID) {
	m := s.symbol(id)
	price, volume := s.engine.Indicative(id)
	if volume == 0 {
		s.print("%s: nothing would trade", m.name)
		return
	}
	s.print("%s: %s would trade at %s", m.name, m.qty(volume), m.price(price))
}

func (s *Script) printCounters(id msg.SymbolID) {
	m, now := s.symbol(id), s.engine.Market(id)
	last := "none"
	if now.Last != 0 {
		last = m.price(now.Last)
	}
	s.print("%s: %s, last price %s, trade %d, book update %d, execution %d", m.name, now.Phase, last, now.Trades, now.Updates, now.Reports)
}

// printBalances writes what accounts have; without names, all of them.
func (s *Script) printBalances(names []string) error {
	if len(names) == 0 {
		names = slices.Concat(s.accounts[1:], s.accounts[:1])
	}
	for _, name := range names {
		id := s.accountNamed(name)
		if id == unknownAccount {
			return fmt.Errorf("%s is no account", name)
		}
		var parts []string
		for i, a := range s.assets {
			free, locked := s.engine.Balance(id, msg.AssetID(i+1))
			if free == 0 && locked == 0 {
				continue
			}
			part := decimal(int64(free), a.scale, 1) + " " + a.name
			if locked != 0 {
				part += " + " + decimal(int64(locked), a.scale, 1) + " locked"
			}
			parts = append(parts, part)
		}
		if len(parts) == 0 {
			parts = []string{"nothing"}
		}
		s.print("%s: %s", name, strings.Join(parts, ", "))
	}
	return nil
}

func (s *Script) printStanding(names []string) error {
	for _, name := range names {
		id := s.accountNamed(name)
		if id == unknownAccount {
			return fmt.Errorf("%s is no account", name)
		}
		a := s.engine.Account(id)
		s.print("%s: %s, maker %s, taker %s, last transfer %d", name, a.Status, rateText(a.Maker), rateText(a.Taker), a.Transfer)
	}
	return nil
}

func rateText(r msg.Rate) string {
	if r == msg.NoRate {
		return "none"
	}
	return decimal(int64(r), 8, 1)
}
