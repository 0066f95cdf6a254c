package api

import (
	"encoding/json"
	"testing"
)

// placedAnswer is the answer to a new order as a program would declare it.
type placedAnswer struct {
	Symbol        string       `json:"symbol"`
	OrderID       int64        `json:"orderId"`
	OrderListID   int64        `json:"orderListId"`
	ClientOrderID string       `json:"clientOrderId"`
	TransactTime  int64        `json:"transactTime"`
	Price         string       `json:"price"`
	OrigQty       string       `json:"origQty"`
	ExecutedQty   string       `json:"executedQty"`
	OrigQuote     string       `json:"origQuoteOrderQty"`
	Quote         string       `json:"cummulativeQuoteQty"`
	Status        string       `json:"status"`
	TimeInForce   string       `json:"timeInForce"`
	Type          string       `json:"type"`
	Side          string       `json:"side"`
	WorkingTime   int64        `json:"workingTime"`
	STP           string       `json:"selfTradePreventionMode"`
	Fills         []fillAnswer `json:"fills"`
}

type fillAnswer struct {
	Price      string `json:"price"`
	Qty        string `json:"qty"`
	Commission string `json:"commission"`
	Asset      string `json:"commissionAsset"`
	TradeID    int64  `json:"tradeId"`
}

// BenchmarkAnswer makes the same bytes out of what became of an order, and out of a
// struct that holds them ready, by the standard library.
func BenchmarkAnswer(b *testing.B) {
	a := newInstant(b)
	c := a.newCall(b, hotRequests["place"].query)
	c.Session = a.key
	if err := a.Serve(a.method(b, "POST", "/api/v3/order"), c); err != nil {
		b.Fatal(err)
	}
	want := string(c.Out)
	b.Run("appended", func(b *testing.B) {
		b.ReportAllocs()
		var dst []byte
		for b.Loop() {
			dst = c.appendPlaced(dst[:0])
		}
		if string(dst) != want {
			b.Fatalf("got %s\nwant %s", dst, want)
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		var v placedAnswer
		if err := json.Unmarshal([]byte(want), &v); err != nil {
			b.Fatal(err)
		}
		var dst []byte
		for b.Loop() {
			dst, _ = json.Marshal(&v)
		}
		if string(dst) != want {
			b.Fatalf("got %s\nwant %s", dst, want)
		}
	})
}
