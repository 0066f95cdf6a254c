package marketview

import (
	"reflect"
	"testing"
)

// What there is very many of fits cache lines, or is as small as it is said to be.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		of   any
		want uintptr
	}{
		{order{}, 64},
		{orderLinks{}, 12},
		{named{}, 44},
		{trader{}, 32},
		{balance{}, 32},
		{level{}, 24},
		{fill{}, 56},
		{tag{}, 12},
		{run{}, 16},
	} {
		if got := reflect.TypeOf(c.of).Size(); got != c.want {
			t.Errorf("a %T takes %d bytes, want %d", c.of, got, c.want)
		}
	}
}
