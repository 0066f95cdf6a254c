package marketview_test

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// An engine decides, the views follow.
func Example() {
	e, v := engine.New(engine.Capacity{}), marketview.New(marketview.Limits{})
	for i, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: name("BTC"), Scale: 8},
		{Kind: msg.AddAsset, Name: name("USD"), Scale: 4},
		{Kind: msg.AddSymbol, Spec: spec("BTCUSD", msg.Balances)},
		{Kind: msg.CreateAccount},
		{Kind: msg.CreateAccount},
		{Kind: msg.Credit, Account: ann, Asset: usd, Amount: 1_000, Transfer: 1},
		{Kind: msg.Credit, Account: bob, Asset: btc, Amount: 50 * lot, Transfer: 1},
		{Kind: msg.Place, Account: bob, Symbol: market, Side: msg.Sell, Price: 30, Qty: 10},
		{Kind: msg.Place, Account: ann, Symbol: market, Side: msg.Buy, Price: 29, Qty: 5},
		{Kind: msg.Place, Account: ann, Symbol: market, Side: msg.Buy, Price: 31, Qty: 4},
	} {
		c.Seq = msg.Seq(i + 1)
		v.Apply(&c, e.Execute(&c, nil))
	}
	var d marketview.Depth
	v.Depth(market, 10, &d)
	fmt.Println("bids", d.Bids, "asks", d.Asks, "update", d.UpdateID)
	for _, t := range v.Trades(market, 0, 10, nil) {
		fmt.Printf("trade %d: %d lots at %d\n", t.ID, t.Qty, t.Price)
	}
	o, _ := v.Order(ann, 10)
	fmt.Println("order", o.ID, o.Status, o.Executed)
	free, locked := v.Balance(ann, usd)
	fmt.Println("ann has", free, "free and", locked, "locked")
	// Output:
	// bids [{29 5 1}] asks [{30 6 1}] update 3
	// trade 1: 4 lots at 30
	// order 10 FILLED 4
	// ann has 735 free and 145 locked
}
