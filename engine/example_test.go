package engine_test

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The engine without a server: commands in, events out.
func Example() {
	e := engine.New(engine.Capacity{Orders: 1000})
	do := func(c msg.Command) {
		c.Seq, c.Time = e.Seq()+1, e.Time()+1
		for _, v := range e.Execute(&c, nil) {
			fmt.Printf("%d %v: %v", c.Seq, c.Kind, v.Kind)
			if v.Kind == msg.Traded {
				fmt.Printf(" %d lots at %d with order %d", v.Qty, v.Price, v.Order)
			}
			fmt.Println()
		}
	}
	btc, _ := msg.ParseName("BTC")
	usd, _ := msg.ParseName("USD")
	symbol, _ := msg.ParseName("BTCUSD")
	do(msg.Command{Kind: msg.AddAsset, Name: btc, Scale: 8})
	do(msg.Command{Kind: msg.AddAsset, Name: usd, Scale: 2})
	do(msg.Command{Kind: msg.AddSymbol, Spec: &msg.Symbol{
		Name: symbol, Base: 1, Quote: 2, Tick: 100, Lot: 1_000_000, // 1 USD, 0.01 BTC: a lot at one tick is one cent
		Maker: 10_000, Taker: 20_000, // 0.01 % and 0.02 %
	}})
	do(msg.Command{Kind: msg.CreateAccount})
	do(msg.Command{Kind: msg.CreateAccount})
	do(msg.Command{Kind: msg.Credit, Account: 1, Asset: 1, Amount: 5_00000000, Transfer: 1})
	do(msg.Command{Kind: msg.Credit, Account: 2, Asset: 2, Amount: 100_000_00, Transfer: 1})
	do(msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: 60_000, Qty: 50})
	do(msg.Command{Kind: msg.Place, Account: 2, Symbol: 1, Side: msg.Buy, Price: 61_000, Qty: 20})

	e.EachLevel(1, msg.Sell, func(p msg.Price, qty msg.Qty, orders int) bool {
		fmt.Printf("ask %d: %d lots in %d order\n", p, qty, orders)
		return true
	})
	free, _ := e.Balance(2, 1)
	fmt.Printf("the buyer has %s BTC\n", msg.FormatDecimal(int64(free), 8))
	fmt.Println("every invariant holds:", e.Check() == nil)
	// Output:
	// 1 add-asset: asset-added
	// 2 add-asset: asset-added
	// 3 add-symbol: symbol-added
	// 4 create-account: account-created
	// 5 create-account: account-created
	// 6 credit: adjusted
	// 7 credit: adjusted
	// 8 place: accepted
	// 9 place: accepted
	// 9 place: traded 20 lots at 60000 with order 8
	// ask 60000: 30 lots in 1 order
	// the buyer has 0.19996 BTC
	// every invariant holds: true
}
