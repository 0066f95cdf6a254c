package wsapi

import (
	"bytes"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// maxID is the longest id of a request that is a string, in characters.
const maxID = 36

// param is a parameter: its name and value, decoded.
type param struct {
	name  []byte
	value []byte
	kind  kind
}

// request is one message of a client on its way to an answer. What it holds of the
// message points into its own copy. It is used again for another one.
type request struct {
	scanner
	id        []byte
	idKind    kind // null, number or string
	method    []byte
	params    []param
	malformed *api.Error // what is wrong with the parameters

	// What is not for the method, and stands among the parameters all the same.
	key       []byte
	signature []byte
	limits    []byte // returnRateLimits

	session    *Session
	route      *route
	ticket     uint64 // of the outbox, if the route is of commands
	turn       bool   // it holds the session's entry
	enter      func() // leaves the entry to the next one, made once
	answered   func() // conclude, made once
	order      []uint8
	call       api.Call
	payload    []byte
	showLimits bool
}

// The names of parameters that are for the carrier.
const (
	paramKey       = "apiKey"
	paramSignature = "signature"
	paramLimits    = "returnRateLimits"
)

// read reads a message, which it copies. It is refused when it is no JSON, or not of
// the form of a request; what is wrong with its parameters is for their check.
func (r *request) read(text []byte) *api.Error {
	r.text = append(r.text[:0], text...)
	r.at = 0
	r.id, r.idKind, r.method, r.params, r.malformed = nil, kindNull, nil, r.params[:0], nil
	r.key, r.signature, r.limits = nil, nil, nil
	var hasID, hasMethod, hasParams bool
	ok := r.members(func(name []byte) bool {
		switch string(name) {
		case "id":
			return first(&hasID) && r.readID()
		case "method":
			return first(&hasMethod) && r.readMethod()
		case "params":
			return first(&hasParams) && r.readParams()
		default:
			return r.ignore(text)
		}
	})
	switch {
	case !ok || !r.end():
		r.id, r.idKind = nil, kindNull
		return api.ErrRequest
	case len(r.method) == 0:
		return api.MandatoryError("method")
	default:
		return nil
	}
}

// first reports whether this is the first time, and remembers it.
func first(seen *bool) bool {
	ok := !*seen
	*seen = true
	return ok
}

// readID reads an id: a whole number of 64 bits, a short string, or null.
func (r *request) readID() bool {
	v, k, ok := r.value()
	if !ok {
		return false
	}
	switch k {
	case kindNull:
	case kindNumber:
		if _, err := strconv.ParseInt(string(v), 10, 64); err != nil {
			return false
		}
	case kindString:
		if utf8.RuneCount(v) > maxID {
			return false
		}
	default:
		return false
	}
	r.id, r.idKind = v, k
	return true
}

func (r *request) readMethod() bool {
	v, k, ok := r.value()
	if k == kindString {
		r.method = bytes.TrimPrefix(v, []byte("v3/"))
	}
	return ok
}

func (r *request) readParams() bool {
	r.blank()
	if r.at < len(r.text) && r.text[r.at] == 'n' {
		_, ok := r.literal("null")
		return ok
	}
	return r.members(func(name []byte) bool {
		v, k, ok := r.value()
		if ok {
			r.addParam(name, v, k)
		}
		return ok
	})
}

// addParam adds a parameter. Those that come after one too many are only counted
// as JSON.
func (r *request) addParam(name, v []byte, k kind) {
	for i := range r.params {
		if bytes.Equal(r.params[i].name, name) {
			r.malformed = api.ErrDuplicateParam
			return
		}
	}
	if len(r.params) == api.MaxParams {
		r.malformed = api.UnreadError(api.MaxParams, api.MaxParams+1)
		return
	}
	r.params = append(r.params, param{name, v, k})
	if k == kindNull {
		return
	}
	switch string(name) {
	case paramKey:
		r.key = v
	case paramSignature:
		r.signature = v
	case paramLimits:
		r.limits = v
	}
}

// ignore reads a member that means nothing here. Its name may have come before,
// which only the library looks for.
func (r *request) ignore(text []byte) bool {
	_, _, ok := r.value()
	return ok && jsontext.Value(text).IsValid()
}

// appendID appends the id as it came.
func (r *request) appendID(dst []byte) []byte {
	switch r.idKind {
	case kindNumber:
		return append(dst, r.id...)
	case kindString:
		return wire.AppendString(dst, r.id)
	default:
		return append(dst, "null"...)
	}
}

// appendPayload appends what is signed: all parameters but the signature, sorted
// by name, as name=value joined by &. Strings stand decoded, all else as it was
// written.
func (r *request) appendPayload(dst []byte) []byte {
	start := len(dst)
	for _, i := range r.sorted() {
		p := &r.params[i]
		if string(p.name) == paramSignature {
			continue
		}
		if len(dst) > start {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst
}

// sorted returns the indexes of the parameters in the order of their names. There
// are few, and most clients send them in that order or nearly so.
func (r *request) sorted() []uint8 {
	r.order = r.order[:0]
	for i := range r.params {
		at := len(r.order)
		r.order = append(r.order, uint8(i))
		for ; at > 0 && bytes.Compare(r.params[i].name, r.params[r.order[at-1]].name) < 0; at-- {
			r.order[at] = r.order[at-1]
		}
		r.order[at] = uint8(i)
	}
	return r.order
}

// blurs reports whether what is signed of the request is also what is signed of one
// with other parameters. Nothing in it is escaped: a parameter that is named
// price=1&quantity is signed like two, and so is a value 1&quantity=2.
func (r *request) blurs() bool {
	parts := 0
	for i := range r.params {
		if bytes.IndexByte(r.params[i].name, '=') >= 0 {
			return true
		}
		if string(r.params[i].name) != paramSignature {
			parts++
		}
	}
	return bytes.Count(r.payload, []byte("&")) != parts-1
}

// prepare makes the call of a request of session s.
func (r *request) prepare(s *Session, to *route, key *auth.Key) {
	c := &r.call
	c.Reset()
	r.route = to
	r.showLimits = s.showLimits
	switch string(r.limits) {
	case "":
	case "true", "TRUE":
		r.showLimits = true
	case "false", "FALSE":
		r.showLimits = false
	default:
		r.malformed = api.InvalidError(paramLimits)
	}
	if to.method.Security >= api.Signed && len(r.signature) > 0 {
		r.payload = r.appendPayload(r.payload[:0])
		c.Payload = r.payload
		if r.malformed == nil && r.blurs() {
			r.malformed = api.ErrSignature
		}
	}
	for i := range r.params {
		p := &r.params[i]
		switch string(p.name) {
		case paramKey, paramSignature, paramLimits:
			continue
		}
		if p.kind != kindNull {
			c.Params.Add(p.name, p.value) // there are not too many
		}
	}
	c.Key, c.Signature, c.Session, c.Malformed = r.key, r.signature, key, r.malformed
	c.Client, c.Micro = s.client, s.micro
	if to.isCommand() {
		c.Entered = r.enter
	}
	c.Out = r.appendHead(c.Out[:0], http.StatusOK)
	c.Out = append(c.Out, `,"result":`...)
}

// appendHead appends the beginning of an answer.
func (r *request) appendHead(dst []byte, status int) []byte {
	dst = append(dst, `{"id":`...)
	dst = r.appendID(dst)
	dst = append(dst, `,"status":`...)
	return strconv.AppendInt(dst, int64(status), 10)
}

// complete makes an answer of what the call has put out, or of its refusal.
func (r *request) complete(a *api.API, refused *api.Error) {
	c := &r.call
	if refused != nil {
		r.refuse(refused, a.Wall())
	}
	if r.showLimits {
		c.Out = append(c.Out, `,"rateLimits":`...)
		c.Out = a.AppendRateLimits(c.Out, c)
	}
	c.Out = append(c.Out, '}')
}

// refuse puts out a refusal up to the rate limits.
func (r *request) refuse(refused *api.Error, now int64) {
	c := &r.call
	c.Out = r.appendHead(c.Out[:0], refused.Status)
	c.Out = append(c.Out, `,"error":`...)
	c.Out = refused.AppendTimedJSON(c.Out, now, c.Micro)
}

// trim gives up buffers that are larger than most requests need.
func (r *request) trim() {
	if cap(r.text) > keptMessage {
		r.text = nil
	}
	if cap(r.payload) > keptMessage {
		r.payload = nil
	}
	r.call.Trim()
}
