package bench

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"math"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// The audience of a busy symbol: what each of it follows, and how many do it badly.
const (
	audience     = 1000
	fanOutTarget = "/stream?timeUnit=MICROSECOND&streams=btcusdt@depth@100ms/btcusdt@trade/btcusdt@bookTicker"
	witnesses    = 5                     // of those that take all, who look at the times
	slowPart     = 16 << 10              // bytes that a slow one takes
	slowPause    = 50 * time.Millisecond // and then rests for
	maxBehind    = 150                   // trades that the flow is ahead of the witnesses; a websocket may have 512 requests under way
	fanOutBatch  = 10                    // trades that are asked for at a time
	steadyTrades = 2_000                 // a second, of the steady flow
)

// BenchmarkFanOutAudience has 1,000 websockets follow trades, best prices and book of
// one symbol, with all of them on the processors of the server. In "busy" trades come
// as fast as the audience takes them: messages/s is what arrives there. In "steady"
// they come at a fixed rate, and the times are from that of the trade to its arrival.
// Of the audience called bad, 5 % take nothing and 5 % little at a time. An iteration
// is a trade.
//
//	go test ./bench -run '^$' -bench FanOutAudience -benchtime 20000x
func BenchmarkFanOutAudience(b *testing.B) {
	for _, flow := range []struct {
		name string
		rate int
	}{{"busy", 0}, {"steady", steadyTrades}} {
		for _, crowd := range []struct {
			name          string
			stalled, slow int
		}{{"good", 0, 0}, {"bad", audience / 20, audience / 20}} {
			b.Run(flow.name+"/"+crowd.name, func(b *testing.B) { fanOut(b, flow.rate, crowd.stalled, crowd.slow) })
		}
	}
}

func fanOut(b *testing.B, rate, stalled, slow int) {
	v := startVenue(b)
	h := openHall(b, v.address, stalled, slow)
	t := openTrader(b, v)
	t.trade(fanOutBatch) // all is warm
	h.await(b, fanOutBatch)
	before := residentBytes(b, v.pid)
	arrived := h.messages.Load()
	h.forget()
	b.ResetTimer()
	start := time.Now()
	for sent := 0; sent < b.N; {
		n := min(fanOutBatch, b.N-sent)
		if rate > 0 {
			time.Sleep(time.Until(start.Add(time.Duration(sent) * time.Second / time.Duration(rate))))
		}
		t.trade(n)
		sent += n
		h.await(b, fanOutBatch+sent-maxBehind)
	}
	h.await(b, fanOutBatch+b.N)
	b.StopTimer()
	b.ReportMetric(float64(h.messages.Load()-arrived)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(residentBytes(b, v.pid)-before)/1e6, "MB-more")
	p50, p99 := h.quantiles()
	b.ReportMetric(p50, "ms-p50")
	b.ReportMetric(p99, "ms-p99")
	if n := h.lost.Load(); n > 0 {
		b.Errorf("%d of those that take all were closed", n)
	}
}

// hall is where the audience is.
type hall struct {
	messages atomic.Int64 // that arrived at those who take all
	lost     atomic.Int64 // of them whose websocket ended before the benchmark did
	over     atomic.Bool
	trades   [witnesses]atomic.Int64 // that a witness has seen

	mu    sync.Mutex
	times []float64 // from a trade to its arrival, in milliseconds
}

// openHall lets the audience in.
func openHall(b *testing.B, address string, stalled, slow int) *hall {
	b.Helper()
	h := &hall{}
	var all sync.WaitGroup
	conns := make([]*websocket.Conn, audience)
	for i := range conns {
		conn, answer, err := websocket.DefaultDialer.DialContext(b.Context(), "ws://"+address+fanOutTarget, nil)
		if err != nil {
			b.Fatal(err)
		}
		_ = answer.Body.Close()
		conns[i] = conn
		switch {
		case i < witnesses:
			all.Go(func() { h.witness(b, i, conn) })
		case i < witnesses+stalled:
		case i < witnesses+stalled+slow:
			all.Go(func() { takeSlowly(conn.NetConn()) })
		default:
			all.Go(func() { h.take(conn.NetConn()) })
		}
	}
	b.Cleanup(func() {
		h.over.Store(true)
		for _, c := range conns {
			_ = c.Close()
		}
		all.Wait()
	})
	return h
}

// take takes all messages, and counts them by the heads of their frames.
func (h *hall) take(conn net.Conn) {
	var f frameCounter
	buf := make([]byte, 32<<10)
	for {
		n, err := conn.Read(buf)
		h.messages.Add(int64(f.count(buf[:n])))
		if err != nil {
			h.leave()
			return
		}
	}
}

// leave notes that a websocket has ended.
func (h *hall) leave() {
	if !h.over.Load() {
		h.lost.Add(1)
	}
}

// witness takes all messages, and looks at the times of trades.
func (h *hall) witness(b *testing.B, i int, conn *websocket.Conn) {
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			h.leave()
			return
		}
		h.messages.Add(1)
		_, rest, ok := bytes.Cut(text, []byte(`"e":"trade","E":`))
		if !ok {
			continue
		}
		at, _, _ := bytes.Cut(rest, []byte(","))
		micros, err := strconv.ParseInt(string(at), 10, 64)
		if err != nil {
			b.Errorf("%s: %v", text, err)
			return
		}
		h.mu.Lock()
		h.times = append(h.times, float64(time.Now().UnixMicro()-micros)/1e3)
		h.mu.Unlock()
		h.trades[i].Add(1)
	}
}

// takeSlowly takes a part of what there is, now and then.
func takeSlowly(conn net.Conn) {
	buf := make([]byte, slowPart)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
		time.Sleep(slowPause)
	}
}

// await waits until all witnesses have seen so many trades.
func (h *hall) await(b *testing.B, n int) {
	b.Helper()
	for i := range h.trades {
		for h.trades[i].Load() < int64(n) {
			if h.lost.Load() > 0 || b.Failed() {
				b.Fatalf("%d of those that take all were closed", h.lost.Load())
			}
			time.Sleep(100 * time.Microsecond)
		}
	}
}

// forget forgets the times so far.
func (h *hall) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.times = h.times[:0]
}

// quantiles returns the median and the 99th percentile of the times.
func (h *hall) quantiles() (p50, p99 float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	slices.Sort(h.times)
	at := func(q float64) float64 { return h.times[int(math.Ceil(q*float64(len(h.times))))-1] }
	return at(0.5), at(0.99)
}

// frameCounter counts the frames in what a server sends, however it is cut.
type frameCounter struct {
	head [10]byte
	have int // bytes of a head that has begun
	skip int // bytes of the message that has begun
}

func (f *frameCounter) count(p []byte) (frames int) {
	for {
		n := min(f.skip, len(p))
		f.skip -= n
		p = p[n:]
		if len(p) == 0 {
			return frames
		}
		f.head[f.have] = p[0]
		f.have++
		p = p[1:]
		if f.have < 2 {
			continue
		}
		size := int(f.head[1] & 0x7f)
		switch {
		case size < 126:
		case size == 126 && f.have == 4:
			size = int(f.head[2])<<8 | int(f.head[3])
		case size == 127 && f.have == 10:
			size = int(f.head[6])<<24 | int(f.head[7])<<16 | int(f.head[8])<<8 | int(f.head[9])
		default:
			continue
		}
		f.have, f.skip = 0, size
		frames++
	}
}

// trader trades with itself over the websocket API, logged on, so that its orders
// cost little.
type trader struct {
	b    *testing.B
	conn *websocket.Conn
	text []byte
	n    int

	reader sync.WaitGroup
}

func openTrader(b *testing.B, v *venue) *trader {
	b.Helper()
	conn, answer, err := websocket.DefaultDialer.DialContext(b.Context(), "ws://"+v.address+"/ws-api/v3?returnRateLimits=false", nil)
	if err != nil {
		b.Fatal(err)
	}
	_ = answer.Body.Close()
	t := &trader{b: b, conn: conn}
	b.Cleanup(func() {
		_ = conn.Close()
		t.reader.Wait()
	})
	mac := hmac.New(sha256.New, v.secret)
	stamp := time.Now().UnixMilli()
	_, _ = fmt.Fprintf(mac, "apiKey=%s&timestamp=%d", v.key, stamp)
	t.ask(fmt.Appendf(nil, `{"id":0,"method":"session.logon","params":{"apiKey":%q,"timestamp":%d,"signature":"%x"}}`, v.key, stamp, mac.Sum(nil)))
	if _, reply, err := conn.ReadMessage(); err != nil || bytes.Contains(reply, []byte(`"error"`)) {
		b.Fatalf("%v %s", err, reply)
	}
	t.reader.Go(t.answers)
	return t
}

func (t *trader) ask(text []byte) {
	if err := t.conn.WriteMessage(websocket.TextMessage, text); err != nil {
		t.b.Fatal(err)
	}
}

// answers takes the answers, which must all be good, until the connection is closed.
func (t *trader) answers() {
	for {
		_, reply, err := t.conn.ReadMessage()
		if err != nil {
			return
		}
		if bytes.Contains(reply, []byte(`"error"`)) {
			t.b.Errorf("%s", reply)
			return
		}
	}
}

// trade asks for n trades: a sell order that rests, and a buy order that takes it, n
// times. It does not wait for them.
func (t *trader) trade(n int) {
	t.b.Helper()
	for range n {
		for _, side := range []string{"SELL", "BUY"} {
			t.n++
			t.text = fmt.Appendf(t.text[:0], `{"id":%d,"method":"order.place","params":{"symbol":"BTCUSDT","side":%q,"type":"LIMIT","timeInForce":"GTC","quantity":"0.001","price":"10000",`+
				`"newOrderRespType":"ACK","selfTradePreventionMode":"NONE","timestamp":%d}}`, t.n, side, time.Now().UnixMilli())
			t.ask(t.text)
		}
	}
}

// residentBytes returns how much memory a process holds.
func residentBytes(b *testing.B, pid int) int64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes << 10
}
