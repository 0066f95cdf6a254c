package api

import (
	"strconv"

	"github.com/seed-7d4c2414/exchange/marketview"
)

func barMethods() []Method {
	params := []Spec{
		oneSymbol(),
		{Name: paramInterval, Kind: Enum, Must: true, Values: intervals(), Invalid: ErrInterval},
		{Name: paramStartTime, Kind: Time},
		{Name: paramEndTime, Kind: Time},
		{Name: paramTimeZone, Kind: Text},
		rowLimit(),
	}
	return []Method{
		get("klines", "klines", weighs(2), (*API).bars, params...),
		get("uiKlines", "uiKlines", weighs(2), (*API).bars, params...),
		get("avgPrice", "avgPrice", weighs(2), (*API).avgPrice, oneSymbol()),
	}
}

func intervals() []string {
	var names []string
	for i := range marketview.Intervals {
		names = append(names, marketview.Interval(i).String())
	}
	return names
}

// bars answers with bars of an interval.
func (a *API) bars(c *Call) error {
	s, refused := c.span()
	if refused != nil {
		return refused
	}
	zone, refused := c.timeZone()
	if refused != nil {
		return refused
	}
	interval, _ := marketview.ParseInterval(string(c.Params.Value(paramInterval)))
	q := marketview.BarQuery{
		Symbol: c.Market.ID, Interval: interval, ShiftMinutes: zone, Span: s, Now: a.exchange.Now(),
	}
	v := a.exchange.BeginRead()
	c.scratch.bars = v.Bars(q, c.scratch.bars[:0])
	a.exchange.EndRead()

	f := fields{dst: append(c.Out, '['), market: &c.Market, micro: c.Micro}
	for i := range c.scratch.bars {
		if i > 0 {
			f.dst = append(f.dst, ',')
		}
		f.bar(&c.scratch.bars[i])
	}
	c.Out = f.end("]")
	return nil
}

func (f *fields) bar(b *marketview.Bar) {
	f.dst = append(f.dst, '[')
	f.timeItem(b.Start)
	f.raw(",")
	f.priceItem(b.Open)
	f.raw(",")
	f.priceItem(b.High)
	f.raw(",")
	f.priceItem(b.Low)
	f.raw(",")
	f.priceItem(b.Close)
	f.raw(",")
	f.baseItem(b.Volume)
	f.raw(",")
	f.timeItem(b.End - 1)
	f.raw(",")
	f.quoteItem(b.Quote)
	f.raw(",")
	f.dst = strconv.AppendInt(f.dst, b.Trades, 10)
	f.raw(",")
	f.baseItem(b.TakerVolume)
	f.raw(",")
	f.quoteItem(b.TakerQuote)
	f.raw(`,"0"]`)
}

// The ends of the world in minutes east of UTC.
const (
	westmost = -12 * 60
	eastmost = 14 * 60
)

// timeZone returns by how many minutes a place is east of UTC whose days a call
// means: hours, or hours and minutes.
func (c *Call) timeZone() (minutes int, refused *Error) {
	text, sent := c.Params.Find(paramTimeZone)
	if !sent {
		return 0, nil
	}
	minutes, ok := parseTimeZone(text)
	if !ok {
		return 0, InvalidError(paramTimeZone)
	}
	return minutes, nil
}

func parseTimeZone(text []byte) (minutes int, ok bool) {
	sign := 1
	switch text[0] {
	case '-':
		sign, text = -1, text[1:]
	case '+', ' ': // a plus that was not percent-encoded is a blank by now
		text = text[1:]
	}
	hours, text, ok := leadingDigits(text)
	if !ok {
		return 0, false
	}
	minutes = 60 * hours
	if len(text) > 0 {
		if text[0] != ':' || len(text) != len(":MM") {
			return 0, false
		}
		rest, _, ok := leadingDigits(text[1:])
		if !ok || rest >= 60 || text[2] < '0' || text[2] > '9' {
			return 0, false
		}
		minutes += rest
	}
	minutes *= sign
	return minutes, minutes >= westmost && minutes <= eastmost
}

// leadingDigits reads one or two digits.
func leadingDigits(text []byte) (n int, rest []byte, ok bool) {
	i := 0
	for i < len(text) && i < 2 && text[i] >= '0' && text[i] <= '9' {
		n = 10*n + int(text[i]-'0')
		i++
	}
	return n, text[i:], i > 0
}

// avgPrice answers with the average price of the last minutes.
func (a *API) avgPrice(c *Call) error {
	now := a.exchange.Now()
	v := a.exchange.BeginRead()
	average, found := v.AvgPrice(c.Market.ID, now)
	a.exchange.EndRead()
	if !found {
		return ErrSymbol
	}
	f := fields{dst: append(c.Out, '{'), market: &c.Market, micro: c.Micro}
	f.number("mins", marketview.AverageMinutes)
	f.quote("price", average.Price)
	f.time("closeTime", average.Time)
	c.Out = f.end("}")
	return nil
}
