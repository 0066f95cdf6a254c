package main

import (
	"testing"
	"time"
)

// TestPythonBinance looks at the exchange through python-binance.
func TestPythonBinance(t *testing.T) {
	t.Parallel()
	python := foreign{
		folder: "gateway/clients/python", program: ".venv/bin/python", script: "run.py", packages: ".venv",
		install: "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
		seconds: 1, checks: 120, patience: 2 * time.Minute,
	}
	clientRow(t, python.run(t).row("python-binance", "REST, websocket API, streams, a kept book, user data, threads"))
}

// TestFreqtrade has a freqtrade bot trade by the book, in dry run. The bot works with
// complete candles of a minute, so it takes some minutes.
func TestFreqtrade(t *testing.T) {
	t.Parallel()
	if !isLong() {
		t.Skip("a bot that waits for candles: EXCHANGE_LONG=1 runs it")
	}
	freqtrade := foreign{
		folder: "gateway/clients/python", program: ".venv-freqtrade/bin/python", script: "bot.py", packages: ".venv-freqtrade",
		install: "python3 -m venv .venv-freqtrade && .venv-freqtrade/bin/pip install -r freqtrade.txt",
		checks:  10, patience: 10 * time.Minute,
	}
	clientRow(t, freqtrade.run(t).row("freqtrade", "a bot in dry run: markets, candles, orders by the book, its log"))
}
