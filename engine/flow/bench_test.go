package flow_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// madeUp writes a flow of so many rows in which orders rest, trade, are canceled,
// reduced and replaced. Its prices spread over 1,000 ticks.
func madeUp(rows int) []byte {
	b := append([]byte(nil), "time,command,id,side,price,quantity,tif,expect\n"...)
	random := uint32(1)
	next := func(n uint32) uint32 {
		random = random*1664525 + 1013904223
		return random >> 8 % n
	}
	for i := range rows {
		price := 50_000 + next(1000)
		switch next(8) {
		case 0, 1, 2:
			b = fmt.Appendf(b, "%d,limit,%d,buy,%d.%02d,%d,GTC,\n", i*1000, i, price/100, price%100, 1+next(500))
		case 3, 4:
			b = fmt.Appendf(b, "%d,limit,%d,sell,%d.%02d,%d,IOC,\n", i*1000, i, price/100, price%100, 1+next(500))
		case 5:
			b = fmt.Appendf(b, "%d,replace,%d,,%d.%02d,%d,,\n", i*1000, next(uint32(i+1)), price/100, price%100, 1+next(500))
		case 6:
			b = fmt.Appendf(b, "%d,reduce,%d,,,%d,,\n", i*1000, next(uint32(i+1)), 1+next(50))
		default:
			b = fmt.Appendf(b, "%d,cancel,%d,,,,,\n", i*1000, next(uint32(i+1)))
		}
	}
	return b
}

const benchRows = 200_000

// BenchmarkRead reports the time to parse a row.
func BenchmarkRead(b *testing.B) {
	text := madeUp(benchRows)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := flow.Read(bytes.NewReader(text), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// BenchmarkPlan reports the time to plan a row.
func BenchmarkPlan(b *testing.B) {
	f := mustRead(b, string(madeUp(benchRows)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Plan(flow.Config{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// BenchmarkCommand reports the time to make the command of a row.
func BenchmarkCommand(b *testing.B) {
	p := mustPlan(b, mustRead(b, string(madeUp(benchRows))), flow.Config{})
	b.ReportAllocs()
	var c msg.Command
	for row := 0; b.Loop(); row++ {
		p.Command(row%benchRows, &c)
	}
}

// TestCommandAllocates nothing: it is called between any two commands of a
// measured run.
func TestCommandAllocates(t *testing.T) {
	const rows = 10_000
	p := mustPlan(t, mustRead(t, string(madeUp(rows))), flow.Config{})
	var c msg.Command
	row := 0
	if n := testing.AllocsPerRun(rows-1, func() { p.Command(row%rows, &c); row++ }); n != 0 {
		t.Errorf("%v allocations a command", n)
	}
}

// TestMemory holds a flow and its plan to the bytes that let two million rows fit
// into a few hundred megabytes.
func TestMemory(t *testing.T) {
	const rows, most = 200_000, 120 // measured: 40 a row, 32 a step, 10 an id, and the slack of the last growth
	text := madeUp(rows)
	before := live()
	f := mustRead(t, string(text))
	p := mustPlan(t, f, flow.Config{})
	got := (live() - before) / rows
	t.Logf("%d bytes a row", got)
	if got > most {
		t.Errorf("%d bytes a row, want at most %d", got, most)
	}
	runtime.KeepAlive(p)
	runtime.KeepAlive(text)
}

// live returns the bytes of the heap that are in use.
func live() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
