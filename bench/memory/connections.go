package memory

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/bench/readme"
	"github.com/seed-7d4c2414/exchange/bench/result"
)

// What a connection may take of the server's heap and stacks, in bytes. What the
// kernel holds for a socket is beside it.
const (
	maxPerHTTP         = 32 << 10
	maxPerFollower     = 24 << 10
	maxPerTrader       = 40 << 10
	maxPerSubscription = 1 << 10
)

// streams are what each of the websockets subscribes to.
func streams() []string {
	return []string{
		"btcusdt@trade", "btcusdt@aggTrade", "btcusdt@bookTicker", "btcusdt@depth", "btcusdt@depth@100ms",
		"ethusdt@trade", "ethusdt@depth10", "ethusdt@kline_1m", "ethusdt@ticker", "ethbtc@miniTicker",
	}
}

// measureConnections opens n idle connections of each sort to the exchange as it is
// served, each to a process of its own, because what has ended leaves its goroutines
// to those that come after it.
func measureConnections(ctx context.Context, r *result.Run, n int) error {
	program, remove, err := build(ctx)
	if err != nil {
		return err
	}
	defer remove()
	m := &connections{ctx: ctx, run: r, n: n}
	for _, measure := range []func(*connections) error{(*connections).keptAlive, (*connections).followers, (*connections).traders} {
		err := m.with(program, measure)
		if err != nil {
			return err
		}
	}
	return nil
}

// connections are those to one server.
type connections struct {
	ctx    context.Context
	run    *result.Run
	n      int
	server *server
	open   []interface{ Close() error }
}

// with measures what a server takes that is started for it.
func (m *connections) with(program string, measure func(*connections) error) (err error) {
	m.server, err = start(m.ctx, program)
	if err != nil {
		return err
	}
	err = measure(m)
	for _, c := range m.open {
		err = errors.Join(err, c.Close())
	}
	m.open = nil
	return errors.Join(err, m.server.stop())
}

// add adds what each of so many takes, when something grew from one use to another.
func (m *connections) add(name string, each int, before, after use, atMost float64) {
	bytes := float64(after.live-before.live) / float64(each)
	// It is no count: goroutines keep stacks of sizes that depend on what they met.
	f := m.run.Time(section, name, "bytes", []float64{bytes}, &result.Goal{AtMost: atMost})
	f.Note = "heap and stacks of the server, of " + readme.Grouped(each)
	if before.resident > 0 {
		f.Note += fmt.Sprintf("; its resident memory grew by %s each", readme.Grouped(int(after.resident-before.resident)/each))
	}
}

// keptAlive opens HTTP connections, and makes a request on each.
func (m *connections) keptAlive() error {
	before, err := m.server.use(m.ctx)
	if err != nil {
		return err
	}
	for range m.n {
		c, err := (&net.Dialer{}).DialContext(m.ctx, "tcp", m.server.address)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		m.open = append(m.open, c)
		if _, err := fmt.Fprintf(c, "GET /api/v3/exchangeInfo HTTP/1.1\r\nHost: %s\r\n\r\n", m.server.address); err != nil {
			return fmt.Errorf("send a request: %w", err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return fmt.Errorf("receive an answer: %w", err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK || answer.Close {
			return fmt.Errorf("the answer is %s, %w", answer.Status, err)
		}
	}
	after, err := m.server.use(m.ctx)
	if err != nil {
		return err
	}
	m.add("HTTP connection, kept alive", m.n, before, after, maxPerHTTP)
	return nil
}

// followers opens websockets of market data, and has each follow streams.
func (m *connections) followers() error {
	before, err := m.server.use(m.ctx)
	if err != nil {
		return err
	}
	var all []*websocket.Conn
	for range m.n {
		c, err := m.dial("/ws")
		if err != nil {
			return err
		}
		if err := exchanged(c, `{"method":"LIST_SUBSCRIPTIONS","id":1}`); err != nil {
			return err
		}
		all = append(all, c)
	}
	idle, err := m.server.use(m.ctx)
	if err != nil {
		return err
	}
	m.add("websocket of market data", m.n, before, idle, maxPerFollower)
	names := streams()
	for _, c := range all {
		if err := exchanged(c, `{"method":"SUBSCRIBE","params":["`+strings.Join(names, `","`)+`"],"id":2}`); err != nil {
			return err
		}
	}
	after, err := m.server.use(m.ctx)
	if err != nil {
		return err
	}
	m.add("subscription to a stream", m.n*len(names), idle, after, maxPerSubscription)
	return nil
}

// traders opens websockets of the websocket API, and makes a request on each.
func (m *connections) traders() error {
	before, err := m.server.use(m.ctx)
	if err != nil {
		return err
	}
	for range m.n {
		c, err := m.dial("/ws-api/v3")
		if err != nil {
			return err
		}
		if err := exchanged(c, `{"id":1,"method":"ping"}`); err != nil {
			return err
		}
	}
	after, err := m.server.use(m.ctx)
	if err != nil {
		return err
	}
	m.add("websocket of the websocket API", m.n, before, after, maxPerTrader)
	return nil
}

func (m *connections) dial(path string) (*websocket.Conn, error) {
	c, answer, err := websocket.DefaultDialer.DialContext(m.ctx, "ws://"+m.server.address+path, nil)
	if err != nil {
		return nil, fmt.Errorf("open a websocket: %w", err)
	}
	m.open = append(m.open, c)
	if err := answer.Body.Close(); err != nil {
		return nil, fmt.Errorf("open a websocket: %w", err)
	}
	return c, nil
}

// exchanged sends a message and takes the answer, which must be a good one.
func exchanged(c *websocket.Conn, text string) error {
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		return fmt.Errorf("send %s: %w", text, err)
	}
	_, answer, err := c.ReadMessage()
	if err != nil {
		return fmt.Errorf("receive the answer to %s: %w", text, err)
	}
	if strings.Contains(string(answer), `"error"`) {
		return fmt.Errorf("the answer to %s is %s", text, answer)
	}
	return nil
}

// build builds the exchange, and returns what removes it again.
func build(ctx context.Context) (program string, remove func(), err error) {
	root, err := readme.Root(ctx)
	if err != nil {
		return "", nil, err //nolint:wrapcheck // it says what it did
	}
	dir, err := os.MkdirTemp("", "exchange")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) } // it is temporary
	program, err = compile(ctx, root, dir)
	if err != nil {
		remove()
		return "", nil, err
	}
	return program, remove, nil
}
