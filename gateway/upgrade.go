package gateway

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/valyala/fasthttp"
)

// The HTTP server and the websocket library do not know each other. What connects
// them is here and not the adaptor that comes with the server: that one loses
// frames which follow the handshake at once.

// version is that of the websocket protocol, of which there is one.
const version = "13"

const (
	readBuffer   = 1 << 10 // bytes; messages may be longer
	writeBuffer  = 256     // bytes; only the handshake goes through it
	hijackBuffer = 16      // bytes; the library asks for buffers and does not use them
)

// newUpgrader returns an upgrader for any origin: nothing that a browser adds by
// itself, no cookie, opens anything here.
func newUpgrader() websocket.Upgrader {
	return websocket.Upgrader{
		ReadBufferSize:  readBuffer,
		WriteBufferSize: writeBuffer,
		WriteBufferPool: &sync.Pool{},
		CheckOrigin:     func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, status int, err error) {
			if h, ok := w.(*hijacked); ok {
				h.refuse(&Refusal{status, codeUnknown, err.Error()})
			}
		},
	}
}

// upgrade makes a websocket of the connection of a request.
func (s *Server) upgrade(ctx *fasthttp.RequestCtx, open Open) {
	r := standardRequest(ctx)
	if !websocket.IsWebSocketUpgrade(r) || r.Header.Get("Sec-Websocket-Version") != version {
		(&Refusal{fasthttp.StatusUpgradeRequired, codeNotSupported, textNotSupported}).answer(ctx)
		ctx.Response.Header.Set("Upgrade", "websocket")
		ctx.Response.Header.Set("Connection", "Upgrade")
		ctx.Response.Header.Set("Sec-WebSocket-Version", version)
		return
	}
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(c net.Conn) {
		// In a goroutine of its own, so that the request's memory is given back.
		conn := newConn(s, c)
		if refusal := s.register(conn); refusal != nil {
			refusal.write(c, s.clock().Add(s.limits.WriteTimeout))
			_ = c.Close() // it is over
			return
		}
		go conn.serve(r, open)
	})
}

// standardRequest copies what of a request the upgrade looks at.
func standardRequest(ctx *fasthttp.RequestCtx) *http.Request {
	h := make(http.Header, 16)
	for k, v := range ctx.Request.Header.All() {
		h.Add(string(k), string(v))
	}
	return &http.Request{
		Method: string(ctx.Method()), Host: string(ctx.Host()), Header: h,
		URL:        &url.URL{Path: string(ctx.Path()), RawQuery: string(ctx.URI().QueryString())},
		RemoteAddr: ctx.RemoteAddr().String(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// hijacked is a connection as the websocket library wants to be handed it. An
// error answer is all that is written to it as HTTP.
type hijacked struct {
	conn   *Conn
	header http.Header
}

// Header returns the header of an answer, which is not used.
func (h *hijacked) Header() http.Header { return h.header }

// WriteHeader is not used: Error of the upgrader answers.
func (h *hijacked) WriteHeader(int) {}

// Write is not used: Error of the upgrader answers.
func (h *hijacked) Write(p []byte) (int, error) { return len(p), nil }

// Hijack returns the connection, from which the library reads and to which it
// writes the handshake.
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c := &transport{Conn: h.conn.net, conn: h.conn}
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, hijackBuffer), bufio.NewWriterSize(c, hijackBuffer)), nil
}

func (h *hijacked) refuse(r *Refusal) {
	r.write(h.conn.net, h.conn.server.clock().Add(h.conn.server.limits.WriteTimeout))
}

// transport is the connection under the websocket library. After the handshake
// the library only writes close frames for errors of the peer; the connection's own
// writer sends these, like all else, and it alone sets deadlines.
type transport struct {
	net.Conn
	conn *Conn
}

// Write writes the handshake, and queues what comes after it.
func (t *transport) Write(p []byte) (int, error) {
	if !t.conn.upgraded {
		return t.Conn.Write(p) //nolint:wrapcheck // the library looks at it
	}
	if len(p) < 2 || p[0]&opcodeBits != websocket.CloseMessage {
		return 0, errors.New("gateway: the websocket library writes what is no close frame")
	}
	t.conn.closeWith(p)
	return len(p), nil
}

// SetDeadline does nothing.
func (t *transport) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (t *transport) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (t *transport) SetWriteDeadline(time.Time) error { return nil }
