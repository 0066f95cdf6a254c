package wsapi

import (
	"testing"
)

func TestVectors(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	c := s.connect("")
	got := c.ask("order.test", `"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"0.001","price":"10000","recvWindow":5000,`+
		`"timestamp":1700000000000,"returnRateLimits":false,"apiKey":"testkey","signature":"35a1d4f3a65303fc0f8bb9584a9c51408374046d181aae06242687cb53b19d88"`)
	if got != "{}" {
		t.Error(got)
	}
}
