package api

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestCommission pins the rates of an account in a symbol: those of the symbol
// until it has its own.
func TestCommission(t *testing.T) {
	a, _ := traders(t)
	const rest = `,"specialCommission":{"maker":"0.00000000","taker":"0.00000000","buyer":"0.00000000","seller":"0.00000000"}` +
		`,"taxCommission":{"maker":"0.00000000","taker":"0.00000000","buyer":"0.00000000","seller":"0.00000000"}` +
		`,"discount":{"enabledForAccount":false,"enabledForSymbol":false,"discountAsset":"BNB","discount":"0.00000000"}}`
	a.want(t, "GET account/commission?symbol=ETHBTC",
		`{"symbol":"ETHBTC","standardCommission":{"maker":"0.00100000","taker":"0.00100000","buyer":"0.00000000","seller":"0.00000000"}`+rest)
	a.exchange.must(t, msg.Command{Kind: msg.SetFees, Account: ann, Maker: 20_000, Taker: msg.NoRate})
	a.want(t, "GET account/commission?symbol=BTCUSDT",
		`{"symbol":"BTCUSDT","standardCommission":{"maker":"0.00020000","taker":"0.00100000","buyer":"0.00000000","seller":"0.00000000"}`+rest)
	a.refuse(t, "GET account/commission?", 400, `{"code":-1102,"msg":"Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."}`)
	a.refuse(t, "GET account/commission?symbol=NONE", 400, `{"code":-1121,"msg":"Invalid symbol."}`)
	strange := a.trader(t, 77)
	strange.refuse(t, "GET account/commission?symbol=BTCUSDT", 401, `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`)
}

// TestCountsOfOrders tells how many orders an account has placed, each account by
// itself, in each of the windows.
func TestCountsOfOrders(t *testing.T) {
	a, b := traders(t)
	counts := func(short, day string) string {
		return `[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100,"count":` + short + `},` +
			`{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000,"count":` + day + `}]`
	}
	a.want(t, "GET rateLimit/order?", counts("0", "0"))
	for range 3 {
		a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1")
	}
	a.want(t, "GET rateLimit/order?", counts("3", "3"))
	b.want(t, "GET rateLimit/order?", counts("0", "0"))
	a.wall += 10_000 * ms
	a.want(t, "GET rateLimit/order?", counts("0", "3"))
}

// TestMyFilters answers with the filters that exchangeInfo has for the symbol.
func TestMyFilters(t *testing.T) {
	a, _ := traders(t)
	spec := a.spec(t, btcusdt)
	spec.Filters = msg.Filters{MinPrice: 1, MaxPrice: 100_000_000, MinQty: 1, MaxQty: 900_000_000, MaxOrders: 200, MaxAmends: 10}
	a.alter(t, btcusdt, spec)
	a.want(t, "GET myFilters?symbol=BTCUSDT", `{"exchangeFilters":[],"symbolFilters":[`+
		`{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},`+
		`{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},`+
		`{"filterType":"NOTIONAL","minNotional":"0.00000000","applyMinToMarket":false,"maxNotional":"92233720368.54775807","applyMaxToMarket":false,"avgPriceMins":0},`+
		`{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},{"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":10}],"assetFilters":[]}`)
	_, filters, _ := strings.Cut(a.must(t, "GET myFilters?symbol=BTCUSDT"), `"symbolFilters":`)
	filters, _, _ = strings.Cut(filters, `,"assetFilters"`)
	if info := a.answer(t, "exchangeInfo", "symbol=BTCUSDT"); !strings.Contains(info, `"filters":`+filters+`,`) {
		t.Errorf("exchangeInfo has other filters: %s", info)
	}
	a.refuse(t, "GET myFilters?", 400, `{"code":-1102,"msg":"Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."}`)
}

// TestOrderLists finds no lists of orders, and takes none.
func TestOrderLists(t *testing.T) {
	a, _ := traders(t)
	for _, request := range []string{
		"GET openOrderList?", "GET allOrderList?", "GET allOrderList?fromId=1&limit=5",
		"GET allOrderList?startTime=1700000000000&endTime=1700086400000", "GET myAllocations?symbol=BTCUSDT",
	} {
		a.want(t, request, "[]")
	}
	a.refuse(t, "GET allOrderList?startTime=1700000000000&endTime=1700086400001", 400, `{"code":-1127,"msg":"More than 24 hours between startTime and endTime."}`)
	a.refuse(t, "GET allOrderList?fromId=1&endTime=1700000000000", 400, `{"code":-1128,"msg":"Combination of optional parameters invalid."}`)
	const oco = "?symbol=BTCUSDT&side=SELL&quantity=1&price=3&stopPrice=1&aboveType=LIMIT_MAKER&belowType=STOP_LOSS"
	for _, path := range []string{"order/oco", "orderList/oco"} {
		a.refuse(t, "POST "+path+oco, 400, `{"code":-2010,"msg":"OCO orders are not supported for this symbol"}`)
		a.refuse(t, "POST "+path+"?symbol=NONE", 400, `{"code":-1121,"msg":"Invalid symbol."}`)
	}
	for _, request := range []string{"POST orderList/oto?symbol=BTCUSDT", "POST orderList/otoco?", "DELETE orderList?symbol=BTCUSDT", "GET orderList?orderListId=1"} {
		a.refuse(t, request, 400, `{"code":-1020,"msg":"This operation is not supported."}`)
	}
}
