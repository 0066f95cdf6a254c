package gateway

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// The reader of frames holds a peer to RFC 6455 in all that it says a client must
// do: what comes is checked as soon as it is there, so nobody waits for a payload
// that makes nothing better.

const (
	continuation = 0
	reservedBits = 0x70
	controlBit   = 0x08 // of an opcode
	maskBit      = 0x80 // of the second byte
	maskSize     = 4

	readBuffer = 1 << 10 // bytes; messages may be longer
)

// errPeerClosed says that the peer has sent a close frame.
var errPeerClosed = errors.New("gateway: the peer has closed")

// frameError is what a peer did wrong, and the code with which it is told so.
type frameError struct {
	code   int
	reason string
}

func (e *frameError) Error() string { return fmt.Sprintf("gateway: %d %s", e.code, e.reason) }

func protocolError(reason string) error {
	return &frameError{websocket.CloseProtocolError, reason}
}

// frameHead is what a frame says before its payload.
type frameHead struct {
	opcode byte
	final  bool
	length int64
	mask   [maskSize]byte
}

func (h *frameHead) isControl() bool { return h.opcode&controlBit != 0 }

// frameReader reads the frames of one peer.
type frameReader struct {
	from    *bufio.Reader
	within  bool // a message has begun and not ended
	scratch [maxControl]byte
}

func newFrameReader(from io.Reader) *frameReader {
	return &frameReader{from: bufio.NewReaderSize(from, readBuffer)}
}

// next reads the head of the next frame. The caller reads or skips its payload.
func (r *frameReader) next() (h frameHead, err error) {
	b := r.scratch[:2]
	if _, err := io.ReadFull(r.from, b); err != nil {
		return h, err //nolint:wrapcheck // it only ends the connection
	}
	h = frameHead{opcode: b[0] & opcodeBits, final: b[0]&finalBit != 0}
	length := b[1] &^ maskBit
	if err := r.check(&h, b[0], b[1]); err != nil {
		return h, err
	}
	if h.length, err = r.length(length); err != nil {
		return h, err
	}
	_, err = io.ReadFull(r.from, r.scratch[:maskSize])
	copy(h.mask[:], r.scratch[:])
	return h, err //nolint:wrapcheck // it only ends the connection
}

// check refuses what the first two bytes of a frame must not be, and keeps account
// of messages that come in parts.
func (r *frameReader) check(h *frameHead, first, second byte) error {
	switch {
	case first&reservedBits != 0:
		return protocolError("a reserved bit is set")
	case second&maskBit == 0:
		return protocolError("a frame is not masked")
	}
	switch h.opcode {
	case websocket.TextMessage, websocket.BinaryMessage:
		if r.within {
			return protocolError("a message begins within another")
		}
		r.within = !h.final
	case continuation:
		if !r.within {
			return protocolError("a frame goes on with no message")
		}
		r.within = !h.final
	case websocket.CloseMessage, websocket.PingMessage, websocket.PongMessage:
		switch {
		case !h.final:
			return protocolError("a control frame is in parts")
		case second&^maskBit > maxControl:
			return protocolError("a control frame is longer than 125 bytes")
		}
	default:
		return protocolError("a frame is of an unknown kind")
	}
	return nil
}

// length returns the length of a payload, which may have more bytes than the one
// that every frame has.
func (r *frameReader) length(first byte) (int64, error) {
	size := 0
	switch first {
	case length16:
		size = 2
	case length64:
		size = 8
	default:
		return int64(first), nil
	}
	b := r.scratch[:8]
	clear(b)
	if _, err := io.ReadFull(r.from, b[len(b)-size:]); err != nil {
		return 0, err //nolint:wrapcheck // it only ends the connection
	}
	n := binary.BigEndian.Uint64(b)
	switch {
	case n > math.MaxInt64:
		return 0, protocolError("the length of a frame is out of range")
	case n < length16 || size > 2 && n <= math.MaxUint16:
		return 0, protocolError("the length of a frame is not in its shortest form")
	}
	return int64(n), nil
}

// skip passes over a payload.
func (r *frameReader) skip(h *frameHead) error {
	_, err := io.CopyN(io.Discard, r.from, h.length)
	return err //nolint:wrapcheck // it only ends the connection
}

// control returns the payload of a control frame, which is valid until the next
// frame is read.
func (r *frameReader) control(h *frameHead) ([]byte, error) {
	b := r.scratch[:h.length]
	_, err := io.ReadFull(r.from, b)
	unmask(b, h.mask, 0)
	return b, err //nolint:wrapcheck // it only ends the connection
}

// appendPayload appends the payload of a frame of a message, of which dst holds what
// came before. A message has no more than most bytes. What a peer says of a length is
// no reason to take memory: that grows with what has come.
func (r *frameReader) appendPayload(dst []byte, h *frameHead, most int) ([]byte, error) {
	const first = 512
	if h.length > int64(most-len(dst)) {
		return dst, &frameError{websocket.CloseMessageTooBig, fmt.Sprintf("a message is longer than %d bytes", most)}
	}
	for at, left := 0, int(h.length); left > 0; {
		if len(dst) == cap(dst) {
			dst = append(make([]byte, 0, min(max(first, 2*cap(dst)), max(most, first))), dst...)
		}
		n, err := r.from.Read(dst[len(dst):min(cap(dst), len(dst)+left)])
		dst = dst[:len(dst)+n]
		unmask(dst[len(dst)-n:], h.mask, at)
		at, left = at+n, left-n
		if err != nil {
			return dst, err //nolint:wrapcheck // it only ends the connection
		}
	}
	return dst, nil
}

// unmask takes the mask off a part of a payload that begins at some byte of it.
func unmask(b []byte, mask [maskSize]byte, at int) {
	var twice [2 * maskSize]byte
	for i := range twice {
		twice[i] = mask[(at+i)%maskSize]
	}
	word := binary.LittleEndian.Uint64(twice[:])
	for ; len(b) >= len(twice); b = b[len(twice):] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
	}
	for i := range b {
		b[i] ^= twice[i]
	}
}

// closeCode returns the code that a close frame says, or that it says none.
func closeCode(payload []byte) (int, error) {
	switch len(payload) {
	case 0:
		return websocket.CloseNoStatusReceived, nil
	case 1:
		return 0, protocolError("a close frame has half a code")
	}
	code := int(binary.BigEndian.Uint16(payload))
	switch {
	case !maySay(code):
		return 0, protocolError("a close frame has a code that is never sent")
	case !utf8.Valid(payload[2:]):
		return 0, &frameError{websocket.CloseInvalidFramePayloadData, "the reason of a close frame is not UTF-8"}
	}
	return code, nil
}

// maySay reports whether a peer may close with a code: one that is registered and
// not kept for what no frame says, or one of those for libraries and applications.
func maySay(code int) bool {
	const (
		badGateway    = 1014 // the last that is registered, but for that of TLS
		firstOfOthers = 3000
		lastOfOthers  = 4999
	)
	switch code {
	case 1004, websocket.CloseNoStatusReceived, websocket.CloseAbnormalClosure:
		return false
	}
	return code >= websocket.CloseNormalClosure && code <= badGateway || code >= firstOfOthers && code <= lastOfOthers
}
