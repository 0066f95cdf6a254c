package bench

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
)

// BenchmarkJournal appends encoded batches: compression, checksums, write, and
// a sync after each or none.
func BenchmarkJournal(b *testing.B) {
	const batch = 1024
	x := execute(64 * batch)
	var frames []journal.Frame
	var e msg.Encoder
	for i := 0; i+batch <= len(x.commands); i += batch {
		first := &x.commands[i]
		f := journal.Frame{FirstTime: first.Time, LastTime: x.commands[i+batch-1].Time, Commands: batch, Events: 1}
		e.Reset(first.Seq, first.Time)
		for j := range batch {
			c, events := x.transaction(i + j)
			f.Raw = e.Append(f.Raw, c, events)
		}
		frames = append(frames, f)
	}
	for _, sync := range []bool{true, false} {
		name := "sync=never"
		if sync {
			name = "sync=always"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w, err := journal.Open(b.TempDir(), journal.Options{})
			if err != nil {
				b.Fatal(err)
			}
			n, seq := 0, uint64(1)
			for b.Loop() {
				f := frames[n%len(frames)]
				f.FirstSeq = seq
				if err := w.Append(&f); err != nil {
					b.Fatal(err)
				}
				if sync {
					if err := w.Sync(); err != nil {
						b.Fatal(err)
					}
				}
				seq += batch
				n++
			}
			perCommand(b, n*batch)
			b.ReportMetric(float64(w.Bytes())/float64(n*batch), "bytes/command")
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
