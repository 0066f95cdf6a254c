package main

import (
	"strings"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// What a picture holds at most.
const (
	pictureLevels = 60
	pictureTrades = 80
	pictureBars   = 150
)

// picture is what is shown of a market at a moment, wherever it comes from.
type picture struct {
	symbol   string
	base     string
	decimals struct{ price, quantity int }
	bids     []client.Level // best first
	asks     []client.Level
	trades   []client.Trade // newest last
	bars     []client.Bar   // of a minute, newest last
	ticker   client.Ticker  // of 24 hours
	status   string         // of the symbol, unless it trades
}

// cutDecimal returns a decimal with exactly so many decimals. What is cut off is
// zero, or not to be shown.
func cutDecimal(text string, decimals int) string {
	whole, fraction, _ := strings.Cut(text, ".")
	if decimals <= 0 {
		return whole
	}
	if len(fraction) < decimals {
		fraction += strings.Repeat("0", decimals-len(fraction))
	}
	return whole + "." + fraction[:decimals]
}

// latest returns the price of the last trade, or an empty text.
func (p *picture) latest() string {
	if n := len(p.trades); n > 0 {
		return p.trades[n-1].Price
	}
	return ""
}

// lastOf returns up to n elements from the end.
func lastOf[T any](s []T, n int) []T { return s[max(0, len(s)-n):] }

// firstOf returns up to n elements.
func firstOf[T any](s []T, n int) []T { return s[:min(n, len(s))] }
