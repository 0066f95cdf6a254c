package wsapi

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// kind says what a JSON value is.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindOther // an array or an object
)

// scanner reads JSON from a text that it owns: a string with escapes is decoded
// in place, where it only gets shorter. It takes nothing that a strict library
// would not take.
type scanner struct {
	text []byte
	at   int
}

// blank skips white space.
func (s *scanner) blank() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// take skips white space and c; false means that something else stands there.
func (s *scanner) take(c byte) bool {
	s.blank()
	if s.at >= len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// end reports whether nothing but white space is left.
func (s *scanner) end() bool {
	s.blank()
	return s.at == len(s.text)
}

// members calls each for every member of an object, with its name, until one is
// refused. Each reads the value.
func (s *scanner) members(each func(name []byte) bool) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for {
		s.blank()
		name, ok := s.string()
		if !ok || !s.take(':') || !each(name) {
			return false
		}
		if !s.take(',') {
			return s.take('}')
		}
	}
}

// value reads any value: the decoded text of a string, else the token as it
// stands, which for an array or an object is all of it.
func (s *scanner) value() (v []byte, k kind, ok bool) {
	s.blank()
	if s.at >= len(s.text) {
		return nil, 0, false
	}
	switch c := s.text[s.at]; {
	case c == '"':
		v, ok = s.string()
		return v, kindString, ok
	case c == '-' || c >= '0' && c <= '9':
		v, ok = s.number()
		return v, kindNumber, ok
	case c == 't':
		v, ok = s.literal("true")
		return v, kindBool, ok
	case c == 'f':
		v, ok = s.literal("false")
		return v, kindBool, ok
	case c == 'n':
		v, ok = s.literal("null")
		return v, kindNull, ok
	case c == '[' || c == '{':
		v, ok = s.composite()
		return v, kindOther, ok
	default:
		return nil, 0, false
	}
}

func (s *scanner) literal(word string) (v []byte, ok bool) {
	end := s.at + len(word)
	if end > len(s.text) || string(s.text[s.at:end]) != word {
		return nil, false
	}
	v = s.text[s.at:end]
	s.at = end
	return v, true
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?.
func (s *scanner) number() (v []byte, ok bool) {
	start := s.at
	if s.text[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '0' {
		s.at++
	} else if !s.digits() {
		return nil, false
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		if !s.digits() {
			return nil, false
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		if !s.digits() {
			return nil, false
		}
	}
	return s.text[start:s.at], true
}

// digits reads one digit or more.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

// composite leaves an array or an object to the library: none of the messages
// that have to be fast holds one as a value.
func (s *scanner) composite() (v []byte, ok bool) {
	rest := s.text[s.at:]
	d := jsontext.NewDecoder(bytes.NewReader(rest))
	if err := d.SkipValue(); err != nil {
		return nil, false
	}
	n := int(d.InputOffset())
	s.at += n
	return rest[:n], true
}

// string reads a string and returns it decoded.
func (s *scanner) string() (v []byte, ok bool) {
	if s.at >= len(s.text) || s.text[s.at] != '"' {
		return nil, false
	}
	s.at++
	start := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			v = s.text[start:s.at]
			s.at++
			return v, true
		case c == '\\' || c >= utf8.RuneSelf:
			return s.stringFrom(start)
		case c < ' ':
			return nil, false
		default:
			s.at++
		}
	}
	return nil, false
}

// stringFrom goes on with a string that began at start where its first character
// stands that is not plain ASCII.
func (s *scanner) stringFrom(start int) (v []byte, ok bool) {
	end := s.at // of what is decoded
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[start:end], true
		case c == '\\':
			r, ok := s.escape()
			if !ok {
				return nil, false
			}
			end += utf8.EncodeRune(s.text[end:], r) // an escape is longer than what it stands for
		case c < ' ':
			return nil, false
		default:
			r, size := utf8.DecodeRune(s.text[s.at:])
			if r == utf8.RuneError && size == 1 {
				return nil, false
			}
			end += copy(s.text[end:], s.text[s.at:s.at+size])
			s.at += size
		}
	}
	return nil, false
}

// escape reads an escape sequence. Half a surrogate pair is no character.
func (s *scanner) escape() (r rune, ok bool) {
	if s.at+1 >= len(s.text) {
		return 0, false
	}
	c := s.text[s.at+1]
	s.at += 2
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		r, ok = s.hex()
		if !ok || !utf16.IsSurrogate(r) {
			return r, ok
		}
		if s.at+1 >= len(s.text) || s.text[s.at] != '\\' || s.text[s.at+1] != 'u' {
			return 0, false
		}
		s.at += 2
		low, ok := s.hex()
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return 0, false
		}
		return r, true
	default:
		return 0, false
	}
}

// hex reads four hexadecimal digits.
func (s *scanner) hex() (r rune, ok bool) {
	const digits = 4
	if s.at+digits > len(s.text) {
		return 0, false
	}
	for _, c := range s.text[s.at : s.at+digits] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	s.at += digits
	return r, true
}
