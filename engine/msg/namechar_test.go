package msg

import (
	"strings"
	"testing"
)

// A byte is legal in a name if and only if it is one of those that the format lists, at
// each place of a name; and no name goes on behind a zero byte.
func TestNameCharacters(t *testing.T) {
	const legal = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for c := range 256 {
		for at := range NameLen {
			var n Name
			copy(n[:], strings.Repeat("x", NameLen))
			n[at] = byte(c)
			want := strings.IndexByte(legal, byte(c)) >= 0 || c == 0 && at == NameLen-1
			if n.Valid() != want {
				t.Errorf("byte %#x at %d: valid is %v", c, at, n.Valid())
			}
		}
	}
	if n := (Name{}); n.Valid() {
		t.Error("no characters are a name")
	}
}
