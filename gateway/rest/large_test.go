package rest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// hall is a REST behind a server of HTTP, whose account has many open orders. Its
// connections have no buffer: what a client has not read has not left.
type hall struct {
	*testREST

	t       *testing.T
	answers *gateway.Budget
	server  *fasthttp.Server
}

// hallOrders are so many that their list is a large answer.
const hallOrders = 1000

func newHall(t *testing.T, budget int) *hall {
	t.Helper()
	h := &hall{t: t, answers: gateway.NewBudget(budget)}
	keys, err := auth.Open("")
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := keys.Add(auth.Draft{Account: 1, ID: "fresh", Read: true, Trade: true})
	if err != nil {
		t.Fatal(err)
	}
	wall := func() int64 { return testStart }
	x := newTestExchange(t)
	for range hallOrders {
		var r gateway.Result
		c := msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Buy, Price: 100, Qty: 1000}
		if err := x.Do(t.Context(), &c, &r, nil); err != nil || r.Events[0].Kind == msg.Rejected {
			t.Fatal(r.Events, err)
		}
	}
	h.testREST = &testREST{New(api.New(api.Options{
		Exchange: x, Auth: auth.New(auth.Options{Keys: keys, Wall: wall}), Wall: wall, Answers: h.answers,
	})), secret}
	h.server = &fasthttp.Server{Handler: h.Handle, WriteTimeout: 300 * time.Millisecond, Logger: silent{}}
	return h
}

// silent is a log that nobody reads.
type silent struct{}

func (silent) Printf(string, ...any) {}

// ask sends a request for the open orders over a connection of its own.
func (h *hall) ask(verb string) net.Conn {
	h.t.Helper()
	here, there := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = h.server.ServeConn(there) // it ends with the connection, or by its time
	}()
	h.t.Cleanup(func() {
		_ = here.Close()
		<-served
	})
	query := fmt.Sprintf("symbol=BTCUSDT&timestamp=%d", testStart/1e6)
	if _, err := fmt.Fprintf(here, "%s /api/v3/openOrders?%s&signature=%s HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: fresh\r\n\r\n", verb, query, sign(h.secret, query)); err != nil {
		h.t.Fatal(err)
	}
	return here
}

// answer reads the answer to a request.
func (h *hall) answer(c net.Conn) (status int, retry string, body []byte) {
	h.t.Helper()
	var resp fasthttp.Response
	if err := resp.Read(bufio.NewReader(c)); err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode(), string(resp.Header.Peek("Retry-After")), resp.Body()
}

// await waits until so many bytes are held at least, or none if it is zero.
func (h *hall) await(least int64) {
	h.t.Helper()
	for range 5000 {
		if held, _ := h.answers.Held(); held >= least && (least > 0 || held == 0) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	held, _ := h.answers.Held()
	h.t.Fatalf("%d bytes are held, waiting for %d", held, least)
}

// TestLargeAnswers has answers wait for clients that do not read: there is room for
// some of them, more are refused as busy, and what has left, was given up or ran into
// its time makes room again.
func TestLargeAnswers(t *testing.T) {
	const one = hallOrders * 768 // as it is counted
	h := newHall(t, 3*one)
	h.server.WriteTimeout = 20 * time.Second
	first := h.ask("GET")
	h.await(one)
	second := h.ask("GET") // a second one would leave less than it held
	status, retry, body := h.answer(second)
	if status != 503 || retry != "1" || string(body) != `{"code":-1008,"msg":"Server is currently overloaded with other requests. Please try again in a few minutes."}` {
		t.Errorf("beyond the room: %d, Retry-After %q, %s", status, retry, body)
	}
	if status, _, body := h.answer(first); status != 200 || len(body) < 300*hallOrders || body[0] != '[' || body[len(body)-1] != ']' {
		t.Errorf("the first: %d, %d bytes", status, len(body))
	}
	h.await(0)
	third := h.ask("GET")
	h.await(one)
	if _, err := io.ReadFull(third, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	_ = third.Close() // in the middle of it
	h.await(0)
	if status, _, _ := h.answer(h.ask("GET")); status != 200 {
		t.Errorf("then: %d", status)
	}
	h.await(0)
	h.server.WriteTimeout = 300 * time.Millisecond
	h.ask("GET") // and not read at all
	h.await(one)
	h.await(0)
}

// TestLargeOutcome cancels all orders where there is no room for the answer: it is
// sent all the same, since it tells what has happened.
func TestLargeOutcome(t *testing.T) {
	h := newHall(t, 1<<20)
	elsewhere := netip.MustParseAddr("10.0.0.1")
	h.answers.Force(elsewhere, 1<<20)
	if status, _, _ := h.answer(h.ask("GET")); status != 503 {
		t.Errorf("a question: %d", status)
	}
	if status, _, body := h.answer(h.ask("DELETE")); status != 200 || len(body) < 300*hallOrders {
		t.Errorf("a cancel of all: %d, %d bytes", status, len(body))
	}
	h.await(1 << 20)
	h.answers.Give(elsewhere, 1<<20)
	h.await(0)
	if status, _, body := h.answer(h.ask("GET")); status != 200 || string(body) != "[]" {
		t.Errorf("in the end: %d %s", status, body)
	}
}
