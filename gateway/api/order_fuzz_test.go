package api

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// FuzzTrading sends queries of any form to every signed method: none panics, every
// answer and every refusal is JSON, what is refused outright leaves the exchange as
// it was, and the exchange stays whole.
func FuzzTrading(f *testing.F) {
	for i, query := range []string{
		"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=10000",
		"symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=12.5&newOrderRespType=FULL",
		"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&selfTradePreventionMode=DECREMENT&computeCommissionRates=true",
		"symbol=BTCUSDT&orderId=15&cancelRestrictions=ONLY_NEW&newClientOrderId=c",
		"symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=1&price=9&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=15",
		"symbol=BTCUSDT&origClientOrderId=first&newQty=0.5",
		"symbol=BTCUSDT",
		"symbol=BTCUSDT&origClientOrderId=first&orderId=0",
		"",
		"symbol=BTCUSDT&orderId=1&startTime=1&endTime=99999999999999999999&limit=0",
		"omitZeroBalances=TRUE",
		"symbol=BTCUSDT&fromId=0&startTime=1700000000123000",
	} {
		f.Add(uint8(i), query)
	}
	a := newTestAPI(f, Limits{}).trader(f, ann)
	b := a.trader(f, bob)
	b.must(f, "POST order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=5&price=10000")
	methods := tradingMethods()
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2")
		c := &Call{Client: netip.MustParseAddr("127.0.0.1"), Session: a.key}
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		values.Set("timestamp", "1700000000123")
		for name, value := range values {
			c.Params.Add([]byte(name), []byte(value[0]))
		}
		before := a.exchange.engine.Digest()
		m := &methods[int(which)%len(methods)]
		refused := a.Serve(m, c)
		body := c.Out
		if refused != nil {
			body = refused.AppendJSON(nil)
			if refused.Data == nil && a.exchange.engine.Digest() != before {
				t.Errorf("%s %s?%s was refused (%v) and changed the exchange", m.Verb, m.Path, query, refused)
			}
			if refused.Status == 500 {
				t.Errorf("%s %s?%s: %v", m.Verb, m.Path, query, refused)
			}
		} else if m.Security == Read && a.exchange.engine.Digest() != before {
			t.Errorf("%s %s?%s changed the exchange", m.Verb, m.Path, query)
		}
		if !json.Valid(body) {
			t.Errorf("%s %s?%s: %q is no JSON", m.Verb, m.Path, query, body)
		}
		if strings.HasSuffix(m.Path, "/test") && a.exchange.engine.Digest() != before {
			t.Errorf("the test of an order changed the exchange: %s", query)
		}
		if err := a.exchange.engine.Check(); err != nil {
			t.Fatal(err)
		}
		for _, symbol := range []string{"BTCUSDT", "ETHUSDT", "ETHBTC"} {
			_, _ = a.try(t, "DELETE openOrders?symbol="+symbol) // so that they do not pile up
		}
	})
}
