package client

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrNotSent says that a request did not reach the exchange: nothing of it
// happened. Where it is not said and there is no *Error, the outcome is unknown.
var ErrNotSent = errors.New("not sent")

// The codes of answers that a client has to tell apart.
const (
	CodeOverloaded      = -1008
	CodeTime            = -1021 // outside of the window, or stamped before the exchange started
	CodeInvalidSymbol   = -1121
	CodeOrderRefused    = -2010
	CodeCancelRefused   = -2011
	CodeNoSuchOrder     = -2013
	CodeKeyForm         = -2014
	CodeKeyUnknown      = -2015
	CodeReplacePartly   = -2021
	CodeReplaceRefused  = -2022
	codeUnknownFrom     = -1007 // the codes from here to -1000 but for overload leave the outcome open
	codeUnknownTo       = -1000
	httpFailure         = 500
	httpTooManyRequests = 429
)

// Error is an answer of the exchange that says no.
type Error struct {
	Status int    // of HTTP
	Code   int    // of the trading API, zero for the operator's
	Name   string // the operator's code
	Text   string
}

// Error returns code and text.
func (e *Error) Error() string {
	switch {
	case e.Name != "":
		return fmt.Sprintf("%s: %s", e.Name, e.Text)
	case e.Code != 0:
		return fmt.Sprintf("%d: %s", e.Code, e.Text)
	}
	return fmt.Sprintf("status %d: %s", e.Status, e.Text)
}

// Unknown reports whether the answer leaves open what has happened.
func (e *Error) Unknown() bool {
	switch {
	case e.Code == CodeOverloaded:
		return false
	case e.Code <= codeUnknownTo && e.Code >= codeUnknownFrom:
		return e.Status >= httpFailure
	}
	return e.Status >= httpFailure && e.Code == 0 && e.Name == ""
}

// Code returns the trading API's code of an error, zero when it has none.
func Code(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return 0
}

// Refused reports whether err is a no of the exchange: the request was heard, and
// nothing of it happened.
func Refused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Unknown()
}

// Unauthorized reports whether err says that a key or token is not, or no longer,
// known.
func Unauthorized(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status == 401 || e.Code == CodeKeyForm || e.Code == CodeKeyUnknown)
}

// TooMany reports whether err says that a limit of the edge is reached for now.
func TooMany(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status == httpTooManyRequests || e.Code == CodeOverloaded)
}

// readError reads the body of an answer that is none of success.
func readError(status int, body []byte) error {
	const most = 200 // bytes of a text that is not JSON
	e := &Error{Status: status}
	var v struct {
		Code    jsontext.Value `json:"code"`
		Msg     string         `json:"msg"`
		Message string         `json:"message"`
	}
	if err := json.Unmarshal(body, &v); err != nil || len(v.Code) == 0 {
		e.Text = string(body[:min(len(body), most)])
		return e
	}
	e.Text = v.Msg + v.Message
	if v.Code.Kind() == '"' {
		if err := json.Unmarshal(v.Code, &e.Name); err != nil {
			e.Text = string(body[:min(len(body), most)])
		}
	} else if err := json.Unmarshal(v.Code, &e.Code); err != nil {
		e.Text = string(body[:min(len(body), most)])
	}
	return e
}

// read reads the JSON of an answer.
func read(body []byte, what string, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}
