package gateway

import (
	"encoding/binary"

	"github.com/gorilla/websocket"
)

// A frame from server to client is not masked: 2 to 10 bytes of head, then the
// payload. So one that is built once serves every connection.

const (
	finalBit    = 0x80
	opcodeBits  = 0x0f
	length16    = 126
	length64    = 127
	maxFrameTop = 10 // bytes of the longest head
	maxControl  = 125
)

// AppendFrame appends text as a whole text message, framed as a server sends it.
func AppendFrame(dst, text []byte) []byte {
	return append(appendFrameHead(dst, websocket.TextMessage, len(text)), text...)
}

// frameSize returns how many bytes a frame with a payload of n has.
func frameSize(n int) int {
	switch {
	case n < length16:
		return 2 + n
	case n <= 0xffff:
		return 4 + n
	default:
		return maxFrameTop + n
	}
}

func appendFrameHead(dst []byte, opcode byte, n int) []byte {
	dst = append(dst, finalBit|opcode)
	switch {
	case n < length16:
		return append(dst, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, length16), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, length64), uint64(n))
	}
}

// closeFrame returns a close frame; a reason that is too long is cut.
func closeFrame(code int, reason string) []byte {
	if code == websocket.CloseNoStatusReceived {
		return appendFrameHead(nil, websocket.CloseMessage, 0)
	}
	reason = reason[:min(len(reason), maxControl-2)]
	dst := appendFrameHead(nil, websocket.CloseMessage, 2+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...)
}

// framedSize returns the size of the frame that frames begin with.
func framedSize(frames []byte) int {
	switch n := frames[1]; n {
	case length16:
		return 4 + int(binary.BigEndian.Uint16(frames[2:]))
	case length64:
		return maxFrameTop + int(binary.BigEndian.Uint64(frames[2:]))
	default:
		return 2 + int(n)
	}
}

// restOfFrame returns what is left of the frame in which frames were cut after n
// bytes: nothing when they were cut between two.
func restOfFrame(frames []byte, n int) []byte {
	end := 0
	for end < n {
		end += framedSize(frames[end:])
	}
	return frames[n:end]
}

// countFrames returns how many there are.
func countFrames(frames []byte) (n int) {
	for ; len(frames) > 0; n++ {
		frames = frames[framedSize(frames):]
	}
	return n
}
