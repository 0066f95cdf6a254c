package wsapi

import (
	"encoding/json"
	"testing"
)

// orderText is an order as clients send it.
const orderText = `{"id":"5494febb-d167-46a2-996d-70533eb4d976","method":"order.place","params":{"symbol":"BTCUSDT","side":"SELL","type":"LIMIT","timeInForce":"GTC",` +
	`"price":"23416.10","quantity":"0.00847","apiKey":"testkey","timestamp":1660801715431,"signature":"35a1d4f3a65303fc0f8bb9584a9c51408374046d181aae06242687cb53b19d88"}}`

// BenchmarkReadOrder reads an order and makes the bytes that were signed, and reads it
// into a struct by the standard library, which leaves the latter to be done.
func BenchmarkReadOrder(b *testing.B) {
	text := []byte(orderText)
	b.Run("scanned", func(b *testing.B) {
		b.ReportAllocs()
		var r request
		var payload []byte
		for b.Loop() {
			if refused := r.read(text); refused != nil {
				b.Fatal(refused)
			}
			payload = r.appendPayload(payload[:0])
		}
		if want := "apiKey=testkey&price=23416.10&quantity=0.00847&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1660801715431&type=LIMIT"; string(payload) != want {
			b.Fatalf("got %s", payload)
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v struct {
				ID     string
				Method string
				Params struct {
					Symbol, Side, Type, TimeInForce, Price, Quantity, APIKey, Signature string
					Timestamp                                                           int64
				}
			}
			if err := json.Unmarshal(text, &v); err != nil || v.Params.Price != "23416.10" {
				b.Fatal(err)
			}
		}
	})
}
