package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// rawStreams is a connection with streams, and what each of them has told.
type rawStreams struct {
	*rawSocket
	told map[string][]string
}

// follows opens a combined connection with streams.
func (r *rawVenue) follows(streams ...string) *rawStreams {
	r.t.Helper()
	return &rawStreams{r.dial("/stream?streams=" + strings.Join(streams, "/")), make(map[string][]string)}
}

// listen takes what comes in a while.
func (s *rawStreams) listen(long time.Duration) {
	s.t.Helper()
	s.listenUntil(time.Now().Add(long), func() bool { return false })
}

// await takes what comes until each of some streams has told so often.
func (s *rawStreams) await(times int, streams ...string) {
	s.t.Helper()
	all := func() bool {
		return !slices.ContainsFunc(streams, func(name string) bool { return len(s.told[name]) < times })
	}
	s.listenUntil(time.Now().Add(rawPatience), all)
	for _, name := range streams {
		if len(s.told[name]) < times {
			s.t.Fatalf("%s has told %q, want %d messages", name, s.told[name], times)
		}
	}
}

// listenUntil takes what comes until there is enough or it is late. What the library
// calls a failed read is final, so each connection ends with being late.
func (s *rawStreams) listenUntil(end time.Time, enough func() bool) {
	s.t.Helper()
	for !enough() {
		if err := s.conn.SetReadDeadline(end); err != nil {
			s.t.Fatal(err)
		}
		kind, text, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		m := readRaw[struct {
			Stream string
			Data   json.RawMessage
		}](s.t, string(text))
		if kind != websocket.TextMessage || m.Stream == "" {
			s.t.Errorf("a message of kind %d: %s", kind, text)
		}
		s.told[m.Stream] = append(s.told[m.Stream], string(m.Data))
	}
}

// The messages about the market of the tests, by what is in them.
func rawTickerEvent(symbol, change, percent, average, last, lastQty, top, span, volume, quote string, open, now int64, ids string) string {
	return fmt.Sprintf(`{"e":"24hrTicker","E":%d,"s":%q,"p":%q,"P":%q,"w":%q,"x":"0.00000000","c":%q,"Q":%q,%s,%s,"v":%q,"q":%q,"O":%d,"C":%d,%s}`,
		now, symbol, change, percent, average, last, lastQty, top, span, volume, quote, open, now, ids)
}

func rawWindowEvent(kind, symbol, change, percent, average, last, span, volume, quote string, open, now int64, ids string) string {
	return fmt.Sprintf(`{"e":%q,"E":%d,"s":%q,"p":%q,"P":%q,"w":%q,"c":%q,%s,"v":%q,"q":%q,"O":%d,"C":%d,%s}`,
		kind, now, symbol, change, percent, average, last, span, volume, quote, open, now, ids)
}

func rawMiniEvent(symbol, last, span, volume, quote string, now int64) string {
	return fmt.Sprintf(`{"e":"24hrMiniTicker","E":%d,"s":%q,"c":%q,%s,"v":%q,"q":%q}`, now, symbol, last, span, volume, quote)
}

const (
	rawZeroRange = `"o":"0.00000000","h":"0.00000000","l":"0.00000000"`
	rawZeroTop   = `"b":"0.00000000","B":"0.00000000","a":"0.00000000","A":"0.00000000"`
	rawNoIDs     = `"F":-1,"L":-1,"n":0`
	rawRange     = `"o":"20000.00000000","h":"20000.00000000","l":"19900.00000000"`
	rawTop       = `"b":"19800.00000000","B":"1.20000000","a":"20000.00000000","A":"0.05000000"`
)

// rawQuietPushes is what the streams of a symbol tell first in which nothing was
// ever traded.
func rawQuietPushes(symbol string, now int64) map[string]string {
	lower := strings.ToLower(symbol)
	floor := func(at int64) int64 { return at - at%60_000 }
	window := func(kind string, long int64) string {
		return rawWindowEvent(kind, symbol, rawZero, "0.000", rawZero, rawZero, rawZeroRange, rawZero, rawZero, floor(now-long), now, rawNoIDs)
	}
	bar := func(interval string, open, end int64) string {
		return fmt.Sprintf(`{"e":"kline","E":%d,"s":%q,"k":{"t":%d,"T":%d,"s":%q,"i":%q,"f":-1,"L":-1,"o":"0.00000000","c":"0.00000000","h":"0.00000000","l":"0.00000000",`+
			`"v":"0.00000000","n":0,"x":false,"q":"0.00000000","V":"0.00000000","Q":"0.00000000","B":"0"}}`, now, symbol, open, end, symbol, interval)
	}
	book := `{"lastUpdateId":0,"bids":[],"asks":[]}`
	pushes := map[string]string{
		"@ticker":     rawTickerEvent(symbol, rawZero, "0.000", rawZero, rawZero, rawZero, rawZeroTop, rawZeroRange, rawZero, rawZero, now-rawDay, now, rawNoIDs),
		"@miniTicker": rawMiniEvent(symbol, rawZero, rawZeroRange, rawZero, rawZero, now),
		"@ticker_1h":  window("1hTicker", 3_600_000), "@ticker_4h": window("4hTicker", 4*3_600_000), "@ticker_1d": window("1dTicker", rawDay),
		"@avgPrice":   fmt.Sprintf(`{"e":"avgPrice","E":%d,"s":%q,"i":"5m","w":"0.00000000","T":0}`, now, symbol),
		"@bookTicker": fmt.Sprintf(`{"u":0,"s":%q,%s}`, symbol, rawZeroTop),
		"@kline_1m":   bar("1m", floor(now), floor(now)+59_999), "@kline_1m@+08:00": bar("1m", floor(now), floor(now)+59_999),
		"@kline_1d": bar("1d", now-now%rawDay, now-now%rawDay+rawDay-1), "@kline_1d@+08:00": bar("1d", now-now%rawDay-8*3_600_000, now-now%rawDay+16*3_600_000-1),
		"@kline_1s": bar("1s", now-now%1000, now-now%1000+999),
	}
	for _, depth := range []string{"5", "10", "20", "5@100ms", "10@100ms", "20@100ms"} {
		pushes["@depth"+depth] = book
	}
	named := make(map[string]string)
	for name, want := range pushes {
		named[lower+name] = want
	}
	return named
}

// TestRawFirstPushes opens every stream in a market in which nothing happens: those
// that have a present state tell it once, and then there is silence.
func TestRawFirstPushes(t *testing.T) {
	t.Parallel()
	r, _, _ := openMarket(t)
	now := rawNow
	want := rawQuietPushes("ETHBTC", now)
	floor := now - now%60_000
	lastMinute := `{"t":%d,"T":%d,"s":"BTCUSDT","i":%q,"f":3,"L":3,"o":"19900.00000000","c":"19900.00000000","h":"19900.00000000","l":"19900.00000000",` +
		`"v":"0.30000000","n":1,"x":false,"q":"5970.00000000","V":"0.00000000","Q":"0.00000000","B":"0"}`
	ids := `"F":1,"L":3,"n":3`
	book := `{"lastUpdateId":"<id:u>","bids":[["19800.00000000","1.20000000"],["19700.00000000","0.00100000"]],"asks":[["20000.00000000","0.05000000"],["20100.50000000","1.00000000"]]}`
	day := rawTickerEvent("BTCUSDT", "-100.00000000", "-0.500", "19945.45454545", "19900.00000000", "0.30000000", rawTop, rawRange, "0.55000000", "10970.00000000", now-rawDay, now, ids)
	mini := rawMiniEvent("BTCUSDT", "19900.00000000", rawRange, "0.55000000", "10970.00000000", now)
	window := func(kind string, long int64) string {
		return rawWindowEvent(kind, "BTCUSDT", "-100.00000000", "-0.500", "19945.45454545", "19900.00000000", rawRange, "0.55000000", "10970.00000000", floor-long, now, ids)
	}
	maps.Copy(want, map[string]string{
		"btcusdt@ticker": day, "btcusdt@miniTicker": mini,
		"btcusdt@ticker_1h": window("1hTicker", 3_600_000), "btcusdt@ticker_4h": window("4hTicker", 4*3_600_000), "btcusdt@ticker_1d": window("1dTicker", rawDay),
		"btcusdt@kline_1m":   fmt.Sprintf(`{"e":"kline","E":%d,"s":"BTCUSDT","k":`+lastMinute+`}`, now, floor, floor+59_999, "1m"),
		"btcusdt@avgPrice":   fmt.Sprintf(`{"e":"avgPrice","E":%d,"s":"BTCUSDT","i":"5m","w":"19945.45454545","T":%d}`, now, rawSecond),
		"btcusdt@bookTicker": `{"u":"<id>","s":"BTCUSDT",` + rawTop + `}`,
		"btcusdt@depth5":     book, "btcusdt@depth20@100ms": book,
	})
	eth := rawQuietPushes("ETHUSDT", now)
	for name, list := range map[string][3]string{
		"!ticker@arr":     {day, eth["ethusdt@ticker"], want["ethbtc@ticker"]},
		"!miniTicker@arr": {mini, eth["ethusdt@miniTicker"], want["ethbtc@miniTicker"]},
		"!ticker_1h@arr":  {window("1hTicker", 3_600_000), eth["ethusdt@ticker_1h"], want["ethbtc@ticker_1h"]},
		"!ticker_4h@arr":  {window("4hTicker", 4*3_600_000), eth["ethusdt@ticker_4h"], want["ethbtc@ticker_4h"]},
		"!ticker_1d@arr":  {window("1dTicker", rawDay), eth["ethusdt@ticker_1d"], want["ethbtc@ticker_1d"]},
	} {
		want[name] = "[" + strings.Join(list[:], ",") + "]"
	}
	silent := []string{
		"btcusdt@trade", "btcusdt@aggTrade", "btcusdt@depth", "btcusdt@depth@100ms", "ethbtc@depth", "btcusdt@referencePrice", "btcusdt@blockTrade",
		"none@ticker", "none@depth5", "BTCUSDT@ticker", "btcusdt@kline_2m", "btcusdt@depth7", "btcusdt", "@trade", "!bookTicker",
	}
	s := r.follows(append(slices.Sorted(maps.Keys(want)), silent...)...)
	s.listen(time.Duration(scaled(1200, 1200, 5000)) * time.Millisecond)
	for name, text := range want {
		if got := s.told[name]; len(got) != 1 {
			t.Errorf("%s has told %q, want one message", name, got)
		} else {
			rawMatch(t, name, text, got[0], r.vars)
		}
	}
	for _, name := range silent {
		if got := s.told[name]; len(got) != 0 {
			t.Errorf("%s has told %q, want nothing", name, got)
		}
	}

	// It is the same for who subscribes by a message, behind the answer.
	p := r.dial("/ws")
	rawMatch(t, "subscribe", `{"result":null,"id":1}`, p.ask(`{"method":"SUBSCRIBE","params":["ethbtc@bookTicker","btcusdt@depth5"],"id":1}`), nil)
	if len(p.events) != 0 {
		t.Errorf("before the answer comes %q", p.events)
	}
	rawMatch(t, "best prices", want["ethbtc@bookTicker"], p.event(), nil)
	rawMatch(t, "best levels", book, p.event(), r.vars)
	rawMatch(t, "subscribed once more", `{"result":null,"id":2}`, p.ask(`{"method":"SUBSCRIBE","params":["ethbtc@bookTicker"],"id":2}`), nil)
}

// TestRawPushes has one trade take place and looks at what each stream tells of it,
// and then at the end of a bar.
func TestRawPushes(t *testing.T) {
	t.Parallel()
	r, _, taker := openMarket(t)
	s := r.follows("btcusdt@trade", "btcusdt@aggTrade", "btcusdt@bookTicker", "btcusdt@ticker", "btcusdt@miniTicker", "btcusdt@ticker_1h", "btcusdt@avgPrice",
		"btcusdt@kline_1m", "btcusdt@depth5", "btcusdt@depth5@100ms", "btcusdt@depth", "btcusdt@depth@100ms", "!miniTicker@arr", "!ticker@arr")
	first := []string{"btcusdt@bookTicker", "btcusdt@ticker", "btcusdt@miniTicker", "btcusdt@ticker_1h", "btcusdt@avgPrice", "btcusdt@kline_1m", "btcusdt@depth5", "!miniTicker@arr", "!ticker@arr"}
	s.await(1, first...)
	clear(s.told)
	order := r.limit(&taker, "BUY", "0.05", "20000")
	if order.Status != "FILLED" {
		t.Fatalf("%+v", order)
	}
	now, floor := rawNow, rawSecond
	top := `"b":"19800.00000000","B":"1.20000000","a":"20100.50000000","A":"1.00000000"`
	day := rawTickerEvent("BTCUSDT", rawZero, "0.000", "19950.00000000", "20000.00000000", "0.05000000", top, rawRange, "0.60000000", "11970.00000000", now-rawDay, now, `"F":1,"L":4,"n":4`)
	mini := rawMiniEvent("BTCUSDT", "20000.00000000", rawRange, "0.60000000", "11970.00000000", now)
	book := `{"lastUpdateId":"<id:after>","bids":[["19800.00000000","1.20000000"],["19700.00000000","0.00100000"]],"asks":[["20100.50000000","1.00000000"]]}`
	diff := fmt.Sprintf(`{"e":"depthUpdate","E":%d,"s":"BTCUSDT","U":"<id:after>","u":"<id:after>","b":[],"a":[["20000.00000000","0.00000000"]]}`, now)
	bar := func(now int64, closed bool) string {
		return fmt.Sprintf(`{"e":"kline","E":%d,"s":"BTCUSDT","k":{"t":%d,"T":%d,"s":"BTCUSDT","i":"1m","f":3,"L":4,"o":"19900.00000000","c":"20000.00000000",`+
			`"h":"20000.00000000","l":"19900.00000000","v":"0.35000000","n":2,"x":%t,"q":"6970.00000000","V":"0.05000000","Q":"1000.00000000","B":"0"}}`, now, floor, floor+59_999, closed)
	}
	want := map[string]string{
		"btcusdt@trade":      fmt.Sprintf(`{"e":"trade","E":%d,"s":"BTCUSDT","t":4,"p":"20000.00000000","q":"0.05000000","T":%d,"m":false,"M":true}`, now, now),
		"btcusdt@aggTrade":   fmt.Sprintf(`{"e":"aggTrade","E":%d,"s":"BTCUSDT","a":3,"p":"20000.00000000","q":"0.05000000","f":4,"l":4,"T":%d,"m":false,"M":true}`, now, now),
		"btcusdt@bookTicker": `{"u":"<id:after>","s":"BTCUSDT",` + top + `}`,
		"btcusdt@ticker":     day, "btcusdt@miniTicker": mini, "!ticker@arr": "[" + day + "]", "!miniTicker@arr": "[" + mini + "]",
		"btcusdt@ticker_1h": rawWindowEvent("1hTicker", "BTCUSDT", rawZero, "0.000", "19950.00000000", "20000.00000000", rawRange, "0.60000000", "11970.00000000",
			floor-3_600_000, now, `"F":1,"L":4,"n":4`),
		"btcusdt@avgPrice": fmt.Sprintf(`{"e":"avgPrice","E":%d,"s":"BTCUSDT","i":"5m","w":"19950.00000000","T":%d}`, now, now),
		"btcusdt@kline_1m": bar(now, false),
		"btcusdt@depth5":   book, "btcusdt@depth5@100ms": book, "btcusdt@depth": diff, "btcusdt@depth@100ms": diff,
	}
	s.await(1, slices.Sorted(maps.Keys(want))...)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if len(s.told[name]) != 1 {
			t.Errorf("%s has told %q, want one message", name, s.told[name])
		}
		rawMatch(t, name, want[name], s.told[name][0], r.vars)
	}

	// The bar ends when time goes on, and is told once more as it was.
	clear(s.told)
	r.advance(time.Minute)
	s.await(1, "btcusdt@kline_1m")
	rawMatch(t, "the end of a bar", bar(now+60_000, true), s.told["btcusdt@kline_1m"][0], nil)
}

// TestRawPaces trades all the time and counts what each stream tells meanwhile: no
// more than its pace, and not nothing.
func TestRawPaces(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	maker, taker := r.rich(), r.rich()
	paces := map[string]time.Duration{
		"btcusdt@depth": time.Second, "btcusdt@depth5": time.Second, "btcusdt@ticker": time.Second, "btcusdt@miniTicker": time.Second, "btcusdt@ticker_4h": time.Second,
		"btcusdt@avgPrice": time.Second, "!miniTicker@arr": time.Second, "!ticker@arr": time.Second, "btcusdt@kline_1s": time.Second, "btcusdt@kline_1h": 2 * time.Second,
		"btcusdt@depth@100ms": 100 * time.Millisecond, "btcusdt@depth20@100ms": 100 * time.Millisecond,
	}
	s := r.follows(append(slices.Sorted(maps.Keys(paces)), "btcusdt@trade")...)
	trades := r.dial("/ws-api/v3?returnRateLimits=false")
	begin := time.Now()
	long := time.Duration(scaled(1500, 1500, 10_000)) * time.Millisecond
	done := make(chan int)
	go func() {
		n := 0
		for ; time.Since(begin) < long; n++ {
			trades.call(&maker, "order.place", fmt.Sprintf("symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=%d", 20_000+n%3*n))
			trades.call(&taker, "order.place", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.001&price=40000")
			pause(t.Context(), 5*time.Millisecond)
		}
		done <- n
	}()
	s.listenUntil(begin.Add(long), func() bool { return false })
	taken := time.Since(begin)
	n := <-done
	for name, pace := range paces {
		told := len(s.told[name])
		most := int(taken/pace) + 2 // one at the begin, and one for the part of a beat
		if least := max(int(long/pace)/2, 1); told < least || told > most {
			t.Errorf("%s has told %d times in %v, want %d to %d", name, told, taken, least, most)
		}
	}
	if told := len(s.told["btcusdt@trade"]); told < n/2 || told > n {
		t.Errorf("%d of %d trades were told", told, n)
	}
}
