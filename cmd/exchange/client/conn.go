package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/websocket"
)

// silence is after how long without a word, pings included, a websocket is given
// up. The exchange pings every 20 seconds.
const silence = 65 * time.Second

// errClosed says that a websocket ended while an answer was awaited.
var errClosed = errors.New("the websocket was closed")

// websocket opens a websocket at a path. It is closed when ctx ends.
func (c *Client) websocket(ctx context.Context, path string) (*websocket.Conn, error) {
	d := websocket.Dialer{
		NetDialContext:   func(ctx context.Context, _, _ string) (net.Conn, error) { return c.dial(ctx) },
		HandshakeTimeout: c.timeout,
		TLSClientConfig:  c.tls,
	}
	ws, resp, err := d.DialContext(ctx, c.scheme("ws")+"://"+c.host+path, nil)
	if err != nil {
		if resp != nil {
			_ = resp.Body.Close() // it is in memory
			return nil, fmt.Errorf("%w: open %s: %w (status %d)", ErrNotSent, path, err, resp.StatusCode)
		}
		return nil, fmt.Errorf("%w: open %s: %w", ErrNotSent, path, err)
	}
	ws.SetReadLimit(maxAnswerBytes)
	ping := ws.PingHandler()
	ws.SetPingHandler(func(text string) error {
		return errors.Join(ws.SetReadDeadline(time.Now().Add(silence)), ping(text))
	})
	return ws, nil
}

// Conn is a connection to the websocket API. It may be used by many goroutines at
// once; their requests are under way side by side.
type Conn struct {
	ws      *websocket.Conn
	stamps  *stamps
	timeout time.Duration
	release func() bool
	done    chan struct{} // closed when the reader has ended

	writing sync.Mutex

	mu      sync.Mutex
	last    int64
	ended   bool
	pending map[int64]chan answer
}

// answer is a response of the websocket API.
type answer struct {
	status int
	result []byte
	fault  []byte
	err    error
}

// Connect opens a connection to the websocket API. It is closed when ctx ends, or
// by Close.
func (c *Client) Connect(ctx context.Context) (*Conn, error) {
	ws, err := c.websocket(ctx, "/ws-api/v3?returnRateLimits=false")
	if err != nil {
		return nil, err
	}
	conn := &Conn{
		ws: ws, stamps: &c.stamps, timeout: c.timeout,
		done: make(chan struct{}), pending: make(map[int64]chan answer),
	}
	conn.release = context.AfterFunc(ctx, func() { _ = ws.Close() })
	go conn.read()
	return conn, nil
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Close closes the connection and waits until nobody reads from it.
func (c *Conn) Close() {
	c.release()
	_ = c.ws.Close() // the reader is told
	<-c.done
}

// read reads responses until the connection ends. It is the only reader.
func (c *Conn) read() {
	defer close(c.done)
	for {
		err := c.ws.SetReadDeadline(time.Now().Add(silence))
		var text []byte
		if err == nil {
			_, text, err = c.ws.ReadMessage()
		}
		if err != nil {
			_ = c.ws.Close() // the connection is of no more use
			c.end(fmt.Errorf("%w: %w", errClosed, err))
			return
		}
		var v struct {
			ID     jsontext.Value `json:"id"`
			Status int            `json:"status"`
			Result jsontext.Value `json:"result"`
			Error  jsontext.Value `json:"error"`
		}
		if err := json.Unmarshal(text, &v); err != nil {
			continue // what is no response answers nobody
		}
		if id, err := strconv.ParseInt(string(v.ID), 10, 64); err == nil {
			c.hand(id, answer{status: v.Status, result: v.Result, fault: v.Error})
		}
	}
}

// hand gives an answer to whoever waits for it.
func (c *Conn) hand(id int64, a answer) {
	c.mu.Lock()
	waits := c.pending[id]
	delete(c.pending, id)
	c.mu.Unlock()
	if waits != nil {
		waits <- a // it has room for one
	}
}

// end tells all that wait that no answer will come.
func (c *Conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for id, waits := range c.pending {
		waits <- answer{err: err}
		delete(c.pending, id)
	}
}

// Call carries a signed request and waits for its answer.
func (c *Conn) Call(ctx context.Context, m *Method, key *Key, p Params) ([]byte, error) {
	waits := make(chan answer, 1)
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return nil, fmt.Errorf("%s: %w: %w", m.Name, ErrNotSent, errClosed)
	}
	c.last++
	id := c.last
	c.pending[id] = waits
	c.mu.Unlock()

	p = append(p, Param{"apiKey", key.ID}, Int("timestamp", c.stamps.next()))
	payload := p.appendSorted(make([]byte, 0, 384))
	text := appendRequest(make([]byte, 0, 640), id, m.Name, p, key.sign(payload))
	if err := c.write(text); err != nil {
		c.forget(id)
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	timeout := time.NewTimer(c.timeout)
	defer timeout.Stop()
	select {
	case a := <-waits:
		switch {
		case a.err != nil:
			return nil, fmt.Errorf("%s: %w", m.Name, a.err)
		case a.status != 200:
			return nil, readError(a.status, a.fault)
		}
		return a.result, nil
	case <-ctx.Done():
		c.forget(id)
		return nil, fmt.Errorf("%s: %w", m.Name, ctx.Err())
	case <-timeout.C:
		c.forget(id)
		return nil, fmt.Errorf("%s: no answer in %v", m.Name, c.timeout)
	}
}

func (c *Conn) forget(id int64) {
	c.mu.Lock()
	delete(c.pending, id)
	c.mu.Unlock()
}

func (c *Conn) write(text []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.ws.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return fmt.Errorf("set the deadline of a write: %w", err)
	}
	if err := c.ws.WriteMessage(websocket.TextMessage, text); err != nil {
		return fmt.Errorf("write to the websocket: %w", err)
	}
	return nil
}

// appendRequest appends a request of the websocket API. All values are strings,
// and none of them needs an escape.
func appendRequest(dst []byte, id int64, method string, p Params, signature string) []byte {
	dst = strconv.AppendInt(append(dst, `{"id":`...), id, 10)
	dst = append(append(append(dst, `,"method":"`...), method...), `","params":{`...)
	for i := range p {
		dst = append(append(append(dst, '"'), p[i].Name...), `":"`...)
		dst = append(append(dst, p[i].Value...), `",`...)
	}
	dst = append(append(dst, `"signature":"`...), signature...)
	return append(dst, `"}}`...)
}
