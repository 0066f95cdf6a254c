package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"

	"github.com/valyala/fasthttp"
)

// tlsRecord is the most that is written to a connection over TLS at a time, in bytes:
// what one record of TLS carries. A write that a deadline ends part-way ends such a
// connection, so a peer that takes its time must be able to take each in that.
const tlsRecord = 16 << 10

const textSpeaksTLS = "This port speaks HTTPS."

// Secure has the server speak TLS, 1.2 or later, with a certificate and nothing else.
// It is called before Listen.
func (s *Server) Secure(certificate *tls.Certificate) {
	s.sockets.tls = &tls.Config{
		Certificates: []tls.Certificate{*certificate},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	}
}

// secured is a connection over TLS. Its handshake is made when something is read or
// written first; the HTTP server does so with its deadlines set.
type secured struct {
	*tls.Conn

	socket *socket // under it
}

func (t *socketSet) secure(k *socket) *secured {
	c := &secured{Conn: tls.Server(k, t.tls), socket: k}
	k.over = c
	return c
}

// Handshake makes the handshake. Who speaks HTTP is told in HTTP that this is the
// wrong port for that.
func (c *secured) Handshake() error {
	err := c.HandshakeContext(context.Background()) // the deadlines of the connection bound it
	plain, ok := errors.AsType[tls.RecordHeaderError](err)
	if !ok || plain.Conn == nil || !beginsHTTP(plain.RecordHeader) {
		return err //nolint:wrapcheck // the HTTP server ends the connection with it
	}
	set := c.socket.set
	set.counters.badRequests.Add(1)
	(&Refusal{Status: fasthttp.StatusBadRequest, Code: codeUnknown, Text: textSpeaksTLS}).write(c.socket, set.clock().Add(set.limits.WriteTimeout))
	// A socket that is closed with something unread takes back what was sent last.
	_ = c.socket.SetReadDeadline(set.clock().Add(lastWait)) // if it fails reading does
	_ = c.socket.closeWrite()
	_, _ = io.Copy(io.Discard, c.socket)
	return err //nolint:wrapcheck // as above
}

// beginsHTTP reports whether the first bytes of a connection are those of a request
// of HTTP.
func beginsHTTP(b [5]byte) bool {
	switch string(b[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "DELET", "OPTIO", "PATCH", "TRACE", "CONNE":
		return true
	default:
		return false
	}
}

// socketOf returns the socket under a connection, or nil if that is none of the
// server's.
func socketOf(c net.Conn) *socket {
	if h, ok := c.(interface{ UnsafeConn() net.Conn }); ok { // one that the HTTP server has let go of
		c = h.UnsafeConn()
	}
	switch c := c.(type) {
	case *socket:
		return c
	case *secured:
		return c.socket
	default:
		return nil
	}
}
