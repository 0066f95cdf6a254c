package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// TestOrderForms is the matrix of types and parameters: each request is refused by
// POST order, POST order/test and POST order/cancelReplace alike, and by none of
// them reaches the exchange.
func TestOrderForms(t *testing.T) {
	const (
		mandatory = `{"code":-1102,"msg":"Mandatory parameter '%s' was not sent, was empty/null, or malformed."}`
		either    = `{"code":-1102,"msg":"Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"}`
		surplus   = `{"code":-1106,"msg":"Parameter '%s' sent when not required."}`
		off       = `{"code":-2010,"msg":"%s orders are not supported for this symbol."}`
		decimal   = `{"code":-1100,"msg":"Illegal characters found in parameter '%s'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."}`
		precise   = `{"code":-1111,"msg":"Parameter '%s' has too much precision."}`
		filter    = `{"code":-1013,"msg":"Filter failure: %s"}`
		overflow  = `{"code":-1108,"msg":"Parameter '%s' overflowed."}`
		nothing   = `{"code":-2010,"msg":"Price * QTY is zero or less."}`
		invalid   = `{"code":-1130,"msg":"Data sent for parameter '%s' is not valid."}`
	)
	for query, want := range map[string][]string{
		"":                              {mandatory, "symbol"},
		"symbol=BTCUSDT&side=BUY":       {mandatory, "type"},
		"symbol=BTCUSDT&type=LIMIT":     {mandatory, "side"},
		"symbol=&side=BUY&type=LIMIT":   {mandatory, "symbol"},
		"symbol=DOGE&side=BUY&type=X":   {`{"code":-1121,"msg":"Invalid symbol."}`},
		"symbol=btcusdt&side=X&type=X":  {`{"code":-1121,"msg":"Invalid symbol."}`},
		"symbol=BTCUSDT&side=buy&type=": {mandatory, "type"},
		"symbol=BTCUSDT&side=buy&type=LIMIT&timeInForce=GTC&quantity=1&price=10":              {`{"code":-1117,"msg":"Invalid side."}`},
		"symbol=BTCUSDT&side=BUY&type=limit&timeInForce=GTC&quantity=1&price=10":              {`{"code":-1116,"msg":"Invalid orderType."}`},
		"symbol=BTCUSDT&side=BUY&type=PEGGED&timeInForce=GTC&quantity=1&price=10":             {`{"code":-1116,"msg":"Invalid orderType."}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=10":              {`{"code":-1115,"msg":"Invalid timeInForce."}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=&quantity=1&price=10":                 {`{"code":-1105,"msg":"Parameter 'timeInForce' was empty."}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&price=10":     {`{"code":-1101,"msg":"Duplicate values for a parameter detected."}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=10":                              {mandatory, "timeInForce"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=10":                         {mandatory, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1":                       {mandatory, "price"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&price=10":                                   {mandatory, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1":                                 {mandatory, "price"},
		"symbol=BTCUSDT&side=BUY&type=MARKET":                                                 {either},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&stopPrice=9":  {surplus, "stopPrice"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&quoteOrderQty": {`{"code":-1105,"msg":"Parameter 'quoteOrderQty' was empty."}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=1&quoteOrderQty=1":          {mandatory, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&quoteOrderQty=1": {
			surplus, "quoteOrderQty",
		},
		"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1&timeInForce=GTC": {surplus, "timeInForce"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1&stopPrice=1":     {surplus, "stopPrice"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1&quoteOrderQty=1": {surplus, "quoteOrderQty"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&timeInForce=IOC":              {surplus, "timeInForce"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&price=0":                      {surplus, "price"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&stopPrice=1":                  {surplus, "stopPrice"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&quoteOrderQty=1":              {surplus, "quoteOrderQty"},

		"symbol=BTCUSDT&side=BUY&type=STOP_LOSS&quantity=1&stopPrice=9":                                    {off, "Stop loss"},
		"symbol=BTCUSDT&side=BUY&type=STOP_LOSS_LIMIT&quantity=1&stopPrice=9&price=1&timeInForce=GTC":      {off, "Stop loss limit"},
		"symbol=BTCUSDT&side=BUY&type=TAKE_PROFIT&quantity=1&stopPrice=9":                                  {off, "Take profit"},
		"symbol=BTCUSDT&side=BUY&type=TAKE_PROFIT_LIMIT&quantity=1&stopPrice=9&price=1&timeInForce=GTC":    {off, "Take profit limit"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&icebergQty=0.5":            {off, "Iceberg"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&trailingDelta=100":         {off, "Trailing stop"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&pegPriceType=PRIMARY_PEG":  {off, "Pegged"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&strategyType=999999":       {"{\"code\":-1134,\"msg\":\"`strategyType` was less than 1000000.\"}"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&strategyId=x":              {`{"code":-1100,"msg":"Illegal characters found in parameter 'strategyId'; legal range is '^[0-9]{1,20}$'."}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&newOrderRespType=full":     {invalid, "newOrderRespType"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&selfTradePreventionMode=TRANSFER":                  {`{"code":-1013,"msg":"This symbol does not allow the specified self-trade prevention mode."}`},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&selfTradePreventionMode=OFF":                       {invalid, "selfTradePreventionMode"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&newClientOrderId=":         {`{"code":-1118,"msg":"New client order ID was empty."}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&newClientOrderId=a%20b":    {`{"code":-1100,"msg":"Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10&newClientOrderId=" + x(37): {`{"code":-1100,"msg":"Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."}`},

		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=-1":                     {decimal, "price"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1e3&price=1":                    {decimal, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.&price=1":                     {decimal, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=.1&price=1":                     {decimal, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=123456789012345678901&price=1":  {decimal, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=x":                                        {decimal, "quoteOrderQty"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=10.123456789":           {precise, "price"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.123456789&price=10.001":       {precise, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=1.123456789":                              {precise, "quoteOrderQty"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.000001&price=10.001":          {filter, "PRICE_FILTER"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.000001&price=10.01":           {filter, "LOT_SIZE"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1.000001":                                      {filter, "LOT_SIZE"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0":                      {nothing},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0&price=1":                      {nothing},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.0":                                           {nothing},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=0":                                        {nothing},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=99999999999999999999":   {overflow, "price"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=99999999999999999999&price=1":   {overflow, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=90071992548&price=1":            {overflow, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=90071992&price=90071992":        {overflow, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=99999999999999999999":                     {overflow, "quoteOrderQty"},
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=90071992548":                                   {overflow, "quantity"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90071992547409.92":      {overflow, "price"},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&recvWindow=60001":     {`{"code":-1131,"msg":"recvWindow must be less than 60000"}`},
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&timestamp=1600000000": {`{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}`},
	} {
		a, _ := traders(t)
		text := want[0]
		if len(want) > 1 {
			text = fmt.Sprintf(text, want[1])
		}
		seq := a.exchange.seq
		a.refuse(t, "POST order?"+query, 400, text)
		a.refuse(t, "POST order/test?"+query, 400, text)
		a.refuse(t, "POST order/cancelReplace?"+query+"&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=1", 400, text)
		if a.exchange.seq != seq {
			t.Errorf("%s: %d commands reached the exchange", query, a.exchange.seq-seq)
		}
	}
}

// x returns a text of n characters.
func x(n int) string { return strings.Repeat("x", n) }

// TestOrderFormsTaken pins what is easily refused too much.
func TestOrderFormsTaken(t *testing.T) {
	a, _ := traders(t)
	for _, query := range []string{
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.00000&price=10.010000000000",
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=00001.1&price=00000000000000000001",
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=FOK&quantity=1&price=1&icebergQty=0.0&trailingDelta=0",
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&newClientOrderId=" + x(36),
		"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1&strategyId=1&strategyType=1000000&unknown=1",
		"symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.00001",
		"symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1&recvWindow=0",
		"symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1&recvWindow=60000.000&timestamp=1700000000123000",
	} {
		a.want(t, "POST order/test?"+query, "{}")
		a.must(t, "POST order?"+query)
	}
}

// TestStaticFilters switches on the filters that need no state. All are checked in
// the order in which they are listed, by the test of an order as by the order.
func TestStaticFilters(t *testing.T) {
	a, _ := traders(t)
	spec := a.spec(t, btcusdt)
	spec.Filters = msg.Filters{
		MinPrice: 100, MaxPrice: 10_000, MinQty: 10, MaxQty: 100_000_000, StepQty: 5, MarketMinQty: 100, MarketMaxQty: 100_000, MarketStep: 50,
		MinNotional: 5e8, MaxNotional: 1e13, MinToMarket: true, MaxToMarket: true,
	}
	a.alter(t, btcusdt, spec)
	const limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&"
	const market = "symbol=BTCUSDT&side=BUY&type=MARKET&"
	for query, want := range map[string]string{
		limit + "price=1&quantity=5":                                     "",
		limit + "price=0.99&quantity=100":                                "PRICE_FILTER",
		limit + "price=100.01&quantity=0":                                "PRICE_FILTER",
		limit + "price=0&quantity=1":                                     "PRICE_FILTER",
		limit + "price=99999999999999999999&quantity=1":                  "PRICE_FILTER",
		limit + "price=10&quantity=0.00005":                              "LOT_SIZE",
		limit + "price=10&quantity=0.00012":                              "LOT_SIZE",
		limit + "price=10&quantity=1000.00005":                           "LOT_SIZE",
		limit + "price=10&quantity=0":                                    "LOT_SIZE",
		limit + "price=10&quantity=99999999999999999999":                 "LOT_SIZE",
		limit + "price=1&quantity=4.99995":                               "NOTIONAL",
		limit + "price=100&quantity=1000":                                "",
		market + "quantity=0.00005":                                      "LOT_SIZE",
		market + "quantity=0.0005":                                       "MARKET_LOT_SIZE",
		market + "quantity=1.00005":                                      "MARKET_LOT_SIZE",
		market + "quantity=0.00105":                                      "MARKET_LOT_SIZE",
		market + "quantity=0.001":                                        "",
		market + "quoteOrderQty=4.99999999":                              "NOTIONAL",
		market + "quoteOrderQty=100000.00000001":                         "NOTIONAL",
		"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&price=0.01&quantity=1": "PRICE_FILTER",
	} {
		if want == "" {
			a.want(t, "POST order/test?"+query, "{}")
			continue
		}
		text := fmt.Sprintf(`{"code":-1013,"msg":"Filter failure: %s"}`, want)
		seq := a.exchange.seq
		a.refuse(t, "POST order/test?"+query, 400, text)
		a.refuse(t, "POST order?"+query, 400, text)
		if a.exchange.seq != seq {
			t.Errorf("%s reached the exchange", query)
		}
	}
	spec.Filters.MinToMarket = false
	a.alter(t, btcusdt, spec)
	a.want(t, "POST order/test?"+market+"quoteOrderQty=4.99999999", "{}")
}

// TestEngineRefusals pins the refusals that depend on the state.
func TestEngineRefusals(t *testing.T) {
	a, b := traders(t)
	const limit = "POST order?symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&"
	refused := func(text string) string { return `{"code":-2010,"msg":"` + text + `"}` }
	b.must(t, limit+"side=SELL&quantity=1&price=100&newClientOrderId=b1")
	a.refuse(t, limit+"side=BUY&quantity=1000000&price=1001", 400, refused("Account has insufficient balance for requested action."))
	b.refuse(t, limit+"side=SELL&quantity=1&price=100&newClientOrderId=b1", 400, refused("Duplicate order sent."))
	a.refuse(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=100", 400, refused("Order would immediately match and take."))
	a.refuse(t, "POST order?symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=1", 400, refused("Order book liquidity is less than symbol minimum quantity."))
	a.refuse(t, "POST order?symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=0.0001", 400, refused("Order book liquidity is less than `LOT_SIZE` filter minimum quantity."))

	spec := a.spec(t, btcusdt)
	spec.Filters.MaxOrders = 1
	a.alter(t, btcusdt, spec)
	b.refuse(t, limit+"side=SELL&quantity=1&price=101", 400, `{"code":-1013,"msg":"Filter failure: MAX_NUM_ORDERS"}`)
	spec.Filters = msg.Filters{MinToMarket: true, MinNotional: 2e10}
	a.alter(t, btcusdt, spec)
	a.must(t, limit+"side=BUY&quantity=2&price=100")
	a.refuse(t, "POST order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 400, `{"code":-1013,"msg":"Filter failure: NOTIONAL"}`)

	spec.Filters = msg.Filters{BidMultiplierUp: 2 * msg.MultiplierUnit, MaxPosition: 1e17 + 3e8}
	a.alter(t, btcusdt, spec)
	a.refuse(t, limit+"side=BUY&quantity=0.1&price=200.01", 400, `{"code":-1013,"msg":"Filter failure: PERCENT_PRICE_BY_SIDE"}`)
	a.refuse(t, limit+"side=BUY&quantity=3&price=99", 400, `{"code":-1013,"msg":"Filter failure: MAX_POSITION"}`)
	spec.Filters = msg.Filters{}
	a.alter(t, btcusdt, spec)
	for _, phase := range []msg.Phase{msg.Halt, msg.CancelOnly} {
		a.exchange.phase(t, ethusdt, phase)
		a.refuse(t, "POST order?symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1", 400, refused("Market is closed."))
	}
	const status = msg.SetStatus
	a.exchange.must(t, msg.Command{Kind: status, Account: ann, Status: msg.StatusCancelOnly})
	a.refuse(t, limit+"side=BUY&quantity=1&price=1", 400, refused("This account may not place or cancel orders."))
	a.must(t, "DELETE openOrders?symbol=BTCUSDT")
	a.exchange.must(t, msg.Command{Kind: status, Account: ann, Status: msg.Disabled})
	a.refuse(t, limit+"side=BUY&quantity=1&price=1", 400, refused("This action is disabled on this account."))
	a.refuse(t, "DELETE order?symbol=BTCUSDT&orderId=1", 400, `{"code":-2011,"msg":"This action is disabled on this account."}`)
	a.refuse(t, "PUT order/amend/keepPriority?symbol=BTCUSDT&orderId=1&newQty=1", 400, `{"code":-2038,"msg":"This action is disabled on this account."}`)
	nobody := a.trader(t, 99) // its account is of an exchange before
	nobody.refuse(t, limit+"side=BUY&quantity=1&price=1", 401, `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`)
	nobody.refuse(t, "GET account?", 401, `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`)
}

// TestNoAnswer pins what is told when the exchange gives no answer.
func TestNoAnswer(t *testing.T) {
	a, _ := traders(t)
	for _, c := range []struct {
		err    error
		status int
		code   int
	}{
		{gateway.ErrBusy, 503, -1008},
		{gateway.ErrFull, 503, -1008},
		{gateway.ErrStorage, 503, -1008},
		{gateway.ErrBarred, 400, -1020},
		{gateway.ErrStopped, 500, -1001},
		{gateway.ErrUnknown, 500, -1006},
	} {
		a.exchange.fail = c.err
		for _, request := range []string{
			"POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1",
			"DELETE order?symbol=BTCUSDT&orderId=1",
			"DELETE openOrders?symbol=BTCUSDT",
			"PUT order/amend/keepPriority?symbol=BTCUSDT&orderId=1&newQty=1",
			"POST order/cancelReplace?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=1",
		} {
			if _, refused := a.try(t, request); refused == nil || refused.Status != c.status || refused.Code != c.code {
				t.Errorf("%s, %v: got %v, want %d %d", request, c.err, refused, c.status, c.code)
			}
		}
	}
	a.exchange.fail = nil
	if n := a.orders.counts(ann, a.wall); n != [2]int{} {
		t.Errorf("%v orders are counted, and none was taken", n)
	}
}
