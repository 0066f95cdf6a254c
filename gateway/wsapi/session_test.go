package wsapi

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/api"
)

const (
	refusedKey       = `401,"error":{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`
	refusedKeyForm   = `401,"error":{"code":-2014,"msg":"API-key format invalid."}`
	refusedSignature = `400,"error":{"code":-1022,"msg":"Signature for this request is not valid."}`
	unsigned         = `400,"error":{"code":-1102,"msg":"Mandatory parameter 'signature' was not sent, was empty/null, or malformed."}`
	unstamped        = `400,"error":{"code":-1102,"msg":"Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."}`
	late             = `400,"error":{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}`
	early            = `400,"error":{"code":-1021,"msg":"Timestamp for this request was 1000ms ahead of the server's time."}`
	unsupported      = `400,"error":{"code":-1020,"msg":"This operation is not supported."}`
	unauthorized     = `401,"error":{"code":-1002,"msg":"You are not authorized to execute this request."}`
	subscribed       = `400,"error":{"code":-2035,"msg":"User Data Stream subscription already active."}`
	notSubscribed    = `400,"error":{"code":-2036,"msg":"User Data Stream subscription not active."}`
	gone             = `{"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}}`
)

// limits is what an answer of a call says of its limits.
func limits(weight int) string {
	return fmt.Sprintf(`,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000,"count":%d}]`, weight)
}

func TestEnvelope(t *testing.T) {
	s := newSite(t, Limits{})
	c := s.connect("")
	for _, x := range []struct{ text, want string }{
		{`{"id":"x\u0041","method":"ping"}`, `{"id":"xA","status":200,"result":{}` + limits(3) + `}`},
		{`{"id":null,"method":"v3/ping","params":{"returnRateLimits":false}}`, `{"id":null,"status":200,"result":{}}`},
		{`{"method":"time","params":{"returnRateLimits":"false"}}`, `{"id":null,"status":200,"result":{"serverTime":1700000000123}}`},
		{`{"id":-5,"method":"sor.order.place"}`, `{"id":-5,"status":` + unsupported + limits(6) + `}`},
		{`{"id":5,"method":"userDataStream.start","params":{"returnRateLimits":false}}`, `{"id":5,"status":` + unsupported + `}`},
		{`{"id":5,"method":"Ping","params":{"returnRateLimits":false}}`, `{"id":5,"status":` + unsupported + `}`},
		{
			`{"id":5,"method":"ping","params":{"returnRateLimits":0}}`,
			`{"id":5,"status":400,"error":{"code":-1130,"msg":"Data sent for parameter 'returnRateLimits' is not valid."}` + limits(9) + `}`,
		},
		{
			`{"id":5,"method":"ping","params":{"a":1,"a":2,"returnRateLimits":false}}`,
			`{"id":5,"status":400,"error":{"code":-1101,"msg":"Duplicate values for a parameter detected."}}`,
		},
		{`{"id":5`, `{"id":null,"status":400,"error":{"code":-1135,"msg":"Invalid JSON Request"}}`},
		{`{"id":5}`, `{"id":5,"status":400,"error":{"code":-1102,"msg":"Mandatory parameter 'method' was not sent, was empty/null, or malformed."}}`},
		{
			`{"id":5,"method":"ticker.price","params":{"symbols":["BTCUSDT", "PERPUSDT"],"returnRateLimits":false}}`,
			`{"id":5,"status":200,"result":[{"symbol":"BTCUSDT","price":"0.00000000"},{"symbol":"PERPUSDT","price":"0.00000000"}]}`,
		},
	} {
		c.session.Message([]byte(x.text))
		if got := c.next(); got != x.want {
			t.Errorf("%s\n got %s\nwant %s", x.text, got, x.want)
		}
	}
	c.nothing()
}

func TestQuery(t *testing.T) {
	s := newSite(t, Limits{})
	for query, want := range map[string]string{
		"":                                "{\"serverTime\":1700000000123}" + limits(3),
		"returnRateLimits=true":           "{\"serverTime\":1700000000123}" + limits(3),
		"returnRateLimits=false":          `{"serverTime":1700000000123}`,
		"timeUnit=MICROSECOND":            "{\"serverTime\":1700000000123456}" + limits(3),
		"timeUnit=millisecond&unknown=x":  "{\"serverTime\":1700000000123}" + limits(3),
		"responseFormat=json&timeUnit=":   "{\"serverTime\":1700000000123}" + limits(3),
		"timeUnit=SECOND":                 "400, -1194: Invalid value for time unit; expected either MICROSECOND or MILLISECOND.",
		"returnRateLimits=no":             "400, -1130: Data sent for parameter 'returnRateLimits' is not valid.",
		"responseFormat=sbe":              "400, -1155: SBE is not enabled.",
		"responseFormat=xml":              "400, -1130: Data sent for parameter 'responseFormat' is not valid.",
		"timeUnit=%zz":                    "400, -1000: The query is malformed.",
		"timeUnit=microsecond;sbe=schema": "400, -1000: The query is malformed.",
	} {
		if strings.HasPrefix(want, "400") {
			_, err := s.carrier.Open(&gateway.Handshake{Query: query, Remote: "127.0.0.1:5"}, nil)
			if err == nil || err.Error() != "HTTP "+want {
				t.Errorf("%s: got %v, want %s", query, err, want)
			}
			continue
		}
		s.wall.Add(int64(time.Minute)) // so that each counts from zero
		s.wall.Store(s.wall.Load()/60e9*60e9 + testStart%60e9)
		c := s.connect(query)
		got := regexp.MustCompile(`17000\d+`).ReplaceAllStringFunc(c.ask("time", ""), func(n string) string {
			return "1700000000123" + n[13:]
		})
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", query, got, want)
		}
	}
}

func TestVectors(t *testing.T) {
	const v4 = `"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"0.001","price":"10000","recvWindow":5000,` +
		`"timestamp":1700000000000,"returnRateLimits":false,"apiKey":"testkey","signature":"35a1d4f3a65303fc0f8bb9584a9c51408374046d181aae06242687cb53b19d88"`
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	c := s.connect("returnRateLimits=false")
	if got := c.ask("order.place", strings.Replace(v4, "0.001", "0.002", 1)); got != refusedSignature {
		t.Errorf("another quantity: %s", got)
	}
	if got := c.ask("order.place", strings.Replace(v4, "35a1", "35A1", 1)); !strings.Contains(got, `"status":"NEW"`) {
		t.Errorf("the order: %s", got)
	}
	if got := c.ask("order.place", v4); got != refusedSignature {
		t.Errorf("the same again: %s", got)
	}
}

// TestBlurredSignatures sends parameters that are signed like those of another
// request: they are run together into a name or a value.
func TestBlurredSignatures(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	c := s.connect("returnRateLimits=false")
	const order = `"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"0.001","price":"10000",` +
		`"newClientOrderId":"x","newOrderRespType":"ACK","strategyId":"7","stray":"1"`
	signed := s.signed("ann", order)
	for _, run := range [][2]string{
		{`"newClientOrderId":"x","newOrderRespType":"ACK"`, `"newClientOrderId=x&newOrderRespType":"ACK"`}, // a name that means nothing
		{`"newClientOrderId":"x","newOrderRespType":"ACK"`, `"newClientOrderId":"x&newOrderRespType=ACK"`},
		{`"strategyId":"7","stray":"1"`, `"strategyId=7&stray":"1"`},
		{`"strategyId":"7","stray":"1"`, `"strategyId":"7&stray=1"`},
		{`"strategyId":"7","stray":"1"`, `"strategyId=7&stray=1":""`},
	} {
		if !strings.Contains(signed, run[0]) {
			t.Fatalf("%s is not in %s", run[0], signed)
		}
		if got := c.ask("order.place", strings.Replace(signed, run[0], run[1], 1)); got != refusedSignature {
			t.Errorf("%s: %s", run[1], got)
		}
	}
	if got := c.ask("order.place", signed); !strings.Contains(got, `"clientOrderId":"x"`) {
		t.Errorf("the order as it was signed: %s", got)
	}
}

// The vector of Ed25519 is of a key with another name than that of all other tests.
func TestEd25519Vector(t *testing.T) {
	const v5 = `"apiKey":"testkey","timestamp":1700000000000,` +
		`"signature":"lQE/jZ1U/2WGuEYq9hcTMUehkBg8t7+FInUn7lW+BBwY9ivG0dCM4OMYOGbeVdeGL1sTZNdjKoze6M7u+2LSDQ=="`
	s := newSite(t, Limits{})
	if err := s.keys.Delete("testkey"); err != nil {
		t.Fatal(err)
	}
	addKey(s, "testkey", seedPublic)
	c := s.connect("returnRateLimits=false")
	if got := c.ask("session.logon", strings.Replace(v5, "lQE/", "lQF/", 1)); got != refusedSignature {
		t.Error(got)
	}
	want := `{"apiKey":"testkey","authorizedSince":1700000000123,"connectedSince":1700000000123,"returnRateLimits":false,"serverTime":1700000000123,"userDataStream":false}`
	for range 2 { // to log on again is no harm, not even with the same signature
		if got := c.ask("session.logon", v5); got != want {
			t.Error(got)
		}
	}
}

const nobody = `{"apiKey":null,"authorizedSince":null,"connectedSince":1700000000123,"returnRateLimits":false,"serverTime":1700000001123,"userDataStream":false}`

func TestLogon(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	s.exchange.fund(t, bob)
	c := s.connect("returnRateLimits=false")
	s.wall.Add(int64(time.Second))
	ask := func(what, method, params, want string) {
		t.Helper()
		got := c.ask(method, params)
		if head, cut := strings.CutSuffix(want, "…"); got != want && (!cut || !strings.HasPrefix(got, head)) {
			t.Errorf("%s:\n got %s\nwant %s", what, got, want)
		}
	}
	orders := s.stamped(`"symbol":"BTCUSDT"`)
	ask("status of nobody", "session.status", "", nobody)
	ask("nobody asks", "openOrders.status", orders, refusedKeyForm)
	ask("nobody subscribes", "userDataStream.subscribe", "", unauthorized)
	ask("logon without a key", "session.logon", s.stamped(`"signature":"x"`), refusedKeyForm)
	ask("logon without a signature", "session.logon", s.stamped(`"apiKey":"ann"`), unsigned)
	ask("logon without a time", "session.logon", `"apiKey":"ann","signature":"x"`, unstamped)
	ask("logon with an unknown key", "session.logon", s.stamped(`"apiKey":"eve","signature":"x"`), refusedKey)
	ask("logon with a bad signature", "session.logon", s.stamped(`"apiKey":"ann","signature":"00"`), refusedSignature)
	ask("status still of nobody", "session.status", "", nobody)

	ann := `{"apiKey":"ann","authorizedSince":1700000001123,"connectedSince":1700000000123,"returnRateLimits":false,"serverTime":1700000001123,"userDataStream":false}`
	ask("logon", "session.logon", s.signed("ann", ""), ann)
	ask("status", "session.status", "", ann)
	ask("ann asks", "openOrders.status", orders, "[]")
	ask("ann asks without a time", "openOrders.status", `"symbol":"BTCUSDT"`, unstamped)
	ask("ann asks late", "openOrders.status", `"symbol":"BTCUSDT","timestamp":1699999995000`, late)
	ask("ann asks late, with a larger window", "openOrders.status", `"symbol":"BTCUSDT","timestamp":1699999995000,"recvWindow":"7000.5"`, "[]")
	ask("ann asks early", "openOrders.status", `"symbol":"BTCUSDT","timestamp":1700000002124`, early)
	ask("bob asks, explicitly", "account.status", s.signed("bob", `"omitZeroBalances":true`), `{"makerCommission":10,…`)
	ask("a bad signature overrides", "openOrders.status", orders+`,"signature":"00"`, refusedSignature)
	ask("an unknown key overrides", "openOrders.status", orders+`,"apiKey":"eve"`, refusedKey)
	ask("bob's key has no signature", "openOrders.status", orders+`,"apiKey":"bob"`, unsigned)
	ask("who is logged on names himself", "openOrders.status", orders+`,"apiKey":"ann"`, "[]")

	ask("a logon has to be signed", "session.logon", s.stamped(""), refusedKeyForm)
	ask("bob logs on in place of ann", "session.logon", s.signed("bob", ""), `{"apiKey":"bob","authorizedSince":1700000001123,…`)
	ask("a reader logs on", "session.logon", s.signed("reader", ""), `{"apiKey":"reader",…`)
	ask("a reader may ask", "openOrders.status", orders, "[]")
	ask("a reader may not cancel", "openOrders.cancelAll", orders, refusedKey)
	ask("a trader logs on", "session.logon", s.signed("trader", ""), `{"apiKey":"trader",…`)
	ask("a trader may not ask", "openOrders.status", orders, refusedKey)
	ask("a trader may cancel", "openOrders.cancelAll", orders, `400,"error":{"code":-2011,"msg":"Unknown order sent."}`)
	ask("a trader may not listen", "userDataStream.subscribe", "", refusedKey)
	ask("nor with a signature", "userDataStream.subscribe.signature", s.signed("trader", ""), refusedKey)
	ask("the key with two keys logs on", "session.logon", s.signed("seed", ""), `{"apiKey":"seed",…`)
	ask("and asks", "openOrders.status", orders, "[]")

	ask("logout", "session.logout", "", nobody)
	ask("logout again", "session.logout", "", nobody)
	ask("nobody asks again", "openOrders.status", orders, refusedKeyForm)
	ask("ann asks for herself", "openOrders.status", s.signed("ann", `"symbol":"BTCUSDT"`), "[]")
	c.nothing()
}

// A request goes by who was logged on when it came, although it is served later.
func TestLogonInOrder(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	s.exchange.fund(t, bob)
	c := s.logon("ann")
	s.exchange.fold.Lock()
	for _, name := range []string{"a", "b"} {
		c.send("order.place", s.stamped(fmt.Sprintf(`"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","price":1,"quantity":1,"newClientOrderId":%q`, name)))
		if name == "a" {
			c.send("session.logon", s.signed("bob", ""))
			c.send("ping", "")
		}
	}
	c.want(`{"id":3,"status":200,"result":{"apiKey":"bob","authorizedSince":1700000000123,"connectedSince":1700000000123,"returnRateLimits":false,"serverTime":1700000000123,"userDataStream":false}}`)
	c.want(`{"id":4,"status":200,"result":{}}`) // a command that waits keeps nobody else waiting
	s.exchange.fold.Unlock()
	c.next()
	c.next()
	v := s.exchange.BeginRead()
	defer s.exchange.EndRead()
	a := v.OpenOrders(ann, btcusdt, nil)
	b := v.OpenOrders(bob, btcusdt, nil)
	if len(a) != 1 || len(b) != 1 || a[0].Name.String() != "a" || b[0].Name.String() != "b" {
		t.Errorf("ann has %+v, bob %+v", a, b)
	}
}

func TestDeletedKey(t *testing.T) {
	s := newSite(t, Limits{})
	orders := s.stamped(`"symbol":"BTCUSDT"`)

	c := s.logon("ann")
	s.remove("ann")
	c.nothing() // nobody has told
	c.send("openOrders.status", orders)
	c.want(gone)
	c.want(`{"id":2,"status":` + refusedKeyForm + `}`)
	if got := c.ask("session.logon", s.signed("ann", "")); got != refusedKey {
		t.Error(got)
	}

	c = s.listen("bob")
	other := s.listen("cat")
	if got := other.ask("userDataStream.subscribe.signature", s.signed("bob", "")); got != `{"subscriptionId":1}` {
		t.Error(got)
	}
	s.remove("bob")
	s.carrier.KeysDeleted()
	c.want(gone)
	c.want(`{"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1700000000123}}`)
	other.want(gone)
	other.want(`{"subscriptionId":1,"event":{"e":"eventStreamTerminated","E":1700000000123}}`)
	if got := other.ask("session.subscriptions", ""); got != `[{"subscriptionId":0}]` {
		t.Error(got)
	}
	if got := other.ask("openOrders.status", orders); got != "[]" {
		t.Error(got)
	}
	s.carrier.KeysDeleted()
	other.nothing()

	// Without being told: not one event is sent.
	s.remove("cat")
	s.exchange.fund(t, cat)
	other.want(gone)
	other.want(`{"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1700000000123}}`)
	other.nothing()
	if n := s.users.Subscriptions(); n != 0 || len(s.users.accounts) != 0 {
		t.Errorf("%d still listen to %d accounts", n, len(s.users.accounts))
	}
}

func (s *site) remove(key string) {
	s.t.Helper()
	if err := s.keys.Delete(key); err != nil {
		s.t.Fatal(err)
	}
}

func TestSubscribe(t *testing.T) {
	s := newSite(t, Limits{Subscriptions: 2})
	c := s.listen("ann")
	ask := func(what, method, params, want string) {
		t.Helper()
		if got := c.ask(method, params); got != want {
			t.Errorf("%s:\n got %s\nwant %s", what, got, want)
		}
	}
	ended := func(id int) string {
		return fmt.Sprintf(`{"subscriptionId":%d,"event":{"e":"eventStreamTerminated","E":1700000000123}}`, id)
	}
	ask("ann again", "userDataStream.subscribe", "", subscribed)
	ask("ann again, with another key", "userDataStream.subscribe.signature", s.signed("testkey", ""), subscribed)
	ask("bob", "userDataStream.subscribe.signature", s.signed("bob", ""), `{"subscriptionId":1}`)
	ask("one too many", "userDataStream.subscribe.signature", s.signed("cat", ""), `400,"error":{"code":-2042,"msg":"Maximum subscription ID reached for this connection."}`)
	ask("a signature has to be sent", "userDataStream.subscribe.signature", s.stamped(`"apiKey":"cat"`), unsigned)
	ask("whoever is logged on", "userDataStream.subscribe.signature", s.stamped(""), refusedKeyForm)
	ask("all", "session.subscriptions", "", `[{"subscriptionId":0},{"subscriptionId":1}]`)
	ask("one that is not", "userDataStream.unsubscribe", `"subscriptionId":2`, notSubscribed)
	ask("one", "userDataStream.unsubscribe", `"subscriptionId":"0"`, "{}")
	c.want(ended(0))
	ask("the same", "userDataStream.unsubscribe", `"subscriptionId":0`, notSubscribed)
	ask("a bad one", "userDataStream.unsubscribe", `"subscriptionId":"x"`,
		`400,"error":{"code":-1100,"msg":"Illegal characters found in parameter 'subscriptionId'; legal range is '^[0-9]{1,20}$'."}`)
	ask("ann once more", "userDataStream.subscribe", "", `{"subscriptionId":2}`)
	ask("all", "session.subscriptions", "", `[{"subscriptionId":1},{"subscriptionId":2}]`)

	s.exchange.fund(t, bob)
	if got := c.next(); !strings.HasPrefix(got, `{"subscriptionId":1,"event":{"e":"balanceUpdate"`) {
		t.Error(got)
	}
	for range 3 {
		c.next()
	}
	ask("logout ends what goes by the logon", "session.logout", "",
		`{"apiKey":null,"authorizedSince":null,"connectedSince":1700000000123,"returnRateLimits":false,"serverTime":1700000000123,"userDataStream":true}`)
	c.want(ended(2))
	ask("all", "session.subscriptions", "", `[{"subscriptionId":1}]`)
	ask("the rest", "userDataStream.unsubscribe", "", "{}")
	c.want(ended(1))
	ask("nothing", "userDataStream.unsubscribe", "", notSubscribed)
	ask("none", "session.subscriptions", "", "[]")
	s.exchange.fund(t, cat)
	c.nothing()
	ask("ann for the last time", "session.logon", s.signed("ann", ""),
		`{"apiKey":"ann","authorizedSince":1700000000123,"connectedSince":1700000000123,"returnRateLimits":false,"serverTime":1700000000123,"userDataStream":false}`)
	ask("ann for the last time", "userDataStream.subscribe", "", `{"subscriptionId":3}`)
	ask("logout ends all there is", "session.logout", "",
		`{"apiKey":null,"authorizedSince":null,"connectedSince":1700000000123,"returnRateLimits":false,"serverTime":1700000000123,"userDataStream":false}`)
	c.want(ended(3))
	c.session.begun = maxSubscriptionID
	ask("the last", "userDataStream.subscribe.signature", s.signed("cat", ""), `{"subscriptionId":65535}`)
	ask("none", "userDataStream.unsubscribe", "", "{}")
	c.want(ended(65535))
	ask("beyond the last", "userDataStream.subscribe.signature", s.signed("cat", ""), `400,"error":{"code":-2042,"msg":"Maximum subscription ID reached for this connection."}`)
}

// Who logs on with another key no longer listens to the account of the first.
func TestLogonEndsSubscription(t *testing.T) {
	s := newSite(t, Limits{})
	c := s.listen("ann")
	c.send("session.logon", s.signed("bob", ""))
	if got := c.next(); !strings.Contains(got, `"result":{"apiKey":"bob"`) || !strings.Contains(got, `"userDataStream":false`) {
		t.Error(got)
	}
	c.want(`{"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1700000000123}}`)
	s.exchange.fund(t, ann)
	c.nothing()
	if got := c.ask("userDataStream.subscribe", ""); got != `{"subscriptionId":1}` {
		t.Error(got)
	}
}

// Times are in the unit of the connection; who listens in one does not see the other.
func TestEventTimes(t *testing.T) {
	s := newSite(t, Limits{})
	milli, micro := s.listen("ann"), s.connect("returnRateLimits=false&timeUnit=MICROSECOND")
	if got := micro.ask("userDataStream.subscribe.signature", s.signed("ann", "")); got != `{"subscriptionId":0}` {
		t.Error(got)
	}
	s.exchange.must(t, msg.Command{Kind: msg.Credit, Account: ann, Asset: 1, Amount: 1, Transfer: 1})
	milli.want(`{"subscriptionId":0,"event":{"e":"balanceUpdate","E":1700000000123,"a":"BTC","d":"0.00000001","T":1700000000123}}`)
	milli.want(`{"subscriptionId":0,"event":{"e":"outboundAccountPosition","E":1700000000123,"u":1700000000123,"B":[{"a":"BTC","f":"0.00000001","l":"0.00000000"}]}}`)
	micro.want(`{"subscriptionId":0,"event":{"e":"balanceUpdate","E":1700000000123456,"a":"BTC","d":"0.00000001","T":1700000000123456}}`)
	micro.want(`{"subscriptionId":0,"event":{"e":"outboundAccountPosition","E":1700000000123456,"u":1700000000123456,"B":[{"a":"BTC","f":"0.00000001","l":"0.00000000"}]}}`)
	s.exchange.must(t, msg.Command{Kind: msg.Place, Account: ann, Symbol: 2, Price: 1, Qty: 1, Name: nameOf("n")})
	micro.want(`{"subscriptionId":0,"event":{"e":"executionReport","E":1700000000123456,"s":"PERPUSDT","c":"n","S":"BUY","o":"LIMIT","f":"GTC",` +
		`"q":"0.00001000","p":"0.01000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW","r":"NONE","i":9,"l":"0.00000000",` +
		`"z":"0.00000000","L":"0.00000000","n":"0","N":null,"T":1700000000123456,"t":-1,"I":1,"w":true,"m":false,"M":false,"O":1700000000123456,` +
		`"Z":"0.00000000","Y":"0.00000000","Q":"0.00000000","W":1700000000123456,"V":"NONE"}}`)
	if text := string(micro.session.Farewell()); text != `{"event":{"e":"serverShutdown","E":1700000000123456}}` {
		t.Error(text)
	}
}

// Every method of the API's table can be asked, and is told from those that are not
// there.
func TestMethods(t *testing.T) {
	s := newSite(t, Limits{})
	c := s.connect("returnRateLimits=false")
	n := 0
	methods := s.api.Methods()
	for i := range methods {
		m := &methods[i]
		if m.Name == "" {
			continue
		}
		n++
		got := c.ask(m.Name, "")
		if got == unsupported || m.Security >= api.Signed && got != refusedKeyForm {
			t.Errorf("%s: %s", m.Name, got)
		}
	}
	for _, name := range []string{
		"order.place", "order.test", "order.cancel", "order.cancelReplace", "order.status", "order.amend.keepPriority",
		"openOrders.status", "openOrders.cancelAll", "account.status", "allOrders", "myTrades", "ping", "time", "exchangeInfo", "depth",
		"trades.recent", "trades.historical", "trades.aggregate", "klines", "avgPrice", "ticker.24hr", "ticker.price", "ticker.book", "ticker",
	} {
		if s.carrier.routes[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
	if n < 24 {
		t.Errorf("there are %d methods", n)
	}
}

// However much is asked for at a time, what a session keeps of it for later is
// bounded.
func TestKeptRequests(t *testing.T) {
	s := newSite(t, Limits{})
	c := s.connect("?returnRateLimits=false")
	long := strings.Repeat(" ", keptMessage)
	s.exchange.mu.Lock() // so that no answer leaves meanwhile
	for range DefaultRequests {
		c.session.Message([]byte(`{"id":1,"method":"depth","params":{"symbol":"BTCUSDT","note":"` + long + `"}}`))
	}
	s.exchange.mu.Unlock()
	for range DefaultRequests {
		if got := c.next(); !strings.Contains(got, `"lastUpdateId"`) {
			t.Fatal(got)
		}
	}
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	if n := len(c.session.spare); n == 0 || n > spareRequests {
		t.Errorf("%d requests are kept", n)
	}
	for _, r := range c.session.spare {
		if n := cap(r.text) + cap(r.payload) + cap(r.call.Out); n > 3*keptMessage {
			t.Fatalf("%d bytes of a request are kept", n)
		}
	}
}
