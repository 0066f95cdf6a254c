package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What the tests of sockets share: the client's side of a connection without a
// library, which sends and receives bytes as they are.

// peerPatience is how long a peer waits for what has to come.
const peerPatience = 10 * time.Second

// socketPeer is a connection to the exchange.
type socketPeer struct {
	net.Conn
	r *bufio.Reader
}

// The opcodes of frames, and the bits beside them.
const (
	frameMore   = 0x00 // a further part of a message
	frameText   = 0x01
	frameBinary = 0x02
	frameClose  = 0x08
	framePing   = 0x09
	framePong   = 0x0a
	frameFinal  = 0x80 // the last part, or the only one
)

// handshakeAt is a handshake of a websocket.
func handshakeAt(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
}

// handshakeAnswer is the answer to the key of handshakeAt.
const handshakeAnswer = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// dialFrom connects from an address of the machine itself, or from any if it is
// empty.
func (s *served) dialFrom(from string) (*socketPeer, error) {
	d := net.Dialer{Timeout: peerPatience}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	c, err := d.DialContext(context.Background(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(peerPatience))
	return &socketPeer{Conn: c, r: bufio.NewReader(c)}, nil
}

// peer connects, until the test ends.
func (s *served) peer(t *testing.T) *socketPeer {
	t.Helper()
	p, err := s.dialFrom("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// websocket opens a websocket, until the test ends.
func (s *served) websocket(t *testing.T, path string) *socketPeer {
	t.Helper()
	p := s.peer(t)
	if err := p.upgrade(path); err != nil {
		t.Fatal(err)
	}
	return p
}

// upgrade makes the connection a websocket.
func (p *socketPeer) upgrade(path string) error {
	if _, err := io.WriteString(p, handshakeAt(path)); err != nil {
		return err
	}
	r, err := http.ReadResponse(p.r, nil)
	if err != nil {
		return err
	}
	_ = r.Body.Close() // it has none
	if r.StatusCode != http.StatusSwitchingProtocols || r.Header.Get("Sec-Websocket-Accept") != handshakeAnswer {
		return fmt.Errorf("the handshake at %s: %s %v", path, r.Status, r.Header)
	}
	return nil
}

// frameOf returns a frame as a client sends it, with its length in the shortest form.
func frameOf(head byte, payload string) []byte {
	return frameSaying(head, len(payload), lengthForm(len(payload)), payload)
}

// lengthForm returns how many bytes the length of a payload has in its shortest form,
// beside the one that every frame has.
func lengthForm(n int) int {
	switch {
	case n < 126:
		return 0
	case n < 1<<16:
		return 2
	default:
		return 8
	}
}

// frameSaying returns a frame that says it is of a length, in a form of so many bytes.
func frameSaying(head byte, length, form int, payload string) []byte {
	f := []byte{head}
	switch form {
	case 0:
		f = append(f, 0x80|byte(length))
	case 2:
		f = binary.BigEndian.AppendUint16(append(f, 0x80|126), uint16(length))
	default:
		f = binary.BigEndian.AppendUint64(append(f, 0x80|127), uint64(length))
	}
	mask := [4]byte{0xd7, 0x01, 0x5a, 0xff}
	f = append(f, mask[:]...)
	for i := range len(payload) {
		f = append(f, payload[i]^mask[i%4])
	}
	return f
}

// textFrame returns a whole text message.
func textFrame(payload string) []byte { return frameOf(frameFinal|frameText, payload) }

// pingFrame returns a ping.
func pingFrame(payload string) []byte { return frameOf(frameFinal|framePing, payload) }

// closingFrame returns a close frame with a code and a reason.
func closingFrame(code uint16, reason string) []byte {
	return frameOf(frameFinal|frameClose, codeAnd(code, reason))
}

// codeAnd returns the payload of a close frame.
func codeAnd(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

// receive returns the next frame: its first byte and its payload.
func (p *socketPeer) receive() (head byte, payload string, err error) {
	var two [2]byte
	if _, err := io.ReadFull(p.r, two[:]); err != nil {
		return 0, "", err
	}
	n := uint64(two[1])
	switch n {
	case 126:
		var b [2]byte
		_, err = io.ReadFull(p.r, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, err = io.ReadFull(p.r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	const most = 64 << 20
	switch {
	case err != nil:
		return 0, "", err
	case two[1]&0x80 != 0:
		return 0, "", errors.New("a frame from the exchange is masked")
	case n > most:
		return 0, "", fmt.Errorf("a frame of %d bytes", n)
	}
	b := make([]byte, n)
	_, err = io.ReadFull(p.r, b)
	return two[0], string(b), err
}

// next returns the next frame in words: what it is, a colon, and what it says.
func (p *socketPeer) next() (string, error) {
	head, payload, err := p.receive()
	if err != nil {
		return "", err
	}
	switch head {
	case frameFinal | frameText:
		return "text:" + payload, nil
	case frameFinal | framePing:
		return "ping:" + payload, nil
	case frameFinal | framePong:
		return "pong:" + payload, nil
	case frameFinal | frameClose:
		if len(payload) < 2 {
			return "close:" + payload, nil
		}
		return fmt.Sprintf("close:%d %s", binary.BigEndian.Uint16([]byte(payload)), payload[2:]), nil
	}
	return fmt.Sprintf("%x:%q", head, payload), nil
}

// untilClosed passes over what comes before the close frame, and returns that in
// words.
func (p *socketPeer) untilClosed() (string, error) {
	for {
		got, err := p.next()
		if err != nil || strings.HasPrefix(got, "close:") {
			return got, err
		}
	}
}

// say sends bytes.
func (p *socketPeer) say(b []byte) error {
	_, err := p.Write(b)
	return err
}
