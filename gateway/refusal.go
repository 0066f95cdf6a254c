package gateway

import (
	"fmt"
	"strconv"

	"github.com/valyala/fasthttp"
)

// JSONType is the content type of all JSON answers, errors included: there are
// clients that read an error only so.
const JSONType = "application/json;charset=UTF-8"

// Codes of the public wire format that the edge itself answers with.
const (
	codeUnknown        = -1000
	codeGone           = -1016
	codeNotSupported   = -1020
	codeTooManyClients = -1034
)

const (
	textUnknown        = "An unknown error occurred while processing the request."
	textGone           = "This service is no longer available."
	textNotSupported   = "This operation is not supported."
	textTooManyClients = "Too many concurrent connections; current limit is '%d'."
)

// Refusal is an error with which a request ends before it reached what it asked
// for, in the public error shape.
type Refusal struct {
	Status int // of HTTP
	Code   int // of the wire format
	Text   string
	Retry  int64 // after how many seconds it may be tried again; 0: that is not said
}

// Error returns status, code and text.
func (r *Refusal) Error() string { return fmt.Sprintf("HTTP %d, %d: %s", r.Status, r.Code, r.Text) }

// appendJSON appends the body of the answer.
func (r *Refusal) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"code":`...)
	dst = strconv.AppendInt(dst, int64(r.Code), 10)
	dst = append(dst, `,"msg":`...)
	dst = strconv.AppendQuoteToASCII(dst, r.Text)
	return append(dst, '}')
}

// answer makes r the response of a request.
func (r *Refusal) answer(ctx *fasthttp.RequestCtx) {
	ctx.Response.Reset()
	ctx.SetStatusCode(r.Status)
	ctx.SetContentType(JSONType)
	if r.Retry > 0 {
		ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, strconv.FormatInt(r.Retry, 10))
	}
	ctx.SetBody(r.appendJSON(nil))
}

// retryLine returns the header that says after how long to try again, or nothing.
func (r *Refusal) retryLine() string {
	if r.Retry == 0 {
		return ""
	}
	return fasthttp.HeaderRetryAfter + ": " + strconv.FormatInt(r.Retry, 10) + "\r\n"
}

func tooManyClients(limit int) *Refusal {
	return &Refusal{Status: fasthttp.StatusTooManyRequests, Code: codeTooManyClients, Text: fmt.Sprintf(textTooManyClients, limit), Retry: 1}
}

func unknownError() *Refusal {
	return &Refusal{Status: fasthttp.StatusInternalServerError, Code: codeUnknown, Text: textUnknown}
}

func stopping() *Refusal {
	return &Refusal{Status: fasthttp.StatusServiceUnavailable, Code: codeGone, Text: textGone}
}
