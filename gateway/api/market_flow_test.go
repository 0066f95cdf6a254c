package api

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// flowTrade is a trade as its event told it, in the units of the market.
type flowTrade struct {
	id         int64
	taker      msg.OrderID
	price, qty int64
	time       int64
	buyerMaker bool
}

// flow drives a market with random orders and writes down the trades. Pauses last
// from nothing to days, so that there are minutes, hours and days without a trade.
func flow(t *testing.T, a *testAPI, symbol msg.SymbolID, r *rand.Rand, orders int) []flowTrade {
	t.Helper()
	x := a.exchange
	var trades []flowTrade
	for range orders {
		switch r.IntN(20) {
		case 0:
			x.now += r.Int64N(40 * hour)
		case 1, 2:
			x.now += r.Int64N(hour)
		case 3, 4, 5, 6, 7, 8:
			x.now += r.Int64N(20 * second)
		}
		account, side := ann, msg.Side(r.IntN(2))
		if r.IntN(2) == 0 {
			account = bob
		}
		price := msg.Price(100_000 + r.IntN(200) - 100*int(side))
		for _, e := range x.place(t, account, symbol, side, price, msg.Qty(1+r.IntN(5000))) {
			if e.Kind == msg.Traded {
				trades = append(trades, flowTrade{
					int64(e.Trade), e.Taker, int64(e.Price), int64(e.Qty), x.now, side == msg.Sell,
				})
			}
		}
	}
	a.wall = x.now
	return trades
}

// decimal8 writes n/d, rounded down, with eight decimals.
func decimal8(n, d *big.Int) string {
	scaled := new(big.Int).Mul(n, big.NewInt(1e8))
	q, rest := new(big.Int).QuoRem(scaled.Quo(scaled, d), big.NewInt(1e8), new(big.Int))
	return fmt.Sprintf("%s.%08d", q, rest.Int64())
}

// In BTCUSDT a tick is a hundredth and a lot a hundred-thousandth.
const (
	ticksPerUnit = 100
	lotsPerUnit  = 100_000
)

func priceText(ticks int64) string { return decimal8(big.NewInt(ticks), big.NewInt(ticksPerUnit)) }
func qtyText(lots int64) string    { return decimal8(big.NewInt(lots), big.NewInt(lotsPerUnit)) }

// sums is what trades add up to.
type sums struct {
	open, high, low, last, lastQty int64
	volume, takerVolume            int64
	quote, takerQuote              *big.Int // in ticks × lots
	first, lastID, count           int64
}

func sum(trades []flowTrade) sums {
	s := sums{quote: new(big.Int), takerQuote: new(big.Int), first: -1, lastID: -1}
	for i, t := range trades {
		if i == 0 {
			s.open, s.high, s.low, s.first = t.price, t.price, t.price, t.id
		}
		s.high, s.low = max(s.high, t.price), min(s.low, t.price)
		s.last, s.lastQty, s.lastID = t.price, t.qty, t.id
		s.count++
		s.volume += t.qty
		cost := new(big.Int).Mul(big.NewInt(t.price), big.NewInt(t.qty))
		s.quote.Add(s.quote, cost)
		if !t.buyerMaker {
			s.takerVolume += t.qty
			s.takerQuote.Add(s.takerQuote, cost)
		}
	}
	return s
}

func quoteText(ticksLots *big.Int) string {
	return decimal8(ticksLots, big.NewInt(ticksPerUnit*lotsPerUnit))
}

// between returns the trades from one time up to before another.
func between(trades []flowTrade, from, to int64) []flowTrade {
	var some []flowTrade
	for _, t := range trades {
		if t.time >= from && t.time < to {
			some = append(some, t)
		}
	}
	return some
}

// barStart returns where the bar of an interval starts that holds a time.
func barStart(interval string, at, shift int64) int64 {
	day := time.Unix(0, at+shift).UTC()
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
	switch interval {
	case "1w":
		return midnight.AddDate(0, 0, -(int(day.Weekday())+6)%7).UnixNano() - shift
	case "1M":
		return midnight.AddDate(0, 0, 1-day.Day()).UnixNano() - shift
	default:
		length := intervalLength(interval)
		return (at+shift)/length*length - shift
	}
}

func intervalLength(interval string) int64 {
	unit := map[byte]int64{'s': second, 'm': minute, 'h': hour, 'd': day}[interval[len(interval)-1]]
	var n int64
	_, _ = fmt.Sscanf(interval, "%d", &n)
	return n * unit
}

func nextBar(interval string, start, shift int64) int64 {
	switch interval {
	case "1w":
		return start + 7*day
	case "1M":
		return time.Unix(0, start+shift).UTC().AddDate(0, 1, 0).UnixNano() - shift
	default:
		return start + intervalLength(interval)
	}
}

// flowBars returns the newest bars of an interval as the wire format has them.
func flowBars(trades []flowTrade, interval string, shift, now int64, limit int) []string {
	var rows []string
	last := int64(0)
	from := trades[0].time
	if length := intervalLength(interval); length > 0 { // seconds of days would be too many to go through
		from = max(from, now-int64(limit)*length)
		if before := between(trades, 0, barStart(interval, from, shift)); len(before) > 0 {
			last = before[len(before)-1].price
		}
	}
	for start := barStart(interval, from, shift); start <= now; start = nextBar(interval, start, shift) {
		end := nextBar(interval, start, shift)
		s := sum(between(trades, start, end))
		if s.count == 0 {
			s.open, s.high, s.low, s.last = last, last, last, last
		}
		last = s.last
		rows = append(rows, fmt.Sprintf(`[%d,"%s","%s","%s","%s","%s",%d,"%s",%d,"%s","%s","0"]`, start/ms,
			priceText(s.open), priceText(s.high), priceText(s.low), priceText(s.last), qtyText(s.volume), end/ms-1,
			quoteText(s.quote), s.count, qtyText(s.takerVolume), quoteText(s.takerQuote)))
	}
	return rows[max(0, len(rows)-limit):]
}

// TestBarsOfFlow recomputes the bars of all intervals from the trades.
func TestBarsOfFlow(t *testing.T) {
	seed := rand.Uint64()
	a := newTestAPI(t, Limits{})
	trades := flow(t, a, btcusdt, rand.New(rand.NewPCG(seed, 1)), 600)
	for _, interval := range intervals() {
		for _, zone := range []struct {
			text  string
			shift int64
		}{{"0", 0}, {"-5:30", -330 * minute}, {"14", 14 * hour}} {
			want := "[" + strings.Join(flowBars(trades, interval, zone.shift, a.exchange.now, 30), ",") + "]"
			got := a.answer(t, "klines", "symbol=BTCUSDT&limit=30&interval="+interval+"&timeZone="+zone.text)
			if got != want {
				t.Fatalf("seed %d: %s bars at %s\n got %s\nwant %s", seed, interval, zone.text, got, want)
			}
		}
	}
}

// TestTickersOfFlow recomputes tickers from the trades.
func TestTickersOfFlow(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 2))
	a := newTestAPI(t, Limits{})
	x := a.exchange
	var trades []flowTrade
	for range 30 {
		trades = append(trades, flow(t, a, btcusdt, r, 40)...)
		x.now += r.Int64N(3 * hour)
		midnight := x.now / day * day
		for path, from := range map[string]int64{
			"ticker/24hr?symbol=BTCUSDT":              x.now - day,
			"ticker?symbol=BTCUSDT":                   x.now - day,
			"ticker?symbol=BTCUSDT&windowSize=59m":    x.now - 59*minute,
			"ticker?symbol=BTCUSDT&windowSize=23h":    x.now - 23*hour,
			"ticker?symbol=BTCUSDT&windowSize=7d":     x.now - 7*day,
			"ticker/tradingDay?symbol=BTCUSDT":        midnight,
			"ticker/24hr?symbol=BTCUSDT&type=MINI":    x.now - day,
			"ticker?windowSize=2d&symbol=BTCUSDT&":    x.now - 2*day,
			"ticker/24hr?symbols=%5B%22BTCUSDT%22%5D": x.now - day,
		} {
			name, query, _ := strings.Cut(path, "?")
			var got map[string]any
			text := strings.Trim(a.answer(t, name, query), "[]")
			d := json.NewDecoder(strings.NewReader(text))
			d.UseNumber()
			if err := d.Decode(&got); err != nil {
				t.Fatal(err)
			}
			compareTicker(t, fmt.Sprintf("seed %d: %s", seed, path), got, between(trades, from/minute*minute, x.now+1))
		}
	}
}

// compareTicker holds the fields of a ticker against the trades of its window.
func compareTicker(t *testing.T, name string, got map[string]any, window []flowTrade) {
	t.Helper()
	s := sum(window)
	want := map[string]string{
		"openPrice": priceText(s.open), "highPrice": priceText(s.high), "lowPrice": priceText(s.low), "lastPrice": priceText(s.last),
		"volume": qtyText(s.volume), "quoteVolume": quoteText(s.quote),
		"firstId": strconv.FormatInt(s.first, 10), "lastId": strconv.FormatInt(s.lastID, 10), "count": strconv.FormatInt(s.count, 10),
	}
	if _, full := got["priceChange"]; full {
		change := s.last - s.open
		sign := ""
		if change < 0 {
			sign = "-"
		}
		want["priceChange"] = sign + priceText(max(change, -change))
		want["weightedAvgPrice"] = "0.00000000"
		if s.volume > 0 { // ticks × lots over lots are ticks
			want["weightedAvgPrice"] = decimal8(s.quote, big.NewInt(s.volume*ticksPerUnit))
		}
		percent := "0.000"
		if s.open > 0 {
			percent = big.NewRat(100*change, s.open).FloatString(3)
		}
		want["priceChangePercent"] = percent
	}
	if _, ok := got["lastQty"]; ok {
		want["lastQty"] = qtyText(s.lastQty)
	}
	for field, value := range want {
		if fmt.Sprint(got[field]) != value {
			t.Errorf("%s: %s is %v, want %s", name, field, got[field], value)
		}
	}
}

// TestTapeOfFlow asks for trades and aggregate trades page by page and in spans of
// time.
func TestTapeOfFlow(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 3))
	a := newTestAPI(t, Limits{})
	trades := flow(t, a, btcusdt, r, 800)
	type aggregate struct {
		id, price, qty, first, last, time int64
		taker                             msg.OrderID
		buyerMaker                        bool
	}
	var rows []string
	var aggs []aggregate
	for _, t := range trades {
		cost := new(big.Int).Mul(big.NewInt(t.price), big.NewInt(t.qty))
		rows = append(rows, fmt.Sprintf(`{"id":%d,"price":"%s","qty":"%s","quoteQty":"%s","time":%d,"isBuyerMaker":%v,"isBestMatch":true}`,
			t.id, priceText(t.price), qtyText(t.qty), quoteText(cost), t.time/ms, t.buyerMaker))
		if n := len(aggs); n > 0 && aggs[n-1].taker == t.taker && aggs[n-1].price == t.price {
			aggs[n-1].qty, aggs[n-1].last = aggs[n-1].qty+t.qty, t.id
			continue
		}
		aggs = append(aggs, aggregate{int64(len(aggs) + 1), t.price, t.qty, t.id, t.id, t.time, t.taker, t.buyerMaker})
	}
	text := func(some []aggregate) string {
		var rows []string
		for _, g := range some {
			rows = append(rows, fmt.Sprintf(`{"a":%d,"p":"%s","q":"%s","f":%d,"l":%d,"T":%d,"m":%v,"M":true}`,
				g.id, priceText(g.price), qtyText(g.qty), g.first, g.last, g.time/ms, g.buyerMaker))
		}
		return "[" + strings.Join(rows, ",") + "]"
	}
	for range 200 {
		limit := 1 + r.IntN(50)
		from := 1 + r.IntN(len(rows)+5)
		if got, want := a.answer(t, "historicalTrades", fmt.Sprintf("symbol=BTCUSDT&fromId=%d&limit=%d", from, limit)),
			"["+strings.Join(rows[min(from-1, len(rows)):min(from-1+limit, len(rows))], ",")+"]"; got != want {
			t.Fatalf("seed %d: %d trades from %d\n got %s\nwant %s", seed, limit, from, got, want)
		}
		start, end := trades[r.IntN(len(trades))].time/ms, trades[r.IntN(len(trades))].time/ms
		inside := func(first, last int64) []aggregate {
			some := slices.Clone(aggs)
			return slices.DeleteFunc(some, func(g aggregate) bool { return g.time/ms < first || g.time/ms > last })
		}
		oldest := func(s []aggregate) []aggregate { return s[:min(limit, len(s))] }
		newest := func(s []aggregate) []aggregate { return s[max(0, len(s)-limit):] }
		for query, want := range map[string][]aggregate{
			fmt.Sprintf("startTime=%d", start):                 oldest(inside(start, 1<<62)),
			fmt.Sprintf("endTime=%d", end):                     newest(inside(0, end)),
			fmt.Sprintf("startTime=%d&endTime=%d", start, end): oldest(inside(start, end)),
			"": newest(aggs),
		} {
			query = fmt.Sprintf("symbol=BTCUSDT&limit=%d&%s", limit, query)
			if got, want := a.answer(t, "aggTrades", query), text(want); got != want {
				t.Fatalf("seed %d: %s\n got %s\nwant %s", seed, query, got, want)
			}
		}
	}
}

// TestBooksOfFlow holds depth and best prices against the engine's own books.
func TestBooksOfFlow(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 4))
	a := newTestAPI(t, Limits{})
	for range 20 {
		flow(t, a, btcusdt, r, 20)
		var sides [2][]string
		for side := range sides {
			a.exchange.engine.EachLevel(btcusdt, msg.Side(side), func(p msg.Price, q msg.Qty, _ int) bool {
				sides[side] = append(sides[side], fmt.Sprintf(`["%s","%s"]`, priceText(int64(p)), qtyText(int64(q))))
				return true
			})
		}
		for _, limit := range []int{1, 5, 5000} {
			want := fmt.Sprintf(`"bids":[%s],"asks":[%s]}`, strings.Join(sides[0][:min(limit, len(sides[0]))], ","),
				strings.Join(sides[1][:min(limit, len(sides[1]))], ","))
			got := a.answer(t, "depth", fmt.Sprintf("symbol=BTCUSDT&limit=%d", limit))
			if _, levels, _ := strings.Cut(got, ","); levels != want {
				t.Fatalf("seed %d: %d levels\n got %s\nwant %s", seed, limit, got, want)
			}
		}
		best := func(levels []string) (price, qty string) {
			if len(levels) == 0 {
				return `"0.00000000"`, `"0.00000000"`
			}
			price, qty, _ = strings.Cut(strings.Trim(levels[0], "[]"), ",")
			return price, qty
		}
		bid, bidQty := best(sides[0])
		ask, askQty := best(sides[1])
		want := fmt.Sprintf(`{"symbol":"BTCUSDT","bidPrice":%s,"bidQty":%s,"askPrice":%s,"askQty":%s}`, bid, bidQty, ask, askQty)
		if got := a.answer(t, "ticker/bookTicker", "symbol=BTCUSDT"); got != want {
			t.Fatalf("seed %d\n got %s\nwant %s", seed, got, want)
		}
	}
}
