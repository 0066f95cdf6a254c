package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// The generator of the overload tests: an open loop, which sends as many orders as it
// is told whatever becomes of those before them, over websockets and over HTTP. All
// orders rest, far from each other's prices, so what was acknowledged is there.

// The limits of patience of the generator.
const (
	floodTick  = 2 * time.Millisecond // between two looks at what is due
	floodDrain = 20 * time.Second     // for the answers to all that was sent
)

// flood is a crowd that sends orders.
type flood struct {
	t     *testing.T
	lines []*floodLine
	posts []*floodPost
	tally floodTally
}

// floodTally is what became of the orders since it was reset.
type floodTally struct {
	sent, accepted, inTime atomic.Int64
	end                    atomic.Int64 // nanoseconds since the epoch: what is accepted later is not in time

	mu      sync.Mutex
	refused map[int]int // by code
	took    []time.Duration
	odd     []string // answers that should not have come
}

func (y *floodTally) reset(end time.Time) {
	y.sent.Store(0)
	y.accepted.Store(0)
	y.inTime.Store(0)
	y.end.Store(end.UnixNano())
	y.mu.Lock()
	defer y.mu.Unlock()
	y.refused, y.took, y.odd = make(map[int]int), nil, nil
}

func (y *floodTally) accept(took time.Duration) {
	y.accepted.Add(1)
	if time.Now().UnixNano() <= y.end.Load() {
		y.inTime.Add(1)
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.took = append(y.took, took)
}

func (y *floodTally) refuse(code int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.refused[code]++
}

// wrong notes what must not happen.
func (y *floodTally) wrong(format string, args ...any) {
	y.mu.Lock()
	defer y.mu.Unlock()
	const most = 10
	if len(y.odd) < most {
		y.odd = append(y.odd, fmt.Sprintf(format, args...))
	}
}

// floodAccount is an account that sends orders, and those that were acknowledged: the
// exchange's id by the client's.
type floodAccount struct {
	key  client.Key
	name string
	next int
	mac  hash.Hash

	mu    sync.Mutex
	acked map[string]int64
}

func newFloodAccount(v *venue, name string) floodAccount {
	_, key := v.customer(holding{"USDT", "10000000"})
	return floodAccount{key: key, name: name, mac: hmac.New(sha256.New, []byte(key.Secret)), acked: make(map[string]int64)}
}

// The order that is sent again and again, up to its own id, as a query and as JSON.
const (
	floodOrder     = "newOrderRespType=ACK&price=10.00&quantity=0.001&side=BUY&symbol=BTCUSDT&timeInForce=GTC"
	floodOrderJSON = `"newOrderRespType":"ACK","price":"10.00","quantity":"0.001","side":"BUY","symbol":"BTCUSDT","timeInForce":"GTC"`
)

func (a *floodAccount) sign(payload []byte) string {
	a.mac.Reset()
	a.mac.Write(payload)
	return hex.EncodeToString(a.mac.Sum(nil))
}

// clientID returns the id of the next order.
func (a *floodAccount) clientID() string {
	a.next++
	return a.name + "-" + strconv.Itoa(a.next)
}

func (a *floodAccount) ack(clientID string, id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.acked[clientID] = id
}

// floodLine is a websocket, with many orders under way.
type floodLine struct {
	floodAccount

	ws    *websocket.Conn
	tally *floodTally
	ended chan struct{} // closed when the reader has ended
	text  []byte        // of the order that is sent

	sentAt  map[string]time.Time // by client id, of those without an answer; under the lock of the account
	waiting atomic.Int64
	room    chan struct{} // holds a token when there were answers
}

func newFloodLine(v *venue, y *floodTally, name string) *floodLine {
	v.t.Helper()
	l := &floodLine{floodAccount: newFloodAccount(v, name), ws: v.dial("/ws-api/v3?returnRateLimits=false"), tally: y, ended: make(chan struct{}), room: make(chan struct{}, 1)}
	l.sentAt = make(map[string]time.Time)
	go l.read()
	v.t.Cleanup(func() {
		_ = l.ws.Close()
		<-l.ended
	})
	return l
}

// place sends one order.
func (l *floodLine) place() error {
	id := l.clientID()
	at := time.Now()
	stamp := strconv.FormatInt(at.UnixMicro(), 10)
	l.text = append(append(l.text[:0], "apiKey="...), l.key.ID...)
	l.text = append(append(l.text, "&newClientOrderId="...), id...)
	l.text = append(append(l.text, '&'), floodOrder...)
	l.text = append(append(append(l.text, "&timestamp="...), stamp...), "&type=LIMIT"...)
	signature := l.sign(l.text)
	l.text = append(append(l.text[:0], `{"id":"`...), id...)
	l.text = append(append(l.text, `","method":"order.place","params":{"apiKey":"`...), l.key.ID...)
	l.text = append(append(l.text, `","newClientOrderId":"`...), id...)
	l.text = append(append(l.text, `",`...), floodOrderJSON...)
	l.text = append(append(append(l.text, `,"timestamp":"`...), stamp...), `","type":"LIMIT","signature":"`...)
	l.text = append(append(l.text, signature...), `"}}`...)
	l.mu.Lock()
	l.sentAt[id] = at
	l.mu.Unlock()
	l.waiting.Add(1)
	l.tally.sent.Add(1)
	return l.ws.WriteMessage(websocket.TextMessage, l.text)
}

// read takes the answers, until the connection ends.
func (l *floodLine) read() {
	defer close(l.ended)
	for {
		_, text, err := l.ws.ReadMessage()
		if err != nil {
			return // what has no answer is missed
		}
		l.take(string(text))
		l.waiting.Add(-1)
		select {
		case l.room <- struct{}{}:
		default:
		}
	}
}

// take takes an answer.
func (l *floodLine) take(text string) {
	id := between(text, `"id":"`, `"`)
	l.mu.Lock()
	sent, ok := l.sentAt[id]
	delete(l.sentAt, id)
	l.mu.Unlock()
	switch {
	case !ok:
		l.tally.wrong("an answer to nothing: %s", text)
	case strings.Contains(text, `"status":200,`):
		order, err := strconv.ParseInt(between(text, `"orderId":`, ","), 10, 64)
		if err != nil || between(text, `"clientOrderId":"`, `"`) != id {
			l.tally.wrong("an acknowledgement of another order: %s", text)
			return
		}
		l.ack(id, order)
		l.tally.accept(time.Since(sent))
	default:
		code, err := strconv.Atoi(between(text, `"code":`, ","))
		if err != nil || code == client.CodeOverloaded && !strings.Contains(text, `"status":503,`) {
			l.tally.wrong("a refusal of another form: %s", text)
		}
		l.tally.refuse(code)
	}
}

// between returns what of a text is between two others.
func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	part, _, _ := strings.Cut(rest, after)
	return part
}

// floodPost is a connection of HTTP, with one order under way.
type floodPost struct {
	floodAccount

	http  *fasthttp.HostClient
	tally *floodTally
}

func newFloodPost(v *venue, y *floodTally, name string) *floodPost {
	v.t.Helper()
	p := &floodPost{floodAccount: newFloodAccount(v, name), tally: y}
	p.http = &fasthttp.HostClient{Addr: strings.TrimPrefix(v.url, "http://"), MaxConns: 1, MaxIdemponentCallAttempts: 1}
	v.t.Cleanup(p.http.CloseIdleConnections)
	return p
}

// place sends one order and takes the answer.
func (p *floodPost) place() error {
	id := p.clientID()
	query := fmt.Appendf(nil, "%s&newClientOrderId=%s&timestamp=%d&type=LIMIT", floodOrder, id, time.Now().UnixMicro())
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.SetRequestURI(fmt.Sprintf("http://%s/api/v3/order?%s&signature=%s", p.http.Addr, query, p.sign(query)))
	req.Header.Set("X-Mbx-Apikey", p.key.ID)
	begun := time.Now()
	p.tally.sent.Add(1)
	if err := p.http.DoTimeout(req, resp, floodDrain); err != nil {
		return fmt.Errorf("post an order: %w", err)
	}
	text := string(resp.Body())
	if resp.StatusCode() == fasthttp.StatusOK {
		order, err := strconv.ParseInt(between(text, `"orderId":`, ","), 10, 64)
		if err != nil {
			return fmt.Errorf("read %s: %w", text, err)
		}
		p.ack(id, order)
		p.tally.accept(time.Since(begun))
		return nil
	}
	code, err := strconv.Atoi(between(text, `"code":`, ","))
	if err != nil {
		return fmt.Errorf("read %s: %w", text, err)
	}
	retry, err := strconv.Atoi(string(resp.Header.Peek("Retry-After")))
	if code == client.CodeOverloaded && (resp.StatusCode() != fasthttp.StatusServiceUnavailable || err != nil || retry < 1) {
		p.tally.wrong("overloaded with status %d and Retry-After %q", resp.StatusCode(), resp.Header.Peek("Retry-After"))
	}
	p.tally.refuse(code)
	return nil
}

// floodStep is what became of one step of a flood.
type floodStep struct {
	offered, sent, goodput float64 // orders a second
	accepted               int64
	refused                map[int]int
	p50, p99               time.Duration // of those that were accepted
}

func (s *floodStep) String() string {
	return fmt.Sprintf("offered %6.0f/s, sent %6.0f/s, accepted %6.0f/s, p50 %v, p99 %v, refused %v",
		s.offered, s.sent, s.goodput, s.p50.Round(10*time.Microsecond), s.p99.Round(10*time.Microsecond), s.refused)
}

// open offers so many orders a second for some time: a tenth of them over HTTP, as
// far as one under way on each connection allows.
func (f *flood) open(rate float64, length time.Duration) *floodStep {
	f.t.Helper()
	begun := time.Now()
	f.tally.reset(begun.Add(length))
	var all sync.WaitGroup
	posted := rate / 10
	for _, l := range f.lines {
		share := (rate - posted) / float64(len(f.lines))
		all.Go(func() { f.pour(l.place, share, begun, length) })
	}
	for _, p := range f.posts {
		share := posted / float64(len(f.posts))
		all.Go(func() { f.pour(p.place, share, begun, length) })
	}
	all.Wait()
	return f.finish(rate, length)
}

// pour calls place as often as is due.
func (f *flood) pour(place func() error, rate float64, begun time.Time, length time.Duration) {
	for n := 0.0; ; time.Sleep(floodTick) {
		gone := min(time.Since(begun), length)
		for due := rate * gone.Seconds(); n < due && time.Since(begun) < length; n++ {
			if err := place(); err != nil {
				f.tally.wrong("send an order: %v", err)
				return
			}
		}
		if gone == length {
			return
		}
	}
}

// closed keeps some orders under way on each websocket for some time: as many as all
// together are taken without a refusal.
func (f *flood) closed(each int, length time.Duration) *floodStep {
	f.t.Helper()
	begun := time.Now()
	f.tally.reset(begun.Add(length))
	var all sync.WaitGroup
	for _, l := range f.lines {
		all.Go(func() {
			for time.Since(begun) < length {
				if l.waiting.Load() >= int64(each) {
					<-l.room
					continue
				}
				if err := l.place(); err != nil {
					f.tally.wrong("send an order: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	return f.finish(0, length)
}

// finish waits for the answers to all that was sent, and adds up.
func (f *flood) finish(rate float64, length time.Duration) *floodStep {
	f.t.Helper()
	for end := time.Now().Add(floodDrain); ; time.Sleep(time.Millisecond) {
		waiting := int64(0)
		for _, l := range f.lines {
			waiting += l.waiting.Load()
		}
		if waiting == 0 {
			break
		}
		if time.Now().After(end) {
			f.t.Fatalf("%d orders have no answer after %v", waiting, floodDrain)
		}
	}
	y := &f.tally
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, odd := range y.odd {
		f.t.Error(odd)
	}
	s := &floodStep{
		offered: rate, sent: float64(y.sent.Load()) / length.Seconds(), goodput: float64(y.inTime.Load()) / length.Seconds(),
		accepted: y.accepted.Load(), refused: maps.Clone(y.refused),
	}
	if n := len(y.took); n > 0 {
		slices.Sort(y.took)
		s.p50, s.p99 = y.took[n/2], y.took[n*99/100]
	}
	return s
}

// accounts returns all that have sent orders.
func (f *flood) accounts() []*floodAccount {
	var all []*floodAccount
	for _, l := range f.lines {
		all = append(all, &l.floodAccount)
	}
	for _, p := range f.posts {
		all = append(all, &p.floodAccount)
	}
	return all
}

// check asks which orders are open: all that were acknowledged, and no other.
func (f *flood) check(v *venue) (orders int) {
	f.t.Helper()
	for _, a := range f.accounts() {
		open, err := (&client.Account{Via: v.client, Key: a.key}).OpenOrders(f.t.Context(), "BTCUSDT")
		if err != nil {
			f.t.Fatal(errors.Join(errors.New("ask for open orders"), err))
		}
		there := make(map[string]int64, len(open))
		for i := range open {
			there[open[i].ClientID] = open[i].ID
		}
		lost, extra := 0, 0
		for id, order := range a.acked {
			if there[id] != order {
				lost++
			}
		}
		for id := range there {
			if _, ok := a.acked[id]; !ok {
				extra++
			}
		}
		if lost > 0 || extra > 0 {
			f.t.Errorf("%s: of %d orders that were acknowledged %d are not there, and %d are that were not", a.name, len(a.acked), lost, extra)
		}
		orders += len(a.acked)
	}
	return orders
}
