package gateway_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/gateway"
)

// certificate makes a certificate for this machine, and who trusts it.
func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: wall().Add(-time.Hour), NotAfter: wall().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, trust
}

// vault is a server under test that speaks TLS.
type vault struct {
	*gateway.Server

	t     *testing.T
	addr  string
	trust *x509.CertPool
	echo  *echoes
	stop  func() error // may be called once before the end of the test
}

// serveSecure starts a server over TLS with an echo at /echo and a page at /hello.
func serveSecure(t *testing.T, l gateway.Limits) *vault {
	t.Helper()
	v := &vault{Server: gateway.NewServer(l, slog.New(slog.DiscardHandler), wall), t: t, echo: &echoes{}}
	cert, trust := certificate(t)
	v.trust = trust
	v.Secure(cert)
	v.HTTP("/hello", func(ctx *fasthttp.RequestCtx) { ctx.SetBodyString("hello") })
	v.Websocket("/echo", v.echo.start)
	addr, err := v.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v.addr = addr.String()
	served := make(chan error, 1)
	go func() { served <- v.Serve() }()
	stopped := false
	v.stop = func() error {
		stopped = true
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return errors.Join(v.Shutdown(ctx), <-served)
	}
	t.Cleanup(func() {
		if stopped {
			return
		}
		if err := v.stop(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func (v *vault) dial(c *tls.Config) (*tls.Conn, error) {
	c.RootCAs = v.trust
	d := tls.Dialer{Config: c}
	conn, err := d.DialContext(v.t.Context(), "tcp", v.addr)
	if err != nil {
		return nil, err
	}
	v.t.Cleanup(func() { _ = conn.Close() })
	return conn.(*tls.Conn), nil
}

// raw opens a connection without TLS, all of which is over in ten seconds.
func raw(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(wall().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// websocket opens the echo.
func (v *vault) websocket() *websocket.Conn {
	v.t.Helper()
	d := websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: v.trust}}
	c, r, err := d.DialContext(v.t.Context(), "wss://"+v.addr+"/echo", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = r.Body.Close()
	v.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(wall().Add(10 * time.Second)); err != nil {
		v.t.Fatal(err)
	}
	return c
}

func TestSecureHTTP(t *testing.T) {
	v := serveSecure(t, gateway.Limits{})
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: v.trust}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	for range 3 { // over one connection
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+v.addr+"/hello", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		a, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(a.Body)
		if string(body) != "hello" || err != nil || a.Proto != "HTTP/1.1" || a.TLS == nil {
			t.Errorf("got %s over %s, %v", body, a.Proto, err)
		}
		_ = a.Body.Close()
	}
	if n := v.Stats().Accepted; n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// TestSecureVersions makes handshakes of each version, and one for a protocol that is
// not spoken.
func TestSecureVersions(t *testing.T) {
	v := serveSecure(t, gateway.Limits{})
	for _, c := range []struct {
		version   uint16
		protocols []string
		want      string // of the error
	}{
		{tls.VersionTLS10, nil, "protocol version not supported"},
		{tls.VersionTLS11, nil, "protocol version not supported"},
		{tls.VersionTLS12, nil, ""},
		{tls.VersionTLS13, nil, ""},
		{tls.VersionTLS13, []string{"h2", "http/1.1"}, ""},
		{tls.VersionTLS13, []string{"h2"}, "no application protocol"},
	} {
		conn, err := v.dial(&tls.Config{MinVersion: c.version, MaxVersion: c.version, NextProtos: c.protocols})
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("version %x, %v: got %v, want %s", c.version, c.protocols, err, c.want)
		case c.want == "" && err != nil:
			t.Errorf("version %x, %v: %v", c.version, c.protocols, err)
		case c.want == "":
			if _, err := io.WriteString(conn, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
				t.Error(err)
			}
			if b, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(b), "hello") { // an end without close_notify is an error
				t.Errorf("version %x: got %q, %v", c.version, b, err)
			}
		}
	}
}

// TestSecureWebsocket sends messages of all sizes, some of which take many records.
func TestSecureWebsocket(t *testing.T) {
	v := serveSecure(t, gateway.Limits{MessageBytes: 1 << 20})
	c := v.websocket()
	for _, size := range []int{0, 1, 125, 126, 16<<10 - 4, 16 << 10, 16<<10 + 1, 65_535, 65_536, 1 << 20} {
		text := strings.Repeat("x", size)
		if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.ReadMessage(); err != nil || string(got) != text {
			t.Fatalf("of %d bytes %d come back, %v", size, len(got), err)
		}
	}
	if err := c.WriteMessage(websocket.TextMessage, []byte("bye")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.ReadMessage(); err != nil || string(got) != "bye" {
		t.Errorf("got %s, %v", got, err)
	}
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, 4000) {
		t.Errorf("in the end: %v", err)
	}
}

// TestSecureFarewell stops the server: websockets hear it, and the end of TLS.
func TestSecureFarewell(t *testing.T) {
	v := serveSecure(t, gateway.Limits{})
	c := v.websocket()
	if err := c.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- v.stop() }()
	if _, got, err := c.ReadMessage(); err != nil || string(got) != "farewell" {
		t.Errorf("got %s, %v", got, err)
	}
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("got %v", err)
	}
	if _, err := c.NetConn().Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the end of the connection is %v, want one that is said", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// TestPlainOnSecure speaks HTTP, and nothing at all, where TLS is spoken.
func TestPlainOnSecure(t *testing.T) {
	v := serveSecure(t, gateway.Limits{ReadTimeout: 300 * time.Millisecond})
	for _, request := range []string{
		"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
		"DELETE /api/v3/order HTTP/1.1\r\nHost: x\r\n\r\n" + strings.Repeat("x", 60_000),
	} {
		c := raw(t, v.addr)
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		const want = `{"code":-1000,"msg":"This port speaks HTTPS."}`
		if !strings.HasPrefix(string(got), "HTTP/1.1 400 Bad Request\r\n") || !strings.HasSuffix(string(got), "\r\n\r\n"+want) {
			t.Errorf("%.20q: got %q, %v", request, got, err)
		}
	}
	for _, garbage := range []string{"\x00\x01\x02\x03\x04\x05", "SSH-2.0-x\r\n", "\x16\x03\x01\x02\x00\x01", ""} {
		c := raw(t, v.addr)
		if _, err := io.WriteString(c, garbage); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		if net, ok := errors.AsType[net.Error](err); ok && net.Timeout() {
			t.Errorf("%q: the connection stays open", garbage)
		}
		if bytes.Contains(got, []byte("HTTP")) {
			t.Errorf("%q: got %q", garbage, got)
		}
	}
	waitFor(t, "all are gone", func() bool { return v.Stats().Connections == 0 })
}

// TestSecureOnPlain speaks TLS where HTTP is spoken.
func TestSecureOnPlain(t *testing.T) {
	s, _ := serve(t, gateway.Limits{})
	c := tls.Client(raw(t, s.addr), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // there is nobody to verify
	err := c.HandshakeContext(t.Context())
	if _, ok := errors.AsType[tls.RecordHeaderError](err); !ok {
		t.Errorf("got %v", err)
	}
	hello := raw(t, s.addr)
	if _, err := io.WriteString(hello, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(hello); !strings.HasPrefix(string(got), "HTTP/1.1 400 Bad Request\r\n") {
		t.Errorf("got %q, %v", got, err)
	}
	waitFor(t, "all are gone", func() bool { return s.Stats().Connections == 0 })
}

// TestSecureBound has more sockets than may be: one more is closed.
func TestSecureBound(t *testing.T) {
	v := serveSecure(t, gateway.Limits{Connections: 1})
	if _, err := v.dial(&tls.Config{}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.dial(&tls.Config{}); err == nil {
		t.Error("a second connection is taken")
	}
	if n := v.Stats().Refused; n != 1 {
		t.Errorf("%d were refused, want 1", n)
	}
}

// TestSecureSlowPeers sends much to a peer that takes it slowly, for longer than a
// stall may last, and to one that takes nothing.
func TestSecureSlowPeers(t *testing.T) {
	const stall, parts, size = 500 * time.Millisecond, 24, 256 << 10
	v := serveSecure(t, gateway.Limits{StallTimeout: stall, QueueBytes: 2 * parts * size, SocketBytes: 32 << 10})
	d := websocket.Dialer{
		TLSClientConfig: &tls.Config{RootCAs: v.trust},
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err == nil {
				err = c.(*net.TCPConn).SetReadBuffer(32 << 10)
			}
			return c, err
		},
	}
	open := func() *websocket.Conn {
		c, r, err := d.DialContext(t.Context(), "wss://"+v.addr+"/echo", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	slow, stalled := open(), open()
	waitFor(t, "both are open", func() bool { n, _ := v.echo.count(); return n == 2 })
	text := bytes.Repeat([]byte("x"), size)
	begun := wall()
	v.echo.mu.Lock()
	for _, s := range v.echo.open {
		for range parts {
			s.conn.Send(text)
		}
	}
	v.echo.mu.Unlock()
	for i := range parts {
		time.Sleep(3 * stall / parts) // it takes its time: together three times as long as a stall
		if _, got, err := slow.ReadMessage(); err != nil || len(got) != size {
			t.Fatalf("part %d: %d bytes, %v", i, len(got), err)
		}
	}
	if took := wall().Sub(begun); took < 2*stall {
		t.Errorf("the slow one has taken all in %v", took)
	}
	waitFor(t, "the stalled one is gone", func() bool { return v.Stats().Websockets == 1 })
	if n := v.Stats().SlowCloses; n != 1 {
		t.Errorf("%d were closed as slow, want 1", n)
	}
	got := 0
	for {
		_, part, err := stalled.ReadMessage()
		if err != nil {
			break
		}
		got += len(part)
	}
	if got >= parts*size {
		t.Errorf("the stalled one has got all %d bytes", got)
	}
}
