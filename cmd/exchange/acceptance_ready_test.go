package main

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// Whoever has waited until the exchange said that it is ready is served at once,
// also with a key that the process before knew and whose requests might be replayed.
func TestAcceptReady(t *testing.T) {
	dir := t.TempDir()
	v := openVenue(t, dir)
	_, key := v.customer(holding{"USDT", "1000"})
	order := client.NewOrder{Symbol: "BTCUSDT", Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Quantity: "0.01", Price: "10000"}
	for _, ending := range []func(*venue){(*venue).end, (*venue).kill} {
		ending(v)
		v = openVenue(t, dir)
		a := client.Account{Via: v.client, Key: key}
		placed, err := a.Place(t.Context(), &order)
		if err != nil {
			t.Fatalf("an order right after a restart: %v", err)
		}
		if _, err := a.Order(t.Context(), order.Symbol, placed.ID); err != nil {
			t.Errorf("a question right after a restart: %v", err)
		}
	}
	v.end()
}
