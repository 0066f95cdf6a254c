package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rawRow is a row of a list, as far as paging goes.
type rawRow struct{ ID, Time int64 }

// rawPage is what a request asks of a list. Zero means that nothing was said, but for
// a first id, which is -1 then.
type rawPage struct{ start, end, from, limit int64 }

// of returns the rows that a page has of a list, oldest first: with a begin the oldest
// from there on, else the newest.
func (p *rawPage) of(rows []rawRow) []rawRow {
	var out []rawRow
	for _, r := range rows {
		if r.Time >= p.start && (p.end == 0 || r.Time <= p.end) && r.ID >= p.from {
			out = append(out, r)
		}
	}
	limit := int64(500)
	if p.limit != 0 {
		limit = min(p.limit, 1000)
	}
	if cut := int64(len(out)) - limit; cut > 0 {
		if p.start != 0 || p.from >= 0 {
			return out[:limit]
		}
		return out[cut:]
	}
	return out
}

func (p *rawPage) query(first string) string {
	var b strings.Builder
	for name, v := range map[string]int64{"startTime": p.start, "endTime": p.end, "limit": p.limit} {
		if v != 0 {
			fmt.Fprintf(&b, "&%s=%d", name, v)
		}
	}
	if p.from >= 0 {
		fmt.Fprintf(&b, "&%s=%d", first, p.from)
	}
	return b.String()
}

// rawList is a list that is asked for in pages.
type rawList struct {
	path, query string
	first       string // the parameter of the first id; empty: none
	key         *rawKey
	alone       bool // a first id does not go together with times
	untimed     bool // there are no times to ask for
	row         func(raw json.RawMessage) rawRow
}

// ask returns the rows of a page.
func (l *rawList) ask(r *rawVenue, p *rawPage) []rawRow {
	r.t.Helper()
	var a rawAnswer
	if query := l.query + p.query(l.first); l.key != nil {
		a = r.call(l.key, "GET", "/api/v3/"+l.path, query)
	} else {
		a = r.get("/api/v3/" + l.path + "?" + query)
	}
	if a.status != 200 {
		r.t.Fatalf("%s %+v: %v", l.path, *p, a)
	}
	var rows []rawRow
	for _, raw := range readRaw[[]json.RawMessage](r.t, a.body) {
		rows = append(rows, l.row(raw))
	}
	return rows
}

// rawLists are the lists of a symbol with pages.
func rawLists(t *testing.T, k *rawKey) []rawList {
	const btc = "symbol=BTCUSDT"
	order := func(raw json.RawMessage) rawRow {
		v := readRaw[struct{ OrderID, Time int64 }](t, string(raw))
		return rawRow{v.OrderID, v.Time}
	}
	trade := func(raw json.RawMessage) rawRow {
		v := readRaw[struct{ ID, Time int64 }](t, string(raw))
		return rawRow{v.ID, v.Time}
	}
	bar := func(raw json.RawMessage) rawRow {
		open := readRaw[[]any](t, string(raw))[0].(float64)
		return rawRow{int64(open), int64(open)}
	}
	return []rawList{
		{path: "trades", query: btc, row: trade, untimed: true},
		{path: "historicalTrades", query: btc, row: trade, first: "fromId", untimed: true},
		{path: "aggTrades", query: btc, first: "fromId", alone: true, row: func(raw json.RawMessage) rawRow {
			v := readExact[struct {
				ID   int64 `json:"a"`
				Time int64 `json:"T"`
			}](t, string(raw))
			return rawRow{v.ID, v.Time}
		}},
		{path: "klines", query: btc + "&interval=1s", row: bar},
		{path: "uiKlines", query: btc + "&interval=1m", row: bar},
		{path: "allOrders", query: btc, key: k, first: "orderId", row: order},
		{path: "myTrades", query: btc, key: k, first: "fromId", alone: true, row: trade},
	}
}

// manyTrades has the taker buy of the maker, so many times at each of some seconds.
func (r *rawVenue) manyTrades(maker, taker *rawKey, seconds, each int) {
	r.t.Helper()
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	r.limit(maker, "SELL", decimal(int64(seconds*each)*1e5), "20000")
	for range seconds {
		for range each {
			s.last++
			s.send(fmt.Sprintf(`{"id":%d,"method":"order.place","params":%s}`, s.last, r.params(taker, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001&newOrderRespType=ACK")))
		}
		for range each {
			if status, _, refused := rawResult(r.t, s.answer()); status != 200 {
				r.t.Fatalf("an order: %s", refused)
			}
		}
		r.advance(time.Second)
	}
}

// TestRawPages asks for every list in pages of every kind: with nothing said, from a
// time on, up to one, between two, from an id on, with few rows and with many.
func TestRawPages(t *testing.T) {
	t.Parallel()
	seconds, each := 5, scaled(202, 202, 202) // more than a page of the largest
	r := openRaw(t, "--history-orders", "5000", "--history-fills", "5000")
	maker, k := r.rich(), r.rich()
	r.manyTrades(&maker, &k, seconds, each)
	r.advance(20 * time.Minute) // more bars of a second than a page has
	for _, l := range rawLists(t, &k) {
		var rows []rawRow // all, page by page
		if l.untimed && l.first == "" {
			rows = l.ask(r, &rawPage{from: -1, limit: 1000})
		} else {
			for next := (rawPage{start: rawStart - 3_600_000, from: -1, limit: 1000}); ; {
				byID := l.first != ""
				if byID {
					next.start, next.from = 0, 0
				}
				if n := len(rows); n > 0 && byID {
					next.from = rows[n-1].ID + 1
				} else if n > 0 {
					next.start = rows[n-1].Time + 1
				}
				page := l.ask(r, &next)
				if rows = append(rows, page...); len(page) == 0 {
					break
				}
			}
			if want := map[string]int{"klines": 1206, "uiKlines": 21}[l.path]; want == 0 && len(rows) != seconds*each || want != 0 && len(rows) != want {
				t.Errorf("%s: %d rows in all", l.path, len(rows))
			}
		}
		if !slices.IsSortedFunc(rows, func(a, b rawRow) int { return int(a.ID - b.ID) }) {
			t.Errorf("%s: not oldest first", l.path)
		}
		r.randomPages(&l, rows, scaled(40, 20, 1000))
	}
}

// randomPages asks for pages of a list of which all rows are known.
func (r *rawVenue) randomPages(l *rawList, rows []rawRow, n int) {
	r.t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	near := func(of func(r rawRow) int64) int64 {
		return of(rows[rng.IntN(len(rows))]) + int64(rng.IntN(3)) - 1
	}
	for i := range n {
		p := rawPage{from: -1, limit: []int64{0, 1, 2, 500, 999, 1000, 1001, 100_000}[rng.IntN(8)]}
		if i == 0 {
			p.limit = 0
		}
		kind := rng.IntN(5)
		if i > 0 && !l.untimed {
			at := func(r rawRow) int64 { return r.Time }
			if kind == 1 || kind == 3 {
				p.start = near(at)
			}
			if kind == 2 || kind == 3 {
				p.end = near(at)
			}
		}
		if l.first != "" && i > 0 && (kind == 4 || kind == 3 && !l.alone && rng.IntN(2) == 0) {
			p.from = max(near(func(r rawRow) int64 { return r.ID }), 0)
		}
		if diff := cmp.Diff(p.of(rows), l.ask(r, &p)); diff != "" {
			r.t.Errorf("%s %+v (-want +got):\n%s", l.path, p, diff)
		}
	}
	for _, c := range []struct{ limit, code, text string }{
		{"0", "-1130", "Data sent for parameter 'limit' is not valid."}, {"-1", "-1100", `Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'.`},
	} {
		a := r.get("/api/v3/" + l.path + "?" + l.query + "&limit=" + c.limit)
		if l.key != nil {
			a = r.call(l.key, "GET", "/api/v3/"+l.path, l.query+"&limit="+c.limit)
		}
		if want := fmt.Sprintf(`{"code":%s,"msg":%q}`, c.code, c.text); a.status != 400 || a.body != want {
			r.t.Errorf("%s with a limit of %s: %v", l.path, c.limit, a)
		}
	}
}

// TestRawPageCombinations asks for lists of an account by what does and does not go
// together.
func TestRawPageCombinations(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	k := r.rich()
	s := r.dial("/ws-api/v3?returnRateLimits=false")
	const (
		options = "Combination of optional parameters invalid."
		long    = "More than 24 hours between startTime and endTime."
		start   = rawStart
	)
	day := fmt.Sprintf("&startTime=%d&endTime=%d", start, start+rawDay)
	longer := fmt.Sprintf("&startTime=%d&endTime=%d", start, start+rawDay+1)
	longerMicros := fmt.Sprintf("&startTime=%d000&endTime=%d001", start, start+rawDay)
	turned := fmt.Sprintf("&startTime=%d&endTime=%d", start+1, start)
	for _, c := range []struct {
		path, method, query string
		code                int // 0: an empty list
		text                string
	}{
		{"myTrades", "myTrades", "", 0, ""},
		{"myTrades", "myTrades", "&orderId=1", 0, ""},
		{"myTrades", "myTrades", "&startTime=1", 0, ""},
		{"myTrades", "myTrades", "&endTime=1", 0, ""},
		{"myTrades", "myTrades", day, 0, ""},
		{"myTrades", "myTrades", turned, 0, ""},
		{"myTrades", "myTrades", "&fromId=1", 0, ""},
		{"myTrades", "myTrades", "&orderId=1&fromId=1&limit=1", 0, ""},
		{"myTrades", "myTrades", longer, -1127, long},
		{"myTrades", "myTrades", longerMicros, -1127, long},
		{"myTrades", "myTrades", "&orderId=1&startTime=1", -1128, options},
		{"myTrades", "myTrades", "&orderId=1&endTime=1", -1128, options},
		{"myTrades", "myTrades", "&fromId=1&startTime=1", -1128, options},
		{"myTrades", "myTrades", "&fromId=1&endTime=1", -1128, options},
		{"myTrades", "myTrades", "&orderId=1&fromId=1&endTime=1", -1128, options},
		{"allOrders", "allOrders", day + "&orderId=1", 0, ""},
		{"allOrders", "allOrders", turned, 0, ""},
		{"allOrders", "allOrders", longer, -1127, long},
		{"allOrderList", "allOrderLists", day, 0, ""},
		{"allOrderList", "allOrderLists", longer, -1127, long},
		{"allOrderList", "allOrderLists", "&fromId=1", 0, ""},
		{"allOrderList", "allOrderLists", "&fromId=1&startTime=1", -1128, options},
		{"myPreventedMatches", "myPreventedMatches", "&preventedMatchId=1", 0, ""},
		{"myPreventedMatches", "myPreventedMatches", "&orderId=1&fromPreventedMatchId=1&limit=1", 0, ""},
		{"myPreventedMatches", "myPreventedMatches", "", -1102, "Param 'preventedMatchId' or 'orderId' must be sent, but both were empty/null!"},
		{"myPreventedMatches", "myPreventedMatches", "&preventedMatchId=1&orderId=1", -1128, options},
		{"myPreventedMatches", "myPreventedMatches", "&preventedMatchId=1&fromPreventedMatchId=1", -1128, options},
	} {
		query := "symbol=BTCUSDT" + c.query
		if c.code == 0 {
			r.signed(s, &k, c.path, c.method, query, 200, "[]")
		} else {
			r.signed(s, &k, c.path, c.method, query, 400, rawError(c.code, c.text))
		}
	}
}

// TestRawHistoryBounds asks for more than is kept. What is shown are the newest rows,
// without a gap between them; orders that are open are there however old they are.
func TestRawHistoryBounds(t *testing.T) {
	t.Parallel()
	const kept, seconds, each = 10, 8, 4
	flags := []string{}
	for _, name := range []string{"trades", "agg-trades", "orders", "fills", "amendments", "preventions"} {
		flags = append(flags, "--history-"+name, "10")
	}
	r := openRaw(t, append(flags, "--history-bars", "3")...)
	maker, k := r.rich(), r.rich()
	old := r.limit(&k, "BUY", "0.001", "10000")
	r.advance(time.Second)
	r.manyTrades(&maker, &k, seconds, each)
	for _, l := range rawLists(t, &k) {
		var rows []rawRow
		last := int64(seconds * each)
		switch l.path {
		case "klines": // of a second: three that have trades
			for at := range int64(4) { // and the present one
				rows = append(rows, rawRow{rawStart + 1000*(seconds-2+at), rawStart + 1000*(seconds-2+at)})
			}
		case "uiKlines": // of minutes tickers need more than that
			rows = []rawRow{{rawStart, rawStart}}
		case "allOrders":
			rows = []rawRow{{old.ID, rawStart}}
			first := old.ID + 2 // the maker's is in between
			for i := last - kept; i < last; i++ {
				rows = append(rows, rawRow{first + i, rawStart + 1000*(1+i/each)})
			}
		default:
			for id := last - kept + 1; id <= last; id++ {
				rows = append(rows, rawRow{id, rawStart + 1000*(1+(id-1)/each)})
			}
			if l.untimed {
				// It is known by its ids.
				if got := l.ask(r, &rawPage{from: -1}); !slices.Equal(got, rows) {
					t.Errorf("%s: %v, want %v", l.path, got, rows)
				}
			}
		}
		if got := l.ask(r, &rawPage{start: 0, from: -1}); !slices.Equal(got, rows) {
			t.Errorf("%s: %v, want %v", l.path, got, rows)
			continue
		}
		if !l.untimed {
			if got := l.ask(r, &rawPage{start: 1, from: -1}); !slices.Equal(got, rows) {
				t.Errorf("%s from the begin of time: %v, want %v", l.path, got, rows)
			}
			if got := l.ask(r, &rawPage{end: rows[0].Time - 1, from: -1}); len(got) != 0 {
				t.Errorf("%s before what is kept: %v", l.path, got)
			}
		}
		r.randomPages(&l, rows, scaled(15, 10, 200))
	}
	// An order that is no longer kept is not known; one that is open always is.
	for id, want := range map[int64]int{old.ID: 200, old.ID + 2: 400, old.ID + 1 + seconds*each: 200} {
		a := r.call(&k, "GET", "/api/v3/order", fmt.Sprintf("symbol=BTCUSDT&orderId=%d", id))
		if a.status != want || want == 400 && a.body != rawError(-2013, "Order does not exist.") {
			t.Errorf("order %d: %v, want status %d", id, a, want)
		}
	}
	r.boundedReports(&k)
}

// boundedReports amends orders and has them meet their own account more often than is
// kept.
func (r *rawVenue) boundedReports(k *rawKey) {
	r.t.Helper()
	order := r.limit(k, "SELL", "0.1", "30000")
	another := r.limit(k, "SELL", "0.1", "31000")
	for i := 1; i <= 16; i++ {
		o, n := order, i
		if i > 8 {
			o, n = another, i-8
		}
		query := fmt.Sprintf("symbol=BTCUSDT&orderId=%d&newQty=0.0%d", o.ID, 99-n)
		if a := r.call(k, "PUT", "/api/v3/order/amend/keepPriority", query); a.status != 200 {
			r.t.Fatalf("amend %d: %v", i, a)
		}
	}
	for id, want := range map[int64]string{ // of both, the last ten together
		order.ID: "0.09200000 0.09100000", another.ID: "0.09800000 0.09700000 0.09600000 0.09500000 0.09400000 0.09300000 0.09200000 0.09100000",
	} {
		var got []string
		a := r.call(k, "GET", "/api/v3/order/amendments", fmt.Sprintf("symbol=BTCUSDT&orderId=%d", id))
		for _, row := range readRaw[[]struct{ NewQty string }](r.t, a.body) {
			got = append(got, row.NewQty)
		}
		if strings.Join(got, " ") != want {
			r.t.Errorf("amendments of %d: %v, want %s", id, got, want)
		}
	}
	for range 12 {
		r.place(k, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.001&price=30000&selfTradePreventionMode=EXPIRE_TAKER")
	}
	type row struct{ PreventedMatchID, TakerOrderID int64 }
	rows := readRaw[[]row](r.t, r.call(k, "GET", "/api/v3/myPreventedMatches", fmt.Sprintf("symbol=BTCUSDT&orderId=%d", order.ID)).body)
	if len(rows) != 10 {
		r.t.Errorf("%d prevented matches are kept, want 10", len(rows))
	}
	for i := 1; i < len(rows); i++ {
		if rows[i].TakerOrderID != rows[i-1].TakerOrderID+1 {
			r.t.Errorf("there is a gap in %+v", rows)
		}
	}
}
