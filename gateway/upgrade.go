package gateway

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"net"

	"github.com/valyala/fasthttp"
)

// A websocket begins as a request of HTTP. Any origin is welcome: nothing that a
// browser adds by itself, no cookie, opens anything here. No extension and no
// protocol of those that are offered is agreed upon.

const (
	version  = "13" // of the websocket protocol, of which there is one
	keySize  = 16   // bytes
	keySalt  = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	textKey  = "The header 'Sec-WebSocket-Key' is needed once, with 16 bytes in base64."
	textVerb = "A websocket begins with a GET."

	switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
)

// upgrade makes a websocket of the connection of a request.
func (s *Server) upgrade(ctx *fasthttp.RequestCtx, open Open) {
	h := &ctx.Request.Header
	if !asksForWebsocket(h) {
		(&Refusal{Status: fasthttp.StatusUpgradeRequired, Code: codeNotSupported, Text: textNotSupported}).answer(ctx)
		ctx.Response.Header.Set("Upgrade", "websocket")
		ctx.Response.Header.Set("Connection", "Upgrade")
		ctx.Response.Header.Set("Sec-WebSocket-Version", version)
		return
	}
	if !ctx.IsGet() {
		s.counters.badRequests.Add(1)
		(&Refusal{Status: fasthttp.StatusMethodNotAllowed, Code: codeUnknown, Text: textVerb}).answer(ctx)
		ctx.Response.Header.Set("Allow", fasthttp.MethodGet)
		return
	}
	accept, ok := acceptKey(h)
	if !ok {
		s.counters.badRequests.Add(1)
		(&Refusal{Status: fasthttp.StatusBadRequest, Code: codeUnknown, Text: textKey}).answer(ctx)
		return
	}
	shake := &Handshake{Path: string(ctx.Path()), Query: string(ctx.URI().QueryString())}
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(c net.Conn) {
		// In a goroutine of its own, so that the request's memory is given back.
		conn := newConn(s, c)
		if refusal := s.register(conn); refusal != nil {
			refusal.write(c, s.clock().Add(s.limits.WriteTimeout))
			_ = c.Close() // it is over
			return
		}
		shake.Remote = conn.remote
		go conn.serve(shake, accept, open)
	})
}

// asksForWebsocket reports whether a request is the handshake of the one version
// that there is. One of HTTP/1.0 cannot be, whatever it says.
func asksForWebsocket(h *fasthttp.RequestHeader) bool {
	if string(h.Protocol()) != "HTTP/1.1" || !lists(h.PeekAll("Connection"), "upgrade") || !lists(h.PeekAll("Upgrade"), "websocket") {
		return false
	}
	versions := h.PeekAll("Sec-WebSocket-Version")
	return len(versions) == 1 && string(versions[0]) == version
}

// lists reports whether a header, which may come in several lines, lists a word that
// is given in lower case.
func lists(lines [][]byte, word string) bool {
	for _, line := range lines {
		for item := range bytes.SplitSeq(line, []byte(",")) {
			if is(bytes.Trim(item, " \t"), word) {
				return true
			}
		}
	}
	return false
}

// acceptKey returns the answer to the key of a handshake, which says that the server
// knows the protocol.
func acceptKey(h *fasthttp.RequestHeader) (accept string, ok bool) {
	keys := h.PeekAll("Sec-WebSocket-Key")
	if len(keys) != 1 {
		return "", false
	}
	if b, err := base64.StdEncoding.DecodeString(string(keys[0])); err != nil || len(b) != keySize {
		return "", false
	}
	sum := sha1.Sum(append(bytes.Clone(keys[0]), keySalt...))
	return base64.StdEncoding.EncodeToString(sum[:]), true
}
