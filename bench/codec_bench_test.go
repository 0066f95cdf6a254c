package bench

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// BenchmarkCodec encodes and decodes transactions in frames of 1,024.
func BenchmarkCodec(b *testing.B) {
	const frame = 1024
	x := execute(100 * frame)
	x.commands = x.commands[:len(x.commands)/frame*frame]
	var e msg.Encoder
	var frames [][]byte
	size := 0
	for i := range x.commands {
		c, events := x.transaction(i)
		if i%frame == 0 {
			e.Reset(c.Seq, c.Time)
			frames = append(frames, nil)
		}
		f := &frames[len(frames)-1]
		*f = e.Append(*f, c, events)
	}
	for _, f := range frames {
		size += len(f)
	}
	bytes := float64(size) / float64(len(x.commands))
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, 64*frame)
		for b.Loop() {
			for i := range x.commands {
				c, events := x.transaction(i)
				if i%frame == 0 {
					e.Reset(c.Seq, c.Time)
					buf = buf[:0]
				}
				buf = e.Append(buf, c, events)
			}
		}
		perCommand(b, b.N*len(x.commands))
		b.ReportMetric(bytes, "bytes/command")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		var d msg.Decoder
		var c msg.Command
		events := make([]msg.Event, 0, 64)
		for b.Loop() {
			for i, f := range frames {
				first := &x.commands[i*frame]
				d.Reset(f, first.Seq, first.Time)
				for d.More() {
					var err error
					if events, err = d.Next(&c, events[:0]); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		perCommand(b, b.N*len(x.commands))
	})
}
