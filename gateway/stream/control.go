package stream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// Codes of errors in control messages.
const (
	codeProperty = 0
	codeValue    = 1
	codeRequest  = 2
	codeSyntax   = 3
)

const maxIDLen = 36 // characters of an id that is a string

// request is a control message.
type request struct {
	method string
	params []jsontext.Value
	id     []byte // JSON, as sent
	err    *controlError
}

// controlError is why a control message is refused.
type controlError struct {
	code int
	text string
}

func invalid(format string, args ...any) *controlError {
	return &controlError{codeRequest, "Invalid request: " + fmt.Sprintf(format, args...)}
}

// parseRequest reads a control message: one JSON object, strictly. Members that are
// not known are passed over.
func parseRequest(text []byte) (r request) {
	r.id = []byte("null")
	var m struct {
		Method jsontext.Value `json:"method"`
		Params jsontext.Value `json:"params"`
		ID     jsontext.Value `json:"id"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		r.err = syntaxError(text, err)
		return r
	}
	if len(m.ID) > 0 {
		if !validID(m.ID) {
			r.err = invalid("request ID must be an unsigned integer")
			return r
		}
		r.id = m.ID
	}
	switch {
	case len(m.Method) == 0:
		r.err = invalid("missing field `method`")
	case m.Method.Kind() != '"':
		r.err = unknownMethod(string(m.Method))
	default:
		r.method = unquote(m.Method)
	}
	if len(m.Params) > 0 && m.Params.Kind() == '[' {
		_ = json.Unmarshal(m.Params, &r.params) // it has been read as JSON already
	}
	return r
}

// syntaxError says where a message is no JSON, or that it is no object.
func syntaxError(text []byte, err error) *controlError {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return invalid("missing field `method`")
	}
	before := string(text[:min(max(int(syntax.ByteOffset), 0), len(text))])
	line := 1 + strings.Count(before, "\n")
	column := 1 + len(before) - (strings.LastIndexByte(before, '\n') + 1)
	return &controlError{codeSyntax, fmt.Sprintf("Invalid JSON: expected value at line %d column %d", line, column)}
}

func unknownMethod(name string) *controlError {
	const most = 40 // bytes of what came that are told back
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "")
	}
	return invalid("unknown variant `%s`, expected one of "+
		"`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`", name)
}

// validID reports whether an id is null, a whole number of 64 bits or a short
// string.
func validID(id jsontext.Value) bool {
	switch id.Kind() {
	case 'n':
		return true
	case '0':
		_, err := strconv.ParseInt(string(id), 10, 64)
		return err == nil
	case '"':
		return utf8.RuneCountInString(unquote(id)) <= maxIDLen
	default:
		return false
	}
}

// unquote returns the text of a JSON string.
func unquote(v jsontext.Value) string {
	text, _ := jsontext.AppendUnquote(nil, v) // it has been read as JSON already
	return string(text)
}

// handle carries out a control message and returns its answer. The streams of a
// subscription begin behind it, so that one sends its answer itself.
func (h *Hub) handle(s *session, r request) (answer []byte) {
	if r.err != nil {
		return r.refusal(r.err)
	}
	var err *controlError
	result := []byte("null")
	switch r.method {
	case "SUBSCRIBE":
		var names []string
		if names, err = r.names(); err == nil && !h.admits(s, names) {
			err = invalid("too many parameters")
		}
		if err == nil {
			h.subscribe(s, names, r.answer(result))
			return nil
		}
	case "UNSUBSCRIBE":
		var names []string
		if names, err = r.names(); err == nil {
			h.unsubscribe(s, names)
		}
	case "LIST_SUBSCRIPTIONS":
		result = s.appendNames(nil)
	case "SET_PROPERTY":
		err = h.setProperty(s, r.params)
	case "GET_PROPERTY":
		if err = property(r.params, 1); err == nil {
			result = strconv.AppendBool(nil, s.form&wrapped != 0)
		}
	default:
		err = unknownMethod(r.method)
	}
	if err != nil {
		return r.refusal(err)
	}
	return r.answer(result)
}

// names returns the streams that a message is about.
func (r *request) names() ([]string, *controlError) {
	if r.params == nil {
		return nil, invalid("missing field `params`")
	}
	names := make([]string, 0, len(r.params))
	for _, p := range r.params {
		if p.Kind() != '"' {
			return nil, invalid("invalid stream")
		}
		name := unquote(p)
		if name == "" || len(name) > maxName {
			return nil, invalid("invalid stream")
		}
		names = append(names, name)
	}
	return names, nil
}

// property reads the name of a property, of which there is one: combined. A
// message has no more than most parameters.
func property(params []jsontext.Value, most int) *controlError {
	switch {
	case len(params) > most:
		return invalid("too many parameters")
	case len(params) == 0 || params[0].Kind() != '"':
		return invalid("property name must be a string")
	case unquote(params[0]) != "combined":
		return &controlError{codeProperty, "Unknown property"}
	default:
		return nil
	}
}

func (h *Hub) setProperty(s *session, params []jsontext.Value) *controlError {
	if err := property(params, 2); err != nil {
		return err
	}
	if len(params) < 2 || params[1].Kind() != 't' && params[1].Kind() != 'f' {
		return &controlError{codeValue, "Invalid value type: expected Boolean"}
	}
	f := s.form &^ wrapped
	if params[1].Kind() == 't' {
		f |= wrapped
	}
	for _, sub := range s.subs {
		sub.stream.count[s.form]--
		sub.stream.count[f]++
		if sub.private != nil {
			sub.private.wrapped.Store(f&wrapped != 0)
		}
	}
	s.form = f
	return nil
}

// appendNames appends the names of a session's streams as an array.
func (s *session) appendNames(dst []byte) []byte {
	dst = append(dst, '[')
	for i, sub := range s.subs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = wire.AppendString(dst, sub.stream.name)
	}
	return append(dst, ']')
}

// answer returns the answer to a message that was carried out.
func (r *request) answer(result []byte) []byte {
	dst := append([]byte(`{"result":`), result...)
	return r.appendID(dst)
}

// refusal returns the answer to a message that was refused.
func (r *request) refusal(err *controlError) []byte {
	dst := strconv.AppendInt([]byte(`{"error":{"code":`), int64(err.code), 10)
	dst = wire.AppendString(append(dst, `,"msg":`...), err.text)
	return r.appendID(append(dst, '}'))
}

func (r *request) appendID(dst []byte) []byte {
	dst = append(append(dst, `,"id":`...), r.id...)
	return append(dst, '}')
}
