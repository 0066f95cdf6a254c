package memory

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine"
)

// What is counted is what was allocated and kept, and nothing else.
func TestLive(t *testing.T) {
	const bytes = 16 << 20
	got := live(func() any {
		gone := make([]byte, bytes)
		kept := make([]byte, bytes)
		copy(kept, gone)
		return kept
	})
	if got < bytes || got > bytes+bytes/100 {
		t.Errorf("%d bytes are live of %d", got, bytes)
	}
}

// There are as many of each kind as its figure is divided by.
func TestKinds(t *testing.T) {
	const n = 1000
	for _, k := range kinds() {
		for _, views := range []bool{false, true} {
			m := newMarket(engine.Capacity{}, views)
			if k.first != nil {
				k.first(m, n)
			}
			before := m.engine.Seq()
			k.make(m, n)
			if k.name == "symbol with a resting order" {
				before += n // commands that made the symbols
			}
			if got := m.engine.Seq() - before; got != n {
				t.Errorf("%s: %d commands were executed", k.name, got)
			}
			if views && m.views.Seq() != m.engine.Seq() {
				t.Errorf("%s: the views are at %d, the engine at %d", k.name, m.views.Seq(), m.engine.Seq())
			}
		}
	}
}

// Each order, account, balance and symbol takes at least what its record takes.
func TestCount(t *testing.T) {
	var r result.Run
	for _, k := range kinds() {
		k.n = min(k.n, 100_000)
		k.room = engine.Capacity{}
		k.known = engine.Capacity{}
		k.count(&r)
	}
	const records = 20
	for _, f := range r.Figures {
		if !f.Counted || f.Value < records || f.Value > 10_000 {
			t.Errorf("%s: %v %s", f.Name, f.Value, f.Unit)
		}
	}
	named, plain := r.Find("resting order with a client order id, views"), r.Find("resting order, 10 at a price, views")
	if named.Value < plain.Value {
		t.Errorf("with a name an order takes %v bytes, without %v", named.Value, plain.Value)
	}
}

// Connections cost the server something, and no more than buffers and a few stacks.
func TestConnections(t *testing.T) {
	var r result.Run
	if err := measureConnections(t.Context(), &r, 50); err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) != 4 {
		t.Fatalf("%d figures", len(r.Figures))
	}
	for _, f := range r.Figures {
		if f.Value < 100 || f.Value > 100_000 {
			t.Errorf("%s: %v %s", f.Name, f.Value, f.Unit)
		}
	}
}

// What the server says of its heap is found.
func TestFigure(t *testing.T) {
	if n, err := figure("a\n# Stack = 65536 / 131072\n", "# Stack = "); err != nil || n != 65536 {
		t.Errorf("%d, %v", n, err)
	}
	for _, text := range []string{"", "# Stack = ", "# Stack = x"} {
		if n, err := figure(text, "# Stack = "); err == nil {
			t.Errorf("%q is %d", text, n)
		}
	}
}
