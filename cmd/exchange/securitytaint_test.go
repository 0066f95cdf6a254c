package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// tainted is an account whose orders bear its name, and what is heard of it.
type tainted struct {
	gate   *gate
	name   string
	pass   *pass
	orders map[int64]bool // all that it placed, by their ids
	ears   []*ear
	placed int
}

// ear is a connection that takes down all it hears.
type ear struct {
	ws    *websocket.Conn
	texts []string
	done  chan struct{}
}

// listenAt takes down what comes over a websocket, until an order has a word in its
// name and it was told what the account has then.
func listenAt(ws *websocket.Conn, last string) *ear {
	e := &ear{ws: ws, done: make(chan struct{})}
	go func() {
		defer close(e.done)
		for named := false; ; {
			if ws.SetReadDeadline(time.Now().Add(time.Minute)) != nil {
				return
			}
			_, text, err := ws.ReadMessage()
			if err != nil {
				return
			}
			e.texts = append(e.texts, string(text))
			named = named || last != "" && strings.Contains(string(text), last)
			if named && strings.Contains(string(text), "outboundAccountPosition") {
				return
			}
		}
	}()
	return e
}

// heard returns all that came, once the last word has.
func (e *ear) heard(t *testing.T) []string {
	t.Helper()
	select {
	case <-e.done:
	case <-time.After(time.Minute):
		t.Error("the last event does not come")
		_ = e.ws.Close()
		<-e.done
	}
	return e.texts
}

// TestSecurityTaint has four accounts trade with each other at random, over websockets
// and HTTP, whose orders bear their names. What is heard of an account, by a session
// and by its listen key, is about itself: not a name, an id, a trade or a balance of
// another one. What everybody hears is about nobody.
func TestSecurityTaint(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir(), "--history-fills", "1000000") // all of them
	public := listenAt(g.socket("/stream?streams=btcusdt@trade/btcusdt@aggTrade/btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@ticker/btcusdt@kline_1m"), "")
	all := make([]*tainted, 4)
	for i := range all {
		a := &tainted{gate: g, name: fmt.Sprintf("acct%d", i), pass: g.newcomer(), orders: make(map[int64]bool)}
		session := g.talk()
		session.listen(a.pass)
		a.ears = append(a.ears, listenAt(session.ws, a.name+"-last"), listenAt(g.socket("/ws/"+g.listenKey(a.pass)), a.name+"-last"))
		all[i] = a
	}
	var trading sync.WaitGroup
	steps := scaled(150, 40, 5_000)
	for i, a := range all {
		trading.Go(func() { a.trade(rand.New(rand.NewPCG(5, uint64(i))), steps) })
	}
	trading.Wait()
	for _, a := range all {
		a.order(limitOrder("BUY", "0.001", "8000"), "last")
	}
	trades, events := 0, 0
	for _, a := range all {
		for _, e := range a.ears {
			own, n := a.check(e.heard(t))
			trades += own
			events += n
		}
	}
	_ = public.ws.Close()
	<-public.done
	for _, text := range public.texts {
		if strings.Contains(text, "acct") {
			t.Errorf("everybody hears %s", text)
		}
	}
	if trades == 0 || len(public.texts) == 0 {
		t.Errorf("%d trades were heard of, and %d public events", trades, len(public.texts))
	}
	t.Logf("%d private events, of which %d trades, and %d public ones", events, trades, len(public.texts))
}

// order places an order, which may be refused, and returns its id if it was taken.
func (a *tainted) order(params, what string) int64 {
	a.placed++
	t := a.gate.query(a.pass, "POST", "/api/v3/order", fmt.Sprintf("%s&newClientOrderId=%s-%s", params, a.name, what))
	var v struct {
		OrderID int64 `json:"orderId"`
	}
	if err := json.Unmarshal([]byte(t.body), &v); err != nil || t.status != 200 && t.code != -2010 && t.code != -1013 {
		a.gate.t.Errorf("%s: %s", params, t)
	}
	if v.OrderID != 0 {
		a.orders[v.OrderID] = true
	}
	return v.OrderID
}

// trade places, replaces, amends and cancels at random.
func (a *tainted) trade(rng *rand.Rand, steps int) {
	var open []int64
	for i := range steps {
		price, side := fmt.Sprintf("%d.%02d", 9000+rng.IntN(3), rng.IntN(10)), []string{"BUY", "SELL"}[rng.IntN(2)]
		name := fmt.Sprint("n", i)
		params := limitOrder(side, fmt.Sprintf("0.0%02d", 1+rng.IntN(90)), price)
		dice := rng.IntN(12)
		if len(open) == 0 {
			dice = 12
		}
		switch {
		case dice < 3:
			a.gate.query(a.pass, "DELETE", "/api/v3/order", fmt.Sprintf("symbol=BTCUSDT&orderId=%d&newClientOrderId=%s-%s", open[0], a.name, name))
			open = open[1:]
		case dice < 5:
			a.gate.query(a.pass, "PUT", "/api/v3/order/amend/keepPriority",
				fmt.Sprintf("symbol=BTCUSDT&orderId=%d&newQty=0.001&newClientOrderId=%s-%s", open[0], a.name, name))
		case dice < 7:
			t := a.gate.query(a.pass, "POST", "/api/v3/order/cancelReplace", fmt.Sprintf(
				"%s&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=%d&newClientOrderId=%s-%s&cancelNewClientOrderId=%s-%s-c", params, open[0], a.name, name, a.name, name))
			a.noteReplaced(t)
			open = open[1:]
		case len(open) > 20:
			a.gate.query(a.pass, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
			open = nil
		default:
			if id := a.order(params, name); id != 0 {
				open = append(open, id)
			}
		}
	}
}

// noteReplaced notes the order that took the place of another one.
func (a *tainted) noteReplaced(t told) {
	type legs struct {
		New struct{ OrderID int64 } `json:"newOrderResponse"`
	}
	var v struct {
		legs

		Data legs `json:"data"`
	}
	if err := json.Unmarshal([]byte(t.body), &v); err != nil {
		a.gate.t.Errorf("replace: %s", t)
	}
	for _, id := range []int64{v.New.OrderID, v.Data.New.OrderID} {
		if id != 0 {
			a.orders[id] = true
		}
	}
}

// check checks all that was heard of the account, and returns how many trades and
// events that was.
func (a *tainted) check(texts []string) (trades, events int) {
	t := a.gate.t
	own := a.ownTrades()
	balances := make(map[string]string)
	for _, text := range texts {
		for i := range 4 {
			if name := fmt.Sprintf("acct%d", i); name != a.name && strings.Contains(text, name) {
				t.Errorf("%s hears of %s: %s", a.name, name, text)
			}
		}
		var outer struct{ Event json.RawMessage }
		if err := json.Unmarshal([]byte(text), &outer); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if outer.Event == nil {
			outer.Event = json.RawMessage(text)
		}
		event := a.report(outer.Event)
		switch event["e"] {
		case "executionReport":
			events++
			if event["x"] == "TRADE" {
				trades++
				if id := int64(event["t"].(float64)); !own[id] {
					t.Errorf("%s hears of the trade %d: %s", a.name, id, text)
				}
			}
		case "outboundAccountPosition":
			events++
			for _, b := range event["B"].([]any) {
				b := b.(map[string]any)
				balances[b["a"].(string)] = fmt.Sprint(b["f"], " ", b["l"])
			}
		default:
			t.Errorf("%s hears %s", a.name, text)
		}
	}
	a.checkBalances(balances)
	return trades, events
}

// report reads an event, and checks the ids of an order in it.
func (a *tainted) report(text []byte) map[string]any {
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		a.gate.t.Errorf("%s: %v", text, err)
		return nil
	}
	if event["e"] != "executionReport" {
		return event
	}
	if id := int64(event["i"].(float64)); !a.orders[id] && event["x"] != "REJECTED" {
		a.gate.t.Errorf("%s hears of the order %d: %s", a.name, id, text)
	}
	return event
}

// ownTrades returns the ids of the trades of the account.
func (a *tainted) ownTrades() map[int64]bool {
	var rows []struct{ ID int64 }
	own := make(map[int64]bool)
	for from := int64(0); ; from = rows[len(rows)-1].ID + 1 {
		answer := a.gate.query(a.pass, "GET", "/api/v3/myTrades", fmt.Sprintf("symbol=BTCUSDT&limit=1000&fromId=%d", from))
		rows = nil
		if err := json.Unmarshal([]byte(answer.body), &rows); err != nil {
			a.gate.t.Errorf("trades: %s", answer)
		}
		for _, r := range rows {
			own[r.ID] = true
		}
		if len(rows) < 1000 {
			return own
		}
	}
}

// checkBalances checks that the last balances heard are the account's.
func (a *tainted) checkBalances(heard map[string]string) {
	answer := a.gate.query(a.pass, "GET", "/api/v3/account", "omitZeroBalances=true")
	var v struct {
		Balances []struct{ Asset, Free, Locked string }
	}
	if err := json.Unmarshal([]byte(answer.body), &v); err != nil {
		a.gate.t.Errorf("account: %s", answer)
	}
	for _, b := range v.Balances {
		if got, want := heard[b.Asset], b.Free+" "+b.Locked; got != want {
			a.gate.t.Errorf("%s heard last of %s %s, and has %s", a.name, b.Asset, got, want)
		}
	}
}
