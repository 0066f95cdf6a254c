package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// stateJSON is what replay tells. The keys of the JSON object are promised.
type stateJSON struct {
	Seq      msg.Seq                           `json:"seq"`
	Time     int64                             `json:"time"`
	Digest   string                            `json:"digest"`
	Books    map[string]bookJSON               `json:"books,omitzero"`
	Orders   map[string][]orderJSON            `json:"orders,omitzero"`
	Balances map[string]map[string]balanceJSON `json:"balances,omitzero"`
	Events   []json.RawMessage                 `json:"events,omitzero"` // the command first
}

type bookJSON struct {
	Bids     []levelJSON `json:"bids"`
	Asks     []levelJSON `json:"asks"`
	Phase    string      `json:"phase"`
	UpdateID uint64      `json:"update_id"`
}

// levelJSON is price, quantity and number of orders. Decimals are strings.
type levelJSON [3]any

type orderJSON struct {
	ID       msg.OrderID   `json:"id"`
	Account  msg.AccountID `json:"account"`
	Side     string        `json:"side"`
	Price    string        `json:"price"`
	Quantity string        `json:"quantity"`
	Open     string        `json:"open"`
	Name     string        `json:"name,omitempty"`
}

type balanceJSON struct {
	Free   string `json:"free"`
	Locked string `json:"locked"`
}

// json returns the state for printing.
func (s *state) json(what *printFlag) *stateJSON {
	j := &stateJSON{Seq: s.Seq(), Time: s.Time(), Digest: hexDigest(s.Digest())}
	if what.book {
		j.Books = make(map[string]bookJSON)
	}
	if what.orders {
		j.Orders = make(map[string][]orderJSON)
	}
	for i := range s.symbols {
		m := &s.symbols[i]
		if what.book {
			j.Books[m.Spec.Name.String()] = s.bookJSON(m)
		}
		if what.orders {
			j.Orders[m.Spec.Name.String()] = s.ordersJSON(m)
		}
	}
	if what.balances {
		j.Balances = make(map[string]map[string]balanceJSON)
		s.eachBalance(func(account msg.AccountID, asset, free, locked string) {
			key := fmt.Sprint(account)
			if j.Balances[key] == nil {
				j.Balances[key] = make(map[string]balanceJSON)
			}
			j.Balances[key][asset] = balanceJSON{free, locked}
		})
	}
	if what.events {
		j.Events = []json.RawMessage{}
		for line := range strings.Lines(string(s.asJSON)) {
			j.Events = append(j.Events, json.RawMessage(line))
		}
	}
	return j
}

func (s *state) bookJSON(m *market) bookJSON {
	b := bookJSON{Bids: []levelJSON{}, Asks: []levelJSON{}, Phase: m.Phase.String(), UpdateID: m.Updates}
	s.eachLevel(m, msg.Buy, func(price, qty string, orders int) { b.Bids = append(b.Bids, levelJSON{price, qty, orders}) })
	s.eachLevel(m, msg.Sell, func(price, qty string, orders int) { b.Asks = append(b.Asks, levelJSON{price, qty, orders}) })
	return b
}

func (s *state) ordersJSON(m *market) []orderJSON {
	all := []orderJSON{}
	for _, side := range []msg.Side{msg.Buy, msg.Sell} {
		s.EachOrder(m.id, side, func(o engine.Order) bool {
			all = append(all, orderJSON{
				ID: o.ID, Account: o.Account, Side: o.Side.String(), Price: m.price.text(int64(o.Price)),
				Quantity: m.qty.text(int64(o.Qty)), Open: m.qty.text(int64(o.Open)), Name: o.Name.String(),
			})
			return true
		})
	}
	return all
}
