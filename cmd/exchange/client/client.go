// Package client speaks to an exchange from outside, over HTTP and websocket:
// signed orders and queries, market streams with a local book, and the operator's
// calls. It hides nothing: one call is one request, a failure is told as what it
// is, and nothing is tried again.
package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// The limits that hold where Options says zero.
const (
	DefaultTimeout = 12 * time.Second // longer than the exchange's own, so that its answer is heard
	DefaultConns   = 64
)

// The sizes of what is read.
const (
	maxAnswerBytes = 64 << 20
	readBuffer     = 16 << 10
)

// Options say how a Client speaks. The zero value is fine.
type Options struct {
	Timeout time.Duration // of one request and of one dial
	Conns   int           // most connections for requests at a time
	TLS     *tls.Config   // with an URL of https; nil means the authorities of the system
}

// Client speaks to one exchange. It may be used by many goroutines at once.
type Client struct {
	host    string      // with port
	tls     *tls.Config // nil: plain HTTP
	timeout time.Duration
	http    *fasthttp.HostClient
	stamps  stamps
	dialer  net.Dialer
	release func() bool // of the context

	mu     sync.Mutex
	closed bool
	open   map[net.Conn]struct{} // all connections, websockets as well
}

// New returns a client of the exchange at a URL such as http://127.0.0.1:8080, or one
// of https. It connects when there is something to say. When ctx ends its connections are
// closed, and so is what waits for an answer.
func New(ctx context.Context, base string, o Options) (*Client, error) {
	host, secure, err := hostOf(base)
	if err != nil {
		return nil, err
	}
	c := &Client{host: host, timeout: o.Timeout, open: make(map[net.Conn]struct{})}
	if secure {
		if c.tls = o.TLS.Clone(); c.tls == nil {
			c.tls = &tls.Config{MinVersion: tls.VersionTLS12}
		}
	}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	conns := o.Conns
	if conns <= 0 {
		conns = DefaultConns
	}
	c.dialer.Timeout = c.timeout
	c.http = &fasthttp.HostClient{
		Addr:                          host,
		IsTLS:                         secure,
		TLSConfig:                     c.tls,
		Dial:                          func(string) (net.Conn, error) { return c.dial(ctx) },
		MaxConns:                      conns,
		MaxConnWaitTimeout:            c.timeout,
		MaxIdemponentCallAttempts:     1, // what failed is told, not tried again
		MaxResponseBodySize:           maxAnswerBytes,
		ReadBufferSize:                readBuffer,
		NoDefaultUserAgentHeader:      true,
		DisableHeaderNamesNormalizing: true,
		DisablePathNormalizing:        true,
	}
	c.release = context.AfterFunc(ctx, c.Close)
	return c, nil
}

// hostOf returns host and port of a base URL, and whether it is one of https.
func hostOf(base string) (host string, secure bool, err error) {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("read the URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https":
		return "", false, fmt.Errorf("the URL %s is not of the form http://HOST:PORT or https://HOST:PORT", base)
	case u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", false, fmt.Errorf("the URL %s is not of the form http://HOST:PORT or https://HOST:PORT", base)
	}
	secure = u.Scheme == "https"
	switch {
	case u.Port() != "":
		return u.Host, secure, nil
	case secure:
		return net.JoinHostPort(u.Hostname(), "443"), true, nil
	default:
		return net.JoinHostPort(u.Hostname(), "80"), false, nil
	}
}

// scheme returns the scheme of a URL, given that of a plain one.
func (c *Client) scheme(plain string) string {
	if c.tls != nil {
		return plain + "s"
	}
	return plain
}

// Host returns host and port of the exchange.
func (c *Client) Host() string { return c.host }

// Close closes all connections. What waits for an answer gets an error.
func (c *Client) Close() {
	c.release()
	c.mu.Lock()
	c.closed = true
	for conn := range c.open {
		_ = conn.Close() // whoever uses it is told
	}
	c.mu.Unlock()
	c.http.CloseIdleConnections() // each of them takes the lock
}

// tracked is a connection that its client closes when that is closed.
type tracked struct {
	net.Conn
	owner *Client
}

// Close closes the connection.
func (t *tracked) Close() error {
	t.owner.mu.Lock()
	delete(t.owner.open, t.Conn)
	t.owner.mu.Unlock()
	return t.Conn.Close() //nolint:wrapcheck // it is the connection's own
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	conn, err := c.dialer.DialContext(ctx, "tcp", c.host)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = conn.Close() // nothing was sent
		return nil, ErrNotSent
	}
	c.open[conn] = struct{}{}
	return &tracked{conn, c}, nil
}

// request is what one HTTP request says beside its method and path.
type request struct {
	query []byte
	key   string // of the trading API, or empty
	token string // of the operator, or empty
	body  []byte // JSON, or nil
}

// send sends a request and returns the body of the answer. An answer that is none
// of success is an *Error.
func (c *Client) send(ctx context.Context, verb, path string, r *request) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(verb)
	req.URI().DisablePathNormalizing = true
	uri := append(make([]byte, 0, 64+len(c.host)+len(path)+len(r.query)), c.scheme("http")...)
	uri = append(append(append(uri, "://"...), c.host...), path...)
	if len(r.query) > 0 {
		uri = append(append(uri, '?'), r.query...)
	}
	req.SetRequestURIBytes(uri)
	if r.key != "" {
		req.Header.Set("X-MBX-APIKEY", r.key)
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.body != nil {
		req.Header.SetContentType("application/json")
		req.SetBodyRaw(r.body)
	}
	deadline := time.Now().Add(c.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := c.http.DoDeadline(req, resp, deadline); err != nil {
		if errors.Is(err, fasthttp.ErrNoFreeConns) {
			err = fmt.Errorf("%w: %w", ErrNotSent, err)
		}
		return nil, fmt.Errorf("%s %s: %w", verb, path, err)
	}
	body := append([]byte(nil), resp.Body()...)
	if status := resp.StatusCode(); status < 200 || status > 299 {
		return nil, readError(status, body)
	}
	return body, nil
}
