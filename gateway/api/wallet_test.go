package api

import (
	"net/netip"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// keyed calls a method of the whole path with ann's key and nothing signed.
func (a *testAPI) keyed(t *testing.T, path, query string) (string, *Error) {
	t.Helper()
	c := Call{Key: []byte("ann"), Client: netip.MustParseAddr("127.0.0.1")}
	addQuery(t, &c.Params, query)
	err := a.Serve(a.method(t, "GET", path), &c)
	return string(c.Out), err
}

// TestWallet pins what is said about that which there is not.
func TestWallet(t *testing.T) {
	a := newTestAPI(t, Limits{})
	const futures = `{"timezone":"UTC","serverTime":1700000000123,"rateLimits":[],"exchangeFilters":[],"assets":[],"symbols":[]}`
	a.exchange.must(t, msg.Command{Kind: msg.SetFees, Account: ann, Maker: 50_000, Taker: msg.NoRate})
	a.exchange.place(t, ann, btcusdt, msg.Buy, 1_000_000, 100_000) // 10000 for 1
	coin := func(name, free, locked string) string {
		return `{"coin":"` + name + `","depositAllEnable":false,"withdrawAllEnable":false,"name":"` + name + `","free":"` + free + `","locked":"` + locked + `",` +
			`"freeze":"0","withdrawing":"0","ipoing":"0","ipoable":"0","storage":"0","isLegalMoney":false,"trading":true,"networkList":[]}`
	}
	fee := func(symbol string) string {
		return `{"symbol":"` + symbol + `","makerCommission":"0.00050000","takerCommission":"0.00100000"}`
	}
	for path, want := range map[string]string{
		"/sapi/v1/system/status":            `{"status":0,"msg":"normal"}`,
		"/fapi/v1/exchangeInfo":             futures,
		"/dapi/v1/exchangeInfo":             futures,
		"/sapi/v1/margin/allPairs":          "[]",
		"/sapi/v1/margin/isolated/allPairs": "[]",
		"/sapi/v1/capital/deposit/hisrec":   "[]",
		"/sapi/v1/capital/withdraw/history": "[]",
		"/sapi/v1/capital/config/getall": "[" + coin("BTC", "1000000000.00000000", "0.00000000") + "," + coin("ETH", "1000000000.00000000", "0.00000000") + "," +
			coin("USDT", "999990000.00000000", "10000.00000000") + "]",
		"/sapi/v1/asset/tradeFee": "[" + fee("BTCUSDT") + "," + fee("ETHUSDT") + "," + fee("ETHBTC") + "]",
	} {
		if got, err := a.keyed(t, path, "timestamp=1&signature=none"); got != want || err != nil {
			t.Errorf("%s: %v\n got %s\nwant %s", path, err, got, want)
		}
		c := Call{}
		if err, public := a.Serve(a.method(t, "GET", path), &c), a.method(t, "GET", path).Security == Public; public != (err == nil) {
			t.Errorf("%s without a key: %v", path, err)
		}
	}
	if got, err := a.keyed(t, "/sapi/v1/asset/tradeFee", "symbol=ETHBTC"); got != "["+fee("ETHBTC")+"]" || err != nil {
		t.Errorf("one symbol: %s, %v", got, err)
	}
	if _, err := a.keyed(t, "/sapi/v1/asset/tradeFee", "symbol=NONE"); err != ErrSymbol {
		t.Errorf("a symbol that there is not: %v", err)
	}
}
