package engine_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// streamOf returns commands of a random stream.
func streamOf(seed uint64, n int) []msg.Command {
	naive := enginetest.NewNaive()
	s := enginetest.NewStream(seed, naive)
	all := make([]msg.Command, n)
	for i := range all {
		all[i] = s.Next()
		naive.Execute(&all[i])
	}
	return all
}

// wander executes commands that are drawn at random, of any kind, many senseless.
func wander(e *engine.Engine, r *rand.Rand, n int) []msg.Event {
	var events []msg.Event
	for range n {
		c := anyCommand(r, e)
		events = e.Execute(&c, events)
	}
	return events
}

func execute(e *engine.Engine, commands []msg.Command) (events []msg.Event) {
	for i := range commands {
		events = e.Execute(&commands[i], events)
	}
	return events
}

// ways are the ways to make one engine the state of another.
func ways() map[string]func(into, source *engine.Engine) {
	var before *engine.Packed
	return map[string]func(into, source *engine.Engine){
		"copy": func(into, source *engine.Engine) { into.CopyFrom(source) },
		"pack": func(into, source *engine.Engine) { into.Unpack(source.Pack(nil)) },
		"pack after another": func(into, source *engine.Engine) { // one with which it has nothing to do
			before = source.Pack(before)
			into.Unpack(before)
		},
	}
}

// A copy taken anywhere into an engine that held anything goes on as its source would
// have, while the source goes another way: both emit what engines do that were never
// copied.
func TestCopiesGoOnApart(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) { goOnApart(t, way) })
	}
}

func goOnApart(t *testing.T, way func(into, source *engine.Engine)) {
	t.Helper()
	into := engine.New(engine.Capacity{})
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 8))
		commands := streamOf(seed, 600)
		at := r.IntN(len(commands))
		source, alone, other := engine.New(engine.Capacity{}), engine.New(engine.Capacity{}), engine.New(engine.Capacity{})
		for _, e := range []*engine.Engine{source, alone, other} {
			execute(e, commands[:at])
		}
		way(into, source)
		mustEqual(t, seed, into, source)
		var got, want, gotOther, wantOther []msg.Event
		for i := at; i < len(commands); i++ { // in turns, so that one would disturb the other
			got = append(got, execute(into, commands[i:i+1])...)
			gotOther = append(gotOther, wander(source, rand.New(rand.NewPCG(seed, uint64(i))), 1)...)
		}
		want = execute(alone, commands[at:])
		for i := at; i < len(commands); i++ {
			wantOther = append(wantOther, wander(other, rand.New(rand.NewPCG(seed, uint64(i))), 1)...)
		}
		if !slices.Equal(got, want) || !slices.Equal(gotOther, wantOther) {
			t.Fatalf("seed %d, copied after command %d: the events differ", seed, at)
		}
		mustEqual(t, seed, into, alone)
		mustEqual(t, seed, source, other)
	}
}

func mustEqual(t *testing.T, seed uint64, got, want *engine.Engine) {
	t.Helper()
	if got.Digest() != want.Digest() || got.Seq() != want.Seq() || got.Time() != want.Time() || !bytes.Equal(got.AppendState(nil), want.AppendState(nil)) {
		t.Fatalf("seed %d: the states differ: command %d with digest %x, want %d with %x", seed, got.Seq(), got.Digest(), want.Seq(), want.Digest())
	}
	if err := got.Check(); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
}

// A copy has every field of its source, those that come to be added included; only
// what is of no meaning between two commands is not.
func TestCopyHasEveryField(t *testing.T) {
	into := engine.New(engine.Capacity{})
	for seed := range uint64(4) {
		e := stateAfter(t, seed, 500)
		into.CopyFrom(e)
		of := func(p cmp.Path) bool { return p.String() == "scratch" || p.String() == "arriving" }
		if diff := cmp.Diff(e, into, cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateEmpty(),
			cmp.FilterPath(of, cmp.Ignore())); diff != "" {
			t.Fatalf("seed %d (-source +copy): %s", seed, diff)
		}
	}
}

// A copy shares no memory with its source: no slice, map or pointer in one leads to
// where one in the other leads.
func TestCopySharesNothing(t *testing.T) {
	for name, way := range ways() {
		e := stateAfter(t, 3, 600)
		into := stateAfter(t, 4, 600)
		way(into, e)
		of, in := map[uintptr]string{}, map[uintptr]string{}
		reach(reflect.ValueOf(e).Elem(), "engine", of)
		reach(reflect.ValueOf(into).Elem(), "engine", in)
		if len(of) < 15 || len(of) > len(in)+2 {
			t.Fatalf("%s: the source reaches %d places, the copy %d", name, len(of), len(in))
		}
		for at, place := range in {
			if of[at] != "" {
				t.Errorf("%s: %s of the copy is %s of the source", name, place, of[at])
			}
		}
	}
}

// reach collects where the slices, maps and pointers of a value lead.
func reach(v reflect.Value, name string, to map[uintptr]string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		if v.IsNil() || to[v.Pointer()] != "" {
			return
		}
		to[v.Pointer()] = name
		if v.Kind() == reflect.Pointer {
			reach(v.Elem(), name, to)
		}
	case reflect.Slice:
		if v.Cap() == 0 || v.Pointer() == reflect.ValueOf([]struct{}{}).Pointer() {
			return
		}
		to[v.Pointer()] = name
		if k := v.Type().Elem().Kind(); k == reflect.Pointer || k == reflect.Struct {
			for i := range v.Len() {
				reach(v.Index(i), name, to)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			reach(v.Field(i), name+"."+v.Type().Field(i).Name, to)
		}
	case reflect.Array:
		for i := range v.Len() {
			reach(v.Index(i), name, to)
		}
	default:
	}
}

// An engine that panicked in the middle of a command is a place to copy into. One that
// is half done is none to copy from.
func TestCopyOfHalfDone(t *testing.T) {
	e, broken := stateAfter(t, 5, 300), stateAfter(t, 6, 300)
	c := msg.Command{Kind: msg.Place, Seq: broken.Seq() + 1, Time: broken.Time(), Account: 1, Symbol: 1, Qty: 1, Price: 1}
	broken.Begin(&c)
	broken.ApplyEvent(&msg.Event{Kind: msg.Accepted, Order: msg.OrderID(c.Seq)})
	func() {
		defer func() {
			if got := recover(); got != "engine: a copy is made while command 301 is half done" {
				t.Errorf("a copy of it panics with %v", got)
			}
		}()
		engine.New(engine.Capacity{}).CopyFrom(broken)
	}()
	broken.CopyFrom(e)
	mustEqual(t, 5, broken, e)
	wander(broken, rand.New(rand.NewPCG(1, 1)), 50)
	wander(e, rand.New(rand.NewPCG(1, 1)), 50)
	mustEqual(t, 5, broken, e)
	e.CopyFrom(e)
	mustEqual(t, 5, e, broken)
}

// States of one past that are packed one after another, so that each shares with the
// one before what has not changed, stay what they were: unpacked in any order they are
// the states that they were made of, and go on as those did.
func TestPackedPast(t *testing.T) {
	const commands, spacing = 1500, 40
	into := engine.New(engine.Capacity{})
	for seed := range uint64(8) {
		all := streamOf(seed, commands+spacing)
		e := engine.New(engine.Capacity{})
		var kept []*engine.Packed
		var images [][]byte
		var before *engine.Packed
		for n := 0; n <= commands; n += spacing {
			before = e.Pack(before)
			kept, images = append(kept, before), append(images, e.AppendState(nil))
			execute(e, all[n:n+spacing])
		}
		for _, i := range rand.New(rand.NewPCG(seed, 2)).Perm(len(kept)) {
			p := kept[i]
			into.Unpack(p)
			if into.Digest() != p.Digest() || into.Seq() != p.Seq() || into.Time() != p.Time() || !bytes.Equal(into.AppendState(nil), images[i]) {
				t.Fatalf("seed %d: the state after command %d differs", seed, p.Seq())
			}
			if err := into.Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			execute(into, all[p.Seq():int(p.Seq())+spacing])
			if i+1 < len(kept) && into.Digest() != kept[i+1].Digest() {
				t.Fatalf("seed %d: after command %d it goes on to another state", seed, p.Seq())
			}
		}
	}
}

// Copies into an engine that was large enough once allocate nothing, whichever is the
// larger one.
func TestCopyAllocatesNothing(t *testing.T) {
	into, small, large := engine.New(engine.Capacity{}), stateAfter(t, 7, 100), stateAfter(t, 8, 900)
	into.CopyFrom(large)
	if n := testing.AllocsPerRun(50, func() {
		into.CopyFrom(small)
		into.CopyFrom(large)
	}); n > 0 {
		t.Errorf("two copies make %g allocations", n)
	}
}
