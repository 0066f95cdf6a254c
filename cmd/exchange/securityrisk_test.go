package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// atOnce is how many orders come at the same time: together they are more than may be.
func atOnce() int { return scaled(1_000, 250, 1_000) }

// risk is a limit that orders could pass together.
type risk struct {
	name   string
	funds  []holding
	order  client.NewOrder
	most   int64 // orders that may be taken
	codes  []int // of the others
	symbol string
}

// risks are limits, each with orders of which only some may be taken. The middle of
// the market RISKUSDT is at 10,000, where a seller offers whatever is asked for.
func risks() []risk {
	const insufficient, filter = -2010, -1013
	limit := func(symbol, side, quantity, price string) client.NewOrder {
		return client.NewOrder{Symbol: symbol, Side: side, Type: "LIMIT", TimeInForce: "GTC", Quantity: quantity, Price: price}
	}
	return []risk{
		{"bids beyond the balance", []holding{{"USDT", "1000"}}, limit("RISKUSDT", "BUY", "0.002", "5000"), 100, []int{insufficient}, "RISKUSDT"},
		{"asks beyond the balance", []holding{{"BTC", "0.1"}}, limit("RISKUSDT", "SELL", "0.002", "20000"), 50, []int{insufficient}, "RISKUSDT"},
		{"bids that trade", []holding{{"USDT", "1000"}}, limit("RISKUSDT", "BUY", "0.002", "10000"), 50, []int{insufficient}, "RISKUSDT"},
		{
			"market orders",
			[]holding{{"USDT", "1005"}},
			client.NewOrder{Symbol: "RISKUSDT", Side: "BUY", Type: "MARKET", Quote: "20"},
			50,
			[]int{insufficient},
			"RISKUSDT",
		},
		{"the number of orders", []holding{{"USDT", "1000000"}}, limit("RISKUSDT", "BUY", "0.002", "5000"), 150, []int{filter}, "RISKUSDT"},
		{
			"the position",
			[]holding{{"USDT", "1000000"}, {"BTC", "0.2"}},
			limit("HELDUSDT", "BUY", "0.02", "5000"), 40,
			[]int{filter},
			"HELDUSDT",
		},
		{
			"the position, traded",
			[]holding{{"USDT", "1000000"}, {"BTC", "0.2"}},
			limit("HELDUSDT", "BUY", "0.02", "10000"), 40,
			[]int{filter},
			"HELDUSDT",
		},
	}
}

// TestSecurityTogether places 1,000 orders at a time that together exceed a balance,
// a number of orders or a position, over HTTP and websockets. As many are taken as may
// be, no balance is ever below zero, nothing is made or lost, and the journal says
// the same when it is carried out again.
func TestSecurityTogether(t *testing.T) {
	t.Parallel()
	rounds := scaled(1, 1, 15)
	dir := t.TempDir()
	g := openGate(t, dir)
	for symbol, filter := range map[string]string{
		"RISKUSDT": `{"filterType":"MAX_NUM_ORDERS","maxNumOrders":150}`,
		"HELDUSDT": `{"filterType":"MAX_POSITION","maxPosition":"1"}`,
	} {
		g.must("POST", "/x/v1/symbols", `{"symbol":"`+symbol+`","base":"BTC","quote":"USDT","tick":"0.01","lot":"0.00001","maker":"0","taker":"0","filters":[`+filter+`]}`)
	}
	visitor := g.visitor()
	seller := g.newcomer()
	for _, symbol := range []string{"RISKUSDT", "HELDUSDT"} {
		g.openOrder(seller, "symbol="+symbol+"&type=LIMIT&timeInForce=GTC&side=SELL&quantity=100&price=10000")
	}
	count := 0
	for range rounds {
		for _, r := range risks() {
			_, key := g.customer(r.funds...)
			count += r.run(g, visitor, key)
		}
	}
	g.checkHoldings()
	sums := g.sums()
	seq, digest, _ := g.status()
	if code := g.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM: exit code %d, %s", code, g.complaints())
	}
	out, err := briefly(program(t, "audit", dir, "--json")).Output()
	var report struct {
		Seq         uint64 `json:"seq"`
		Digest      string `json:"digest"`
		Differences uint64 `json:"differences"`
	}
	if err := errors.Join(err, json.Unmarshal(out, &report)); err != nil || report.Differences != 0 || report.Seq != seq || report.Digest != digest {
		t.Errorf("audit: %s %v, want %d and %s", out, err, seq, digest)
	}
	t.Logf("%d orders, %d at a time; in all %v", count, atOnce(), sums)
}

// run places the orders of a risk at once, and returns how many there were.
func (r *risk) run(g *gate, visitor *client.Client, key client.Key) int {
	var taken, refused atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	before := g.sums()
	via := []client.Carrier{visitor, g.connect(visitor), g.connect(visitor)}
	size := atOnce()
	for i := range size {
		a := client.Account{Via: via[i%len(via)], Key: key}
		all.Go(func() {
			<-start
			order := r.order
			_, err := a.Place(g.t.Context(), &order)
			switch code := client.Code(err); {
			case err == nil:
				taken.Add(1)
			case code == r.codes[0]:
				refused.Add(1)
			default:
				g.t.Errorf("%s: %v", r.name, err)
			}
		})
	}
	close(start)
	all.Wait()
	if taken.Load() != r.most || refused.Load() != int64(size)-r.most {
		g.t.Errorf("%s: %d of %d orders were taken and %d refused, want %d", r.name, taken.Load(), size, refused.Load(), r.most)
	}
	if diff := cmp.Diff(before, g.sums()); diff != "" {
		g.t.Errorf("%s: the sums of assets, before (-) and after (+):\n%s", r.name, diff)
	}
	a := client.Account{Via: visitor, Key: key}
	if err := a.CancelAll(context.Background(), r.symbol); err != nil && client.Code(err) != client.CodeCancelRefused {
		g.t.Errorf("%s: %v", r.name, err)
	}
	return size
}

// checkHoldings checks that no account has less than nothing.
func (g *gate) checkHoldings() {
	g.t.Helper()
	for id := int64(0); ; id++ {
		all, err := g.operator.Balances(g.t.Context(), id)
		if e, ok := errors.AsType[*client.Error](err); ok && e.Status == 404 {
			return
		}
		if err != nil {
			g.t.Fatal(err)
		}
		for _, b := range all {
			if units(g.t, b.Free) < 0 || units(g.t, b.Locked) != 0 && id > 0 && b.Asset == "USDT" {
				g.t.Errorf("account %d: %+v", id, b)
			}
		}
	}
}
