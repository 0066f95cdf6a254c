package main

import (
	"testing"
	"time"
)

// TestSpot looks at the exchange through @binance/spot, the connector of whoever
// made the wire format.
func TestSpot(t *testing.T) {
	t.Parallel()
	spot := foreign{
		folder: "gateway/clients/spot", program: "node", script: "run.mjs", packages: "node_modules/@binance/spot", install: "npm ci",
		seconds: 1, checks: 250, patience: 2 * time.Minute,
	}
	clientRow(t, spot.run(t).row("@binance/spot", "REST, websocket API, streams, user data, a restart"))
}
