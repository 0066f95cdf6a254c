package api

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// maxNames bounds the names of an array.
const maxNames = 500

// names reads a JSON array of names, one at a time. No name needs an escape, so
// none is taken.
type names struct {
	rest []byte
	err  bool
	any  bool // the first name was read
}

// readNames starts to read a value of kind Names or NameList.
func readNames(value []byte) names {
	n := names{rest: value}
	n.blanks()
	if !n.take('[') {
		n.err = true
	}
	return n
}

// next returns the next name; ok is false behind the last one, and when the rest
// is no array of names.
func (n *names) next() (name []byte, ok bool) {
	if n.err {
		return nil, false
	}
	n.blanks()
	if n.take(']') {
		n.blanks()
		n.err = len(n.rest) > 0
		n.rest = nil
		return nil, false
	}
	if n.any {
		if !n.take(',') {
			n.err = true
			return nil, false
		}
		n.blanks()
	}
	n.any = true
	return n.quoted()
}

func (n *names) quoted() (name []byte, ok bool) {
	if n.take('"') {
		for i, c := range n.rest {
			if c == '"' {
				name, n.rest = n.rest[:i], n.rest[i+1:]
				n.err = !isName(name)
				return name, !n.err
			}
		}
	}
	n.err = true
	return nil, false
}

func (n *names) blanks() {
	for len(n.rest) > 0 && (n.rest[0] == ' ' || n.rest[0] == '\t' || n.rest[0] == '\n' || n.rest[0] == '\r') {
		n.rest = n.rest[1:]
	}
}

func (n *names) take(c byte) bool {
	if len(n.rest) == 0 || n.rest[0] != c {
		return false
	}
	n.rest = n.rest[1:]
	return true
}

func isNames(value []byte) bool {
	_, ok := countNames(value)
	return ok
}

// countNames returns how many names an array has; ok is false when it is none.
// It is none either when there are more than maxNames.
func countNames(value []byte) (count int, ok bool) {
	list := readNames(value)
	for {
		if _, more := list.next(); !more || count > maxNames {
			return count, !list.err && count <= maxNames
		}
		count++
	}
}

// appendNames appends the names of a parameter of kind Names to dst. The refusal
// is that of a name that comes twice.
func (p *Params) appendNames(name string, dst []msg.Name) ([]msg.Name, *Error) {
	value, sent := p.Find(name)
	if !sent {
		return dst, nil
	}
	list := readNames(value)
	for {
		text, more := list.next()
		if !more {
			return dst, nil
		}
		var n msg.Name
		copy(n[:], text)
		if slices.Contains(dst, n) {
			return dst, ErrRepeatedSymbol
		}
		dst = append(dst, n)
	}
}
