package api

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// strategyOf returns what an answer says of strategies, from front to back.
func strategyOf(body string) string {
	var said []string
	for _, part := range strings.FieldsFunc(body, func(r rune) bool { return r == ',' || r == '{' || r == '}' }) {
		if strings.HasPrefix(part, `"strategy`) {
			said = append(said, part)
		}
	}
	return strings.Join(said, " ")
}

// TestStrategies pins that every answer about an order says of its strategy what was
// said when it was placed, and nothing else.
func TestStrategies(t *testing.T) {
	const limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=5&newClientOrderId=x"
	for sent, want := range map[string]string{
		"":                      "",
		"&strategyId=0":         `"strategyId":0`,
		"&strategyType=1000000": `"strategyType":1000000`,
		"&strategyId=7":         `"strategyId":7`,
		"&strategyType=2147483647&strategyId=9223372036854775807": `"strategyId":9223372036854775807 "strategyType":2147483647`,
	} {
		a, b := traders(t)
		tell := func(what, body, want string) {
			t.Helper()
			if got := strategyOf(body); got != want {
				t.Errorf("%s after %q says %s, want %s", what, sent, got, want)
			}
		}
		for _, resp := range []string{"ACK", "RESULT", "FULL"} {
			tell("a placement", a.must(t, "POST order?"+limit+sent+"&newOrderRespType="+resp), want)
			if resp != "FULL" {
				tell("a cancel", a.must(t, "DELETE order?symbol=BTCUSDT&origClientOrderId=x"), want)
			}
		}
		b.must(t, "POST order?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5")
		tell("an order", a.must(t, "GET order?symbol=BTCUSDT&origClientOrderId=x"), want)
		tell("open orders", a.must(t, "GET openOrders?symbol=BTCUSDT"), want)
		tell("an amend", a.must(t, "PUT order/amend/keepPriority?symbol=BTCUSDT&origClientOrderId=x&newQty=1&newClientOrderId=x"), want)
		replaced := a.must(t, "POST order/cancelReplace?cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=x&"+limit+"&strategyId=3")
		tell("a cancel-replace", replaced, strings.TrimSpace(want+` "strategyId":3`))
		tell("a cancel of all", a.must(t, "DELETE openOrders?symbol=BTCUSDT"), `"strategyId":3`)
		tell("all orders", a.must(t, "GET allOrders?symbol=BTCUSDT"), strings.TrimSpace(strings.TrimLeft(strings.Repeat(want+" ", 3), " ")+`"strategyId":3`))
		tell("nobody else's order", b.must(t, "GET allOrders?symbol=BTCUSDT"), "")
	}
}

// TestStrategyForm pins what a strategy can be.
func TestStrategyForm(t *testing.T) {
	a, _ := traders(t)
	const order = "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=5&"
	for sent, want := range map[string]string{
		"strategyType=0":                 "{\"code\":-1134,\"msg\":\"`strategyType` was less than 1000000.\"}",
		"strategyType=999999":            "{\"code\":-1134,\"msg\":\"`strategyType` was less than 1000000.\"}",
		"strategyType=2147483648":        `{"code":-1108,"msg":"Parameter 'strategyType' overflowed."}`,
		"strategyType=x":                 `{"code":-1100,"msg":"Illegal characters found in parameter 'strategyType'; legal range is '^[0-9]{1,20}$'."}`,
		"strategyId=9223372036854775808": `{"code":-1108,"msg":"Parameter 'strategyId' overflowed."}`,
		"strategyId=-1":                  `{"code":-1100,"msg":"Illegal characters found in parameter 'strategyId'; legal range is '^[0-9]{1,20}$'."}`,
	} {
		before := a.exchange.views.Seq()
		a.refuse(t, order+sent, 400, want)
		if after := a.exchange.views.Seq(); after != before {
			t.Errorf("%s reaches the exchange", sent)
		}
	}
}

// TestRestrictionsAreDecidedByTheExchange pins that a restriction stands in the command:
// what the views say of the order before it, decides nothing.
func TestRestrictionsAreDecidedByTheExchange(t *testing.T) {
	a, _ := traders(t)
	a.must(t, "POST order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2&newClientOrderId=x")
	for sent, want := range map[string]msg.Restriction{
		"":                             msg.Unrestricted,
		"&cancelRestrictions=ONLY_NEW": msg.OnlyNew,
		"&cancelRestrictions=ONLY_PARTIALLY_FILLED": msg.OnlyPartiallyFilled,
	} {
		for request, kind := range map[string]msg.Kind{
			"DELETE order?symbol=BTCUSDT&origClientOrderId=other":                                            msg.Cancel,
			replaceHead + "cancelReplaceMode=ALLOW_FAILURE&cancelOrigClientOrderId=other&quantity=1&price=1": msg.CancelReplace,
		} {
			verb, rest, _ := strings.Cut(request, " ")
			path, query, _ := strings.Cut(rest, "?")
			c := a.newCall(t, query+sent)
			m := a.method(t, verb, "/api/v3/"+path)
			_ = a.Serve(m, c) // it is refused, or half done
			if got := &c.scratch.command; got.Kind != kind || got.Only != want {
				t.Errorf("%s%s is a command %v with %v, want %v", request, sent, got.Kind, got.Only, want)
			}
		}
	}
}
