package engine_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
)

// stateAfter returns an engine after n commands of a random stream.
func stateAfter(t testing.TB, seed uint64, n int) *engine.Engine {
	t.Helper()
	e := engine.New(engine.Capacity{})
	naive := enginetest.NewNaive()
	s := enginetest.NewStream(seed, naive)
	for range n {
		c := s.Next()
		naive.Execute(&c)
		e.Execute(&c, nil)
	}
	return e
}

// An image restores to an engine that writes the same image: it is canonical,
// and nothing of the state is missing in it.
func TestImageIsCanonical(t *testing.T) {
	for seed := range uint64(20) {
		e := stateAfter(t, seed, 600)
		image := e.AppendState(nil)
		back, err := engine.Restore(image, engine.Capacity{})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if back.Digest() != e.Digest() || back.Seq() != e.Seq() || back.Time() != e.Time() || !bytes.Equal(back.AppendState(nil), image) {
			t.Fatalf("seed %d: the restored engine differs", seed)
		}
	}
}

// Damage is an error, or an image of another sane state, and never a panic.
func TestDamagedImage(t *testing.T) {
	image := stateAfter(t, 3, 300).AppendState(nil)
	for n := range image {
		if _, err := engine.Restore(image[:n], engine.Capacity{}); err == nil {
			t.Fatalf("cut to %d of %d bytes it restores", n, len(image))
		}
	}
	if _, err := engine.Restore(append(bytes.Clone(image), 0), engine.Capacity{}); !errors.Is(err, engine.ErrState) {
		t.Errorf("with a byte behind it: %v", err)
	}
	if _, err := engine.Restore(append([]byte{9}, image[1:]...), engine.Capacity{}); !errors.Is(err, engine.ErrStateVersion) {
		t.Errorf("of another version: %v", err)
	}
	for i := range image {
		for bit := range 8 {
			flipped := bytes.Clone(image)
			flipped[i] ^= 1 << bit
			mustBeSane(t, flipped)
		}
	}
}

// mustBeSane restores foreign bytes and, if that succeeds, uses the engine.
func mustBeSane(t testing.TB, image []byte) {
	e, err := engine.Restore(image, engine.Capacity{})
	if err != nil {
		return
	}
	if err := e.Check(); err != nil {
		t.Fatalf("a restored engine does not hold: %v", err)
	}
	r := rand.New(rand.NewPCG(uint64(len(image)), e.Digest()))
	for range 20 {
		c := anyCommand(r, e)
		c.Time = e.Time()
		e.Execute(&c, nil)
	}
	if err := e.Check(); err != nil {
		t.Fatalf("a restored engine does not hold any more: %v", err)
	}
}

func FuzzRestore(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(stateAfter(f, seed, 12).AppendState(nil))
	}
	f.Fuzz(func(t *testing.T, image []byte) { mustBeSane(t, image) })
}
