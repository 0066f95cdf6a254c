package bench

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// frameOverhead is what a frame of the journal has beside its payload: the length
// before it, its header and its checksum.
const frameOverhead = 3 + 128 + 4

// BenchmarkCodecDay encodes and compresses recorded days in frames of 4,096
// commands, as ingest has them, and of 256: with the journal's encoding, and with
// the plain row codec for comparison.
func BenchmarkCodecDay(b *testing.B) {
	for _, day := range []string{"sse_600519", "nasdaq_goog", "flash1_normal"} {
		x := executeDay(b, day)
		for _, size := range []int{4096, 256} {
			var now msg.Encoder
			var plain plainEncoder
			name := day + "/frame=" + map[int]string{4096: "4096", 256: "256"}[size]
			b.Run(name+"/plain", func(b *testing.B) { encodeDay(b, x, size, plain.reset, plain.append) })
			b.Run(name+"/journal", func(b *testing.B) { encodeDay(b, x, size, now.Reset, now.Append) })
		}
	}
}

// executeDay returns the rows of a recorded day with their events, and skips the
// benchmark without it.
func executeDay(b *testing.B, day string) *executed {
	b.Helper()
	path := filepath.Join("../../shared/data", day, "orders.csv.zst")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		b.Skipf("recorded data %s is not on this machine", path)
	}
	f, err := flow.ReadFile(path, nil)
	if err != nil {
		b.Fatal(err)
	}
	plan, err := f.Plan(flow.Config{})
	if err != nil {
		b.Fatal(err)
	}
	e := engine.New(room)
	var setup []msg.Event
	for i := range plan.Setup {
		c := plan.Setup[i]
		c.Seq = msg.Seq(i) + 1
		setup = e.Execute(&c, setup[:0])
	}
	x := &executed{commands: make([]msg.Command, plan.Len())}
	for row := range x.commands {
		plan.Command(row, &x.commands[row])
		x.commands[row].Seq = plan.FirstSeq + msg.Seq(row)
		x.events = e.Execute(&x.commands[row], x.events)
		x.ends = append(x.ends, len(x.events))
	}
	return x
}

// encodeDay reports the time for a command, encoding and compression, and its
// bytes on disk. The time of the fastest pass is what a machine takes that does
// nothing else meanwhile.
func encodeDay(b *testing.B, x *executed, size int, reset func(msg.Seq, int64), appendTo func([]byte, *msg.Command, []msg.Event) []byte) {
	// The options are those of the journal's writer.
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithAllLitEntropyCompression(true), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var raw, stored []byte
	bytes, n := 0, len(x.commands)
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		bytes = 0
		for i := range n {
			c, events := x.transaction(i)
			if i%size == 0 {
				reset(c.Seq, c.Time)
				raw = raw[:0]
			}
			raw = appendTo(raw, c, events)
			if (i+1)%size == 0 || i+1 == n {
				stored = z.EncodeAll(raw, stored[:0])
				bytes += len(stored) + frameOverhead
			}
		}
		best = min(best, time.Since(start))
	}
	perCommand(b, b.N*n)
	b.ReportMetric(float64(best.Nanoseconds())/float64(n), "best-ns/command")
	b.ReportMetric(float64(bytes)/float64(n), "bytes/command")
}
