package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// Tickers sum up the last 24 hours, a window of choice up to now, or the present
// day. They differ in what is left out and in what they call their ends; all sum
// up whole minutes, as far as these have passed.

// dayTickers answers with tickers of the last 24 hours.
func (a *API) dayTickers(c *Call) error {
	now := a.exchange.Now()
	s := tickerSpan{from: now - day, now: now}
	one, refused := a.readRows(c, s, readDay)
	if refused != nil {
		return refused
	}
	for i := range c.scratch.rows {
		t := &c.scratch.rows[i].ticker
		t.Start, t.End = s.from, s.now
	}
	c.answerRows(one, c.form(writeDay))
	return nil
}

func readDay(v *marketview.Views, id msg.SymbolID, s tickerSpan, row *tickerRow) {
	readWindow(v, id, s, row)
	row.top, _ = v.Best(id)
}

func readWindow(v *marketview.Views, id msg.SymbolID, s tickerSpan, row *tickerRow) {
	row.ticker, _ = v.Ticker(id, s.from, s.now)
}

// windowTickers answers with tickers of a window that ends now.
func (a *API) windowTickers(c *Call) error {
	length, refused := c.window()
	if refused != nil {
		return refused
	}
	if refused := checkWindowSymbols(c); refused != nil {
		return refused
	}
	now := a.exchange.Now()
	s := tickerSpan{from: now - length, now: now}
	one, refused := a.readRows(c, s, readWindow)
	if refused != nil {
		return refused
	}
	for i := range c.scratch.rows {
		t := &c.scratch.rows[i].ticker
		t.Start, t.End = s.from-s.from%minute, s.now
	}
	c.answerRows(one, c.form(writeWindow))
	return nil
}

// tradingDayTickers answers with tickers of the present day at a place.
func (a *API) tradingDayTickers(c *Call) error {
	zone, refused := c.timeZone()
	if refused != nil {
		return refused
	}
	if refused := checkWindowSymbols(c); refused != nil {
		return refused
	}
	now := a.exchange.Now()
	start := now - (now+int64(zone)*minute)%day
	one, refused := a.readRows(c, tickerSpan{from: start, now: now}, readWindow)
	if refused != nil {
		return refused
	}
	for i := range c.scratch.rows {
		t := &c.scratch.rows[i].ticker
		t.Start, t.End = start, start+day-1
	}
	c.answerRows(one, c.form(writeWindow))
	return nil
}

// checkWindowSymbols refuses a call that names no symbols, or too many.
func checkWindowSymbols(c *Call) *Error {
	n, all := symbolsAsked(c)
	switch {
	case all:
		return EitherError(paramSymbol, paramSymbols)
	case n > maxWindowSymbols:
		return InvalidError(paramSymbols)
	default:
		return nil
	}
}

// window returns the length of the window that a call wants: 1 to 59 minutes, 1 to
// 23 hours or 1 to 7 days.
func (c *Call) window() (length int64, refused *Error) {
	text, sent := c.Params.Find(paramWindowSize)
	if !sent {
		return day, nil
	}
	n, unit, ok := leadingDigits(text)
	if ok && n > 0 && len(unit) == 1 {
		switch {
		case unit[0] == 'm' && n <= 59:
			return int64(n) * minute, nil
		case unit[0] == 'h' && n <= 23:
			return int64(n) * hour, nil
		case unit[0] == 'd' && n <= 7:
			return int64(n) * day, nil
		}
	}
	return 0, InvalidError(paramWindowSize)
}

// form returns what writes the tickers of a call: the full ones by full.
func (c *Call) form(full func(*fields, *tickerRow)) func(*fields, *tickerRow) {
	if c.Params.Is(paramType, tickerMini) {
		return writeMini
	}
	return full
}

func writeDay(f *fields, row *tickerRow) {
	t := &row.ticker
	f.change(t)
	f.quote("weightedAvgPrice", t.Average)
	f.price("prevClosePrice", t.Prev)
	f.price("lastPrice", t.Last)
	f.qty("lastQty", t.LastQty)
	f.price("bidPrice", row.top.BidPrice)
	f.qty("bidQty", row.top.BidQty)
	f.price("askPrice", row.top.AskPrice)
	f.qty("askQty", row.top.AskQty)
	f.price("openPrice", t.Open)
	f.price("highPrice", t.High)
	f.price("lowPrice", t.Low)
	f.traded(t)
}

func writeWindow(f *fields, row *tickerRow) {
	t := &row.ticker
	f.change(t)
	f.quote("weightedAvgPrice", t.Average)
	f.price("openPrice", t.Open)
	f.price("highPrice", t.High)
	f.price("lowPrice", t.Low)
	f.price("lastPrice", t.Last)
	f.traded(t)
}

func writeMini(f *fields, row *tickerRow) {
	t := &row.ticker
	f.text("symbol", f.market.Name())
	f.price("openPrice", t.Open)
	f.price("highPrice", t.High)
	f.price("lowPrice", t.Low)
	f.price("lastPrice", t.Last)
	f.traded(t)
}

// change writes the first fields of a full ticker.
func (f *fields) change(t *marketview.Ticker) {
	const percentDecimals = 3
	f.text("symbol", f.market.Name())
	f.price("priceChange", t.Change())
	f.key("priceChangePercent")
	f.raw(`"`)
	f.dst = msg.AppendDecimal(f.dst, t.ChangePercent(), percentDecimals)
	f.raw(`"`)
}

// traded writes the last fields of a ticker.
func (f *fields) traded(t *marketview.Ticker) {
	f.base("volume", t.Volume)
	f.quote("quoteVolume", t.Quote)
	f.time("openTime", t.Start)
	f.time("closeTime", t.End)
	f.id("firstId", t.First)
	f.id("lastId", t.LastTrade())
	f.number("count", t.Trades)
}
