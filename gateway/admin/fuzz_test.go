package admin

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// FuzzRequest sends any method, path and body: each is carried out, or refused in
// the shape of a problem, in a few words, with state and keys left as they are.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][3]string{
		{"POST", "/accounts", `{"name":"x"}`},
		{"PATCH", "/accounts/1", `{"status":"disabled","maker":null}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","permissions":["read"]}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","ips":["10.0.0.0/8","::1"]}`},
		{"POST", "/accounts/1/debit", `{"asset":"BTC","amount":"0.5","transfer":9}`},
		{"POST", "/symbols", `{"symbol":"A","base":"BTC","quote":"USDT","tick":"1","lot":"1","filters":[{"filterType":"NOTIONAL","minNotional":"5"}]}`},
		{"PATCH", "/symbols/BTCUSDT", `{"filters":[{"filterType":"PRICE_FILTER","minPrice":"0.02"}]}`},
		{"POST", "/symbols/BTCUSDT/phase", `{"phase":"auction"}`},
		{"POST", "/symbols/BTCUSDT/uncross", ``},
		{"GET", "/symbols/BTCUSDT/auction", ``},
		{"DELETE", "/keys/k", ``},
		{"POST", "/clock", `{"advance_ns":5}`},
		{"\xaa", "/symbols", `0`},
		{"GET", "/symbols/\xaa", ``},
		{"POST", "/accounts", `{"name":"` + strings.Repeat("é", maxEcho) + `"}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		d := newDesk(t)
		d.market()
		d.ops.simulated, d.ops.allowed = true, true
		if _, _, err := d.keys.Add(auth.Draft{Account: 1, ID: "k", Read: true}); err != nil {
			t.Fatal(err)
		}
		key := d.keys.Lookup([]byte("k"))
		before := d.exchange.engine.Digest()
		status, answer := d.ask(method, "/x/v1"+path, body)
		if status < 400 {
			return
		}
		const most = 1 << 10 // bytes of a problem
		if status >= 500 || d.exchange.engine.Digest() != before || d.keys.Len() != 1 || !d.keys.Holds(key) || len(answer) > most {
			t.Fatalf("%q %q %q: %d %s", method, path, body, status, answer)
		}
		if method == "HEAD" {
			return
		}
		var p problem
		if err := json.Unmarshal([]byte(answer), &p, json.RejectUnknownMembers(true)); err != nil || p.Code == "" || p.Message == "" {
			t.Fatalf("%q %q %q: %d %s: %v", method, path, body, status, answer, err)
		}
	})
}

// TestFiltersRoundTrip describes random filters and reads them again.
func TestFiltersRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	asset := func(name string, scale uint8) marketview.Asset {
		n, err := msg.ParseName(name)
		if err != nil {
			t.Fatal(err)
		}
		return marketview.Asset{Name: n, Scale: scale}
	}
	some := func(most int64) int64 {
		if r.IntN(3) == 0 {
			return 0
		}
		return r.Int64N(most)
	}
	for round := range 5000 {
		spec := msg.Symbol{Tick: 1 + msg.Amount(r.Int64N(1000)), Lot: 1 + msg.Amount(r.Int64N(1000)), Filters: msg.Filters{
			MinPrice: msg.Price(some(1e9)), MaxPrice: msg.Price(some(1e9)), MinQty: msg.Qty(some(1e9)), MaxQty: msg.Qty(some(1e9)),
			StepQty: 1 + msg.Qty(some(100)), MarketMinQty: msg.Qty(some(1e9)), MarketMaxQty: msg.Qty(some(1e9)), MarketStep: msg.Qty(some(100)),
			MinNotional: msg.Amount(some(1e15)), MaxNotional: msg.Amount(some(1e15)), AvgMins: uint8(some(msg.MaxAvgMins)),
			BidMultiplierUp: msg.Multiplier(some(1e9)), BidMultiplierDown: msg.Multiplier(some(1e9)),
			AskMultiplierUp: msg.Multiplier(some(1e9)), AskMultiplierDown: msg.Multiplier(some(1e9)),
			MaxOrders: uint32(some(1 << 32)), MaxAmends: uint16(some(1 << 16)), MaxPosition: msg.Amount(some(1e15)),
		}}
		f := &spec.Filters
		if f.MinNotional != 0 || f.MaxNotional != 0 { // else they mean nothing
			f.MinToMarket, f.MaxToMarket = r.IntN(2) == 0, r.IntN(2) == 0
		}
		if !spec.Valid() {
			continue
		}
		m := wire.MarketOf(marketview.Symbol{Spec: spec}, asset("B", uint8(r.IntN(19))), asset("Q", uint8(r.IntN(19))))
		text, err := json.Marshal(describeFilters(&m))
		if err != nil {
			t.Fatal(err)
		}
		var list []jsontext.Value
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		got, err := readFilters(&m, list)
		if diff := cmp.Diff(*f, got); err != nil || diff != "" {
			t.Fatalf("round %d: %s: %v %s", round, text, err, diff)
		}
		if !strings.HasPrefix(string(text), `[{"filterType":"PRICE_FILTER",`) {
			t.Fatalf("clients look for the price filter first: %s", text)
		}
	}
}
