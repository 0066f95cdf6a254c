package admin

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// maxBody bounds the body of a request in bytes.
const maxBody = 8 << 10

// body returns the body of a request, {} where there is none.
func body(ctx *fasthttp.RequestCtx) ([]byte, error) {
	b := ctx.PostBody()
	switch {
	case len(b) > maxBody:
		p := bad("BODY_TOO_LARGE", "", "A body has up to 8192 bytes.")
		p.status = fasthttp.StatusRequestEntityTooLarge
		return nil, p
	case len(ctx.Request.Header.ContentEncoding()) > 0:
		return nil, bad("CONTENT_ENCODING", "", "A body is sent as it is.")
	case len(b) == 0:
		return []byte("{}"), nil
	case !takenForJSON(string(ctx.Request.Header.ContentType())):
		return nil, bad("CONTENT_TYPE", "", "A body is application/json.").because(string(ctx.Request.Header.ContentType()), "application/json")
	}
	return b, nil
}

// takenForJSON reports whether a body of this type is read: besides JSON what curl
// says when it is not told. No browser sends the token along by itself, so that
// opens nothing to other sites.
func takenForJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "", "application/json", "application/x-www-form-urlencoded":
		return true
	default:
		return false
	}
}

// decode reads a JSON object strictly into a struct.
func decode(src []byte, into any) error {
	err := json.Unmarshal(src, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return bad("DUPLICATE_FIELD", fieldOf(syntax.JSONPointer), "The field is there twice.")
		}
		return bad("INVALID_JSON", "", "The body is not one JSON object in UTF-8.")
	}
	meaning, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return bad("INVALID_JSON", "", "The body is not one JSON object in UTF-8.")
	}
	field := fieldOf(meaning.JSONPointer)
	if errors.Is(err, json.ErrUnknownName) {
		return bad("UNKNOWN_FIELD", field, "There is no such field.")
	}
	return bad("WRONG_TYPE", field, "The field has another type, or is out of its range.").because(string(meaning.JSONValue), "")
}

// fieldOf writes the place of a value as problems do.
func fieldOf(p jsontext.Pointer) string {
	return strings.ReplaceAll(strings.TrimPrefix(string(p), "/"), "/", ".")
}

// missing returns a problem for the first of the fields that was not sent. Each
// field is named before the value that was sent.
func missing(fields ...field) error {
	for _, f := range fields {
		if !f.sent {
			return bad("MISSING_FIELD", f.name, "The field is missing.")
		}
	}
	return nil
}

// field says whether a field was sent.
type field struct {
	name string
	sent bool
}

func sent[T any](name string, value *T) field { return field{name, value != nil} }

// parseName reads the name of an account, an asset or a symbol.
func parseName(field, text string) (msg.Name, error) {
	name, err := msg.ParseName(text)
	if err != nil {
		return name, bad("INVALID_NAME", field, "A name has 1 to 36 characters A-Z a-z 0-9 - _.").because(text, "[A-Za-z0-9_-]{1,36}")
	}
	return name, nil
}

// parseDecimal reads a decimal with up to scale places.
func parseDecimal(field, text string, scale uint8) (int64, error) {
	v, err := msg.ParseDecimal(text, scale)
	switch {
	case errors.Is(err, msg.ErrDecimalForm):
		return 0, bad("INVALID_DECIMAL", field, "The value is no decimal.").because(text, "digits, or digits.digits")
	case errors.Is(err, msg.ErrDecimalPrecision):
		return 0, bad("TOO_MANY_DECIMALS", field, "The value has too many decimals.").because(text, places(scale))
	case err != nil:
		return 0, bad("OUT_OF_RANGE", field, "The value is too large.").because(text, "")
	}
	return v, nil
}

// places says how many decimals a value may have.
func places(scale uint8) string {
	if scale == 0 {
		return "no decimals"
	}
	return "a multiple of " + msg.FormatDecimal(1, scale)
}

// rateScale is the number of decimals of a rate.
const rateScale = 8

// parseRate reads a fee rate.
func parseRate(field, text string) (msg.Rate, error) {
	v, err := parseDecimal(field, text, rateScale)
	if err == nil && msg.Rate(v) > msg.RateUnit {
		err = bad("INVALID_RATE", field, "A rate is from 0 to 1.").because(text, "0 to 1")
	}
	return msg.Rate(v), err
}

// trim takes the zeros off the end of a decimal that has a point.
func trim(decimal []byte) string {
	s := string(decimal)
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
