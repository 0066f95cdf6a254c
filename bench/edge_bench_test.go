package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/valyala/fasthttp"
)

// The edge is measured from outside: each server is a process of its own, and
// shares the processors with the clients here. So the figures are ratios within
// one run: an order that is parsed, authenticated, matched, synced, folded and
// answered, against a server that answers the same number of bytes at once.

const (
	adminToken = "bench"
	edgeSocks  = 8  // websockets
	edgeDepth  = 64 // requests under way on each
)

// bareEnv makes this program a bare server in place of the benchmarks.
const bareEnv = "EXCHANGE_BENCH_BARE"

func TestMain(m *testing.M) {
	if os.Getenv(bareEnv) != "" {
		os.Exit(bare())
	}
	os.Exit(m.Run())
}

// fixed is an answer of about the size of an order's.
var fixed = []byte(`{"symbol":"BTCUSDT","orderId":1234567,"orderListId":-1,"clientOrderId":"6gCrw2kRUAF9CvJDGP16IP","transactTime":1700000000595}`)

// bare serves a fixed reply on HTTP, and an echo on websockets at another port.
func bare() int {
	listen := func() net.Listener {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		fmt.Println(l.Addr()) // the parent reads it
		return l
	}
	plain, sockets := listen(), listen()
	go func() {
		_ = fasthttp.Serve(plain, func(ctx *fasthttp.RequestCtx) {
			ctx.SetContentType("application/json")
			_, _ = ctx.Write(fixed)
		})
	}()
	upgrader := websocket.Upgrader{}
	go func() {
		_ = http.Serve(sockets, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // it lives as long as the benchmark
			c, err := upgrader.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			for {
				kind, text, err := c.ReadMessage()
				if err != nil || c.WriteMessage(kind, text) != nil {
					return
				}
			}
		}))
	}()
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent is gone
	return 0
}

// child starts a process that ends with the benchmark, and returns its output.
func child(b *testing.B, cmd *exec.Cmd) *bufio.Reader {
	b.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	return bufio.NewReader(out)
}

func line(b *testing.B, r *bufio.Reader) string {
	b.Helper()
	s, err := r.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(s)
}

// bareServer is a bare server, and its addresses of HTTP and of websockets.
type bareServer struct {
	pid            int
	plain, sockets string
}

func startBare(b *testing.B) bareServer {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), bareEnv+"=1")
	out := child(b, cmd)
	return bareServer{cmd.Process.Pid, line(b, out), line(b, out)}
}

// venue is an exchange that serves one funded account.
type venue struct {
	address string
	pid     int
	key     string
	secret  []byte
}

// startVenue builds and starts the exchange as it is served.
func startVenue(b *testing.B) *venue {
	b.Helper()
	dir := b.TempDir()
	program := filepath.Join(dir, "exchange")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, "../cmd/exchange").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	cmd := exec.CommandContext(b.Context(), program, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--log-level", "error", "--pprof")
	cmd.Env = append(os.Environ(), "EXCHANGE_ADMIN_TOKEN="+adminToken)
	out := child(b, cmd)
	v := &venue{pid: cmd.Process.Pid}
	for v.address == "" {
		if _, address, ok := strings.Cut(line(b, out), "http://"); ok {
			v.address, _, _ = strings.Cut(address, "/")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	v.fund(b)
	return v
}

// fund makes the account.
func (v *venue) fund(b *testing.B) {
	b.Helper()
	account := v.admin(b, "/accounts", `{}`)["account"]
	for _, asset := range []string{"BTC", "USDT"} {
		v.admin(b, fmt.Sprintf("/accounts/%v/credit", account), fmt.Sprintf(`{"asset":%q,"amount":"1000000","transfer":%d}`, asset, len(asset)))
	}
	made := v.admin(b, fmt.Sprintf("/accounts/%v/keys", account), `{"type":"hmac","permissions":["read","trade"]}`)
	v.key, v.secret = made["key"].(string), []byte(made["secret"].(string))
}

func (v *venue) admin(b *testing.B, path, body string) map[string]any {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+v.address+"/x/v1"+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil || answer.StatusCode >= 300 {
		b.Fatalf("POST %s: %s %s", path, answer.Status, text)
	}
	return fields
}

// order is an immediate-or-cancel order far from any market: it goes all the way,
// and leaves the book as it is. Each is told apart by its number.
func (v *venue) order(dst []byte, n uint64) []byte {
	dst = append(dst, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.001&price=10000&newOrderRespType=ACK&newClientOrderId=n"...)
	dst = strconv.AppendUint(dst, n, 10)
	dst = append(dst, "&timestamp="...)
	dst = strconv.AppendInt(dst, time.Now().UnixMilli(), 10)
	mac := hmac.New(sha256.New, v.secret)
	mac.Write(dst)
	dst = append(dst, "&signature="...)
	return hex.AppendEncode(dst, mac.Sum(nil))
}

// placeHTTP sends n orders over so many connections, each with one under way, to the
// address given; a bare server does not look at them.
func (v *venue) placeHTTP(b *testing.B, address string, conns, n int) {
	b.Helper()
	client := fasthttp.HostClient{Addr: address, MaxConns: conns}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range conns {
		wg.Go(func() {
			request, answer := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			request.SetRequestURI("http://" + address + "/api/v3/order")
			request.Header.SetMethod(fasthttp.MethodPost)
			request.Header.Set("X-MBX-APIKEY", v.key)
			request.Header.SetContentType("application/x-www-form-urlencoded")
			var body []byte
			for {
				i := next.Add(1)
				if i > int64(n) {
					return
				}
				body = v.order(body[:0], uint64(i))
				request.SetBodyRaw(body)
				if err := client.Do(request, answer); err != nil || answer.StatusCode() != fasthttp.StatusOK {
					b.Errorf("order %d: %v %d %s", i, err, answer.StatusCode(), answer.Body())
					return
				}
			}
		})
	}
	wg.Wait()
}

// wsOrder is order as a request of the websocket API.
func (v *venue) wsOrder(dst []byte, n uint64) []byte {
	stamp := time.Now().UnixMilli()
	mac := hmac.New(sha256.New, v.secret)
	_, _ = fmt.Fprintf(mac, "apiKey=%s&newClientOrderId=n%d&newOrderRespType=ACK&price=10000&quantity=0.001&side=BUY&symbol=BTCUSDT&timeInForce=IOC&timestamp=%d&type=LIMIT",
		v.key, n, stamp)
	return fmt.Appendf(dst, `{"id":%d,"method":"order.place","params":{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"IOC","quantity":"0.001","price":"10000",`+
		`"newOrderRespType":"ACK","newClientOrderId":"n%d","timestamp":%d,"apiKey":%q,"signature":"%x"}}`,
		n, n, stamp, v.key, mac.Sum(nil))
}

// placeWS sends n orders over websockets, with some under way on each.
func (v *venue) placeWS(b *testing.B, target string, n int) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range edgeSocks {
		wg.Go(func() {
			conn, answer, err := websocket.DefaultDialer.DialContext(b.Context(), target, nil)
			if err != nil {
				b.Error(err)
				return
			}
			_ = answer.Body.Close()
			defer func() { _ = conn.Close() }()
			var text []byte
			send := func() bool {
				i := next.Add(1)
				if i > int64(n) {
					return false
				}
				text = v.wsOrder(text[:0], uint64(i))
				return conn.WriteMessage(websocket.TextMessage, text) == nil
			}
			waiting := 0
			for waiting < edgeDepth && send() {
				waiting++
			}
			for ; waiting > 0; waiting-- {
				_, reply, err := conn.ReadMessage()
				if err != nil || bytes.Contains(reply, []byte(`"error"`)) {
					b.Errorf("a reply: %v %s", err, reply)
					return
				}
				if send() {
					waiting++
				}
			}
		})
	}
	wg.Wait()
}

// rounds is how often both sides of a comparison take turns.
const rounds = 5

// compare lets two servers take b.N orders each in turns, and reports how many a
// second both take, and how long they and their clients compute for one.
func compare(b *testing.B, ours, bare *side) {
	b.Helper()
	each := max(1, b.N/rounds)
	b.ResetTimer()
	for range rounds {
		ours.take(b, each)
		b.StopTimer()
		bare.take(b, each)
		b.StartTimer()
	}
	n := float64(each * rounds)
	b.ReportMetric(n/ours.took.Seconds(), "orders/s")
	b.ReportMetric(n/bare.took.Seconds(), "bare/s")
	b.ReportMetric(bare.took.Seconds()/ours.took.Seconds(), "of-bare")
	for _, m := range []struct {
		took time.Duration
		name string
	}{{ours.server, "us-server"}, {ours.client, "us-client"}, {bare.server, "us-bare-server"}, {bare.client, "us-bare-client"}} {
		b.ReportMetric(float64(m.took.Microseconds())/n, m.name)
	}
}

// side is a server that is compared, and what it has taken so far.
type side struct {
	pid   int
	place func(n int)

	took           time.Duration
	server, client time.Duration // that both have computed
}

func (s *side) take(b *testing.B, n int) {
	b.Helper()
	server, client, start := computed(b, s.pid), computed(b, os.Getpid()), time.Now()
	s.place(n)
	s.took += time.Since(start)
	s.server += computed(b, s.pid) - server
	s.client += computed(b, os.Getpid()) - client
}

// computed returns how long a process has computed.
func computed(b *testing.B, pid int) time.Duration {
	b.Helper()
	const tick = 10 * time.Millisecond // of the clock that Linux counts in
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	ticks := 0
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	for _, f := range fields[11:13] { // in user mode, and in the kernel
		n, err := strconv.Atoi(f)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// BenchmarkHTTPOrders places orders over HTTP, durable before they are answered,
// beside a bare fasthttp handler with a fixed reply.
func BenchmarkHTTPOrders(b *testing.B) {
	for _, conns := range []int{64, 256, 1000} {
		b.Run(strconv.Itoa(conns), func(b *testing.B) {
			v, bare := startVenue(b), startBare(b)
			compare(b,
				&side{pid: v.pid, place: func(n int) { v.placeHTTP(b, v.address, conns, n) }},
				&side{pid: bare.pid, place: func(n int) { v.placeHTTP(b, bare.plain, conns, n) }})
		})
	}
}

// BenchmarkWSOrders places orders over the websocket API, many under way on each
// connection, beside a bare gorilla echo.
func BenchmarkWSOrders(b *testing.B) {
	v, bare := startVenue(b), startBare(b)
	compare(b,
		&side{pid: v.pid, place: func(n int) { v.placeWS(b, "ws://"+v.address+"/ws-api/v3?returnRateLimits=false", n) }},
		&side{pid: bare.pid, place: func(n int) { v.placeWS(b, "ws://"+bare.sockets, n) }})
}
