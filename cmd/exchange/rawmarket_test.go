package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The times of the market that the tests look at, in milliseconds.
const (
	rawFirst  = rawStart          // two trades at 20000
	rawSecond = rawStart + 60_000 // one at 19900
	rawNow    = rawStart + 90_000 // it is now
	rawDay    = int64(86_400_000)
)

// openMarket serves an exchange in which three trades of BTCUSDT have taken place,
// some orders wait, and nothing has happened to the other symbols.
func openMarket(t *testing.T, flags ...string) (r *rawVenue, maker, taker rawKey) {
	t.Helper()
	r = openRaw(t, flags...)
	maker, taker = r.trader(holding{"BTC", "10"}, holding{"USDT", "100000"}), r.trader(holding{"BTC", "10"}, holding{"USDT", "100000"})
	r.limit(&maker, "SELL", "0.1", "20000")
	r.limit(&maker, "SELL", "0.2", "20000")
	r.limit(&taker, "BUY", "0.25", "20000")
	r.advance(time.Minute)
	r.limit(&maker, "BUY", "0.3", "19900")
	r.place(&taker, "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.3")
	r.advance(30 * time.Second)
	r.limit(&maker, "SELL", "1", "20100.5")
	r.limit(&maker, "BUY", "0.5", "19800")
	r.limit(&maker, "BUY", "0.7", "19800")
	r.limit(&maker, "BUY", "0.001", "19700")
	return r, maker, taker
}

// rawFilters are the filters of BTCUSDT.
const rawFilters = `[{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},` +
	`{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},` +
	`{"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"100.00000000","stepSize":"0.00000000"},` +
	`{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5},` +
	`{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},{"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":10}]`

// rawSymbol is what exchangeInfo says of a symbol.
func rawSymbol(name, status, base, quote, filters, sets string) string {
	return fmt.Sprintf(`{"symbol":%q,"status":%q,"baseAsset":%q,"baseAssetPrecision":8,"quoteAsset":%q,"quotePrecision":8,"quoteAssetPrecision":8,`+
		`"baseCommissionPrecision":8,"quoteCommissionPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"icebergAllowed":false,"ocoAllowed":false,`+
		`"otoAllowed":false,"opoAllowed":false,"quoteOrderQtyMarketAllowed":true,"allowTrailingStop":false,"cancelReplaceAllowed":true,"amendAllowed":true,`+
		`"pegInstructionsAllowed":false,"isSpotTradingAllowed":true,"isMarginTradingAllowed":false,"filters":%s,"permissions":[],"permissionSets":%s,`+
		`"defaultSelfTradePreventionMode":"EXPIRE_MAKER","allowedSelfTradePreventionModes":["NONE","EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH","DECREMENT"]}`,
		name, status, base, quote, filters, sets)
}

// rawInfo is exchangeInfo with these symbols.
func rawInfo(symbols ...string) string {
	return `{"timezone":"UTC","serverTime":"<ms>","rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},` +
		`{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100},{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000},` +
		`{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":300000}],"exchangeFilters":[],"symbols":[` + strings.Join(symbols, ",") + `]}`
}

// The pieces of what is asked about the market.
var ( //nolint:gochecknoglobals // tables
	rawTrades = []string{
		fmt.Sprintf(`{"id":1,"price":"20000.00000000","qty":"0.10000000","quoteQty":"2000.00000000","time":%d,"isBuyerMaker":false,"isBestMatch":true}`, rawFirst),
		fmt.Sprintf(`{"id":2,"price":"20000.00000000","qty":"0.15000000","quoteQty":"3000.00000000","time":%d,"isBuyerMaker":false,"isBestMatch":true}`, rawFirst),
		fmt.Sprintf(`{"id":3,"price":"19900.00000000","qty":"0.30000000","quoteQty":"5970.00000000","time":%d,"isBuyerMaker":true,"isBestMatch":true}`, rawSecond),
	}
	rawAggs = []string{
		fmt.Sprintf(`{"a":1,"p":"20000.00000000","q":"0.25000000","f":1,"l":2,"T":%d,"m":false,"M":true}`, rawFirst),
		fmt.Sprintf(`{"a":2,"p":"19900.00000000","q":"0.30000000","f":3,"l":3,"T":%d,"m":true,"M":true}`, rawSecond),
	}
	rawBars = []string{
		fmt.Sprintf(`[%d,"20000.00000000","20000.00000000","20000.00000000","20000.00000000","0.25000000",%d,"5000.00000000",2,"0.25000000","5000.00000000","0"]`, rawFirst, rawFirst+59_999),
		fmt.Sprintf(`[%d,"19900.00000000","19900.00000000","19900.00000000","19900.00000000","0.30000000",%d,"5970.00000000",1,"0.00000000","0.00000000","0"]`, rawSecond, rawSecond+59_999),
	}
)

// rawBarOfAll is a bar that has all trades, from a time to another.
func rawBarOfAll(open, end int64) string {
	return fmt.Sprintf(`[%d,"20000.00000000","20000.00000000","19900.00000000","19900.00000000","0.55000000",%d,"10970.00000000",3,"0.25000000","5000.00000000","0"]`, open, end-1)
}

// rawWindow is the rolling ticker of BTCUSDT, with fields that only some forms have.
func rawWindow(more string, open, end int64) string {
	return fmt.Sprintf(`{"symbol":"BTCUSDT","priceChange":"-100.00000000","priceChangePercent":"-0.500","weightedAvgPrice":"19945.45454545",%s`+
		`"lastPrice":"19900.00000000","openPrice":"20000.00000000","highPrice":"20000.00000000","lowPrice":"19900.00000000","volume":"0.55000000",`+
		`"quoteVolume":"10970.00000000","openTime":%d,"closeTime":%d,"firstId":1,"lastId":3,"count":3}`, more, open, end)
}

const rawDayFields = `"prevClosePrice":"0.00000000","lastQty":"0.30000000","bidPrice":"19800.00000000","bidQty":"1.20000000",` +
	`"askPrice":"20000.00000000","askQty":"0.05000000",`

// rawMini is the short form of a ticker of BTCUSDT.
func rawMini(open, end int64) string {
	return fmt.Sprintf(`{"symbol":"BTCUSDT","openPrice":"20000.00000000","highPrice":"20000.00000000","lowPrice":"19900.00000000","lastPrice":"19900.00000000",`+
		`"volume":"0.55000000","quoteVolume":"10970.00000000","openTime":%d,"closeTime":%d,"firstId":1,"lastId":3,"count":3}`, open, end)
}

// rawQuiet is a ticker of a symbol in which nothing was traded.
func rawQuiet(symbol, more string, open, end int64) string {
	return fmt.Sprintf(`{"symbol":%q,"priceChange":"0.00000000","priceChangePercent":"0.000","weightedAvgPrice":"0.00000000",%s"lastPrice":"0.00000000",`+
		`"openPrice":"0.00000000","highPrice":"0.00000000","lowPrice":"0.00000000","volume":"0.00000000","quoteVolume":"0.00000000",`+
		`"openTime":%d,"closeTime":%d,"firstId":-1,"lastId":-1,"count":0}`, symbol, more, open, end)
}

const rawQuietDay = `"prevClosePrice":"0.00000000","lastQty":"0.00000000","bidPrice":"0.00000000","bidQty":"0.00000000","askPrice":"0.00000000","askQty":"0.00000000",`

// carried asks for something over HTTP, by its older path too where there is one, and
// over the websocket API, and holds all answers against the same.
func (r *rawVenue) carried(s *rawSocket, path, method, query, want string) {
	r.t.Helper()
	what := method + " " + query
	a := r.get("/api/v3/" + path + "?" + query)
	r.expect(what, a, 200, want)
	if got := a.header.Get("Content-Type"); got != rawJSON {
		r.t.Errorf("%s: the content type is %q", what, got)
	}
	if got := a.header.Get("Access-Control-Allow-Origin"); got != "*" {
		r.t.Errorf("%s: allowed for %q, want *", what, got)
	}
	_, result, refused := rawResult(r.t, s.call(nil, method, query))
	rawMatch(r.t, what+", over the websocket API", want, result+refused, r.vars)
	if !strings.Contains(want, "<ms>") && result != a.body {
		r.t.Errorf("%s: over the websocket API it is\n     %s\nnot %s", what, result, a.body)
	}
	switch path {
	case "ping", "time", "exchangeInfo", "depth", "trades", "historicalTrades", "aggTrades", "klines":
		r.expect(what+", by the older path", r.get("/api/v1/"+path+"?"+query), 200, want)
	}
}

// TestRawMarketData asks for all that anybody may know, and holds each answer against
// all its fields, over all carriers.
func TestRawMarketData(t *testing.T) {
	t.Parallel()
	r, _, _ := openMarket(t)
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	list := func(rows ...string) string { return "[" + strings.Join(rows, ",") + "]" }
	const (
		btc  = "symbol=BTCUSDT"
		both = `symbols=["BTCUSDT","ETHBTC"]`
	)
	midnight := rawNow - rawNow%rawDay
	dayAgo := rawNow - rawDay
	minute := rawNow - rawNow%60_000
	spot := `[["SPOT"]]`
	ethFilters := strings.NewReplacer("9000.00000000", "9000.00000000", `"0.00001000"`, `"0.00010000"`, `"100.00000000"`, `"2000.00000000"`).Replace(rawFilters)
	pairFilters := strings.NewReplacer(`"minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"`, `"minPrice":"0.00001000","maxPrice":"922327.00000000","tickSize":"0.00001000"`,
		`"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"`, `"0.00100000","maxQty":"100000.00000000","stepSize":"0.00100000"`,
		`"100.00000000"`, `"2000.00000000"`, `"5.00000000"`, `"0.00010000"`).Replace(rawFilters)
	btcusdt := rawSymbol("BTCUSDT", "TRADING", "BTC", "USDT", rawFilters, spot)
	for _, c := range []struct{ path, method, query, want string }{
		{"ping", "ping", "", `{}`},
		{"time", "time", "", `{"serverTime":"<ms>"}`},
		{"exchangeInfo", "exchangeInfo", "", rawInfo(btcusdt, rawSymbol("ETHUSDT", "TRADING", "ETH", "USDT", ethFilters, spot), rawSymbol("ETHBTC", "TRADING", "ETH", "BTC", pairFilters, spot))},
		{"exchangeInfo", "exchangeInfo", btc, rawInfo(btcusdt)},
		{"exchangeInfo", "exchangeInfo", btc + "&showPermissionSets=false", rawInfo(rawSymbol("BTCUSDT", "TRADING", "BTC", "USDT", rawFilters, "[]"))},
		{"exchangeInfo", "exchangeInfo", `symbols=["ETHBTC","BTCUSDT"]`, rawInfo(rawSymbol("ETHBTC", "TRADING", "ETH", "BTC", pairFilters, spot), btcusdt)},

		{"depth", "depth", btc, `{"lastUpdateId":"<id:u>","bids":[["19800.00000000","1.20000000"],["19700.00000000","0.00100000"]],"asks":[["20000.00000000","0.05000000"],["20100.50000000","1.00000000"]]}`},
		{"depth", "depth", btc + "&limit=1", `{"lastUpdateId":"<id:u>","bids":[["19800.00000000","1.20000000"]],"asks":[["20000.00000000","0.05000000"]]}`},
		{"depth", "depth", btc + "&limit=99999&symbolStatus=TRADING", `{"lastUpdateId":"<id:u>","bids":[["19800.00000000","1.20000000"],["19700.00000000","0.00100000"]],"asks":[["20000.00000000","0.05000000"],["20100.50000000","1.00000000"]]}`},
		{"depth", "depth", "symbol=ETHBTC", `{"lastUpdateId":0,"bids":[],"asks":[]}`},
		{"trades", "trades.recent", btc, list(rawTrades...)},
		{"historicalTrades", "trades.historical", btc, list(rawTrades...)},
		{"aggTrades", "trades.aggregate", btc, list(rawAggs...)},
		{"trades", "trades.recent", "symbol=ETHBTC", "[]"},
		{"historicalTrades", "trades.historical", "symbol=ETHBTC&fromId=1", "[]"},
		{"aggTrades", "trades.aggregate", "symbol=ETHBTC", "[]"},

		{"klines", "klines", btc + "&interval=1m", list(rawBars...)},
		{"uiKlines", "uiKlines", btc + "&interval=1m", list(rawBars...)},
		{"klines", "klines", btc + "&interval=3m", list(rawBarOfAll(rawStart, rawStart+180_000))},
		{"klines", "klines", btc + "&interval=1h", list(rawBarOfAll(rawStart-30*60_000, rawStart+30*60_000))},
		{"klines", "klines", btc + "&interval=1d", list(rawBarOfAll(midnight, midnight+rawDay))},
		{"klines", "klines", btc + "&interval=1d&timeZone=8", list(rawBarOfAll(midnight-8*3_600_000, midnight+16*3_600_000))},
		{"klines", "klines", btc + "&interval=1d&timeZone=-5:30", list(rawBarOfAll(midnight+5*3_600_000+1_800_000, midnight+29*3_600_000+1_800_000))},
		{"klines", "klines", btc + "&interval=1w", list(rawBarOfAll(midnight, midnight+7*rawDay))}, // a Monday
		{"klines", "klines", btc + "&interval=1M", list(rawBarOfAll(midnight-rawDay, midnight+30*rawDay))},
		{"klines", "klines", btc + fmt.Sprintf("&interval=1s&startTime=%d&endTime=%d", rawSecond-1000, rawSecond+1000), list(
			fmt.Sprintf(`[%d,"20000.00000000","20000.00000000","20000.00000000","20000.00000000","0.00000000",%d,"0.00000000",0,"0.00000000","0.00000000","0"]`, rawSecond-1000, rawSecond-1),
			fmt.Sprintf(`[%d,"19900.00000000","19900.00000000","19900.00000000","19900.00000000","0.30000000",%d,"5970.00000000",1,"0.00000000","0.00000000","0"]`, rawSecond, rawSecond+999),
			fmt.Sprintf(`[%d,"19900.00000000","19900.00000000","19900.00000000","19900.00000000","0.00000000",%d,"0.00000000",0,"0.00000000","0.00000000","0"]`, rawSecond+1000, rawSecond+1999),
		)},
		{"klines", "klines", "symbol=ETHBTC&interval=1m", "[]"},
		{"avgPrice", "avgPrice", btc, fmt.Sprintf(`{"mins":5,"price":"19945.45454545","closeTime":%d}`, rawSecond)},

		{"ticker/24hr", "ticker.24hr", btc, rawWindow(rawDayFields, dayAgo, rawNow)},
		{"ticker/24hr", "ticker.24hr", btc + "&type=FULL", rawWindow(rawDayFields, dayAgo, rawNow)},
		{"ticker/24hr", "ticker.24hr", btc + "&type=MINI", rawMini(dayAgo, rawNow)},
		{"ticker/24hr", "ticker.24hr", both, list(rawWindow(rawDayFields, dayAgo, rawNow), rawQuiet("ETHBTC", rawQuietDay, dayAgo, rawNow))},
		{"ticker/24hr", "ticker.24hr", "", list(rawWindow(rawDayFields, dayAgo, rawNow), rawQuiet("ETHUSDT", rawQuietDay, dayAgo, rawNow), rawQuiet("ETHBTC", rawQuietDay, dayAgo, rawNow))},
		{"ticker", "ticker", btc, rawWindow("", minute-rawDay, rawNow)},
		{"ticker", "ticker", btc + "&windowSize=2m&type=MINI", rawMini(minute-120_000, rawNow)},
		{"ticker", "ticker", btc + "&windowSize=23h", rawWindow("", minute-23*3_600_000, rawNow)},
		{"ticker", "ticker", btc + "&windowSize=7d", rawWindow("", minute-7*rawDay, rawNow)},
		{"ticker", "ticker", both, list(rawWindow("", minute-rawDay, rawNow), rawQuiet("ETHBTC", "", minute-rawDay, rawNow))},
		{"ticker/tradingDay", "ticker.tradingDay", btc, rawWindow("", midnight, midnight+rawDay-1)},
		{"ticker/tradingDay", "ticker.tradingDay", btc + "&timeZone=10:30", rawWindow("", midnight-37_800_000, midnight+rawDay-37_800_000-1)},
		{"ticker/tradingDay", "ticker.tradingDay", btc + "&timeZone=-11&type=MINI", rawMini(midnight-13*3_600_000, midnight+11*3_600_000-1)},
		{"ticker/tradingDay", "ticker.tradingDay", both, list(rawWindow("", midnight, midnight+rawDay-1), rawQuiet("ETHBTC", "", midnight, midnight+rawDay-1))},
		{"ticker/price", "ticker.price", btc, `{"symbol":"BTCUSDT","price":"19900.00000000"}`},
		{"ticker/price", "ticker.price", both, `[{"symbol":"BTCUSDT","price":"19900.00000000"},{"symbol":"ETHBTC","price":"0.00000000"}]`},
		{"ticker/price", "ticker.price", "", `[{"symbol":"BTCUSDT","price":"19900.00000000"},{"symbol":"ETHUSDT","price":"0.00000000"},{"symbol":"ETHBTC","price":"0.00000000"}]`},
		{"ticker/bookTicker", "ticker.book", btc, `{"symbol":"BTCUSDT","bidPrice":"19800.00000000","bidQty":"1.20000000","askPrice":"20000.00000000","askQty":"0.05000000"}`},
		{
			"ticker/bookTicker", "ticker.book", both,
			`[{"symbol":"BTCUSDT","bidPrice":"19800.00000000","bidQty":"1.20000000","askPrice":"20000.00000000","askQty":"0.05000000"},` +
				`{"symbol":"ETHBTC","bidPrice":"0.00000000","bidQty":"0.00000000","askPrice":"0.00000000","askQty":"0.00000000"}]`,
		},
	} {
		r.carried(s, c.path, c.method, c.query, c.want)
	}
	// A key that is sent with what is public does not matter, whatever it is.
	r.expect("with a key", r.ask("GET", "/api/v3/historicalTrades?symbol=BTCUSDT", "", "X-MBX-APIKEY", "?"), 200, list(rawTrades...))
}

// TestRawMarketRefusals asks for what there is not.
func TestRawMarketRefusals(t *testing.T) {
	t.Parallel()
	r, _, _ := openMarket(t)
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	const (
		btc     = "symbol=BTCUSDT"
		symbol  = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
		options = "Combination of optional parameters invalid."
	)
	either := "Param 'symbol' or 'symbols' must be sent, but both were empty/null!"
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprintf(`"S%d"`, i))
	}
	for _, c := range []struct {
		path, method, query string
		code                int
		text                string
	}{
		{"depth", "depth", "", -1102, symbol},
		{"depth", "depth", "symbol=NONE", -1121, "Invalid symbol."},
		{"depth", "depth", btc + "&limit=0", -1130, "Data sent for parameter 'limit' is not valid."},
		{"depth", "depth", btc + "&symbolStatus=HALT", -1220, "The symbol's status does not match the requested symbolStatus."},
		{"depth", "depth", btc + "&symbolStatus=OPEN", -1122, "Invalid symbolStatus."},
		{"trades", "trades.recent", btc + "&limit=0", -1130, "Data sent for parameter 'limit' is not valid."},
		{"aggTrades", "trades.aggregate", btc + "&fromId=1&startTime=1", -1128, options},
		{"klines", "klines", btc, -1102, "Mandatory parameter 'interval' was not sent, was empty/null, or malformed."},
		{"klines", "klines", btc + "&interval=2m", -1120, "Invalid interval."},
		{"klines", "klines", btc + "&interval=1D", -1120, "Invalid interval."},
		{"klines", "klines", btc + "&interval=1m&timeZone=15", -1130, "Data sent for parameter 'timeZone' is not valid."},
		{"klines", "klines", btc + "&interval=1m&timeZone=-12:01", -1130, "Data sent for parameter 'timeZone' is not valid."},
		{"klines", "klines", btc + "&interval=1m&timeZone=1:60", -1130, "Data sent for parameter 'timeZone' is not valid."},
		{"klines", "klines", btc + "&interval=1m&timeZone=x", -1130, "Data sent for parameter 'timeZone' is not valid."},
		{"avgPrice", "avgPrice", "", -1102, symbol},
		{"ticker/24hr", "ticker.24hr", btc + "&type=SHORT", -1139, "Invalid ticker type."},
		{"ticker/24hr", "ticker.24hr", btc + "&symbolStatus=BREAK", -1220, "The symbol's status does not match the requested symbolStatus."},
		{"ticker", "ticker", "", -1102, either},
		{"ticker", "ticker", "symbols=[" + strings.Join(many, ",") + "]", -1130, "Data sent for parameter 'symbols' is not valid."},
		{"ticker", "ticker", btc + "&windowSize=60m", -1130, "Data sent for parameter 'windowSize' is not valid."},
		{"ticker", "ticker", btc + "&windowSize=24h", -1130, "Data sent for parameter 'windowSize' is not valid."},
		{"ticker", "ticker", btc + "&windowSize=8d", -1130, "Data sent for parameter 'windowSize' is not valid."},
		{"ticker", "ticker", btc + "&windowSize=0m", -1130, "Data sent for parameter 'windowSize' is not valid."},
		{"ticker", "ticker", btc + "&windowSize=1w", -1130, "Data sent for parameter 'windowSize' is not valid."},
		{"ticker/tradingDay", "ticker.tradingDay", "", -1102, either},
		{"exchangeInfo", "exchangeInfo", "symbol=NONE", -1121, "Invalid symbol."},
		{"exchangeInfo", "exchangeInfo", "symbols=[\"BTCUSDT\"]&permissions=SPOT", -1128, options},
	} {
		a := r.get("/api/v3/" + c.path + "?" + c.query)
		r.refused(c.path+" "+c.query, a, 400, c.code, c.text)
		if a.header.Get("Content-Type") != rawJSON || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s: %v", c.path, c.query, a.header)
		}
		if status, _, refused := rawResult(t, s.call(nil, c.method, c.query)); status != 400 || refused != a.body {
			t.Errorf("%s %s: over the websocket API %d %s, want %s", c.path, c.query, status, refused, a.body)
		}
	}
	// What is not of the status that is asked for stays out of lists.
	r.must("POST", "/x/v1/symbols/ETHBTC/phase", `{"phase":"halt"}`)
	r.must("POST", "/x/v1/symbols/ETHUSDT/phase", `{"phase":"auction"}`)
	for status, want := range map[string]string{
		"TRADING": `[{"symbol":"BTCUSDT","price":"19900.00000000"}]`, "HALT": `[{"symbol":"ETHBTC","price":"0.00000000"}]`, "BREAK": `[{"symbol":"ETHUSDT","price":"0.00000000"}]`,
	} {
		r.carried(s, "ticker/price", "ticker.price", "symbolStatus="+status, want)
	}
	for _, status := range []string{"HALT", "BREAK", "TRADING"} {
		type info struct {
			Symbols []struct{ Symbol, Status string }
		}
		if got := readRaw[info](t, r.get("/api/v3/exchangeInfo?symbolStatus="+status).body).Symbols; len(got) != 1 || got[0].Status != status {
			t.Errorf("%s: %v", status, got)
		}
	}
	r.must("POST", "/x/v1/symbols/ETHBTC/phase", `{"phase":"cancel_only"}`)
	type info struct {
		Symbols []struct{ Status string }
	}
	if got := readRaw[info](t, r.get("/api/v3/exchangeInfo?symbol=ETHBTC").body).Symbols; len(got) != 1 || got[0].Status != "CANCEL_ONLY" {
		t.Errorf("a symbol in which only cancels are taken: %v", got)
	}
}
