package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// belongings are what an account has that somebody else could ask for.
type belongings struct {
	owner     *pass
	orders    map[string]int64 // by what became of them
	clients   map[string]string
	trade     int64
	execution int64
	match     int64
	listenKey string
	ear       *websocket.Conn // of the listen key
	session   *talk           // with subscription 0
}

// furnishAccount has an account do all of which something is kept. It meets itself at
// a price of its own.
func (g *gate) furnishAccount(owner, counterparty *pass, name, own string) *belongings {
	g.t.Helper()
	b := &belongings{owner: owner, orders: make(map[string]int64), clients: make(map[string]string)}
	order := func(what, params string) {
		b.clients[what] = name + "-" + what
		b.orders[what] = g.openOrder(owner, params+"&newClientOrderId="+b.clients[what])
	}
	must := func(verb, path, params string, into any) {
		g.t.Helper()
		a := g.query(owner, verb, path, "symbol=BTCUSDT&"+params)
		if err := json.Unmarshal([]byte(a.body), into); err != nil || a.status != 200 {
			g.t.Fatalf("%s %s?%s: %s", verb, path, params, a)
		}
	}
	var nothing any
	order("open", limitOrder("BUY", "0.01", "9000"))
	order("closed", limitOrder("BUY", "0.01", "9000"))
	must("DELETE", "/api/v3/order", "orderId="+decimalID(b.orders["closed"])+"&newClientOrderId="+name+"-cancel", &nothing)
	order("amended", limitOrder("BUY", "0.02", "9001"))
	var amended struct{ ExecutionID int64 }
	must("PUT", "/api/v3/order/amend/keepPriority", "newQty=0.01&newClientOrderId="+name+"-amended&orderId="+decimalID(b.orders["amended"]), &amended)
	b.execution, b.clients["amended"] = amended.ExecutionID, name+"-amended"

	order("filled", limitOrder("SELL", "0.01", "9500"))
	g.openOrder(counterparty, limitOrder("BUY", "0.01", "9500"))
	var trades []struct{ ID int64 }
	must("GET", "/api/v3/myTrades", "orderId="+decimalID(b.orders["filled"]), &trades)
	order("prevented", limitOrder("SELL", "0.01", own))
	order("preventing", limitOrder("BUY", "0.01", own)+"&selfTradePreventionMode=EXPIRE_MAKER")
	var matches []struct{ PreventedMatchID int64 }
	must("GET", "/api/v3/myPreventedMatches", "orderId="+decimalID(b.orders["prevented"]), &matches)
	if len(trades) != 1 || len(matches) != 1 {
		g.t.Fatalf("trades %v, prevented matches %v, want one of each: %v", trades, matches, g.seen(owner)["allOrders"])
	}
	b.trade, b.match = trades[0].ID, matches[0].PreventedMatchID

	b.listenKey = g.listenKey(owner)
	b.ear, b.session = g.socket("/ws/"+b.listenKey), g.talk()
	b.session.listen(owner)
	return b
}

// seen is what an account sees of all it has.
func (g *gate) seen(p *pass) map[string]string {
	g.t.Helper()
	all := make(map[string]string)
	for _, path := range []string{"openOrders", "allOrders", "myTrades", "account", "rateLimit/order"} {
		a := g.query(p, "GET", "/api/v3/"+path, "symbol=BTCUSDT")
		if a.status != 200 {
			g.t.Fatalf("%s: %s", path, a)
		}
		all[path] = a.body
	}
	// The orders of ten seconds are forgotten while the test looks on, those of the
	// day are not.
	_, all["rateLimit/order"], _ = strings.Cut(all["rateLimit/order"], `"DAY"`)
	return all
}

// probe is a question about something that may be another account's. In the
// parameters {order}, {client}, {trade}, {execution}, {match} and {listenKey} stand
// for that; {own} and {ownClient} for an order of who asks.
type probe struct{ verb, path, name, params string }

// probes are all questions about one thing.
func probes() []probe {
	const replace = "&cancelReplaceMode=STOP_ON_FAILURE&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=9000"
	var all []probe
	for _, m := range []struct{ verb, path, name, more string }{
		{"GET", "/api/v3/order", "order.status", ""},
		{"DELETE", "/api/v3/order", "order.cancel", ""},
		{"DELETE", "/api/v3/order", "order.cancel", "&cancelRestrictions=ONLY_NEW"},
		{"DELETE", "/api/v3/order", "order.cancel", "&cancelRestrictions=ONLY_PARTIALLY_FILLED&newClientOrderId=mine"},
		{"PUT", "/api/v3/order/amend/keepPriority", "order.amend.keepPriority", "&newQty=0.005"},
		{"PUT", "/api/v3/order/amend/keepPriority", "order.amend.keepPriority", "&newQty=0.005&newClientOrderId={client}"},
	} {
		for _, ids := range []string{
			"orderId={order}", "origClientOrderId={client}", "orderId={order}&origClientOrderId={client}",
			"orderId={order}&origClientOrderId={ownClient}",
		} {
			all = append(all, probe{m.verb, m.path, m.name, "symbol=BTCUSDT&" + ids + m.more})
		}
	}
	for _, ids := range []string{
		"cancelOrderId={order}", "cancelOrigClientOrderId={client}", "cancelOrderId={order}&cancelOrigClientOrderId={client}",
		"cancelOrderId={order}&cancelRestrictions=ONLY_NEW", "cancelOrderId={order}&orderRateLimitExceededMode=CANCEL_ONLY",
	} {
		all = append(all, probe{"POST", "/api/v3/order/cancelReplace", "order.cancelReplace", "symbol=BTCUSDT&" + ids + replace})
	}
	for _, params := range []string{
		"orderId={order}", "orderId={order}&fromId={trade}", "orderId={order}&limit=1",
	} {
		all = append(all, probe{"GET", "/api/v3/myTrades", "myTrades", "symbol=BTCUSDT&" + params})
	}
	for _, params := range []string{"orderId={order}", "orderId={order}&fromExecutionId={execution}"} {
		all = append(all, probe{"GET", "/api/v3/order/amendments", "order.amendments", "symbol=BTCUSDT&" + params})
	}
	for _, params := range []string{"preventedMatchId={match}", "orderId={order}", "orderId={order}&fromPreventedMatchId={match}"} {
		all = append(all, probe{"GET", "/api/v3/myPreventedMatches", "myPreventedMatches", "symbol=BTCUSDT&" + params})
	}
	return append(
		all,
		probe{"DELETE", "/api/v3/orderList", "orderList.cancel", "symbol=BTCUSDT&orderListId={order}"},
		probe{"GET", "/api/v3/orderList", "orderList.status", "orderListId={order}"},
		probe{"GET", "/api/v3/orderList", "orderList.status", "origClientOrderId={client}"},
		probe{"GET", "/api/v3/myAllocations", "myAllocations", "symbol=BTCUSDT&orderId={order}"},
	)
}

// ids are what the words in a probe stand for.
func (b *belongings) ids(what string) []string {
	return []string{
		"{order}", decimalID(b.orders[what]), "{client}", b.clients[what], "{trade}", decimalID(b.trade),
		"{execution}", decimalID(b.execution), "{match}", decimalID(b.match),
	}
}

// none are ids of nothing.
func none() []string {
	return []string{
		"{order}", "987654321", "{client}", "nobody-has-this", "{trade}", "987654321", "{execution}", "987654321", "{match}", "987654321",
	}
}

// answerOf returns what an answer says apart from when it was given and what who
// asks has used.
func answerOf(a told) string {
	var headers []string
	for name, values := range a.header {
		if name == "Date" || strings.HasPrefix(name, "X-Mbx-") {
			values = nil // time goes on, and who asks counts on
		}
		headers = append(headers, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(headers)
	return fmt.Sprint(a.status, "\n", strings.Join(headers, "\n"), "\n", a.body)
}

// TestSecurityIsolation has accounts ask for, cancel, replace and amend each thing
// that another one has, by each id that it has, over both carriers. What they are
// told is byte by byte what they are told of a thing that is not there, and nothing
// happens to it.
func TestSecurityIsolation(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	other := g.newcomer()
	victim := g.furnishAccount(g.newcomer(), other, "bob", "9400")
	poor, rich := g.newcomer(), g.newcomer()
	own := g.furnishAccount(rich, other, "ann", "9450")
	over := g.talk()
	before := g.seen(victim.owner)
	asked := 0
	for _, attacker := range []*pass{poor, rich} {
		for _, p := range probes() {
			for what := range victim.orders {
				mine := []string{"{ownClient}", own.clients["open"]}
				theirs := strings.NewReplacer(append(victim.ids(what), mine...)...).Replace(p.params)
				absent := strings.NewReplacer(append(none(), mine...)...).Replace(p.params)
				got, want := g.query(attacker, p.verb, p.path, theirs), g.query(attacker, p.verb, p.path, absent)
				if diff := cmp.Diff(answerOf(want), answerOf(got)); diff != "" {
					t.Errorf("%s %s?%s: the answer tells it from %s:\n%s", p.verb, p.path, theirs, absent, diff)
				}
				if s, w := over.ask(p.name, g.signedParams(attacker, inTurns(theirs)...)...), over.ask(p.name, g.signedParams(attacker, inTurns(absent)...)...); tail(s) != tail(w) {
					t.Errorf("%s %s: the answer tells it from %s:\n%s\n%s", p.name, theirs, absent, s.text, w.text)
				}
				asked += 2
			}
		}
	}
	if diff := cmp.Diff(before, g.seen(victim.owner)); diff != "" {
		t.Errorf("what the account has, before (-) and after (+):\n%s", diff)
	}
	g.isolatedLists(victim, own)
	g.isolatedNames(victim, own)
	g.isolatedStreams(victim, poor)
	t.Logf("%d questions about what another account has", asked)
}

// tail returns a message without its id.
func tail(s *sentence) string {
	_, text, _ := strings.Cut(s.text, `,"status":`)
	return text
}

// isolatedLists asks for lists from another account's ids on: they are of who asks.
func (g *gate) isolatedLists(victim, own *belongings) {
	g.t.Helper()
	mine := make(map[int64]bool)
	for _, id := range own.orders {
		mine[id] = true
	}
	foreign := make(map[int64]bool)
	for _, id := range victim.orders {
		foreign[id] = true
	}
	for what, id := range victim.orders {
		var rows []struct{ OrderID int64 }
		a := g.query(own.owner, "GET", "/api/v3/allOrders", "symbol=BTCUSDT&orderId="+decimalID(id))
		if err := json.Unmarshal([]byte(a.body), &rows); err != nil || len(rows) != len(mine) { // they came later, all of them
			g.t.Errorf("all orders from the %s one of another account: %s", what, a)
		}
		for _, r := range rows {
			if !mine[r.OrderID] || foreign[r.OrderID] {
				g.t.Errorf("all orders from the %s one of another account: there is %d", what, r.OrderID)
			}
		}
	}
	var rows []struct{ OrderID int64 }
	a := g.query(own.owner, "GET", "/api/v3/myTrades", "symbol=BTCUSDT&fromId="+decimalID(victim.trade))
	if err := json.Unmarshal([]byte(a.body), &rows); err != nil || len(rows) != 1 || rows[0].OrderID != own.orders["filled"] {
		g.t.Errorf("trades from another account's: %s", a)
	}
}

// isolatedNames has an account use the client order ids of another one's orders,
// open ones too: it is as if they were not there.
func (g *gate) isolatedNames(victim, own *belongings) {
	g.t.Helper()
	before := g.seen(victim.owner)
	for what, name := range victim.clients {
		id := g.openOrder(own.owner, limitOrder("BUY", "0.01", "8000")+"&newClientOrderId="+name)
		a := g.query(own.owner, "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId="+name)
		if !strings.Contains(a.body, `"orderId":`+decimalID(id)+`,`) {
			g.t.Errorf("the order %s: %s, want %d", what, a, id)
		}
		a = g.query(own.owner, "DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId="+name+"&newClientOrderId="+victim.clients["open"])
		if a.status != 200 || !strings.Contains(a.body, `"orderId":`+decimalID(id)+`,`) {
			g.t.Errorf("cancel of the order %s: %s", what, a)
		}
	}
	if a := g.query(own.owner, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"); a.status != 200 {
		g.t.Errorf("cancel all: %s", a)
	}
	if diff := cmp.Diff(before, g.seen(victim.owner)); diff != "" {
		g.t.Errorf("what the account has, before (-) and after (+):\n%s", diff)
	}
}

// isolatedStreams tries to end what another account listens to, and to listen to it
// with what is nearly its listen key.
func (g *gate) isolatedStreams(victim *belongings, attacker *pass) {
	g.t.Helper()
	for _, verb := range []string{"PUT", "DELETE"} {
		var answers []string
		for _, name := range []string{victim.listenKey, strings.Repeat("x", 64)} {
			a := g.send(errand{verb: verb, path: "/api/v3/userDataStream", key: attacker.id, query: "listenKey=" + name})
			answers = append(answers, answerOf(a))
		}
		if answers[0] != answers[1] || !strings.Contains(answers[0], `{"code":-1125,"msg":"This listenKey does not exist."}`) {
			g.t.Errorf("%s of another account's listen key: %q", verb, answers)
		}
	}
	k := g.talk()
	k.logon(attacker)
	for _, id := range []string{"0", "1", "65535"} {
		if s := k.ask("userDataStream.unsubscribe", "subscriptionId", id); s.code() != -2036 {
			g.t.Errorf("unsubscribe %s: %s", id, s.text)
		}
	}
	if s := k.ask("session.subscriptions"); string(s.Result) != "[]" {
		g.t.Errorf("subscriptions: %s", s.text)
	}
	last := victim.listenKey[:63] + string("AB"[strings.Count(victim.listenKey[63:], "A")])
	var near []string
	for _, name := range []string{swapCase(victim.listenKey), victim.listenKey[:63], victim.listenKey + "A", last, attacker.id, victim.owner.id} {
		near = append(near, "/ws/"+name)
	}
	var ears []*websocket.Conn
	for _, path := range append(near, "/ws-api/v3?listenKey="+victim.listenKey) {
		ears = append(ears, g.socket(path))
	}
	g.openOrder(victim.owner, limitOrder("BUY", "0.01", "8000"))
	if s, err := readSentence(victim.ear); err != nil || !strings.HasPrefix(s.text, `{"e":"executionReport"`) {
		g.t.Errorf("who may listen: %v, %v", s, err)
	}
	for i, ear := range ears {
		// What follows an answer to a question is later than the order.
		if err := ear.WriteMessage(websocket.TextMessage, []byte(`{"method":"LIST_SUBSCRIPTIONS","id":1}`)); err != nil {
			g.t.Fatal(err)
		}
		_ = ear.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, text, err := ear.ReadMessage(); err != nil || strings.Contains(string(text), "executionReport") || !strings.Contains(string(text), `"id":1`) {
			g.t.Errorf("ear %d hears %s, %v", i, text, err)
		}
	}
}
