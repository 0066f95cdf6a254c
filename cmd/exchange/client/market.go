package client

import (
	"context"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Symbol is what a client has to know of a market.
type Symbol struct {
	Name     string   `json:"symbol"`
	Status   string   `json:"status"`
	Base     string   `json:"baseAsset"`
	Quote    string   `json:"quoteAsset"`
	Filters  []Filter `json:"filters"`
	BaseDec  int      `json:"baseAssetPrecision"`
	QuoteDec int      `json:"quoteAssetPrecision"`
}

// Filter is one of a symbol's filters. What it does not have is empty.
type Filter struct {
	Type        string `json:"filterType"`
	Tick        string `json:"tickSize"`
	Step        string `json:"stepSize"`
	MinPrice    string `json:"minPrice"`
	MaxPrice    string `json:"maxPrice"`
	MinQuantity string `json:"minQty"`
	MaxQuantity string `json:"maxQty"`
	MinNotional string `json:"minNotional"`
	MaxOrders   int    `json:"maxNumOrders"`
}

// Filter returns the filter of a type, an empty one if there is none.
func (s *Symbol) Filter(kind string) Filter {
	for _, f := range s.Filters {
		if f.Type == kind {
			return f
		}
	}
	return Filter{}
}

// Trade is a row of the tape.
type Trade struct {
	ID         int64  `json:"id"`
	Price      string `json:"price"`
	Quantity   string `json:"qty"`
	Time       int64  `json:"time"` // milliseconds
	BuyerMaker bool   `json:"isBuyerMaker"`
}

// Bar is what was traded in an interval.
type Bar struct {
	Open                     int64 // milliseconds
	First, High, Low, Latest string
	Volume                   string
}

// Ticker is what was traded in the last 24 hours.
type Ticker struct {
	Change      string `json:"priceChange"`
	Percent     string `json:"priceChangePercent"`
	Last        string `json:"lastPrice"`
	High        string `json:"highPrice"`
	Low         string `json:"lowPrice"`
	Volume      string `json:"volume"`
	QuoteVolume string `json:"quoteVolume"`
	Count       int64  `json:"count"`
}

// public asks a public method and reads its result.
func public[T any](ctx context.Context, c *Client, path string, p Params) (v T, err error) {
	body, err := c.send(ctx, "GET", "/api/v3"+path, &request{query: p.appendSorted(nil)})
	if err != nil {
		return v, err
	}
	err = read(body, "the answer to "+path, &v)
	return v, err
}

// Symbols returns all symbols.
func (c *Client) Symbols(ctx context.Context) ([]Symbol, error) {
	type info struct {
		Symbols []Symbol `json:"symbols"`
	}
	v, err := public[info](ctx, c, "/exchangeInfo", nil)
	return v.Symbols, err
}

// Depth returns a book, up to limit levels of each side.
func (c *Client) Depth(ctx context.Context, symbol string, limit int) (Depth, error) {
	return public[Depth](ctx, c, "/depth", Params{{"symbol", symbol}, Int("limit", int64(limit))})
}

// RecentTrades returns the newest trades, oldest first.
func (c *Client) RecentTrades(ctx context.Context, symbol string, limit int) ([]Trade, error) {
	return public[[]Trade](ctx, c, "/trades", Params{{"symbol", symbol}, Int("limit", int64(limit))})
}

// Bars returns the newest bars of an interval, oldest first.
func (c *Client) Bars(ctx context.Context, symbol, interval string, limit int) ([]Bar, error) {
	rows, err := public[[][]jsontext.Value](ctx, c, "/klines", Params{{"symbol", symbol}, {"interval", interval}, Int("limit", int64(limit))})
	if err != nil {
		return nil, err
	}
	bars := make([]Bar, len(rows))
	for i, row := range rows {
		const used = 6
		if len(row) < used {
			return nil, fmt.Errorf("read the answer to /klines: a row has %d columns", len(row))
		}
		if bars[i].Open, err = strconv.ParseInt(string(row[0]), 10, 64); err != nil {
			return nil, fmt.Errorf("read the answer to /klines: %w", err)
		}
		for n, s := range []*string{&bars[i].First, &bars[i].High, &bars[i].Low, &bars[i].Latest, &bars[i].Volume} {
			if err := read(row[n+1], "the answer to /klines", s); err != nil {
				return nil, err
			}
		}
	}
	return bars, nil
}

// Ticker24h returns the ticker of the last 24 hours.
func (c *Client) Ticker24h(ctx context.Context, symbol string) (Ticker, error) {
	return public[Ticker](ctx, c, "/ticker/24hr", Params{{"symbol", symbol}})
}
