package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// Limits bound what clients may ask for. They are published and counted always,
// and hold only where that is wanted: a program that is tested against the exchange
// polls it as it likes.
type Limits struct {
	Enforce        bool
	Weight         int // of the calls of an address in a minute; 0 means DefaultWeight
	Requests       int // of an address in five minutes; 0 means DefaultRequests
	OrdersShort    int // of an account in ten seconds; 0 means DefaultOrdersShort
	OrdersDay      int // of an account on a day; 0 means DefaultOrdersDay
	MaxClients     int // addresses counted for themselves at a time, all others together; 0 means DefaultMaxClients
	UnfilledCredit int // by how much the first fill of a resting order lowers the count of its account; 0 means DefaultUnfilledCredit

	BanAfter int           // refusals of an address in a minute, with the one after which it is banned; 0 means DefaultBanAfter, negative: never
	Ban      time.Duration // of an address for the first time; each time after it is twice as long; 0 means DefaultBan
	BanMax   time.Duration // the longest, and for how long an address must keep to its limits to begin anew; 0 means DefaultBanMax
}

// The limits that hold where Limits says zero.
const (
	DefaultWeight         = 6000
	DefaultRequests       = 300_000
	DefaultOrdersShort    = 100
	DefaultOrdersDay      = 200_000
	DefaultMaxClients     = 100_000
	DefaultUnfilledCredit = 5
	DefaultBanAfter       = 20
	DefaultBan            = 2 * time.Minute
	DefaultBanMax         = 3 * 24 * time.Hour
)

// longestBan bounds what can be chosen, so that no end of a ban lies beyond the end of
// time.
const longestBan = 366 * 24 * time.Hour

func (l *Limits) fill() {
	for _, d := range []struct {
		limit *int
		value int
	}{
		{&l.Weight, DefaultWeight},
		{&l.Requests, DefaultRequests},
		{&l.OrdersShort, DefaultOrdersShort},
		{&l.OrdersDay, DefaultOrdersDay},
		{&l.MaxClients, DefaultMaxClients},
		{&l.UnfilledCredit, DefaultUnfilledCredit},
		{&l.BanAfter, DefaultBanAfter},
	} {
		if *d.limit == 0 {
			*d.limit = d.value
		}
	}
	if l.Ban == 0 {
		l.Ban = DefaultBan
	}
	if l.BanMax == 0 {
		l.BanMax = DefaultBanMax
	}
	l.Ban = min(l.Ban, longestBan)
	l.BanMax = min(max(l.BanMax, l.Ban), longestBan)
}

// appendJSON appends the limits as an array.
func (l *Limits) appendJSON(dst []byte) []byte {
	f := fields{dst: append(dst, '[')}
	for i, r := range []struct {
		kind, interval string
		count, limit   int
	}{
		{"REQUEST_WEIGHT", "MINUTE", 1, l.Weight},
		{"ORDERS", "SECOND", 10, l.OrdersShort},
		{"ORDERS", "DAY", 1, l.OrdersDay},
		{"RAW_REQUESTS", "MINUTE", 5, l.Requests},
	} {
		f.open(i)
		f.text("rateLimitType", r.kind)
		f.text("interval", r.interval)
		f.number("intervalNum", int64(r.count))
		f.number("limit", int64(r.limit))
		f.close()
	}
	return append(f.dst, ']')
}

// The windows in which is counted, in nanoseconds. They begin as the clock on the
// wall does.
const (
	minute     = 60 * second
	second     = int64(1e9)
	fiveMinute = 5 * minute
	tenSeconds = 10 * second
	hour       = 60 * minute
	day        = 24 * hour
)

// clientMeter counts the weight and the number of calls by address.
type clientMeter struct {
	limits Limits

	mu       sync.Mutex
	weights  window[netip.Addr]
	requests window[netip.Addr]
	bans     bans
	refused  uint64
}

// window counts in one window of time after another.
type window[K comparable] struct {
	start  int64
	counts map[K]int
}

// at makes the window that of a time, and reports whether it is a new one. A clock
// that was set back counts on in the window that it was in.
func (w *window[K]) at(now, length int64) (begins bool) {
	start := now - now%length
	if start <= w.start && w.counts != nil {
		return false
	}
	w.start = start
	if w.counts == nil {
		w.counts = make(map[K]int)
	}
	clear(w.counts)
	return true
}

// take counts a call of c's client, and refuses it when that is too much.
func (m *clientMeter) take(c *Call, weight int, now int64) *Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.weights.at(now, minute)
	m.requests.at(now, fiveMinute)
	client := c.Client
	if _, known := m.requests.counts[client]; !known && len(m.requests.counts) >= m.limits.MaxClients {
		client = netip.Addr{}
	}
	c.counted = client
	if until, banned := m.bans.until(c.Client, now); banned {
		c.Weight = m.weights.counts[client]
		m.refused++
		return bannedError(until)
	}
	m.requests.counts[client]++
	m.weights.counts[client] += weight
	c.Weight = m.weights.counts[client]
	over := m.over(client)
	if over == nil {
		return nil
	}
	m.refused++
	if client.IsValid() { // not all who are counted together for what one of them does
		m.bans.refused(client, now, &m.limits)
	}
	return over
}

// over returns the refusal of an address that is over a limit, or nil.
func (m *clientMeter) over(client netip.Addr) *Error {
	switch l := &m.limits; {
	case !l.Enforce:
		return nil
	case m.weights.counts[client] > l.Weight:
		return weightError(l.Weight, m.weights.start+minute)
	case m.requests.counts[client] > l.Requests:
		return requestsError(l.Requests, m.requests.start+fiveMinute)
	default:
		return nil
	}
}

// giveBack takes off what a call of c's client weighed.
func (m *clientMeter) giveBack(c *Call, weight int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, ok := m.weights.counts[c.counted]
	if ok {
		n = max(0, n-weight) // less than it weighs, if a minute has begun since
		m.weights.counts[c.counted] = n
	}
	c.Weight = n
}

func weightError(limit int, retry int64) *Error {
	return &Error{
		Status: http.StatusTooManyRequests, Code: -1003, Retry: retry,
		Text: fmt.Sprintf("Too much request weight used; current limit is %d request weight per 1 MINUTE. "+
			"Please use WebSocket Streams for live updates to avoid polling the API.", limit),
	}
}

func requestsError(limit int, retry int64) *Error {
	return &Error{
		Status: http.StatusTooManyRequests, Code: -1003, Retry: retry,
		Text: fmt.Sprintf("Too many requests; current limit is %d requests per 5 MINUTE. "+
			"Please use WebSocket Streams for live updates to avoid polling the API.", limit),
	}
}

// orderMeter counts the orders that an account has placed and that have not been
// filled.
type orderMeter struct {
	limits Limits

	mu    sync.Mutex
	short window[msg.AccountID]
	day   window[msg.AccountID]
}

func (m *orderMeter) at(now int64) {
	m.short.at(now, tenSeconds)
	m.day.at(now, day)
}

// countOrder counts an order before it is known whether it will be taken, and
// refuses it when that is too much. Where Placed is not set in the end, it is taken
// back.
func (a *API) countOrder(c *Call) *Error {
	if err := a.orders.take(c.Account, a.wall()); err != nil {
		return err
	}
	c.reserved = true
	return nil
}

func (m *orderMeter) take(account msg.AccountID, now int64) *Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at(now)
	if m.limits.Enforce {
		if m.short.counts[account] >= m.limits.OrdersShort {
			return ordersError(m.limits.OrdersShort, "10 SECOND", m.short.start+tenSeconds)
		}
		if m.day.counts[account] >= m.limits.OrdersDay {
			return ordersError(m.limits.OrdersDay, "1 DAY", m.day.start+day)
		}
	}
	m.short.counts[account]++
	m.day.counts[account]++
	return nil
}

func ordersError(limit int, interval string, retry int64) *Error {
	return &Error{
		Status: http.StatusTooManyRequests, Code: -1015, Retry: retry,
		Text: fmt.Sprintf("Too many new orders; current limit is %d orders per %s.", limit, interval),
	}
}

func (m *orderMeter) giveBack(account msg.AccountID) { m.lower(account, 1) }

// lower lowers the counts of an account, which are never below zero.
func (m *orderMeter) lower(account msg.AccountID, by int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, counts := range []map[msg.AccountID]int{m.short.counts, m.day.counts} {
		if n, ok := counts[account]; ok {
			counts[account] = max(0, n-by)
		}
	}
}

// counts returns the counts of an account in the windows of ten seconds and a day.
func (m *orderMeter) counts(account msg.AccountID, now int64) [2]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at(now)
	return [2]int{m.short.counts[account], m.day.counts[account]}
}

// Fold lowers the counts of accounts whose orders were filled: an order counts
// until its first fill. The API follows the exchange for that; without it orders
// count for as long as the window lasts.
func (a *API) Fold(v *marketview.Views, _ *msg.Command, _ []msg.Event) {
	reports := v.Resolved().Reports
	for i := range reports {
		r := &reports[i]
		if r.Kind != msg.Traded || r.Order.Executed != r.Qty {
			continue
		}
		credit := 1
		if r.Maker {
			credit = a.orders.limits.UnfilledCredit
		}
		a.orders.lower(r.Order.Account, credit)
	}
}

// Flush does nothing: nothing is sent.
func (a *API) Flush() {}
