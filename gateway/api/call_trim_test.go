package api

import (
	"reflect"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// What a call keeps for the next one is bounded, whatever it was asked for.
func TestTrim(t *testing.T) {
	const many = 10_000
	var c Call
	c.Out = make([]byte, keptBytes+1)
	c.scratch = scratch{
		scratchMarket: scratchMarket{
			names: make([]msg.Name, many), symbols: make([]marketview.Symbol, many), markets: make([]*wire.Market, many),
			rows: make([]tickerRow, many), trades: make([]marketview.Trade, many), aggs: make([]marketview.AggTrade, many),
			bars:   make([]marketview.Bar, many),
			depth:  marketview.Depth{Bids: make([]marketview.Level, many), Asks: make([]marketview.Level, many)},
			fields: fields{dst: c.Out},
		},
		scratchTrade: scratchTrade{
			orders: make([]marketview.Order, many), fills: make([]marketview.OwnFill, many), balances: make([]balanceRow, many),
			amendments: make([]marketview.Amendment, many), preventions: make([]marketview.Prevention, many),
			outcome: outcome{fills: make([]fill, many), prevents: make([]prevention, many), canceled: make([]marketview.Order, many)},
		},
	}
	c.scratch.result.Events = make([]msg.Event, many)
	eachSlice(reflect.ValueOf(&c.scratch).Elem(), "scratch", func(name string, s reflect.Value) {
		if s.Cap() <= keptRows {
			t.Errorf("%s is not filled by this test", name)
		}
	})
	c.Trim()
	eachSlice(reflect.ValueOf(&c.scratch).Elem(), "scratch", func(name string, s reflect.Value) {
		if s.Cap() > keptRows {
			t.Errorf("%s is kept", name)
		}
	})
	if c.Out != nil {
		t.Error("the answer is kept")
	}
	c.Out = make([]byte, keptBytes)
	c.scratch.orders = make([]marketview.Order, keptRows)
	c.Trim()
	if c.Out == nil || c.scratch.orders == nil {
		t.Error("what most calls need is given up")
	}
}

// eachSlice calls see for every slice in a struct and the structs in it.
func eachSlice(v reflect.Value, name string, see func(name string, s reflect.Value)) {
	switch v.Kind() {
	case reflect.Slice:
		see(name, v)
	case reflect.Struct:
		for i := range v.NumField() {
			eachSlice(v.Field(i), name+"."+v.Type().Field(i).Name, see)
		}
	default:
	}
}
