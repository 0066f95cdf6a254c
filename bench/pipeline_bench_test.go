package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/engine/ring"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// views makes all views, as the exchange runs with.
func views() pipeline.Views { return folded{marketview.New(marketview.Limits{})} }

// folded are the views as the pipeline takes them.
type folded struct{ *marketview.Views }

// Sections returns the views' sections as the pipeline's.
func (f folded) Sections() []pipeline.Section {
	sections := f.Views.Sections()
	all := make([]pipeline.Section, len(sections))
	for i := range sections {
		all[i] = &sections[i]
	}
	return all
}

func options(dir string) pipeline.Options {
	return pipeline.Options{
		Dir: dir, Ring: 1 << 15, Clock: func() int64 { return 0 }, Capacity: room, MaxOrders: -1, Views: views,
	}
}

// put hands a command over as soon as there is room.
func put(b *testing.B, p *pipeline.Pipeline, c *msg.Command) {
	for {
		err := p.Put(c)
		if err == nil {
			return
		}
		if !errors.Is(err, pipeline.ErrBusy) {
			b.Fatal(err)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// BenchmarkPipeline drives the shaped flow through ring, engine, journal and
// all views, from the first command put to the last batch published.
func BenchmarkPipeline(b *testing.B) {
	const n = 500_000
	setup, flow := recorded(n, msg.Balances)
	for _, mode := range []struct {
		name string
		sync pipeline.Sync
	}{{"sync=always", pipeline.Sync{}}, {"sync=never", pipeline.Sync{Mode: pipeline.SyncNever}}} {
		b.Run(mode.name, func(b *testing.B) {
			b.ReportAllocs()
			bytes := int64(0)
			for b.Loop() {
				b.StopTimer()
				o := options(b.TempDir())
				o.Sync = mode.sync
				p, err := pipeline.Start(o)
				if err != nil {
					b.Fatal(err)
				}
				for i := range setup {
					put(b, p, &setup[i])
				}
				var r pipeline.Result
				if err := p.Do(context.Background(), &msg.Command{Kind: msg.CreateAccount}, &r); err != nil {
					b.Fatal(err)
				}
				before := journalBytes(b, o.Dir)
				b.StartTimer()
				for i := range flow[:n-1] {
					put(b, p, &flow[i])
				}
				for err := pipeline.ErrBusy; errors.Is(err, pipeline.ErrBusy); {
					err = p.Do(context.Background(), &flow[n-1], &r)
				}
				b.StopTimer()
				bytes += journalBytes(b, o.Dir) - before
				if err := p.Stop(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			perCommand(b, b.N*n)
			b.ReportMetric(float64(bytes)/float64(b.N*n), "bytes/command")
		})
	}
}

// journalBytes returns the size of the segments.
func journalBytes(b *testing.B, dir string) int64 {
	names, err := filepath.Glob(filepath.Join(pipeline.JournalDir(dir), "0*"))
	if err != nil {
		b.Fatal(err)
	}
	sum := int64(0)
	for _, n := range names {
		info, err := os.Stat(n)
		if err != nil {
			b.Fatal(err)
		}
		sum += info.Size()
	}
	return sum
}

// BenchmarkRing moves commands of the pipeline's size from one goroutine to
// another, through the ring and through a channel.
func BenchmarkRing(b *testing.B) {
	const n = 1 << 20
	var c msg.Command
	b.Run("ring", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := ring.New[msg.Command](1<<13, 0)
			go func() {
				for range n {
					for !r.Put(&c) {
						time.Sleep(10 * time.Microsecond)
					}
				}
				r.Close()
			}()
			batch := make([]msg.Command, 1024)
			for r.Wait() {
				r.Take(batch)
			}
		}
		perCommand(b, b.N*n)
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ch := make(chan msg.Command, 1<<13)
			go func() {
				for range n {
					ch <- c
				}
				close(ch)
			}()
			for range ch {
			}
		}
		perCommand(b, b.N*n)
	})
}
