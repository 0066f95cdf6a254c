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
		return &Refusal{fasthttp.StatusHTTPVersionNotSupported, codeUnknown, "The version of HTTP is 1.1."}
	}
	var n, keys, tokens int
	var long, coded bool
	for line, rest, more := bytes.Cut(h.RawHeaders(), []byte("\n")); more; line, rest, more = bytes.Cut(rest, []byte("\n")) {
		if len(line) <= len("\r") {
			break // the end
		}
		n++
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch {
		case line[0] == ' ' || line[0] == '\t':
			return malformed("A header goes on in another line.")
		case is(name, "content-length"):
			long = true
		case is(name, "transfer-encoding"):
			coded = true
		case is(name, "x-mbx-apikey"):
			keys++
		case is(name, "authorization"):
			tokens++
		}
	}
	switch {
	case coded && long:
		return malformed("The request has a length and a transfer encoding.")
	case coded:
		return &Refusal{fasthttp.StatusLengthRequired, codeUnknown, "A body is sent with its length, and with no transfer encoding."}
	case keys > 1 || tokens > 1:
		return malformed("The request says twice who sends it.")
	case n > maxHeaders:
		return &Refusal{fasthttp.StatusRequestHeaderFieldsTooLarge, codeUnknown, "The request has too many headers."}
	}
	return nil
}

func malformed(text string) *Refusal {
	return &Refusal{fasthttp.StatusBadRequest, codeUnknown, text}
}

// is reports whether the name of a header is one that is given in lower case.
func is(name []byte, lower string) bool {
	return len(name) == len(lower) && bytes.EqualFold(name, []byte(lower))
}
