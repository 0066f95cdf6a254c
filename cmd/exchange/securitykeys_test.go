package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// signedRoute is a signed method of the public API with parameters that it takes.
type signedRoute struct {
	verb, path, name, params string
	trade                    bool
}

// signedRoutes are all signed methods.
func signedRoutes() []signedRoute {
	return []signedRoute{
		{"POST", "/api/v3/order", "order.place", limitOrder("BUY", "0.001", "10000"), true},
		{"POST", "/api/v3/order/test", "order.test", limitOrder("BUY", "0.001", "10000"), true},
		{"DELETE", "/api/v3/order", "order.cancel", "symbol=BTCUSDT&orderId=1", true},
		{"DELETE", "/api/v3/openOrders", "openOrders.cancelAll", "symbol=BTCUSDT", true},
		{
			"POST", "/api/v3/order/cancelReplace", "order.cancelReplace",
			limitOrder("BUY", "0.001", "10000") + "&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=1", true,
		},
		{"PUT", "/api/v3/order/amend/keepPriority", "order.amend.keepPriority", "symbol=BTCUSDT&orderId=1&newQty=0.001", true},
		{"POST", "/api/v3/order/oco", "orderList.place", "symbol=BTCUSDT", true},
		{"POST", "/api/v3/orderList/oco", "orderList.place.oco", "symbol=BTCUSDT", true},
		{"POST", "/api/v3/orderList/oto", "orderList.place.oto", "symbol=BTCUSDT", true},
		{"POST", "/api/v3/orderList/otoco", "orderList.place.otoco", "symbol=BTCUSDT", true},
		{"DELETE", "/api/v3/orderList", "orderList.cancel", "symbol=BTCUSDT&orderListId=1", true},
		{"GET", "/api/v3/order", "order.status", "symbol=BTCUSDT&orderId=1", false},
		{"GET", "/api/v3/openOrders", "openOrders.status", "symbol=BTCUSDT", false},
		{"GET", "/api/v3/allOrders", "allOrders", "symbol=BTCUSDT", false},
		{"GET", "/api/v3/account", "account.status", "omitZeroBalances=true", false},
		{"GET", "/api/v3/account/commission", "account.commission", "symbol=BTCUSDT", false},
		{"GET", "/api/v3/myTrades", "myTrades", "symbol=BTCUSDT", false},
		{"GET", "/api/v3/rateLimit/order", "account.rateLimits.orders", "", false},
		{"GET", "/api/v3/order/amendments", "order.amendments", "symbol=BTCUSDT&orderId=1", false},
		{"GET", "/api/v3/myPreventedMatches", "myPreventedMatches", "symbol=BTCUSDT&orderId=1", false},
		{"GET", "/api/v3/myFilters", "myFilters", "symbol=BTCUSDT", false},
		{"GET", "/api/v3/myAllocations", "myAllocations", "symbol=BTCUSDT", false},
		{"GET", "/api/v3/orderList", "orderList.status", "orderListId=1", false},
		{"GET", "/api/v3/openOrderList", "openOrderLists.status", "", false},
		{"GET", "/api/v3/allOrderList", "allOrderLists", "", false},
	}
}

// TestSecurityRoutes holds the list of signed methods against the exchange's own.
func TestSecurityRoutes(t *testing.T) {
	listed := make(map[string]bool)
	for _, r := range signedRoutes() {
		listed[fmt.Sprint(r.name, " ", r.verb, " ", r.path, " ", r.trade)] = true
	}
	signed := 0
	for _, m := range api.New(api.Options{}).Methods() {
		if m.Security < api.Signed {
			continue
		}
		signed++
		if route := fmt.Sprint(m.Name, " ", m.Verb, " ", m.Path, " ", m.Security == api.Trade); !listed[route] {
			t.Errorf("%s is not asked for", route)
		}
	}
	if signed != len(listed) {
		t.Errorf("%d methods are listed, and there are %d", len(listed), signed)
	}
}

// inTurns returns parameters of a query as name and value in turns.
func inTurns(params string) (list []string) {
	for part := range strings.SplitSeq(params, "&") {
		if name, value, ok := strings.Cut(part, "="); ok {
			list = append(list, name, value)
		}
	}
	return list
}

// The refusal of a key: unknown, deleted, or without leave.
const (
	keyRefusal  = `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`
	formRefusal = `{"code":-2014,"msg":"API-key format invalid."}`
)

// TestSecurityPermissions asks for everything with keys that may only read, that may
// only trade, that were deleted, and with the operator's token.
func TestSecurityPermissions(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	account := g.holder(plenty()...)
	reader, trader, gone := g.issue(account, `["read"]`), g.issue(account, `["trade"]`), g.issue(account, bothPermissions)
	g.must("DELETE", "/x/v1/keys/"+gone.id, "")
	asReader, asTrader, anybody := g.talk(), g.talk(), g.talk()
	asReader.logon(reader)
	asTrader.logon(trader)
	check := g.unchanged()
	cases := 0
	for _, r := range signedRoutes() {
		denied, session := trader, asTrader
		if r.trade {
			denied, session = reader, asReader
		}
		for _, p := range []*pass{denied, gone} {
			if a := g.query(p, r.verb, r.path, r.params); a.status != 401 || a.body != keyRefusal {
				t.Errorf("%s %s with a key that may not: %s", r.verb, r.path, a)
			}
			if s := anybody.ask(r.name, g.signedParams(p, inTurns(r.params)...)...); s.Status != 401 || s.code() != -2015 {
				t.Errorf("%s with a key that may not: %s", r.name, s.text)
			}
		}
		stamp := []string{"timestamp", decimalID(g.now())}
		if s := session.ask(r.name, append(inTurns(r.params), stamp...)...); s.Status != 401 || s.code() != -2015 {
			t.Errorf("%s in a session that may not: %s", r.name, s.text)
		}
		q := g.signed(trader, r.verb, r.path, r.params)
		q.key, q.token = "", g.token
		if a := g.send(q); a.status != 401 || a.body != formRefusal {
			t.Errorf("%s %s with the operator's token: %s", r.verb, r.path, a)
		}
		cases += 6
	}
	check("keys that may not")
	g.allowed(reader, trader)
	t.Logf("%d refusals", cases)
}

// allowed asks for everything with keys that may.
func (g *gate) allowed(reader, trader *pass) {
	g.t.Helper()
	for _, r := range signedRoutes() {
		p := reader
		if r.trade {
			p = trader
		}
		if a := g.query(p, r.verb, r.path, r.params); a.status == 401 {
			g.t.Errorf("%s %s with a key that may: %s", r.verb, r.path, a)
		}
	}
}

// operatorRoutes are the operator's requests.
func operatorRoutes(account int64, key string) [][3]string {
	of := fmt.Sprintf("/x/v1/accounts/%d", account)
	return [][3]string{
		{"POST", "/x/v1/accounts", "{}"},
		{"GET", of, ""},
		{"PATCH", of, `{"status":"disabled"}`},
		{"POST", of + "/keys", `{"type":"hmac"}`},
		{"DELETE", "/x/v1/keys/" + key, ""},
		{"POST", of + "/credit", `{"asset":"BTC","amount":"1","transfer":99}`},
		{"POST", of + "/debit", `{"asset":"BTC","amount":"1","transfer":99}`},
		{"POST", "/x/v1/assets", `{"asset":"EVE","scale":8}`},
		{"POST", "/x/v1/symbols", `{"symbol":"BTCBTC","base":"BTC","quote":"BTC","tick":"0.01","lot":"0.01"}`},
		{"PATCH", "/x/v1/symbols/BTCUSDT", `{"maker":"0"}`},
		{"GET", "/x/v1/symbols", ""},
		{"GET", "/x/v1/symbols/BTCUSDT", ""},
		{"POST", "/x/v1/symbols/BTCUSDT/phase", `{"phase":"halt"}`},
		{"POST", "/x/v1/symbols/BTCUSDT/uncross", "{}"},
		{"GET", "/x/v1/symbols/BTCUSDT/auction", ""},
		{"POST", "/x/v1/snapshot", "{}"},
		{"GET", "/x/v1/status", ""},
		{"POST", "/x/v1/reset", "{}"},
		{"POST", "/x/v1/clock", `{"advance_ns":1}`},
	}
}

// TestSecurityOperator asks for what the operator may with everything but the token:
// nothing, a trading key, its secret, a signed request, and what is nearly the token.
func TestSecurityOperator(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir(), "--allow-reset", "--clock", "sim=2026-03-02T10:30:00Z")
	p := g.newcomer()
	check := g.unchanged()
	for _, r := range operatorRoutes(p.account, p.id) {
		signed := g.signed(p, r[0], r[1], "")
		for what, q := range map[string]errand{
			"nothing":             {},
			"a key":               {key: p.id},
			"a secret":            {token: p.secret},
			"a key as a token":    {token: p.id},
			"a signed request":    {key: p.id, query: signed.query},
			"the token's half":    {token: g.token[:len(g.token)/2]},
			"the token and more":  {token: g.token + "x"},
			"the token as a key":  {key: g.token},
			"the token in a case": {token: strings.ToUpper(g.token) + strings.ToLower(g.token)},
			"no token":            {token: " "},
		} {
			q.verb, q.path, q.body = r[0], r[1], r[2]
			if a := g.send(q); a.status != 401 || !strings.Contains(a.body, `"UNAUTHORIZED"`) || strings.Contains(a.body, g.token) {
				t.Errorf("%s %s with %s: %s", r[0], r[1], what, a)
			}
		}
	}
	check("who is not the operator")
}

// TestSecurityRevocation deletes keys that have everything open that a key can open:
// connections that are kept, a session, subscriptions, a listen key.
func TestSecurityRevocation(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	for range scaled(3, 1, 30) {
		p := g.newcomer()
		stays := g.issue(p.account, bothPermissions) // of the same account
		open := g.openEverything(p, stays)
		g.must("DELETE", "/x/v1/keys/"+p.id, "")
		open.checkGone(p)
		open.checkStays(stays)
	}
}

// opened is what one key has open, beside another key of its account.
type opened struct {
	gate            *gate
	session         *talk           // logged on, and subscribed by that
	bySignature     *talk           // subscribed with a signature
	stays           *talk           // the other key's
	ear             *websocket.Conn // of the listen key
	listenKey       string
	order           int64
	stampedRequest  errand // signed before the key was deleted, and not sent
	stampedSentence []string
}

// listenKey asks for the listen key of an account.
func (g *gate) listenKey(p *pass) string {
	g.t.Helper()
	made := g.send(errand{verb: "POST", path: "/api/v3/userDataStream", key: p.id})
	var v struct {
		ListenKey string `json:"listenKey"`
	}
	if err := json.Unmarshal([]byte(made.body), &v); err != nil || len(v.ListenKey) != 64 {
		g.t.Fatalf("listen key: %s", made)
	}
	return v.ListenKey
}

func (g *gate) openEverything(p, stays *pass) *opened {
	g.t.Helper()
	o := &opened{gate: g, session: g.talk(), bySignature: g.talk(), stays: g.talk()}
	o.session.listen(p)
	if s := o.bySignature.ask("userDataStream.subscribe.signature", g.signedParams(p)...); s.Status != 200 {
		g.t.Fatalf("subscribe: %s", s.text)
	}
	o.stays.listen(stays)
	o.listenKey = g.listenKey(p)
	o.ear = g.socket("/ws/" + o.listenKey)
	o.order = g.openOrder(p, limitOrder("BUY", "0.002", "10000"))
	for _, k := range []*talk{o.session, o.bySignature, o.stays} {
		for _, kind := range []string{"executionReport", "outboundAccountPosition"} {
			if s := k.next(); s.Event["e"] != kind {
				g.t.Fatalf("got %s, want %s", s.text, kind)
			}
		}
	}
	o.stampedRequest = g.signed(p, "DELETE", "/api/v3/order", fmt.Sprintf("symbol=BTCUSDT&orderId=%d", o.order))
	o.stampedSentence = g.signedParams(p, "symbol", "BTCUSDT", "orderId", decimalID(o.order))
	return o
}

// checkGone checks that nothing is left to a key that was deleted.
func (o *opened) checkGone(p *pass) {
	g := o.gate
	g.t.Helper()
	const farewell = `{"id":null,"status":401,"error":` + keyRefusal + `}`
	for name, k := range map[string]*talk{"the session": o.session, "the subscription": o.bySignature} {
		if s := k.next(); s.text != farewell {
			g.t.Errorf("%s: got %s, want %s", name, s.text, farewell)
		}
		if s := k.next(); s.Event["e"] != "eventStreamTerminated" || s.Subscription == nil || *s.Subscription != 0 {
			g.t.Errorf("%s: got %s, want that the stream has ended", name, s.text)
		}
	}
	check := g.unchanged()
	for what, s := range map[string]*sentence{
		"logged on":     o.session.ask("order.cancel", "symbol", "BTCUSDT", "orderId", decimalID(o.order), "timestamp", decimalID(g.now())),
		"signed before": o.bySignature.ask("order.cancel", o.stampedSentence...),
		"logon again":   o.session.ask("session.logon", g.signedParams(p)...),
		"subscription":  o.session.ask("userDataStream.subscribe.signature", g.signedParams(p)...),
	} {
		want := -2015
		if what == "logged on" {
			want = -2014 // there is no key now, and none was sent
		}
		if s.Status != 401 || s.code() != want {
			g.t.Errorf("%s: %s, want %d", what, s.text, want)
		}
	}
	if s := o.session.ask("session.status"); !strings.Contains(s.text, `"apiKey":null,"authorizedSince":null`) || !strings.Contains(s.text, `"userDataStream":false`) {
		g.t.Errorf("status: %s", s.text)
	}
	for what, q := range map[string]errand{
		"signed before":   o.stampedRequest,
		"signed after":    g.signed(p, "GET", "/api/v3/account", ""),
		"listen key":      {verb: "POST", path: "/api/v3/userDataStream", key: p.id},
		"its listen key":  {verb: "PUT", path: "/api/v3/userDataStream", key: p.id, query: "listenKey=" + o.listenKey},
		"key of a wallet": {verb: "GET", path: "/sapi/v1/capital/config/getall", key: p.id},
	} {
		if a := g.send(q); a.status != 401 || a.body != keyRefusal {
			g.t.Errorf("%s: %s", what, a)
		}
	}
	check("a key that was deleted")
	o.checkEar()
}

// checkEar checks that whoever listened with the listen key was told, and that the
// name means nothing any more.
func (o *opened) checkEar() {
	t := o.gate.t
	t.Helper()
	for range 2 { // of the order
		if _, err := readSentence(o.ear); err != nil {
			t.Fatalf("an event of the listen key: %v", err)
		}
	}
	_, err := readSentence(o.ear)
	closed, ok := errors.AsType[*websocket.CloseError](err)
	if !ok || closed.Code != websocket.CloseNormalClosure || !strings.Contains(closed.Text, "deleted") {
		t.Errorf("the connection of the listen key: %v", err)
	}
}

// checkStays checks that another key of the account goes on, and that who listens
// with the name that the deleted one had errand for hears nothing.
func (o *opened) checkStays(stays *pass) {
	g := o.gate
	g.t.Helper()
	name := g.listenKey(stays)
	if name == o.listenKey {
		g.t.Errorf("the listen key of a key that was deleted is that of another one")
	}
	both := g.socket("/stream?streams=" + o.listenKey + "/" + name)
	g.openOrder(stays, limitOrder("BUY", "0.001", "10000"))
	for _, kind := range []string{"executionReport", "outboundAccountPosition"} {
		if s := o.stays.next(); s.Event["e"] != kind {
			g.t.Errorf("the other key: got %s, want %s", s.text, kind)
		}
		s, err := readSentence(both)
		if err != nil || !strings.HasPrefix(s.text, `{"stream":"`+name+`","data":{"e":"`+kind+`"`) {
			g.t.Errorf("the listen keys: got %+v, %v, want one %s of the newer", s, err, kind)
		}
	}
}
