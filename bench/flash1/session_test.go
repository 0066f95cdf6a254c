package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// reader is the other end of a session's ring.
type reader struct {
	slots           []report
	published, read atomic.Uint64
}

// testRoom is small, so that what has to grow does.
var testRoom = room{resting: 16, commands: 16}

// begin returns a session with a ring of so many slots.
func begin(slots int) (*session, *reader) {
	r := &reader{slots: make([]report, slots)}
	return newSession(testRoom, newRing(r.slots, &r.published, &r.read)), r
}

// each visits the reports that are published and gives their slots back.
func (r *reader) each(visit func(*report)) {
	end := r.published.Load()
	for i := r.read.Load(); i < end; i++ {
		visit(&r.slots[i%uint64(len(r.slots))])
	}
	r.read.Store(end)
}

// line writes a report as the benchmark does before it hashes all of them.
func line(b []byte, r *report) []byte {
	b = fmt.Appendf(b, "%d,%d,", r.kind, r.sequence)
	switch r.kind {
	case accepted, modified:
		return fmt.Appendf(b, "%d,%d,%d,%d", r.side, r.order, r.price, r.quantity)
	case traded:
		return fmt.Appendf(b, "%d,%d,%d,%d", r.price, r.quantity, r.maker, r.taker)
	case canceled:
		return fmt.Appendf(b, "%d,%d,%d", r.side, r.order, r.price)
	default:
		return fmt.Appendf(b, "%d", r.order)
	}
}

// parse reads a message, with its place for its sequence:
//
//	buy 7 10 @ 100     sell 8 5 @ 101 ioc     cancel 7     modify 8 6 @ 102
func parse(t *testing.T, sequence int, text string) message {
	t.Helper()
	words := strings.Fields(text)
	number := func(i int) uint64 {
		v, err := strconv.ParseInt(words[i], 10, 64)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		return uint64(v)
	}
	m := message{sequence: uint64(sequence), order: number(1)}
	switch words[0] {
	case "cancel":
		m.kind = cancel
		m.price, m.quantity, m.side, m.ioc = -1, math.MaxUint32, 0xff, 0xff // what lies there is garbage
		return m
	case "modify":
		m.kind = modify
	case "sell":
		m.side = uint8(msg.Sell)
	}
	m.quantity, m.price = uint32(number(2)), int64(number(4))
	if len(words) == 6 {
		m.ioc = 1
	}
	return m
}

func TestReports(t *testing.T) {
	for _, c := range []struct{ name, messages, want string }{
		{
			"an order rests, another takes some of it", "sell 7 10 @ 100; buy 9 4 @ 101",
			"0,0,1,7,100,10; 0,1,0,9,101,4; 1,1,100,4,7,9",
		},
		{
			"what is left of an immediate order is canceled", "sell 7 10 @ 100; buy 9 14 @ 101 ioc",
			"0,0,1,7,100,10; 0,1,0,9,101,14; 1,1,100,10,7,9; 2,1,0,9,101",
		},
		{"an immediate order that is filled", "sell 7 10 @ 100; buy 9 10 @ 100 ioc", "0,0,1,7,100,10; 0,1,0,9,100,10; 1,1,100,10,7,9"},
		{
			"a cancel says side and price, and comes once", "buy 7 10 @ 100; cancel 7; cancel 7; modify 7 3 @ 100",
			"0,0,0,7,100,10; 2,1,0,7,100; 4,2,7; 5,3,7",
		},
		{"ids that nobody has", "cancel 1; modify 2 5 @ 100; cancel 3000000; cancel -1; cancel 0", "4,0,1; 5,1,2; 4,2,3000000; 4,3,18446744073709551615; 4,4,0"},
		{
			"an order moves and trades under its id", "sell 7 10 @ 100; buy 9 5 @ 99; modify 9 15 @ 101; sell 8 5 @ 101",
			"0,0,1,7,100,10; 0,1,0,9,99,5; 1,2,100,10,7,9; 3,2,0,9,101,15; 0,3,1,8,101,5; 1,3,101,5,9,8",
		},
		{
			"an order that is modified goes to the end of its price", "buy 1 5 @ 100; buy 2 5 @ 100; modify 1 6 @ 100; sell 3 7 @ 100 ioc",
			"0,0,0,1,100,5; 0,1,0,2,100,5; 3,2,0,1,100,6; 0,3,1,3,100,7; 1,3,100,5,2,3; 1,3,100,2,1,3",
		},
		{
			"an id that is free again means its newest order", "buy 7 5 @ 100; cancel 7; sell 7 6 @ 200; cancel 7",
			"0,0,0,7,100,5; 2,1,0,7,100; 0,2,1,7,200,6; 2,3,1,7,200",
		},
		{
			"ids may be anything", "buy 18446744073709 5 @ 100; sell -2 5 @ 100 ioc; buy 4194303 1 @ 1; buy 4194304 1 @ 1; cancel 4194303; cancel 4194304",
			"0,0,0,18446744073709,100,5; 0,1,1,18446744073709551614,100,5; 1,1,100,5,18446744073709,18446744073709551614; " +
				"0,2,0,4194303,1,1; 0,3,0,4194304,1,1; 2,4,0,4194303,1; 2,5,0,4194304,1",
		},
		{"nothing is said of an order without price or quantity", "buy 7 5 @ 0; buy 7 0 @ 100; cancel 7", "4,2,7"},
		{"a modify that is refused changes nothing", "buy 7 5 @ 100; modify 7 5 @ 0; cancel 7", "0,0,0,7,100,5; 5,1,7; 2,2,0,7,100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, r := begin(64)
			var messages []message
			for i, text := range strings.Split(c.messages, ";") {
				messages = append(messages, parse(t, i, text))
			}
			s.batch(messages)
			var got []string
			r.each(func(v *report) { got = append(got, string(line(nil, v))) })
			if diff := cmp.Diff(strings.Split(c.want, "; "), got); diff != "" {
				t.Errorf("reports (-want +got):\n%s", diff)
			}
			if err := s.engine.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Every batch boundary gives the same reports, and a small ring waits for its reader.
func TestRingWaits(t *testing.T) {
	s, r := begin(4)
	var messages []message
	for i := range 500 {
		messages = append(messages, message{order: uint64(i), sequence: uint64(i), price: 100, quantity: 1, side: uint8(i % 2)})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.batch(messages)
	}()
	count := [6]int{}
	for finished := false; !finished; {
		select {
		case <-done:
			finished = true
		default:
		}
		r.each(func(v *report) { count[v.kind]++ })
	}
	if want := ([6]int{accepted: 500, traded: 250}); count != want {
		t.Errorf("%v reports of each kind, want %v", count, want)
	}
}

func TestQueries(t *testing.T) {
	s, _ := begin(64)
	check := func(bid, ask int64, price msg.Price, side msg.Side, depth msg.Qty) {
		t.Helper()
		if got := s.best(msg.Buy, math.MinInt64); got != bid {
			t.Errorf("best bid %d, want %d", got, bid)
		}
		if got := s.best(msg.Sell, math.MaxInt64); got != ask {
			t.Errorf("best ask %d, want %d", got, ask)
		}
		if got := s.engine.Level(market, side, price); got != depth {
			t.Errorf("%v %d: %d lots, want %d", side, price, got, depth)
		}
	}
	check(math.MinInt64, math.MaxInt64, 100, msg.Buy, 0)
	for i, text := range []string{"buy 1 5 @ 100", "buy 2 6 @ 100", "buy 3 7 @ 99", "sell 4 8 @ 105", "sell 5 3 @ 100 ioc"} {
		s.batch([]message{parse(t, i, text)})
	}
	check(100, 105, 100, msg.Buy, 8)
	check(100, 105, 100, msg.Sell, 0)
	check(100, 105, 105, msg.Sell, 8)
	check(100, 105, 1<<40, msg.Sell, 0)
	check(100, 105, -1, msg.Buy, 0)
	s.batch([]message{parse(t, 0, "cancel 1"), parse(t, 0, "cancel 2"), parse(t, 0, "cancel 4")})
	check(99, math.MaxInt64, 100, msg.Buy, 0)
}

// The layout is the benchmark's, where the fields' places are written in its header.
func TestLayout(t *testing.T) {
	var (
		m message
		r report
	)
	got := []uintptr{
		unsafe.Sizeof(m), unsafe.Offsetof(m.order), unsafe.Offsetof(m.sequence), unsafe.Offsetof(m.price), unsafe.Offsetof(m.quantity),
		unsafe.Offsetof(m.side), unsafe.Offsetof(m.ioc),
		unsafe.Sizeof(r), unsafe.Offsetof(r.side), unsafe.Offsetof(r.sequence), unsafe.Offsetof(r.order), unsafe.Offsetof(r.price),
		unsafe.Offsetof(r.quantity), unsafe.Offsetof(r.maker), unsafe.Offsetof(r.taker),
	}
	want := []uintptr{40, 8, 16, 24, 32, 36, 37, 64, 1, 8, 16, 24, 32, 40, 48}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sizes and places (-want +got):\n%s", diff)
	}
}

// recorded returns the messages of the benchmark's flow "normal", and skips the test
// without them.
func recorded(t testing.TB) []message {
	t.Helper()
	const path = "../../../shared/data/flash1_normal/orders.csv.zst"
	f, err := flow.ReadFile(path, nil)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("recorded data %s is not on this machine", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]message, len(f.Rows))
	for i := range f.Rows {
		r, m := &f.Rows[i], &messages[i]
		m.sequence, m.price, m.quantity, m.side = uint64(i), r.Price, uint32(r.Quantity), uint8(r.Side)
		if m.order, err = strconv.ParseUint(f.ID(r.ID), 10, 64); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
		switch r.Op {
		case flow.OpCancel:
			m.kind = cancel
		case flow.OpReplace:
			m.kind = modify
		default:
			m.ioc = uint8(r.TIF)
		}
	}
	return messages
}

// The reports of the flow hash to what all conforming engines agree on.
func TestReportHash(t *testing.T) {
	messages := recorded(t)
	want, err := os.ReadFile("../../../shared/data/flash1_normal/correctness_hash.txt")
	if err != nil {
		t.Fatal(err)
	}
	s, r := begin(1 << 16)
	hash, text := sha256.New(), []byte(nil)
	for len(messages) > 0 {
		n := min(len(messages), 1000)
		s.batch(messages[:n])
		messages = messages[n:]
		r.each(func(v *report) { text = append(line(text, v), '\n') })
		if len(messages) == 0 {
			text = text[:len(text)-1] // lines are joined
		}
		hash.Write(text)
		text = text[:0]
	}
	got := hex.EncodeToString(hash.Sum(nil))
	if !bytes.Contains(want, []byte(got+"  normal_seed23_count1000000_reports.txt\n")) {
		t.Errorf("the reports hash to %s, which is not among\n%s", got, want)
	}
}

// BenchmarkSession is the flow without the benchmark around it: nobody reads the
// reports.
func BenchmarkSession(b *testing.B) {
	messages := recorded(b)
	r := &reader{slots: make([]report, 1<<16)}
	for b.Loop() {
		b.StopTimer()
		s := newSession(sized, newRing(r.slots, &r.published, &r.read))
		r.published.Store(0)
		r.read.Store(0)
		b.StartTimer()
		for rest := messages; len(rest) > 0; {
			n := min(len(rest), 1000)
			s.batch(rest[:n])
			rest = rest[n:]
			r.read.Store(r.published.Load())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(messages)), "ns/message")
}
