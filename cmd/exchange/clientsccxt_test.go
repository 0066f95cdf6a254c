package main

import (
	"strconv"
	"testing"
	"time"
)

// ccxtSuite returns a script that uses ccxt, with its default options or with those
// that leave out all but spot trading.
func ccxtSuite(script, options string) *foreign {
	return &foreign{
		folder: "gateway/clients/ccxt", program: "node", script: script, packages: "node_modules", install: "npm ci",
		env: []string{"CCXT_OPTIONS=" + options}, patience: 2 * time.Minute,
	}
}

// TestCCXTREST looks at the exchange through ccxt over HTTP, once on its own clock
// and once on one that moves on by minutes, so that bars end.
func TestCCXTREST(t *testing.T) {
	t.Parallel()
	usual, spot := ccxtSuite("rest.mjs", "default"), ccxtSuite("rest.mjs", "spot")
	usual.checks, spot.checks = 80, 80
	spot.serve = []string{"--clock", "sim=2026-03-02T23:57:00Z"}
	spot.env = append(spot.env, "CCXT_CLOCK=sim")
	ccxtRow(t, "ccxt REST", "markets, book, trades, bars, tickers, balances, orders, history, refusals; default options and spot only", usual, spot)
}

// TestCCXTWebSocket looks at the exchange through ccxt over websockets. In its short
// form the exchange pings often, so that a short silence is long enough to count.
func TestCCXTWebSocket(t *testing.T) {
	t.Parallel()
	usual, spot := ccxtSuite("websocket.mjs", "default"), ccxtSuite("websocket.mjs", "spot")
	for _, s := range []*foreign{usual, spot} {
		s.checks, s.seconds, s.patience = 40, scaled(10, 10, 60), time.Duration(scaled(2, 2, 15))*time.Minute
		s.env = append(s.env, "CCXT_SILENCE="+strconv.Itoa(scaled(6, 6, 610)))
		if !isLong() {
			s.serve = []string{"--ping-interval", "1s", "--pong-wait", "3s"}
		}
	}
	ccxtRow(t, "ccxt WebSocket", "streams, books under load, user data, requests, silence, restarts; default options and spot only", usual, spot)
}

// ccxtRow runs a suite in two ways, and makes one row of them.
func ccxtRow(t *testing.T, client, what string, usual, spot *foreign) {
	t.Helper()
	usual.require(t)
	var a, b *foreignReport
	t.Run("options", func(t *testing.T) {
		t.Run("default", func(t *testing.T) {
			t.Parallel()
			a = usual.run(t)
		})
		t.Run("spot", func(t *testing.T) {
			t.Parallel()
			b = spot.run(t)
		})
	})
	if a == nil || b == nil {
		return // one of them was not asked for
	}
	row := a.row(client, what)
	row.checks += len(b.checks)
	clientRow(t, row)
}
