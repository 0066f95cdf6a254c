package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// The websocket protocol frame by frame: what a client may send, in all forms that
// it may have, and what it may not. Each row is sent at each place where there are
// websockets, whole and byte by byte.

// frameRow is what a client sends, and what it hears. When that does not end with a
// close, the connection has to go on as if nothing had been.
type frameRow struct {
	name string
	send []byte
	want []string
}

// What a client hears. The two first are in the words of the place where it is.
const (
	heardAnswer  = "the answer to the question"
	heardNoJSON  = "that it was no JSON"
	heardBye     = "close:1000 "
	question     = `{"id":1,"method":"session.status"}`
	frameMost    = 64 << 10 // bytes of a message, by default
	heardTooLong = "close:1009 a message is longer than 65536 bytes"

	heardBinary     = "close:1003 only text messages are taken"
	heardNoUTF8     = "close:1007 a text message is not UTF-8"
	heardReserved   = "close:1002 a reserved bit is set"
	heardKind       = "close:1002 a frame is of an unknown kind"
	heardUnmasked   = "close:1002 a frame is not masked"
	heardParts      = "close:1002 a control frame is in parts"
	heardControl    = "close:1002 a control frame is longer than 125 bytes"
	heardNoMessage  = "close:1002 a frame goes on with no message"
	heardWithin     = "close:1002 a message begins within another"
	heardLength     = "close:1002 the length of a frame is out of range"
	heardForm       = "close:1002 the length of a frame is not in its shortest form"
	heardOneByte    = "close:1002 a close frame has half a code"
	heardCode       = "close:1002 a close frame has a code that is never sent"
	heardReasonUTF8 = "close:1007 the reason of a close frame is not UTF-8"
)

// framePlace is where there are websockets.
type framePlace struct {
	path           string
	answer, noJSON string // how what comes begins
}

var framePlaces = [...]framePlace{
	{
		"/ws", "text:{\"error\":{\"code\":2,\"msg\":\"Invalid request: unknown variant `session.status`, ",
		`text:{"error":{"code":3,"msg":"Invalid JSON: expected value at line `,
	},
	{
		"/stream", "text:{\"error\":{\"code\":2,\"msg\":\"Invalid request: unknown variant `session.status`, ",
		`text:{"error":{"code":3,"msg":"Invalid JSON: expected value at line `,
	},
	{
		"/ws-api/v3?returnRateLimits=false", `text:{"id":1,"status":200,"result":{"apiKey":null,`,
		`text:{"id":null,"status":400,"error":{"code":-1135,"msg":"Invalid JSON Request"}}`,
	},
}

// all joins frames.
func all(frames ...[]byte) []byte { return slices.Concat(frames...) }

// parts returns a text message that is sent in parts.
func parts(payloads ...string) []byte {
	var b []byte
	for i, p := range payloads {
		head := byte(frameMore)
		if i == 0 {
			head = frameText
		}
		if i == len(payloads)-1 {
			head |= frameFinal
		}
		b = append(b, frameOf(head, p)...)
	}
	return b
}

// padded returns the question with blanks up to a length.
func padded(n int) string { return question + strings.Repeat(" ", n-len(question)) }

// eachByte returns the bytes of a text one by one.
func eachByte(s string) []string {
	list := make([]string, len(s))
	for i := range list {
		list[i] = s[i : i+1]
	}
	return list
}

// heard returns what is heard as a list.
func heard(list ...string) []string { return list }

// times returns what is heard n times over.
func times(n int, what string) []string { return slices.Repeat([]string{what}, n) }

func rowsOfFraming() []frameRow {
	ask := textFrame(question)
	return []frameRow{
		{"text of nothing", textFrame(""), heard(heardNoJSON)},
		{"text of one byte", textFrame("x"), heard(heardNoJSON)},
		{"text", ask, heard(heardAnswer)},
		{"text of 125 bytes", textFrame(padded(125)), heard(heardAnswer)},
		{"text of 126 bytes", textFrame(padded(126)), heard(heardAnswer)},
		{"text of 127 bytes", textFrame(padded(127)), heard(heardAnswer)},
		{"text of 128 bytes", textFrame(padded(128)), heard(heardAnswer)},
		{"text of 65,535 bytes", textFrame(padded(65_535)), heard(heardAnswer)},
		{"text of as many bytes as may be", textFrame(padded(frameMost)), heard(heardAnswer)},
		{"text of one byte more", textFrame(padded(frameMost + 1)), heard(heardTooLong)},
		{"ten texts", slices.Repeat(ask, 10), times(10, heardAnswer)},
		{"a text behind one that is refused", all(textFrame("x"), ask), heard(heardNoJSON, heardAnswer)},
		{"binary of nothing", frameOf(frameFinal|frameBinary, ""), heard(heardBinary)},
		{"binary of one byte", frameOf(frameFinal|frameBinary, "\xfe"), heard(heardBinary)},
		{"binary of 125 bytes", frameOf(frameFinal|frameBinary, padded(125)), heard(heardBinary)},
		{"binary of 126 bytes", frameOf(frameFinal|frameBinary, padded(126)), heard(heardBinary)},
		{"binary of 65,536 bytes", frameOf(frameFinal|frameBinary, padded(65_536)), heard(heardBinary)},
		{"binary in parts", all(frameOf(frameBinary, "{"), frameOf(frameFinal|frameMore, "}")), heard(heardBinary)},
		{"binary behind text", all(ask, frameOf(frameFinal|frameBinary, question)), heard(heardAnswer, heardBinary)},
		{"text behind binary", all(frameOf(frameFinal|frameBinary, question), ask), heard(heardBinary)},
		{"text without a mask", append([]byte{frameFinal | frameText, byte(len(question))}, question...), heard(heardUnmasked)},
		{"a ping without a mask", []byte{frameFinal | framePing, 0}, heard(heardUnmasked)},
		{"a close without a mask", []byte{frameFinal | frameClose, 2, 3, 232}, heard(heardUnmasked)},
		{"nothing without a mask", []byte{frameFinal | frameText, 0}, heard(heardUnmasked)},
		{"a mask of zeros", append([]byte{frameFinal | frameText, 0x80 | byte(len(question)), 0, 0, 0, 0}, question...), heard(heardAnswer)},
		{"two bytes of length where none are due", frameSaying(frameFinal|frameText, len(question), 2, question), heard(heardForm)},
		{"two bytes of length for 125", frameSaying(frameFinal|frameText, 125, 2, padded(125)), heard(heardForm)},
		{"eight bytes of length where none are due", frameSaying(frameFinal|frameText, len(question), 8, question), heard(heardForm)},
		{"eight bytes of length for 65,535", frameSaying(frameFinal|frameText, 65_535, 8, padded(65_535)), heard(heardForm)},
		{"eight bytes of length for nothing", frameSaying(frameFinal|frameText, 0, 8, ""), heard(heardForm)},
		{"a length of 2^63", []byte{frameFinal | frameText, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, heard(heardLength)},
		{"a length of 2^64-1", []byte{frameFinal | frameText, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, heard(heardLength)},
		{"a length of 2^63-1", []byte{frameFinal | frameText, 0xff, 127, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, heard(heardTooLong)},
		{"a length of 2^32", []byte{frameFinal | frameText, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4}, heard(heardTooLong)},
		{"a length of 2^63 of a ping", []byte{frameFinal | framePing, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, heard(heardControl)},
	}
}

func rowsOfPings() []frameRow {
	ask := textFrame(question)
	var many, pongs []byte
	var echoed []string
	for i := range 10 {
		payload := fmt.Sprintf("ping %d", i)
		many = append(many, pingFrame(payload)...)
		pongs = append(pongs, frameOf(frameFinal|framePong, payload)...)
		echoed = append(echoed, "pong:"+payload)
	}
	most := strings.Repeat("p", 125)
	return []frameRow{
		{"a ping of nothing", pingFrame(""), heard("pong:")},
		{"a ping", pingFrame("Hello, world!"), heard("pong:Hello, world!")},
		{"a ping that is no text", pingFrame("\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), heard("pong:\x00\xff\xfe\xfd\xfc\xfb\x00\xff")},
		{"a ping of 125 bytes", pingFrame(most), heard("pong:" + most)},
		{"a ping of 126 bytes", pingFrame(most + "p"), heard(heardControl)},
		{"a ping of 126 bytes behind text", all(ask, pingFrame(most+"p")), heard(heardAnswer, heardControl)},
		{"a ping of 65,536 bytes", pingFrame(strings.Repeat("p", 65_536)), heard(heardControl)},
		{"a pong of nothing that nobody asked for", frameOf(frameFinal|framePong, ""), nil},
		{"a pong that nobody asked for", frameOf(frameFinal|framePong, "unsolicited"), nil},
		{"a pong of 125 bytes", frameOf(frameFinal|framePong, most), nil},
		{"a pong of 126 bytes", frameOf(frameFinal|framePong, most+"p"), heard(heardControl)},
		{"a pong, a ping", all(frameOf(frameFinal|framePong, "x"), pingFrame("y")), heard("pong:y")},
		{"ten pings", many, echoed},
		{"ten pongs", pongs, nil},
		{"a ping before and behind text", all(pingFrame("a"), ask, pingFrame("b")), heard("pong:a", heardAnswer, "pong:b")},
		{"a ping in parts", all(frameOf(framePing, "a"), frameOf(frameFinal|frameMore, "b")), heard(heardParts)},
		{"a pong in parts", all(frameOf(framePong, "a"), frameOf(frameFinal|frameMore, "b")), heard(heardParts)},
	}
}

// rowsOfReservedBits are of bits that mean something only to extensions, of which
// none is agreed upon.
func rowsOfReservedBits() []frameRow {
	var rows []frameRow
	for bits := byte(1); bits < 8; bits++ {
		head := frameFinal | bits<<4
		rows = append(
			rows,
			frameRow{fmt.Sprintf("reserved bits %03b of text", bits), frameOf(head|frameText, question), heard(heardReserved)},
			frameRow{fmt.Sprintf("reserved bits %03b of binary", bits), frameOf(head|frameBinary, "x"), heard(heardReserved)},
			frameRow{fmt.Sprintf("reserved bits %03b of a ping", bits), frameOf(head|framePing, "x"), heard(heardReserved)},
			frameRow{fmt.Sprintf("reserved bits %03b of a pong", bits), frameOf(head|framePong, "x"), heard(heardReserved)},
			frameRow{fmt.Sprintf("reserved bits %03b of a close", bits), frameOf(head|frameClose, codeAnd(1000, "")), heard(heardReserved)},
			frameRow{
				fmt.Sprintf("reserved bits %03b of a further part", bits),
				all(frameOf(frameText, question[:9]), frameOf(head|frameMore, question[9:])), heard(heardReserved),
			},
			frameRow{
				fmt.Sprintf("reserved bits %03b behind text and before a ping", bits),
				all(textFrame(question), frameOf(head|frameText, question), pingFrame("")), heard(heardAnswer, heardReserved),
			},
		)
	}
	return rows
}

func rowsOfKinds() []frameRow {
	var rows []frameRow
	for _, kind := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		rows = append(
			rows,
			frameRow{fmt.Sprintf("kind %d of nothing", kind), frameOf(frameFinal|kind, ""), heard(heardKind)},
			frameRow{fmt.Sprintf("kind %d", kind), frameOf(frameFinal|kind, question), heard(heardKind)},
			frameRow{fmt.Sprintf("kind %d in parts", kind), frameOf(kind, question), heard(heardKind)},
			frameRow{
				fmt.Sprintf("kind %d behind text and before a ping", kind),
				all(textFrame(question), frameOf(frameFinal|kind, "x"), pingFrame("")), heard(heardAnswer, heardKind),
			},
			frameRow{
				fmt.Sprintf("kind %d within a message", kind),
				all(frameOf(frameText, "{"), frameOf(frameFinal|kind, "x")), heard(heardKind),
			},
		)
	}
	return rows
}

func rowsOfParts() []frameRow {
	head, tail := frameOf(frameText, question[:9]), frameOf(frameFinal|frameMore, question[9:])
	return []frameRow{
		{"two parts", parts(question[:9], question[9:]), heard(heardAnswer)},
		{"three parts", parts(question[:1], question[1:9], question[9:]), heard(heardAnswer)},
		{"a part for each byte", parts(eachByte(question)...), heard(heardAnswer)},
		{"nothing in two parts", parts("", ""), heard(heardNoJSON)},
		{"a first part of nothing", parts("", question), heard(heardAnswer)},
		{"a last part of nothing", parts(question, ""), heard(heardAnswer)},
		{"parts of nothing in the middle", parts(question[:9], "", "", "", question[9:]), heard(heardAnswer)},
		{"a ping between parts", all(head, pingFrame("x"), tail), heard("pong:x", heardAnswer)},
		{"a pong between parts", all(head, frameOf(frameFinal|framePong, "x"), tail), heard(heardAnswer)},
		{
			"pings between many parts", all(frameOf(frameText, "x"), pingFrame("1"), frameOf(frameMore, "y"), pingFrame("2"), frameOf(frameFinal|frameMore, "z")),
			heard("pong:1", "pong:2", heardNoJSON),
		},
		{"ten pings between two parts", all(head, slices.Repeat(pingFrame("x"), 10), tail), append(times(10, "pong:x"), heardAnswer)},
		{"two messages in parts", all(head, tail, head, tail), heard(heardAnswer, heardAnswer)},
		{"a whole message behind one in parts", all(head, tail, textFrame(question)), heard(heardAnswer, heardAnswer)},
		{"a further part of nothing", frameOf(frameMore, question), heard(heardNoMessage)},
		{"a last part of nothing begun", frameOf(frameFinal|frameMore, question), heard(heardNoMessage)},
		{"an empty last part of nothing begun", frameOf(frameFinal|frameMore, ""), heard(heardNoMessage)},
		{"a further part behind a whole message", all(textFrame(question), tail), heard(heardAnswer, heardNoMessage)},
		{"a further part behind one in parts", all(head, tail, tail), heard(heardAnswer, heardNoMessage)},
		{"a whole message within another", all(head, textFrame(question), tail), heard(heardWithin)},
		{"a first part within another message", all(head, head, tail), heard(heardWithin)},
		{"binary within another message", all(head, frameOf(frameFinal|frameBinary, "x"), tail), heard(heardWithin)},
		{"a message that begins twice behind a ping", all(head, pingFrame("x"), head), heard("pong:x", heardWithin)},
		{"a close between parts", all(head, closingFrame(1000, ""), tail), heard(heardBye)},
		{"a long ping between parts", all(head, pingFrame(strings.Repeat("p", 126)), tail), heard(heardControl)},
		{"a close in parts", all(frameOf(frameClose, "\x03"), frameOf(frameFinal|frameMore, "\xe8")), heard(heardParts)},
	}
}

// rowsOfLongMessages are around the bound of what a message may have.
func rowsOfLongMessages() []frameRow {
	full := padded(frameMost)
	cut := func(s string, size int) (list []string) {
		for len(s) > size {
			list, s = append(list, s[:size]), s[size:]
		}
		return append(list, s)
	}
	return []frameRow{
		{"as much as may be in parts of 64", parts(cut(full, 64)...), heard(heardAnswer)},
		{"as much as may be in parts of 256", parts(cut(full, 256)...), heard(heardAnswer)},
		{"as much as may be in parts of 1,024", parts(cut(full, 1_024)...), heard(heardAnswer)},
		{"as much as may be in parts of 4,096", parts(cut(full, 4_096)...), heard(heardAnswer)},
		{"as much as may be in two parts", parts(cut(full, frameMost/2)...), heard(heardAnswer)},
		{"as much as may be, and a part of nothing", parts(full, ""), heard(heardAnswer)},
		{"as much as may be, twice", slices.Repeat(textFrame(full), 2), times(2, heardAnswer)},
		{"one byte more in two parts", parts(full, " "), heard(heardTooLong)},
		{"one byte more in parts of 1,024", parts(cut(full+" ", 1_024)...), heard(heardTooLong)},
		{"a part of 2^62 behind as much as may be", all(frameOf(frameText, full), []byte{frameMore, 0xff, 64, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}), heard(heardTooLong)},
		{"2^63-1 behind one byte", all(frameOf(frameText, "{"), []byte{frameMore, 0xff, 127, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}), heard(heardTooLong)},
		{"one byte more, and a ping", all(textFrame(full+" "), pingFrame("x")), heard(heardTooLong)},
		{"one byte more of binary", frameOf(frameFinal|frameBinary, full+" "), heard(heardBinary)},
	}
}

// rowsOfUTF8 are of texts that are UTF-8 and of such that are not. What is not JSON
// is refused as that, and the connection goes on.
func rowsOfUTF8() []frameRow {
	valid := []struct{ name, text string }{
		{"Greek", "κόσμε"},
		{"the first of two bytes", "\u0080"},
		{"the last of two bytes", "\u07ff"},
		{"the first of three bytes", "\u0800"},
		{"the last of three bytes", "\uffff"},
		{"the first of four bytes", "\U00010000"},
		{"the last of all", "\U0010ffff"},
		{"before the surrogates", "\ud7ff"},
		{"behind the surrogates", "\ue000"},
		{"the replacement character", "\ufffd"},
		{"a noncharacter", "\ufdd0"},
		{"a noncharacter of four bytes", "\U0001ffff"},
		{"a byte order mark", "\ufeffx"},
		{"a zero", "\x00"},
		{"a control character", "\x7f"},
	}
	invalid := []struct{ name, text string }{
		{"a byte that goes on", "\x80"},
		{"the last byte that goes on", "\xbf"},
		{"two that go on", "\x80\xbf"},
		{"the first of two alone", "\xc2"},
		{"the first of two, and a blank", "\xc2 "},
		{"the last first of two alone", "\xdf"},
		{"two of three", "\xe0\xa0"},
		{"two of three, and a blank", "\xe0\xa0 "},
		{"three of four", "\xf0\x90\x80"},
		{"three of four, and a blank", "\xf4\x8f\xbf "},
		{"an overlong slash of two bytes", "\xc0\xaf"},
		{"an overlong slash of three bytes", "\xe0\x80\xaf"},
		{"an overlong slash of four bytes", "\xf0\x80\x80\xaf"},
		{"an overlong slash of five bytes", "\xf8\x80\x80\x80\xaf"},
		{"an overlong slash of six bytes", "\xfc\x80\x80\x80\x80\xaf"},
		{"an overlong zero", "\xc0\x80"},
		{"the longest overlong of two bytes", "\xc1\xbf"},
		{"of three bytes", "\xe0\x9f\xbf"},
		{"of four bytes", "\xf0\x8f\xbf\xbf"},
		{"the first surrogate", "\xed\xa0\x80"},
		{"the last surrogate", "\xed\xbf\xbf"},
		{"a pair of surrogates", "\xed\xa0\x80\xed\xb0\x80"},
		{"one more than all", "\xf4\x90\x80\x80"},
		{"the last of four bytes", "\xf7\xbf\xbf\xbf"},
		{"five bytes", "\xf8\x88\x80\x80\x80"},
		{"six bytes", "\xfc\x84\x80\x80\x80\x80"},
		{"a byte that never is: fe", "\xfe"},
		{"a byte that never is: ff", "\xff"},
		{"Latin-1", "caf\xe9"},
		{"UTF-16", "\xfe\xff\x00x"},
		{"an end within a letter", "κόσμ\xce"},
		{"Greek, and what is none", "κόσμε\xed\xa0\x80edited"},
	}
	var rows []frameRow
	for _, v := range valid {
		rows = append(
			rows,
			frameRow{"UTF-8: " + v.name, textFrame(v.text), heard(heardNoJSON)},
			frameRow{"UTF-8 in a part for each byte: " + v.name, parts(eachByte(v.text)...), heard(heardNoJSON)},
		)
	}
	for _, v := range invalid {
		rows = append(rows, frameRow{"no UTF-8: " + v.name, textFrame(v.text), heard(heardNoUTF8)})
	}
	long := strings.Repeat("κόσμε ", 1_000)
	return append(
		rows,
		frameRow{"no UTF-8 in a part for each byte", parts(eachByte("κόσμε\xed\xa0\x80edited")...), heard(heardNoUTF8)},
		frameRow{"a letter in two parts", parts("\xce", "\xba"), heard(heardNoJSON)},
		frameRow{"a letter in two parts, and a ping between", all(frameOf(frameText, "\xce"), pingFrame("x"), frameOf(frameFinal|frameMore, "\xba")), heard("pong:x", heardNoJSON)},
		frameRow{"a letter begun in the first part only", parts("\xce", "x"), heard(heardNoUTF8)},
		frameRow{"no UTF-8 at the end of a long text", textFrame(long + "\xff"), heard(heardNoUTF8)},
		frameRow{"no UTF-8 behind a question", all(textFrame(question), textFrame("\xff")), heard(heardAnswer, heardNoUTF8)},
		frameRow{"no UTF-8 in a JSON string", textFrame("{\"id\":\"\xff\",\"method\":\"ping\"}"), heard(heardNoUTF8)},
		frameRow{"no UTF-8 in a ping", pingFrame("\xff"), heard("pong:\xff")},
	)
}

func rowsOfCloses() []frameRow {
	ask := textFrame(question)
	rows := []frameRow{
		{"a close of nothing", frameOf(frameFinal|frameClose, ""), heard("close:")},
		{"a close of one byte", frameOf(frameFinal|frameClose, "\x03"), heard(heardOneByte)},
		{"a close with a code", closingFrame(1000, ""), heard(heardBye)},
		{"a close with a reason", closingFrame(1000, "Hello world!"), heard(heardBye)},
		{"a close with the longest reason", closingFrame(1000, strings.Repeat("r", 123)), heard(heardBye)},
		{"a close with a reason too long", closingFrame(1000, strings.Repeat("r", 124)), heard(heardControl)},
		{"a close with a reason in Greek", closingFrame(1000, "κόσμε"), heard(heardBye)},
		{"a close with a reason that is no UTF-8", closingFrame(1000, "κόσμε\xed\xa0\x80"), heard(heardReasonUTF8)},
		{"a close with half a letter", closingFrame(1000, "\xce"), heard(heardReasonUTF8)},
		{"two closes", all(closingFrame(1000, ""), closingFrame(1001, "")), heard(heardBye)},
		{"text behind a close", all(closingFrame(1000, ""), ask), heard(heardBye)},
		{"a ping behind a close", all(closingFrame(1000, ""), pingFrame("x")), heard(heardBye)},
		{"rubbish behind a close", all(closingFrame(1000, ""), []byte("\xff\xff\xff\xffrubbish")), heard(heardBye)},
		{"a close behind text", all(ask, closingFrame(1000, "")), heard(heardAnswer, heardBye)},
		{"a close behind a ping", all(pingFrame("x"), closingFrame(1000, "")), heard("pong:x", heardBye)},
		{"a close behind a part of a message", all(frameOf(frameText, "{"), closingFrame(1000, "")), heard(heardBye)},
		{"a close behind what is no UTF-8", all(textFrame("\xff"), closingFrame(1000, "")), heard(heardNoUTF8)},
	}
	for _, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		rows = append(rows, frameRow{fmt.Sprintf("a close with code %d", code), closingFrame(code, "x"), heard(fmt.Sprintf("close:%d ", code))})
	}
	for _, code := range []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65_535} {
		rows = append(rows, frameRow{fmt.Sprintf("a close with code %d, which is never sent", code), closingFrame(code, "x"), heard(heardCode)})
	}
	return rows
}

// frameRows returns all rows.
func frameRows() []frameRow {
	return slices.Concat(
		rowsOfFraming(), rowsOfPings(), rowsOfReservedBits(), rowsOfKinds(), rowsOfParts(),
		rowsOfLongMessages(), rowsOfUTF8(), rowsOfCloses(),
	)
}

// TestFrames sends every row at every place, whole and byte by byte, and holds the
// exchange to its answer.
func TestFrames(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	rows := frameRows()
	const least = 150
	if len(rows) < least {
		t.Errorf("there are %d rows, want %d", len(rows), least)
	}
	names := make(map[string]bool)
	sent := 0
	for i := range rows {
		row := &rows[i]
		if names[row.name] {
			t.Errorf("two rows are called %q", row.name)
		}
		names[row.name] = true
		for _, place := range framePlaces {
			for _, size := range []int{1 << 20, 1} {
				if size < 2 && len(row.send) > 2_000 {
					continue
				}
				if err := v.sendFrames(&place, row, size); err != nil {
					t.Errorf("%s: %s, %d bytes at a time: %v", place.path, row.name, size, err)
				}
				sent++
			}
		}
	}
	if n := v.metric("exchange_panics_total"); n != 0 {
		t.Errorf("%v panics", n)
	}
	t.Logf("%d rows, sent %d times", len(rows), sent)
	v.end()
}

// sendFrames sends a row, so many bytes at a time, and compares what comes.
func (s *served) sendFrames(place *framePlace, row *frameRow, size int) error {
	p, err := s.dialFrom("")
	if err != nil {
		return err
	}
	defer p.Close() //nolint:errcheck // it is done with
	if err := p.upgrade(place.path); err != nil {
		return err
	}
	for chunk := range slices.Chunk(row.send, size) {
		if p.say(chunk) != nil {
			break // it has been closed, which is read below
		}
	}
	for _, want := range row.want {
		if err := p.hears(place, want); err != nil {
			return err
		}
	}
	if n := len(row.want); n > 0 && strings.HasPrefix(row.want[n-1], "close:") {
		return p.ends(row.want[n-1])
	}
	if err := p.say(all(textFrame(question), closingFrame(1000, ""))); err != nil {
		return err
	}
	for _, want := range []string{heardAnswer, heardBye} {
		if err := p.hears(place, want); err != nil {
			return fmt.Errorf("afterwards: %w", err)
		}
	}
	return p.ends(heardBye)
}

// hears compares the next frame.
func (p *socketPeer) hears(place *framePlace, want string) error {
	got, err := p.next()
	if err != nil {
		return fmt.Errorf("heard %w, want %s", err, want)
	}
	ok := got == want
	switch want {
	case heardAnswer:
		ok = strings.HasPrefix(got, place.answer)
	case heardNoJSON:
		ok = strings.HasPrefix(got, place.noJSON)
	}
	if !ok {
		return fmt.Errorf("heard %.200q, want %s", got, want)
	}
	return nil
}

// ends checks that nothing comes after a close but the end. One that is no answer,
// since it says why, is answered.
func (p *socketPeer) ends(heard string) error {
	if heard != "close:" && !strings.HasSuffix(heard, " ") {
		_ = p.say(closingFrame(1000, "")) // what fails of it fails below too
	}
	if got, err := p.next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("heard %.200q and %w, want the end", got, err)
	}
	return nil
}

// TestFramesInTwo cuts what a client may send at every byte. What it hears is the
// same.
func TestFramesInTwo(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	long := padded(200)
	row := frameRow{
		send: all(
			textFrame(question), pingFrame("x"), parts(question[:9], "", question[9:]), frameOf(frameFinal|framePong, "y"),
			frameOf(frameText, "\xce"), pingFrame("z"), frameOf(frameFinal|frameMore, "\xba"), textFrame(long), closingFrame(1000, "bye"),
		),
		want: heard(heardAnswer, "pong:x", heardAnswer, "pong:z", heardNoJSON, heardAnswer, heardBye),
	}
	for i := range framePlaces {
		for at := 1; at < len(row.send); at++ {
			if err := v.sendFrames(&framePlaces[i], &row, at); err != nil {
				t.Errorf("%s: %d bytes at a time: %v", framePlaces[i].path, at, err)
			}
		}
	}
	v.end()
}
