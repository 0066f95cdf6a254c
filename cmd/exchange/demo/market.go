package demo

import (
	"errors"
	"math"
	"strconv"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// maxMarkets bounds the symbols that are traded.
const maxMarkets = 8

// gapShare is how far apart the levels of the finest ladder are, as a share of the
// price.
const gapShare = 0.00008

var errNoMarket = errors.New("no symbol is open for trading")

// market is a symbol as the traders need it.
type market struct {
	symbol, base, quote string
	price, quantity     client.Grid
	minLots             int64
	minNotional         float64
	maxOrders           int   // of an account; 0 = no bound
	gapTicks            int64 // between the levels of the finest ladder
}

func newMarket(s *client.Symbol) (market, error) {
	m := market{symbol: s.Name, base: s.Base, quote: s.Quote}
	var err error
	if m.price, m.quantity, err = s.Grids(); err != nil {
		return m, err //nolint:wrapcheck // it names the symbol
	}
	m.minLots = max(1, int64(math.Ceil(number(s.Filter("LOT_SIZE").MinQuantity)/m.quantity.Size())))
	m.minNotional = max(number(s.Filter("NOTIONAL").MinNotional), number(s.Filter("MIN_NOTIONAL").MinNotional))
	m.maxOrders = s.Filter("MAX_NUM_ORDERS").MaxOrders
	return m, nil
}

// gap chooses the distance of levels for a price around p.
func (m *market) gap(p float64) { m.gapTicks = max(1, m.price.Near(p*gapShare)) }

// lots returns the quantity that is worth about so much of the quote asset at a
// price, and not below what the filters ask for.
func (m *market) lots(worth, price float64) int64 {
	const margin = 1.2 // the price may be lower when the order arrives
	n := m.quantity.Near(max(worth, m.minNotional*margin) / price)
	if float64(n)*m.quantity.Size()*price < m.minNotional*margin {
		n++
	}
	return max(n, m.minLots)
}

// number reads a decimal of an answer; what is none is zero.
func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return v
}
