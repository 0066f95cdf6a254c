package admin

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// TestIndicate compares the indicative price of random books, which is derived
// from the views, with what the engine says.
func TestIndicate(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	traded := 0
	for round := range 3000 {
		x := newExchange()
		do := func(c msg.Command) {
			var into gateway.Result
			if err := x.Do(t.Context(), &c, &into, nil); err != nil {
				t.Fatal(err)
			}
		}
		name := func(s string) msg.Name {
			n, err := msg.ParseName(s)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		do(msg.Command{Kind: msg.AddAsset, Name: name("A")})
		do(msg.Command{Kind: msg.AddAsset, Name: name("B")})
		do(msg.Command{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: name("AB"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}})
		place := func(side, p, q int) {
			do(msg.Command{Kind: msg.Place, Symbol: 1, Side: msg.Side(side), Price: msg.Price(p), Qty: msg.Qty(q)})
		}
		if round%2 == 0 { // a reference price
			p := 1 + r.IntN(16)
			place(0, p, 1)
			place(1, p, 1)
		}
		do(msg.Command{Kind: msg.SetPhase, Symbol: 1, Phase: msg.Auction})
		for range r.IntN(9) {
			place(r.IntN(2), 3+r.IntN(10), 1+r.IntN(4))
		}
		var book marketview.Depth
		x.views.Depth(1, 0, &book)
		last, _ := x.views.LastTrade(1)
		got := indicate(&book, last.Price)
		want, _ := x.engine.Indicative(1)
		if got != (indicative{want.Price, want.Volume, want.Surplus, want.Side}) {
			t.Fatalf("round %d: got %+v, the engine says %+v\n%+v, reference %d", round, got, want, book, last.Price)
		}
		if got.volume > 0 {
			traded++
		}
	}
	if traded < 1000 {
		t.Errorf("only %d of the books were crossed", traded)
	}
}

// TestAuction holds one from end to end.
func TestAuction(t *testing.T) {
	d := newDesk(t)
	d.market()
	d.must("POST", "/x/v1/symbols/BTCUSDT/phase", `{"phase":"auction"}`)
	place := func(account msg.AccountID, side msg.Side, p msg.Price, q msg.Qty) {
		var into gateway.Result
		c := msg.Command{Kind: msg.Place, Account: account, Symbol: 1, Side: side, Price: p, Qty: q}
		if err := d.exchange.Do(t.Context(), &c, &into, nil); err != nil || into.Events[0].Kind != msg.Accepted {
			t.Fatal(err, into.Events)
		}
	}
	place(1, msg.Sell, 180_000, 100_000)
	place(2, msg.Buy, 180_100, 150_000)
	auction := strings.TrimSpace(d.must("GET", "/x/v1/symbols/BTCUSDT/auction", ""))
	if want := `{"price":"1801","volume":"1","surplus":"0.5","side":"buy"}`; auction != want {
		t.Errorf("auction %s, want %s", auction, want)
	}
	status, answer := d.ask("POST", "/x/v1/symbols/BTCUSDT/phase", `{"phase":"trading"}`)
	if status != 409 || !strings.Contains(answer, `"INVALID_PHASE","field":"phase"`) {
		t.Errorf("trading with a crossed book: %d %s", status, answer)
	}
	seq := d.exchange.engine.Seq() + 1
	uncross := strings.TrimSpace(d.must("POST", "/x/v1/symbols/BTCUSDT/uncross", ""))
	if want := fmt.Sprintf(`{"seq":%d,"price":"1801","volume":"1"}`, seq); uncross != want {
		t.Errorf("uncross %s, want %s", uncross, want)
	}
}
