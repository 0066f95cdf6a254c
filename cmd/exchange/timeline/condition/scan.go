package condition

import (
	"fmt"
	"strings"
)

// Error says what is wrong with a condition, and where.
type Error struct {
	Text   string // the whole condition
	At     int    // of the byte, from 0
	Reason string
}

// Error names the place by its number and by what stands there.
func (e *Error) Error() string {
	rest := e.Text[e.At:]
	if rest == "" {
		return "condition, at its end: " + e.Reason
	}
	const most = 20
	if len(rest) > most {
		rest = rest[:most] + "…"
	}
	return fmt.Sprintf("condition, character %d, at %q: %s", e.At+1, rest, e.Reason)
}

// token is a word, number, time or sign of a condition.
type token struct {
	text string
	at   int
}

// scan cuts a condition into tokens. The last one is empty and stands at the end.
func scan(text string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(text); {
		n := 1
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			i++
			continue
		case strings.IndexByte("(),", c) >= 0:
		case strings.IndexByte("<>=!", c) >= 0:
			if i+1 < len(text) && text[i+1] == '=' {
				n = 2
			}
		case wordByte(c):
			for i+n < len(text) && wordByte(text[i+n]) {
				n++
			}
		default:
			return nil, &Error{text, i, "nothing begins so"}
		}
		tokens = append(tokens, token{text[i : i+n], i})
		i += n
	}
	return append(tokens, token{"", len(text)}), nil
}

// wordByte reports whether a byte is part of a word, a number or a time.
func wordByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("_-.:@+", c) >= 0
}
