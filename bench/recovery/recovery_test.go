package recovery

import (
	"path/filepath"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/allviews"
	"github.com/seed-7d4c2414/exchange/bench/result"
)

// TestMeasure checks that what is measured ends in the state that was written, which
// Measure compares, and that it is about as many commands and events as it says.
func TestMeasure(t *testing.T) {
	r := &result.Run{}
	if err := Measure(t.Context(), r, Short); err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Figures {
		t.Logf("%-50s %14.2f %s  %s", f.Name, f.Value, f.Unit, f.Note)
		if f.Value <= 0 || len(f.Samples) != Short.samples {
			t.Errorf("%s: %v, of samples %v", f.Name, f.Value, f.Samples)
		}
	}
	if len(r.Figures) != 11 {
		t.Errorf("%d figures, want 11", len(r.Figures))
	}
}

// TestBusyDirectory checks that all orders rest that a restart is measured with, and
// that a state that is not the one written is told.
func TestBusyDirectory(t *testing.T) {
	const n = 1000
	d, err := busyDirectory(filepath.Join(t.TempDir(), "busy"), n)
	if err != nil {
		t.Fatal(err)
	}
	if before, after := int(d.after)-len(NewBusy().Setup()), int(d.end.Seq-d.after); before != n || after != n || d.events < n {
		t.Errorf("%d orders in the snapshot, %d commands with %d events after it; want %d of each and no fewer events", before, after, d.events, n)
	}
	var p parts
	e, err := p.restore(&d, allviews.New())
	if err != nil {
		t.Fatal(err)
	}
	if e.OpenOrders() != n {
		t.Errorf("%d orders rest, want %d", e.OpenOrders(), n)
	}
	if err := d.matches(e); err == nil {
		t.Error("the state of the snapshot is taken for that of the end")
	}
}

// BenchmarkRecovery measures the parts of Measure by themselves, to take profiles of:
//
//	go test -run '^$' -bench Recovery/parts -cpuprofile cpu.out ./bench/recovery
func BenchmarkRecovery(b *testing.B) {
	b.Run("fold", func(b *testing.B) {
		d, err := shapedDirectory(filepath.Join(b.TempDir(), "shaped"), Long.folded)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := fold(b.Context(), &d, allviews.New); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(d.events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("restart", func(b *testing.B) {
		d, err := busyDirectory(filepath.Join(b.TempDir(), "busy"), Long.resting)
		if err != nil {
			b.Fatal(err)
		}
		x, err := build(b.Context(), b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := x.start(b.Context(), d.dir); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parts", func(b *testing.B) {
		d, err := busyDirectory(filepath.Join(b.TempDir(), "busy"), Long.resting)
		if err != nil {
			b.Fatal(err)
		}
		r := &result.Run{}
		for b.Loop() {
			if err := takingApart(b.Context(), r, &d, Long.samples); err != nil {
				b.Fatal(err)
			}
		}
		for _, f := range r.Figures {
			b.Logf("%-45s %8.1f %s %v", f.Name, f.Value, f.Unit, f.Samples)
		}
	})
}
