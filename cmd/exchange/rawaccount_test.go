package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// rawQueried is an order of BTCUSDT as queries have it.
func rawQueried(id int64, name, price, quantity, executed, spent, status, kind, side string, at, updated int64, more string) string {
	return fmt.Sprintf(`{"symbol":"BTCUSDT","orderId":%d,"orderListId":-1,"clientOrderId":%q,"price":%q,"origQty":%q,"executedQty":%q,"cummulativeQuoteQty":%q,`+
		`"status":%q,"timeInForce":"GTC","type":%q,"side":%q,"stopPrice":"0.00000000","icebergQty":"0.00000000","time":%d,"updateTime":%d,"isWorking":true,`+
		`"workingTime":%d,"origQuoteOrderQty":"0.00000000","selfTradePreventionMode":"EXPIRE_MAKER"%s}`,
		id, name, price, quantity, executed, spent, status, kind, side, at, updated, at, more)
}

// signed asks for something of an account over both carriers, which must say the same.
func (r *rawVenue) signed(s *rawSocket, k *rawKey, path, method, query string, status int, want string) {
	r.t.Helper()
	a := r.call(k, "GET", "/api/v3/"+path, query)
	what := method + " " + query
	r.expect(what, a, status, want)
	if got := a.header.Get("Content-Type"); got != rawJSON {
		r.t.Errorf("%s: the content type is %q", what, got)
	}
	if got := a.header.Get("Access-Control-Allow-Origin"); got != "" {
		r.t.Errorf("%s: allowed for %q, want nobody: it is signed", what, got)
	}
	if code, result, refused := rawResult(r.t, s.call(k, method, query)); code != status || result+refused != a.body {
		r.t.Errorf("%s: over the websocket API it is\n     %d %s\nnot %d %s", what, code, result+refused, status, a.body)
	}
}

// TestRawAccount asks for all that an account may know of itself.
func TestRawAccount(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k, other, empty := r.trader(holding{"BTC", "1"}, holding{"USDT", "1000"}), r.rich(), r.trader()
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	open := r.place(&k, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.002&price=20000&newClientOrderId=open")
	r.advance(time.Second)
	sell := r.limit(&other, "SELL", "0.001", "20000")
	r.advance(time.Second)
	gone := r.place(&k, "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=0.5&price=30000&newClientOrderId=gone")
	r.advance(time.Second)
	r.call(&k, "DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=gone")
	market := r.place(&k, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001&newClientOrderId=market")
	const btc = "symbol=BTCUSDT"
	t0 := rawStart
	rows := []string{
		rawQueried(open.ID, "open", "20000.00000000", "0.00200000", "0.00100000", "20.00000000", "PARTIALLY_FILLED", "LIMIT", "BUY", t0, t0+1000, ""),
		rawQueried(gone.ID, "gone", "30000.00000000", "0.50000000", rawZero, rawZero, "CANCELED", "LIMIT_MAKER", "SELL", t0+2000, t0+3000, ""),
		rawQueried(market.ID, "market", rawZero, "0.00100000", rawZero, rawZero, "EXPIRED", "MARKET", "BUY", t0+3000, t0+3000, `,"expiryReason":"INSUFFICIENT_LIQUIDITY"`),
	}
	const (
		noOrder  = "Order does not exist."
		mismatch = "Client order ID is not correct for this order ID."
		either   = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
	)
	trade := fmt.Sprintf(`{"symbol":"BTCUSDT","id":1,"orderId":%d,"orderListId":-1,"price":"20000.00000000","qty":"0.00100000","quoteQty":"20.00000000",`+
		`"commission":"0.00000100","commissionAsset":"BTC","time":%d,"isBuyer":true,"isMaker":true,"isBestMatch":true}`, open.ID, t0+1000)
	theirs := fmt.Sprintf(`{"symbol":"BTCUSDT","id":1,"orderId":%d,"orderListId":-1,"price":"20000.00000000","qty":"0.00100000","quoteQty":"20.00000000",`+
		`"commission":"0.02000000","commissionAsset":"USDT","time":%d,"isBuyer":false,"isMaker":false,"isBestMatch":true}`, sell.ID, t0+1000)
	rates := func(maker, taker string) string {
		return fmt.Sprintf(`{"maker":%q,"taker":%q,"buyer":"0.00000000","seller":"0.00000000"}`, maker, taker)
	}
	const tenth, discount = "0.00100000", `{"enabledForAccount":false,"enabledForSymbol":false,"discountAsset":"BNB","discount":"0.00000000"}`
	for _, c := range []struct {
		path, method, query string
		status              int
		want                string
	}{
		{"order", "order.status", fmt.Sprintf("%s&orderId=%d", btc, open.ID), 200, rows[0]},
		{"order", "order.status", btc + "&origClientOrderId=open", 200, rows[0]},
		{"order", "order.status", fmt.Sprintf("%s&orderId=%d&origClientOrderId=gone", btc, gone.ID), 200, rows[1]},
		{"order", "order.status", fmt.Sprintf("%s&orderId=%d&origClientOrderId=open", btc, gone.ID), 400, rawError(-2039, mismatch)},
		{"order", "order.status", btc + "&orderId=999999", 400, rawError(-2013, noOrder)},
		{"order", "order.status", fmt.Sprintf("%s&orderId=%d", btc, sell.ID), 400, rawError(-2013, noOrder)},
		{"order", "order.status", fmt.Sprintf("symbol=ETHUSDT&orderId=%d", open.ID), 400, rawError(-2013, noOrder)},
		{"order", "order.status", btc, 400, rawError(-1102, either)},
		{"openOrders", "openOrders.status", btc, 200, "[" + rows[0] + "]"},
		{"openOrders", "openOrders.status", "", 200, "[" + rows[0] + "]"},
		{"openOrders", "openOrders.status", "symbol=ETHUSDT", 200, "[]"},
		{"allOrders", "allOrders", btc, 200, "[" + strings.Join(rows, ",") + "]"},
		{"allOrders", "allOrders", "symbol=ETHUSDT", 200, "[]"},
		{"myTrades", "myTrades", btc, 200, "[" + trade + "]"},
		{"myTrades", "myTrades", "symbol=ETHUSDT", 200, "[]"},
		{"account/commission", "account.commission", btc, 200, `{"symbol":"BTCUSDT","standardCommission":` + rates(tenth, tenth) + `,"specialCommission":` + rates(rawZero, rawZero) +
			`,"taxCommission":` + rates(rawZero, rawZero) + `,"discount":` + discount + `}`},
		{"myFilters", "myFilters", btc, 200, `{"exchangeFilters":[],"symbolFilters":` + rawFilters + `,"assetFilters":[]}`},
		{"myAllocations", "myAllocations", btc, 200, "[]"},
		{"openOrderList", "openOrderLists.status", "", 200, "[]"},
		{"allOrderList", "allOrderLists", "", 200, "[]"},
		{"myPreventedMatches", "myPreventedMatches", btc + "&orderId=1", 200, "[]"},
		{"order/amendments", "order.amendments", btc + "&orderId=1", 200, "[]"},
	} {
		r.signed(s, &k, c.path, c.method, c.query, c.status, c.want)
	}
	r.signed(s, &other, "myTrades", "myTrades", btc, 200, "["+theirs+"]")

	account := func(id int64, maker, taker string, hundredths [2]int, trades, holds bool, balances ...string) string {
		return fmt.Sprintf(`{"makerCommission":%d,"takerCommission":%d,"buyerCommission":0,"sellerCommission":0,"commissionRates":%s,"canTrade":%t,"canWithdraw":%t,`+
			`"canDeposit":%t,"brokered":false,"requireSelfTradePrevention":false,"preventSor":false,"updateTime":"<int>","accountType":"SPOT","balances":[%s],`+
			`"permissions":["SPOT"],"uid":%d}`, hundredths[0], hundredths[1], rates(maker, taker), trades, holds, holds, strings.Join(balances, ","), id)
	}
	balance := func(asset, free, locked string) string {
		return fmt.Sprintf(`{"asset":%q,"free":%q,"locked":%q}`, asset, free, locked)
	}
	btcHeld, usdtHeld := balance("BTC", "1.00099900", rawZero), balance("USDT", "960.00000000", "20.00000000")
	ten := [2]int{10, 10}
	r.signed(s, &k, "account", "account.status", "", 200, account(k.account, tenth, tenth, ten, true, true, btcHeld, balance("ETH", rawZero, rawZero), usdtHeld))
	r.signed(s, &k, "account", "account.status", "omitZeroBalances=true", 200, account(k.account, tenth, tenth, ten, true, true, btcHeld, usdtHeld))
	r.signed(s, &k, "account", "account.status", "omitZeroBalances=FALSE", 200, account(k.account, tenth, tenth, ten, true, true, btcHeld, balance("ETH", rawZero, rawZero), usdtHeld))
	r.signed(s, &empty, "account", "account.status", "omitZeroBalances=true", 200, account(empty.account, tenth, tenth, ten, true, true))
	path := fmt.Sprintf("/x/v1/accounts/%d", empty.account)
	r.must("PATCH", path, `{"maker":"0.00015","taker":"0.0005","status":"cancel_only"}`)
	r.signed(s, &empty, "account", "account.status", "omitZeroBalances=true", 200, account(empty.account, "0.00015000", "0.00050000", [2]int{1, 5}, false, true))
	r.must("PATCH", path, `{"status":"disabled"}`)
	r.signed(s, &empty, "account", "account.status", "omitZeroBalances=true", 200, account(empty.account, "0.00015000", "0.00050000", [2]int{1, 5}, false, false))
	if a := r.call(&empty, "GET", "/api/v3/account/commission", btc); !strings.Contains(a.body, `"standardCommission":`+rates("0.00015000", "0.00050000")) {
		t.Errorf("rates of its own: %v", a)
	}
}

// TestRawStatuses has accounts and symbols that do not take orders.
func TestRawStatuses(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	const order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000"
	path := fmt.Sprintf("/x/v1/accounts/%d", k.account)
	for _, c := range []struct {
		path, change  string
		place, cancel string // refusals; empty: taken
		undo          string
	}{
		{path: path, change: `{"status":"cancel_only"}`, place: "This account may not place or cancel orders.", undo: `{"status":"normal"}`},
		{path: path, change: `{"status":"disabled"}`, place: "This action is disabled on this account.", cancel: "This action is disabled on this account.", undo: `{"status":"normal"}`},
		{path: "/x/v1/symbols/BTCUSDT/phase", change: `{"phase":"halt"}`, place: "Market is closed.", undo: `{"phase":"trading"}`},
		{path: "/x/v1/symbols/BTCUSDT/phase", change: `{"phase":"cancel_only"}`, place: "Market is closed.", undo: `{"phase":"trading"}`},
	} {
		verb := "PATCH"
		if strings.HasSuffix(c.path, "/phase") {
			verb = "POST"
		}
		o := r.place(&k, order)
		r.must(verb, c.path, c.change)
		r.refused(c.change, r.call(&k, "POST", "/api/v3/order", order), 400, -2010, c.place)
		cancel := fmt.Sprintf("symbol=BTCUSDT&orderId=%d", o.ID)
		if a := r.call(&k, "DELETE", "/api/v3/order", cancel); c.cancel == "" && a.status != 200 {
			t.Errorf("%s: cancel: %v", c.change, a)
		} else if c.cancel != "" {
			r.refused(c.change+", cancel", a, 400, -2011, c.cancel)
		}
		r.must(verb, c.path, c.undo)
		r.place(&k, order)
		r.call(&k, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
	}
}

// TestRawStubs asks for what stands beside the exchange itself: clients that know a
// whole family of exchanges do.
func TestRawStubs(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.trader(holding{"BTC", "1.5"})
	coin := func(name, free string) string {
		return fmt.Sprintf(`{"coin":%q,"depositAllEnable":false,"withdrawAllEnable":false,"name":%q,"free":%q,"locked":"0.00000000","freeze":"0","withdrawing":"0",`+
			`"ipoing":"0","ipoable":"0","storage":"0","isLegalMoney":false,"trading":true,"networkList":[]}`, name, name, free)
	}
	fee := func(symbol string) string {
		return fmt.Sprintf(`{"symbol":%q,"makerCommission":"0.00100000","takerCommission":"0.00100000"}`, symbol)
	}
	const futures = `{"timezone":"UTC","serverTime":"<ms>","rateLimits":[],"exchangeFilters":[],"assets":[],"symbols":[]}`
	for _, c := range []struct {
		path, want string
		keyed      bool
	}{
		{"/sapi/v1/system/status", `{"status":0,"msg":"normal"}`, false},
		{"/fapi/v1/exchangeInfo", futures, false},
		{"/dapi/v1/exchangeInfo", futures, false},
		{"/sapi/v1/margin/allPairs", "[]", true},
		{"/sapi/v1/margin/isolated/allPairs", "[]", true},
		{"/sapi/v1/capital/deposit/hisrec", "[]", true},
		{"/sapi/v1/capital/withdraw/history", "[]", true},
		{"/sapi/v1/capital/config/getall", "[" + coin("BTC", "1.50000000") + "," + coin("ETH", rawZero) + "," + coin("USDT", rawZero) + "]", true},
		{"/sapi/v1/asset/tradeFee", "[" + fee("BTCUSDT") + "," + fee("ETHUSDT") + "," + fee("ETHBTC") + "]", true},
		{"/sapi/v1/asset/tradeFee?symbol=ETHBTC", "[" + fee("ETHBTC") + "]", true},
	} {
		r.expect(c.path, r.ask("GET", c.path, "", "X-MBX-APIKEY", k.id), 200, c.want)
		if !c.keyed {
			r.expect(c.path+" without a key", r.get(c.path), 200, c.want)
			continue
		}
		r.refused(c.path+" without a key", r.get(c.path), 401, -2014, "API-key format invalid.")
		r.refused(c.path+" with no known key", r.ask("GET", c.path, "", "X-MBX-APIKEY", "none"), 401, -2015, "Invalid API-key, IP, or permissions for action.")
	}
	a := r.ask("GET", "/sapi/v1/asset/tradeFee?symbol=NONE", "", "X-MBX-APIKEY", k.id)
	r.refused("the fee of no symbol", a, 400, -1121, "Invalid symbol.")
}
