package vfs

import (
	"os"
	"testing"
)

// One byte reads as another, by whichever call and in whichever pieces; no other does.
func TestRotten(t *testing.T) {
	mem := NewMem()
	if err := mem.MkdirAll("d", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"d/a", "d/b"} {
		if err := WriteFileSync(mem, name, []byte("0123456789"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fsys := NewRotten(mem, Rot{Name: "d/a", At: 7, Value: 'x'})
	for name, want := range map[string]string{"d/a": "0123456x89", "d/b": "0123456789"} {
		if got, err := ReadFile(fsys, name); err != nil || string(got) != want {
			t.Errorf("%s: read %q, %v, want %q", name, got, err, want)
		}
		f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		for size := 1; size <= 10; size++ {
			for at := 0; at+size <= 10; at++ {
				b := make([]byte, size)
				if _, err := f.ReadAt(b, int64(at)); err != nil || string(b) != want[at:at+size] {
					t.Errorf("%s: %d bytes at %d: %q, %v, want %q", name, size, at, b, err, want[at:at+size])
				}
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if got, err := ReadFile(mem, "d/a"); err != nil || string(got) != "0123456789" {
		t.Errorf("beneath it: %q, %v", got, err)
	}
}
