package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// rawReport returns an executionReport: that of a limit order of 0.001 BTC at 20000
// that was just taken, with the fields that are given. One that is given as - is left
// out.
func rawReport(fields string) string {
	report := map[string]json.RawMessage{}
	for _, text := range []string{`{"e":"executionReport","E":1772447400000,"s":"BTCUSDT","c":"<name>","S":"BUY","o":"LIMIT","f":"GTC",
		"q":"0.00100000","p":"20000.00000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW","r":"NONE","i":"<id>",
		"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"T":1772447400000,"t":-1,"I":"<id>","w":true,"m":false,"M":false,
		"O":1772447400000,"Z":"0.00000000","Y":"0.00000000","Q":"0.00000000","W":1772447400000,"V":"EXPIRE_MAKER"}`, "{" + strings.TrimSuffix(fields, ",") + "}"} {
		var part map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &part); err != nil {
			panic(fmt.Sprintf("%v in %s", err, text))
		}
		for name, value := range part {
			report[name] = value
			if string(value) == `"-"` {
				delete(report, name)
			}
		}
	}
	return rawText(report)
}

// rawPosition returns an outboundAccountPosition of BTC and USDT.
func rawPosition(btc, btcLocked, usdt, usdtLocked string) string {
	return fmt.Sprintf(`{"e":"outboundAccountPosition","E":1772447400000,"u":1772447400000,"B":[{"a":"BTC","f":%q,"l":%q},{"a":"USDT","f":%q,"l":%q}]}`,
		btc, btcLocked, usdt, usdtLocked)
}

// listens subscribes to the user data of an account on a connection of its own.
func (r *rawVenue) listens(k *rawKey) *rawSocket {
	r.t.Helper()
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	rawMatch(r.t, "subscribe", `{"id":1,"status":200,"result":{"subscriptionId":0}}`, s.call(k, "userDataStream.subscribe.signature", ""), nil)
	return s
}

// hears complains unless the next events of a connection are these.
func (s *rawSocket) hears(what string, want ...string) {
	s.t.Helper()
	for i, w := range want {
		rawMatch(s.t, fmt.Sprintf("%s, event %d", what, i), `{"subscriptionId":0,"event":`+w+`}`, s.event(), s.venue.vars)
	}
}

// TestRawUserEvents follows orders through all that can happen to them, and holds
// each event of their accounts against all its fields.
func TestRawUserEvents(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	alice, bob := r.trader(holding{"BTC", "1"}, holding{"USDT", "1000"}), r.trader(holding{"BTC", "1"}, holding{"USDT", "1000"})
	a, b := r.listens(&alice), r.listens(&bob)

	// An order rests, and all of what it can cost is locked.
	r.place(&alice, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.003&price=20000&newClientOrderId=rest")
	const rest = `"c":"rest","i":"<id:rest>","q":"0.00300000",`
	a.hears("an order that rests", rawReport(rest+`"I":"<id:I1>"`), rawPosition("1.00000000", "0.00000000", "940.00000000", "60.00000000"))

	// Another one takes a part of it, and then the rest.
	r.place(&bob, "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=19000&newClientOrderId=take")
	const fill = `"x":"TRADE","l":"0.00100000","L":"20000.00000000","Y":"20.00000000","M":true,"t":"<id:t1>",`
	a.hears("a part of it is filled", rawReport(rest+fill+`"X":"PARTIALLY_FILLED","z":"0.00100000","Z":"20.00000000","n":"0.00000100","N":"BTC","m":true,"I":"<id>"`),
		rawPosition("1.00099900", "0.00000000", "940.00000000", "40.00000000"))
	const take = `"c":"take","i":"<id:take>","S":"SELL","p":"19000.00000000",`
	b.hears("who takes it", rawReport(take), rawReport(take+fill+`"X":"FILLED","z":"0.00100000","Z":"20.00000000","n":"0.02000000","N":"USDT","w":false`),
		rawPosition("0.99900000", "0.00000000", "1019.98000000", "0.00000000"))
	r.place(&bob, "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.002&newClientOrderId=market")
	const filled = `"x":"TRADE","X":"FILLED","l":"0.00200000","L":"20000.00000000","Y":"40.00000000","M":true,"t":"<id:t2>",`
	a.hears("the rest of it is filled", rawReport(rest+filled+`"z":"0.00300000","Z":"60.00000000","n":"0.00000200","N":"BTC","m":true,"w":false`),
		rawPosition("1.00299700", "0.00000000", "940.00000000", "0.00000000"))
	const market = `"c":"market","i":"<id:market>","S":"SELL","o":"MARKET","p":"0.00000000","q":"0.00200000",`
	b.hears("a market order", rawReport(market), rawReport(market+filled+`"z":"0.00200000","Z":"40.00000000","n":"0.04000000","N":"USDT","w":false`),
		rawPosition("0.99700000", "0.00000000", "1059.94000000", "0.00000000"))

	// What cannot be filled expires, and says why.
	for _, c := range []struct{ query, fields, why string }{
		{"side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.001&price=20000", `"f":"IOC",`, "UNFILLED_IOC_QUANTITY_EXPIRED"},
		{"side=BUY&type=LIMIT&timeInForce=FOK&quantity=0.001&price=20000", `"f":"FOK",`, "UNFILLED_FOK_ORDER_EXPIRED"},
		{"side=BUY&type=MARKET&quantity=0.001", `"o":"MARKET","p":"0.00000000",`, "INSUFFICIENT_LIQUIDITY"},
	} {
		r.place(&bob, "symbol=BTCUSDT&"+c.query)
		b.hears(c.why, rawReport(c.fields+`"i":"<id:`+c.why+`>"`),
			rawReport(c.fields+`"i":"<id:`+c.why+`>","x":"EXPIRED","X":"EXPIRED","w":false,"eR":"`+c.why+`"`),
			rawPosition("0.99700000", "0.00000000", "1059.94000000", "0.00000000"))
	}

	// A cancel has an id of its own; an amend gives the order another.
	const sell = `"S":"SELL","p":"30000.00000000",`
	order := r.place(&bob, "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=0.005&price=30000&newClientOrderId=first")
	b.hears("a limit maker", rawReport(sell+`"o":"LIMIT_MAKER","c":"first","i":"<id:sell>","q":"0.00500000"`),
		rawPosition("0.99200000", "0.00500000", "1059.94000000", "0.00000000"))
	id := fmt.Sprintf("symbol=BTCUSDT&orderId=%d", order.ID)
	r.advance(time.Second)
	const later = `"E":1772447401000,"T":1772447401000,`
	if got := r.call(&bob, "PUT", "/api/v3/order/amend/keepPriority", id+"&newQty=0.004&newClientOrderId=second"); got.status != 200 {
		t.Errorf("amend: %v", got)
	}
	position := strings.ReplaceAll(rawPosition("0.99300000", "0.00400000", "1059.94000000", "0.00000000"), "1772447400000", "1772447401000")
	b.hears("an amend", rawReport(later+sell+`"o":"LIMIT_MAKER","i":"<id:sell>","q":"0.00400000","x":"REPLACED","c":"second","C":"first"`), position)
	if got := r.call(&bob, "DELETE", "/api/v3/order", id+"&newClientOrderId=cancel"); got.status != 200 {
		t.Errorf("cancel: %v", got)
	}
	position = strings.ReplaceAll(rawPosition("0.99700000", "0.00000000", "1059.94000000", "0.00000000"), "1772447400000", "1772447401000")
	b.hears("a cancel", rawReport(later+sell+`"o":"LIMIT_MAKER","i":"<id:sell>","q":"0.00400000","x":"CANCELED","X":"CANCELED","c":"cancel","C":"second","w":false`), position)
}

// TestRawUserReplaced follows a cancel-replace whose new order is refused, orders
// that meet their own account, and an order of an amount.
func TestRawUserReplaced(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	alice := r.trader(holding{"BTC", "1"}, holding{"USDT", "1000"})
	a := r.listens(&alice)
	order := r.place(&alice, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000&newClientOrderId=old")
	const old = `"c":"old","i":"<id:old>"`
	a.hears("an order", rawReport(old), rawPosition("1.00000000", "0.00000000", "980.00000000", "20.00000000"))
	const replace = "/api/v3/order/cancelReplace"
	query := fmt.Sprintf("symbol=BTCUSDT&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=%d&cancelNewClientOrderId=gone&newClientOrderId=new", order.ID)
	if got := r.call(&alice, "POST", replace, query+"&side=SELL&type=LIMIT&timeInForce=GTC&quantity=2&price=30000"); got.status != 409 {
		t.Errorf("cancel-replace: %v", got)
	}
	a.hears("a new order that cannot be paid", rawReport(`"c":"gone","C":"old","i":"<id:old>","x":"CANCELED","X":"CANCELED","w":false`),
		rawReport(`"c":"new","S":"SELL","q":"2.00000000","p":"30000.00000000","x":"REJECTED","X":"REJECTED","r":"INSUFFICIENT_BALANCES","w":false,"I":"<int>","W":"-"`),
		rawPosition("1.00000000", "0.00000000", "1000.00000000", "0.00000000"))

	// Its own order is in the way: both lose what would have been traded.
	r.place(&alice, "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.003&price=20000&newClientOrderId=own")
	const own = `"c":"own","i":"<id:own>","S":"SELL","q":"0.00300000",`
	a.hears("its own order", rawReport(own+`"I":"<id>"`), rawPosition("0.99700000", "0.00300000", "1000.00000000", "0.00000000"))
	r.place(&alice, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000&newClientOrderId=taker&selfTradePreventionMode=DECREMENT")
	const prevented = `"x":"TRADE_PREVENTION","A":"0.00100000","B":"0.00100000","v":"<id:v>","Cs":"BTCUSDT","pl":"0.00100000","pL":"20000.00000000","pY":"20.00000000",`
	a.hears("a trade with itself", rawReport(`"c":"taker","i":"<id:taker>","V":"DECREMENT"`),
		rawReport(own+prevented+`"X":"NEW","U":"<id:taker>","w":true`),
		rawReport(`"c":"taker","i":"<id:taker>","V":"DECREMENT",`+prevented+`"X":"EXPIRED_IN_MATCH","U":"<id:own>","w":false`),
		rawPosition("0.99800000", "0.00200000", "1000.00000000", "0.00000000"))

	// An order of an amount has the quantity that was found for it.
	bob := r.trader(holding{"BTC", "1"}, holding{"USDT", "1000"})
	b := r.listens(&bob)
	r.place(&bob, "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=20.3&newClientOrderId=amount")
	const amount = `"c":"amount","i":"<id:amount>","o":"MARKET","p":"0.00000000","Q":"20.30000000","q":"0.00101000",`
	b.hears("an order of an amount", rawReport(amount+`"I":"<id>"`),
		rawReport(amount+`"x":"TRADE","X":"FILLED","l":"0.00101000","z":"0.00101000","L":"20000.00000000","Y":"20.20000000","Z":"20.20000000","n":"0.00000101","N":"BTC","t":"<id>","w":false,"M":true`),
		rawPosition("1.00100899", "0.00000000", "979.80000000", "0.00000000"))
	a.hears("what it meets", rawReport(own+`"x":"TRADE","X":"PARTIALLY_FILLED","l":"0.00101000","z":"0.00101000","L":"20000.00000000","Y":"20.20000000","Z":"20.20000000",`+
		`"n":"0.02020000","N":"USDT","t":"<id>","m":true,"M":true`), rawPosition("0.99800000", "0.00099000", "1020.17980000", "0.00000000"))
}

// TestRawUserBalances follows what the operator gives and takes, over a session and
// over a listenKey, which tells the same without an envelope.
func TestRawUserBalances(t *testing.T) {
	t.Parallel()
	r := openRaw(t, "--listen-key-life", "1500ms")
	alice := r.trader()
	a := r.listens(&alice)
	name := readRaw[struct{ ListenKey string }](t, r.ask("POST", "/api/v3/userDataStream", "", "X-MBX-APIKEY", alice.id).body).ListenKey
	if len(name) != 64 || strings.Trim(name, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
		t.Fatalf("the listenKey is %q", name)
	}
	plain, combined := r.dial("/ws/"+name), r.dial("/stream?streams="+name)
	again := r.ask("POST", "/api/v3/userDataStream", "", "X-MBX-APIKEY", alice.id)
	r.expect("asked for once more", again, 200, fmt.Sprintf(`{"listenKey":%q}`, name))
	r.expect("extended", r.ask("PUT", "/api/v3/userDataStream?listenKey="+name, "", "X-MBX-APIKEY", alice.id), 200, `{}`)
	r.expect("extended in a body", r.ask("PUT", "/api/v3/userDataStream", "listenKey="+name, "X-MBX-APIKEY", alice.id), 200, `{}`)
	other := r.trader()
	r.refused("extended by another", r.ask("PUT", "/api/v3/userDataStream?listenKey="+name, "", "X-MBX-APIKEY", other.id), 400, -1125, "This listenKey does not exist.")
	r.refused("one that there is not", r.ask("DELETE", "/api/v3/userDataStream?listenKey=none", "", "X-MBX-APIKEY", alice.id), 400, -1125, "This listenKey does not exist.")
	r.refused("no listenKey", r.ask("PUT", "/api/v3/userDataStream", "", "X-MBX-APIKEY", alice.id), 400, -1102,
		"Mandatory parameter 'listenKey' was not sent, was empty/null, or malformed.")

	for i, c := range []struct{ do, amount, change, free string }{
		{"credit", "100", "100.00000000", "100.00000000"}, {"debit", "0.5", "-0.50000000", "99.50000000"},
	} {
		r.must("POST", fmt.Sprintf("/x/v1/accounts/%d/%s", alice.account, c.do), fmt.Sprintf(`{"asset":"BTC","amount":%q,"transfer":%d}`, c.amount, i+1))
		for _, want := range []string{
			fmt.Sprintf(`{"e":"balanceUpdate","E":1772447400000,"a":"BTC","d":%q,"T":1772447400000}`, c.change),
			fmt.Sprintf(`{"e":"outboundAccountPosition","E":1772447400000,"u":1772447400000,"B":[{"a":"BTC","f":%q,"l":"0.00000000"}]}`, c.free),
		} {
			rawMatch(t, c.do, `{"subscriptionId":0,"event":`+want+`}`, a.event(), nil)
			rawMatch(t, c.do+" over a listenKey", want, plain.event(), nil)
			rawMatch(t, c.do+" over a listenKey, combined", fmt.Sprintf(`{"stream":%q,"data":%s}`, name, want), combined.event(), nil)
		}
	}
	expired := fmt.Sprintf(`{"e":"listenKeyExpired","E":1772447400000,"listenKey":%q}`, name)
	rawMatch(t, "the end of the listenKey", expired, plain.event(), nil)
	rawMatch(t, "the end of the listenKey, combined", fmt.Sprintf(`{"stream":%q,"data":%s}`, name, expired), combined.event(), nil)
	r.refused("extended when it has ended", r.ask("PUT", "/api/v3/userDataStream?listenKey="+name, "", "X-MBX-APIKEY", alice.id), 400, -1125, "This listenKey does not exist.")

	name = readRaw[struct{ ListenKey string }](t, r.ask("POST", "/api/v3/userDataStream", "", "X-MBX-APIKEY", alice.id).body).ListenKey
	closed := r.dial("/ws/" + name)
	r.expect("closed", r.ask("DELETE", "/api/v3/userDataStream?listenKey="+name, "", "X-MBX-APIKEY", alice.id), 200, `{}`)
	if _, text, err := closed.conn.ReadMessage(); err == nil {
		t.Errorf("after its listenKey was closed a connection hears %s", text)
	}
}

// TestRawSession logs on with both kinds of keys, and has two accounts on one
// connection.
func TestRawSession(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	alice, bob := r.rich(), r.rich()
	ed := r.edKey(alice.account, 3)
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	says := func(what string, status int, want, got string) {
		t.Helper()
		kind := "result"
		if status != 200 {
			kind = "error"
		}
		rawMatch(t, what, fmt.Sprintf(`{"id":%d,"status":%d,%q:%s}`, s.last, status, kind, want), got, r.vars)
	}
	session := func(id, since string, listens bool) string {
		return fmt.Sprintf(`{"apiKey":%s,"authorizedSince":%s,"connectedSince":"<ms:connected>","returnRateLimits":false,"serverTime":"<ms>","userDataStream":%t}`, id, since, listens)
	}
	const nobody = `null`
	stamp := func(query string) string { return strings.TrimPrefix(query+"&timestamp="+r.stampNow(), "&") }

	says("nobody", 200, session(nobody, nobody, false), s.call(nil, "session.status", ""))
	says("nobody listens", 401, rawError(-1002, "You are not authorized to execute this request."), s.call(nil, "userDataStream.subscribe", ""))
	says("nobody trades", 401, rawError(-2014, "API-key format invalid."), s.call(nil, "openOrders.status", stamp("")))
	wrong := rawKey{id: bob.id, secret: "wrong"}
	says("a logon signed by another", 400, rawError(-1022, textSignature), s.call(&wrong, "session.logon", ""))
	for _, k := range []*rawKey{&bob, &ed} { // the second takes the place of the first
		since := `"<ms:` + k.id + `>"`
		says("logon", 200, session(`"`+k.id+`"`, since, false), s.call(k, "session.logon", "recvWindow=10000"))
		says("status", 200, session(`"`+k.id+`"`, since, false), s.call(nil, "session.status", ""))
	}

	// Now the time is all that a request needs; whoever signs is somebody else.
	says("without a time", 400, rawError(-1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."), s.call(nil, "openOrders.status", ""))
	says("no open orders", 200, `[]`, s.call(nil, "openOrders.status", stamp("")))
	says("subscribe", 200, `{"subscriptionId":0}`, s.call(nil, "userDataStream.subscribe", ""))
	active := rawError(-2035, "User Data Stream subscription already active.")
	says("subscribe once more", 400, active, s.call(nil, "userDataStream.subscribe", ""))
	says("subscribe with a key of the account", 400, active, s.call(&alice, "userDataStream.subscribe.signature", ""))
	says("subscribe to another account", 200, `{"subscriptionId":1}`, s.call(&bob, "userDataStream.subscribe.signature", ""))
	says("subscribe to it once more", 400, active, s.call(&bob, "userDataStream.subscribe.signature", ""))
	says("two subscriptions", 200, `[{"subscriptionId":0},{"subscriptionId":1}]`, s.call(nil, "session.subscriptions", ""))

	const order = "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000&newOrderRespType=ACK"
	const ack = `{"symbol":"BTCUSDT","orderId":"<id>","orderListId":-1,"clientOrderId":"<name>","transactTime":1772447400000}`
	says("who is logged on places an order", 200, ack, s.call(nil, "order.place", stamp(order+"&side=SELL")))
	s.tells(map[string]int{"0": 2})
	says("who signs places one", 200, ack, s.call(&bob, "order.place", order+"&side=BUY"))
	s.tells(map[string]int{"0": 2, "1": 3})

	terminated := func(id int) {
		t.Helper()
		rawMatch(t, "the end of a subscription", fmt.Sprintf(`{"subscriptionId":%d,"event":{"e":"eventStreamTerminated","E":1772447400000}}`, id), s.event(), nil)
	}
	says("logout", 200, session(nobody, nobody, true), s.call(nil, "session.logout", ""))
	terminated(0)
	says("after it", 401, rawError(-2014, "API-key format invalid."), s.call(nil, "openOrders.status", stamp("")))
	says("one is left", 200, `[{"subscriptionId":1}]`, s.call(nil, "session.subscriptions", ""))
	r.limit(&bob, "BUY", "0.001", "10000")
	s.tells(map[string]int{"1": 2})
	says("unsubscribe what there is not", 400, rawError(-2036, "User Data Stream subscription not active."), s.call(nil, "userDataStream.unsubscribe", "subscriptionId=0"))
	says("unsubscribe", 200, `{}`, s.call(nil, "userDataStream.unsubscribe", "subscriptionId=1"))
	terminated(1)
	says("unsubscribe from nothing", 400, rawError(-2036, "User Data Stream subscription not active."), s.call(nil, "userDataStream.unsubscribe", ""))
	says("ids count up", 200, `{"subscriptionId":2}`, s.call(&alice, "userDataStream.subscribe.signature", ""))
	says("unsubscribe from all", 200, `{}`, s.call(nil, "userDataStream.unsubscribe", ""))
	terminated(2)
	for _, gone := range []string{"userDataStream.start", "userDataStream.ping", "userDataStream.stop", "sor.order.place", "referencePrice", "executionRules", "nothing"} {
		says(gone, 400, rawError(-1020, "This operation is not supported."), s.call(nil, gone, ""))
	}

	// A key that is deleted is gone at once, and who has used it is told.
	says("logon", 200, session(`"`+ed.id+`"`, `"<ms>"`, false), s.call(&ed, "v3/session.logon", ""))
	r.must("DELETE", "/x/v1/keys/"+ed.id, "")
	rawMatch(t, "told", `{"id":null,"status":401,"error":`+rawError(-2015, "Invalid API-key, IP, or permissions for action.")+`}`, s.read(), nil)
	says("nobody is left", 200, session(nobody, nobody, false), s.call(nil, "session.status", ""))
}

// tells complains unless the next events are so many of each subscription: reports
// and, at the end of each, what the account has.
func (s *rawSocket) tells(want map[string]int) {
	s.t.Helper()
	left := 0
	for _, n := range want {
		left += n
	}
	for ; left > 0; left-- {
		v := readRaw[struct {
			SubscriptionID json.RawMessage
			Event          struct{ E string }
		}](s.t, strings.ReplaceAll(s.event(), `"E":`, `"time":`))
		id := string(v.SubscriptionID)
		want[id]--
		if position := v.Event.E == "outboundAccountPosition"; position != (want[id] == 0) {
			s.t.Errorf("subscription %s hears %s with %d events to come", id, v.Event.E, want[id])
		}
	}
}

// TestRawAnswerFirst places orders on a connection that listens to its account: each
// answer comes before the events that it is about, and the one to a subscription
// before its first event.
func TestRawAnswerFirst(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	alice := r.rich()
	noise := r.dial("/ws-api/v3?returnRateLimits=false")
	for round := range scaled(20, 10, 200) {
		s := r.dial("/ws-api/v3?returnRateLimits=false")
		noise.send(fmt.Sprintf(`{"id":%d,"method":"order.place","params":%s}`, round, r.params(&alice, "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=0.001&price=50000")))
		s.send(fmt.Sprintf(`{"id":1,"method":"userDataStream.subscribe.signature","params":%s}`, r.params(&alice, "")))
		if first := s.read(); first != `{"id":1,"status":200,"result":{"subscriptionId":0}}` {
			t.Errorf("the first message is %s", first)
		}
		s.send(fmt.Sprintf(`{"id":2,"method":"order.place","params":%s}`, r.params(&alice, "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=0.002&price=50000&newClientOrderId=mine")))
		for answered := false; ; {
			text := s.read()
			if strings.HasPrefix(text, `{"id":2,"status":200`) {
				answered = true
				continue
			}
			if mine := strings.Contains(text, `"c":"mine"`); mine && !answered {
				t.Errorf("an event comes before its answer: %s", text)
			} else if mine {
				break
			}
		}
		r.call(&alice, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
	}
}
