package admin

import (
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func (a *Admin) uncross(q *request) (int, any, error) {
	if err := decode(q.body, &struct{}{}); err != nil {
		return 0, nil, err
	}
	var m wire.Market
	err := a.withSymbol(q, func(v *marketview.Views, s marketview.Symbol) error {
		m = wire.NewMarket(v, s)
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	r, err := a.do(&msg.Command{Kind: msg.Uncross, Symbol: m.ID}, "", nil)
	if err != nil {
		return 0, nil, err
	}
	end := &r.Events[len(r.Events)-1] // Uncrossed comes last
	return fasthttp.StatusOK, struct {
		Seq    msg.Seq `json:"seq"`
		Price  *string `json:"price"`
		Volume string  `json:"volume"`
	}{r.Seq, auctionPrice(&m, end.Price), trim(m.AppendQty(nil, end.Qty))}, nil
}

// auctionPrice returns the text of an auction price, nil when nothing trades.
func auctionPrice(m *wire.Market, p msg.Price) *string {
	if p == 0 {
		return nil
	}
	s := trim(m.AppendPrice(nil, p))
	return &s
}

func (a *Admin) auction(q *request) (int, any, error) {
	var m wire.Market
	var book marketview.Depth
	reference := msg.Price(0)
	err := a.withSymbol(q, func(v *marketview.Views, s marketview.Symbol) error {
		m = wire.NewMarket(v, s)
		v.Depth(s.ID, 0, &book)
		if last, ok := v.LastTrade(s.ID); ok {
			reference = last.Price
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	x := indicate(&book, reference)
	return fasthttp.StatusOK, struct {
		Price   *string `json:"price"`
		Volume  string  `json:"volume"`
		Surplus string  `json:"surplus"`
		Side    string  `json:"side"`
	}{auctionPrice(&m, x.price), trim(m.AppendQty(nil, x.volume)), trim(m.AppendQty(nil, x.surplus)), x.side.String()}, nil
}

// indicative is what an uncross would do now. Without two sides that meet, price
// and volume are zero.
type indicative struct {
	price   msg.Price
	volume  msg.Qty
	surplus msg.Qty  // lots that could trade at the price and find nobody
	side    msg.Side // of the surplus; buy when there is none
}

// indicate finds the auction price by the rules of the market: of the ticks from
// the best ask to the best bid those with the largest volume, of these those with
// the smallest surplus; the highest of them when all have a surplus of bids, the
// lowest when all have one of asks, else the one nearest to the reference.
//
// Demand and supply change at the prices of levels only, so it looks at the
// stretches of ticks between them, from low to high.
func indicate(book *marketview.Depth, reference msg.Price) indicative {
	bids, asks := book.Bids, book.Asks // best first
	if len(bids) == 0 || len(asks) == 0 || bids[0].Price < asks[0].Price {
		return indicative{}
	}
	from, top := asks[0].Price, bids[0].Price
	var demand, supply msg.Qty
	low := len(bids) // the levels before it bid for the stretch
	for i := range bids {
		if bids[i].Price < from {
			low = i
			break
		}
		demand += bids[i].Qty
	}
	choice := stretches{reference: reference}
	for ask := 0; ; {
		for ; ask < len(asks) && asks[ask].Price <= from; ask++ {
			supply += asks[ask].Qty
		}
		to := bids[low-1].Price
		if ask < len(asks) {
			to = min(to, asks[ask].Price-1)
		}
		choice.consider(from, to, demand, supply)
		if to == top {
			return choice.price()
		}
		if to == bids[low-1].Price {
			low--
			demand -= bids[low].Qty
		}
		from = to + 1
	}
}

// stretches are the ticks that are left of those considered: one run, since demand
// less supply never rises with the price.
type stretches struct {
	reference msg.Price
	best      indicative // its volume and surplus
	low, high msg.Price
	bid, ask  bool      // some of them have a surplus of bids or none, of asks or none
	asksFrom  msg.Price // the lowest with a surplus of asks, or zero
	even      bool      // some have none
}

func (s *stretches) consider(from, to msg.Price, demand, supply msg.Qty) {
	volume, surplus := min(demand, supply), max(demand, supply)-min(demand, supply)
	if volume < s.best.volume || volume == s.best.volume && surplus > s.best.surplus {
		return
	}
	if volume > s.best.volume || surplus < s.best.surplus {
		*s = stretches{reference: s.reference, best: indicative{volume: volume, surplus: surplus}, low: from}
	}
	s.high = to
	switch {
	case demand > supply:
		s.bid = true
	case demand < supply:
		s.ask = true
		if s.asksFrom == 0 {
			s.asksFrom = from
		}
	default:
		s.even = true
	}
}

func (s *stretches) price() indicative {
	x := s.best
	switch {
	case s.bid && !s.ask && !s.even:
		x.price = s.high
	case s.ask && !s.bid && !s.even:
		x.price = s.low
	default: // without a reference, 0, it is the lowest
		x.price = max(s.low, min(s.high, s.reference))
	}
	if s.asksFrom != 0 && x.price >= s.asksFrom {
		x.side = msg.Sell
	}
	return x
}
