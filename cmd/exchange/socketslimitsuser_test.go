package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

const heardBusy = `"status":503,"error":{"code":-1008,"msg":"Server is currently overloaded with other requests. Please try again in a few minutes."}`

// listenKey asks for, extends or closes a listen key.
func (v *venue) listenKey(t *testing.T, verb string, k *client.Key, name string) (status int, answer string) {
	t.Helper()
	url := v.url + "/api/v3/userDataStream"
	if name != "" {
		url += "?listenKey=" + name
	}
	r, err := http.NewRequestWithContext(t.Context(), verb, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Mbx-Apikey", k.ID)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

// newListenKey returns the listen key of an account.
func (v *venue) newListenKey(t *testing.T, k *client.Key) string {
	t.Helper()
	status, answer := v.listenKey(t, http.MethodPost, k, "")
	name, ok := strings.CutPrefix(answer, `{"listenKey":"`)
	if status != 200 || !ok {
		t.Fatalf("a listen key: %d %s", status, answer)
	}
	return strings.TrimSuffix(name, `"}`)
}

func showListenKeys(t *testing.T, v *venue) {
	_, alice := v.customer()
	_, bob := v.customer()
	name := v.newListenKey(t, &alice)
	if again := v.newListenKey(t, &alice); again != name {
		t.Errorf("asked again: %s, want %s", again, name)
	}
	if status, answer := v.listenKey(t, http.MethodPost, &bob, ""); status != 503 || !strings.HasPrefix(answer, `{"code":-1008,`) {
		t.Errorf("one too many: %d %s", status, answer)
	}
	if status, answer := v.listenKey(t, http.MethodDelete, &alice, name); status != 200 || answer != "{}" {
		t.Errorf("closed: %d %s", status, answer)
	}
	v.newListenKey(t, &bob)
}

// showListenKeyLife extends one listen key for longer than its life, and not another.
// Who listens with that one is told, and goes on with other streams.
func showListenKeyLife(t *testing.T, v *venue) {
	_, alice := v.customer()
	_, bob := v.customer()
	kept, left := v.newListenKey(t, &alice), v.newListenKey(t, &bob)
	began := time.Now()
	raw, combined := v.websocket(t, "/ws/"+left), v.websocket(t, "/stream?streams="+left)
	both := v.websocket(t, "/ws/"+kept)
	for time.Since(began) < 1200*time.Millisecond {
		if status, answer := v.listenKey(t, http.MethodPut, &alice, kept); status != 200 {
			t.Fatalf("extended: %d %s", status, answer)
		}
		time.Sleep(100 * time.Millisecond) // between two extensions
	}
	for i, p := range []*socketPeer{raw, combined} {
		got, err := p.next()
		wrap := [...]string{"", `{"stream":"` + left + `","data":`}[i]
		rest, ok := strings.CutPrefix(got, "text:"+wrap+`{"e":"listenKeyExpired","E":`)
		if err != nil || !ok || !strings.HasPrefix(rest[13:], `,"listenKey":"`+left+`"}`) {
			t.Errorf("heard %q, %v", got, err)
		}
		p.tell(t, question) // goes on
		p.hearsOf(t, `text:{"error":{"code":2,`)
	}
	if status, answer := v.listenKey(t, http.MethodPut, &bob, left); status != 400 || answer != `{"code":-1125,"msg":"This listenKey does not exist."}` {
		t.Errorf("extended when it is too late: %d %s", status, answer)
	}
	if status, answer := v.listenKey(t, http.MethodDelete, &alice, kept); status != 200 {
		t.Errorf("closed: %d %s", status, answer)
	}
	both.hearsOf(t, "close:1000 the listenKey was closed")
}

func requestLimits() []limitCase {
	return []limitCase{
		{flag: "ws-requests", value: "1", show: showRequests},
		{flag: "ws-lanes", value: "1", show: showLanes},
		{flag: "ws-held-bytes", value: "4096", show: showHeldBytes},
		{flag: "ws-subscriptions", value: "1", show: showUserSubscriptions},
	}
}

// showRequests sends orders faster than they can be answered. Those that were taken
// are answered as ever, the others as busy, and nothing else happens.
func showRequests(t *testing.T, v *venue) {
	const orders = 50
	id, alice := v.customer(holding{"USDT", "1000000"})
	p := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
	var flood []byte
	for i := range orders {
		flood = append(flood, textFrame(socketRequest(&alice, int64(i), "order.place", restingOrder("BUY", "100.00")...))...)
	}
	if err := p.say(flood); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, answer := range p.tellsTimes(t, orders) {
		switch {
		case strings.Contains(answer, `"status":200`):
			taken++
		case !strings.Contains(answer, heardBusy):
			t.Errorf("answered %s", answer)
		}
	}
	if taken == 0 || taken == orders {
		t.Errorf("%d of %d orders were taken, want some and not all", taken, orders)
	}
	p.tell(t, socketRequest(&alice, orders, "order.place", restingOrder("BUY", "100.00")...))
	p.hearsOf(t, fmt.Sprintf(`text:{"id":%d,"status":200,`, orders))
	open, err := v.operator.Balances(t.Context(), id)
	if want := int64(taken+1) * 10e8; err != nil || len(open) != 1 || units(t, open[0].Locked) != want {
		t.Errorf("%+v, %v, want %s locked", open, err, decimal(want))
	}
}

// showLanes sends replacements, which take a while, with questions between them,
// which do not. Served one by one they are answered in order.
func showLanes(t *testing.T, v *venue) {
	const pairs = 100
	_, alice := v.customer(holding{"USDT", "1000000"})
	p := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
	name := func(i int64) string { return fmt.Sprintf("order-%d", i) }
	p.tell(t, socketRequest(&alice, -1, "order.place", append(restingOrder("BUY", "100.00"), "newClientOrderId", name(0))...))
	p.hearsOf(t, `text:{"id":-1,"status":200,`)
	var batch []byte
	for i := range int64(pairs) {
		replacement := append(
			restingOrder("BUY", "100.00"), "newClientOrderId", name(i+1),
			"cancelOrigClientOrderId", name(i), "cancelReplaceMode", "STOP_ON_FAILURE",
		)
		batch = append(batch, textFrame(socketRequest(&alice, 2*i, "order.cancelReplace", replacement...))...)
		batch = append(batch, textFrame(fmt.Sprintf(`{"id":%d,"method":"time"}`, 2*i+1))...)
	}
	if err := p.say(batch); err != nil {
		t.Fatal(err)
	}
	for i := range 2 * pairs {
		p.hearsOf(t, fmt.Sprintf(`text:{"id":%d,"status":200,`, i))
	}
}

// showHeldBytes has an order meet so many others that the events of it, which wait for
// its answer, are too long.
func showHeldBytes(t *testing.T, v *venue) {
	const levels = 40
	_, maker := v.customer(holding{"BTC", "1000"})
	_, taker := v.customer(holding{"USDT", "1000000"})
	p := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
	for i := range int64(levels) {
		p.tell(t, socketRequest(&maker, i, "order.place", restingOrder("SELL", fmt.Sprintf("%d.00", 100+i))...))
		p.hearsOf(t, fmt.Sprintf(`text:{"id":%d,"status":200,`, i))
	}
	q := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
	q.tell(t, socketRequest(&taker, 1, "userDataStream.subscribe.signature"))
	q.hearsOf(t, `text:{"id":1,"status":200,"result":{"subscriptionId":0}}`)
	q.tell(t, socketRequest(&taker, 2, "order.place", "symbol", "BTCUSDT", "side", "BUY", "type", "MARKET", "quantity", "0.1"))
	q.hearsOf(t, `text:{"id":2,"status":200,`) // few events, which are not too long
	q.tell(t, socketRequest(&taker, 3, "order.place", "symbol", "BTCUSDT", "side", "BUY", "type", "MARKET", "quantity", "3.5"))
	if got, err := q.untilClosed(); got != "close:1008 too many user data events wait to be sent" {
		t.Errorf("heard %q, %v", got, err)
	}
	r := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
	r.tell(t, socketRequest(&taker, 1, "account.status"))
	if answer := r.tellsTimes(t, 1)[0]; !strings.Contains(answer, `{"asset":"BTC","free":"3.59640000"`) {
		t.Errorf("the account afterwards: %.1000s", answer)
	}
}

// showUserSubscriptions has one connection listen to one account at a time.
func showUserSubscriptions(t *testing.T, v *venue) {
	_, alice := v.customer()
	_, bob := v.customer()
	p := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
	for _, x := range []struct {
		by     *client.Key
		method string
		want   string
	}{
		{&alice, "userDataStream.subscribe.signature", `200,"result":{"subscriptionId":0}}`},
		{&alice, "userDataStream.subscribe.signature", `400,"error":{"code":-2035,"msg":"User Data Stream subscription already active."}}`},
		{&bob, "userDataStream.subscribe.signature", `400,"error":{"code":-2042,"msg":"Maximum subscription ID reached for this connection."}}`},
		{nil, "session.subscriptions", `200,"result":[{"subscriptionId":0}]}`},
		{nil, "userDataStream.unsubscribe", `200,"result":{}}`},
		{nil, "userDataStream.unsubscribe", `400,"error":{"code":-2036,"msg":"User Data Stream subscription not active."}}`},
		{&bob, "userDataStream.subscribe.signature", `200,"result":{"subscriptionId":1}}`},
		{nil, "session.subscriptions", `200,"result":[{"subscriptionId":1}]}`},
	} {
		request := fmt.Sprintf(`{"id":5,"method":%q}`, x.method)
		if x.by != nil {
			request = socketRequest(x.by, 5, x.method)
		}
		p.tell(t, request)
		p.hearsOf(t, `text:{"id":5,"status":`+x.want)
		if x.method == "userDataStream.unsubscribe" && strings.HasPrefix(x.want, "200") {
			p.hearsOf(t, `text:{"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":`)
		}
	}
}
