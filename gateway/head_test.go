package gateway

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// readHead reads the head of a request as the server does; false means that the
// server refuses it.
func readHead(raw []byte) (*fasthttp.RequestHeader, bool) {
	var h fasthttp.RequestHeader
	h.SetNoDefaultContentType(true)
	if err := h.Read(bufio.NewReaderSize(bytes.NewReader(raw), DefaultLimits().HeaderBytes)); err != nil {
		return nil, false
	}
	return &h, checkHead(&h) == nil
}

func TestPlainPaths(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/a/b": true, "/a//b": true, "/a/": true, "/.a": true, "/a.": true, "/...": true, "/a..b": true, "/%41": true, "/btc%40trade": true,
		"/!ticker@arr": true, "/é": true, "/.": false, "/..": false, "/./a": false, "/a/../b": false, "/a/.": false, "/%2e%2e/a": false,
		"/.%2E": false, "/a%2fb": false, "/a%5Cb": false, `/a\b`: false, "/%00": false, "/%0a": false, "/%7f": false, "/%": false, "/%4": false,
		"/%zz": false, "/\x01": false, "/%252e%252e/a": true, // which stands for %2e%2e, and that for itself
	} {
		if got := isPlain([]byte(path)); got != want {
			t.Errorf("%s: plain is %t", path, got)
		}
	}
}

// FuzzHead holds the heads that are taken against how another server reads them: a
// request means one thing or is refused.
func FuzzHead(f *testing.F) {
	const host = "Host: x\r\n"
	for _, seed := range []string{
		"GET / HTTP/1.1\r\n" + host + "\r\n",
		"POST /api/v3/order?a=1&b=%20 HTTP/1.1\r\n" + host + "X-MBX-APIKEY: k\r\nContent-Length: 3\r\n\r\na=1",
		"GET /../a HTTP/1.1\r\n" + host + "\r\n", "GET http://x/a HTTP/1.1\r\n" + host + "\r\n", "GET /a#b HTTP/1.1\r\n" + host + "\r\n",
		"GET /a%2Fb HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\n" + host + "\r\n", "GET / HTTP/1.1\r\nHost: x\n\r\n", "\r\nGET / HTTP/1.1\r\n" + host + "\r\n",
		"GET / HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\n" + host + "A b: c\r\n\r\n", "GET / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\n\r\n",
		"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET /ws HTTP/1.1\r\n" + host + "Upgrade: websocket\r\nConnection: a, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
		"GET / HTTP/1.1\r\n" + host + "X-MBX-APIKEY:\t a \r\nAuthorization: Bearer x\r\nx: \r\n\r\n",
		"DELETE /a?b HTTP/1.1\r\n" + host + "Content-Length: 00\r\n\r\n", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, ok := readHead(raw)
		if !ok {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(bytes.TrimLeft(raw, "\r\n")))) // lines before it are empty
		if err != nil {
			t.Fatalf("taken here, and refused elsewhere: %v\n%q", err, raw)
		}
		defer r.Body.Close() //nolint:errcheck // it is in memory
		if r.Method != string(h.Method()) || r.RequestURI != string(h.RequestURI()) || r.Proto != string(h.Protocol()) || r.Host != string(h.Host()) {
			t.Fatalf("%s %s %s %s, elsewhere %s %s %s %s", h.Method(), h.RequestURI(), h.Protocol(), h.Host(), r.Method, r.RequestURI, r.Proto, r.Host)
		}
		if here := max(int64(h.ContentLength()), 0); here != max(r.ContentLength, 0) || len(r.TransferEncoding) > 0 {
			t.Fatalf("%d bytes, elsewhere %d, %v\n%q", here, r.ContentLength, r.TransferEncoding, raw)
		}
		for _, name := range []string{"X-Mbx-Apikey", "Authorization", "Content-Type", "Content-Encoding", "Sec-Websocket-Key", "X-Mbx-Time-Unit"} {
			if here, there := string(h.Peek(name)), r.Header.Get(name); here != there {
				t.Fatalf("%s is %q, elsewhere %q\n%q", name, here, there, raw)
			}
		}
		if path := r.URL.Path; strings.Contains(path, "/../") || strings.HasSuffix(path, "/..") || strings.ContainsAny(path, "\x00\r\n\\") || r.URL.Host != "" {
			t.Fatalf("the path %q was taken", path)
		}
		checkUpgrade(t, h, r)
	})
}

// checkUpgrade holds the handshake of a websocket against a plain reading.
func checkUpgrade(t *testing.T, h *fasthttp.RequestHeader, r *http.Request) {
	t.Helper()
	says := func(name, word string) bool {
		all := strings.Split(strings.Join(r.Header.Values(name), ","), ",")
		return slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(strings.Trim(s, " \t"), word) })
	}
	versions, keys := r.Header.Values("Sec-Websocket-Version"), r.Header.Values("Sec-Websocket-Key")
	want := r.Proto == "HTTP/1.1" && says("Connection", "upgrade") && says("Upgrade", "websocket") && slices.Equal(versions, []string{"13"})
	if got := asksForWebsocket(h); got != want {
		t.Fatalf("asks for a websocket: %t, want %t: %v", got, want, r.Header)
	}
	accept, ok := acceptKey(h)
	if len(keys) != 1 {
		if ok {
			t.Fatalf("the keys %q were taken", keys)
		}
		return
	}
	key, err := base64.StdEncoding.DecodeString(keys[0])
	if ok != (err == nil && len(key) == 16) {
		t.Fatalf("the key %q: %t", keys[0], ok)
	}
	sum := sha1.New()
	_, _ = io.WriteString(sum, keys[0]+"258EAFA5-E914-47DA-95CA-C5AB0DC85B11") // it never fails
	if want := base64.StdEncoding.EncodeToString(sum.Sum(nil)); ok && accept != want {
		t.Fatalf("the key %q is answered with %q, want %q", keys[0], accept, want)
	}
}
