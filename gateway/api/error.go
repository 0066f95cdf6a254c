package api

import "fmt"

// Error is a refusal as the wire format writes it: {"code":-1121,"msg":"…"}.
type Error struct {
	Status int    // of HTTP
	Code   int    // of the wire format
	Text   string // verbatim: clients match on it
	Data   []byte // JSON of the field data, or nil
}

// Error returns code and text.
func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Text) }
