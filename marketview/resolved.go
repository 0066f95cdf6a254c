package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Resolved is what a transaction did, with the orders of its events looked up.
// Each part is in the order in which it happened.
type Resolved struct {
	Changes []Change
	Fills   []Fill
	Aggs    []AggTrade // what the fills make up

	Amendments  []Owned[Amendment]
	Preventions []Owned[Prevention]

	Reports []Report // only while Views.Report is on
}

// keptReports bounds the room that stays for the reports of later transactions:
// a sweep of a million orders needs some hundred MB, once.
const keptReports = 1 << 12

// Owned is a row about what happened to an account.
type Owned[T any] struct {
	Account msg.AccountID
	owner   slot // the account's record
	Row     T
}

// Change is one change of a price level. Each counts one update id.
type Change struct {
	Symbol   msg.SymbolID
	Side     msg.Side
	Orders   int8 // +1 an order came to rest, -1 one left
	Price    msg.Price
	Delta    msg.Qty
	UpdateID uint64
	Qty      msg.Qty // left at this price, 0 when the level is gone
}

// Fill is one trade with both its parties.
type Fill struct {
	Symbol    msg.SymbolID
	MakerSide msg.Side
	Settles   bool // accounting is balances
	Trade     msg.TradeID
	Price     msg.Price
	Qty       msg.Qty
	Base      msg.Amount // Qty in base units
	Quote     msg.Amount // what they cost in quote units
	Parties   [2]Party   // by side: buyer, seller
}

// Taker returns the party whose order rested shorter, or not at all.
func (f *Fill) Taker() *Party { return &f.Parties[f.MakerSide^1] }

// Party is one side of a fill.
type Party struct {
	Order   msg.OrderID
	Account msg.AccountID
	owner   slot // the account's record
	base    slot // its balances of the symbol's assets
	quote   slot
	Fee     msg.Amount // on what this side receives: base for the buyer, quote for the seller
	Held    msg.Amount // what was locked for this part; a market buy locks nothing
}

func (r *Resolved) reset() {
	r.Changes, r.Fills, r.Aggs = r.Changes[:0], r.Fills[:0], r.Aggs[:0]
	r.Amendments, r.Preventions = r.Amendments[:0], r.Preventions[:0]
	if cap(r.Reports) > keptReports {
		r.Reports = nil
	}
	r.Reports = r.Reports[:0]
}

// next returns the place of one more row of a list, which holds whatever it held.
func next[T any](list *[]T) *T {
	n := len(*list)
	if n < cap(*list) {
		*list = (*list)[:n+1]
	} else {
		var none T
		*list = append(*list, none)
	}
	return &(*list)[n]
}
