package main

import (
	"fmt"
	"strconv"
	"testing"
)

// preventionCase is an order that meets one of its own account, and another behind
// that. Quantities are in thousandths of a BTC.
type preventionCase struct {
	mode  string // of the taker; empty: the default
	maker string // of the resting order
	sell  bool   // the taker sells
	own   int    // that its own account rests with
	taken int    // that it wants
}

// preventionOutcome is what must become of it.
type preventionOutcome struct {
	traded, foreign        int // of the taker with its own order, and with the other one
	takerLost, makerLost   int
	takerStatus, ownStatus string
	rests                  int // of the taker, in the book
}

const foreignQuantity = 5 // of the order behind

// outcome works out by the rules of each mode what must become of a case.
func (c *preventionCase) outcome() (o preventionOutcome) {
	o.ownStatus = "NEW"
	left := c.taken
	switch c.mode {
	case "NONE":
		o.traded = min(c.own, left)
		left -= o.traded
	case "EXPIRE_TAKER":
		o.takerLost, left = left, 0
	case "EXPIRE_MAKER", "":
		o.makerLost = c.own
	case "EXPIRE_BOTH":
		o.takerLost, o.makerLost, left = left, c.own, 0
	case "DECREMENT":
		o.makerLost = min(c.own, left)
		o.takerLost = o.makerLost
		left -= o.takerLost
	}
	o.foreign = min(left, foreignQuantity)
	o.rests = left - o.foreign
	switch {
	case c.own == o.makerLost:
		o.ownStatus = "EXPIRED_IN_MATCH"
	case c.own == o.traded:
		o.ownStatus = "FILLED"
	case o.traded > 0:
		o.ownStatus = "PARTIALLY_FILLED"
	}
	switch {
	case o.rests > 0 && o.traded+o.foreign > 0:
		o.takerStatus = "PARTIALLY_FILLED"
	case o.rests > 0:
		o.takerStatus = "NEW"
	case c.taken == o.traded+o.foreign, o.takerLost > 0 && o.foreign > 0:
		o.takerStatus = "FILLED"
	default:
		o.takerStatus = "EXPIRED_IN_MATCH"
	}
	return o
}

func thousandths(n int) string { return decimal(int64(n) * 1e5) }

// TestRawPrevention has orders meet those of their own account: in each mode, with
// resting orders of each mode, on both sides, smaller, equal and larger.
func TestRawPrevention(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	modes := []string{"", "NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"}
	k, foreign := r.rich(), r.rich()
	events := r.listens(&k)
	n := 0
	for _, mode := range modes {
		for _, maker := range modes {
			for _, sizes := range [][2]int{{3, 2}, {3, 3}, {3, 4}, {3, 9}} {
				c := preventionCase{mode: mode, maker: maker, own: sizes[0], taken: sizes[1], sell: n%2 == 1}
				n++
				r.preventionCase(&k, &foreign, events, &c)
			}
		}
	}
	for _, side := range []string{"BUY", "SELL"} {
		a := r.call(&k, "POST", "/api/v3/order", "symbol=BTCUSDT&type=MARKET&quantity=0.001&selfTradePreventionMode=TRANSFER&side="+side)
		r.refused("a mode that no symbol allows", a, 400, -1013, "This symbol does not allow the specified self-trade prevention mode.")
	}
}

// preventionCase plays one case and looks at it from all sides.
func (r *rawVenue) preventionCase(k, foreign *rawKey, events *rawSocket, c *preventionCase) {
	r.t.Helper()
	what := fmt.Sprintf("%+v", *c)
	takes, rests := "BUY", "SELL"
	if c.sell {
		takes, rests = "SELL", "BUY"
	}
	const limit = "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&price=20000&side="
	with := func(query, mode string) string {
		if mode != "" {
			query += "&selfTradePreventionMode=" + mode
		}
		return query
	}
	own := r.place(k, with(limit+rests+"&quantity="+thousandths(c.own), c.maker))
	r.limit(foreign, rests, thousandths(foreignQuantity), "20000")
	a := r.call(k, "POST", "/api/v3/order", with(limit+takes+"&newOrderRespType=FULL&quantity="+thousandths(c.taken), c.mode))
	o := c.outcome()
	if a.status != 200 {
		r.t.Fatalf("%s: %v", what, a)
	}
	taker := readRaw[preventedOrder](r.t, a.body)
	mode := c.mode
	if mode == "" {
		mode = "EXPIRE_MAKER"
	}
	matches := 0
	if o.takerLost+o.makerLost > 0 {
		matches = 1
	}
	want := preventedOrder{
		ID: taker.ID, Status: o.takerStatus, Executed: thousandths(o.traded + o.foreign), Quantity: thousandths(c.taken), Mode: mode,
		Prevented: lost(o.takerLost), Fills: taker.Fills, Matches: taker.Matches,
	}
	want.check(r, what+", the answer", taker)
	if len(taker.Matches) != matches {
		r.t.Fatalf("%s: prevented matches in %s", what, a.body)
	}
	var id int64 // of the match
	if matches == 1 {
		m := taker.Matches[0]
		id = m.ID
		if m != (preventedMatch{ID: id, Maker: own.ID, Price: "20000.00000000", MakerLost: lost(o.makerLost), TakerLost: lost(o.takerLost)}) {
			r.t.Errorf("%s: the prevented match is %+v", what, m)
		}
	}
	// The same in queries.
	query := func(id int64) preventedOrder {
		a := r.call(k, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId="+strconv.FormatInt(id, 10))
		return readRaw[preventedOrder](r.t, a.body)
	}
	want.Fills, want.Matches = nil, nil
	if o.takerLost > 0 {
		want.Match = &id
	}
	want.check(r, what+", a query of the taker", query(taker.ID))
	makerMode := c.maker
	if makerMode == "" {
		makerMode = "EXPIRE_MAKER"
	}
	resting := preventedOrder{
		ID: own.ID, Status: o.ownStatus, Executed: thousandths(o.traded), Quantity: thousandths(c.own), Mode: makerMode, Prevented: lost(o.makerLost),
	}
	if o.makerLost > 0 {
		resting.Match = &id
	}
	resting.check(r, what+", a query of the maker", query(own.ID))
	r.preventedMatches(k, what, mode, id, taker.ID, own.ID, &o)
	r.preventionEvents(events, what, &o, id, taker.ID, own.ID)
	if c.own-o.traded-o.makerLost > 0 || o.rests > 0 {
		r.call(k, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
		r.skipTo(events, `"e":"outboundAccountPosition"`)
	}
	r.call(foreign, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
}

func lost(n int) string {
	if n == 0 {
		return ""
	}
	return thousandths(n)
}

// preventedOrder is what an answer or a query says of an order that may have met one
// of its own account.
type preventedOrder struct {
	ID        int64  `json:"orderId"`
	Status    string `json:"status"`
	Executed  string `json:"executedQty"`
	Quantity  string `json:"origQty"`
	Mode      string `json:"selfTradePreventionMode"`
	Prevented string `json:"preventedQuantity"`
	Match     *int64 `json:"preventedMatchId"`

	Fills   []struct{}       `json:"fills"`
	Matches []preventedMatch `json:"preventedMatches"`
}

type preventedMatch struct {
	ID        int64  `json:"preventedMatchId"`
	Maker     int64  `json:"makerOrderId"`
	Price     string `json:"price"`
	TakerLost string `json:"takerPreventedQuantity"`
	MakerLost string `json:"makerPreventedQuantity"`
}

// check complains unless an order is as wanted.
func (o *preventedOrder) check(r *rawVenue, what string, got preventedOrder) {
	r.t.Helper()
	if g, w := rawText(got), rawText(o); g != w {
		r.t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// preventedMatches asks for the matches that were prevented, in each way.
func (r *rawVenue) preventedMatches(k *rawKey, what, mode string, match, taker, maker int64, o *preventionOutcome) {
	r.t.Helper()
	if match == 0 {
		a := r.call(k, "GET", "/api/v3/myPreventedMatches", fmt.Sprintf("symbol=BTCUSDT&orderId=%d", taker))
		r.expect(what+", no prevented match", a, 200, "[]")
		return
	}
	row := fmt.Sprintf(`{"symbol":"BTCUSDT","preventedMatchId":%d,"takerOrderId":%d,"makerSymbol":"BTCUSDT","makerOrderId":%d,"tradeGroupId":-1,`+
		`"selfTradePreventionMode":%q,"price":"20000.00000000"`, match, taker, maker, mode)
	if o.takerLost > 0 {
		row += fmt.Sprintf(`,"takerPreventedQuantity":%q`, thousandths(o.takerLost))
	}
	if o.makerLost > 0 {
		row += fmt.Sprintf(`,"makerPreventedQuantity":%q`, thousandths(o.makerLost))
	}
	row += `,"transactTime":1772447400000}`
	for query, want := range map[string]string{
		fmt.Sprintf("orderId=%d", taker):                                    "[" + row + "]",
		fmt.Sprintf("orderId=%d", maker):                                    "[" + row + "]",
		fmt.Sprintf("preventedMatchId=%d", match):                           "[" + row + "]",
		fmt.Sprintf("orderId=%d&fromPreventedMatchId=%d", taker, match):     "[" + row + "]",
		fmt.Sprintf("orderId=%d&fromPreventedMatchId=%d", taker, match+1):   "[]",
		fmt.Sprintf("orderId=%d&fromPreventedMatchId=0&limit=1000", taker):  "[" + row + "]",
		fmt.Sprintf("preventedMatchId=%d", match+1):                         "[]",
		fmt.Sprintf("orderId=%d", taker+1_000_000):                          "[]",
		fmt.Sprintf("orderId=%d&fromPreventedMatchId=%d&limit=1", maker, 1): "[" + row + "]",
	} {
		r.expect(what+", "+query, r.call(k, "GET", "/api/v3/myPreventedMatches", "symbol=BTCUSDT&"+query), 200, want)
	}
}

// preventionEvents holds the events of the account against what happened.
func (r *rawVenue) preventionEvents(events *rawSocket, what string, o *preventionOutcome, match, taker, maker int64) {
	r.t.Helper()
	r.skipTo(events, `"e":"outboundAccountPosition"`) // its order rests
	r.skipTo(events, `"x":"NEW"`)                     // the taker is there
	makerStatus, takerStatus := o.ownStatus, o.takerStatus
	if o.takerLost > 0 && takerStatus != "EXPIRED_IN_MATCH" {
		takerStatus = "NEW" // before it meets the other one
	}
	check := func(id, counter int64, lostNow int, status string) {
		r.t.Helper()
		type event struct {
			Kind    string `json:"x"`
			Status  string `json:"X"`
			ID      int64  `json:"i"`
			Match   int64  `json:"v"`
			All     string `json:"A"`
			Last    string `json:"B"`
			Counter int64  `json:"U"`
			Symbol  string `json:"Cs"`
			Qty     string `json:"pl"`
			Price   string `json:"pL"`
			Quote   string `json:"pY"`
			OnBook  bool   `json:"w"`
			Trade   int64  `json:"t"`
		}
		got := readExact[struct {
			Event event `json:"event"`
		}](r.t, events.event()).Event
		n := thousandths(lostNow)
		want := event{"TRADE_PREVENTION", status, id, match, n, n, counter, "BTCUSDT", n, "20000.00000000", decimal(int64(lostNow) * 20e8), status == "NEW", -1}
		if got != want {
			r.t.Errorf("%s: the event is\n     %+v\nwant %+v", what, got, want)
		}
	}
	if o.makerLost > 0 {
		check(maker, taker, o.makerLost, makerStatus)
	}
	if o.takerLost > 0 {
		check(taker, maker, o.takerLost, takerStatus)
	}
	r.skipTo(events, `"e":"outboundAccountPosition"`)
}
