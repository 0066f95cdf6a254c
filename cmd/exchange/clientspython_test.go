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
