package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// maxWindowSymbols bounds the symbols of a call for tickers of a window of choice.
const maxWindowSymbols = 100

// The forms of a ticker.
const (
	tickerFull = "FULL"
	tickerMini = "MINI"
)

func tickerMethods() []Method {
	form := Spec{Name: paramType, Kind: Enum, Values: []string{tickerFull, tickerMini}, Invalid: ErrTickerType}
	return []Method{
		get("ticker.24hr", "ticker/24hr", dayWeight, (*API).dayTickers,
			anySymbol(), symbolList(), form, symbolStatus()),
		get("ticker", "ticker", windowWeight, (*API).windowTickers,
			anySymbol(), symbolList(), Spec{Name: paramWindowSize, Kind: Text}, form, symbolStatus()),
		get("ticker.tradingDay", "ticker/tradingDay", windowWeight, (*API).tradingDayTickers,
			anySymbol(), symbolList(), Spec{Name: paramTimeZone, Kind: Text}, form, symbolStatus()),
		get("ticker.price", "ticker/price", topWeight, (*API).priceTickers, anySymbol(), symbolList(), symbolStatus()),
		get("ticker.book", "ticker/bookTicker", topWeight, (*API).bookTickers, anySymbol(), symbolList(), symbolStatus()),
	}
}

// symbolsAsked returns how many symbols a call is about, all when it names none.
func symbolsAsked(c *Call) (n int, all bool) {
	if c.Params.Has(paramSymbol) {
		return 1, false
	}
	list, sent := c.Params.Find(paramSymbols)
	if !sent {
		return 0, true
	}
	n, _ = countNames(list)
	return n, false
}

func dayWeight(c *Call) int {
	switch n, all := symbolsAsked(c); {
	case all || n > 100:
		return 80
	case n > 20:
		return 40
	default:
		return 2
	}
}

func windowWeight(c *Call) int {
	const each, most = 4, 200
	n, _ := symbolsAsked(c)
	return min(each*max(n, 1), most)
}

func topWeight(c *Call) int {
	if c.Params.Has(paramSymbol) {
		return 2
	}
	return 4
}

// tickerRow is what is read of one symbol for a ticker.
type tickerRow struct {
	market *wire.Market // of which what can change may be out of date
	ticker marketview.Ticker
	top    marketview.Top
	last   msg.Price
}

// tickerSpan is a span of time that ends now.
type tickerSpan struct{ from, now int64 }

// A tickerReader reads one symbol's row.
type tickerReader func(v *marketview.Views, id msg.SymbolID, s tickerSpan, row *tickerRow)

// readRows puts the rows of the symbols that a call is about into its scratch. One
// says that it is about one symbol, whose row is to be answered by itself.
func (a *API) readRows(c *Call, s tickerSpan, read tickerReader) (one bool, refused *Error) {
	rows := &c.scratch.rows
	*rows = (*rows)[:0]
	named, listed := c.Params.Has(paramSymbol), c.Params.Has(paramSymbols)
	switch {
	case named && listed:
		return false, ErrOptional
	case named:
		if !c.hasStatus(c.Market.Phase) {
			return false, ErrStatusMismatch
		}
		*rows = append(*rows, tickerRow{market: &c.Market})
		v := a.exchange.BeginRead()
		read(v, c.Market.ID, s, &(*rows)[0])
		a.exchange.EndRead()
		return true, nil
	case listed:
		return false, a.readListed(c, s, read)
	default:
		a.readAll(c, s, read)
		return false, nil
	}
}

// rowsAtOnce bounds the symbols that are read while the exchange waits.
const rowsAtOnce = 16

func (a *API) readListed(c *Call, s tickerSpan, read tickerReader) *Error {
	names, refused := c.Params.appendNames(paramSymbols, c.scratch.names[:0])
	c.scratch.names = names
	if refused != nil {
		return refused
	}
	for len(names) > 0 {
		n := min(len(names), rowsAtOnce)
		if !a.readNamed(c, names[:n], s, read) {
			return ErrSymbol
		}
		names = names[n:]
	}
	return nil
}

func (a *API) readNamed(c *Call, names []msg.Name, s tickerSpan, read tickerReader) bool {
	v := a.exchange.BeginRead()
	defer a.exchange.EndRead()
	for i := range names {
		symbol, ok := v.Symbol(names[i])
		if !ok {
			return false
		}
		a.readRow(v, c, &symbol, s, read)
	}
	return true
}

func (a *API) readAll(c *Call, s tickerSpan, read tickerReader) {
	id := msg.SymbolID(1)
	for a.readFrom(c, id, s, read) {
		id += rowsAtOnce
	}
}

// readFrom reads symbols from an id on; false means that there are no more.
func (a *API) readFrom(c *Call, id msg.SymbolID, s tickerSpan, read tickerReader) bool {
	v := a.exchange.BeginRead()
	defer a.exchange.EndRead()
	for range rowsAtOnce {
		symbol, ok := v.SymbolByID(id)
		if !ok {
			return false
		}
		a.readRow(v, c, &symbol, s, read)
		id++
	}
	return true
}

func (a *API) readRow(v *marketview.Views, c *Call, symbol *marketview.Symbol, s tickerSpan, read tickerReader) {
	if !c.hasStatus(symbol.Phase) {
		return
	}
	c.scratch.rows = append(c.scratch.rows, tickerRow{market: a.markets.of(v, symbol)})
	read(v, symbol.ID, s, &c.scratch.rows[len(c.scratch.rows)-1])
}

// answerRows appends the rows read, by themselves or as an array.
func (c *Call) answerRows(one bool, write func(f *fields, row *tickerRow)) {
	f := &c.scratch.fields // here, since what a function is given that is not known would be allocated
	*f = fields{dst: c.Out, micro: c.Micro}
	if !one {
		f.raw("[")
	}
	for i := range c.scratch.rows {
		row := &c.scratch.rows[i]
		f.market = row.market
		f.open(i)
		write(f, row)
		f.close()
	}
	if !one {
		f.raw("]")
	}
	c.Out = f.dst
}

// priceTickers answers with the last prices.
func (a *API) priceTickers(c *Call) error {
	one, refused := a.readRows(c, tickerSpan{}, readLast)
	if refused != nil {
		return refused
	}
	c.answerRows(one, writePrice)
	return nil
}

func readLast(v *marketview.Views, id msg.SymbolID, _ tickerSpan, row *tickerRow) {
	t, _ := v.LastTrade(id)
	row.last = t.Price
}

func writePrice(f *fields, row *tickerRow) {
	f.text("symbol", f.market.Name())
	f.price("price", row.last)
}

// bookTickers answers with the best bids and asks.
func (a *API) bookTickers(c *Call) error {
	one, refused := a.readRows(c, tickerSpan{}, readTop)
	if refused != nil {
		return refused
	}
	c.answerRows(one, writeTop)
	return nil
}

func readTop(v *marketview.Views, id msg.SymbolID, _ tickerSpan, row *tickerRow) {
	row.top, _ = v.Best(id)
}

func writeTop(f *fields, row *tickerRow) {
	f.text("symbol", f.market.Name())
	f.price("bidPrice", row.top.BidPrice)
	f.qty("bidQty", row.top.BidQty)
	f.price("askPrice", row.top.AskPrice)
	f.qty("askQty", row.top.AskQty)
}
