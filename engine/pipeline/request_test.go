package pipeline

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// filled returns a command in which one field, or each when i is negative, is not zero,
// and the name of that field.
func filled(t *testing.T, i int) (c msg.Command, name string) {
	t.Helper()
	v := reflect.ValueOf(&c).Elem()
	for f := range v.NumField() {
		if i >= 0 && f != i {
			continue
		}
		name = v.Type().Field(f).Name
		switch field := v.Field(f); field.Kind() {
		case reflect.Int64:
			field.SetInt(int64(f) + 1)
		case reflect.Uint8, reflect.Uint32, reflect.Uint64:
			field.SetUint(uint64(f) + 1)
		case reflect.Array:
			field.Index(0).SetUint('n')
		case reflect.Struct:
			field.Set(reflect.ValueOf(msg.Strategy{HasID: true}))
		case reflect.Pointer:
			field.Set(reflect.ValueOf(&msg.Symbol{Lot: 7}))
		default:
			t.Fatalf("field %s is a %v", name, field.Kind())
		}
	}
	return c, name
}

// Whatever a command has comes out of its request as it went in.
func TestRequestHoldsCommands(t *testing.T) {
	var into msg.Command
	var places rests
	check := func(c msg.Command, name string) {
		t.Helper()
		q := newRequest(&c, &places)
		q.stamp(5, c.Time)
		c.Seq = 5
		if diff := cmp.Diff(c, *q.command(&into)); diff != "" {
			t.Errorf("with %s (-want +got):\n%s", name, diff)
		}
		places.giveBack(&q)
	}
	for i := range reflect.TypeFor[msg.Command]().NumField() {
		check(filled(t, i))
	}
	all, _ := filled(t, -1)
	check(all, "all")
	check(msg.Command{Strategy: msg.Strategy{Type: msg.MinStrategyType}}, "a type of strategy")
	check(msg.Command{}, "none") // and nothing is left of those before
}

// Orders and cancels have no more than a request holds.
func TestRequestHoldsFrequentCommands(t *testing.T) {
	for _, c := range []msg.Command{
		{Kind: msg.Place, Time: 1, Account: 2, Symbol: 3, Side: msg.Sell, Type: msg.LimitMaker, STP: msg.Decrement, Price: 4, Qty: 5},
		{Kind: msg.Place, Time: 1, Account: 2, Symbol: 3, TIF: msg.FOK, Price: 4, Qty: 5},
		{Kind: msg.CancelReplace, Account: 2, Symbol: 3, Price: 4, Qty: 5, Order: 6},
		{Kind: msg.Cancel, Account: 2, Symbol: 3, Order: 6},
		{Kind: msg.Amend, Account: 2, Symbol: 3, Order: 6, Qty: 7},
	} {
		if hasMore(&c) {
			t.Errorf("%v needs a place of its own", c.Kind)
		}
	}
	if size, most := unsafe.Sizeof(request{}), uintptr(80); size > most {
		t.Errorf("a request has %d bytes, want at most %d", size, most)
	}
}
