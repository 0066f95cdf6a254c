package gateway

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// pipeMost is how long a message may be that comes out of a pipe.
const pipeMost = 1_000

// pipePatience bounds how long what has to come may take.
const pipePatience = 10 * time.Second

// parrot is a session that says what it is told.
type parrot struct{ conn *Conn }

func (p parrot) Message(text []byte) { p.conn.Send(text) }
func (parrot) Farewell() []byte      { return nil }
func (parrot) Closed()               {}

func pipeServer() *Server {
	l := Limits{MessageBytes: pipeMost, MessagesPerSecond: -1, QueueBytes: 64 << 20}
	clock := func() time.Time { return time.Now() } //nolint:forbidigo,gocritic // pipes need real deadlines
	return NewServer(l, slog.New(slog.DiscardHandler), clock)
}

// throughPipe sends what a peer says, so many bytes at a time and each piece by
// itself, and returns what it hears until as much has come as is due.
func throughPipe(t *testing.T, s *Server, says []byte, size, due int) []byte {
	t.Helper()
	here, there := net.Pipe()
	conn := newConn(s, there)
	if refusal := s.register(conn); refusal != nil {
		t.Fatal(refusal)
	}
	go conn.serve(&Handshake{}, "", func(_ *Handshake, c *Conn) (Session, error) { return parrot{c}, nil })
	_ = here.SetDeadline(s.clock().Add(pipePatience))
	told := make([]byte, len(switching)+len("\r\n\r\n"))
	if _, err := io.ReadFull(here, told); err != nil {
		t.Fatal(err)
	}
	said := make(chan struct{})
	go func() {
		defer close(said)
		for piece := range slices.Chunk(says, size) {
			if _, err := here.Write(piece); err != nil {
				return // what was due has come
			}
		}
	}()
	heard := make([]byte, due)
	n, err := io.ReadFull(here, heard)
	if err != nil {
		t.Errorf("after %d bytes of %d: %v", n, due, err)
	}
	<-said
	// What comes now is too much, and the end comes when the peer has gone.
	_ = here.SetDeadline(s.clock().Add(200 * time.Microsecond))
	more, _ := io.ReadAll(here)
	_ = here.Close()
	s.sessions.Wait()
	return append(heard[:n], more...)
}

// answerTo is what a peer hears to what it says, by the letter of the protocol and
// with all of it at hand: the frames that are due, and whether the last one closes.
func answerTo(says []byte) (heard []byte) {
	var message []byte
	within, binaryMessage := false, false
	refuse := func(code int, reason string) []byte { return append(heard, closeFrame(code, reason)...) }
	for {
		if len(says) < 2 {
			return heard
		}
		final, opcode, short := says[0]&0x80 != 0, says[0]&0x0f, uint64(says[1]&0x7f)
		control, begins := opcode >= 8, opcode == 1 || opcode == 2
		switch {
		case says[0]&0x70 != 0:
			return refuse(1002, "a reserved bit is set")
		case says[1]&0x80 == 0:
			return refuse(1002, "a frame is not masked")
		case opcode > 10 || opcode > 2 && opcode < 8:
			return refuse(1002, "a frame is of an unknown kind")
		case control && !final:
			return refuse(1002, "a control frame is in parts")
		case control && short > 125:
			return refuse(1002, "a control frame is longer than 125 bytes")
		case begins && within:
			return refuse(1002, "a message begins within another")
		case opcode == 0 && !within:
			return refuse(1002, "a frame goes on with no message")
		}
		length, extra := short, 0
		switch short {
		case 126:
			extra = 2
		case 127:
			extra = 8
		}
		if len(says) < 2+extra {
			return heard
		}
		if extra > 0 {
			length = 0
			for _, b := range says[2 : 2+extra] {
				length = length<<8 | uint64(b)
			}
			switch {
			case length>>63 != 0:
				return refuse(1002, "the length of a frame is out of range")
			case extra == 2 && length < 126 || extra == 8 && length < 1<<16:
				return refuse(1002, "the length of a frame is not in its shortest form")
			}
		}
		if len(says) < 2+extra+4 {
			return heard
		}
		mask := says[2+extra : 2+extra+4]
		says = says[2+extra+4:]
		if begins {
			binaryMessage = opcode == 2
			message = nil
		}
		if !control && binaryMessage {
			return refuse(1003, "only text messages are taken")
		}
		if !control && uint64(len(message))+length > pipeMost {
			return refuse(1009, "a message is longer than 1000 bytes")
		}
		if uint64(len(says)) < length {
			return heard
		}
		var payload []byte
		for i, b := range says[:length] {
			payload = append(payload, b^mask[i%4])
		}
		says = says[length:]
		switch {
		case opcode == 9:
			heard = append(append(heard, 0x8a, byte(length)), payload...)
		case opcode == 10:
		case opcode == 8 && length == 0:
			return append(heard, 0x88, 0)
		case opcode == 8 && length == 1:
			return refuse(1002, "a close frame has half a code")
		case opcode == 8:
			code := int(payload[0])<<8 | int(payload[1])
			registered := slices.Contains([]int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}, code)
			switch {
			case !registered && (code < 3000 || code > 4999):
				return refuse(1002, "a close frame has a code that is never sent")
			case !utf8.Valid(payload[2:]):
				return refuse(1007, "the reason of a close frame is not UTF-8")
			}
			return refuse(code, "")
		default:
			message = append(message, payload...)
			within = !final
			if final && !utf8.Valid(message) {
				return refuse(1007, "a text message is not UTF-8")
			}
			if final {
				heard = AppendFrame(heard, message)
			}
		}
	}
}

// clientFrame returns a frame as a client sends it.
func clientFrame(head byte, payload string) []byte {
	f := []byte{head}
	switch n := len(payload); {
	case n < length16:
		f = append(f, maskBit|byte(n))
	case n < 1<<16:
		f = binary.BigEndian.AppendUint16(append(f, maskBit|length16), uint16(n))
	default:
		f = binary.BigEndian.AppendUint64(append(f, maskBit|length64), uint64(n))
	}
	mask := [maskSize]byte{0x9a, 0, 0xff, 0x31}
	f = append(f, mask[:]...)
	for i := range len(payload) {
		f = append(f, payload[i]^mask[i%maskSize])
	}
	return f
}

// conversation is one of all that a peer may say.
func conversation() []byte {
	return bytes.Join([][]byte{
		clientFrame(0x81, "Hello"), clientFrame(0x89, "ping"), clientFrame(0x8a, "pong"), clientFrame(0x81, ""),
		clientFrame(0x01, "in "), clientFrame(0x89, ""), clientFrame(0x00, ""), clientFrame(0x00, "four "), clientFrame(0x80, "parts"),
		clientFrame(0x81, strings.Repeat("κόσμε", 20)), clientFrame(0x01, "\xce"), clientFrame(0x80, "\xba"),
		clientFrame(0x88, "\x03\xe8bye"),
	}, nil)
}

// TestFramesInPieces cuts a conversation at every byte, and hands it over in pieces
// of every size. What is heard is the same.
func TestFramesInPieces(t *testing.T) {
	s := pipeServer()
	says := conversation()
	want := answerTo(says)
	for size := 1; size <= len(says); size++ {
		if got := throughPipe(t, s, says, size, len(want)); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes at a time: heard %q, want %q", size, got, want)
		}
	}
}

// TestFramesCutOff ends a connection after every byte of a conversation.
func TestFramesCutOff(t *testing.T) {
	s := pipeServer()
	says := conversation()
	for n := range says {
		if got, want := throughPipe(t, s, says[:n], 1<<10, len(answerTo(says[:n]))), answerTo(says[:n]); !bytes.Equal(got, want) {
			t.Fatalf("after %d bytes: heard %q, want %q", n, got, want)
		}
	}
}

// FuzzFrames sends whatever bytes as frames, in pieces. The connection goes on or
// ends as the protocol says, and nothing hangs or panics.
func FuzzFrames(f *testing.F) {
	f.Add(conversation(), byte(0))
	for _, b := range []string{
		"", "\x81", "\x81\x85", "\xc1\x80", "\x81\xfe\x00\x7d", "\x81\xff\x80", "\x81\xff\x00\x00\x00\x00\xff\xff\xff\xff1234",
		"\x88\x811234\x00", "\x88\x821234\x32\xde", "\x80\x80", "\x0f\x80", "\x82\x841234abcd", "\x89\xfe\x00\x7e",
	} {
		f.Add([]byte(b), byte(3))
		f.Add(append(clientFrame(0x81, "x"), b...), byte(40))
		f.Add(append(clientFrame(0x01, "x"), b...), byte(255))
	}
	f.Add(clientFrame(0x81, strings.Repeat("x", pipeMost+1)), byte(100))
	s := pipeServer()
	f.Fuzz(func(t *testing.T, says []byte, size byte) {
		want := answerTo(says)
		if got := throughPipe(t, s, says, int(size)+1, len(want)); !bytes.Equal(got, want) {
			t.Errorf("heard %q, want %q", got, want)
		}
		if n := s.Stats().Panics; n != 0 {
			t.Fatalf("%d panics", n)
		}
	})
}

// TestUnmask takes masks off from any byte on.
func TestUnmask(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	mask := [maskSize]byte{1, 20, 100, 255}
	for at := range 9 {
		for n := range 40 {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(rng.Uint32())
			}
			want := bytes.Clone(b)
			for i := range want {
				want[i] ^= mask[(at+i)%maskSize]
			}
			if unmask(b, mask, at); !bytes.Equal(b, want) {
				t.Errorf("%d bytes from %d: %x, want %x", n, at, b, want)
			}
		}
	}
}

// TestLengthIsNoReasonForMemory takes the head of a long message, and memory for what
// has come of it only.
func TestLengthIsNoReasonForMemory(t *testing.T) {
	in := newFrameReader(strings.NewReader("\x81\xff\x00\x00\x00\x00\x04\x00\x00\x00\x01\x02\x03\x04" + strings.Repeat("x", 700)))
	h, err := in.next()
	if err != nil || h.length != 64<<20 {
		t.Fatalf("%+v, %v", h, err)
	}
	b, err := in.appendPayload(nil, &h, 64<<20)
	if !errors.Is(err, io.EOF) || len(b) != 700 || cap(b) > 2_048 {
		t.Errorf("%d bytes in %d, %v", len(b), cap(b), err)
	}
}
