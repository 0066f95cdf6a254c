package api

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// told is what an answer tells of an order.
type told struct {
	Symbol        string `json:"symbol"`
	OrderID       int64  `json:"orderId"`
	ClientOrderID string `json:"clientOrderId"`
	Price         string `json:"price"`
	OrigQty       string `json:"origQty"`
	ExecutedQty   string `json:"executedQty"`
	Quote         string `json:"cummulativeQuoteQty"`
	Status        string `json:"status"`
	Prevented     string `json:"preventedQuantity"`
	Fills         []struct {
		Price string `json:"price"`
		Qty   string `json:"qty"`
	} `json:"fills"`
}

// units returns a decimal of eight decimals as a number.
func units(t *testing.T, text string) int64 {
	t.Helper()
	if text == "" {
		return 0
	}
	n, err := msg.ParseDecimal(text, 8)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// check compares what an answer says with itself, and with what a query says right
// after it.
func (o *told) check(t *testing.T, r *trader) {
	t.Helper()
	var qty, quote int64
	for _, f := range o.Fills {
		q := units(t, f.Qty)
		qty += q
		quote += units(t, f.Price) / 1e4 * q / 1e4 // both have fewer decimals than that
	}
	if qty != units(t, o.ExecutedQty) || quote != units(t, o.Quote) {
		t.Errorf("fills of %d for %d: %+v", qty, quote, o)
	}
	var asked told
	if err := json.Unmarshal([]byte(r.must(t, fmt.Sprintf("GET order?symbol=%s&orderId=%d", o.Symbol, o.OrderID))), &asked); err != nil {
		t.Fatal(err)
	}
	got := *o
	got.Fills = nil
	if fmt.Sprint(got) != fmt.Sprint(asked) {
		t.Errorf("answered %+v, and asked right after %+v", got, asked)
	}
	closed := units(t, o.ExecutedQty)+units(t, o.Prevented) == units(t, o.OrigQty)
	if open := o.Status == "NEW" || o.Status == "PARTIALLY_FILLED"; open && closed {
		t.Errorf("an open order has nothing open: %+v", o)
	}
}

// randomOrder returns the parameters of an order near a price of 100, some of which
// nobody takes.
func randomOrder(random *rand.Rand) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	q := "symbol=" + pick("BTCUSDT", "BTCUSDT", "ETHUSDT") + "&newOrderRespType=FULL&side=" + pick("BUY", "SELL") +
		"&selfTradePreventionMode=" + pick("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT")
	qty := fmt.Sprintf("&quantity=%d.%d", random.IntN(5), random.IntN(100))
	price := fmt.Sprintf("&price=%d.%d", 95+random.IntN(10), random.IntN(10))
	switch random.IntN(6) {
	case 0:
		return q + "&type=MARKET" + qty
	case 1:
		return q + "&type=MARKET&quoteOrderQty=" + strconv.Itoa(random.IntN(2000))
	case 2:
		return q + "&type=LIMIT_MAKER" + qty + price
	default:
		return q + "&type=LIMIT&timeInForce=" + pick("GTC", "GTC", "GTC", "IOC", "FOK") + qty + price
	}
}

// TestFlow lets two traders do anything at random: each answer agrees with itself,
// with the query right after it and with the exchange, and nothing of the assets is
// lost or made.
func TestFlow(t *testing.T) {
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 0))
		a, b := traders(t)
		placed, refused := 0, 0
		for step := range 1500 {
			r := a
			if random.IntN(2) == 0 {
				r = b
			}
			id := 15 + random.IntN(int(r.exchange.seq))
			var body string
			var err *Error
			switch random.IntN(10) {
			case 0, 1:
				_, err = r.try(t, fmt.Sprintf("DELETE order?symbol=BTCUSDT&orderId=%d", id))
			case 2:
				_, err = r.try(t, fmt.Sprintf("PUT order/amend/keepPriority?symbol=BTCUSDT&orderId=%d&newQty=%d.5", id, random.IntN(4)))
			case 3:
				body, err = r.try(t, fmt.Sprintf("POST order/cancelReplace?%s&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=%d", randomOrder(random), id))
				if err == nil {
					var both struct{ NewOrderResponse json.RawMessage }
					if err := json.Unmarshal([]byte(body), &both); err != nil {
						t.Fatal(err)
					}
					body = string(both.NewOrderResponse)
				}
			default:
				body, err = r.try(t, "POST order?"+randomOrder(random))
			}
			if err != nil {
				refused++
			}
			if body != "" {
				placed++
				var o told
				if err := json.Unmarshal([]byte(body), &o); err != nil {
					t.Fatal(err)
				}
				o.check(t, r)
			}
			if t.Failed() {
				t.Fatalf("seed %d, step %d", seed, step)
			}
		}
		if placed < 300 || refused < 100 {
			t.Errorf("seed %d: %d were placed and %d refused, which proves little", seed, placed, refused)
		}
		if err := a.exchange.engine.Check(); err != nil {
			t.Error(err)
		}
		if err := a.exchange.views.Check(); err != nil {
			t.Error(err)
		}
		checkSums(t, a, b)
	}
}

// checkSums compares what both accounts are told to have, and what fees there were,
// with what there was at the start.
func checkSums(t *testing.T, traders ...*trader) {
	t.Helper()
	sums := make(map[string]int64)
	for _, r := range traders {
		var account struct {
			Balances []struct{ Asset, Free, Locked string }
		}
		if err := json.Unmarshal([]byte(r.must(t, "GET account?")), &account); err != nil {
			t.Fatal(err)
		}
		for _, b := range account.Balances {
			sums[b.Asset] += units(t, b.Free) + units(t, b.Locked)
		}
	}
	for id, name := range map[msg.AssetID]string{btc: "BTC", eth: "ETH", usdt: "USDT"} {
		fees, _ := traders[0].exchange.engine.Balance(msg.FeeAccount, id)
		if got := sums[name] + int64(fees); got != 2e17 {
			t.Errorf("%s: %d, want %d", name, got, int64(2e17))
		}
	}
}

// TestMicroAnswers asks for times in microseconds.
func TestMicroAnswers(t *testing.T) {
	a, _ := traders(t)
	a.exchange.now += 456_000
	c := a.newCall(t, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&newClientOrderId=x&newOrderRespType=ACK")
	c.Micro = true
	if err := a.Serve(a.method(t, "POST", "/api/v3/order"), c); err != nil {
		t.Fatal(err)
	}
	if got, want := string(c.Out), `{"symbol":"BTCUSDT","orderId":15,"orderListId":-1,"clientOrderId":"x","transactTime":1700000000123456}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
