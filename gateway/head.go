package gateway

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// maxHeaders bounds the headers of a request.
const maxHeaders = 64

// checkHead refuses a head that another one on the way, a proxy say, may read in
// another way than the HTTP server does, or of which the server reads only a part:
// what is checked must be what was meant. The connection ends with it, since where
// the request ends may be in question too.
func checkHead(h *fasthttp.RequestHeader) *Refusal {
	if v := h.Protocol(); string(v) != "HTTP/1.1" && string(v) != "HTTP/1.0" {
		return &Refusal{Status: fasthttp.StatusHTTPVersionNotSupported, Code: codeUnknown, Text: "The version of HTTP is 1.1."}
	}
	if refusal := checkTarget(h.RequestURI()); refusal != nil {
		return refusal
	}
	return checkLines(h.RawHeaders())
}

// checkLines refuses headers, given as they came.
func checkLines(raw []byte) *Refusal {
	var n, keys, tokens int
	var long, coded bool
	for line, rest, more := bytes.Cut(raw, []byte("\n")); more; line, rest, more = bytes.Cut(rest, []byte("\n")) {
		line, ok := bytes.CutSuffix(line, []byte("\r"))
		if !ok {
			return malformed("A line of the head ends without a carriage return.")
		}
		if len(line) == 0 {
			break // the end
		}
		n++
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case line[0] == ' ' || line[0] == '\t':
			return malformed("A header goes on in another line.")
		case bytes.IndexByte(name, ' ') >= 0:
			return malformed("The name of a header has a blank in it.")
		case is(name, "content-length"):
			long = true
		case is(name, "transfer-encoding"):
			coded = true
		case is(name, "x-mbx-apikey"):
			keys++
		case is(name, "authorization"):
			tokens++
		case is(name, "expect") && !is(bytes.TrimSpace(value), "100-continue"):
			return &Refusal{Status: fasthttp.StatusExpectationFailed, Code: codeUnknown, Text: "What the request expects is not done here."}
		}
	}
	switch {
	case coded && long:
		return malformed("The request has a length and a transfer encoding.")
	case coded:
		return &Refusal{Status: fasthttp.StatusLengthRequired, Code: codeUnknown, Text: "A body is sent with its length, and with no transfer encoding."}
	case keys > 1 || tokens > 1:
		return malformed("The request says twice who sends it.")
	case n > maxHeaders:
		return &Refusal{Status: fasthttp.StatusRequestHeaderFieldsTooLarge, Code: codeUnknown, Text: "The request has too many headers."}
	}
	return nil
}

// checkTarget refuses a target that is no path, or whose path is written in a way
// in which another one might be read: up to a parent, with a slash or a line end
// behind an escape, with a fragment, which the server would leave away.
func checkTarget(target []byte) *Refusal {
	if len(target) == 0 || target[0] != '/' {
		return malformed("The target of a request is a path.")
	}
	path, _, _ := bytes.Cut(target, []byte("?"))
	if bytes.IndexByte(target, '#') >= 0 || !isPlain(path) {
		return malformed("The path is not written plainly.")
	}
	return nil
}

// isPlain reports whether a path means what it says.
func isPlain(path []byte) bool {
	dots, others := 0, 0 // of the part between two slashes
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '/' {
			if others == 0 && (dots == 1 || dots == 2) {
				return false
			}
			dots, others = 0, 0
			continue
		}
		if c == '%' {
			high, low := hexDigit(path, i+1), hexDigit(path, i+2)
			if high < 0 || low < 0 {
				return false
			}
			c = byte(high<<4 | low)
			i += 2
		}
		switch {
		case c == '/' || c == '\\' || c < ' ' || c == 0x7f:
			return false
		case c == '.':
			dots++
		default:
			others++
		}
	}
	return others > 0 || dots != 1 && dots != 2
}

// hexDigit returns the value of the hexadecimal digit at an index, or -1.
func hexDigit(text []byte, i int) int {
	if i >= len(text) {
		return -1
	}
	switch c := text[i]; {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

func malformed(text string) *Refusal {
	return &Refusal{Status: fasthttp.StatusBadRequest, Code: codeUnknown, Text: text}
}

// is reports whether a word is, in whatever case, one that is given in lower case.
func is(word []byte, lower string) bool {
	return len(word) == len(lower) && bytes.EqualFold(word, []byte(lower))
}
