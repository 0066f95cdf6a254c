package msg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// NameLen is the longest Name in bytes.
const NameLen = 36

// Name is a short text given by a caller: a client order id, or the name of an
// asset, symbol or account. It is held by value, padded with zero bytes; the
// zero Name means none. Legal characters are A-Z a-z 0-9 - _.
type Name [NameLen]byte

var errNameChars = errors.New("a name has 1 to 36 characters of A-Z a-z 0-9 - _")

// ParseName returns s as a Name, or an error that says what a name may be.
func ParseName(s string) (Name, error) {
	var n Name
	if s == "" || len(s) > NameLen {
		return n, fmt.Errorf("name %.40q: %w", s, errNameChars)
	}
	copy(n[:], s)
	if !n.Valid() || n.Len() != len(s) { // zero bytes at the end of s would be those behind a shorter name
		return Name{}, fmt.Errorf("name %q: %w", s, errNameChars)
	}
	return n, nil
}

// Len returns the number of characters of n.
func (n *Name) Len() int {
	l := 0
	for l < NameLen && n[l] != 0 {
		l++
	}
	return l
}

// IsZero reports whether n is no name.
func (n *Name) IsZero() bool { return n[0] == 0 }

// bits returns zero if and only if all bytes of n are zero.
func (n *Name) bits() uint64 {
	return binary.LittleEndian.Uint64(n[0:]) | binary.LittleEndian.Uint64(n[8:]) | binary.LittleEndian.Uint64(n[16:]) |
		binary.LittleEndian.Uint64(n[24:]) | uint64(binary.LittleEndian.Uint32(n[32:]))
}

// Valid reports whether n is a name: legal characters, then only zero bytes.
func (n *Name) Valid() bool {
	l := 0
	for l < NameLen && nameChar(n[l]) {
		l++
	}
	for i := l; i < NameLen; i++ {
		if n[i] != 0 {
			return false
		}
	}
	return l > 0
}

// The legal characters, by bits: those below 64, and those from 64 on.
const (
	nameCharsLow  = 1<<'-' | (1<<10-1)<<'0'
	nameCharsHigh = (1<<26-1)<<('A'-64) | 1<<('_'-64) | (1<<26-1)<<('a'-64)
)

func nameChar(c byte) bool {
	set := uint64(nameCharsLow)
	if c >= 64 {
		set = nameCharsHigh
	}
	return c < 128 && set>>(c&63)&1 != 0
}

// String returns the characters of n.
func (n Name) String() string { return string(n[:n.Len()]) }
