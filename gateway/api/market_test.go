package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// ms is a millisecond in nanoseconds.
const ms = int64(1e6)

// scene is a small market that every method is asked about: a book of three
// levels a side, and five trades in two of the minutes before.
func scene(t testing.TB, l Limits) *testAPI {
	t.Helper()
	a := newTestAPI(t, l)
	x := a.exchange
	x.place(t, ann, btcusdt, msg.Sell, 1_000_100, 50_000)
	x.place(t, ann, btcusdt, msg.Sell, 1_000_200, 50_000)
	x.now += 500 * ms
	x.place(t, bob, btcusdt, msg.Buy, 1_000_200, 70_000) // trades 1 and 2
	x.now += 1000 * ms
	x.place(t, ann, btcusdt, msg.Buy, 999_900, 10_000)
	x.place(t, ann, btcusdt, msg.Buy, 999_900, 20_000)
	x.place(t, bob, btcusdt, msg.Sell, 999_900, 25_000) // trades 3 and 4, one aggregate
	x.now += 60_000 * ms
	x.place(t, bob, btcusdt, msg.Sell, 999_900, 1_000) // trade 5
	x.place(t, ann, btcusdt, msg.Buy, 999_800, 123_456)
	x.place(t, ann, btcusdt, msg.Buy, 999_700, 1)
	x.place(t, bob, btcusdt, msg.Sell, 1_000_300, 7_000)
	x.place(t, bob, btcusdt, msg.Sell, 1_000_400, 8_000)
	a.wall = x.now
	return a
}

// TestAnswers pins every answer byte by byte: the fields, their order and their
// form are what clients rely on.
func TestAnswers(t *testing.T) {
	a := scene(t, Limits{})
	for _, c := range []struct{ path, query, want string }{
		{"ping", "", `{}`},
		{"time", "", `{"serverTime":1700000061623}`},
		{"depth", "symbol=BTCUSDT", `{"lastUpdateId":13,"bids":[["9999.00000000","0.04000000"],["9998.00000000","1.23456000"],["9997.00000000","0.00001000"]],` +
			`"asks":[["10002.00000000","0.30000000"],["10003.00000000","0.07000000"],["10004.00000000","0.08000000"]]}`},
		{"depth", "symbol=BTCUSDT&limit=1", `{"lastUpdateId":13,"bids":[["9999.00000000","0.04000000"]],"asks":[["10002.00000000","0.30000000"]]}`},
		{"depth", "symbol=ETHUSDT&limit=9999", `{"lastUpdateId":0,"bids":[],"asks":[]}`},
		{"depth", "symbol=BTCUSDT&limit=1&symbolStatus=TRADING", `{"lastUpdateId":13,"bids":[["9999.00000000","0.04000000"]],"asks":[["10002.00000000","0.30000000"]]}`},
		{"trades", "symbol=BTCUSDT&limit=2", `[{"id":4,"price":"9999.00000000","qty":"0.15000000","quoteQty":"1499.85000000","time":1700000001623,"isBuyerMaker":true,"isBestMatch":true},` +
			`{"id":5,"price":"9999.00000000","qty":"0.01000000","quoteQty":"99.99000000","time":1700000061623,"isBuyerMaker":true,"isBestMatch":true}]`},
		{"trades", "symbol=ETHBTC", `[]`},
		{"historicalTrades", "symbol=BTCUSDT&fromId=0&limit=1", `[{"id":1,"price":"10001.00000000","qty":"0.50000000","quoteQty":"5000.50000000","time":1700000000623,"isBuyerMaker":false,"isBestMatch":true}]`},
		{"historicalTrades", "symbol=BTCUSDT&fromId=5", `[{"id":5,"price":"9999.00000000","qty":"0.01000000","quoteQty":"99.99000000","time":1700000061623,"isBuyerMaker":true,"isBestMatch":true}]`},
		{"historicalTrades", "symbol=BTCUSDT&fromId=6", `[]`},
		{"historicalTrades", "symbol=BTCUSDT&limit=1", `[{"id":5,"price":"9999.00000000","qty":"0.01000000","quoteQty":"99.99000000","time":1700000061623,"isBuyerMaker":true,"isBestMatch":true}]`},
		{"aggTrades", "symbol=BTCUSDT", `[{"a":1,"p":"10001.00000000","q":"0.50000000","f":1,"l":1,"T":1700000000623,"m":false,"M":true},` +
			`{"a":2,"p":"10002.00000000","q":"0.20000000","f":2,"l":2,"T":1700000000623,"m":false,"M":true},` +
			`{"a":3,"p":"9999.00000000","q":"0.25000000","f":3,"l":4,"T":1700000001623,"m":true,"M":true},` +
			`{"a":4,"p":"9999.00000000","q":"0.01000000","f":5,"l":5,"T":1700000061623,"m":true,"M":true}]`},
		{"aggTrades", "symbol=BTCUSDT&fromId=4", `[{"a":4,"p":"9999.00000000","q":"0.01000000","f":5,"l":5,"T":1700000061623,"m":true,"M":true}]`},
		{"aggTrades", "symbol=BTCUSDT&startTime=1700000001623&endTime=1700000001623", `[{"a":3,"p":"9999.00000000","q":"0.25000000","f":3,"l":4,"T":1700000001623,"m":true,"M":true}]`},
		{"aggTrades", "symbol=BTCUSDT&endTime=1700000001623&limit=1", `[{"a":3,"p":"9999.00000000","q":"0.25000000","f":3,"l":4,"T":1700000001623,"m":true,"M":true}]`},
		{"aggTrades", "symbol=BTCUSDT&startTime=0&limit=1", `[{"a":1,"p":"10001.00000000","q":"0.50000000","f":1,"l":1,"T":1700000000623,"m":false,"M":true}]`},
		{"aggTrades", "symbol=BTCUSDT&endTime=0", `[]`},
		{"aggTrades", "symbol=BTCUSDT&startTime=1700000001623001", `[{"a":4,"p":"9999.00000000","q":"0.01000000","f":5,"l":5,"T":1700000061623,"m":true,"M":true}]`},
		{"klines", "symbol=BTCUSDT&interval=1m", `[[1699999980000,"10001.00000000","10002.00000000","9999.00000000","9999.00000000","0.95000000",1700000039999,"9500.65000000",4,"0.70000000","7000.90000000","0"],` +
			`[1700000040000,"9999.00000000","9999.00000000","9999.00000000","9999.00000000","0.01000000",1700000099999,"99.99000000",1,"0.00000000","0.00000000","0"]]`},
		{"uiKlines", "symbol=BTCUSDT&interval=1d&timeZone=8", `[[1699977600000,"10001.00000000","10002.00000000","9999.00000000","9999.00000000","0.96000000",1700063999999,"9600.64000000",5,"0.70000000","7000.90000000","0"]]`},
		{"klines", "symbol=ETHBTC&interval=1M", `[]`},
		{"avgPrice", "symbol=BTCUSDT", `{"mins":5,"price":"10000.66666666","closeTime":1700000061623}`},
		{"avgPrice", "symbol=ETHBTC", `{"mins":5,"price":"0.00000000","closeTime":0}`},
		{"ticker/24hr", "symbol=BTCUSDT", `{"symbol":"BTCUSDT","priceChange":"-2.00000000","priceChangePercent":"-0.020","weightedAvgPrice":"10000.66666666","prevClosePrice":"0.00000000",` +
			`"lastPrice":"9999.00000000","lastQty":"0.01000000","bidPrice":"9999.00000000","bidQty":"0.04000000","askPrice":"10002.00000000","askQty":"0.30000000",` +
			`"openPrice":"10001.00000000","highPrice":"10002.00000000","lowPrice":"9999.00000000","volume":"0.96000000","quoteVolume":"9600.64000000",` +
			`"openTime":1699913661623,"closeTime":1700000061623,"firstId":1,"lastId":5,"count":5}`},
		{"ticker/24hr", "symbol=BTCUSDT&type=MINI", `{"symbol":"BTCUSDT","openPrice":"10001.00000000","highPrice":"10002.00000000","lowPrice":"9999.00000000","lastPrice":"9999.00000000",` +
			`"volume":"0.96000000","quoteVolume":"9600.64000000","openTime":1699913661623,"closeTime":1700000061623,"firstId":1,"lastId":5,"count":5}`},
		{"ticker/24hr", `symbols=["ETHBTC"]&type=FULL`, `[{"symbol":"ETHBTC","priceChange":"0.00000000","priceChangePercent":"0.000","weightedAvgPrice":"0.00000000","prevClosePrice":"0.00000000",` +
			`"lastPrice":"0.00000000","lastQty":"0.00000000","bidPrice":"0.00000000","bidQty":"0.00000000","askPrice":"0.00000000","askQty":"0.00000000",` +
			`"openPrice":"0.00000000","highPrice":"0.00000000","lowPrice":"0.00000000","volume":"0.00000000","quoteVolume":"0.00000000",` +
			`"openTime":1699913661623,"closeTime":1700000061623,"firstId":-1,"lastId":-1,"count":0}]`},
		{"ticker", "symbol=BTCUSDT&windowSize=1m", `{"symbol":"BTCUSDT","priceChange":"-2.00000000","priceChangePercent":"-0.020","weightedAvgPrice":"10000.66666666",` +
			`"openPrice":"10001.00000000","highPrice":"10002.00000000","lowPrice":"9999.00000000","lastPrice":"9999.00000000","volume":"0.96000000","quoteVolume":"9600.64000000",` +
			`"openTime":1699999980000,"closeTime":1700000061623,"firstId":1,"lastId":5,"count":5}`},
		{"ticker", `symbols=["BTCUSDT"]&windowSize=1d&type=MINI`, `[{"symbol":"BTCUSDT","openPrice":"10001.00000000","highPrice":"10002.00000000","lowPrice":"9999.00000000","lastPrice":"9999.00000000",` +
			`"volume":"0.96000000","quoteVolume":"9600.64000000","openTime":1699913640000,"closeTime":1700000061623,"firstId":1,"lastId":5,"count":5}]`},
		{"ticker/tradingDay", "symbol=BTCUSDT", `{"symbol":"BTCUSDT","priceChange":"-2.00000000","priceChangePercent":"-0.020","weightedAvgPrice":"10000.66666666",` +
			`"openPrice":"10001.00000000","highPrice":"10002.00000000","lowPrice":"9999.00000000","lastPrice":"9999.00000000","volume":"0.96000000","quoteVolume":"9600.64000000",` +
			`"openTime":1699920000000,"closeTime":1700006399999,"firstId":1,"lastId":5,"count":5}`},
		{"ticker/tradingDay", "symbol=BTCUSDT&type=MINI&timeZone=-3:30", `{"symbol":"BTCUSDT","openPrice":"10001.00000000","highPrice":"10002.00000000","lowPrice":"9999.00000000","lastPrice":"9999.00000000",` +
			`"volume":"0.96000000","quoteVolume":"9600.64000000","openTime":1699932600000,"closeTime":1700018999999,"firstId":1,"lastId":5,"count":5}`},
		{"ticker/price", "symbol=BTCUSDT", `{"symbol":"BTCUSDT","price":"9999.00000000"}`},
		{"ticker/price", "", `[{"symbol":"BTCUSDT","price":"9999.00000000"},{"symbol":"ETHUSDT","price":"0.00000000"},{"symbol":"ETHBTC","price":"0.00000000"}]`},
		{"ticker/price", `symbols=["ETHBTC","BTCUSDT"]`, `[{"symbol":"ETHBTC","price":"0.00000000"},{"symbol":"BTCUSDT","price":"9999.00000000"}]`},
		{"ticker/price", `symbols=[]`, `[]`},
		{"ticker/bookTicker", "symbol=BTCUSDT", `{"symbol":"BTCUSDT","bidPrice":"9999.00000000","bidQty":"0.04000000","askPrice":"10002.00000000","askQty":"0.30000000"}`},
		{"ticker/bookTicker", `symbols=[ "ETHBTC" ]`, `[{"symbol":"ETHBTC","bidPrice":"0.00000000","bidQty":"0.00000000","askPrice":"0.00000000","askQty":"0.00000000"}]`},
	} {
		if got := a.answer(t, c.path, c.query); got != c.want {
			t.Errorf("%s?%s\n got %s\nwant %s", c.path, c.query, got, c.want)
		}
	}
}

// TestMicroseconds asks for times in microseconds.
func TestMicroseconds(t *testing.T) {
	a := scene(t, Limits{})
	for path, want := range map[string]string{
		"time":                                      `{"serverTime":1700000061623000}`,
		"avgPrice?symbol=BTCUSDT":                   `{"mins":5,"price":"10000.66666666","closeTime":1700000061623000}`,
		"trades?symbol=BTCUSDT&limit=1":             `"time":1700000061623000,`,
		"aggTrades?symbol=BTCUSDT&limit=1":          `"T":1700000061623000,`,
		"klines?symbol=BTCUSDT&interval=1m&limit=1": `[[1700000040000000,"9999.00000000","9999.00000000","9999.00000000","9999.00000000","0.01000000",1700000099999999,`,
		"ticker/24hr?symbol=BTCUSDT":                `"openTime":1699913661623000,"closeTime":1700000061623000,`,
		"exchangeInfo?symbol=BTCUSDT":               `"serverTime":1700000061623000,`,
	} {
		name, query, _ := strings.Cut(path, "?")
		c := Call{Micro: true}
		addQuery(t, &c.Params, query)
		if err := a.Serve(a.method(t, "GET", "/api/v3/"+name), &c); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if !strings.Contains(string(c.Out), want) {
			t.Errorf("%s\n got %s\nwant %s", path, c.Out, want)
		}
	}
}

// TestStatus asks for symbols in one phase, and finds out about that of each.
func TestStatus(t *testing.T) {
	a := scene(t, Limits{})
	a.exchange.phase(t, ethusdt, msg.Halt)
	a.exchange.phase(t, ethbtc, msg.CancelOnly)
	for _, c := range []struct{ path, query, want string }{
		{"ticker/price", "symbolStatus=HALT", `[{"symbol":"ETHUSDT","price":"0.00000000"}]`},
		{"ticker/price", `symbolStatus=TRADING&symbols=["ETHBTC","BTCUSDT"]`, `[{"symbol":"BTCUSDT","price":"9999.00000000"}]`},
		{"ticker/bookTicker", "symbolStatus=BREAK", `[]`},
		{"ticker/24hr", "symbolStatus=BREAK", `[]`},
		{"ticker/tradingDay", `symbols=["BTCUSDT"]&symbolStatus=BREAK`, `[]`},
		{"ticker", `symbols=["BTCUSDT"]&symbolStatus=HALT`, `[]`},
	} {
		if got := a.answer(t, c.path, c.query); got != c.want {
			t.Errorf("%s?%s\n got %s\nwant %s", c.path, c.query, got, c.want)
		}
	}
	for _, path := range []string{"depth", "ticker/24hr", "ticker", "ticker/tradingDay", "ticker/price", "ticker/bookTicker"} {
		if _, err := a.get(t, path, "symbol=ETHUSDT&symbolStatus=TRADING"); err != ErrStatusMismatch {
			t.Errorf("%s of a symbol with another status: got %v", path, err)
		}
		if _, err := a.get(t, path, "symbol=ETHUSDT&symbolStatus=HALT"); err != nil {
			t.Errorf("%s of a symbol with this status: got %v", path, err)
		}
	}
	a.exchange.phase(t, ethusdt, msg.Auction)
	info := a.answer(t, "exchangeInfo", "")
	for _, want := range []string{`"ETHUSDT","status":"BREAK"`, `"ETHBTC","status":"CANCEL_ONLY"`, `"BTCUSDT","status":"TRADING"`} {
		if !strings.Contains(info, want) {
			t.Errorf("%s is not in %s", want, info)
		}
	}
}

// TestRefusals has each method refuse what it has to, in the very words.
func TestRefusals(t *testing.T) {
	a := scene(t, Limits{})
	type refusal struct {
		paths, query string
		want         *Error
	}
	const (
		withSymbol = "depth trades historicalTrades aggTrades klines uiKlines avgPrice"
		withLimit  = "depth trades historicalTrades aggTrades klines uiKlines"
		withStatus = "depth ticker/24hr ticker ticker/tradingDay ticker/price ticker/bookTicker"
		withList   = "ticker/24hr ticker ticker/tradingDay ticker/price ticker/bookTicker exchangeInfo"
		withTimes  = "aggTrades klines uiKlines"
		bars       = "klines uiKlines"
	)
	mandatory := func(name string) *Error {
		return &Error{Status: 400, Code: -1102, Text: "Mandatory parameter '" + name + "' was not sent, was empty/null, or malformed."}
	}
	illegal := func(name, form string) *Error {
		return &Error{Status: 400, Code: -1100, Text: "Illegal characters found in parameter '" + name + "'; legal range is '" + form + "'."}
	}
	invalid := func(name string) *Error {
		return &Error{Status: 400, Code: -1130, Text: "Data sent for parameter '" + name + "' is not valid."}
	}
	text := func(code int, text string) *Error { return &Error{Status: 400, Code: code, Text: text} }
	const digits, nameArray = `^[0-9]{1,20}$`, `^\[("[a-zA-Z0-9-_]{1,36}"(,"[a-zA-Z0-9-_]{1,36}"){0,}){0,1}\]$`
	many := `["A` + strings.Repeat(`","A`, maxNames) + `"]`
	hundred := `["A` + strings.Repeat(`","A`, maxWindowSymbols) + `"]`
	for _, r := range []refusal{
		{withSymbol, "", mandatory("symbol")},
		{withSymbol, "symbol=", mandatory("symbol")},
		{withSymbol, "symbol=NONE&interval=1m", text(-1121, "Invalid symbol.")},
		{withSymbol, "symbol=btcusdt&interval=1m", text(-1121, "Invalid symbol.")},
		{withSymbol, "symbol=BTC/USDT&interval=1m", text(-1121, "Invalid symbol.")},
		{withSymbol, "symbol=BTCUSDT&symbol=BTCUSDT&interval=1m", text(-1101, "Duplicate values for a parameter detected.")},
		{withSymbol, "symbol=" + strings.Repeat("A", 37) + "&interval=1m", text(-1121, "Invalid symbol.")},
		{withList, "symbol=NONE", text(-1121, "Invalid symbol.")},
		{withList, "symbol=", text(-1105, "Parameter 'symbol' was empty.")},
		{withList, `symbols=["BTCUSDT","NONE"]`, text(-1121, "Invalid symbol.")},
		{withList, `symbols=["BTCUSDT","ETHBTC","BTCUSDT"]`, text(-1151, "Symbol is present multiple times in the list.")},
		{withList, `symbols=BTCUSDT`, illegal("symbols", nameArray)},
		{withList, `symbols=["BTCUSDT",]`, illegal("symbols", nameArray)},
		{withList, `symbols=["BTCUSDT"`, illegal("symbols", nameArray)},
		{withList, `symbols=["BTC USDT"]`, illegal("symbols", nameArray)},
		{withList, `symbols=["BTCUSDT"]x`, illegal("symbols", nameArray)},
		{withList, `symbols=[1]`, illegal("symbols", nameArray)},
		{withList, `symbols=[""]`, illegal("symbols", nameArray)},
		{withList, `symbols=` + many, illegal("symbols", nameArray)},
		{withList, `symbol=BTCUSDT&symbols=["BTCUSDT"]`, text(-1128, "Combination of optional parameters invalid.")},
		{withStatus, "symbol=BTCUSDT&symbolStatus=trading", text(-1122, "Invalid symbolStatus.")},
		{withStatus, "symbol=BTCUSDT&symbolStatus=", text(-1105, "Parameter 'symbolStatus' was empty.")},
		{withStatus, "symbol=BTCUSDT&symbolStatus=BREAK", text(-1220, "The symbol's status does not match the requested symbolStatus.")},
		{withLimit, "symbol=BTCUSDT&interval=1m&limit=0", invalid("limit")},
		{withLimit, "symbol=BTCUSDT&interval=1m&limit=-1", illegal("limit", digits)},
		{withLimit, "symbol=BTCUSDT&interval=1m&limit=1.5", illegal("limit", digits)},
		{withLimit, "symbol=BTCUSDT&interval=1m&limit=10000000000000000000", text(-1108, "Parameter 'limit' overflowed.")},
		{withLimit, "symbol=BTCUSDT&interval=1m&limit=100000000000000000000000", illegal("limit", digits)},
		{withTimes, "symbol=BTCUSDT&interval=1m&startTime=now", illegal("startTime", digits)},
		{withTimes, "symbol=BTCUSDT&interval=1m&endTime=", text(-1105, "Parameter 'endTime' was empty.")},
		{"historicalTrades aggTrades", "symbol=BTCUSDT&fromId=x", illegal("fromId", digits)},
		{"aggTrades", "symbol=BTCUSDT&fromId=1&startTime=1", text(-1128, "Combination of optional parameters invalid.")},
		{"aggTrades", "symbol=BTCUSDT&fromId=1&endTime=1", text(-1128, "Combination of optional parameters invalid.")},
		{bars, "symbol=BTCUSDT", mandatory("interval")},
		{bars, "symbol=BTCUSDT&interval=1H", text(-1120, "Invalid interval.")},
		{bars, "symbol=BTCUSDT&interval=7m", text(-1120, "Invalid interval.")},
		{bars, "symbol=BTCUSDT&interval=1m&timeZone=15", invalid("timeZone")},
		{"ticker/tradingDay", "symbol=BTCUSDT&timeZone=1:60", invalid("timeZone")},
		{"ticker ticker/tradingDay", "", text(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")},
		{"ticker ticker/tradingDay", `symbols=` + hundred, invalid("symbols")},
		{"ticker", "symbol=BTCUSDT&windowSize=60m", invalid("windowSize")},
		{"ticker", "symbol=BTCUSDT&windowSize=0h", invalid("windowSize")},
		{"ticker", "symbol=BTCUSDT&windowSize=8d", invalid("windowSize")},
		{"ticker", "symbol=BTCUSDT&windowSize=1dd", invalid("windowSize")},
		{"ticker", "symbol=BTCUSDT&windowSize=h", invalid("windowSize")},
		{"ticker/24hr ticker ticker/tradingDay", "symbol=BTCUSDT&type=full", text(-1139, "Invalid ticker type.")},
		{"exchangeInfo", "symbolStatus=OPEN", text(-1122, "Invalid symbolStatus.")},
		{"exchangeInfo", "symbol=BTCUSDT&symbolStatus=TRADING", text(-1128, "Combination of optional parameters invalid.")},
		{"exchangeInfo", `symbols=["BTCUSDT"]&permissions=SPOT`, text(-1128, "Combination of optional parameters invalid.")},
		{"exchangeInfo", "permissions=A B", illegal("permissions", `^[a-zA-Z0-9-_]{1,36}$`)},
		{"exchangeInfo", `permissions=["SPOT"`, illegal("permissions", nameArray)},
		{"exchangeInfo", "showPermissionSets=1", invalid("showPermissionSets")},
	} {
		for path := range strings.FieldsSeq(r.paths) {
			_, got := a.get(t, path, r.query)
			if got == nil || got.Status != r.want.Status || got.Code != r.want.Code || got.Text != r.want.Text {
				t.Errorf("%s?%s\n got %v\nwant %v", path, r.query, got, r.want)
			}
		}
	}
}

// TestLimits asks for more rows than there may be.
func TestLimits(t *testing.T) {
	a := newTestAPI(t, Limits{})
	x := a.exchange
	for i := range maxRows + 10 {
		x.place(t, ann, btcusdt, msg.Sell, 1_000, 1)
		x.place(t, bob, btcusdt, msg.Buy, 1_000, 1)
		x.place(t, ann, btcusdt, msg.Sell, msg.Price(2_000+i), 1)
		x.now += second
	}
	for path, rows := range map[string]map[string]int{
		"trades":           {"": 500, "&limit=1000": 1000, "&limit=5000": 1000},
		"historicalTrades": {"": 500, "&limit=1001": 1000, "&fromId=1010": 1},
		"aggTrades":        {"": 500, "&limit=1001": 1000},
		"klines":           {"&interval=1s": 500, "&interval=1s&limit=999999": 1000},
		"depth":            {"": 100, "&limit=5000": maxRows + 10, "&limit=1": 1},
	} {
		for query, want := range rows {
			body := a.answer(t, path, "symbol=BTCUSDT"+query)
			separator := map[string]string{"klines": "],[", "depth": "],["}[path]
			if separator == "" {
				separator = "},{"
			}
			if got := strings.Count(body, separator) + 1; got != want {
				t.Errorf("%s%s: got %d rows, want %d", path, query, got, want)
			}
		}
	}
}

// TestAllocations asks often-asked questions with buffers that have been used
// before.
func TestAllocations(t *testing.T) {
	a := scene(t, Limits{})
	for _, c := range []struct{ path, symbol string }{
		{"depth", "BTCUSDT"},
		{"ticker/price", "BTCUSDT"},
		{"ticker/price", ""},
		{"ticker/bookTicker", "BTCUSDT"},
		{"ticker/bookTicker", ""},
		{"ticker/24hr", ""},
		{"avgPrice", "BTCUSDT"},
		{"trades", "BTCUSDT"},
		{"ping", ""},
	} {
		m := a.method(t, "GET", "/api/v3/"+c.path)
		var call Call
		name, value := []byte("symbol"), []byte(c.symbol)
		allocs := testing.AllocsPerRun(100, func() {
			call.Reset()
			if len(value) > 0 {
				call.Params.Add(name, value)
			}
			if err := a.Serve(m, &call); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s of %q: %v allocations", c.path, c.symbol, allocs)
		}
	}
}

// TestMarketsAfterReset serves from a cache of markets whose ids have come to mean
// other ones.
func TestMarketsAfterReset(t *testing.T) {
	a := newTestAPI(t, Limits{})
	x := a.exchange
	x.place(t, ann, btcusdt, msg.Buy, 100, 1)
	if got, want := a.answer(t, "ticker/bookTicker", "symbol=BTCUSDT"), `"bidPrice":"1.00000000"`; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	s := msg.Symbol{Name: testName("BTCUSDT"), Base: btc, Quote: usdt, Tick: 10_000_000, Lot: 1_000}
	fresh := newEmptyExchange()
	for _, name := range []string{"BTC", "ETH", "USDT"} {
		fresh.must(t, msg.Command{Kind: msg.AddAsset, Name: testName(name), Scale: 8})
	}
	fresh.must(t, msg.Command{Kind: msg.AddSymbol, Spec: &s})
	fresh.must(t, msg.Command{Kind: msg.CreateAccount})
	fresh.must(t, msg.Command{Kind: msg.Credit, Account: ann, Asset: usdt, Amount: 1e17, Transfer: 1})
	fresh.place(t, ann, btcusdt, msg.Buy, 100, 1)
	x.engine, x.views, x.seq = fresh.engine, fresh.views, fresh.seq
	if got, want := a.answer(t, "ticker/bookTicker", ""), `[{"symbol":"BTCUSDT","bidPrice":"10.00000000","bidQty":"0.00001000","askPrice":"0.00000000","askQty":"0.00000000"}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestEveryMethod checks the table of methods.
func TestEveryMethod(t *testing.T) {
	a := newTestAPI(t, Limits{})
	var names, paths []string
	for _, m := range a.Methods() {
		if m.Name != "" {
			names = append(names, m.Name)
		}
		if m.Path != "" {
			paths = append(paths, m.Verb+" "+m.Path)
		}
		if m.Weight == nil || (m.Run == nil) == (m.Ask == nil) || (m.Ask == nil) != (m.Tell == nil) {
			t.Errorf("%s %s has no weight, or does nothing", m.Verb, m.Path)
		}
		for i, s := range m.Params {
			if s.Kind == Enum && len(s.Values) == 0 {
				t.Errorf("%s %s: %s can be nothing", m.Verb, m.Path, s.Name)
			}
			if slices.ContainsFunc(m.Params[:i], func(o Spec) bool { return o.Name == s.Name }) {
				t.Errorf("%s %s: %s is declared twice", m.Verb, m.Path, s.Name)
			}
		}
	}
	for _, list := range [][]string{names, paths} {
		slices.Sort(list)
		if n := len(slices.Compact(slices.Clone(list))); n != len(list) {
			t.Errorf("a method is in the table twice: %q", list)
		}
	}
	for _, name := range []string{
		"ping", "time", "exchangeInfo", "depth", "trades.recent", "trades.historical", "trades.aggregate", "klines", "uiKlines",
		"avgPrice", "ticker", "ticker.24hr", "ticker.tradingDay", "ticker.price", "ticker.book",
	} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no method %s", name)
		}
	}
	for _, path := range []string{"trades", "ping", "time", "exchangeInfo", "depth", "klines", "aggTrades", "historicalTrades"} {
		if !slices.Contains(paths, "GET /api/v1/"+path) {
			t.Errorf("there is no GET /api/v1/%s", path)
		}
	}
}
