package stream

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// Every message, byte for byte, in all four forms.
func TestForms(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	names := []string{
		"btcusdt@trade", "btcusdt@aggTrade", "btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@depth5@100ms",
		"btcusdt@kline_1m", "btcusdt@miniTicker", "btcusdt@ticker", "btcusdt@ticker_1h", "btcusdt@avgPrice", "!miniTicker@arr",
	}
	b.place(1, b.btc, msg.Buy, 9_990, 1_000)
	b.place(1, b.btc, msg.Sell, 10_000, 2_000)
	b.round()
	clients := make(map[string]*client)
	for _, n := range names {
		clients["raw "+n] = b.open("/ws/" + n)
		clients["combined "+n] = b.open("/stream?streams=" + n)
		clients["micro "+n] = b.open("/stream/ws/" + n + "?timeUnit=MICROSECOND")
		clients["both "+n] = b.open("/stream?timeUnit=microsecond&streams=" + n)
	}
	for _, c := range clients {
		c.read()
	}
	b.advance(1_234_567)
	b.place(2, b.btc, msg.Buy, 10_000, 500)
	b.pass(3 * second)
	const head = `"E":1700438400001,"s":"BTCUSDT"`
	for n, want := range map[string]string{
		"btcusdt@trade":        `{"e":"trade",` + head + `,"t":1,"p":"100.00000000","q":"0.50000000","T":1700438400001,"m":false,"M":true}`,
		"btcusdt@aggTrade":     `{"e":"aggTrade",` + head + `,"a":1,"p":"100.00000000","q":"0.50000000","f":1,"l":1,"T":1700438400001,"m":false,"M":true}`,
		"btcusdt@bookTicker":   `{"u":3,"s":"BTCUSDT","b":"99.90000000","B":"1.00000000","a":"100.00000000","A":"1.50000000"}`,
		"btcusdt@depth@100ms":  `{"e":"depthUpdate","E":1700438400101,"s":"BTCUSDT","U":3,"u":3,"b":[],"a":[["100.00000000","1.50000000"]]}`,
		"btcusdt@depth5@100ms": `{"lastUpdateId":3,"bids":[["99.90000000","1.00000000"]],"asks":[["100.00000000","1.50000000"]]}`,
		"btcusdt@kline_1m": `{"e":"kline","E":1700438400101,"s":"BTCUSDT","k":{"t":1700438400000,"T":1700438459999,"s":"BTCUSDT","i":"1m","f":1,"L":1,` +
			`"o":"100.00000000","c":"100.00000000","h":"100.00000000","l":"100.00000000","v":"0.50000000","n":1,"x":false,` +
			`"q":"50.00000000","V":"0.50000000","Q":"50.00000000","B":"0"}}`,
		"btcusdt@miniTicker": `{"e":"24hrMiniTicker","E":1700438400101,"s":"BTCUSDT","c":"100.00000000","o":"100.00000000",` +
			`"h":"100.00000000","l":"100.00000000","v":"0.50000000","q":"50.00000000"}`,
		"btcusdt@ticker": `{"e":"24hrTicker","E":1700438400101,"s":"BTCUSDT","p":"0.00000000","P":"0.000","w":"100.00000000","x":"0.00000000",` +
			`"c":"100.00000000","Q":"0.50000000","b":"99.90000000","B":"1.00000000","a":"100.00000000","A":"1.50000000",` +
			`"o":"100.00000000","h":"100.00000000","l":"100.00000000","v":"0.50000000","q":"50.00000000",` +
			`"O":1700352000101,"C":1700438400101,"F":1,"L":1,"n":1}`,
		"btcusdt@ticker_1h": `{"e":"1hTicker","E":1700438400101,"s":"BTCUSDT","p":"0.00000000","P":"0.000","o":"100.00000000","h":"100.00000000",` +
			`"l":"100.00000000","c":"100.00000000","w":"100.00000000","v":"0.50000000","q":"50.00000000",` +
			`"O":1700434800000,"C":1700438400101,"F":1,"L":1,"n":1}`,
		"btcusdt@avgPrice": `{"e":"avgPrice","E":1700438400101,"s":"BTCUSDT","i":"5m","w":"100.00000000","T":1700438400001}`,
		"!miniTicker@arr": `[{"e":"24hrMiniTicker","E":1700438400101,"s":"BTCUSDT","c":"100.00000000","o":"100.00000000",` +
			`"h":"100.00000000","l":"100.00000000","v":"0.50000000","q":"50.00000000"}]`,
	} {
		clients["raw "+n].want(want)
		clients["combined "+n].want(`{"stream":"` + n + `","data":` + want + `}`)
		micro := inMicroseconds(want)
		clients["micro "+n].want(micro)
		clients["both "+n].want(`{"stream":"` + n + `","data":` + micro + `}`)
	}
}

// inMicroseconds turns the times of this test into microseconds.
func inMicroseconds(s string) string {
	return strings.NewReplacer(
		"1700438400001", "1700438400001234", "1700438400101", "1700438400101234", "1700352000101", "1700352000101234",
		`"t":1700438400000`, `"t":1700438400000000`, `"T":1700438459999`, `"T":1700438459999999`,
		`"O":1700434800000`, `"O":1700434800000000`,
	).Replace(s)
}
