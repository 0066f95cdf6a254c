package api

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The parts of the answer to exchangeInfo.
const (
	infoHead = `{"timezone":"UTC","serverTime":1700000000123,"rateLimits":[` +
		`{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},` +
		`{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100},` +
		`{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000},` +
		`{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":300000}],"exchangeFilters":[],"symbols":[`
	infoFlags = `"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"icebergAllowed":false,"ocoAllowed":false,"otoAllowed":false,` +
		`"opoAllowed":false,"quoteOrderQtyMarketAllowed":true,"allowTrailingStop":false,"cancelReplaceAllowed":true,` +
		`"amendAllowed":true,"pegInstructionsAllowed":false,"isSpotTradingAllowed":true,"isMarginTradingAllowed":false,`
	infoTail = `"permissions":[],"permissionSets":[["SPOT"]],"defaultSelfTradePreventionMode":"EXPIRE_MAKER",` +
		`"allowedSelfTradePreventionModes":["NONE","EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH","DECREMENT"]}`
	infoBTCUSDT = `{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT","quotePrecision":8,` +
		`"quoteAssetPrecision":8,"baseCommissionPrecision":8,"quoteCommissionPrecision":8,` + infoFlags + `"filters":[` +
		`{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"90071992547409.91000000","tickSize":"0.01000000"},` +
		`{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"90071992547.40991000","stepSize":"0.00001000"},` +
		`{"filterType":"NOTIONAL","minNotional":"0.00000000","applyMinToMarket":false,"maxNotional":"92233720368.54775807","applyMaxToMarket":false,"avgPriceMins":0}],` +
		infoTail
)

// TestExchangeInfo pins the answer for a symbol without filters.
func TestExchangeInfo(t *testing.T) {
	a := newTestAPI(t, Limits{})
	want := infoHead + infoBTCUSDT + "]}"
	for _, query := range []string{"symbol=BTCUSDT", `symbols=["BTCUSDT"]`} {
		if got := a.answer(t, "exchangeInfo", query); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
	bare := strings.Replace(want, `[["SPOT"]]`, "[]", 1)
	if got := a.answer(t, "exchangeInfo", "symbol=BTCUSDT&showPermissionSets=false"); got != bare {
		t.Errorf("without sets\n got %s\nwant %s", got, bare)
	}
}

// TestExchangeInfoFilters pins how filters are written.
func TestExchangeInfoFilters(t *testing.T) {
	a := newTestAPI(t, Limits{})
	s := msg.Symbol{Name: testName("BTCUSDT"), Base: btc, Quote: usdt, Tick: 1_000_000, Lot: 1_000, Maker: 100_000, Taker: 100_000}
	s.Filters = msg.Filters{
		MinPrice: 1_000, MaxPrice: 100_000_000, MinQty: 10, MaxQty: 900_000_000, StepQty: 10,
		MarketMinQty: 100, MarketMaxQty: 10_000_000, MarketStep: 100,
		MinNotional: 500_000_000, MaxNotional: 900_000_000_000_000, MinToMarket: true, MaxToMarket: false, AvgMins: 5,
		MaxOrders: 200, MaxAmends: 10, MaxPosition: 1_050_000_000,
		BidMultiplierUp: 500_000_000, BidMultiplierDown: 20_000_000, AskMultiplierUp: 0, AskMultiplierDown: 100_000_001,
	}
	a.exchange.must(t, msg.Command{Kind: msg.AlterSymbol, Symbol: btcusdt, Spec: &s})
	want := `"filters":[{"filterType":"PRICE_FILTER","minPrice":"10.00000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},` +
		`{"filterType":"LOT_SIZE","minQty":"0.00010000","maxQty":"9000.00000000","stepSize":"0.00010000"},` +
		`{"filterType":"MARKET_LOT_SIZE","minQty":"0.00100000","maxQty":"100.00000000","stepSize":"0.00100000"},` +
		`{"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"5.00000000","bidMultiplierDown":"0.20000000",` +
		`"askMultiplierUp":"92233720368.54775807","askMultiplierDown":"1.00000001","avgPriceMins":5},` +
		`{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5},` +
		`{"filterType":"MAX_POSITION","maxPosition":"10.50000000"},` +
		`{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},{"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":10}],`
	if got := a.answer(t, "exchangeInfo", "symbol=BTCUSDT"); !strings.Contains(got, want) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestExchangeInfoChoice asks for some of the symbols.
func TestExchangeInfoChoice(t *testing.T) {
	a := newTestAPI(t, Limits{})
	a.exchange.phase(t, ethusdt, msg.Halt)
	a.exchange.phase(t, ethbtc, msg.Auction)
	for query, want := range map[string]string{
		"":                              "BTCUSDT ETHUSDT ETHBTC",
		`symbols=["ETHBTC","BTCUSDT"]`:  "ETHBTC BTCUSDT",
		"symbols=[]":                    "",
		"permissions=SPOT":              "BTCUSDT ETHUSDT ETHBTC",
		`permissions=["MARGIN","SPOT"]`: "BTCUSDT ETHUSDT ETHBTC",
		`permissions=["MARGIN"]`:        "",
		"permissions=LEVERAGED":         "",
		"symbolStatus=HALT":             "ETHUSDT",
		"symbolStatus=BREAK":            "ETHBTC",
		"symbolStatus=TRADING":          "BTCUSDT",
		"symbolStatus=HALT&permissions=SPOT&showPermissionSets=true": "ETHUSDT",
	} {
		var got []string
		for i, part := range strings.Split(a.answer(t, "exchangeInfo", query), `{"symbol":"`) {
			if i > 0 {
				name, _, _ := strings.Cut(part, `"`)
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %s", query, got, want)
		}
	}
}
