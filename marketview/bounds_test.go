package marketview_test

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// An id that nothing has is one of which nothing is known, also where an index is
// too short for it: the largest ids are negative there.
func TestIDsOfNothing(t *testing.T) {
	for _, id := range []uint32{1 << 25, 1<<31 - 1, 1 << 31, 1<<32 - 2, 1<<32 - 1} {
		v := marketview.New(marketview.Limits{})
		symbol, account, asset := msg.SymbolID(id), msg.AccountID(id), msg.AssetID(id)
		for i, c := range []msg.Command{
			{Kind: msg.Place, Account: account, Symbol: symbol, Price: 1, Qty: 1},
			{Kind: msg.Cancel, Account: account, Symbol: symbol, Order: 1},
			{Kind: msg.CancelAll, Account: account, Symbol: symbol},
			{Kind: msg.Credit, Account: account, Asset: asset, Amount: 1},
			{Kind: msg.SetPhase, Symbol: symbol},
			{Kind: msg.Uncross, Symbol: symbol},
		} {
			c.Seq = msg.Seq(i + 1)
			v.Apply(&c, []msg.Event{{Kind: msg.Rejected, Reason: msg.UnknownSymbol}})
		}
		var d marketview.Depth
		_, hasAsset := v.Asset(asset)
		_, hasSymbol := v.SymbolByID(symbol)
		_, hasAccount := v.Account(account)
		_, hasTop := v.Best(symbol)
		_, hasTrade := v.LastTrade(symbol)
		_, hasTicker := v.Ticker(symbol, 0, 0)
		_, hasPrice := v.AvgPrice(symbol, 0)
		if hasAsset || hasSymbol || hasAccount || hasTop || hasTrade || hasTicker || hasPrice || v.Depth(symbol, 5, &d) {
			t.Errorf("id %d: something is known", id)
		}
		free, locked := v.Balance(account, asset)
		if free != 0 || locked != 0 || v.Supply(asset) != 0 || v.BalanceTime(account) != 0 || v.CountOpen(account, symbol) != 0 {
			t.Errorf("id %d: something is there", id)
		}
		if n := len(v.Trades(symbol, 1, 5, nil)) + len(v.Balances(account, nil)) + len(v.OpenOrders(account, symbol, nil)) +
			len(v.AggTrades(symbol, 0, marketview.Span{}, nil)) + len(v.Fills(account, marketview.FillQuery{}, nil)) +
			len(v.Amendments(account, marketview.AmendmentQuery{}, nil)) + len(v.Preventions(account, marketview.PreventionQuery{}, nil)); n != 0 {
			t.Errorf("id %d: %d rows", id, n)
		}
	}
}
