package engine

import (
	"testing"
	"unsafe"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// What the memory is counted by is what the compiler makes of the types.
func TestSizes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the sizes are those of machines of 64 bits")
	}
	for what, x := range map[string]struct {
		told int
		is   uintptr
	}{
		"packed":     {packedBytes, unsafe.Sizeof(Packed{})},
		"symbol":     {symbolBytes, unsafe.Sizeof(symbol{})},
		"bucket":     {bucketBytes, unsafe.Sizeof(bucket{})},
		"asset":      {assetBytes, unsafe.Sizeof(asset{})},
		"account":    {accountBytes, unsafe.Sizeof(account{})},
		"balance":    {balanceBytes, unsafe.Sizeof(balance{})},
		"position":   {positionBytes, unsafe.Sizeof(position{})},
		"order":      {orderBytes, unsafe.Sizeof(order{})},
		"name":       {nameBytes, unsafe.Sizeof(msg.Name{})},
		"level":      {levelBytes, unsafe.Sizeof(level{})},
		"node":       {nodeBytes, unsafe.Sizeof(node{})},
		"entry":      {entryBytes, unsafe.Sizeof(entry{})},
		"name entry": {nameEntryBytes, unsafe.Sizeof(nameEntry{})},
		"outs":       {outsBytes, unsafe.Sizeof(outs{})},
		"slice":      {sliceBytes, unsafe.Sizeof([]byte{})},
	} {
		if x.told != int(x.is) {
			t.Errorf("%s: told %d bytes, is %d", what, x.told, x.is)
		}
	}
}

// A packed state counts what is its own: all of it, or, beside the one before it, what
// has changed.
func TestPackedBytes(t *testing.T) {
	e := market(t)
	one := e.Pack(nil)
	two := e.Pack(one)
	if own, none := one.Bytes(nil), two.Bytes(one); own < 1000 || own > 20_000 || none >= own/2 || two.Bytes(nil) != own {
		t.Errorf("packed it takes %d bytes, again %d of its own, %d in all", own, none, two.Bytes(nil))
	}
	c := msg.Command{Kind: msg.Place, Seq: e.Seq() + 1, Time: e.Time(), Account: 2, Symbol: 1, Price: 98, Qty: 1}
	e.Execute(&c, nil)
	three := e.Pack(two)
	if again, some := two.Bytes(one), three.Bytes(two); some <= again || some >= three.Bytes(nil) {
		t.Errorf("after an order it takes %d bytes of its own, without %d, in all %d", some, again, three.Bytes(nil))
	}
	if got := e.Bytes(); got < 20_000 || got > 100_000 {
		t.Errorf("the engine takes %d bytes", got)
	}
}
