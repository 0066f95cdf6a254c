package rest

import (
	"bytes"

	"github.com/seed-7d4c2414/exchange/engine/planted"
	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// paramSignature is the parameter that is not signed, being the signature.
const paramSignature = "signature"

// maxQuoted bounds how much of a parameter's name a refusal repeats.
const maxQuoted = 64

// parser reads the parameters of a query and of a form body. What it returns
// points into these or into its own buffers, until it is reset.
type parser struct {
	query, body section
	signature   []byte

	decoded []byte // what was percent-encoded; never grown while it is pointed into
	joined  []byte // the payload, where it is not one piece of the request
}

// section is the query or the body, and where in it the signature stands: the
// bytes from start to end.
type section struct {
	raw        []byte
	start, end int
	signed     bool
}

func (p *parser) reset() {
	p.query, p.body, p.signature = section{}, section{}, nil
	p.decoded, p.joined = p.decoded[:0], p.joined[:0]
}

// read reads all parameters into dst. Of two with one name, one in the query and
// one in the body, that of the query counts.
func (p *parser) read(query, body []byte, dst *api.Params) *api.Error {
	p.query.raw, p.body.raw = query, body
	if need := len(query) + len(body); cap(p.decoded) < need {
		p.decoded = make([]byte, 0, need)
	}
	if err := p.readSection(&p.query, dst, 0); err != nil {
		return err
	}
	if err := p.readSection(&p.body, dst, dst.Len()); err != nil {
		return err
	}
	if (p.query.signed || p.body.signed) && !p.parts() {
		return api.ErrSignature
	}
	return nil
}

// parts reports whether query and body part between two parameters. Nothing is
// signed in between, so quantity=12 in the query has the signature of quantity=1
// there and a 2 that begins the body, and so has any other cut through it. A cut
// leaves something that is no name=value on one side, or digits of a value before
// a name; no client sends either.
func (p *parser) parts() bool {
	last, first := p.query.last(), p.body.first()
	if len(last) == 0 || len(first) == 0 {
		return true
	}
	const small = 'a' - 'A'
	letter := first[0]|small >= 'a' && first[0]|small <= 'z'
	return letter && bytes.IndexByte(first, '=') > 0 && bytes.IndexByte(last, '=') > 0
}

// readSection reads the parameters of one section, without those that are among
// the first known of dst.
func (p *parser) readSection(s *section, dst *api.Params, known int) *api.Error {
	for start := 0; start < len(s.raw); {
		end := len(s.raw)
		if n := bytes.IndexByte(s.raw[start:], '&'); n >= 0 {
			end = start + n
		}
		if start < end {
			if err := p.readOne(s, start, end, dst, known); err != nil {
				return err
			}
		}
		start = end + 1
	}
	return nil
}

func (p *parser) readOne(s *section, start, end int, dst *api.Params, known int) *api.Error {
	rawName, rawValue, _ := bytes.Cut(s.raw[start:end], []byte{'='})
	name, ok := p.unescape(rawName, ' ')
	if !ok {
		return malformed(rawName)
	}
	if string(name) == paramSignature {
		return p.readSignature(s, start, end, rawValue)
	}
	value, ok := p.unescape(rawValue, ' ')
	if !ok {
		return malformed(rawName)
	}
	for i := range known {
		if bytes.Equal(dst.At(i).Name, name) {
			return nil
		}
	}
	if !dst.Add(name, value) {
		return api.UnreadError(api.MaxParams, api.MaxParams+1)
	}
	return nil
}

// readSignature reads the signature, in which a plus is a plus: some clients do not
// encode it.
func (p *parser) readSignature(s *section, start, end int, raw []byte) *api.Error {
	if s.signed {
		return api.ErrDuplicateParam
	}
	s.start, s.end, s.signed = start, end, true
	value, ok := p.unescape(raw, '+')
	if !ok {
		return malformed([]byte(paramSignature))
	}
	if s == &p.query || !p.query.signed {
		p.signature = value
	}
	return nil
}

func malformed(rawName []byte) *api.Error {
	return api.InvalidError(string(rawName[:min(len(rawName), maxQuoted)]))
}

// unescape decodes text, in which a plus stands for the byte given; ok is false
// when it is not percent-encoded as it should be. There is room for what it
// decodes: that is never longer than text.
func (p *parser) unescape(text []byte, plus byte) (plain []byte, ok bool) {
	i := bytes.IndexAny(text, "%+")
	if i < 0 {
		return text, true
	}
	from := len(p.decoded)
	p.decoded = append(p.decoded, text[:i]...)
	for ; i < len(text); i++ {
		switch c := text[i]; c {
		case '+':
			p.decoded = append(p.decoded, plus)
		case '%':
			if i+2 >= len(text) {
				return nil, false
			}
			high, low := unhex(text[i+1]), unhex(text[i+2])
			if high < 0 || low < 0 {
				return nil, false
			}
			p.decoded = append(p.decoded, byte(high<<4|low))
			i += 2
		default:
			p.decoded = append(p.decoded, c)
		}
	}
	return p.decoded[from:], true
}

func unhex(c byte) int {
	switch {
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

// payload returns what was signed: query and body as they came, with nothing in
// between, each without its signature and one & beside it.
func (p *parser) payload() []byte {
	switch {
	case planted.Bug == planted.SignedAsParsed:
		return planted.Sorted(append(p.query.appendUnsigned(nil), p.body.appendUnsigned(nil)...))
	case len(p.body.raw) == 0 && p.query.endsSigned():
		return p.query.before()
	case len(p.query.raw) == 0 && p.body.endsSigned():
		return p.body.before()
	}
	p.joined = p.query.appendUnsigned(p.joined[:0])
	p.joined = p.body.appendUnsigned(p.joined)
	return p.joined
}

// endsSigned reports whether the signature is the last of the section.
func (s *section) endsSigned() bool { return s.signed && s.end == len(s.raw) }

// before returns what is before the signature and the & beside it.
func (s *section) before() []byte { return s.raw[:max(s.start-1, 0)] }

// behind returns what is behind the signature, without the & beside it if there is
// none before it.
func (s *section) behind() []byte {
	rest := s.raw[s.end:]
	if s.start == 0 && len(rest) > 0 {
		rest = rest[1:]
	}
	return rest
}

func (s *section) appendUnsigned(dst []byte) []byte {
	if !s.signed {
		return append(dst, s.raw...)
	}
	return append(append(dst, s.before()...), s.behind()...)
}

// first returns what is signed of the section up to an &.
func (s *section) first() []byte {
	text := s.raw
	if s.signed {
		if text = s.before(); len(text) == 0 {
			text = s.behind()
		}
	}
	text, _, _ = bytes.Cut(text, []byte{'&'})
	return text
}

// last returns what is signed of the section from the last & on.
func (s *section) last() []byte {
	text := s.raw
	if s.signed {
		if text = s.behind(); len(text) == 0 {
			text = s.before()
		}
	}
	return text[bytes.LastIndexByte(text, '&')+1:]
}
