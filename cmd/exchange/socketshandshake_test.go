package main

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
)

// handshakeRow is a handshake that differs in something from the usual one, and the
// status with which it is answered.
type handshakeRow struct {
	name     string
	old, new string // of the request
	status   int
}

const (
	keyLine     = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	versionLine = "Sec-WebSocket-Version: 13\r\n"
	wantsLine   = "Connection: Upgrade\r\n"
	towardsLine = "Upgrade: websocket\r\n"
	hostLine    = "Host: x\r\n"
)

// handshakeRows are the forms of a handshake. Those that are no handshake are told
// what is one; those that are a wrong one are refused.
func handshakeRows() []handshakeRow {
	return []handshakeRow{
		{"as it is", "", "", 101},
		{"no Upgrade", towardsLine, "", 426},
		{"an Upgrade to something else", "Upgrade: websocket", "Upgrade: h2c", 426},
		{"an Upgrade to a longer word", "Upgrade: websocket", "Upgrade: websockets", 426},
		{"an Upgrade to nothing", "Upgrade: websocket", "Upgrade:", 426},
		{"an Upgrade in capitals", "Upgrade: websocket", "Upgrade: WebSocket", 101},
		{"an Upgrade to one of two", "Upgrade: websocket", "Upgrade: h2c, websocket", 101},
		{"an Upgrade in two lines", towardsLine, "Upgrade: h2c\r\nUpgrade: websocket\r\n", 101},
		{"no Connection", wantsLine, "", 426},
		{"a Connection that is kept", wantsLine, "Connection: keep-alive\r\n", 426},
		{"a Connection that is closed", wantsLine, "Connection: close\r\n", 426},
		{"a Connection of a longer word", wantsLine, "Connection: Upgrades\r\n", 426},
		{"a Connection that is kept and upgraded", wantsLine, "Connection: keep-alive, Upgrade\r\n", 101},
		{"a Connection in capitals", wantsLine, "Connection: UPGRADE\r\n", 101},
		{"a Connection in small letters", wantsLine, "Connection:upgrade\r\n", 101},
		{"no version", versionLine, "", 426},
		{"version 0", "Version: 13", "Version: 0", 426},
		{"version 7", "Version: 13", "Version: 7", 426},
		{"version 8", "Version: 13", "Version: 8", 426},
		{"version 12", "Version: 13", "Version: 12", 426},
		{"version 14", "Version: 13", "Version: 14", 426},
		{"version 013", "Version: 13", "Version: 013", 426},
		{"version 13 and 8", "Version: 13", "Version: 13, 8", 426},
		{"no number as version", "Version: 13", "Version: thirteen", 426},
		{"two versions", versionLine, versionLine + versionLine, 426},
		{"no key", keyLine, "", 400},
		{"an empty key", "dGhlIHNhbXBsZSBub25jZQ==", "", 400},
		{"a key of 15 bytes", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", 400},
		{"a key of 17 bytes", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZXg=", 400},
		{"a key of no base64", "dGhlIHNhbXBsZSBub25jZQ==", "!!!!!!!!!!!!!!!!!!!!!!==", 400},
		{"a key of 16 characters", "dGhlIHNhbXBsZSBub25jZQ==", "the sample nonce", 400},
		{"a key without its padding", "25jZQ==", "25jZQ", 400},
		{"two keys", keyLine, keyLine + keyLine, 400},
		{"two keys that differ", keyLine, keyLine + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", 400},
		{"HTTP/1.0", "HTTP/1.1", "HTTP/1.0", 426},
		{"HTTP/2.0", "HTTP/1.1", "HTTP/2.0", 505},
		{"a POST", "GET ", "POST ", 405},
		{"a PUT", "GET ", "PUT ", 405},
		{"a HEAD", "GET ", "HEAD ", 405},
		{"an OPTIONS", "GET ", "OPTIONS ", 405},
		{"no Host", hostLine, "", 400},
		{"a Host of nothing", hostLine, "Host: \r\n", 400},
		{"an Origin", hostLine, hostLine + "Origin: http://example.com\r\n", 101},
		{"an Origin of nobody", hostLine, hostLine + "Origin: null\r\n", 101},
		{"a protocol", hostLine, hostLine + "Sec-WebSocket-Protocol: chat\r\n", 101},
		{"protocols", hostLine, hostLine + "Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Protocol: x\r\n", 101},
		{"compression", hostLine, hostLine + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n", 101},
		{"extensions", hostLine, hostLine + "Sec-WebSocket-Extensions: permessage-deflate, x-webkit-deflate-frame; a=1, foo\r\n", 101},
		{"an extension that is none", hostLine, hostLine + "Sec-WebSocket-Extensions: ;;=,\r\n", 101},
		{"names of headers in small letters", "Sec-WebSocket-Key", "sec-websocket-key", 101},
		{"names of headers in capitals", "Sec-WebSocket-Version", "SEC-WEBSOCKET-VERSION", 101},
		{"a Cookie", hostLine, hostLine + "Cookie: a=b\r\n", 101},
		{"as many headers as may be", hostLine, hostLine + strings.Repeat("X: y\r\n", 64-5), 101},
		{"one header more", hostLine, hostLine + strings.Repeat("X: y\r\n", 64-4), 431},
		{"a head too long", hostLine, hostLine + "X: " + strings.Repeat("y", 8<<10) + "\r\n", 431},
		{"a header in two lines", hostLine, hostLine + "X: y\r\n z\r\n", 400},
		{"a body", "\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx", 101},
		{"a body in chunks", "\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
	}
}

// TestHandshakes sends every form at every place. None agrees upon an extension or a
// protocol, and who is told to upgrade is told how.
func TestHandshakes(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	for _, row := range handshakeRows() {
		for i := range framePlaces {
			place := &framePlaces[i]
			request := handshakeAt(place.path)
			if !strings.Contains(request, row.old) && row.old != row.new {
				t.Fatalf("%s: there is no %q in the request", row.name, row.old)
			}
			v.checkHandshake(t, place, &row, strings.Replace(request, row.old, row.new, 1))
		}
	}
	v.end()
}

func (s *served) checkHandshake(t *testing.T, place *framePlace, row *handshakeRow, request string) {
	t.Helper()
	p, err := s.dialFrom("")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // it is done with
	if _, err := io.WriteString(p, request); err != nil {
		t.Fatal(err)
	}
	verb, _, _ := strings.Cut(request, " ")
	r, err := http.ReadResponse(p.r, &http.Request{Method: verb})
	if err != nil {
		t.Errorf("%s: %s: %v", place.path, row.name, err)
		return
	}
	if r.StatusCode != row.status {
		t.Errorf("%s: %s: status %d, want %d", place.path, row.name, r.StatusCode, row.status)
		return
	}
	switch row.status {
	case http.StatusSwitchingProtocols:
		if h := r.Header; h.Get("Sec-Websocket-Accept") != handshakeAnswer || h.Get("Sec-Websocket-Extensions")+h.Get("Sec-Websocket-Protocol") != "" {
			t.Errorf("%s: %s: answered with %v", place.path, row.name, h)
		}
		if err := p.say(all(textFrame(question), closingFrame(1000, ""))); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{heardAnswer, heardBye} {
			if err := p.hears(place, want); err != nil {
				t.Errorf("%s: %s: %v", place.path, row.name, err)
			}
		}
		return
	case http.StatusUpgradeRequired:
		if h := r.Header; h.Get("Upgrade") != "websocket" || h.Get("Connection") != "Upgrade" && !r.Close || h.Get("Sec-Websocket-Version") != "13" {
			t.Errorf("%s: %s: answered with %v", place.path, row.name, h)
		}
	case http.StatusMethodNotAllowed:
		if got := r.Header.Get("Allow"); got != "GET" {
			t.Errorf("%s: %s: allows %q", place.path, row.name, got)
		}
	}
	body, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if verb != "HEAD" && !strings.HasPrefix(string(body), `{"code":-1`) || r.Header.Get("Content-Type") != "application/json;charset=UTF-8" {
		t.Errorf("%s: %s: answered %s %q", place.path, row.name, body, r.Header)
	}
}

// TestHandshakeAndFrames sends frames in the same packet as the handshake, and a
// handshake byte by byte.
func TestHandshakeAndFrames(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	for i := range framePlaces {
		place := &framePlaces[i]
		whole := append([]byte(handshakeAt(place.path)), all(textFrame(question), pingFrame("x"), closingFrame(1001, ""))...)
		for _, size := range []int{len(whole), 1, 7, len(handshakeAt(place.path)) - 1, len(handshakeAt(place.path)) + 1} {
			p := v.peer(t)
			for at := 0; at < len(whole); at += size {
				if err := p.say(whole[at:min(len(whole), at+size)]); err != nil {
					t.Fatal(err)
				}
			}
			r, err := http.ReadResponse(p.r, nil)
			if err != nil || r.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%s: %v, %v", place.path, r, err)
			}
			_ = r.Body.Close()
			for _, want := range []string{heardAnswer, "pong:x", "close:1001 "} {
				if err := p.hears(place, want); err != nil {
					t.Errorf("%s: %d bytes at a time: %v", place.path, size, err)
				}
			}
			_ = p.Close() // so that the stop does not wait for it
		}
	}
	v.end()
}

// TestRefusedHandshakeGoesOn asks again on a connection whose handshake was refused.
func TestRefusedHandshakeGoesOn(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	p := v.peer(t)
	wrong := strings.Replace(handshakeAt("/ws"), "Version: 13", "Version: 8", 1)
	badKey := strings.Replace(handshakeAt("/ws"), keyLine, "", 1)
	if _, err := io.WriteString(p, wrong+badKey+handshakeAt("/ws")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{426, 400, 101} {
		if got := statusOf(t, p.r); got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
	if err := p.say(pingFrame("x")); err != nil {
		t.Fatal(err)
	}
	if err := p.hears(&framePlaces[0], "pong:x"); err != nil {
		t.Error(err)
	}
	_ = p.Close()
	v.end()
}

// statusOf reads an answer of HTTP and returns its status.
func statusOf(t *testing.T, from *bufio.Reader) int {
	t.Helper()
	r, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	return r.StatusCode
}
