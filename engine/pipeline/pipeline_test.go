package pipeline

import (
	"context"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func name(t testing.TB, s string) msg.Name {
	n, err := msg.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// setup lists the commands that make a market of two funded accounts.
func setup(t testing.TB) []msg.Command {
	spec := &msg.Symbol{Name: name(t, "BTCUSDT"), Base: 1, Quote: 2, Tick: 1_000_000, Lot: 1000, Maker: 100_000, Taker: 200_000}
	return []msg.Command{
		{Kind: msg.AddAsset, Name: name(t, "BTC"), Scale: 8},
		{Kind: msg.AddAsset, Name: name(t, "USDT"), Scale: 8},
		{Kind: msg.AddSymbol, Spec: spec},
		{Kind: msg.CreateAccount},
		{Kind: msg.CreateAccount},
		{Kind: msg.Credit, Account: 1, Asset: 2, Amount: 1 << 60, Transfer: 1},
		{Kind: msg.Credit, Account: 2, Asset: 1, Amount: 1 << 60, Transfer: 1},
	}
}

func TestPlaceTradeRestart(t *testing.T) {
	dir := t.TempDir()
	var clock int64
	start := func() *Pipeline {
		p, err := Start(Options{Dir: dir, Clock: func() int64 { clock++; return clock }, Warn: func(s string) { t.Log(s) }})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := start()
	var r Result
	commands := append(setup(t),
		msg.Command{Kind: msg.Place, Account: 2, Symbol: 1, Side: msg.Sell, Price: 100, Qty: 10},
		msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: 100, Qty: 4})
	for i := range commands {
		if err := p.Do(context.Background(), &commands[i], &r); err != nil {
			t.Fatal(err)
		}
		if r.Events[0].Kind == msg.Rejected {
			t.Fatalf("%v: %v", commands[i].Kind, r.Events[0].Reason)
		}
	}
	if len(r.Events) != 2 || r.Events[1].Kind != msg.Traded || r.Seq != 9 {
		t.Fatalf("%+v", r)
	}
	want := p.Durable()
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	p = start()
	if got := p.Durable(); got.Digest != want.Digest || got.Seq != want.Seq || got.Epoch != 2 {
		t.Fatalf("restarted at %+v, stopped at %+v", got, want)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
}
